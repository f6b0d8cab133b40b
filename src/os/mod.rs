//! The operating system: the only folder for `unsafe` and for what is Linux alone.
//!
//! It must not know what wsbench measures. Each function is one question to the kernel, or one to
//! the processor.

pub mod affinity;
pub mod cache;
pub mod census;
pub mod cgroup;
pub mod cpu_clock;
pub mod environment;
pub mod file;
pub mod heap;
pub mod limits;
pub mod machine_snapshot;
pub mod orphan;
pub mod process;
pub mod signal;
pub mod socket;
pub mod system;
pub mod terminal;
