//! A capacity search as data: what each transport sustains, and every try.
//!
//! It must not know a format; names inside are as they came, formats escape them.

use serde::Serialize;

use super::names::carries_messages;
use super::{samples, why};
use crate::results::{Capacity, Measurement, Report, Severity, Status, Step};
use crate::scenario::{Metric, Over};
use crate::text::{self, Shown};

/// One search.
#[derive(Serialize)]
pub struct Search {
    /// What stands over the numbers that were tried: `clients`.
    pub unit: &'static str,
    /// Group and head of each column of tries.
    pub heads: Vec<(&'static str, &'static str)>,
    /// One a transport.
    pub found: Vec<Found>,
    /// What signs mean that stand in the rows.
    pub legend: Vec<String>,
}

/// What a transport sustains.
#[derive(Serialize)]
pub struct Found {
    /// The transport's label.
    pub transport: String,
    /// As [`passes`] says.
    pub passes: String,
    /// As [`fails`] says.
    pub fails: String,
    /// `latency.p99 80 ms`.
    pub why: String,
    /// The tries in the order of their sizes; those of one size in their own order.
    pub tries: Vec<Try>,
}

/// One try.
#[derive(Serialize)]
pub struct Try {
    /// `1,600`.
    pub size: String,
    /// Whether it passed.
    pub passed: bool,
    /// Its verdict; `None` when there was nothing to judge.
    pub status: Option<Status>,
    /// One a column.
    pub cells: Vec<Shown>,
}

/// The columns of a table of tries: group, head, metric.
type Columns = [(&'static str, &'static str, Metric); 5];

const WITH_MESSAGES: Columns = [
    ("delivery latency", "p50", Metric::LatencyP50),
    ("delivery latency", "p99", Metric::LatencyP99),
    ("messages", "lost", Metric::LostRatio),
    ("server", "CPU", Metric::TargetCpu),
    ("generator", "CPU", Metric::HarnessCpu),
];
const WITHOUT: Columns = [
    ("connecting", "p50", Metric::ConnectP50),
    ("connecting", "p99", Metric::ConnectP99),
    ("all", "failures", Metric::Failures),
    ("server", "CPU", Metric::TargetCpu),
    ("generator", "CPU", Metric::HarnessCpu),
];

/// The search of a run that is one.
pub fn search(report: &Report) -> Option<Search> {
    let over = report.capacity.first()?.over;
    let messages = report.measurements.first().is_none_or(|m| carries_messages(&m.trial.load));
    let columns = if messages { WITH_MESSAGES } else { WITHOUT };
    Some(Search {
        unit: if over == Over::Rate { "messages/s per client" } else { "clients" },
        heads: columns.map(|(group, head, _)| (group, head)).to_vec(),
        found: report.capacity.iter().map(|capacity| found(report, capacity, &columns)).collect(),
        legend: marks(report).into_iter().chain(samples::too_few_in_steps(report)).collect(),
    })
}

fn found(report: &Report, capacity: &Capacity, columns: &Columns) -> Found {
    Found {
        transport: capacity.transport.clone(),
        passes: passes(capacity),
        fails: fails(capacity),
        why: why(capacity),
        tries: tries(report, capacity, columns),
    }
}

fn with_tries(capacity: &Capacity, size: f64) -> String {
    format!("{} ({})", bare(capacity.over, size), of_tries(capacity, size))
}

/// What passes: `12,000 (2 of 3)`, `at least 20,000 (2 of 2)`, `under 100`, or `-`.
pub fn passes(capacity: &Capacity) -> String {
    match (capacity.passed, capacity.failed_at) {
        (Some(held), _) if capacity.at_least() => format!("at least {}", with_tries(capacity, held)),
        (Some(held), _) => with_tries(capacity, held),
        (None, Some(failed)) if !capacity.ended_by_the_generator() => {
            format!("under {}", bare(capacity.over, failed))
        }
        (None, _) => "-".to_owned(),
    }
}

/// What fails: `13,500 (0 of 2)`, or `-`.
pub fn fails(capacity: &Capacity) -> String {
    capacity.failed_at.map_or_else(|| "-".to_owned(), |size| with_tries(capacity, size))
}

/// Why the smallest size that failed did, or why there is none.
pub fn why(capacity: &Capacity) -> String {
    let stopped = if capacity.finished { "" } else { "stopped before the end" };
    capacity.why.as_ref().map_or_else(|| stopped.to_owned(), why::in_short)
}

/// `2 of 3`: how many tries of a size passed.
pub fn of_tries(capacity: &Capacity, size: f64) -> String {
    let (passed, of) = capacity.tries(size);
    format!("{passed} of {of}")
}

/// `12,000`; a rate keeps its unit.
pub fn bare(over: Over, size: f64) -> String {
    over.show(size).split(' ').next().unwrap_or_default().to_owned()
}

/// The step's measurement, if there is one.
pub fn measured<'a>(report: &'a Report, step: &Step) -> Option<&'a Measurement> {
    report.measurements.iter().find(|m| m.trial.number == step.trial)
}

fn tries(report: &Report, capacity: &Capacity, columns: &Columns) -> Vec<Try> {
    let scales = columns.map(|(_, _, metric)| {
        text::shared(metric.unit(), report.measurements.iter().filter_map(|m| m.value(metric)))
    });
    let mut steps: Vec<&Step> = capacity.steps.iter().collect();
    steps.sort_by(|a, b| a.size.total_cmp(&b.size));
    let one = |step: &Step| {
        let found = measured(report, step);
        let value = |metric| found.and_then(|m| m.value(metric));
        let cells = columns.iter().zip(scales);
        Try {
            size: bare(capacity.over, step.size),
            passed: step.why.is_none(),
            status: found.map(|m| m.verdict.status()),
            cells: cells
                .map(|((_, _, metric), scale)| text::show(metric.unit(), value(*metric), scale))
                .collect(),
        }
    };
    steps.into_iter().map(one).collect()
}

/// What the marks in the rows mean, where there are any.
fn marks(report: &Report) -> Vec<String> {
    let steps = || report.capacity.iter().flat_map(|capacity| &capacity.steps);
    let mut codes: Vec<&str> = steps()
        .filter(|step| step.why.is_none())
        .filter_map(|step| measured(report, step))
        .flat_map(|m| m.verdict.warnings.iter().filter(|warning| warning.severity == Severity::Suspect))
        .map(|warning| warning.check.name())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    let suspect = format!("?: passed with warnings ({}); results.json has their texts.", codes.join(", "));
    let failed = "✗: the try failed.".to_owned();
    let marks = [(!codes.is_empty(), suspect), (steps().any(|step| step.why.is_some()), failed)];
    marks.into_iter().filter(|(there, _)| *there).map(|(_, mark)| mark).collect()
}
