//! What the processes of a trial cost over its window, from two kinds of readings: those that a process of ours takes of
//! itself at the window's edges, and those that the coordinator takes of every process when it comes round to it.
//!
//! A process's own come first: a coordinator that is stopped or starved would read another span. Pure.

use wsbench_targets::own_usage::OwnUsage;

use crate::meter::Usage;
use crate::os::process::Reading;

/// The coordinator's readings of one process, or of a group of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// Before the first client.
    pub(super) before: Reading,
    /// At the window's begin.
    pub(super) begin: Reading,
    /// At its end.
    pub(super) end: Reading,
}

/// The cost of one process: by its own readings, if it has taken any.
fn usage(seen: &Seen, own: Option<&OwnUsage>) -> Usage {
    let Seen { before, begin, end } = seen;
    let seen = Usage {
        processes: end.processes,
        cpu_error_s: begin.cpu_error_s.max(end.cpu_error_s),
        over_s: seconds(end.at.since(begin.at)),
        memory_before: before.memory,
        memory: end.memory,
        peak_memory: end.peak_memory,
        files: end.files,
        voluntary_switches: end.voluntary_switches.saturating_sub(begin.voluntary_switches),
        involuntary_switches: end.involuntary_switches.saturating_sub(begin.involuntary_switches),
        ..divided(seconds(end.cpu_ns.saturating_sub(begin.cpu_ns)), begin, end)
    };
    let Some(OwnUsage { begin: first, end: last }) = own else { return seen };
    let parts = divided(seconds(last.cpu_ns.saturating_sub(first.cpu_ns)), begin, end);
    Usage {
        user_s: parts.user_s,
        system_s: parts.system_s,
        cpu_error_s: 0.0,
        over_s: seconds(last.at.since(first.at)),
        memory: last.memory,
        peak_memory: last.peak_memory,
        voluntary_switches: last.voluntary_switches.saturating_sub(first.voluntary_switches),
        involuntary_switches: last.involuntary_switches.saturating_sub(first.involuntary_switches),
        ..seen
    }
}

/// The cost of the target, all its processes together, and of each shard. `seen` are the targets of ours, then third-party
/// servers, which read nothing themselves, then the shards.
pub(super) fn usages(
    seen: &[Seen],
    targets: &[Option<OwnUsage>],
    shards: &[Option<OwnUsage>],
) -> (Option<Usage>, Vec<Usage>) {
    let (servers, generator) = seen.split_at(seen.len().saturating_sub(shards.len()));
    let own = |all: &[Option<OwnUsage>], n: usize| all.get(n).copied().flatten();
    let of = |seen: &[Seen], all: &[Option<OwnUsage>]| -> Vec<Usage> {
        seen.iter().enumerate().map(|(n, seen)| usage(seen, own(all, n).as_ref())).collect()
    };
    let target = of(servers, targets).into_iter().reduce(|mut sum, one| {
        sum += &one;
        sum
    });
    (target, of(generator, shards))
}

/// CPU seconds, divided as the kernel's ticks of 10 ms say; where none has fallen, all of it is the kernel's.
fn divided(cpu_s: f64, begin: &Reading, end: &Reading) -> Usage {
    let (user, system) = (end.user_s - begin.user_s, end.system_s - begin.system_s);
    let share = if user + system > 0.0 { (user / (user + system)).clamp(0.0, 1.0) } else { 0.0 };
    Usage { user_s: cpu_s * share, system_s: cpu_s * (1.0 - share), ..Usage::default() }
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use wsbench_targets::clock::Tick;
    use wsbench_targets::own_usage::OwnReading;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn at(second: u64, cpu_ms: u64, memory: u64) -> Reading {
        let (user_s, system_s) = (cpu_ms as f64 / 4_000.0, cpu_ms as f64 * 3.0 / 4_000.0);
        let at = Tick(second * SECOND);
        Reading {
            at,
            processes: 1,
            cpu_ns: cpu_ms * 1_000_000,
            user_s,
            system_s,
            memory,
            ..Reading::default()
        }
    }

    fn own(second: u64, cpu_ms: u64, memory: u64) -> OwnReading {
        OwnReading { at: Tick(second * SECOND), cpu_ns: cpu_ms * 1_000_000, memory, ..OwnReading::default() }
    }

    /// A window of 4 s in which 3.84 s of CPU are used, 96 %; whoever comes 8 s late sees 32 %.
    #[test]
    fn what_a_process_reads_itself_hides_nothing_behind_a_late_coordinator() {
        let seen = Seen { before: at(0, 0, 10), begin: at(1, 100, 20), end: at(13, 3_940, 90) };
        let late = usage(&seen, None);
        assert!((late.cores().unwrap() - 0.32).abs() < 1e-9, "{late:?}");
        let itself = usage(&seen, Some(&OwnUsage { begin: own(1, 100, 20), end: own(5, 3_940, 50) }));
        assert!((itself.cores().unwrap() - 0.96).abs() < 1e-9, "{itself:?}");
        assert_eq!((itself.memory_before, itself.memory), (10, 50));
        assert!((itself.user_s * 3.0 - itself.system_s).abs() < 1e-9 && itself.cpu_error_s == 0.0);
    }

    #[test]
    fn servers_of_other_makers_stand_between_targets_and_shards() {
        let seen = |cpu_ms| Seen { before: at(0, 0, 0), begin: at(1, 0, 0), end: at(2, cpu_ms, 0) };
        let itself = OwnUsage { begin: own(1, 0, 0), end: own(2, 7, 0) };
        let (target, shards) = usages(&[seen(100), seen(200), seen(300)], &[], &[Some(itself)]);
        assert!((target.unwrap().cpu_s() - 0.3).abs() < 1e-9 && shards.len() == 1);
        assert!((shards[0].cpu_s() - 0.007).abs() < 1e-9);
        assert_eq!(usages(&[seen(100)], &[], &[None]).0, None, "a server by URL");
    }

    #[test]
    fn less_than_a_tick_is_not_nothing() {
        let (begin, mut end) = (at(1, 100, 20), at(2, 100, 20));
        end.cpu_ns += 3_000_000;
        let few = usage(&Seen { before: begin, begin, end }, None);
        assert!((few.cpu_s() - 0.003).abs() < 1e-12, "{few:?}");
    }
}
