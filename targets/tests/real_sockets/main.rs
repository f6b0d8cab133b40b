//! The reference targets over real sockets on port 0: what they put on the wire, and how they end.

mod limits;
mod long_polling;
mod polling;
mod process;
mod support;
mod websocket;
