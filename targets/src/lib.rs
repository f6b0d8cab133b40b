//! The reference servers that `wsbench` measures, and what both ends must agree on.
//!
//! The arrow between the crates points one way: the harness (`wsbench`, `src/`) uses this crate, this
//! crate knows nothing of the harness. What is measured cannot know who measures.

#[cfg(feature = "burn")]
mod burn;
pub mod clock;
pub mod content;
pub mod deflate;
mod gzip;
pub mod headers;
pub mod hist;
mod http;
mod http2;
mod hub;
pub mod limits;
mod long_polling;
mod memory_budget;
mod metered;
pub mod own_usage;
pub mod pacer;
mod polling;
mod ring;
mod schedule;
pub mod serve;
mod serve_error;
pub mod serve_observer;
mod server_errors;
mod socket;
pub mod stamp;
pub mod stdin;
mod stream;
mod stream_handle;
pub mod tls;
pub mod transport;
mod version;
mod websocket;
pub mod wire;
