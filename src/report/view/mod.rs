//! What a report says, as data: headings, tables, warnings, findings, remarks. A pure function of reports; renderers write it
//! down and say nothing of their own.
//!
//! It must not know a format. Text is returned as it came: whoever writes it escapes it for its place.

pub mod cases;
pub mod choice;
mod columns;
pub mod compare;
mod finding;
pub mod names;
pub mod points;
mod remarks;
mod run;
mod samples;
pub mod search;
mod table;
pub mod thresholds;
pub mod trend;
mod troubles;
pub mod warnings;
mod why;

use serde::Serialize;

pub use compare::{Asked, Comparison};
pub use finding::Finding;
pub use run::Run;
pub use search::Search;
pub use table::{Block, Row, Section, Table};
pub use trend::Trend;
pub use troubles::troubles;
pub use warnings::Warning;

use crate::results::{Cell, Report};
use crate::scenario::Metric;

/// One or several runs, as they are shown together.
#[derive(Serialize)]
pub struct View<'a> {
    /// What it is a view of.
    #[serde(skip)]
    pub reports: &'a [Report],
    /// The rows of all runs but searches.
    #[serde(skip)]
    pub cells: Vec<Cell<'a>>,
    /// The name of the row with which others are compared; the first of the scenario without one.
    pub baseline: Option<&'a str>,
    /// A heading for each run.
    pub runs: Vec<Run>,
    /// Tables, by load.
    pub sections: Vec<Section>,
    /// Of several runs, what the later ones have against the first.
    pub comparisons: Vec<(String, Table)>,
    /// Rows in which something went wrong, or was left out by design.
    pub troubles: Vec<String>,
    /// The searches among the runs.
    pub searches: Vec<Search>,
    /// Trials that failed to run, with their reasons.
    pub failed: Vec<String>,
    /// What became of each threshold, and whether it holds.
    pub thresholds: Vec<(bool, String)>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Which row to take, by what counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<choice::Choices>,
    /// What must be known beside it.
    pub remarks: Vec<String>,
    /// Two arms of runs against each other; nothing else is said of them then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// Metrics that these runs have, each with its meaning.
    pub definitions: Vec<(&'static str, &'static str)>,
    /// Metrics over these runs; nothing else is said of them then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trend: Option<Trend>,
}

impl<'a> View<'a> {
    /// Of one report, or several.
    pub fn of(reports: &'a [Report], baseline: Option<&'a str>) -> View<'a> {
        let (cells, runs) = (names::cells(reports), reports.len());
        let choices = choice::choices(&cells, runs);
        let take = choices.as_ref().and_then(|choices| choices.take.clone());
        let numbered =
            || reports.iter().enumerate().map(|(place, report)| (names::number(place, runs), report));
        View {
            reports,
            baseline,
            runs: reports.iter().enumerate().map(|(place, report)| run::run(report, place, runs)).collect(),
            sections: table::sections(&cells, runs, baseline),
            comparisons: table::comparisons(&finding::pairs(&cells)),
            troubles: cells.iter().filter_map(|cell| trouble(cell, runs)).collect(),
            searches: reports.iter().filter_map(search::search).collect(),
            failed: numbered().flat_map(|(number, report)| failed(&number, report)).collect(),
            thresholds: numbered().flat_map(|(number, report)| outcomes(&number, report)).collect(),
            findings: finding::findings(reports, &cells, baseline, take),
            choices,
            remarks: remarks::remarks(reports, &cells),
            definitions: definitions(reports),
            cells,
            comparison: None,
            trend: None,
        }
    }

    /// Of two arms against each other; the first `base` of `reports` are the base.
    pub fn compare(reports: &'a [Report], base: usize, asked: Asked<'_>) -> View<'a> {
        let (runs, comparison) = (reports.len(), Comparison::of(reports, base, asked));
        View {
            reports,
            runs: reports.iter().enumerate().map(|(place, report)| run::run(report, place, runs)).collect(),
            definitions: defined(|name| comparison.rows().any(|row| row.metric == name)),
            comparison: Some(comparison),
            ..View::of(&[], None)
        }
    }

    /// Of metrics over runs; without any, of those that are usual.
    pub fn trend(reports: &'a [Report], metrics: &[Metric]) -> View<'a> {
        let trend = Trend::of(reports, metrics);
        View {
            reports,
            definitions: defined(|name| trend.series.iter().any(|series| series.metric == name)),
            trend: Some(trend),
            ..View::of(&[], None)
        }
    }

    /// All findings, in sentences.
    pub fn finding(&self) -> String {
        if let Some(comparison) = &self.comparison {
            return comparison.summary();
        }
        if let Some(trend) = &self.trend {
            return trend.summary();
        }
        self.findings.iter().map(Finding::sentence).collect::<Vec<String>>().join(" ")
    }
}

/// Of the metrics that are shown.
fn defined(shown: impl Fn(&str) -> bool) -> Vec<(&'static str, &'static str)> {
    let all = Metric::ALL.iter().map(|metric| (metric.name(), metric.about()));
    all.filter(|(name, _)| shown(name)).collect()
}

/// Of all that were measured.
fn definitions(reports: &[Report]) -> Vec<(&'static str, &'static str)> {
    let measured = |metric: &&Metric| {
        reports.iter().flat_map(|report| &report.measurements).any(|m| m.value(**metric).is_some())
    };
    Metric::ALL.iter().filter(measured).map(|metric| (metric.name(), metric.about())).collect()
}

fn trouble(cell: &Cell<'_>, runs: usize) -> Option<String> {
    let troubles = troubles(cell);
    let run = if runs > 1 { format!(" [{}]", cell.run + 1) } else { String::new() };
    (!troubles.is_empty()).then(|| format!("{}{run}: {}", cell.label(), troubles.join("; ")))
}

/// A search has said why elsewhere: that a step fails is how a limit shows.
fn failed(number: &str, report: &Report) -> Vec<String> {
    let failed = report.failed.iter().filter(|_| !names::is_search(report));
    failed.map(|failed| format!("{number}{}: {}", failed.trial.label(), failed.reason)).collect()
}

fn outcomes(number: &str, report: &Report) -> Vec<(bool, String)> {
    let outcome = |outcome| number.to_owned() + &thresholds::sentence(outcome);
    report.thresholds.iter().map(|of| (of.holds, outcome(of))).collect()
}
