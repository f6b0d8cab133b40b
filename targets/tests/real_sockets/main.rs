//! The reference targets over real sockets on port 0: what they put on the wire, and how they end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking; clippy.toml allows it in test functions only, not in what they call"
)]

mod deflate;
mod http2;
mod limits;
mod long_polling;
mod polling;
mod process;
mod streams;
mod support;
mod websocket;
