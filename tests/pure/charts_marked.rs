//! Charts say what may not be believed, whose server failed, and nothing that a hostile file could make them say.

use crate::sample;
use crate::sample::drawn::{drawings, images, pixels, share, with, words_of};
use crate::sample::variants::suspect_and_failed;
use wsbench::results::{Blame, Check, Report, Severity};

#[test]
fn warnings_stand_on_the_chart() {
    let suspected = |severity| {
        with(move |r| {
            r.measurements[3].verdict.warn(
                severity,
                Check::GeneratorCpu,
                "the generator took 97 % of its core",
            )
        })
    };
    for (severity, word, ink) in [
        (Severity::Invalid, "INVALID", [0xB7, 0x1C, 0x1C]),
        (Severity::Suspect, "SUSPECT", [0xFF, 0xC2, 0x33]),
    ] {
        let (reports, charts) = (suspected(severity), drawings(&suspected(severity)));
        let artifacts = images(word, &reports);
        for stem in charts.iter().map(|drawing| drawing.stem) {
            let text = words_of(&charts, stem);
            let said = format!("{word}: long-polling, 10,000 clients: the generator took 97 % of its core");
            assert!(text.contains(&said), "{text}");
            let png = artifacts.iter().find(|a| a.name == format!("{stem}.png")).unwrap();
            assert!(share(&pixels(&png.bytes), ink) > 0.03, "{stem}");
        }
    }
}

/// Its numbers are right: they are compared and drawn as others, and whoever looks at them is told.
#[test]
fn a_server_that_failed_stands_on_the_chart() {
    let reports = with(|r| {
        let verdict = &mut r.measurements[3].verdict;
        verdict.blame(
            Blame::Server,
            Severity::Failed,
            Check::Loss,
            "7 of 100,000 messages were lost (0.01 %)",
        );
    });
    let (artifacts, charts) = (images("server-failed", &reports), drawings(&reports));
    for stem in charts.iter().map(|drawing| drawing.stem) {
        let text = words_of(&charts, stem);
        let said =
            "VALID · server FAILED: long-polling, 10,000 clients: 7 of 100,000 messages were lost (0.01 %)";
        assert!(text.contains(said), "{text}");
        let png = artifacts.iter().find(|a| a.name == format!("{stem}.png")).unwrap();
        assert!(share(&pixels(&png.bytes), [0xA8, 0x43, 0x00]) > 0.03, "{stem}");
    }
    let latency = words_of(&charts, "latency");
    assert!(latency.contains("long-polling † failed"), "{latency}");
}

/// Both are said; of many runs that are so, once.
#[test]
fn suspect_and_failed_are_told_both_and_of_many_runs_once() {
    let said = |runs: usize| {
        let run =
            |n: usize| Report { started: format!("2026-11-{:02}T08:00:00Z", n + 1), ..suspect_and_failed() };
        words_of(&drawings(&(0..runs).map(run).collect::<Vec<Report>>()), "latency")
    };
    let one = said(1);
    assert!(one.contains("SUSPECT: ") && one.contains("server FAILED: "), "{one}");
    let many = said(4);
    assert_eq!((many.matches("SUSPECT: ").count(), many.matches("FAILED: ").count()), (1, 1), "{many}");
    assert!(many.contains("SUSPECT in 4 of 4 runs. [1] SUSPECT: "), "{many}");
    assert!(many.contains("server FAILED in 4 of 4 runs. [1] server FAILED: "), "{many}");
}

#[test]
fn nothing_is_claimed_of_invalid_trials() {
    // Long-polling, 10,000 clients, with a hundred times the bytes: no headline, no model may come of it.
    let reports = with(|r| {
        let m = &mut r.measurements[3];
        m.verdict.warn(Severity::Invalid, Check::Ledger, "the bytes cannot be trusted");
        m.tally.traffic.window.up.headers *= 100;
        m.target.iter_mut().for_each(|t| t.user_s *= 1_000.0);
    });
    let artifacts = drawings(&reports);
    let overhead = words_of(&artifacts, "overhead");
    assert!(
        overhead.contains("72.7 Mbit/s by polling 1s, 160 kbit/s by websocket: 1/454 of it"),
        "{overhead}"
    );
    // Case C is modelled from its 1,000 clients, which are sound.
    assert!(!overhead.contains("57.4 Gbit/s") && overhead.contains("5.74 Gbit/s"), "{overhead}");
    for (stem, said) in [
        ("latency", "long-polling † invalid"),
        ("timeline", "long-polling, 10,000 clients † invalid"),
        ("bytes-per-message", "long-polling † invalid"),
        ("server-cost", "† invalid"),
    ] {
        let text = words_of(&artifacts, stem);
        assert!(text.contains(said) && !text.contains("(long-polling)"), "{stem}: {text}");
    }
}

#[test]
fn hostile_text_stays_text() {
    let hostile =
        "<script>alert(1)</script>&\"'\u{0}\u{1b}[31m\u{202E}\u{FFFF}]]>\n".to_owned() + &"x".repeat(10_000);
    let mut report = sample::report();
    report.name.clone_from(&hostile);
    report.started.clone_from(&hostile);
    (report.environment.kernel, report.environment.wsbench) = (hostile.clone(), hostile.clone());
    report.measurements[0].trial.headers.profile.clone_from(&hostile);
    report.measurements[0].verdict.warn(Severity::Invalid, Check::Ledger, hostile);
    let artifacts = images("hostile", &[report.clone(), report]);
    assert_eq!(artifacts.len(), 16);
    for svg in artifacts.iter().filter(|a| a.name.ends_with(".svg")) {
        let text = std::str::from_utf8(&svg.bytes).unwrap();
        assert!(!text.contains("<script") && text.contains("&lt;script"), "{}", svg.name);
        assert!(!text.contains(['\u{0}', '\u{1b}', '\u{202E}', '\u{FFFF}']));
    }
}
