//! Several runs: the same row (transport, load, number of clients) in a later run against the first.
//!
//! It must not know a format. Transports are not compared with each other here: that is one run's own finding.

use serde::Serialize;

use super::super::columns::Column;
use super::super::names::{Per, SAME};
use crate::results::{Cell, Report, Status};
use crate::scenario::Metric;
use crate::text::{Unit, factor, text};

/// So many pairs are told in sentences; the table has all of them.
const MOST_TOLD: usize = 3;

/// The same cell of two runs.
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    /// Of the first run.
    pub base: &'a Cell<'a>,
    /// Of a later one.
    pub other: &'a Cell<'a>,
}

/// What a pair has in common.
#[derive(Debug, Serialize)]
pub struct Compared {
    /// `websocket, 1,000 clients`.
    row: String,
    /// Numbers of the two runs, from 1 on.
    runs: (usize, usize),
    parts: Vec<Part>,
}

/// One number of both.
#[derive(Debug, Serialize)]
struct Part {
    what: What,
    base: f64,
    other: f64,
    /// The two are no further apart than what is known of them.
    within_error: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Bytes,
    Total,
    Age,
    P50,
    P99,
    ServerCpu,
}

/// Every cell of a later run that the first run has too, invalid ones left out.
pub fn pairs<'a>(cells: &'a [Cell<'a>]) -> Vec<Pair<'a>> {
    let sound = || cells.iter().filter(|cell| cell.status() != Status::Invalid);
    let first = first_run(cells);
    let base =
        |other: &Cell<'_>| sound().find(|cell| cell.run == first && cell.trial().compares(other.trial()));
    let later = sound().filter(|cell| cell.run > first);
    later.filter_map(|other| Some(Pair { base: base(other)?, other })).collect()
}

fn first_run(cells: &[Cell<'_>]) -> usize {
    cells.iter().map(|cell| cell.run).min().unwrap_or(0)
}

/// Whether there are several runs among the cells.
pub fn several(cells: &[Cell<'_>]) -> bool {
    cells.iter().any(|cell| cell.run > first_run(cells))
}

/// The pairs with most clients: each transport of a run once, in the order of the scenario.
pub fn most_telling<'a>(pairs: &[Pair<'a>]) -> Vec<Pair<'a>> {
    let mut told = pairs.to_vec();
    told.sort_by_key(|pair| std::cmp::Reverse(pair.other.clients()));
    let mut seen = Vec::new();
    told.retain(|pair| {
        let who = (pair.other.run, pair.other.trial().row_name());
        let new = !seen.contains(&who);
        seen.push(who);
        new
    });
    told.truncate(MOST_TOLD);
    told
}

/// The numbers of the runs that are not of the first one's scenario and flags: what differs may come from there.
pub fn other_scenarios(reports: &[Report]) -> Vec<usize> {
    let Some(first) = reports.first().map(|report| &report.scenario) else { return vec![] };
    let other = |report: &Report| {
        report.scenario.sha256 != first.sha256 || report.scenario.overrides != first.overrides
    };
    (1..).zip(reports).filter(|(_, report)| other(report)).map(|(number, _)| number).collect()
}

impl Pair<'_> {
    /// What the two have in common, in its numbers; where messages are left out by design, totals and ages. `None` where they
    /// have no number in common.
    pub fn compared(&self) -> Option<Compared> {
        let per = Per::of(&self.other.trial().load);
        let mut parts = Vec::new();
        if [self.base, self.other].iter().any(|cell| cell.overwritten().is_some()) {
            parts.extend(self.part(What::Total, |cell| cell.value(Metric::WireRate)));
            parts.extend(self.part(What::Age, |cell| cell.value(Metric::AgeMean)));
        } else {
            parts.extend(self.part(What::Bytes, |cell| per.bytes(cell)));
            if per != Per::SecondAndClient {
                parts.extend(self.part(What::P50, |cell| cell.value(Metric::LatencyP50)));
                parts.extend(self.part(What::P99, |cell| cell.value(Metric::LatencyP99)));
            }
        }
        parts.extend(self.cpu());
        let runs = (self.other.run + 1, self.base.run + 1);
        (!parts.is_empty()).then(|| Compared { row: self.other.label(), runs, parts })
    }

    /// CPU time of a third-party server is read in steps of the scheduler's ticks: of a short window with little load one
    /// more is no difference.
    fn cpu(&self) -> Option<Part> {
        let mut part = self.part(What::ServerCpu, |cell| cell.value(Metric::TargetCpu))?;
        let apart = (part.base - part.other).abs();
        let error = |cell: &Cell<'_>| {
            let target = cell.sum.target.as_ref()?;
            (target.over_s > 0.0).then(|| target.cpu_error_s / target.over_s)
        };
        let error = error(self.base)? + error(self.other)?;
        part.within_error = apart < error && apart > 0.05 * part.base;
        Some(part)
    }

    fn part(&self, what: What, of: impl Fn(&Cell<'_>) -> Option<f64>) -> Option<Part> {
        Some(Part { what, base: of(self.base)?, other: of(self.other)?, within_error: false })
    }

    /// How many times that of the first run, one a column.
    pub fn ratios(&self, columns: &[Column]) -> Vec<Option<f64>> {
        let ratio = |column: &Column| {
            let ratio = column.value(self.other, None)? / column.value(self.base, None)?;
            ratio.is_finite().then_some(ratio)
        };
        columns.iter().map(ratio).collect()
    }
}

impl Compared {
    /// `websocket, 1,000 clients, [2] against [1]: bytes 23 B against 23 B (1.00x), …`.
    pub fn sentence(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(Part::words).collect();
        format!("{}, [{}] against [{}]: {}.", self.row, self.runs.0, self.runs.1, parts.join(", "))
    }
}

impl Part {
    fn words(&self) -> String {
        let (name, unit, more, less) = match self.what {
            What::Bytes => ("bytes", Unit::Bytes, "", ""),
            What::Total => ("in all", Unit::BitsPerSecond, "", ""),
            What::Age => ("age", Unit::Nanoseconds, " older", " fresher"),
            What::P50 => ("p50", Unit::Nanoseconds, " slower", " faster"),
            What::P99 => ("p99", Unit::Nanoseconds, " slower", " faster"),
            What::ServerCpu => ("server CPU", Unit::Ratio, "", ""),
        };
        let ratio = match self.other / self.base {
            _ if self.within_error => " (no further apart than its error)".to_owned(),
            ratio if !ratio.is_finite() => String::new(),
            ratio if ratio >= SAME => format!(" ({}{more})", factor(ratio)),
            ratio if ratio > 0.0 && ratio <= 1.0 / SAME && !less.is_empty() => {
                format!(" ({}{less})", factor(1.0 / ratio))
            }
            ratio => format!(" ({})", factor(ratio)),
        };
        format!("{name} {} against {}{ratio}", text(unit, self.other), text(unit, self.base))
    }
}
