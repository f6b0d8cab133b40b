//! The reference servers that `wsbench` measures, and what both ends must agree on.
//!
//! The arrow between the crates points one way: the harness (`wsbench`, `src/`) uses this crate, this
//! crate knows nothing of the harness. What is measured cannot know who measures.

pub mod clock;
pub mod headers;
pub mod hist;
mod hub;
pub mod limits;
mod mailbox;
pub mod pacer;
mod ring;
mod schedule;
pub mod transport;
pub mod wire;
