//! Each transport against one of them, the base: how many times its bytes, its latency, its cost to the server.
//!
//! It must not know how marks are drawn (`rows`), nor which is the base (`Subject`).

use super::bar::{Axis, Bar};
use super::frame::Words;
use super::rows::{Group, Panel, Row, Rows};
use super::series::{Series, Subject};
use super::sheet::Sheet;
use super::timed::Timed;
use super::units::{count, times};
use crate::scenario::Metric;
use crate::text::Unit;

/// What is compared where every message arrives.
const OF_ALL: [(&str, Metric); 5] = [
    ("bytes per message, TCP/IP included", Metric::WireBytesPerMessage),
    ("latency, median", Metric::LatencyP50),
    ("latency, 99th percentile", Metric::LatencyP99),
    ("server CPU per message", Metric::TargetCpuPerThousand),
    ("server memory per client", Metric::TargetMemoryPerClient),
];
/// And where some are left out by design, or there are none: totals.
const IN_ALL: [(&str, Metric); 5] = [
    ("traffic in all, TCP/IP included", Metric::WireRate),
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
    let shown: Vec<(&str, Metric)> = metrics.into_iter().filter(|(_, metric)| two(*metric)).collect();
    let row = |series: &Series<'_>| {
        let cell = series.at(clients)?;
        let ratio = |metric| Some(of(series, metric)? / of(base, metric)?);
        let bars =
            shown.iter().map(|(_, metric)| ratio(*metric).map(|ratio| Bar::plain(ratio, times(ratio))));
        Some(Row::of(series, cell, bars.collect()))
    };
    let things = Timed::of(subject).things;
    let least = shown.iter().filter_map(|(title, metric)| {
        let ranked = subject.ranked(*metric, clients);
        let (value, name) = ranked.into_iter().find(|(value, _)| *value > 0.0)?;
        let short = title.split(", TCP").next()?;
        let ratio = times(value / of(base, *metric)?);
        // No line is broken within one.
        Some(format!("{short} {ratio} ({name})").replace(' ', "\u{a0}"))
    });
    let least: Vec<String> = least.collect();
    let panel = |(title, _): &(&str, Metric)| Panel {
        title: title.replace("message", things.trim_end_matches('s')),
        axis: Axis::Ratio,
        unit: Unit::Ratio,
    };
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
        finding: format!("The least, against {}: {}", base.label, least.join(", ")),
        notes: vec![format!(
            "1 is {}; to the left of the line is less, to the right is more. Logarithmic axes. What is invalid is not compared.",
            base.label
        )],
    };
    rows.sheet(subject, words, &[])
}
