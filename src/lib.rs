//! `wsbench`: what does it cost to carry messages to many clients by polling, long-polling or WebSocket?
//!
//! The way of the data, one direction (ARCHITECTURE.md): scenario -> plan -> run (target, shards) -> results
//! -> report.

pub mod cli;
pub mod drivers;
mod keys;
pub mod load;
pub mod message;
pub mod meter;
pub mod os;
pub mod plan;
pub mod report;
pub mod results;
pub mod run;
pub mod scenario;
pub mod secret;
pub mod session;
pub mod shard;
pub mod statistics;
pub mod text;
pub mod transport;
