//! The same row of a scenario in both arms, with all its trials; and what has no other to compare with.
//!
//! It must not know any metric.

use crate::plan::Trial;
use crate::report::view::names::is_search;
use crate::results::{Cell, Measurement, Report, Status};
use crate::scenario::Metric;
use crate::statistics::{Arms, FEWEST};
use crate::text::plural;

/// A row in both arms.
pub struct Pair<'a> {
    pub base: Side<'a>,
    pub new: Side<'a>,
    /// Trials alternated: those of one repeat belong together.
    paired: bool,
}

/// What there is to compare.
pub struct Found<'a> {
    /// What both arms have.
    pub pairs: Vec<Pair<'a>>,
    /// What only one has, in words.
    pub left_out: Vec<String>,
    /// Something of that has no valid trial in one of the arms.
    pub invalid: bool,
}

/// A row in one arm: its valid and suspect trials with the number of their run, at least one.
pub struct Side<'a> {
    trials: Vec<(usize, &'a Measurement)>,
    sum: Cell<'a>,
}

/// What the numbers of an arm are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// A trial.
    Trial,
    /// A run, all its trials together.
    Run,
}

type Trials<'a> = Vec<(usize, &'a Measurement)>;

/// Pairs the rows of both arms.
pub fn pairs<'a>(base: &'a [Report], new: &'a [Report], paired: bool) -> Found<'a> {
    let (mut found, mut left_out, mut any_invalid) = (Vec::new(), Vec::new(), false);
    let (base, mut new) = (groups(base), groups(new));
    for (row, trials) in base {
        let Some(place) = new.iter().position(|(other, _)| other.compares(row)) else {
            left_out.push(format!("{}: only in the base", row.cell_label()));
            continue;
        };
        let (_, others) = new.remove(place);
        let all = trials.len() + others.len();
        let [base, new] = [sound(trials), sound(others)];
        let invalid = all - base.len() - new.len();
        any_invalid |= invalid > 0 && (base.is_empty() || new.is_empty());
        if invalid > 0 {
            let trials = format!("{invalid} INVALID {}", plural(invalid, "trial"));
            left_out.push(format!("{}: {trials}", row.cell_label()));
        }
        let sides = Side::of(base).zip(Side::of(new));
        found.push((row, sides.map(|(base, new)| Pair { base, new, paired })));
    }
    left_out.extend(new.iter().map(|(row, _)| format!("{}: not in the base", row.cell_label())));
    let nothing = found.iter().filter(|(_, pair)| pair.is_none());
    left_out.extend(nothing.map(|(row, _)| format!("{}: no trial to compare", row.cell_label())));
    Found { pairs: found.into_iter().filter_map(|(_, pair)| pair).collect(), left_out, invalid: any_invalid }
}

/// Trials by the row that they are repeats of, in the order of the scenario.
fn groups(reports: &[Report]) -> Vec<(&Trial, Trials<'_>)> {
    let mut groups: Vec<(&Trial, Trials<'_>)> = Vec::new();
    let ordinary = reports.iter().enumerate().filter(|(_, report)| !is_search(report));
    for (run, measurement) in ordinary.flat_map(|(run, of)| of.measurements.iter().map(move |m| (run, m))) {
        match groups.iter_mut().find(|(row, _)| row.compares(&measurement.trial)) {
            Some((_, trials)) => trials.push((run, measurement)),
            None => groups.push((&measurement.trial, vec![(run, measurement)])),
        }
    }
    groups.sort_by_key(|(row, _)| row.clients);
    groups
}

fn sound(trials: Trials<'_>) -> Trials<'_> {
    trials.into_iter().filter(|(_, m)| m.verdict.status() != Status::Invalid).collect()
}

impl<'a> Side<'a> {
    fn of(trials: Trials<'a>) -> Option<Side<'a>> {
        let all: Vec<&Measurement> = trials.iter().map(|(_, measurement)| *measurement).collect();
        Some(Side { sum: Cell::of(0, &all)?, trials })
    }

    fn runs(&self) -> usize {
        self.trials.chunk_by(|a, b| a.0 == b.0).count()
    }

    /// Of all its trials together.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        self.sum.value(metric)
    }

    /// Of each trial, or each run; those without are left out.
    pub fn values(&self, each: Each, metric: Metric) -> Vec<f64> {
        match each {
            Each::Trial => self.trials.iter().filter_map(|(_, m)| m.value(metric)).collect(),
            Each::Run => self
                .trials
                .chunk_by(|a, b| a.0 == b.0)
                .filter_map(|run| {
                    let trials: Vec<&Measurement> = run.iter().map(|(_, m)| *m).collect();
                    Cell::of(0, &trials)?.value(metric)
                })
                .collect(),
        }
    }

    /// By which share of it the server's CPU time may be off.
    pub fn cpu_error(&self) -> f64 {
        let target = self.sum.sum.target.as_ref().filter(|target| target.cpu_s() > 0.0);
        target.map_or(0.0, |target| target.cpu_error_s / target.cpu_s())
    }

    pub fn cell(&self) -> &Cell<'a> {
        &self.sum
    }
}

impl<'a> Pair<'a> {
    /// The trial that all share, but for number and repeat.
    pub fn trial(&self) -> &'a Trial {
        self.new.sum.trial()
    }

    /// Whole runs, where there are enough of them: what changes from run to run is in the interval then. Of fewer, their trials.
    pub fn each(&self) -> Each {
        if self.base.runs().min(self.new.runs()) >= FEWEST { Each::Run } else { Each::Trial }
    }

    /// What is compared, as `statistics` has it.
    pub fn arms(&self, metric: Metric) -> Arms {
        if !self.paired {
            let each = self.each();
            return Arms::Apart(self.base.values(each, metric), self.new.values(each, metric));
        }
        let of = |side: &Side<'a>, repeat| {
            side.trials.iter().find(|(_, m)| m.trial.repeat == repeat).and_then(|(_, m)| m.value(metric))
        };
        let repeats = self.base.trials.iter().map(|(_, m)| m.trial.repeat);
        Arms::Paired(repeats.filter_map(|n| of(&self.base, n).zip(of(&self.new, n))).collect())
    }
}
