//! A report for tests of formats and charts: made by arithmetic, the same every time, nothing measured.

pub mod cases;
pub mod drawn;
pub mod every;
pub mod planned;
pub mod scenery;
pub mod search;
pub mod variants;

use std::time::Duration;

use wsbench::meter::{Ages, Counts, Flow, Interval, PhaseTraffic, Tally, Usage};
use wsbench::plan::{Trial, Where};
use wsbench::results::{Check, Environment, Measurement, Report, Severity, Source, VERSION, Verdict};
use wsbench::scenario::Load;
use wsbench::transport::Transport;
use wsbench_targets::content::Content;
use wsbench_targets::pacer::Arrivals;
use wsbench_targets::wire::{Audience, Headers, Publication};

/// The transports of these reports: those that the first release had.
pub fn three() -> impl Iterator<Item = Transport> {
    Transport::all().into_iter().take(3)
}

/// The overhead scenario, 1,000 and 10,000 clients by the three transports.
pub fn report() -> Report {
    let mut measurements = Vec::new();
    for transport in three() {
        for clients in [1_000, 10_000] {
            measurements.push(measurement(measurements.len() as u32, transport.clone(), clients));
        }
    }
    Report {
        version: VERSION,
        name: "overhead".to_owned(),
        about: "What do headers cost?".to_owned(),
        started: "2026-11-22T10:42:00Z".to_owned(),
        took_s: 68.0,
        seed: 42,
        scenario: Source {
            path: "scenarios/overhead.toml".to_owned(),
            text: "name = \"overhead\"\n".to_owned(),
            sha256: "0".repeat(64),
            overrides: vec!["--measure 10s".to_owned()],
        },
        environment: Environment { wsbench: "0.1.0".to_owned(), cores: 2, ..Environment::default() },
        planned: 6,
        interrupted: false,
        measurements,
        failed: vec![],
        thresholds: vec![],
        capacity: vec![],
        alternation: None,
    }
}

/// One trial over ten seconds, one 21-byte message a second and client.
pub fn measurement(number: u32, transport: Transport, clients: u32) -> Measurement {
    let name = transport.name();
    let polling = name == "polling";
    let sent = u64::from(clients) * 10;
    let mut verdict = Verdict::default();
    verdict.warn(Severity::Note, Check::SharedCores, "generator and target share this machine's 2 cores");
    Measurement {
        trial: trial(number, transport, clients),
        verdict,
        window_began: "2026-11-22T10:42:05Z".to_owned(),
        window_s: 10.0,
        connect_s: 0.4,
        address: None,
        tally: tally(sent, polling, if name == "websocket" { (0, 0, 2) } else { (716, 193, 0) }),
        target: Some(usage(0.4 * f64::from(clients) / 10_000.0)),
        harness: vec![usage(0.3 * f64::from(clients) / 10_000.0)],
        published: None,
        socket_memory: None,
    }
}

fn trial(number: u32, transport: Transport, clients: u32) -> Trial {
    let every = Duration::from_secs(1);
    Trial {
        number,
        transport,
        load: Load::Push(Publication {
            every,
            arrivals: Arrivals::Constant,
            payload: 21,
            audience: Audience::Each,
        }),
        content: Content::default(),
        clients,
        groups: None,
        repeat: 0,
        seed: 42,
        warmup: Duration::from_secs(3),
        measure: Duration::from_secs(10),
        drain: Duration::from_secs(3),
        headers: Headers::article(),
        target: Where::Reference,
        targets: 1,
        shards: 1,
        pin: false,
        addresses: 1,
        ipv6: false,
        values: None,
        session: None,
        shared_machine: false,
        connect_rate: 5_000.0,
    }
}

const SECOND: u64 = 1_000_000_000;

/// Latencies uniform on (0, 1 s] for polling, on (0, 2 ms] for the others.
fn tally(sent: u64, polling: bool, (up, down, framing): (u64, u64, u64)) -> Tally {
    let mut tally = Tally::default();
    let widest = if polling { SECOND } else { 2_000_000 };
    let mut ages = Ages::default();
    for second in 0..10u32 {
        let mut interval = Interval { from_s: f64::from(second), length_s: 1.0, ..Interval::default() };
        for n in 0..sent / 10 {
            let latency = (n + 1) * widest / (sent / 10);
            interval.latency.record(latency);
            // Every second is the same.
            if second == 0 {
                ages.show(latency, latency + SECOND);
            }
        }
        interval.received = sent / 10;
        interval.bytes_up = sent / 10 * up;
        interval.bytes_down = sent / 10 * (down + framing + 21);
        tally.latency += &interval.latency;
        tally.timeline.push(interval);
    }
    tally.age = ages.sum();
    (1..=100).for_each(|n| tally.connect.record(n * 10_000));
    let flow = |headers, payload, framing, segments| Flow {
        payload,
        framing,
        headers,
        counted: headers + payload + framing,
        kernel: headers + payload + framing,
        segments,
        tcp_ip: segments * 52,
        ..Flow::default()
    };
    tally.traffic.window = PhaseTraffic {
        up: flow(sent * up, 0, 0, sent),
        down: flow(sent * down, sent * 21, sent * framing, sent),
        requests: if up > 0 { sent } else { 0 },
        responses: if up > 0 { sent } else { 0 },
        messages_down: sent,
        ..PhaseTraffic::default()
    };
    let clients = sent / 10;
    tally.counts =
        Counts { clients, connected: clients, sent, delivered: sent, received: sent, ..Counts::default() };
    tally
}

fn usage(cores: f64) -> Usage {
    Usage {
        processes: 1,
        user_s: cores * 3.0,
        system_s: cores * 7.0,
        cpu_error_s: 0.0,
        over_s: 10.0,
        memory_before: 4_000_000,
        memory: 4_000_000 + (cores * 2.5e8) as u64,
        peak_memory: 5_000_000 + (cores * 2.5e8) as u64,
        files: 1_000,
        voluntary_switches: 1_000,
        involuntary_switches: 10,
    }
}
