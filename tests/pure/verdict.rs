//! Every rule of the verdict is provoked, on evidence made by arithmetic; `measuring/verdict.rs` provokes some for real.

use crate::sample::scenery::{Scenery, hist, others, published, quiet};
use wsbench::meter::{Dials, Interval};
use wsbench::plan::Where;
use wsbench::results::{Blame, OF_THE_GENERATOR, Severity};
use wsbench::run::verdict::{RULES, rules};
use wsbench::scenario::TargetUrl;
use wsbench::transport::Transport;
use wsbench_targets::hist::Hist;
use wsbench_targets::wire::Published;

fn by_url(host: &str) -> Where {
    Where::Url(Box::new(TargetUrl { host: host.to_owned(), ..TargetUrl::default() }))
}

/// (code, how bad it becomes, what provokes it).
type Case = (&'static str, Severity, fn(&mut Scenery));

use Severity::{Failed, Invalid, Note, Suspect};

const CASES: &[Case] = &[
    ("generator-cpu", Suspect, |s| s.m.harness[0].user_s = 8.0),
    ("generator-cpu", Invalid, |s| s.m.harness[0].user_s = 9.6),
    ("lateness", Suspect, |s| s.m.tally.lateness = hist(30_000_000, 1_000)),
    ("lateness", Invalid, |s| s.m.tally.lateness = hist(300_000_000, 1_000)),
    ("generator-lag", Suspect, |s| s.m.tally.lag = hist(30_000_000, 1_000)),
    ("generator-lag", Invalid, |s| s.m.tally.lag = hist(300_000_000, 1_000)),
    ("publisher-late", Suspect, |s| {
        s.m.published = Some(Published { lateness: hist(30_000_000, 1_000), ..published(10_000) });
    }),
    ("relative-lag", Suspect, |s| s.m.tally.lag = hist(2_100_000, 1_000)),
    ("local-failures", Suspect, |s| s.m.tally.failures.local = 1),
    ("local-failures", Invalid, |s| s.m.tally.failures.local = 100),
    ("strangers", Suspect, |s| s.m.tally.counts.strangers = 1),
    ("unrecognised", Suspect, |s| {
        (s.m.tally.counts.unrecognised, s.m.tally.traffic.window.messages_down) = (2_600, 12_500);
    }),
    ("loss", Failed, |s| s.m.tally.counts.lost = 1),
    ("duplicated", Failed, |s| s.m.tally.counts.duplicated = 1),
    ("altered", Failed, |s| s.m.tally.counts.altered = 1),
    ("leaked", Failed, |s| s.m.tally.counts.leaked = 1),
    ("invented", Failed, |s| s.m.tally.counts.invented = 1),
    ("reordered", Note, |s| s.m.tally.counts.reordered = 1),
    ("nothing-received", Suspect, |s| s.hears_nothing()),
    ("nothing-received", Failed, |s| s.hears_nothing()),
    ("achieved", Failed, |s| (s.m.tally.counts.missed_slots, s.m.tally.traffic.window.requests) = (1, 999)),
    ("achieved", Failed, |s| {
        s.echoes(false);
        s.m.tally.counts.delivered = 9_000;
        s.m.tally.traffic.window.messages_up = 9_000;
    }),
    ("achieved", Failed, |s| {
        s.connects();
        s.m.tally.counts.delivered = 9_950;
        s.m.tally.lateness = hist(1_000, 9_950);
    }),
    ("failures", Failed, |s| s.m.tally.failures.reset = 1),
    ("unreachable", Failed, |s| s.unreachable = Some(Dials { tried: 9, failed: 8 })),
    ("nothing-due", Invalid, |s| {
        (s.m.tally.counts.sent, s.m.tally.counts.delivered, s.m.tally.latency) = (0, 0, Hist::default());
    }),
    ("not-published", Failed, |s| s.m.published = Some(published(9_999))),
    ("cut-short", Suspect, |s| s.m.window_s = 9.8),
    ("overrun", Suspect, |s| s.m.window_s = 10.3),
    ("overrun", Invalid, |s| {
        s.m.window_s = 12.5;
        s.m.target.iter_mut().chain(&mut s.m.harness).for_each(|usage| usage.over_s = 12.5);
    }),
    ("usage-span", Suspect, |s| s.m.harness[0].over_s = 10.6),
    ("usage-span", Invalid, |s| s.m.target.as_mut().unwrap().over_s = 18.9),
    ("not-steady", Suspect, |s| s.m.tally.timeline[9].received = 0),
    ("latency-drifts", Suspect, |s| {
        s.m.tally.timeline[7..10].iter_mut().for_each(|i| i.latency = hist(5_000_000, 1_000));
    }),
    ("floor", Note, |s| s.floor = Some(600_000)),
    ("busy-machine", Note, |s| s.around.others = Some(others(0.06, 1.2))),
    ("busy-machine", Suspect, |s| s.around.others = Some(others(0.12, 1.2))),
    ("busy-machine", Suspect, |s| s.around.others = Some(others(0.6, 0.9))),
    ("busy-machine", Invalid, |s| s.around.others = Some(others(1.8, 0.0))),
    ("busy-machine", Note, |s| {
        (s.around.others, s.m.trial.shared_machine) = (Some(others(1.8, 0.0)), true);
    }),
    // A server by URL is one of the others, unless it is beyond this machine.
    ("busy-machine", Note, |s| {
        (s.around.others, s.m.trial.target) = (Some(others(1.0, 0.5)), by_url("localhost"));
    }),
    ("busy-machine", Suspect, |s| {
        (s.around.others, s.m.trial.target) = (Some(others(1.8, 0.0)), by_url("localhost"));
    }),
    ("busy-machine", Invalid, |s| {
        (s.around.others, s.m.trial.target) = (Some(others(1.8, 0.0)), by_url("192.0.2.1"));
    }),
    // Nor does the address of a container tell.
    ("busy-machine", Suspect, |s| {
        (s.around.others, s.m.trial.target) = (Some(others(1.8, 0.0)), by_url("box"));
        s.m.address = Some(([172, 17, 0, 2], 80).into());
    }),
    ("throttled", Suspect, |s| s.around.end.throttled_ns = Some(1_001_000_000)),
    ("throttled", Invalid, |s| s.around.end.throttled_ns = Some(6_500_000_000)),
    ("other-runs", Note, |s| s.around.other_runs = vec![4711]),
    ("steal", Suspect, |s| s.around.end.steal = Some(20)),
    ("steal", Invalid, |s| s.around.end.steal = Some(100)),
    ("limits", Suspect, |s| s.m.harness[0].files = 19_000),
    ("limits", Suspect, |s| s.around.end.time_wait = Some(27_000)),
    ("limits", Suspect, |s| s.around.end.memory_available = Some(1 << 29)),
    ("limits", Suspect, |s| {
        (s.around.group_memory, s.around.end.group_memory_left) = (Some(24 << 20), Some(2 << 20));
    }),
    ("backlog", Suspect, |s| s.around.end.listen_drops = Some(6)),
    ("backlog", Suspect, |s| s.around.end.syn_retransmits = Some(6)),
    ("clock-step", Note, |s| s.around.end.offset_ns = -20_000_000),
    ("clocksource", Note, |s| s.around.clocksource = "hpet".to_owned()),
    ("ledger", Invalid, |s| s.m.tally.traffic.window.up.kernel += 1),
    ("kernel-silent", Suspect, |s| s.unanswered = 1),
    ("saturated", Suspect, |s| s.m.tally.latency.record(4_000_000_000_000)),
    ("few-samples", Note, |s| s.m.tally.latency = hist(1_000_000, 999)),
    ("shared-cores", Note, |_| {}),
    ("insecure", Note, |s| {
        s.m.trial.target = Where::Url(Box::new(TargetUrl {
            insecure: true,
            host: "localhost".into(),
            ..TargetUrl::default()
        }));
    }),
    ("debug-build", Note, |s| s.around.optimised = false),
];

#[test]
fn every_rule_is_provoked_and_provokes_no_other() {
    for (code, severity, spoil) in CASES {
        let mut scenery = quiet();
        spoil(&mut scenery);
        let verdict = scenery.judged();
        let found =
            verdict.warnings.iter().any(|found| (found.check.name(), found.severity) == (*code, *severity));
        assert!(found, "{code} {severity:?}: {verdict:?}");
        let others = verdict.warnings.iter().filter(|d| d.check != *code && d.check != "shared-cores");
        assert_eq!(others.count(), 0, "{code}: {verdict:?}");
    }
}

#[test]
fn every_rule_has_a_case_for_the_worst_that_it_says() {
    for rule in rules() {
        let worst = rule.worst().unwrap();
        // The publisher's limits are the generator's; what was not achieved is judged by both in `blame.rs`.
        let worst = if rule.check.name() == "publisher-late" { Suspect } else { worst };
        let of_blame = rule.check.name() == "achieved" && rule.blames == Blame::Measurement;
        assert!(
            of_blame || CASES.iter().any(|c| (c.0, c.1) == (rule.check.name(), worst)),
            "{} {worst:?}",
            rule.check.name()
        );
        let same =
            rules().filter(|other| (other.check.name(), other.blames) == (rule.check.name(), rule.blames));
        assert_eq!(same.count(), 1, "{}", rule.check.name());
    }
}

/// A closed loop at a silent server, a window that was broken off, a publisher that could not: not the schedule's doing.
#[test]
fn nothing_sent_is_not_always_nothing_due() {
    let others: [fn(&mut Scenery); 3] = [
        |s| {
            s.echoes(true);
        },
        |s| s.m.window_s = 1.0,
        |s| s.m.published = Some(Published { failed: 9, ..published(0) }),
    ];
    for spoil in others {
        let mut scenery = quiet();
        (scenery.m.tally.counts.sent, scenery.m.tally.counts.delivered) = (0, 0);
        spoil(&mut scenery);
        let verdict = scenery.judged();
        assert!(verdict.warnings.iter().all(|warning| warning.check != "nothing-due"), "{verdict:?}");
    }
}

/// The list is the results' own, who do not know the rules.
#[test]
fn checks_of_the_generator_are_rules() {
    for code in OF_THE_GENERATOR {
        assert!(RULES.iter().any(|rule| rule.check == code), "{code}");
    }
}

#[test]
fn a_full_backlog_is_perhaps_the_servers_own() {
    let mut scenery = quiet();
    scenery.around.end.listen_drops = Some(6);
    let said =
        &scenery.judged().warnings.into_iter().find(|warning| warning.check == "backlog").unwrap().text;
    assert!(said.contains("listen()") && said.contains("net.core.somaxconn"), "{said}");
}

#[test]
fn what_cannot_be_read_is_no_warning() {
    let mut scenery = quiet();
    let around = &mut scenery.around;
    for pulse in [&mut around.start, &mut around.begin, &mut around.end] {
        (pulse.cpu, pulse.steal, pulse.listen_drops) = (None, None, None);
        (pulse.syn_retransmits, pulse.memory_available, pulse.time_wait) = (None, None, None);
        pulse.throttled_ns = None;
    }
    (around.memory, around.clocksource) = (0, "unknown".to_owned());
    let codes: Vec<&str> =
        scenery.judged().warnings.into_iter().map(|warning| warning.check.name()).collect();
    assert_eq!(codes, ["shared-cores"]);
}

#[test]
fn chance_and_waiting_by_design_are_no_drift() {
    // Few messages: what a Poisson process does is not suspected.
    let mut few = quiet();
    few.m.tally.timeline.iter_mut().enumerate().for_each(|(n, i)| i.received = 20 + n as u64);
    assert!(few.judged().warnings.iter().all(|warning| warning.check != "not-steady"), "{:?}", few.judged());
    // In the first second of polling by the second only the early ones are in.
    let polling = Transport::all().into_iter().find(|t| t.name() == "polling").unwrap();
    let mut early = quiet();
    early.m.trial.transport = polling;
    early.m.tally.timeline[0].latency = hist(1_000_000, 1_000_000);
    assert!(
        early.judged().warnings.iter().all(|warning| warning.check != "latency-drifts"),
        "{:?}",
        early.judged()
    );
    // A window is never over on the very edge of a second: in what is left nothing came.
    let mut rest = quiet();
    rest.m.tally.timeline.iter_mut().for_each(|i| i.received = 100_000);
    let [.., last] = &rest.m.tally.timeline[..] else { panic!("no timeline") };
    let left = Interval { from_s: last.from_s + last.length_s, length_s: 0.009, ..Interval::default() };
    rest.m.window_s += left.length_s;
    rest.m.tally.timeline.push(left);
    rest.m.tally.timeline.drain(..rest.m.tally.timeline.len() - 3);
    assert!(
        rest.judged().warnings.iter().all(|warning| warning.check != "not-steady"),
        "{:?}",
        rest.judged()
    );
    // A failure excuses a broken ledger, in part.
    let mut broken = quiet();
    broken.m.tally.traffic.window.up.kernel += 1;
    broken.m.tally.failures.reset = 1;
    let ledger = broken.judged().warnings.into_iter().find(|warning| warning.check == "ledger").unwrap();
    assert_eq!(ledger.severity, Suspect);
}
