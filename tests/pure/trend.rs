//! Metrics over runs.

use serde_json::Value;
use wsbench::report::terminal::{self, Style};
use wsbench::report::{FORMATS, View, chart};
use wsbench::results::{Check, Report, Severity};
use wsbench::scenario::Metric;

use crate::formats::snapshot;
use crate::sample::drawn::{lines, render_view};
use crate::sample::{cases, measurement, report, scenery};

/// Ten runs, a day apart, given in no order; from the seventh on half as much CPU again.
pub fn runs() -> Vec<Report> {
    let run = |n: u32| {
        let mut m = measurement(0, scenery::by("websocket"), 1_000);
        let by = if n >= 6 { 1.5 } else { 1.0 } * (1.0 + 0.004 * f64::from(n % 3));
        m.target.iter_mut().for_each(|usage| usage.user_s *= by);
        m.target.iter_mut().for_each(|usage| usage.system_s *= by);
        Report {
            started: format!("2026-11-{:02}T10:00:00Z", 10 + n),
            measurements: vec![m],
            planned: 1,
            ..report()
        }
    };
    [3, 9, 0, 1, 8, 7, 2, 5, 4, 6].map(run).into()
}

#[test]
fn the_run_at_which_a_level_changed_is_marked() {
    let runs = runs();
    let view = View::trend(&runs, &[]);
    let trend = view.trend.as_ref().unwrap();
    let changed: Vec<(&str, &str, f64)> = trend
        .series
        .iter()
        .flat_map(|series| series.changes().map(|(point, by)| (series.metric, &*point.started, by)))
        .collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
    let (metric, started, by) = changed[0];
    assert_eq!((metric, started), ("target.cpu.per-1000", "2026-11-16T10:00:00Z"));
    assert!((by - 1.5).abs() < 0.01, "{by}");
    let text = terminal::render(&view, Style::default());
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    snapshot("trend.txt", &text);
    for (format, file) in [("md", "trend.md"), ("csv", "trend.csv")] {
        let format = FORMATS.iter().find(|f| f.name() == format).unwrap();
        let bytes = format.render(&view).unwrap().remove(0).bytes;
        snapshot(file, &String::from_utf8(bytes).unwrap());
    }
}

/// A panel for each metric; the run at which a level changed has its mark in one of them alone, and each level its band.
#[test]
fn a_chart_marks_where_a_level_changed() {
    let mut runs = runs();
    runs[0].measurements[0].verdict.warn(Severity::Suspect, Check::BusyMachine, "others were at work");
    let view = View::trend(&runs, &[]);
    let drawn = chart::drawings(&view);
    let words = lines(&drawn, "trend");
    for metric in ["bytes.per-message", "wire.rate", "latency.p99", "target.cpu.per-1000"] {
        assert!(words.iter().any(|text| text == metric), "{metric}: {words:?}");
    }
    let count = |wanted: &str| words.iter().filter(|text| *text == wanted).count();
    assert_eq!((count("1.50x"), count("40 ms → 60 ms")), (1, 1), "{words:?}");
    assert_eq!((count("2026-11-10"), count("2026-11-19")), (6, 6), "{words:?}");
    assert!(words.join(" ").contains("Hollow: a suspect trial"), "{words:?}");
    let cpu = view.trend.iter().flat_map(|trend| &trend.series).find(|series| series.metric.contains("cpu"));
    let mut levels: Vec<Option<f64>> = cpu.unwrap().points.iter().map(|point| point.level).collect();
    levels.dedup();
    assert_eq!(levels.len(), 2, "{levels:?}");
    render_view("trend", &view);
    assert!(chart::drawings(&View::trend(&runs[..1], &[])).is_empty(), "of one run there is no course");
}

#[test]
fn one_run_and_hostile_ones_are_no_trend_and_no_harm() {
    let one = [report()];
    let text = terminal::render(&View::trend(&one, &[]), Style::default());
    assert!(text.contains("no two valid runs"), "{text}");
    let mut hostile = [cases::hostile(), cases::hostile()];
    hostile.iter_mut().for_each(|report| {
        report.started = "\u{1b}[2J|<b>".to_owned();
        report.measurements.iter_mut().for_each(|m| m.verdict.warnings.clear());
    });
    let view = View::trend(&hostile, &[Metric::LatencyP50]);
    assert!(!terminal::render(&view, Style::default()).contains('\u{1b}'));
    // An interval log has no place for a time that is none, and says so.
    for format in FORMATS.iter().filter(|format| format.name() != "chart") {
        for artifact in format.render(&view).unwrap_or_default() {
            let text = String::from_utf8_lossy(&artifact.bytes).into_owned();
            assert!(!text.contains('\u{1b}'), "{}", artifact.name);
        }
    }
    let json = FORMATS.iter().find(|f| f.name() == "json").unwrap().render(&view).unwrap().remove(0);
    let told: Value = serde_json::from_slice(&json.bytes).unwrap();
    assert_eq!(told["runs"], 2);
    render_view("trend-hostile", &view);
}
