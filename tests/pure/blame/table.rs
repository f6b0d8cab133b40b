//! The situations, one a row.

use std::time::Duration;

use wsbench::meter::{Dials, Interval};
use wsbench::results::{Server, Status};
use wsbench::scenario::{Load, Metric, Threshold};
use wsbench_targets::wire::{Audience, Publication, Published};

use crate::sample::scenery::{Scenery, by, hist, others, published};

/// What happened, and what follows.
pub struct Situation {
    pub what: &'static str,
    pub spoil: fn(&mut Scenery),
    /// A check that speaks of it; empty where none need.
    pub because: &'static str,
    /// The measurement, the server, the exit code, and the same with `--strict`.
    pub outcome: (Status, Server, u8, u8),
}

const fn is(
    what: &'static str,
    because: &'static str,
    outcome: (Status, Server, u8, u8),
    spoil: fn(&mut Scenery),
) -> Situation {
    Situation { what, spoil, because, outcome }
}

const GOOD: (Status, Server, u8, u8) = (Status::Valid, Server::Ok, 0, 0);
const FAILED: (Status, Server, u8, u8) = (Status::Valid, Server::Failed, 99, 99);
const SUSPECT: (Status, Server, u8, u8) = (Status::Suspect, Server::Ok, 0, 4);
const BOTH: (Status, Server, u8, u8) = (Status::Suspect, Server::Failed, 99, 4);
const INVALID: (Status, Server, u8, u8) = (Status::Invalid, Server::Unknown, 4, 4);

const MS: u64 = 1_000_000;

fn at_most(metric: Metric, most: f64) -> Threshold {
    Threshold { metric, transport: None, max: Some(most), min: None }
}

/// The clients poll, and this many of their slots pass while the answer before is out.
fn misses(s: &mut Scenery, slots: u64) {
    s.m.trial.transport = by("polling");
    s.m.tally.counts.missed_slots = slots;
    s.m.tally.traffic.window.requests = 10_000 - slots;
}

/// Our publisher sends to all through an external server.
fn publishes(s: &mut Scenery) {
    let written = "name = \"x\"\nclients = 10\n[load.publish]\nevery = \"1s\"\nvia = \"client\"\n[target]\n\
                   url = \"ws://127.0.0.1:1/\"\n[[transport]]\nwebsocket = {}\n";
    let scenario = wsbench::scenario::Scenario::parse("x.toml", written.as_bytes());
    s.m.trial.load = scenario.unwrap_or_else(|errors| panic!("{errors}")).load;
    s.m.published = Some(published(10));
}

/// Three seconds of the window, and then the drain, as long as you like.
fn then_slow(s: &mut Scenery, drain_s: f64) {
    s.m.tally.timeline[7..].iter_mut().for_each(|i| i.latency = hist(130 * MS, 1_000));
    let drain = Interval { from_s: 10.0, length_s: drain_s, ..Interval::default() };
    s.m.tally.timeline.push(drain);
}

pub const SITUATIONS: &[Situation] = &[
    // The server does as it should.
    is("a quiet run", "shared-cores", GOOD, |_| {}),
    is("a server is slow", "", GOOD, |s| s.m.tally.latency = hist(3_000 * MS, 10_000)),
    is("nothing is said, nothing is expected", "", GOOD, |s| {
        s.hears_nothing();
        s.m.trial.load = Load::Idle;
    }),
    is("polling for the latest value skips four of five", "", GOOD, |s| {
        s.m.trial.transport = by("polling");
        s.loses(8_000);
    }),
    is("messages come in another order", "reordered", GOOD, |s| s.m.tally.counts.reordered = 7),
    is("connections that a server may refuse by threshold", "failures", GOOD, |s| {
        s.m.tally.failures.refused = 3;
        s.thresholds = vec![at_most(Metric::Failures, 3.0)];
    }),
    is("one lost message of a thousand, and a threshold that allows it", "loss", GOOD, |s| {
        s.loses(10);
        s.thresholds = vec![at_most(Metric::LostRatio, 0.001)];
    }),
    is("repeated messages, and a threshold that allows them", "duplicated", GOOD, |s| {
        s.m.tally.counts.duplicated = 5;
        s.thresholds = vec![at_most(Metric::Duplicated, 5.0)];
    }),
    is("every threshold is kept", "", GOOD, |s| s.thresholds = vec![at_most(Metric::LatencyP99, 5e9)]),
    // The server does not.
    is("a server is slower than the polls", "achieved", FAILED, |s| misses(s, 2_000)),
    is("a server is slower than the echoes are due", "achieved", FAILED, |s| {
        s.echoes(false);
        s.loses(1_000);
        s.m.tally.traffic.window.messages_up = 9_000;
    }),
    is("a server halts at the window's end, and all that left after it is answered", "", GOOD, |s| {
        s.echoes(false);
        s.m.tally.traffic.window.messages_up = 9_000;
    }),
    is("a server dies, and nobody reaches it any more", "unreachable", BOTH, |s| {
        s.holds(4.0);
        s.unreachable = Some(Dials { tried: 900, failed: 880 });
    }),
    is("a server restarts", "loss", FAILED, |s| {
        (s.m.tally.failures.reset, s.m.tally.counts.reconnects) = (1_000, 1_000);
        s.loses(300);
    }),
    is("a server restarts and loses nothing", "failures", FAILED, |s| {
        (s.m.tally.failures.reset, s.m.tally.counts.reconnects) = (1_000, 1_000);
    }),
    is("a server closes with a code", "failures", FAILED, |s| {
        s.m.tally.failures.closed = 1;
        s.m.tally.failures.because("closed with 1013", "");
    }),
    is("a server refuses by status", "failures", FAILED, |s| s.m.tally.failures.status = 20),
    is("a server refuses connections", "failures", FAILED, |s| s.m.tally.failures.refused = 1),
    is("a server does not answer in time", "failures", FAILED, |s| s.m.tally.failures.timeout = 1),
    is("a server breaks the protocol", "failures", FAILED, |s| s.m.tally.failures.protocol = 1),
    is("a server answers without an end", "failures", FAILED, |s| s.m.tally.failures.too_large = 1),
    is("a certificate expires", "failures", FAILED, |s| s.m.tally.failures.tls = 1),
    is("a server loses one message", "loss", FAILED, |s| s.loses(1)),
    is("a server loses half", "loss", FAILED, |s| s.loses(5_000)),
    is("a server loses more than the threshold allows", "loss", FAILED, |s| {
        s.loses(11);
        s.thresholds = vec![at_most(Metric::LostRatio, 0.001)];
    }),
    is("a server loses half, and a threshold asks for so much at the least", "loss", FAILED, |s| {
        s.loses(5_000);
        let (max, min) = (None, Some(0.4));
        s.thresholds = vec![Threshold { max, min, ..at_most(Metric::LostRatio, 0.0) }];
    }),
    is("a server delivers twice", "duplicated", FAILED, |s| s.m.tally.counts.duplicated = 1),
    is("a broker delivers again, late, and every second client loses half", "duplicated", FAILED, |s| {
        (s.m.tally.counts.duplicated, s.m.tally.counts.reordered) = (1_160, 1_160);
        s.loses(2_500);
    }),
    is("a server swaps the messages of two clients", "strangers", BOTH, |s| {
        s.echoes(false);
        s.receives_nothing();
        s.m.tally.counts.strangers = 10_000;
    }),
    is("a server greets a hundred times for each answer", "unrecognised", SUSPECT, |s| {
        s.m.tally.counts.unrecognised = 1_000_000;
        s.m.tally.traffic.window.messages_down = 1_010_000;
    }),
    is("a server greets each client once", "", GOOD, |s| {
        s.m.tally.counts.unrecognised = 1_000;
        s.m.tally.traffic.connect.messages_down = 1_000;
    }),
    is("a chat room tells all clients what each says", "strangers", SUSPECT, |s| {
        s.echoes(false);
        s.m.tally.counts.strangers = 9_990_000;
    }),
    is("a chat server tells a client what another room said", "leaked", FAILED, |s| {
        s.m.tally.counts.leaked = 1
    }),
    is("a server makes messages up", "invented", FAILED, |s| s.m.tally.counts.invented = 1),
    is("a server drops half and makes one up for each", "loss", FAILED, |s| {
        s.m.tally.counts.invented = 5_000;
        s.loses(5_000);
    }),
    is("a server cuts messages", "altered", FAILED, |s| s.m.tally.counts.altered = 10_000),
    is("a server never answers in a closed loop", "nothing-received", BOTH, |s| {
        s.echoes(true);
        s.m.tally.counts.sent = 1_000;
        s.receives_nothing();
    }),
    is("a server gets messages and returns none", "nothing-received", BOTH, |s| {
        s.echoes(false);
        s.receives_nothing();
    }),
    is("a dead feed", "nothing-received", BOTH, Scenery::hears_nothing),
    is("a polled value stays what it was", "", GOOD, |s| {
        s.m.trial.transport = by("polling");
        s.hears_nothing();
        (s.m.tally.traffic.window.requests, s.m.tally.traffic.window.responses) = (10_000, 10_000);
        (s.m.tally.counts.empty_polls, s.m.tally.traffic.warmup.messages_down) = (10_000, 1_000);
    }),
    is("a polled value never comes", "nothing-received", BOTH, |s| {
        s.m.trial.transport = by("polling");
        s.hears_nothing();
        (s.m.tally.traffic.window.requests, s.m.tally.traffic.window.responses) = (10_000, 10_000);
        s.m.tally.counts.empty_polls = 10_000;
    }),
    is("every long poll is answered at once, and empty", "nothing-received", BOTH, |s| {
        s.m.trial.transport = by("long-polling");
        s.hears_nothing();
        (s.m.tally.traffic.window.requests, s.m.tally.traffic.window.responses) = (570_000, 570_000);
        s.m.tally.counts.empty_polls = 570_000;
    }),
    is("polling misses all of what was published", "nothing-received", BOTH, |s| {
        s.m.trial.transport = by("polling");
        s.receives_nothing();
    }),
    is("polls are answered by an event stream", "failures", BOTH, |s| {
        s.m.trial.transport = by("polling");
        s.hears_nothing();
        s.m.tally.failures.protocol = 100;
        s.m.tally.failures.because("an answer of text/event-stream", "");
    }),
    is("a target publishes less than it should", "not-published", FAILED, |s| {
        s.m.published = Some(published(9_000));
    }),
    is("a server refuses what our publisher sends", "achieved", FAILED, |s| {
        publishes(s);
        s.m.published = Some(Published { failed: 1, ..published(9) });
        s.m.tally.failures.status = 1;
    }),
    is("a server refuses all that our publisher sends", "nothing-received", BOTH, |s| {
        publishes(s);
        s.m.tally.counts.sent = 0;
        s.receives_nothing();
        s.m.published = Some(Published { failed: 10, ..published(0) });
        s.m.tally.failures.status = 10;
    }),
    is("no connection can be used", "failures", BOTH, |s| {
        s.connects();
        s.receives_nothing();
        s.m.tally.failures.protocol = 10_000;
    }),
    is("one connection in ten is closed at once", "loss", FAILED, |s| {
        s.connects();
        s.loses(1_000);
        s.m.tally.failures.closed = 1_000;
    }),
    is("a threshold on latency is crossed", "", FAILED, |s| {
        s.thresholds = vec![at_most(Metric::LatencyP99, 1e3)]
    }),
    is("a threshold on bytes is crossed", "", FAILED, |s| {
        s.thresholds = vec![at_most(Metric::BytesPerMessage, 1.0)];
    }),
    is("a threshold cannot be measured", "", (Status::Valid, Server::Ok, 99, 99), |s| {
        s.m.tally.latency = hist(MS, 10);
        s.thresholds = vec![at_most(Metric::LatencyP99, 1e9)];
    }),
    is("a threshold on the generator is crossed", "", (Status::Valid, Server::Ok, 99, 99), |s| {
        s.thresholds = vec![at_most(Metric::HarnessCpu, 0.001)];
    }),
    // The generator.
    is("the generator is starved", "generator-lag", INVALID, |s| s.m.tally.lag = hist(300 * MS, 1_000)),
    is("the generator is starved, and messages are lost", "generator-lag", INVALID, |s| {
        s.m.tally.lag = hist(300 * MS, 1_000);
        s.loses(5_000);
    }),
    is("the generator stops for a moment", "generator-lag", SUSPECT, |s| {
        s.m.tally.lag = hist(30 * MS, 1_000)
    }),
    is("the generator's delay is half of the latency", "relative-lag", SUSPECT, |s| {
        (s.m.tally.lag, s.m.tally.latency) = (hist(7 * MS, 1_000), hist(14 * MS, 10_000));
    }),
    is("the generator's delay is the smaller part of the latency", "", GOOD, |s| {
        (s.m.tally.lag, s.m.tally.latency) = (hist(7 * MS, 1_000), hist(100 * MS, 10_000));
    }),
    is("the generator sends late", "lateness", SUSPECT, |s| s.m.tally.lateness = hist(30 * MS, 1_000)),
    is("the publisher is late", "publisher-late", INVALID, |s| {
        s.m.published = Some(Published { lateness: hist(300 * MS, 1_000), ..published(10_000) });
    }),
    is("the generator is busy", "generator-cpu", SUSPECT, |s| s.m.harness[0].user_s = 8.5),
    is("the generator has no CPU left", "generator-cpu", INVALID, |s| s.m.harness[0].user_s = 9.9),
    is("the generator is busy, and messages are lost", "loss", BOTH, |s| {
        s.m.harness[0].user_s = 8.5;
        s.loses(5_000);
    }),
    is("the generator is busy, and polls are not made", "achieved", SUSPECT, |s| {
        s.m.harness[0].user_s = 8.5;
        misses(s, 20);
    }),
    is("the generator is busy, and one poll in five is not made", "achieved", INVALID, |s| {
        s.m.harness[0].user_s = 8.5;
        misses(s, 2_000);
    }),
    is("the machine is busy, and a server refuses what our publisher sends", "achieved", BOTH, |s| {
        publishes(s);
        s.m.harness[0].user_s = 8.5;
        s.m.published = Some(Published { failed: 1, ..published(9) });
        s.m.tally.failures.status = 1;
    }),
    is("other programs are busy, and a server closes so often that little is sent", "achieved", BOTH, |s| {
        s.around.others = Some(others(1.9, 0.02));
        s.around.others.iter_mut().for_each(|others| others.busy = 0.12);
        misses(s, 2_000);
        s.m.tally.failures.closed = 15;
    }),
    is("the generator runs out of files", "local-failures", INVALID, |s| s.m.tally.failures.local = 500),
    is("the generator runs out of ports once", "local-failures", SUSPECT, |s| s.m.tally.failures.local = 1),
    is(
        "connections that this machine could not open are not the server's loss",
        "local-failures",
        SUSPECT,
        |s| {
            s.connects();
            s.loses(1);
            s.m.tally.failures.local = 1;
        },
    ),
    // The machine.
    is("other programs take a little", "busy-machine", GOOD, |s| s.around.others = Some(others(0.06, 1.2))),
    is("other programs take a core's eighth", "busy-machine", SUSPECT, |s| {
        s.around.others = Some(others(0.12, 1.2));
    }),
    is("two busy loops beside the run", "busy-machine", INVALID, |s| {
        s.around.others = Some(others(1.8, 0.0))
    }),
    is("two busy loops beside the run, and messages are lost", "busy-machine", INVALID, |s| {
        s.around.others = Some(others(1.8, 0.0));
        s.loses(5_000);
    }),
    is("other programs are busy, and polls are not made", "achieved", SUSPECT, |s| {
        s.around.others = Some(others(0.12, 1.2));
        misses(s, 20);
    }),
    is("a cgroup throttles a little", "throttled", SUSPECT, |s| {
        s.around.end.throttled_ns = s.around.begin.throttled_ns.map(|ns| ns + MS);
    }),
    is("a cgroup throttles half of the time", "throttled", INVALID, |s| {
        s.around.end.throttled_ns = s.around.begin.throttled_ns.map(|ns| ns + 5_500 * MS);
    }),
    is("another run goes on", "other-runs", GOOD, |s| s.around.other_runs = vec![4711]),
    is("the coordinator is stopped while it looks at the server", "usage-span", SUSPECT, |s| {
        s.m.target.as_mut().unwrap().over_s = 11.0;
    }),
    is("the hypervisor takes a little", "steal", SUSPECT, |s| s.around.end.steal = Some(20)),
    is("the hypervisor takes a lot", "steal", INVALID, |s| s.around.end.steal = Some(200)),
    is("the wall clock is set", "clock-step", GOOD, |s| s.around.end.offset_ns = -3_600_000_000_000),
    is("the clock is slow to read", "clocksource", GOOD, |s| s.around.clocksource = "acpi_pm".to_owned()),
    is("memory is nearly used up", "limits", SUSPECT, |s| s.around.end.memory_available = Some(1 << 28)),
    is("a listener drops connections", "backlog", SUSPECT, |s| s.around.end.listen_drops = Some(6)),
    is("the coordinator is stopped over the window's end", "usage-span", INVALID, |s| {
        s.m.target.as_mut().unwrap().over_s = 18.9;
    }),
    is("the window ends late", "overrun", INVALID, |s| s.holds(18.9)),
    is("a program without optimisation", "debug-build", GOOD, |s| s.around.optimised = false),
    // The accounting, and the window.
    is("the accounts of bytes differ", "ledger", INVALID, |s| s.m.tally.traffic.window.up.kernel += 1),
    is("the accounts differ where connections broke", "ledger", BOTH, |s| {
        s.m.tally.traffic.window.up.kernel += 1;
        s.m.tally.failures.reset = 1;
    }),
    is("the kernel gives no account", "kernel-silent", SUSPECT, |s| s.unanswered = 1),
    is("a latency is over an hour", "saturated", SUSPECT, |s| s.m.tally.latency.record(4_000_000 * MS)),
    is("nothing was due", "nothing-due", INVALID, |s| {
        s.m.tally.counts.sent = 0;
        s.receives_nothing();
    }),
    is("the window was not held to its end", "cut-short", SUSPECT, |s| s.holds(9.0)),
    is("the user stops the run", "cut-short", (Status::Suspect, Server::Ok, 130, 130), |s| {
        s.holds(9.0);
        s.interrupted = true;
    }),
    is(
        "the user stops the run before a feed has spoken",
        "cut-short",
        (Status::Suspect, Server::Ok, 130, 130),
        |s| {
            s.hears_nothing();
            s.holds(0.5);
            s.interrupted = true;
        },
    ),
    is("the rate falls", "not-steady", SUSPECT, |s| {
        s.m.tally.timeline[7..].iter_mut().for_each(|i| i.received = 0);
    }),
    is("latencies drift, and nothing is lost", "latency-drifts", SUSPECT, |s| then_slow(s, 0.1)),
    is("latencies drift, and the drain is long", "latency-drifts", SUSPECT, |s| then_slow(s, 12.0)),
    is("an invalid measurement crosses a threshold", "generator-lag", INVALID, |s| {
        s.m.tally.lag = hist(300 * MS, 1_000);
        s.thresholds = vec![at_most(Metric::LatencyP99, 1.0)];
    }),
    is("few messages, each to many", "few-samples", GOOD, |s| {
        s.m.trial.load = Load::Broadcast(Publication {
            every: Duration::from_secs(1),
            arrivals: wsbench_targets::pacer::Arrivals::Constant,
            payload: 21,
            audience: Audience::All,
        });
        s.m.published = Some(published(10));
    }),
];
