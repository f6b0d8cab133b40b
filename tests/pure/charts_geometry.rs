//! Where things stand on a chart: no text runs over another, beyond the sheet or is cut, none is too small to be read at
//! half the size, and no bar is left out without a word. Of all samples, and of all published results.
//!
//! What is looked at are the shapes before they are painted; `charts.rs` looks at the images.

use std::path::Path;
use std::time::Duration;

use crate::sample::{self, cases, drawn, measurement, report, search};
use wsbench::report::chart::sheet::{Anchor, Area, Shape, Sheet, Type};
use wsbench::report::chart::{Drawing, drawings};
use wsbench::report::json;
use wsbench::results::{Blame, Report, Severity};
use wsbench::scenario::{Load, Over};
use wsbench::transport::{Polling, SockJs, Transport, Via};

/// Half of it is what is left at 800 pixels.
const SMALLEST: f64 = 16.0;
/// Boxes of texts are of the font's full height, and rounded.
const TOUCH: f64 = 2.0;

/// Every sample, and every run that is published.
fn every_case() -> Vec<(String, Vec<Report>)> {
    let mut cases: Vec<(String, Vec<Report>)> = [
        ("sample", vec![report()]),
        ("all-failed", vec![cases::all_failed()]),
        ("interrupted", vec![cases::interrupted()]),
        ("invalid", vec![cases::invalid()]),
        ("server-failed", vec![cases::server_failed()]),
        ("one-transport", vec![cases::one_transport()]),
        ("repeats", vec![cases::repeats()]),
        ("misses-by-design", vec![cases::misses_by_design()]),
        ("ticker", vec![cases::ticker()]),
        ("echo", vec![cases::echo()]),
        ("idle", vec![cases::idle()]),
        ("connect", vec![cases::connect()]),
        ("listen", vec![listen()]),
        ("five-variants", vec![five_variants()]),
        ("suspect-and-failed", vec![suspect_and_failed()]),
        ("two-runs", vec![report(), report()]),
        ("two-scenarios", cases::two_scenarios()),
        ("two-loads", vec![report(), cases::idle()]),
        ("many-sizes", vec![many_sizes()]),
        ("twelve", vec![twelve()]),
        ("search", vec![search::search()]),
        ("search-and-run", vec![search::search(), report()]),
        ("search-of-rates", vec![search_of_rates()]),
        ("close-search", vec![close_search()]),
    ]
    .map(|(name, reports)| (name.to_owned(), reports))
    .into();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let published = json::read(&entry.path()).unwrap();
        cases.push((entry.file_name().into_string().unwrap(), vec![published]));
    }
    cases
}

/// No message of it has a time of its own; how long each client waited for the next is known in all.
fn listen() -> Report {
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
fn five_variants() -> Report {
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

fn suspect_and_failed() -> Report {
    let mut report = report();
    let verdict = &mut report.measurements[3].verdict;
    let text = "the generator used 93 % of its core, and everything that it says of latencies is to be read with care";
    verdict.doubt(Severity::Suspect, "generator-cpu", text);
    let text =
        "312 of 2,000 connections were closed by the server with 4401 \"token expired\", and came back";
    verdict.blame(Blame::Server, Severity::Failed, "closed", text);
    report
}

/// More sizes than one finds room for at a glance.
fn many_sizes() -> Report {
    let mut report = report();
    report.measurements.clear();
    for transport in sample::three() {
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

fn twelve() -> Report {
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
fn search_of_rates() -> Report {
    let mut report = search::search();
    for capacity in &mut report.capacity {
        capacity.over = Over::Rate;
        let sizes = [&mut capacity.held, &mut capacity.failed_at].into_iter().flatten();
        sizes.chain(capacity.steps.iter_mut().map(|step| &mut step.size)).for_each(|size| *size /= 1_000.0);
    }
    report
}

/// All transports sustain nearly the same.
fn close_search() -> Report {
    let mut report = search::search();
    let all = &mut report.capacity[..3];
    for (n, capacity) in (0..).zip(all) {
        let near = 4_000.0 + 50.0 * f64::from(n);
        (capacity.held, capacity.failed_at) = (Some(near), Some(near + 200.0));
    }
    report
}

struct Label<'a> {
    text: &'a str,
    size: f64,
    room: Area,
}

/// The texts of a sheet and the room that each takes.
fn labels(sheet: &Sheet) -> Vec<Label<'_>> {
    let label = |shape| match shape {
        &Shape::Text { at, ref text, font } => {
            Some(Label { text, size: font.size, room: room(at, text, font) })
        }
        _ => None,
    };
    sheet.shapes().iter().filter_map(label).collect()
}

fn room((x, y): (f64, f64), text: &str, font: Type) -> Area {
    let (wide, up, down) = (font.width(text), font.size * 0.74, font.size * 0.2);
    let before = match font.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => wide / 2.0,
        Anchor::End => wide,
    };
    Area { left: x - before, right: x - before + wide, top: y - up, bottom: y + down }
}

fn overlap(a: &Area, b: &Area) -> bool {
    let along = a.right.min(b.right) - a.left.max(b.left);
    let across = a.bottom.min(b.bottom) - a.top.max(b.top);
    along > TOUCH && across > TOUCH
}

/// What is wrong with the texts of a sheet.
fn faults(sheet: &Sheet) -> Vec<String> {
    let (wide, high) = sheet.size();
    let labels = labels(sheet);
    let mut faults = Vec::new();
    for (n, label) in labels.iter().enumerate() {
        let Area { left, top, right, bottom } = label.room;
        let said = label.text;
        if left < 0.0 || top < 0.0 || right > wide || bottom > high {
            faults.push(format!("beyond the sheet: {said}"));
        }
        if label.text.contains('…') {
            faults.push(format!("cut: {said}"));
        }
        if label.size < SMALLEST {
            faults.push(format!("too small ({:.0}): {said}", label.size));
        }
        let over = labels[..n].iter().filter(|other| overlap(&other.room, &label.room));
        faults.extend(over.map(|other| format!("one over the other: {} / {said}", other.text)));
    }
    faults
}

#[test]
fn every_text_has_its_room() {
    let mut faults_of_all = Vec::new();
    for (name, reports) in every_case() {
        if std::env::var_os("WSBENCH_CHARTS").is_some() {
            drawn::images(&name, &reports);
        }
        for Drawing { stem, sheet, .. } in drawings(&reports) {
            faults_of_all.extend(faults(&sheet).into_iter().map(|fault| format!("{name}/{stem}: {fault}")));
        }
    }
    let count = faults_of_all.len();
    assert!(faults_of_all.is_empty(), "{count} faults:\n{}", faults_of_all.join("\n"));
}
