//! Each transport against one of them, the base: how many times its bytes, its latency, its cost to the server.
//!
//! It must not know how marks are drawn (`rows`), nor which is the base (`Subject`).

use super::bar::{Axis, Bar};
use super::frame::Words;
use super::rows::{Group, Panel, Row, Rows};
use super::series::{Series, Subject};
use super::sheet::Sheet;
use super::timed::Timed;
use super::units::{Unit, count, ratio};
use crate::scenario::Metric;

/// What is compared where every message arrives.
const OF_ALL: [(&str, Metric); 5] = [
    ("bytes per message, with TCP/IP", Metric::WireBytesPerMessage),
    ("latency, median", Metric::LatencyP50),
    ("latency, 99th percentile", Metric::LatencyP99),
    ("server CPU per message", Metric::TargetCpuPerThousand),
    ("server memory per client", Metric::TargetMemoryPerClient),
];
/// And where some are left out by design, or there are none: totals.
const IN_ALL: [(&str, Metric); 5] = [
    ("traffic in all, with TCP/IP", Metric::WireRate),
    ("age of the displayed value, mean", Metric::AgeMean),
    ("age, 99 % of the time", Metric::AgeP99),
    ("server CPU in all", Metric::TargetCpu),
    ("server memory per client", Metric::TargetMemoryPerClient),
];

/// The chart; `None` where there is nothing to compare.
pub fn draw(subject: &Subject<'_>) -> Option<Sheet> {
    let base = subject.all.get(subject.base)?;
    let messages = !subject.overwritten() && subject.has(Metric::WireBytesPerMessage);
    let metrics = if messages { OF_ALL } else { IN_ALL };
    let clients = subject.size_to_compare(metrics[0].1);
    let of = |series: &Series<'_>, metric| series.sound_at(clients, metric).filter(|value| *value > 0.0);
    let two = |metric| {
        of(base, metric).is_some() && subject.all.iter().filter(|s| of(s, metric).is_some()).count() > 1
    };
    let one = Timed::of(subject).one.trim_start_matches("delivered ");
    let shown = metrics.into_iter().filter(|(_, metric)| two(*metric));
    let shown: Vec<(String, Metric)> =
        shown.map(|(title, metric)| (title.replace("message", one), metric)).collect();
    let ratio_of = |series: &Series<'_>, metric| Some(of(series, metric)? / of(base, metric)?);
    let row = |series: &Series<'_>| {
        let cell = series.at(clients)?;
        let bar = |(_, metric): &(String, Metric)| {
            Some(Bar::plain(ratio_of(series, *metric)?, ratio(ratio_of(series, *metric)?)))
        };
        Some(Row::of(series, cell, shown.iter().map(bar).collect()))
    };
    // What differs most from the base; no line is broken within one.
    let farthest = |(title, metric): &(String, Metric)| {
        let ratios = subject.all.iter().filter_map(|s| Some((ratio_of(s, *metric)?, s.label.as_str())));
        let (value, name) = ratios.max_by(|a, b| a.0.ln().abs().total_cmp(&b.0.ln().abs()))?;
        // Within a few percent nothing is far.
        let short = title.split(", with").next().filter(|_| value.ln().abs() > 0.05)?;
        Some(format!("{short} {} ({name})", ratio(value)).replace(' ', "\u{a0}"))
    };
    let farthest: Vec<String> = shown.iter().filter_map(farthest).collect();
    let panel =
        |(title, _): &(String, Metric)| Panel { title: title.clone(), axis: Axis::Ratio, unit: Unit::Ratio };
    let rows = Rows {
        panels: shown.iter().map(panel).collect(),
        groups: vec![Group {
            name: count(clients, "client"),
            rows: subject.all.iter().filter_map(row).collect(),
        }],
        left_out: vec![],
    };
    let words = Words {
        title: format!("Each transport against {}", base.label),
        finding: match &*farthest {
            [] => format!("All are within 5 % of {}", base.label),
            some => format!("Farthest from {}: {}", base.label, some.join(", ")),
        },
        notes: vec![format!(
            "1 is {}; to the left of the line is less, to the right is more. Logarithmic axes. What is invalid is not compared.",
            base.label
        )],
    };
    rows.sheet(subject, words, &[])
}
