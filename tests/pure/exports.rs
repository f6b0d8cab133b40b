//! Formats for CI systems and dashboards. `scripts/check-exports` holds the snapshots against the schemas and parsers of others;
//! what is tested here is what must hold of every report.

use std::collections::BTreeSet;

use serde_json::Value;
use wsbench::report::view::Asked;
use wsbench::report::view::compare::Gate;
use wsbench::report::{FORMATS, View};
use wsbench::results::{Check, Outcome, Report, Severity};
use wsbench::scenario::{Metric, Threshold};

use crate::formats::snapshot;
use crate::sample::every::every;
use crate::sample::{cases, report};

const ON_REQUEST: [(&str, &str); 6] = [
    ("junit", "junit.xml"),
    ("step-summary", "step-summary.md"),
    ("annotations", "annotations.txt"),
    ("github-action-benchmark", "benchmark.json"),
    ("bencher", "bencher.json"),
    ("openmetrics", "openmetrics.txt"),
];

fn text(format: &str, view: &View<'_>) -> String {
    let format = FORMATS.iter().find(|f| f.name() == format).unwrap();
    String::from_utf8(format.render(view).unwrap().remove(0).bytes).unwrap()
}

/// A server that failed, a trial that failed to run, thresholds that hold, do not hold, and were not measured.
fn eventful() -> Report {
    let mut report = cases::server_failed();
    report.failed = cases::all_failed().failed.into_iter().take(1).collect();
    let threshold =
        |max| Threshold { metric: Metric::LatencyP99, transport: None, max: Some(max), min: None };
    let outcome = |max: f64, value: Option<f64>| Outcome {
        threshold: threshold(max),
        trial: report.measurements.first().map(|m| m.trial.cell_label()).unwrap(),
        value,
        largest: false,
        holds: value.is_some_and(|value| value <= max),
    };
    report.thresholds = vec![outcome(5e6, Some(1e6)), outcome(5e5, Some(1e6)), outcome(5e6, None)];
    report
}

#[test]
fn what_ci_systems_read() {
    let reports = [eventful()];
    for (format, file) in ON_REQUEST {
        snapshot(file, &text(format, &View::of(&reports, None)));
    }
    let (both, gates) =
        ([report(), report()], ["bytes.per-message > 0.5x", "latency.p99 > 1.2x", "gap.p99 > 1x"]);
    let gates = gates.map(|gate| Gate::parse(gate).unwrap());
    let view = View::compare(&both, 1, Asked { gates: &gates, ..Asked::default() });
    for (format, file) in [("junit", "comparison.xml"), ("annotations", "comparison-annotations.txt")] {
        snapshot(file, &text(format, &view));
    }
}

#[test]
fn junit_counts_what_it_lists() {
    for (name, reports) in every() {
        let xml = text("junit", &View::of(&reports, None));
        let document = roxmltree::Document::parse(&xml).unwrap_or_else(|e| panic!("{name}: {e}\n{xml}"));
        let suites: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testsuite")).collect();
        assert_eq!(suites.len(), reports.len(), "{name}");
        for suite in suites {
            let count =
                |tag: &str| suite.descendants().filter(|node| node.has_tag_name(tag)).count().to_string();
            for (attribute, tag) in
                [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
            {
                assert_eq!(suite.attribute(attribute), Some(&*count(tag)), "{name} {attribute}");
            }
        }
    }
}

/// Each entry has a name of its own, the same from run to run; what is invalid is not kept.
#[test]
fn histories_have_one_entry_a_number() {
    for (name, reports) in every() {
        let entries: Vec<Value> =
            serde_json::from_str(&text("github-action-benchmark", &View::of(&reports, None))).unwrap();
        let names: BTreeSet<&str> = entries.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), entries.len(), "{name}");
        assert!(
            entries.iter().all(|entry| entry["value"].is_number() && entry["unit"].is_string()),
            "{name}"
        );
        let bencher: Value = serde_json::from_str(&text("bencher", &View::of(&reports, None))).unwrap();
        let numbers = bencher.as_object().unwrap().values().flat_map(|of| of.as_object().unwrap());
        for (slug, number) in numbers {
            assert!(number["value"].is_number() && !slug.contains('.') && slug.len() <= 64, "{name} {slug}");
        }
    }
    let mut invalid = report();
    invalid.measurements.iter_mut().for_each(|m| m.verdict.warn(Severity::Invalid, Check::Overrun, "x"));
    assert_eq!(text("github-action-benchmark", &View::of(&[invalid], None)).trim(), "[]");
}

#[test]
fn openmetrics_has_families_in_one_piece() {
    for (name, reports) in every() {
        let text = text("openmetrics", &View::of(&reports, None));
        assert!(text.ends_with("# EOF\n"), "{name}");
        let families: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        assert_eq!(families.iter().collect::<BTreeSet<_>>().len(), families.len(), "{name}: a family twice");
        let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(samples.iter().collect::<BTreeSet<_>>().len(), samples.len(), "{name}: a sample twice");
        assert!(samples.iter().all(|line| line.rsplit(' ').next().unwrap().parse::<f64>().is_ok()), "{name}");
    }
}

#[test]
fn annotations_command_nothing_that_a_server_said() {
    let lines = text("annotations", &View::of(&[cases::hostile()], None));
    assert!(!lines.is_empty());
    for line in lines.lines() {
        assert!(line.starts_with("::error ") || line.starts_with("::warning "), "{line}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
        let (head, _) = line[2..].split_once("::").unwrap();
        assert!(!head.contains(':') && !head.contains(','), "{line}");
    }
}

#[test]
fn what_is_on_request_is_in_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let reports = [report()];
    wsbench::report::save(FORMATS, &View::of(&reports, None), folder.path(), |_| true);
    let there = |file: &str| folder.path().join(file).exists();
    assert!(there("report.md") && ON_REQUEST.iter().all(|(_, file)| !there(file)));
}
