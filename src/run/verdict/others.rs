//! Who else used the machine: other programs, the quota of a control group, another run of wsbench.
//!
//! The limits of `busy-machine` come from runs on two cores with nothing else (docs/quality-checks.md).

use std::net::IpAddr;

use super::machine::{Surroundings, grown};
use super::rules::{BUSY, OTHER_RUNS, THROTTLED};
use crate::os::census::Others;
use crate::plan::Where;
use crate::results::{Measurement, Severity, Verdict};
use crate::text::{grouped, percent, significant};

/// With less of the cores idle, whoever runs waits for somebody else.
const FULL: f64 = 0.05;

pub(super) fn judge(m: &Measurement, around: &Surroundings, verdict: &mut Verdict) {
    if let Some(others) = &around.others {
        busy(m, others, verdict);
    }
    let throttled = grown(around.begin.throttled_ns, around.end.throttled_ns);
    THROTTLED.judge(throttled.map(|ns| ns as f64 / 1e9 / m.window_s.max(1e-9)), verdict, |share| {
        format!(
            "the CPU quota of a cgroup stopped its processes for {} of the window: latencies include pauses that no \
             server caused; set cpu.max = max and give it cores of its own by a cpuset",
            percent(share)
        )
    });
    OTHER_RUNS.judge(Some(around.other_runs.len() as f64), verdict, |_| {
        format!("another wsbench loads this machine: {}", processes(&around.other_runs))
    });
}

/// The first of them by their numbers, and how many more there are.
pub fn processes(pids: &[u32]) -> String {
    let named: Vec<String> = pids.iter().take(3).map(u32::to_string).collect();
    let more = pids.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("process {}{more}", named.join(", "))
}

fn busy(m: &Measurement, others: &Others, verdict: &mut Verdict) {
    let Some(severity) = how_busy(others) else { return };
    let server = server_among_them(m);
    let worst = match (server, full(others)) {
        _ if m.trial.shared_machine => Severity::Note,
        (true, false) => Severity::Note,
        (true, true) | (false, false) => Severity::Suspect,
        (false, true) => Severity::Invalid,
    };
    let severity = severity.min(worst);
    let besides = if server { ", perhaps the server among them," } else { "" };
    let names = Some(busiest(others)).filter(|names| !names.is_empty());
    let names = names.map_or_else(String::new, |names| format!(" ({names})"));
    let mend = if severity > Severity::Note { "; end them, or measure at another time" } else { "" };
    verdict.warn(severity, BUSY.check, format!("other programs{besides} {}{names}{mend}", took(others)));
}

/// Nobody tells a server by URL, and what stands behind it, from other programs, if it is on this machine. It may be in a
/// container or a virtual machine of it too, at an address of a private network.
fn server_among_them(m: &Measurement) -> bool {
    match (&m.trial.target, m.address.map(|address| address.ip())) {
        (Where::Url(_), Some(IpAddr::V4(ip))) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        (Where::Url(_), Some(IpAddr::V6(ip))) => {
            ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        (Where::Url(url), None) => url.on_loopback(),
        (Where::Reference | Where::ThirdParty(_), _) => false,
    }
}

/// How bad that is, where nothing of ours is a server by URL.
pub fn how_busy(others: &Others) -> Option<Severity> {
    BUSY.severity(others.share())
}

/// `kept 1.83 of 2 cores busy, none left idle`.
pub fn took(others: &Others) -> String {
    let full = if full(others) { ", none left idle" } else { "" };
    format!("kept {} of {} cores busy{full}", significant(others.busy), grouped(others.cores as u64))
}

/// `sh 0.92, sh 0.91`: the busiest, and the cores that each kept busy.
pub fn busiest(others: &Others) -> String {
    let names = others.busiest.iter().map(|(name, cores)| format!("{name} {}", significant(*cores)));
    names.collect::<Vec<_>>().join(", ")
}

fn full(others: &Others) -> bool {
    others.idle < FULL * others.cores
}
