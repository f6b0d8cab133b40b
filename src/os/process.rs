//! What a process has cost so far: its CPU clock, and /proc/<pid> (proc(5)).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::own_usage::status_field;

use super::{cpu_clock, system};

/// One reading of a process, or of a group of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// When it was taken.
    pub at: Tick,
    /// How many processes.
    pub processes: u32,
    /// CPU time since the process began, ns.
    pub cpu_ns: u64,
    /// How far it may be behind, seconds: [`cpu_clock::SCHEDULER_TICK_S`] for each thread that may run at once.
    pub cpu_error_s: f64,
    /// Of it the seconds in user mode, in steps of 10 ms.
    pub user_s: f64,
    /// And those in the kernel.
    pub system_s: f64,
    /// Resident memory, bytes.
    pub memory: u64,
    /// The most that was ever resident, bytes.
    pub peak_memory: u64,
    /// Open files.
    pub files: u64,
    /// Context switches of all its threads because they waited.
    pub voluntary_switches: u64,
    /// Context switches of all its threads because another took the core.
    pub involuntary_switches: u64,
}

/// Reads process `pid`; an error when it is gone.
pub fn read(pid: u32) -> io::Result<Reading> {
    let folder = PathBuf::from(format!("/proc/{pid}"));
    let (at, cpu_ns) = (now(), cpu_clock::of(pid)?);
    let (user_s, system_s) = cpu_seconds(&fs::read_to_string(folder.join("stat"))?)?;
    let status = fs::read_to_string(folder.join("status"))?;
    let mut reading = Reading {
        at,
        processes: 1,
        cpu_ns,
        cpu_error_s: cpu_clock::SCHEDULER_TICK_S * threads(&status),
        user_s,
        system_s,
        memory: kilobytes(&status, "VmRSS:"),
        peak_memory: kilobytes(&status, "VmHWM:"),
        files: open_files(&folder),
        ..Reading::default()
    };
    for task in fs::read_dir(folder.join("task"))? {
        // A thread may end between the listing and the reading.
        let Ok(status) = fs::read_to_string(task?.path().join("status")) else { continue };
        reading.voluntary_switches += status_field(&status, "voluntary_ctxt_switches:");
        reading.involuntary_switches += status_field(&status, "nonvoluntary_ctxt_switches:");
    }
    Ok(reading)
}

/// Reads all processes of a group and adds them up; an error when there is none. What one that has ended meanwhile had
/// cost is no longer known.
pub fn read_group(leader: u32) -> io::Result<Reading> {
    let readings = group(leader)?.into_iter().filter_map(|pid| read(pid).ok());
    let sum = readings.reduce(|sum, one| Reading {
        at: one.at,
        processes: sum.processes + one.processes,
        cpu_ns: sum.cpu_ns + one.cpu_ns,
        cpu_error_s: sum.cpu_error_s + one.cpu_error_s,
        user_s: sum.user_s + one.user_s,
        system_s: sum.system_s + one.system_s,
        memory: sum.memory + one.memory,
        peak_memory: sum.peak_memory + one.peak_memory,
        files: sum.files.max(one.files),
        voluntary_switches: sum.voluntary_switches + one.voluntary_switches,
        involuntary_switches: sum.involuntary_switches + one.involuntary_switches,
    });
    sum.ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// The processes of a group that are there and no zombies.
pub fn group(leader: u32) -> io::Result<Vec<u32>> {
    let pid = |entry: io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse().ok();
    let of_group = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        member(&stat, leader)
    };
    Ok(fs::read_dir("/proc")?.filter_map(pid).filter(of_group).collect())
}

/// state and pgrp, fields 3 and 5.
fn member(stat: &str, group: u32) -> bool {
    let mut fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ');
    let (state, of) = (fields.next(), fields.nth(1));
    of.and_then(|of| of.parse().ok()) == Some(group) && !matches!(state, Some("Z" | "X"))
}

/// The folder's size is their number since Linux 6.2; before that they are counted.
fn open_files(folder: &Path) -> u64 {
    let folder = folder.join("fd");
    let size = fs::metadata(&folder).map_or(0, |folder| folder.len());
    if size > 0 { size } else { fs::read_dir(&folder).map_or(0, |files| files.count() as u64) }
}

/// utime and stime, fields 14 and 15; counted behind the last `)`, for a program's name may hold anything.
fn cpu_seconds(stat: &str) -> io::Result<(f64, f64)> {
    let fields: Vec<&str> =
        stat.rsplit_once(") ").map(|(_, rest)| rest.split(' ').collect()).unwrap_or_default();
    let seconds = |index: usize| {
        let ticks: Option<f64> = fields.get(index).and_then(|ticks| ticks.parse().ok());
        let ticks = ticks.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "/proc/<pid>/stat"))?;
        Ok::<f64, io::Error>(ticks / rustix::param::clock_ticks_per_second() as f64)
    };
    Ok((seconds(11)?, seconds(12)?))
}

fn kilobytes(status: &str, name: &str) -> u64 {
    status_field(status, name) * 1024
}

/// Threads that may run at once.
fn threads(status: &str) -> f64 {
    status_field(status, "Threads:").clamp(1, system::cores().into()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_is_found_behind_any_name() {
        let stat = "12 (a) b (c)) S 1 12 12 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 1 0 100 1 1";
        let (user, system) = cpu_seconds(stat).unwrap();
        assert!((user / system - 5.0).abs() < 1e-9);
        assert!(cpu_seconds("nonsense").is_err());
    }

    #[test]
    fn a_group_is_told_from_others_and_from_zombies() {
        for (stat, is) in [
            ("12 (a) b (c)) S 1 77 12 0", true),
            ("12 (a) R 77 78 12 0", false),
            ("12 (a) Z 1 77 12 0", false),
            ("", false),
        ] {
            assert_eq!(member(stat, 77), is, "{stat}");
        }
    }

    #[test]
    fn this_process_has_memory_and_grows_older() {
        let first = read(std::process::id()).unwrap();
        let start = now();
        while now().since(start) < 60_000_000 {}
        let second = read(std::process::id()).unwrap();
        assert!(first.memory > 100_000 && first.peak_memory >= first.memory && first.files >= 3);
        assert!(second.cpu_ns >= first.cpu_ns + 20_000_000);
        assert!(second.user_s + second.system_s > first.user_s + first.system_s);
    }

    #[test]
    fn a_process_that_is_gone_is_an_error() {
        assert!(read(u32::MAX).is_err());
    }
}
