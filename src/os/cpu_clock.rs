//! The CPU clock of a process, in nanoseconds (clock_getcpuclockid(3)): all its threads, those that have ended included.
//! /proc/<pid>/stat counts the same in ticks of 10 ms, and /proc/<pid>/task forgets threads that have ended.
//!
//! What a thread has run since the scheduler's last tick is not in it yet, unless that thread asks itself: of another
//! process it is late by a tick at the most, for each thread that runs at that moment.

#![allow(unsafe_code, reason = "clock_getcpuclockid has no safe wrapper in rustix")]

use std::io;

/// A tick of the scheduler at the slowest that Linux is built with (CONFIG_HZ = 100), seconds.
pub const SCHEDULER_TICK_S: f64 = 0.01;

/// CPU time of process `pid` up to now, ns (about 1 µs); an error when it is gone.
pub fn of(pid: u32) -> io::Result<u64> {
    let pid = libc::pid_t::try_from(pid).map_err(|_| io::Error::from(io::ErrorKind::NotFound))?;
    let mut clock: libc::clockid_t = 0;
    // SAFETY: the pointer is to a local of the type that is written.
    let refused = unsafe { libc::clock_getcpuclockid(pid, &raw mut clock) };
    if refused != 0 {
        // It returns its error and leaves errno alone.
        return Err(io::Error::from_raw_os_error(refused));
    }
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a local of the type that is written.
    if unsafe { libc::clock_gettime(clock, &raw mut time) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // Since the process began: neither part is negative (clock_gettime(2)).
    Ok(time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::thread::sleep;
    use std::time::Duration;

    use wsbench_targets::own_usage::cpu_ns;

    use super::*;

    #[test]
    fn ones_own_is_the_same_as_by_the_other_way() {
        let before = cpu_ns();
        let asked = of(std::process::id()).unwrap();
        assert!((before..=cpu_ns()).contains(&asked), "{before} {asked}");
    }

    #[test]
    fn a_process_that_does_next_to_nothing_is_seen_to_have_done_something() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        sleep(Duration::from_millis(50));
        let used = of(child.id()).unwrap();
        // Starting takes less than a tick of 10 ms, which /proc shows as 0.
        assert!((10_000..1_000_000_000).contains(&used), "{used} ns");
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
        assert!(of(child.id()).is_err());
        assert!(of(u32::MAX).is_err());
    }
}
