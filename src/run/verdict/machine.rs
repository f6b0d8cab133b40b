//! What the machine did meanwhile, and what it has left. Most of it is counted for the whole machine or network
//! namespace: another program may have been the cause, and the words say so.

use super::rules::{BACKLOG, CLOCK_STEP, CLOCKSOURCE, DEBUG_BUILD, INSECURE, LIMITS, SHARED_CORES, STEAL};
use crate::meter::Usage;
use crate::os::census::Others;
use crate::os::machine_snapshot::MachineSnapshot;
use crate::os::system::UNKNOWN;
use crate::plan::{Needs, Where};
use crate::results::{Measurement, Verdict};
use crate::text::{grouped, nanos, percent};

/// The machine while a trial ran.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// Cores that may be used.
    pub cores: u32,
    /// Whether this program was built with optimisation.
    pub optimised: bool,
    /// Files that a process may open.
    pub files: u64,
    /// Ports that a source address has.
    pub ports: u32,
    /// Memory of the machine, bytes; 0 when unknown.
    pub memory: u64,
    /// Memory that the control groups allow, bytes; `None` without a limit.
    pub group_memory: Option<u64>,
    /// What other programs did from before the warm-up to behind the drain; `None` where the kernel does not tell.
    pub others: Option<Others>,
    /// Other runs of this program, by process.
    pub other_runs: Vec<u32>,
    /// What the kernel reads the time from.
    pub clocksource: String,
    /// Before the first process was started.
    pub start: MachineSnapshot,
    /// At the window's begin.
    pub begin: MachineSnapshot,
    /// At its end.
    pub end: MachineSnapshot,
}

/// Time sources that are read without asking the kernel or a device, and those of virtual machines that are.
const FAST: [&str; 6] =
    ["tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "xen", "arch_sys_counter", "riscv_clocksource"];

/// Whether reading the time is cheap; what cannot be read is not suspected.
pub fn is_fast(clocksource: &str) -> bool {
    clocksource == UNKNOWN || clocksource.is_empty() || FAST.contains(&clocksource)
}

pub(super) fn judge(m: &Measurement, around: &Surroundings, verdict: &mut Verdict) {
    STEAL.judge(steal(&around.begin, &around.end), verdict, |share| {
        format!("the hypervisor gave {} of the CPU time to other machines", percent(share))
    });
    backlog(around, verdict);
    limits(m, around, verdict);
    clock(around, verdict);
    let here = match (&m.trial.target, m.address) {
        (Where::Reference | Where::ThirdParty(_), _) => !m.trial.pin,
        (Where::Url(_), Some(address)) => address.ip().is_loopback(),
        (Where::Url(url), None) => url.on_loopback(),
    };
    let insecure = matches!(&m.trial.target, Where::Url(url) if url.insecure);
    INSECURE.fact(insecure, verdict, || {
        "no certificate was verified (insecure = true): the server's identity is unknown".to_owned()
    });
    SHARED_CORES
        .fact(here, verdict, || format!("generator and target share this machine's {} cores", around.cores));
    DEBUG_BUILD.fact(!around.optimised, verdict, || {
        "built without optimisation: CPU figures are too high; use --release".to_owned()
    });
}

/// By how much a counter has grown.
pub fn grown(from: Option<u64>, to: Option<u64>) -> Option<u64> {
    from.zip(to).map(|(from, to)| to.saturating_sub(from))
}

/// The share of all cores' time that was stolen.
pub fn steal(from: &MachineSnapshot, to: &MachineSnapshot) -> Option<f64> {
    let (stolen, all) = grown(from.steal, to.steal).zip(grown(from.cpu, to.cpu))?;
    (all > 0).then(|| stolen as f64 / all as f64)
}

fn backlog(around: &Surroundings, verdict: &mut Verdict) {
    let (start, end) = (&around.start, &around.end);
    let drops = grown(start.listen_drops, end.listen_drops);
    let again = grown(start.syn_retransmits, end.syn_retransmits);
    let both = drops.unwrap_or(0) + again.unwrap_or(0);
    BACKLOG.judge(drops.or(again).map(|_| both as f64), verdict, |_| {
        format!(
            "a listener dropped {} connections and {} SYNs were retransmitted (counted for the whole network \
             namespace): lower `connect-rate` in the scenario, or give the server a longer queue: the smaller of the \
             backlog that it passes to listen() and net.core.somaxconn",
            grouped(drops.unwrap_or(0)),
            grouped(again.unwrap_or(0))
        )
    });
}

/// What is nearly used up.
fn limits(m: &Measurement, around: &Surroundings, verdict: &mut Verdict) {
    let used = |part: f64, of: f64| (of > 0.0).then(|| part / of);
    let files = m.harness.iter().chain(&m.target).map(|usage: &Usage| usage.files).max();
    let files = files.and_then(|files| used(files as f64, around.files as f64));
    LIMITS.judge(files, verdict, |share| {
        let most = grouped(around.files);
        format!("a process used {} of the {most} files that it may open; `ulimit -Hn`", percent(share))
    });
    let addresses = f64::from(Needs::of(&m.trial).addresses.max(1));
    // Earlier ones wait for other ports of other targets, and are in nobody's way.
    let closed = grown(around.start.time_wait, around.end.time_wait).unwrap_or(0);
    let taken = m.tally.counts.connected + closed;
    let ports = used(taken as f64, addresses * f64::from(around.ports));
    LIMITS.judge(ports, verdict, |share| {
        format!(
            "{} of the ports were taken (with closed connections of the whole network namespace): \
             net.ipv4.ip_local_port_range",
            percent(share)
        )
    });
    let left = around.end.memory_available.and_then(|left| used(left as f64, around.memory as f64));
    LIMITS.judge(left.map(|left| 1.0 - left), verdict, |share| {
        format!("{} of the machine's memory was in use", percent(share))
    });
    let group = around.end.group_memory_left.zip(around.group_memory);
    let left = group.and_then(|(left, limit)| used(left as f64, limit as f64));
    LIMITS.judge(left.map(|left| 1.0 - left), verdict, |share| {
        format!("{} of the memory that the cgroup allows was in use", percent(share))
    });
}

fn clock(around: &Surroundings, verdict: &mut Verdict) {
    let moved = (around.end.offset_ns - around.begin.offset_ns).unsigned_abs();
    CLOCK_STEP.judge(Some(moved as f64), verdict, |ns| {
        format!(
            "the wall clock was set by {} in the window; latencies use the monotonic clock and are not affected",
            nanos(ns)
        )
    });
    CLOCKSOURCE.fact(!is_fast(&around.clocksource), verdict, || {
        format!("the kernel reads the time from {}: every clock read is slow", around.clocksource)
    });
}
