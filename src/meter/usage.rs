//! What processes cost the machine over the window: CPU, memory, context switches.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// The cost of one or several processes over the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// How many processes.
    pub processes: u32,
    /// CPU seconds in user mode. Their sum with the next is counted in ns; how it is divided, in ticks of 10 ms.
    pub user_s: f64,
    /// CPU seconds in the kernel.
    pub system_s: f64,
    /// By how much the sum of both may be off, CPU seconds; 0 of a process that has read its own clock.
    #[serde(default = "two_ticks")]
    pub cpu_error_s: f64,
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

/// Of results that are older than this field: ticks of 10 ms, at either end.
fn two_ticks() -> f64 {
    0.02
}

impl Usage {
    /// CPU seconds.
    pub fn cpu_s(&self) -> f64 {
        self.user_s + self.system_s
    }

    /// Cores kept busy, all processes together: 1.0 is one core.
    pub fn cores(&self) -> Option<f64> {
        (self.over_s > 0.0).then(|| self.cpu_s() / self.over_s)
    }
}

/// Processes that ran side by side.
impl AddAssign<&Usage> for Usage {
    fn add_assign(&mut self, other: &Usage) {
        self.processes += other.processes;
        self.user_s += other.user_s;
        self.system_s += other.system_s;
        self.cpu_error_s += other.cpu_error_s;
        self.over_s = self.over_s.max(other.over_s);
        self.memory_before += other.memory_before;
        self.memory += other.memory;
        self.peak_memory += other.peak_memory;
        self.files = self.files.max(other.files);
        self.voluntary_switches += other.voluntary_switches;
        self.involuntary_switches += other.involuntary_switches;
    }
}

impl Usage {
    /// Adds what the same processes cost in another run of theirs: times add up, and so does memory, for as many more
    /// clients.
    pub fn add_repeat(&mut self, other: &Usage) {
        let (processes, over_s, peak) =
            (self.processes.max(other.processes), self.over_s + other.over_s, self.peak_memory);
        *self += other;
        (self.processes, self.over_s) = (processes, over_s);
        self.peak_memory = peak.max(other.peak_memory);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Results that are older say nothing of it: their CPU was counted in ticks of 10 ms.
    #[test]
    fn an_older_usage_has_the_error_of_its_ticks() {
        let mut written = serde_json::to_value(Usage { cpu_error_s: 0.5, ..Usage::default() }).unwrap();
        let read = |from: &serde_json::Value| serde_json::from_value::<Usage>(from.clone()).unwrap();
        assert!((read(&written).cpu_error_s - 0.5).abs() < 1e-12);
        written.as_object_mut().unwrap().remove("cpu_error_s");
        assert!((read(&written).cpu_error_s - 0.02).abs() < 1e-12);
    }
}
