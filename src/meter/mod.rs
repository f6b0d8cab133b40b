//! The meter: what is counted and timed, from the socket up.
//!
//! It must not know transports, loads or reports. Drivers write to a recorder, a shard sends the tally of it,
//! the coordinator adds tallies up.

pub mod age;
pub mod compressed;
pub mod connecting;
mod counted;
pub mod displayed;
pub mod failure;
mod kernel;
pub mod reasons;
pub mod recorder;
pub mod sequence;
pub mod tally;
pub mod traffic;
pub mod usage;
pub mod window;

pub use age::{Age, Ages};
pub use connecting::ConnectPart;
pub use counted::Counted;
pub use displayed::Displayed;
pub use failure::{Failure, Failures};
pub use reasons::Reasons;
pub use recorder::{Dials, Recorder};
pub use sequence::{Order, Sequence};
pub use tally::{Counts, Interval, Tally};
pub use traffic::{Direction, Flow, Part, Phase, PhaseTraffic, Traffic};
pub use usage::Usage;
pub use window::Window;
