//! Comparisons, on reports made by arithmetic: what is told, what is not, and what it would take.

use serde_json::Value;
use wsbench::report::chart;
use wsbench::report::terminal::{self, Style};
use wsbench::report::view::compare::{Change, Gate, Row, State};
use wsbench::report::view::{Asked, Comparison};
use wsbench::report::{FORMATS, View, json};
use wsbench::results::{Alternation, Check, Measurement, Report, Severity};
use wsbench::scenario::Metric;
use wsbench::transport::Transport;

use crate::formats::snapshot;
use crate::sample::{cases, measurement, report, scenery, search};

/// How much the numbers of repeats scatter, repeat by repeat.
const SCATTER: [f64; 12] = [1.0, 1.04, 0.97, 1.02, 0.98, 1.03, 0.96, 1.01, 0.99, 1.05, 1.0, 0.98];

/// So many repeats of WebSocket, whose latencies and CPU are `slower` times those of the sample, but for chance.
fn run(repeats: usize, slower: f64) -> Report {
    let mut report = report();
    report.measurements.clear();
    for (n, scatter) in (0..).zip(&SCATTER[..repeats]) {
        let mut m = measurement(n, scenery::by("websocket"), 1_000);
        m.trial.repeat = n;
        scale(&mut m, slower * scatter);
        report.measurements.push(m);
    }
    report.planned = repeats as u32;
    report
}

/// The second slower by 30 %.
pub fn both() -> [Report; 2] {
    [run(5, 1.0), Report { started: "2026-11-23T08:00:00Z".to_owned(), ..run(5, 1.3) }]
}

fn scale(m: &mut Measurement, by: f64) {
    m.tally.latency.clear();
    (1..=10_000_u64).for_each(|n| m.tally.latency.record((n as f64 * 200.0 * by) as u64));
    m.target
        .iter_mut()
        .for_each(|usage| (usage.user_s, usage.system_s) = (usage.user_s * by, usage.system_s * by));
}

fn compare(base: &[Report], new: &[Report]) -> Comparison {
    Comparison::of(&[base, new].concat(), base.len(), Asked::default())
}

fn row<'a>(comparison: &'a Comparison, metric: &str) -> &'a Row {
    comparison.rows().find(|row| row.metric == metric).unwrap_or_else(|| panic!("{metric}: {comparison:?}"))
}

#[test]
fn what_got_slower_is_told_with_its_interval() {
    let comparison = compare(&[run(5, 1.0)], &[run(5, 1.3)]);
    for metric in ["latency.p50", "latency.p99", "target.cpu.per-1000"] {
        let row = row(&comparison, metric);
        let interval = row.interval.unwrap();
        assert_eq!((row.change, row.repeats), (Change::Worse, (5, 5)), "{metric}");
        assert!((row.ratio.unwrap() - 1.3).abs() < 0.01, "{row:?}");
        assert!(interval.low > 1.2 && interval.high < 1.45, "{row:?}");
        // Five metrics, of which bytes need no interval: together they hold at 95 %.
        assert!((interval.level - 0.9875).abs() < 1e-9, "{row:?}");
    }
    assert_eq!(
        (row(&comparison, "latency.p99").verdict, row(&comparison, "target.cpu.per-1000").verdict),
        ("slower", "more")
    );
    let bytes = row(&comparison, "bytes.per-message");
    assert!(bytes.exact && bytes.change == Change::None && bytes.interval.is_none(), "{bytes:?}");
    let faster = compare(&[run(5, 1.3)], &[run(5, 1.0)]);
    assert_eq!(
        (row(&faster, "latency.p50").verdict, row(&faster, "latency.p50").change),
        ("faster", Change::Better)
    );
}

/// A percentile that no repeat has the samples for is known of all of them together alone, and that is no exact number.
#[test]
fn what_no_repeat_has_is_not_exact() {
    let few = |slower: f64| {
        let mut run = run(5, slower);
        for m in &mut run.measurements {
            m.tally.latency.clear();
            (1..=500_u64).for_each(|n| m.tally.latency.record((n as f64 * 200.0 * slower) as u64));
        }
        run
    };
    let comparison = compare(&[few(1.0)], &[few(1.3)]);
    let p99 = row(&comparison, "latency.p99");
    assert!(p99.base.is_some() && p99.new.is_some(), "{p99:?}");
    assert_eq!((p99.exact, p99.change, p99.interval), (false, Change::Unknown, None), "{p99:?}");
    let text = text("text", &View::compare(&[few(1.0), few(1.3)], 1, Asked::default()));
    assert!(text.contains("too few samples  cannot tell") && !text.contains("0 repeats"), "{text}");
}

#[test]
fn one_run_each_has_no_interval() {
    let comparison = compare(&[run(1, 1.0)], &[run(1, 3.0)]);
    let p99 = row(&comparison, "latency.p99");
    assert_eq!((p99.change, p99.interval, p99.repeats_needed), (Change::Unknown, None, None));
    let text = text("text", &View::compare(&[run(1, 1.0), run(1, 3.0)], 1, Asked::default()));
    assert!(text.contains("One repeat each: no interval; it takes 3 of each at least."), "{text}");
}

#[test]
fn what_cannot_be_told_says_how_many_repeats_would() {
    let mut noisy = run(4, 1.1);
    noisy.measurements.iter_mut().zip([1.5, 0.8, 1.3, 0.9]).for_each(|(m, by)| scale(m, by));
    let comparison = compare(&[run(4, 1.0)], &[noisy]);
    let p50 = row(&comparison, "latency.p50");
    assert_eq!(p50.change, Change::Unknown);
    assert!(p50.repeats_needed.is_some_and(|repeats| (5..400).contains(&repeats)), "{p50:?}");
}

/// Asking goes by time, and so do its bytes; of a stream a byte more is a byte more.
#[test]
fn bytes_are_exact_where_repeats_agree() {
    let heavier = |by: &[u64]| {
        let mut report = run(by.len(), 1.0);
        for (m, by) in report.measurements.iter_mut().zip(by) {
            m.tally.traffic.window.down.headers += by * m.tally.counts.received / 1_000;
        }
        report
    };
    let one = compare(&[heavier(&[0, 0, 0])], &[heavier(&[1, 1, 1])]);
    let bytes = row(&one, "bytes.per-message");
    assert!(bytes.exact && bytes.change == Change::Worse, "{bytes:?}");
    let scattered = compare(&[heavier(&[0, 9, 3])], &[heavier(&[5, 1, 2])]);
    let bytes = row(&scattered, "bytes.per-message");
    assert!(!bytes.exact && bytes.change == Change::None && bytes.interval.is_some(), "{bytes:?}");
}

/// Runs drift: where there are enough of them they are the unit, and what they have in common is no proof.
#[test]
fn runs_are_the_unit_where_there_are_three() {
    let drifting = [1.0, 1.3, 0.8].map(|drift| run(4, drift));
    let runs = compare(&drifting, &drifting);
    assert_eq!(row(&runs, "latency.p50").repeats, (3, 3));
    let trials = compare(&drifting[..2], &drifting[..2]);
    assert_eq!(row(&trials, "latency.p50").repeats, (8, 8));
    assert!(
        trials.notes.iter().any(|note| note.contains("what drifts from one run to the next")),
        "{trials:?}"
    );
}

/// What drifts meets both of a pair alike.
#[test]
fn trials_that_alternated_are_compared_as_pairs() {
    let arms = [1.0, 1.15].map(|slower| {
        let mut arm = run(5, 1.0);
        arm.alternation = Some(Alternation { id: "2026-12-01T02:00:00Z 42".to_owned(), arm: "x".to_owned() });
        arm.measurements
            .iter_mut()
            .zip([1.0, 1.9, 0.6, 1.4, 0.7])
            .for_each(|(m, drift)| scale(m, drift * slower));
        arm
    });
    let paired = Comparison::of(&arms, 1, Asked::default());
    assert!(paired.paired && row(&paired, "latency.p50").change == Change::Worse, "{paired:?}");
    let [mut base, new] = arms.clone();
    base.alternation = None;
    let apart = compare(&[base], &[new]);
    assert!(!apart.paired && row(&apart, "latency.p50").change == Change::Unknown);
}

#[test]
fn gates() {
    let gate = |text: &str| Gate::parse(text).unwrap();
    let judged = |base: Report, new: Report, rule: &str| {
        let gates = [gate(rule)];
        let asked = Asked { gates: &gates, ..Asked::default() };
        let judged = &Comparison::of(&[base, new], 1, asked).gates[0];
        (judged.state, judged.text.clone())
    };
    let table = [
        (run(5, 1.0), run(5, 1.3), "latency.p99 > 1.2x", State::Crossed),
        (run(5, 1.0), run(5, 1.3), "latency.p99 of websocket > 1.5x", State::Holds),
        (run(5, 1.0), run(5, 1.3), "latency.p99 of polling > 1.5x", State::NotMeasured),
        (run(5, 1.0), run(5, 1.0), "latency.p99 < 0.9x", State::Holds),
        (run(5, 1.0), run(5, 0.5), "received.rate < 0.9x", State::Holds),
        (run(5, 1.0), run(5, 0.5), "latency.p50 < 0.9x", State::Crossed),
        (run(1, 1.0), run(1, 1.3), "latency.p99 > 1.2x", State::CannotTell),
        (run(1, 1.0), run(1, 1.3), "bytes.per-message > 1.0x", State::Holds),
        (run(5, 1.0), run(5, 1.0), "lost > 1.0x", State::Holds),
        (run(5, 1.0), run(5, 1.0), "gap.p99 > 1.0x", State::NotMeasured),
    ];
    for (base, new, rule, expected) in table {
        let (state, text) = judged(base, new, rule);
        assert_eq!(state, expected, "{text}");
        assert!(text.starts_with(rule), "{text}");
    }
    for wrong in ["latency.p99", "latency.p99 > 1.2", "latency.p98 > 1.2x", "latency.p99 > -1x", "> 1x"] {
        assert!(Gate::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_is_not_compared_is_said() {
    let mut new = run(3, 1.0);
    new.measurements[0].verdict.warn(Severity::Invalid, Check::Overrun, "x");
    let mut other = measurement(9, Transport::named("polling").unwrap(), 1_000);
    other.trial.repeat = 0;
    new.measurements.push(other);
    let some = compare(&[run(3, 1.0)], &[new.clone()]);
    assert_eq!(some.left_out.len(), 2, "{some:?}");
    assert!(!some.invalid && row(&some, "latency.p50").repeats == (3, 2));
    new.measurements.iter_mut().for_each(|m| m.verdict.warn(Severity::Invalid, Check::Overrun, "x"));
    let none = compare(&[run(3, 1.0)], &[new]);
    assert!(none.invalid && none.cells.is_empty() && none.summary().starts_with("Nothing is compared"));
    let searched = compare(&[search::search()], &[search::search()]);
    assert!(searched.cells.is_empty() && searched.left_out[0].contains("capacity search"));
}

#[test]
fn other_scenarios_and_machines_are_said() {
    let mut new = run(3, 1.0);
    (new.scenario.sha256, new.environment.cores) = ("1".repeat(64), 8);
    let notes = compare(&[run(3, 1.0)], &[new]).notes;
    assert!(notes.iter().any(|note| note.contains("not all of one scenario")), "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("cores (2 and 8)")), "{notes:?}");
}

#[test]
fn metrics_that_are_asked_for_are_compared_alone() {
    let asked = Asked { metrics: &[Metric::LatencyP50], gates: &[] };
    let comparison = Comparison::of(&[run(3, 1.0), run(3, 1.0)], 1, asked);
    let names: Vec<&str> = comparison.rows().map(|row| row.metric).collect();
    assert_eq!(names, ["latency.p50"]);
    assert!((comparison.rows().next().unwrap().interval.unwrap().level - 0.95).abs() < 1e-9);
}

/// The arms, and the rules that they are held to.
fn example() -> ([Report; 2], Vec<Gate>) {
    let mut new = run(5, 1.3);
    new.started = "2026-11-23T08:00:00Z".to_owned();
    let rules = ["latency.p99 > 1.2x", "bytes.per-message > 1.0x"];
    ([run(5, 1.0), new], rules.map(|rule| Gate::parse(rule).unwrap()).into())
}

fn text(format: &str, view: &View<'_>) -> String {
    let format = FORMATS.iter().find(|f| f.name() == format).unwrap();
    String::from_utf8(format.render(view).unwrap().remove(0).bytes).unwrap()
}

#[test]
fn every_format_writes_a_comparison() {
    let (reports, gates) = example();
    let view = View::compare(&reports, 1, Asked { gates: &gates, ..Asked::default() });
    for (format, file) in [
        ("text", "comparison.txt"),
        ("md", "comparison.md"),
        ("csv", "comparison.csv"),
        ("json", "comparison.json"),
    ] {
        snapshot(file, &text(format, &view));
    }
    let lines: Vec<Value> =
        text("ndjson", &view).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[2]["verdict"]), (5, &Value::from("slower")));
    assert!(text("text", &view).lines().all(|line| line.chars().count() <= 80));
    let [drawing] = &chart::drawings(&view)[..] else { panic!() };
    assert_eq!(drawing.stem, "comparison");
    let coloured = terminal::render(&view, Style { color: true, width: 80 });
    assert!(coloured.contains("\u{1b}[1;31mslower\u{1b}[0m"), "{coloured}");
}

#[test]
fn hostile_runs_are_compared_harmlessly() {
    let mut reports = [cases::hostile(), cases::hostile()];
    reports[1].environment.kernel = "\u{1b}[31m|<b>".to_owned();
    let view = View::compare(&reports, 1, Asked::default());
    for format in FORMATS {
        for artifact in format.render(&view).unwrap().iter().filter(|a| !a.name.ends_with(".png")) {
            let text = String::from_utf8_lossy(&artifact.bytes);
            assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{}", artifact.name);
            let markup = artifact.name.ends_with(".md") || artifact.name.ends_with(".svg");
            assert!(!markup || !text.contains("<script") && !text.contains("<b>"), "{text}");
        }
    }
}

/// Two releases back they had other names for some fields.
#[test]
fn results_of_version_1_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let new = run(3, 1.3);
    let old = serde_json::to_string(&run(3, 1.0)).unwrap();
    let old = old.replace("\"warnings\":", "\"doubts\":").replacen("\"version\":2", "\"version\":1", 1);
    std::fs::write(folder.path().join("results.json"), old).unwrap();
    let comparison = compare(&[json::read(folder.path()).unwrap()], &[new]);
    assert_eq!(row(&comparison, "latency.p50").change, Change::Worse);
}
