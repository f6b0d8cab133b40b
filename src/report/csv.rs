//! Three tables for a spreadsheet or a notebook: a trial a row, an interval a row, a percentile a row. Of a
//! search a fourth: a step a row.
//!
//! It must not know what a trial's fields are: [`super::fields`] says. Text cells are defused, numbers are not
//! touched: a negative number stays a number.

use anyhow::{Context as _, Result};
use serde_json::Value;
use wsbench_targets::hist::Hist;

use super::compared;
use super::escape::csv as safe;
use super::fields::{Field, Record, details, identity, metrics, number, records};
use super::followed;
use super::format::{Artifact, Format};
use super::view::{View, names, search};
use crate::results::{Capacity, Report};

/// The names of the files.
const SUMMARY: &str = "summary.csv";
const TIMELINE: &str = "timeline.csv";
const LATENCY: &str = "latency.csv";
const CAPACITY: &str = "capacity.csv";
const COMPARISON: &str = "comparison.csv";
const TREND: &str = "trend.csv";

/// The format `csv`.
pub struct Csv;

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "summary.csv (trials), timeline.csv (intervals), latency.csv (percentiles); capacity.csv of a search, comparison.csv of a comparison, trend.csv of a trend"
    }

    fn renderings(&self) -> Vec<String> {
        [SUMMARY, TIMELINE, LATENCY, CAPACITY, COMPARISON, TREND].map(str::to_owned).to_vec()
    }

    fn render(&self, view: &View<'_>) -> Result<Vec<Artifact>> {
        if let Some(comparison) = &view.comparison {
            return Ok(vec![artifact(COMPARISON, flat(compared::records(comparison)))?]);
        }
        if let Some(trend) = &view.trend {
            return Ok(vec![artifact(TREND, flat(followed::records(trend)))?]);
        }
        let mut artifacts = vec![
            artifact(SUMMARY, summary(view.reports))?,
            artifact(TIMELINE, timeline(view.reports))?,
            artifact(LATENCY, latency(view.reports))?,
        ];
        if !view.searches.is_empty() {
            artifacts.push(artifact(CAPACITY, capacities(view.reports))?);
        }
        Ok(artifacts)
    }
}

type Rows = Vec<Vec<Value>>;

fn artifact(name: &str, rows: Rows) -> Result<Artifact> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(cell)).with_context(|| format!("writing a row of {name}"))?;
    }
    let bytes = writer.into_inner().map_err(|e| e.into_error()).with_context(|| format!("ending {name}"))?;
    Ok(Artifact { name: name.to_owned(), bytes })
}

/// Text is defused; nothing measured is an empty cell.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => safe(text),
        other => other.to_string(),
    }
}

fn heads(names: &[&str]) -> Vec<Value> {
    names.iter().map(|&name| name.into()).collect()
}

fn summary(reports: &[Report]) -> Rows {
    let fields: Vec<Field> = [identity(), metrics(), details()].into_iter().flatten().collect();
    let head = fields.iter().map(|field| field.name.clone().into()).collect();
    let row = |record| fields.iter().map(|field| (field.value)(record)).collect();
    std::iter::once(head).chain(records(reports).map(row)).collect()
}

/// A record a row, under the names of its fields.
fn flat(records: impl Iterator<Item = Vec<(&'static str, Value)>>) -> Rows {
    let (mut head, mut rows) = (vec![], vec![]);
    for record in records {
        let (names, values): (Vec<&str>, Vec<Value>) = record.into_iter().unzip();
        head = heads(&names);
        rows.push(values);
    }
    if head.is_empty() { vec![] } else { [vec![head], rows].concat() }
}

/// The first cells of every row of the other two tables.
const WHICH: [&str; 5] = ["run", "transport", "load", "clients", "repeat"];

fn which(record: Record<'_>) -> Vec<Value> {
    let trial = &record.measurement.trial;
    vec![
        names::run(record.report).into(),
        trial.row_name().into(),
        trial.load.name().into(),
        trial.clients.into(),
        (trial.repeat + 1).into(),
    ]
}

fn ms(ns: Option<u64>) -> Value {
    number(ns.map(|ns| ns as f64 / 1e6))
}

/// Every transport of every search; an empty `held` is less than the first size, an empty `failed_at` that the
/// largest passed. Every try is a row of the summary.
fn capacities(reports: &[Report]) -> Rows {
    let own = [
        "run",
        "transport",
        "over",
        "passed",
        "failed_at",
        "why",
        "steps",
        "finished",
        "passed_successes",
        "passed_tries",
        "failed_successes",
        "failed_tries",
    ];
    let mut rows = vec![heads(&own)];
    for report in reports {
        for of in &report.capacity {
            let (held, failed) = (number(of.passed), number(of.failed_at));
            let (steps, why) = (of.steps.len().into(), search::why(of));
            let which = [names::run(report).into(), of.transport.clone().into(), of.over.name().into()];
            let found = [held, failed, why.into(), steps, of.finished.into()];
            rows.push([&which[..], &found, &tries(of, of.passed), &tries(of, of.failed_at)].concat());
        }
    }
    rows
}

/// How many tries of a size passed, and how many there were.
fn tries(of: &Capacity, size: Option<f64>) -> [Value; 2] {
    size.map_or([Value::Null, Value::Null], |size| {
        let (passed, all) = of.tries(size);
        [passed.into(), all.into()]
    })
}

fn timeline(reports: &[Report]) -> Rows {
    let own = [
        "from_s",
        "length_s",
        "received",
        "failures",
        "bytes_up",
        "bytes_down",
        "latency_p50_ms",
        "latency_p99_ms",
        "latency_max_ms",
        "latency_count",
    ];
    let mut rows = vec![heads(&[&WHICH[..], &own[..]].concat())];
    for record in records(reports) {
        for interval in &record.measurement.tally.timeline {
            let mut row = which(record);
            row.extend([interval.from_s.into(), interval.length_s.into()]);
            let counts = [interval.received, interval.failures, interval.bytes_up, interval.bytes_down];
            row.extend(counts.map(Value::from));
            let latency = interval.latency.opened();
            row.extend([latency.percentile(0.5), latency.percentile(0.99), latency.max()].map(ms));
            row.push(latency.count().into());
            rows.push(row);
        }
    }
    rows
}

fn latency(reports: &[Report]) -> Rows {
    let own = ["kind", "percentile", "one_over_one_minus_p", "value_ms", "count"];
    let mut rows = vec![heads(&[&WHICH[..], &own[..]].concat())];
    for record in records(reports) {
        for point in spectrum(&record.measurement.tally.latency) {
            rows.push([which(record), point].concat());
        }
    }
    rows
}

/// Steps of a decade of 1/(1-p): 2 is the median, 4 is 75 %, 10 is 90 %.
const STEPS: [f64; 10] = [1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.4, 8.0];

/// (kind, percentile, 1/(1-p), value in ms, samples in all): as far as the samples reach, then the maximum.
fn spectrum(latency: &Hist) -> Vec<Vec<Value>> {
    let decades = (0..9).map(|decade| 10f64.powi(decade));
    let points = decades.flat_map(|decade| STEPS.map(|step| decade * step));
    let mut rows: Vec<Vec<Value>> = points
        .map_while(|x| Some((x, latency.percentile(1.0 - 1.0 / x)?)))
        .map(|(x, ns)| {
            // Ten digits: 99.9, not 99.90000000000001.
            let percentile = (1e12 * (1.0 - 1.0 / x)).round() / 1e10;
            vec!["percentile".into(), number(Some(percentile)), number(Some(x)), ms(Some(ns))]
        })
        .collect();
    if latency.max().is_some() {
        rows.push(vec!["max".into(), 100.into(), Value::Null, ms(latency.max())]);
    }
    rows.iter_mut().for_each(|row| row.push(latency.count().into()));
    rows
}
