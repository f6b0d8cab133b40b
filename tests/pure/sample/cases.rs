//! Variations of the sample report: one for each thing that can happen to a run.

use std::time::Duration;

use wsbench::meter::{Age, Ages, Counts};
use wsbench::results::{Blame, Check, FailedTrial, Measurement, Report, Severity, outcomes};
use wsbench::scenario::{Connect, Echo, EchoPace, Load, Metric, Threshold, Timing};
use wsbench::transport::Transport;
use wsbench_targets::pacer::Arrivals;
use wsbench_targets::wire::{Audience, Publication};

use super::three;
use super::{measurement, report};

/// Nothing planned, nothing measured.
pub fn empty() -> Report {
    Report { planned: 0, measurements: vec![], ..report() }
}

/// Every trial failed.
pub fn all_failed() -> Report {
    let mut report = report();
    let reason = "starting target `websocket`: bind 127.0.0.1:8080: address in use (pid 4711, nginx)";
    report.failed = std::mem::take(&mut report.measurements)
        .into_iter()
        .map(|m| FailedTrial { trial: m.trial, reason: reason.to_owned() })
        .collect();
    report
}

/// Ctrl-C after two trials.
pub fn interrupted() -> Report {
    let mut report = Report { interrupted: true, ..report() };
    report.measurements.truncate(2);
    report
}

/// One trial invalid, one suspect, one failed; losses and failures of every kind; thresholds.
pub fn invalid() -> Report {
    let mut report = report();
    let trials = &mut report.measurements;
    trials[3].verdict.warn(Severity::Suspect, Check::GeneratorCpu, "the generator used 93 % of its core");
    trials[4].tally.counts.lost = 12;
    trials[4].tally.counts.delivered -= 12;
    trials[4].tally.counts.duplicated = 2;
    trials[4].tally.counts.reordered = 1;
    trials[4].tally.failures.reset = 3;
    trials[4].tally.failures.timeout = 1;
    trials[5].verdict.warn(
        Severity::Invalid,
        Check::Ledger,
        "the socket wrapper counted 2,300,000 bytes, the kernel 2,299,977: the bytes cannot be trusted",
    );
    let last = trials.remove(1);
    report.failed = vec![FailedTrial { trial: last.trial, reason: "shard 1: killed by signal 9".to_owned() }];
    let threshold = |metric, transport: Option<&str>, max| Threshold {
        metric,
        transport: transport.map(str::to_owned),
        max: Some(max),
        min: None,
    };
    let asked = [
        threshold(Metric::LatencyP99, Some("websocket"), 5e6),
        threshold(Metric::OverheadPerMessage, Some("long-polling"), 100.0),
        threshold(Metric::Lost, Some("polling 1s"), 0.0),
        threshold(Metric::Lost, Some("sse"), 0.0),
    ];
    report.thresholds = outcomes(&report, &asked);
    report
}

/// Every number is right, and tells of a server that lost half of the messages by one transport.
pub fn server_failed() -> Report {
    let mut report = report();
    let m = &mut report.measurements[5];
    let counts = &mut m.tally.counts;
    (counts.lost, counts.delivered, counts.received) = (counts.sent / 2, counts.sent / 2, counts.sent / 2);
    m.verdict.blame(
        Blame::Server,
        Severity::Failed,
        Check::Loss,
        "50,000 of 100,000 messages were lost (50.00 %)",
    );
    report
}

/// Two runs of scenarios that differ; the second slower, of fewer transports, with an invalid trial and
/// thresholds.
pub fn two_scenarios() -> Vec<Report> {
    let mut other = Report { started: "2026-11-23T08:00:00Z".to_owned(), ..invalid() };
    other.scenario.sha256 = "1".repeat(64);
    for m in &mut other.measurements {
        m.tally.latency += &m.tally.latency.clone();
        (0..m.tally.counts.sent).for_each(|_| m.tally.latency.record(4_000_000));
    }
    vec![report(), other]
}

/// WebSocket alone.
pub fn one_transport() -> Report {
    let mut report = report();
    report.measurements.retain(|m| m.trial.transport.name() == "websocket");
    report.planned = 2;
    report
}

/// Three repeats of 1,000 clients that differ; one label too long for its column.
pub fn repeats() -> Report {
    let mut report = report();
    report.measurements.clear();
    for mut transport in three() {
        if let Transport::LongPolling(options) = &mut transport {
            options.keep_alive = false;
        }
        if let Transport::Polling(options) = &mut transport {
            options.every = Duration::from_millis(1_500);
            options.pace = wsbench::transport::Pace::FixedDelay;
        }
        for repeat in 0..3u32 {
            let mut m = measurement(report.measurements.len() as u32, transport.clone(), 1_000);
            m.trial.repeat = repeat;
            m.window_s += f64::from(repeat) / 10.0;
            for n in 0..1_000 * u64::from(repeat) {
                m.tally.latency.record(1_000_000_000 + n);
            }
            report.measurements.push(m);
        }
    }
    report.planned = 9;
    report
}

/// Polling for the latest value misses what came between.
pub fn misses_by_design() -> Report {
    let mut report = report();
    for m in report.measurements.iter_mut().filter(|m| m.trial.transport.name() == "polling") {
        let counts = &mut m.tally.counts;
        counts.lost = counts.sent / 10 * 9;
        counts.delivered = counts.sent - counts.lost;
        counts.received = counts.delivered;
    }
    report
}

/// Five values of 120 bytes a second to each of 3,000 clients, over ten seconds; polling asks once a second for the latest.
/// A poll moves 500 + 320 bytes in three segments of 52, a frame 122 in two: in all WebSocket moves 1,130 bytes a second and
/// client, polling 976, long-polling 4,880. A value is shown from 0 to 200 ms, polled for a second more.
pub fn ticker() -> Report {
    const CLIENTS: u32 = 3_000;
    let every = Duration::from_millis(200);
    let values = Publication { every, arrivals: Arrivals::Constant, payload: 120, audience: Audience::All };
    let mut report = Report { name: "ticker".to_owned(), planned: 3, ..report() };
    report.measurements = three().zip(0..).map(|(way, n)| measurement(n, way, CLIENTS)).collect();
    for m in &mut report.measurements {
        m.trial.load = Load::Broadcast(values);
        let due = u64::from(CLIENTS) * 50;
        let (arrived, shown) =
            if m.trial.transport.name() == "polling" { (due / 5, 1_000) } else { (due, 200) };
        m.tally.counts = Counts {
            clients: CLIENTS.into(),
            connected: CLIENTS.into(),
            sent: due,
            delivered: arrived,
            received: arrived,
            lost: due - arrived,
            ..Counts::default()
        };
        m.tally.age = ticking(arrived, shown);
        let window = &mut m.tally.traffic.window;
        let polled = m.trial.transport.asks();
        (window.up.headers, window.down.headers) =
            if polled { (500 * arrived, 200 * arrived) } else { (0, 0) };
        (window.down.payload, window.down.framing) = (120 * arrived, if polled { 0 } else { 2 * arrived });
        (window.up.tcp_ip, window.down.tcp_ip) = (52 * arrived, if polled { 104 } else { 52 } * arrived);
    }
    report
}

/// So many values that come evenly up to 200 ms old (in a push at once) and stay for `shown` ms.
fn ticking(values: u64, shown: u64) -> Age {
    let (mut ages, polled) = (Ages::default(), shown > 200);
    // Some clients stand for all.
    for n in 0..values.min(10_000) {
        let from = if polled { n % 200 * 1_000_000 } else { 0 };
        ages.show(from, from + shown * 1_000_000);
    }
    ages.sum()
}

fn with_load(load: Load, change: impl Fn(&mut Measurement)) -> Report {
    let mut report = report();
    let displays = load.profile().timing == Timing::Delivery;
    for m in &mut report.measurements {
        m.trial.load = load.clone();
        if !displays {
            m.tally.age = Age::default();
        }
        change(m);
    }
    load.name().clone_into(&mut report.name);
    report
}

/// Messages go there and back.
pub fn echo() -> Report {
    let pace = EchoPace::Open(Arrivals::Poisson);
    with_load(Load::Echo(Echo { every: Duration::from_secs(1), pace, payload: 21, message: None }), |m| {
        let handshake = &mut m.tally.traffic.connect;
        handshake.connections = u64::from(m.trial.clients);
        if m.trial.transport.name() == "websocket" {
            handshake.up.headers = 512 * handshake.connections;
            handshake.down.headers = 129 * handshake.connections;
        }
    })
}

/// Nothing is said: no message, no latency.
pub fn idle() -> Report {
    with_load(Load::Idle, |m| {
        m.tally.latency.clear();
        m.tally.timeline.iter_mut().for_each(|interval| interval.latency.clear());
        m.tally.counts = wsbench::meter::Counts {
            clients: m.tally.counts.clients,
            connected: m.tally.counts.connected,
            ..Default::default()
        };
        for flow in [&mut m.tally.traffic.window.up, &mut m.tally.traffic.window.down] {
            flow.payload = 0;
        }
    })
}

/// Connections come and go; the target is not ours to look at.
pub fn connect() -> Report {
    with_load(Load::Connect(Connect { rate: 1_000.0, arrivals: Arrivals::Poisson }), |m| {
        m.target = None;
        m.tally.traffic.window.connections = m.tally.counts.sent;
    })
}

/// Everything that came from a file is hostile.
pub fn hostile() -> Report {
    let mut report = invalid();
    report.name = "=cmd|'/c calc'!A1\u{1b}[31m|<script>alert(1)</script>\u{202e}".to_owned();
    report.about = "\u{1b}]0;title\u{7}|`x` ![i](http://evil/)\n# head".to_owned();
    report.scenario.path = "\u{1b}[2J|<b>".to_owned();
    report.failed[0].reason = "\u{1b}[1A\r\n<img src=x>|".to_owned();
    report.measurements[0].verdict.warnings[0].text = "=1+1 \u{9b}31m <i>|".to_owned();
    report
}
