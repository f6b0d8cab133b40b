//! Charts: drawn from any report, in bounded time, readable by other programs, with nothing hostile in them.
//!
//! `WSBENCH_CHARTS=folder cargo test --test pure charts` leaves every image there to look at.

use std::time::Duration;

use crate::sample::drawn::{
    drawings, has, images, lines, pixels, render, share, with, with_latency, words_of,
};
use crate::sample::{self, cases, search};
use wsbench::report::chart::sheet::Shape;
use wsbench::report::chart::{Chart, Drawing};
use wsbench::report::{Format as _, View};
use wsbench::results::{Check, Report, Severity};
use wsbench::scenario::{Connect, Load};
use wsbench::transport::{Cursor, LongPolling, Polling, Transport, WebSocket};
use wsbench_targets::hist::Hist;
use wsbench_targets::pacer::Arrivals;

const INKS: [[u8; 3]; 3] = [[0xD5, 0x5E, 0x00], [0x00, 0x72, 0xB2], [0x00, 0x9E, 0x73]];

#[test]
fn a_chart_of_each_kind_from_one_report() {
    let artifacts = images("sample", &[sample::report()]);
    let names: Vec<&str> = artifacts.iter().map(|a| a.name.as_str()).collect();
    let wanted: Vec<String> = drawings(&[sample::report()])
        .into_iter()
        .flat_map(|Drawing { stem, .. }| [format!("{stem}.png"), format!("{stem}.svg")])
        .collect();
    assert_eq!(names, wanted);
    for artifact in artifacts.iter().filter(|a| a.name.ends_with(".png")) {
        let pixels = pixels(&artifact.bytes);
        let white = share(&pixels, [255; 3]);
        assert!((0.4..0.99).contains(&white), "{}: {white} white", artifact.name);
        for ink in INKS {
            assert!(share(&pixels, ink) > 0.0, "{}: no {ink:02X?}", artifact.name);
        }
    }
    let drawn = drawings(&[sample::report()]);
    assert!(words_of(&drawn, "overhead").starts_with("Overhead: what travels besides the messages"));
    assert!(words_of(&drawn, "latency").contains("p99.99"));
    assert!(words_of(&drawn, "server-cost").contains("seed 42 · 2 cores · measured by wsbench 0.1.0"));
    assert_eq!(drawn.len(), 8);
}

#[test]
fn a_search_shows_where_each_limit_lies() {
    let artifacts = drawings(&[search::search()]);
    let text = words_of(&artifacts, "capacity");
    let polling = "under 1,000";
    for words in [
        "4,000 (2 of 3) and not 8,000 (0 of 2)",
        "at least 8,000 (2 of 2)",
        polling,
        "server CPU",
        "limit 50 ms",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!has(&drawings(&[sample::report()]), "capacity"));
    assert!(has(&drawings(&[sample::report(), search::search()]), "capacity"));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let one = with(|r| r.measurements.truncate(1));
    assert!(Chart.render(&View::of(&one, None)).unwrap() == Chart.render(&View::of(&one, None)).unwrap());
}

#[test]
fn the_overhead_chart_shows_measured_modelled_and_printed() {
    let text = words_of(&drawings(&[sample::report()]), "overhead");
    let values =
        ["7.27 Mbit/s", "72.7 Mbit/s", "727 Mbit/s", "16 kbit/s", "160 kbit/s", "1.60 Mbit/s", "7.27 kbit/s"];
    for value in values.into_iter().chain([
        "Use case C: 100,000 clients",
        "model, not measured",
        "printed in the article",
    ]) {
        assert!(text.contains(value), "{value} not in {text}");
    }
    assert!(
        text.contains("10,000 clients move 72.7 Mbit/s by polling 1s, 160 kbit/s by websocket: 1/454 of it")
    );
}

#[test]
fn case_c_is_no_model_where_it_was_measured() {
    let reports = with(|r| {
        r.measurements.clear();
        for (number, transport) in (0..).zip(sample::three()) {
            for clients in [1_000, 10_000, 100_000] {
                r.measurements.push(sample::measurement(number, transport.clone(), clients));
            }
        }
    });
    let text = words_of(&drawings(&reports), "overhead");
    assert!(text.contains("Use case C") && !text.contains("model"), "{text}");
}

#[test]
fn other_loads_are_not_put_beside_the_article() {
    let faster = with(|r| {
        for m in &mut r.measurements {
            let Load::Push(push) = &mut m.trial.load else { panic!() };
            push.every = Duration::from_millis(100);
        }
    });
    let text = words_of(&drawings(&faster), "overhead");
    assert!(!text.contains("Use case") && !text.contains("article:") && !text.contains("model"), "{text}");
    assert!(text.contains("1,000 clients") && !text.contains("100,000 clients"));
    assert!(!text.contains("as in the original"), "{text}");
    let said =
        |of: &[Report]| drawings(of).iter().any(|drawing| drawing.about.contains("beside the article"));
    assert!(!said(&faster) && said(&[sample::report()]));
}

#[test]
fn nothing_to_draw_is_no_image() {
    assert_eq!(images("none", &[]), []);
    assert_eq!(images("empty", &with(|r| r.measurements.clear())), []);
}

#[test]
fn idle_has_no_latency_but_costs() {
    let idle = with(|r| {
        for m in &mut r.measurements {
            m.trial.load = Load::Idle;
            (m.tally.latency, m.tally.timeline, m.tally.age) = Default::default();
            (m.tally.counts.received, m.tally.counts.sent) = (0, 0);
        }
    });
    let artifacts = drawings(&idle);
    assert!(has(&artifacts, "overhead") && has(&artifacts, "server-cost"));
    for stem in ["latency", "bytes-per-message", "timeline", "age"] {
        assert!(!has(&artifacts, stem), "{stem}");
    }
}

/// The chart beside it shows that in all the ticker's polls are the cheaper ones, the next one what that costs.
#[test]
fn of_a_ticker_totals_and_ages_are_drawn_and_messages_not_compared() {
    let artifacts = drawings(&[cases::ticker()]);
    let text = words_of(&artifacts, "traffic");
    let told = "Moved by 3,000 clients: 23.4 Mbit/s (polling 1s), 27.1 Mbit/s (websocket), 117 Mbit/s (long-polling)";
    for said in [told, "27.1 Mbit/s", "9.04 kbit/s", "per client"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let text = words_of(&artifacts, "age");
    for said in [
        "Mean age at 3,000 clients: 100 ms (long-polling), 100 ms (websocket), 600 ms (polling 1s)",
        "1.14 s",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let text = words_of(&artifacts, "bytes-per-message");
    assert!(text.contains("Not to be compared") && !text.contains("takes"), "{text}");
    let text = words_of(&artifacts, "overhead");
    assert!(text.contains("compare traffic") && !text.contains("1/"), "{text}");
    let first: Vec<&str> = artifacts.iter().take(2).map(|a| a.stem).collect();
    assert_eq!(first, ["traffic", "age"]);
    let text = words_of(&artifacts, "latency");
    assert!(text.contains("Half of the messages that were not overwritten arrive within"), "{text}");
    let text = words_of(&artifacts, "server-cost");
    assert!(text.contains("CPU for 3,000 clients: 12"), "{text}");
}

#[test]
fn odd_numbers_neither_hang_nor_fail() {
    drawings(&with_latency(|_| 1_000_000));
    render("hour", with_latency(|n| if n == 0 { u64::MAX } else { 1_000 }));
    drawings(&with_latency(|_| 0));
    let absurd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, f64::MIN_POSITIVE, f64::MAX];
    for (n, value) in absurd.into_iter().enumerate() {
        let reports = with(|r| {
            for m in &mut r.measurements {
                m.window_s = value;
                m.tally.timeline.iter_mut().for_each(|i| (i.from_s, i.length_s) = (value, value));
                m.target.iter_mut().for_each(|t| (t.user_s, t.over_s) = (value, value));
            }
        });
        match n {
            0 | 6 => render(&format!("absurd-{n}"), reports),
            _ => drawings(&reports),
        };
    }
    let full = with(|r| {
        for m in &mut r.measurements {
            m.tally.traffic.window.up.headers = u64::MAX / 4;
            m.tally.traffic.window.down.tcp_ip = u64::MAX / 4;
        }
    });
    render("full", full);
}

#[test]
fn few_samples_give_short_lines_or_none() {
    let few = |count: u64| {
        with(|r| {
            for m in &mut r.measurements {
                m.tally.latency = Hist::default();
                (1..=count).for_each(|n| m.tally.latency.record(n * 1_000_000));
            }
        })
    };
    assert!(!has(&drawings(&few(19)), "latency"));
    let text = words_of(&drawings(&few(1_000)), "latency");
    assert!(text.contains("p99") && !text.contains("p99.9"), "{text}");
    assert!(text.contains("p99: 990 ms"), "{text}");
}

#[test]
fn one_transport_or_twelve() {
    let one = drawings(&with(|r| r.measurements.truncate(2)));
    assert!(words_of(&one, "latency").contains("only 2 of 6 trials"));
    let crowd = |count: u64| {
        with(move |r| {
            r.measurements.clear();
            for n in 1..=count {
                let polling = Polling { every: Duration::from_millis(n * 100), ..Polling::default() };
                let transport = match n % 4 {
                    0 => Transport::LongPolling(LongPolling { keep_alive: n == 4, ..LongPolling::default() }),
                    1 => Transport::WebSocket(WebSocket::default()),
                    _ => Transport::Polling(polling),
                };
                r.measurements.push(sample::measurement(n as u32, transport, 100 * n as u32));
                r.measurements.push(sample::measurement(
                    n as u32,
                    Transport::Polling(polling_since(n)),
                    1_000,
                ));
            }
        })
    };
    drawings(&crowd(6));
    assert!(
        words_of(&drawings(&crowd(20)), "overhead")
            .contains("12 of 33 are drawn: more cannot be told apart. Left out: ")
    );
}

fn polling_since(n: u64) -> Polling {
    Polling { every: Duration::from_millis(1_000 + n), keep_alive: false, ..Polling::default() }
}

#[test]
fn repeats_are_merged_and_spread() {
    let reports = with(|r| {
        let again = r.measurements.clone();
        r.measurements.extend(again.into_iter().map(|mut m| {
            m.trial.repeat = 1;
            m.tally.traffic.window.up.headers += m.tally.traffic.window.up.headers / 5;
            m.target.iter_mut().for_each(|t| t.user_s *= 1.5);
            m
        }));
    });
    let artifacts = drawings(&reports);
    let once = drawings(&[sample::report()]);
    // Two repeats are one line, and twice as many messages in it, at the same rate.
    let drawn = |of: &[Drawing]| {
        let texts = lines(of, "timeline");
        assert_eq!(texts.iter().filter(|text| *text == "polling 1s, 10,000 clients").count(), 1, "{texts:?}");
        texts.into_iter().filter(|line| !line.starts_with("overhead:")).collect::<Vec<_>>()
    };
    assert_eq!(drawn(&artifacts), drawn(&once));
    // 716 B of headers up, and 859 B: of both together it is as much as between them.
    let bytes = words_of(&artifacts, "bytes-per-message");
    assert!(bytes.contains("788 B headers") && !bytes.contains("716 B headers"), "{bytes}");
    // Each bar has its least and its most.
    let marks = |of: &[Drawing]| {
        let sheet = &of.iter().find(|drawing| drawing.stem == "server-cost").unwrap().sheet;
        sheet.shapes().iter().filter(|shape| matches!(shape, Shape::Line(..))).count()
    };
    assert!(marks(&artifacts) > marks(&once), "{} {}", marks(&artifacts), marks(&once));
}

/// What is cut to its place may begin alike.
#[test]
fn two_long_names_that_begin_alike_are_two() {
    let reports = with(|r| {
        r.measurements.clear();
        for (n, name) in ["one", "two"].into_iter().enumerate() {
            let cursor = Cursor::Count(format!("the-number-of-the-last-message-{name}"));
            let polling = Polling { cursor, ..Polling::default() };
            r.measurements.push(sample::measurement(n as u32, Transport::Polling(polling), 1_000));
        }
    });
    let texts = lines(&drawings(&reports), "latency");
    let named = |end: &str| {
        texts.iter().filter(|text| text.starts_with("polling 1s the-") && text.ends_with(end)).count()
    };
    assert_eq!((named("message-one"), named("message-two")), (1, 1), "{texts:?}");
}

/// Nothing is delivered there.
#[test]
fn charts_of_a_load_that_connects_speak_of_connections() {
    let reports = with(|r| {
        for m in &mut r.measurements {
            m.trial.load = Load::Connect(Connect { rate: 1_000.0, arrivals: Arrivals::Poisson });
        }
    });
    let artifacts = drawings(&reports);
    for (stem, said) in [
        ("bytes-per-message", "bytes per connection"),
        ("server-cost", "server CPU time per 1,000 connections"),
        ("timeline", "connections per second"),
        ("timeline", "time to a usable connection: 99th percentile (bold) and median"),
        ("latency", "Time to a usable connection"),
    ] {
        let text = words_of(&artifacts, stem);
        assert!(
            text.contains(said) && !text.contains("message") && !text.contains("delivery"),
            "{stem}: {text}"
        );
    }
}

#[test]
fn a_search_in_which_nothing_held_says_why_across_its_chart() {
    let mut report = search::search();
    report.capacity.iter_mut().for_each(|capacity| capacity.passed = None);
    for m in &mut report.measurements {
        m.verdict.warn(Severity::Invalid, Check::GeneratorLag, "the generator came 90 ms late");
    }
    let text = words_of(&drawings(&[report]), "capacity");
    assert!(text.contains("90 ms late") && !text.contains("nothing was measured"), "{text}");
}

#[test]
fn several_runs_are_told_apart() {
    let text = words_of(&drawings(&[sample::report(), sample::report()]), "latency");
    assert!(
        text.contains("percentile, 10,000 clients")
            && text.contains("polling 1s [1]")
            && text.contains("polling 1s [2]"),
        "{text}"
    );
}
