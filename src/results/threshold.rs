//! Do the thresholds hold? A number that was not measured does not keep to anything.
//!
//! It must not know where thresholds came from (a file, a flag) or what follows from them (an exit code).

use super::{Outcome, Report, cells};
use crate::plan::Trial;
use crate::scenario::Threshold;

/// What became of every threshold, for every cell that it speaks of: all its repeats together, as reports show them. Trials
/// that failed, and a threshold that speaks of no trial at all, give an outcome without a value: one that does not hold.
pub fn outcomes(report: &Report, thresholds: &[Threshold]) -> Vec<Outcome> {
    thresholds.iter().flat_map(|threshold| of(report, threshold)).collect()
}

fn of(report: &Report, threshold: &Threshold) -> Vec<Outcome> {
    let concerned = |trial: &Trial| threshold.concerns(&trial.transport);
    let cells = cells(std::slice::from_ref(report));
    let measured = cells.iter().filter(|cell| concerned(cell.trial()));
    let measured = measured.map(|cell| outcome(threshold, cell.label(), cell.value(threshold.metric)));
    let failed = report.failed.iter().filter(|failed| concerned(&failed.trial));
    let failed = failed.map(|failed| outcome(threshold, failed.trial.label(), None));
    let mut outcomes: Vec<Outcome> = measured.chain(failed).collect();
    if outcomes.is_empty() {
        let whose = threshold.transport.as_deref().unwrap_or("any transport");
        outcomes.push(outcome(threshold, format!("{whose}: no trial"), None));
    }
    outcomes
}

fn outcome(threshold: &Threshold, trial: String, value: Option<f64>) -> Outcome {
    let holds = value.is_some_and(|value| threshold.holds(value));
    Outcome { threshold: threshold.clone(), trial, value, largest: false, holds }
}

impl Threshold {
    /// Whether `value` (base unit of the metric) keeps to it. NaN keeps to nothing.
    pub fn holds(&self, value: f64) -> bool {
        !value.is_nan()
            && self.max.is_none_or(|most| value <= most)
            && self.min.is_none_or(|least| value >= least)
    }
}
