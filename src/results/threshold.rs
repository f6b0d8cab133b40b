//! Do the thresholds hold? A number that was not measured does not keep to anything.
//!
//! It must not know where thresholds came from (a file, a flag) or what follows from them (an exit code).

use super::{Outcome, Report};
use crate::scenario::Threshold;

/// What became of every threshold, for every trial that it speaks of. Trials that failed, and a threshold that
/// speaks of no trial at all, give an outcome without a value: one that does not hold.
pub fn outcomes(report: &Report, thresholds: &[Threshold]) -> Vec<Outcome> {
    thresholds.iter().flat_map(|threshold| of(report, threshold)).collect()
}

fn of(report: &Report, threshold: &Threshold) -> Vec<Outcome> {
    let measured = report.measurements.iter().filter(|m| threshold.concerns(&m.trial.transport)).map(|m| {
        let value = m.value(threshold.metric);
        outcome(threshold, m.label(), value)
    });
    let failed = report.failed.iter().filter(|failed| threshold.concerns(&failed.trial.transport));
    let mut outcomes: Vec<Outcome> =
        measured.chain(failed.map(|failed| outcome(threshold, failed.trial.label(), None))).collect();
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
