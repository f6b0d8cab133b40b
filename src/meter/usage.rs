//! What processes cost the machine over the window: CPU, memory, context switches.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// The cost of one or several processes over the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// How many processes.
    pub processes: u32,
    /// CPU seconds in user mode.
    pub user_s: f64,
    /// CPU seconds in the kernel.
    pub system_s: f64,
    /// Seconds between the two readings that these are the difference of.
    pub over_s: f64,
    /// Resident memory before the first client connected, bytes.
    pub memory_before: u64,
    /// Resident memory at the end of the window, bytes.
    pub memory: u64,
    /// The most that was ever resident, bytes.
    pub peak_memory: u64,
    /// Open files at the end of the window, of the process that has the most.
    pub files: u64,
    /// Context switches because it waited.
    pub voluntary_switches: u64,
    /// Context switches because another process took the core.
    pub involuntary_switches: u64,
}

impl Usage {
    /// Cores kept busy, all processes together: 1.0 is one core.
    pub fn cores(&self) -> Option<f64> {
        (self.over_s > 0.0).then(|| (self.user_s + self.system_s) / self.over_s)
    }
}

/// Processes that ran side by side.
impl AddAssign<&Usage> for Usage {
    fn add_assign(&mut self, other: &Usage) {
        self.processes += other.processes;
        self.user_s += other.user_s;
        self.system_s += other.system_s;
        self.over_s = self.over_s.max(other.over_s);
        self.memory_before += other.memory_before;
        self.memory += other.memory;
        self.peak_memory += other.peak_memory;
        self.files = self.files.max(other.files);
        self.voluntary_switches += other.voluntary_switches;
        self.involuntary_switches += other.involuntary_switches;
    }
}
