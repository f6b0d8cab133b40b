//! Where things stand on a chart: no text runs over another, beyond the sheet or is cut, none is too small to be read at
//! half the size, and no bar is left out without a word. Of all samples, and of all published results.
//!
//! What is looked at are the shapes before they are painted; `charts.rs` looks at the images.

use std::path::Path;
use std::time::Duration;

use crate::sample::drawn::{drawings, words_of};
use crate::sample::every::every;
use crate::sample::{self, cases, drawn, measurement, report, search, variants};
use wsbench::plan::{Server, Trial, Where};
use wsbench::report::View;
use wsbench::report::chart::sheet::{Area, Ink, Shape, Sheet, Type};
use wsbench::report::chart::{self, Drawing};
use wsbench::report::json;
use wsbench::results::Report;
use wsbench::scenario::{Behind, Metric};
use wsbench::transport::{Cursor, Polling, Transport};
use wsbench_targets::wire::Headers;

/// Half of it is what is left at 800 pixels.
const SMALLEST: f64 = 16.0;
/// Boxes of texts are of the font's full height, and rounded.
const TOUCH: f64 = 2.0;

/// Every sample, those that are hard to draw, and every run that is published. What a hostile file says has no end, and is cut.
fn every_case() -> Vec<(String, Vec<Report>)> {
    let drawable = every().into_iter().filter(|(name, _)| !["hostile", "empty"].contains(name));
    let hard = [
        ("listen", variants::listen()),
        ("five-variants", variants::five_variants()),
        ("suspect-and-failed", variants::suspect_and_failed()),
        ("many-sizes", variants::many_sizes()),
        ("twelve", variants::twelve()),
        ("search-of-rates", variants::search_of_rates()),
        ("close-search", variants::close_search()),
    ];
    let all = drawable.chain(hard.map(|(name, report)| (name, vec![report])));
    let mut cases: Vec<(String, Vec<Report>)> =
        all.map(|(name, reports)| (name.to_owned(), reports)).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let published = json::read(&entry.path()).unwrap();
        cases.push((entry.file_name().into_string().unwrap(), vec![published]));
    }
    cases
}

struct Label<'a> {
    text: &'a str,
    size: f64,
    room: Area,
}

/// The texts of a sheet and the room that each takes.
fn labels(sheet: &Sheet) -> Vec<Label<'_>> {
    let label = |shape| match shape {
        &Shape::Text(at, ref text, font) => Some(Label { text, size: font.size, room: room(at, text, font) }),
        _ => None,
    };
    sheet.shapes().iter().filter_map(label).collect()
}

fn room((x, y): (f64, f64), text: &str, font: Type) -> Area {
    let (wide, up, down) = (font.width(text), font.size * 0.74, font.size * 0.2);
    let before = wide * font.before;
    Area { left: x - before, right: x - before + wide, top: y - up, bottom: y + down }
}

fn overlap(a: &Area, b: &Area) -> bool {
    let along = a.right.min(b.right) - a.left.max(b.left);
    let across = a.bottom.min(b.bottom) - a.top.max(b.top);
    along > TOUCH && across > TOUCH
}

/// Names longer than any of ours, and texts of a hostile file: these may be cut.
fn long_names() -> Report {
    let mut report = cases::hostile();
    let long = "x".repeat(200);
    (report.name, report.environment.kernel) = (long.clone(), long.clone());
    report.measurements[0].verdict.warnings[0].text = "word ".repeat(400) + &long;
    for (n, m) in report.measurements.iter_mut().enumerate() {
        let cursor = Cursor::Count(format!("the-number-of-the-last-message-that-has-come-to-{n}"));
        m.trial.transport = Transport::Polling(Polling { cursor, ..Polling::default() });
    }
    report
}

#[test]
fn long_names_are_cut_to_their_room() {
    for Drawing { stem, sheet, .. } in drawings(&[long_names(), long_names()]) {
        let faults: Vec<String> =
            faults(&sheet).into_iter().filter(|fault| !fault.starts_with("cut")).collect();
        assert!(faults.is_empty(), "{stem}: {faults:#?}");
    }
}

/// What is wrong with the texts of a sheet.
fn faults(sheet: &Sheet) -> Vec<String> {
    let (wide, high) = sheet.size();
    let labels = labels(sheet);
    let upright = |shape: &Shape| match shape {
        Shape::Line(points, _, Ink::AXIS) if (points[0].0 - points[1].0).abs() < 0.1 => {
            let ((x, top), (_, bottom)) = (points[0], points[1]);
            Some(Area { left: x - TOUCH, right: x + TOUCH, top, bottom })
        }
        _ => None,
    };
    let axes: Vec<Area> = sheet.shapes().iter().filter_map(upright).collect();
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
        if axes.iter().any(|axis| overlap(axis, &label.room)) {
            faults.push(format!("across an axis: {said}"));
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

fn drawn(reports: &[Report], stem: &str) -> Sheet {
    let found = drawings(reports).into_iter().find(|drawing| drawing.stem == stem);
    found.unwrap_or_else(|| panic!("no {stem}")).sheet
}

/// Ten sizes, and what finds no place is named.
#[test]
fn no_bar_is_left_out_without_a_word() {
    for reports in [[variants::many_sizes()], [wide(30)]] {
        let charts = drawings(&reports);
        for stem in ["overhead", "traffic", "age", "server-cost"] {
            let texts = format!(" {}", words_of(&charts, stem));
            for m in &reports[0].measurements {
                let size = format!(" {}", wsbench::text::count(m.trial.clients, "client"));
                assert!(texts.contains(&size), "{stem}: {size}: {texts}");
            }
        }
    }
}

/// So many sizes of one transport more than there are transports.
fn wide(sizes: u32) -> Report {
    let mut report = report();
    report.measurements.clear();
    for transport in sample::three() {
        for n in 1..=sizes {
            let number = report.measurements.len() as u32;
            report.measurements.push(measurement(number, transport.clone(), n * 10));
        }
    }
    report
}

/// Of three repeats the median of each part would be 5 and 5, and the table says 30 in three messages.
#[test]
fn a_bar_ends_where_the_table_says() {
    let mut report = report();
    report.measurements.clear();
    for (repeat, (headers, tcp_ip)) in (0..).zip([(1, 1), (5, 9), (9, 5)]) {
        let mut m = measurement(0, Transport::named("websocket").unwrap(), 100);
        m.trial.repeat = repeat;
        let window = &mut m.tally.traffic.window;
        (window.up, window.down) = Default::default();
        let received = m.tally.counts.received;
        (window.up.headers, window.up.tcp_ip) = (headers * received, tcp_ip * received);
        report.measurements.push(m);
    }
    let reports = [report];
    let cell = &wsbench::results::cells(&reports)[0];
    let table = cell.value(Metric::WireBytesPerMessage).unwrap();
    let said = wsbench::text::text(wsbench::text::Unit::Bytes, table);
    assert_eq!(said, "10 B");
    let texts = drawn::lines(&drawings(&reports), "bytes-per-message");
    let all = format!("websocket: {said}");
    assert!(texts.contains(&all) && texts.contains(&said), "{texts:?}");
}

/// Nothing is known of single seconds but how much came.
#[test]
fn of_listen_no_latency_is_drawn_by_the_second() {
    let texts = drawn::lines(&drawings(&[variants::listen()]), "timeline");
    assert!(texts.iter().any(|text| text == "messages received per second"), "{texts:?}");
    assert!(texts.iter().all(|text| !text.ends_with(" ns") && !text.contains("median")), "{texts:?}");
    assert!(
        words_of(&drawings(&[variants::listen()]), "timeline").contains("known of the whole window alone")
    );
}

/// In its first five seconds a client that polls every five seconds has got early messages alone.
#[test]
fn a_line_begins_where_every_client_can_have_an_answer() {
    let slow = Transport::Polling(Polling { every: Duration::from_secs(5), ..Polling::default() });
    let [red, green, blue] = slow.colour();
    let mut report = report();
    report.measurements = vec![measurement(0, slow, 1_000)];
    let sheet = drawn(&[report], "timeline");
    let grey = |shape: &Shape| match shape {
        Shape::Rect(area, Ink::SHADE) => Some(*area),
        _ => None,
    };
    let greys: Vec<Area> = sheet.shapes().iter().filter_map(grey).collect();
    // Half of the window on the left, and a strip for what came after it.
    let [before, after] = [greys[0], greys[1]];
    assert!(after.right - after.left < sheet.size().0 / 40.0, "{after:?}");
    let line = |shape: &Shape| match shape {
        Shape::Line(points, _, ink) if *ink == Ink(red, green, blue) => points.first().copied(),
        _ => None,
    };
    let mut begins = sheet.shapes().iter().filter_map(line).filter(|(x, _)| *x < after.left);
    assert!(begins.all(|(x, _)| x >= before.right), "{before:?}");
}

/// The article measured its own headers, once a second, without TLS; nothing else may stand beside its figures.
#[test]
fn only_what_is_like_the_article_stands_beside_it() {
    let beside = |change: fn(&mut Trial)| {
        let mut report = report();
        report.measurements.iter_mut().for_each(|m| change(&mut m.trial));
        let texts = words_of(&drawings(&[report]), "overhead");
        let (case, printed) = (texts.contains("Use case"), texts.contains("printed"));
        assert_eq!(case, printed, "{texts}");
        printed
    };
    assert!(beside(|_| ()));
    let others: [fn(&mut Trial); 3] = [
        |trial| trial.headers = Headers::browser(),
        |trial| trial.headers.request.truncate(1),
        |trial| trial.target = Where::ThirdParty(Server { name: "nginx".to_owned(), behind: Behind::None }),
    ];
    assert!(others.into_iter().all(|change| !beside(change)));
}

/// Of five variants the best may be the last.
#[test]
fn no_winner_is_hidden() {
    let texts = words_of(&drawings(&[variants::five_variants()]), "latency");
    let finding = texts.split(" within ").nth(1).unwrap();
    for name in ["sockjs websocket)", "sockjs raw)", "xhr-streaming)", "sockjs eventsource)", "sockjs xhr)"] {
        assert!(finding.contains(name), "{name}: {finding}");
    }
}

/// What passed, what failed, and the limit that decided.
#[test]
fn a_search_has_its_limit_and_its_bracket() {
    let sheet = drawn(&[search::search()], "capacity");
    let texts: Vec<&str> = labels(&sheet).iter().map(|label| label.text).collect();
    let title = texts.iter().position(|text| *text == "latency p99").unwrap();
    assert!(texts.contains(&"limit 50 ms") && title > 0, "{texts:?}");
    // A limit is drawn in the panel of its metric: in the left half.
    let limit = labels(&sheet).into_iter().find(|label| label.text == "limit 50 ms").unwrap();
    assert!(limit.room.right < sheet.size().0 / 2.0);
    // WebSocket passes at 4,000 and fails at 8,000: its whisker goes from one to the other.
    let at = |name: &str| {
        let label = labels(&sheet).into_iter().find(|label| label.text == name).unwrap();
        f64::midpoint(label.room.left, label.room.right)
    };
    let (from, to) = (at("4 k"), at("8 k"));
    let whisker = |shape: &Shape| match shape {
        Shape::Line(points, _, Ink::BLACK) => {
            (points[0].0 - from).abs() < 1.0 && (points[1].0 - to).abs() < 1.0
        }
        _ => false,
    };
    assert!(sheet.shapes().iter().any(whisker));
}

/// Of CPU that is known to two ticks.
#[test]
fn an_uncertain_cpu_time_says_how_uncertain_it_is() {
    let mut report = report();
    let exact = words_of(&drawings(&[report.clone()]), "server-cost");
    assert!(!exact.contains('±'), "{exact}");
    for m in &mut report.measurements {
        m.target.iter_mut().for_each(|target| target.cpu_error_s = 0.02);
    }
    let texts = words_of(&drawings(&[report]), "server-cost");
    // 400 ms in 10,000 messages, known to 20 ms.
    assert!(texts.contains("40 ms ± 2"), "{texts}");
}

/// `--baseline` names another than the first.
#[test]
fn ratios_are_to_the_baseline() {
    let reports = [report()];
    let ratios = |baseline| words_of(&chart::drawings(&View::of(&reports, baseline)), "ratio");
    // 9,300,000 bytes by polling, 1,270,000 by WebSocket.
    assert!(ratios(None).contains("Each transport against polling 1s") && ratios(None).contains("0.123"));
    let against = ratios(Some("websocket"));
    assert!(against.contains("Each transport against websocket") && against.contains("8.14"), "{against}");
}
