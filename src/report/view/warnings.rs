//! What the quality checks of a run have found: each warning once, with the trials that have it.
//!
//! It must not know a format; names inside are as they came, formats escape them. Its other end is `run::verdict`.

use serde::Serialize;

use super::thresholds;
use crate::results::{Measurement, Outcome, Report, Severity};
use crate::text::{count, text};

/// A warning, said once for all trials that have it.
#[derive(Debug, Serialize)]
pub struct Warning {
    /// How bad.
    pub severity: Severity,
    /// `shared-cores: generator and target share this machine's 2 cores`, with the trials when not all have it.
    pub text: String,
}

/// So many different texts of a check are told each; of more the first stands for all.
const FEW_TEXTS: usize = 2;

/// One warning of several trials, while they are collected.
struct Found<'a> {
    severity: Severity,
    code: &'a str,
    text: &'a str,
    /// Not all trials have the same text.
    differs: bool,
    trials: Vec<String>,
}

/// Every warning of a run, the worst first; thresholds that do not hold are among them.
pub fn warnings(report: &Report) -> Vec<Warning> {
    let judged = report.judged();
    let mut all: Vec<Warning> = found(&judged)
        .into_iter()
        .map(|f| Warning {
            severity: f.severity,
            text: format!("{}: {}{}", f.code, f.text, which(&f, judged.len())),
        })
        .collect();
    all.extend(report.thresholds.iter().filter(|outcome| !outcome.holds).map(crossed));
    all.sort_by_key(|warning| std::cmp::Reverse(warning.severity));
    all
}

/// `latency.p99 190 ms, must be at most 50 ms (websocket, 1,000 clients)`.
fn crossed(outcome: &Outcome) -> Warning {
    let (metric, trial) = (outcome.threshold.metric, &outcome.trial);
    let (name, limit) = (metric.name(), thresholds::limits(&outcome.threshold));
    let text = match outcome.value {
        Some(value) => format!("{name} {}, must be {limit} ({trial})", text(metric.unit(), value)),
        None => format!("threshold not measured: {name} must be {limit}, and there is no value ({trial})"),
    };
    Warning { severity: Severity::Failed, text }
}

/// One entry for a code, with the trials that have it.
fn found<'a>(judged: &[&'a Measurement]) -> Vec<Found<'a>> {
    let mut found: Vec<Found<'a>> = Vec::new();
    for measurement in judged {
        let label = measurement.label();
        for warning in &measurement.verdict.warnings {
            let (severity, code, text) = (warning.severity, warning.check.name(), &*warning.text);
            // One trial may have several of a code, of several limits or directions: each is a line of its own.
            let apart = texts_of(judged, code) <= FEW_TEXTS;
            let same = |f: &&mut Found<'_>| {
                let alike = (f.severity, f.code) == (severity, code) && (f.text == text || !apart);
                alike && f.trials.last() != Some(&label)
            };
            match found.iter_mut().find(same) {
                Some(f) => {
                    f.differs |= f.text != text;
                    f.trials.push(label.clone());
                }
                None => {
                    found.push(Found { severity, code, text, differs: false, trials: vec![label.clone()] })
                }
            }
        }
    }
    found
}

/// How many different texts a check has.
fn texts_of(judged: &[&Measurement], code: &str) -> usize {
    let all = judged.iter().flat_map(|measurement| &measurement.verdict.warnings);
    let mut texts: Vec<&str> =
        all.filter(|warning| warning.check.name() == code).map(|warning| &*warning.text).collect();
    texts.sort_unstable();
    texts.dedup();
    texts.len()
}

/// Nothing when all trials have it: what is true of the run needs no list.
fn which(Found { trials, differs, .. }: &Found<'_>, all: usize) -> String {
    let first = &trials[0];
    match trials.len() {
        1 => format!(" ({first})"),
        n if *differs => format!(" ({first}; the like in {})", count(n - 1, "more trial")),
        n if n == all => String::new(),
        2 => format!(" ({})", trials.join("; ")),
        n => format!(" ({n} of {all} trials, the first: {first})"),
    }
}
