//! Reports that are hard to draw: many rows, variants of one transport, searches that are close, times that are not known.

use std::time::Duration;

use super::{cases, measurement, report, search, three};
use wsbench::results::{Blame, Check, Report, Severity};
use wsbench::scenario::{Load, Over};
use wsbench::transport::{Http, Polling, SockJs, Transport, Via};

/// No message of it has a time of its own; how long each client waited for the next is known in all.
pub fn listen() -> Report {
    let mut report = Report { name: "listen".to_owned(), ..report() };
    for m in &mut report.measurements {
        m.trial.load = Load::Listen;
        m.tally.gap = std::mem::take(&mut m.tally.latency);
        m.tally.timeline.iter_mut().for_each(|interval| interval.latency.clear());
        m.tally.age = wsbench::meter::Age::default();
        (m.tally.counts.sent, m.tally.counts.delivered) = (0, 0);
    }
    report
}

/// One transport in five variants.
pub fn five_variants() -> Report {
    let mut report = cases::echo();
    report.measurements.clear();
    let ways = [Via::WebSocket, Via::Raw, Via::XhrStreaming, Via::EventSource, Via::Xhr];
    for (via, n) in ways.into_iter().zip(0..) {
        let way = Transport::SockJs(SockJs { via, ..SockJs::default() });
        let mut m = measurement(n, way, 1_000);
        m.trial.load = cases::echo().measurements[0].trial.load.clone();
        report.measurements.push(m);
    }
    report
}

/// Both stripes stand across a chart.
pub fn suspect_and_failed() -> Report {
    let mut report = report();
    let verdict = &mut report.measurements[3].verdict;
    let text = "the generator used 93 % of its core, and everything that it says of latencies is to be read with care";
    verdict.warn(Severity::Suspect, Check::GeneratorCpu, text);
    let text =
        "312 of 2,000 connections were closed by the server with 4401 \"token expired\", and came back";
    verdict.blame(Blame::Server, Severity::Failed, Check::Failures, text);
    report
}

/// More sizes than one finds room for at a glance.
pub fn many_sizes() -> Report {
    let mut report = report();
    report.measurements.clear();
    for transport in three() {
        for clients in [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] {
            report.measurements.push(measurement(
                report.measurements.len() as u32,
                transport.clone(),
                clients,
            ));
        }
    }
    report
}

/// As many rows as there are hues and more.
pub fn twelve() -> Report {
    let mut report = report();
    report.measurements.clear();
    for n in 1..=12u32 {
        let way = match n % 3 {
            0 => Transport::named("websocket").unwrap(),
            _ => Transport::Polling(Polling {
                every: Duration::from_millis(u64::from(n) * 1_250),
                keep_alive: n % 2 == 0,
                ..Polling::default()
            }),
        };
        report.measurements.push(measurement(n, way, 1_000));
    }
    report
}

/// What is raised are messages per second and client.
pub fn search_of_rates() -> Report {
    let mut report = search::search();
    for capacity in &mut report.capacity {
        capacity.over = Over::Rate;
        let sizes = [&mut capacity.passed, &mut capacity.failed_at].into_iter().flatten();
        sizes.chain(capacity.steps.iter_mut().map(|step| &mut step.size)).for_each(|size| *size /= 1_000.0);
    }
    report
}

/// All transports sustain nearly the same.
pub fn close_search() -> Report {
    let mut report = search::search();
    let all = &mut report.capacity[..3];
    for (n, capacity) in (0..).zip(all) {
        let near = 4_000.0 + 50.0 * f64::from(n);
        (capacity.passed, capacity.failed_at) = (Some(near), Some(near + 200.0));
    }
    report
}

/// The same by HTTP/1.1 and by HTTP/2, whose heads stay in a table.
pub fn over_http_2() -> Report {
    let mut report = Report { name: "over-http-2".to_owned(), ..report() };
    report.measurements.retain(|m| m.trial.clients == 1_000);
    let mut second = report.measurements.clone();
    for m in &mut second {
        m.trial.transport.access_mut().http = Some(Http::Two);
        let traffic = &mut m.tally.traffic;
        traffic.connect.up.field_blocks_as_http_1 = 671_000;
        let asked = traffic.window.requests;
        let messages = traffic.window.messages_down;
        for (flow, block, plain) in [(&mut traffic.window.up, 11, 671), (&mut traffic.window.down, 30, 193)] {
            (flow.headers, flow.field_blocks) = (asked * block, asked * block);
            flow.field_blocks_as_http_1 = asked * plain;
            flow.framing += 9 * messages;
            flow.control = messages / 10 * 13;
            flow.counted = flow.attributed();
            flow.kernel = flow.counted;
        }
    }
    report.measurements.extend(second);
    report.measurements.iter_mut().zip(0..).for_each(|(m, number)| m.trial.number = number);
    report
}
