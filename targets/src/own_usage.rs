//! What this process has cost so far, read by itself: a window's edge is met by whoever waits for it, however late anybody
//! else comes to look.
//!
//! Both ends use it: targets and shards. It must not know what a window is for. Its other end is whoever started the
//! process, and takes the difference.

use std::fs;
use std::io;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, Tick, now};

/// One reading of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnReading {
    /// When it was taken.
    pub at: Tick,
    /// CPU time of all its threads, those that have ended included, ns. Of a process with one thread it is exact.
    pub cpu_ns: u64,
    /// Resident memory, bytes.
    pub memory: u64,
    /// The most that was ever resident, bytes.
    pub peak_memory: u64,
    /// Context switches of its first thread because it waited.
    pub voluntary_switches: u64,
    /// The same, because another took the core.
    pub involuntary_switches: u64,
}

/// The readings at the edges of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnUsage {
    /// At its begin.
    pub begin: OwnReading,
    /// At its end.
    pub end: OwnReading,
}

impl OwnReading {
    /// Takes one; some 30 µs.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn take() -> io::Result<OwnReading> {
        let (at, cpu_ns) = (now(), cpu_ns());
        let status = fs::read_to_string("/proc/self/status")?;
        let bytes = |name: &str| status_field(&status, name) * 1024;
        Ok(OwnReading {
            at,
            cpu_ns,
            memory: bytes("VmRSS:"),
            peak_memory: bytes("VmHWM:"),
            voluntary_switches: status_field(&status, "voluntary_ctxt_switches:"),
            involuntary_switches: status_field(&status, "nonvoluntary_ctxt_switches:"),
        })
    }
}

impl OwnUsage {
    /// What passes from `begin` to `end`, whatever this process does meanwhile.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub async fn between(clock: &Clock, begin: Tick, end: Tick) -> io::Result<OwnUsage> {
        clock.sleep_until(begin).await;
        let begin = OwnReading::take()?;
        clock.sleep_until(end).await;
        Ok(OwnUsage { begin, end: OwnReading::take()? })
    }
}

/// CPU time of this process up to now, ns.
pub fn cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    // Since the process began: neither part is negative (clock_gettime(2)).
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// A number of /proc/<pid>/status; 0 where the kernel does not say (a zombie has no memory lines).
pub fn status_field(status: &str, name: &str) -> u64 {
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    value.and_then(|value| value.split_whitespace().next()).and_then(|value| value.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_name() {
        let status = "Name:\tx\nVmHWM:\t  20 kB\nVmRSS:\t  12 kB\n";
        assert_eq!((status_field(status, "VmRSS:"), status_field(status, "VmSwap:")), (12, 0));
    }

    #[test]
    fn what_is_done_in_between_is_counted_and_no_more() {
        let first = OwnReading::take().unwrap();
        let busy = |ns: u64| {
            let start = cpu_ns();
            while cpu_ns() - start < ns {}
        };
        busy(3_000_000);
        let second = OwnReading::take().unwrap();
        // Other tests of this process may run beside this one: only the least is known.
        assert!(second.cpu_ns - first.cpu_ns >= 3_000_000 && second.at > first.at);
        assert!(second.memory > 100_000 && second.peak_memory >= second.memory, "{second:?}");
    }
}
