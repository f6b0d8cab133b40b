//! Several runs: the same transport at the same size and load, in a later run against the first.
//!
//! It must not know a format. Transports are not compared with each other here: that is one run's own finding.

use super::columns;
use super::finding::server_failed;
use super::runs::Per;
use crate::results::{Cell, Report, Status};
use crate::scenario::Metric;
use crate::text::{Shown, Unit, count, factor, text};

/// So many pairs are told in sentences; the table has all of them.
const MOST_TOLD: usize = 3;

/// The same cell of two runs.
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    /// Of the first run.
    base: &'a Cell<'a>,
    /// Of a later one.
    pub other: &'a Cell<'a>,
}

/// Every cell of a later run that the first run has too, invalid ones left out.
pub fn pairs<'a>(cells: &'a [Cell<'a>]) -> Vec<Pair<'a>> {
    let sound = || cells.iter().filter(|cell| cell.status() != Status::Invalid);
    let first = first_run(cells);
    let base = |other: &Cell<'_>| sound().find(|cell| cell.run == first && alike(cell, other));
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

fn alike(a: &Cell<'_>, b: &Cell<'_>) -> bool {
    let of = |cell: &Cell<'_>| {
        let trial = cell.trial();
        (trial.clients, trial.load.name(), trial.way())
    };
    of(a) == of(b)
}

/// What the runs tell beside each other, and whether their scenarios are the same.
pub fn sentences(reports: &[Report], cells: &[Cell<'_>]) -> Vec<String> {
    let pairs = pairs(cells);
    let mut told: Vec<Pair<'_>> = pairs.clone();
    // The largest size says the most: each transport of a run once, in the order of the scenario.
    told.sort_by_key(|pair| std::cmp::Reverse(pair.other.clients()));
    let mut seen = Vec::new();
    told.retain(|pair| {
        let who = (pair.other.run, pair.other.trial().way());
        let new = !seen.contains(&who);
        seen.push(who);
        new
    });
    told.truncate(MOST_TOLD);
    let mut sentences: Vec<String> = told.iter().filter_map(Pair::sentence).collect();
    if pairs.is_empty() {
        sentences
            .push("Nothing is compared: the runs share no valid trial of one transport and size.".into());
    }
    if told.iter().any(Pair::suspect) {
        sentences.push("Suspect trials are part of this.".to_owned());
    }
    sentences.extend(server_failed(told.iter().flat_map(|pair| [pair.base, pair.other])));
    let invalid = cells.iter().filter(|cell| cell.status() == Status::Invalid).count();
    if invalid > 0 {
        sentences.push(format!("Left out as invalid: {}.", count(invalid, "row")));
    }
    sentences.extend(other_scenarios(reports));
    sentences
}

/// That runs are not of one scenario: what differs may come from there.
fn other_scenarios(reports: &[Report]) -> Option<String> {
    let first = &reports.first()?.scenario;
    let others: Vec<String> = (2..)
        .zip(reports.iter().skip(1))
        .filter(|(_, report)| {
            report.scenario.sha256 != first.sha256 || report.scenario.overrides != first.overrides
        })
        .map(|(number, _)| format!("[{number}]"))
        .collect();
    (!others.is_empty())
        .then(|| format!("The scenario or the flags of {} differ from those of [1].", others.join(", ")))
}

impl Pair<'_> {
    fn suspect(&self) -> bool {
        [self.base, self.other].iter().any(|cell| cell.status() == Status::Suspect)
    }

    /// `websocket, 1,000 clients, [2] against [1]: 23 B against 23 B a message (1.00x), …`.
    /// Where messages are left out by design, totals and ages are compared instead. `None` where they have no number in
    /// common.
    fn sentence(&self) -> Option<String> {
        let (cell, load) = (self.other, &self.other.trial().load);
        let per = Per::of(load);
        let mut parts = Vec::new();
        let skips = [self.base, self.other].iter().any(|cell| cell.overwritten().is_some());
        if skips {
            parts.extend(self.part("in all", Unit::BitsPerSecond, |cell| cell.value(Metric::WireRate)));
            parts.extend(self.part("age", Unit::Nanoseconds, |cell| cell.value(Metric::AgeMean)));
        } else {
            parts.extend(self.part("bytes", Unit::Bytes, |cell| per.bytes(cell)));
        }
        if !skips && per != Per::SecondAndClient {
            parts.extend(self.part("p50", Unit::Nanoseconds, |cell| cell.value(Metric::LatencyP50)));
            parts.extend(self.part("p99", Unit::Nanoseconds, |cell| cell.value(Metric::LatencyP99)));
        }
        parts.extend(self.cpu());
        let (label, clients) = (cell.trial().way(), count(cell.clients(), "client"));
        let (other, base) = (cell.run + 1, self.base.run + 1);
        let told = || format!("{label}, {clients}, [{other}] against [{base}]: {}.", parts.join(", "));
        (!parts.is_empty()).then(told)
    }

    /// CPU time of another maker's server is read in steps of the scheduler's ticks: of a short window at a small load one
    /// more is no difference.
    fn cpu(&self) -> Option<String> {
        let cores = |cell: &Cell<'_>| cell.value(Metric::TargetCpu);
        let seconds = |cell: &Cell<'_>| Some(cores(cell)? * cell.sum.window_s);
        let (base, other) = (seconds(self.base)?, seconds(self.other)?);
        let apart = (base - other).abs();
        let error = |cell: &Cell<'_>| Some(cell.sum.target.as_ref()?.cpu_error_s);
        let error = error(self.base).unwrap_or(0.0) + error(self.other).unwrap_or(0.0);
        if apart >= error || apart <= 0.05 * base {
            return self.part("server CPU", Unit::Ratio, cores);
        }
        let [base, other] = [cores(self.base)?, cores(self.other)?].map(|share| text(Unit::Ratio, share));
        Some(format!("server CPU {other} against {base} (no further apart than its error)"))
    }

    fn part(&self, name: &str, unit: Unit, of: impl Fn(&Cell<'_>) -> Option<f64>) -> Option<String> {
        let (base, other) = (of(self.base)?, of(self.other)?);
        let (more, less) = if name == "age" { ("older", "younger") } else { ("slower", "faster") };
        let ratio = match other / base {
            ratio if !ratio.is_finite() => String::new(),
            ratio if unit == Unit::Nanoseconds && ratio >= 1.05 => format!(" ({} {more})", factor(ratio)),
            ratio if unit == Unit::Nanoseconds && ratio > 0.0 && ratio <= 1.0 / 1.05 => {
                format!(" ({} {less})", factor(1.0 / ratio))
            }
            ratio => format!(" ({})", factor(ratio)),
        };
        Some(format!("{name} {} against {}{ratio}", text(unit, other), text(unit, base)))
    }

    /// How many times that of the first run, one a column.
    pub fn ratios(&self, columns: &[columns::Column]) -> Vec<Shown> {
        let ratio = |column: &columns::Column| {
            let ratio = column.value(self.other)? / column.value(self.base)?;
            ratio.is_finite().then(|| factor(ratio))
        };
        let shown = |number: Option<String>| Shown { number: number.unwrap_or_else(|| "-".into()), unit: "" };
        columns.iter().map(|column| shown(ratio(column))).collect()
    }
}
