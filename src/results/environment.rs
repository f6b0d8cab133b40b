//! Where a run took place, so that two runs can be compared or refused to be.

use serde::{Deserialize, Serialize};

use super::Floor;

/// Machine, kernel, versions, limits. "unknown" where the system does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Version of wsbench.
    pub wsbench: String,
    /// Built with optimisation?
    pub optimised: bool,
    /// Kernel release.
    pub kernel: String,
    /// CPU model.
    pub cpu: String,
    /// Cores that this process may use.
    pub cores: u32,
    /// Memory of the machine, bytes.
    pub memory: u64,
    /// RLIMIT_NOFILE, hard.
    pub files: u64,
    /// Ephemeral port range.
    pub ports: String,
    /// net.ipv4.tcp_congestion_control.
    pub congestion_control: String,
    /// net.ipv4.tcp_timestamps.
    pub tcp_timestamps: String,
    /// What an empty loop takes here; `None` without a fresh calibration of this machine and program.
    pub floor: Option<Floor>,
}
