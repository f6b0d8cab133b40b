//! What a search found: the largest size that passed, the smallest that failed, and why. And the judgement on a
//! single try, in one place.
//!
//! It must not know which size comes next (`plan`), nor how it is shown.

use serde::{Deserialize, Serialize};

use super::measurement::histogram;
use super::{Check, Measurement, Outcome, Report, Server, Severity, Status, Warning};
use crate::scenario::{Metric, Over, Threshold};

/// How much a server sustains by one transport.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// The transport, and what the server stands behind: `websocket behind nginx`, as its trials say.
    pub transport: String,
    /// What was raised.
    pub over: Over,
    /// What had to hold.
    pub conditions: Vec<Threshold>,
    /// The largest size that passed; `None` when not even the first did.
    #[serde(alias = "held")]
    pub passed: Option<f64>,
    /// The smallest size that failed; `None` when the largest allowed size passed.
    pub failed_at: Option<f64>,
    /// Why that size failed.
    pub why: Option<Why>,
    /// Every try, in order.
    pub steps: Vec<Step>,
    /// The search went to its end; otherwise it was stopped.
    pub finished: bool,
}

/// One try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The size.
    pub size: f64,
    /// The number of its trial, under which its measurement or its failure stands.
    pub trial: u32,
    /// Why it failed; `None` when it passed.
    pub why: Option<Why>,
}

/// Why a try did not pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// A condition did not hold; the first that did not.
    Crossed(Outcome),
    /// It was measured, but the numbers are not to be believed: what the verdict says.
    Invalid(String),
    /// The server did not do what it should, and no condition says how much of that is allowed: what the verdict says.
    Failed(String),
    /// The trial failed to run.
    #[serde(alias = "not-held")]
    FailedToRun(String),
}

impl Measurement {
    /// Why it does not hold; `None` when it does. A condition on a percentile for which there are too few samples
    /// holds when the largest sample keeps to it: the percentile is no larger, whatever it is.
    pub fn why_not(&self, conditions: &[Threshold]) -> Option<Why> {
        let of = |condition: &Threshold| {
            let measured = self.value(condition.metric);
            let largest = || self.no_more_than(condition.metric).filter(|_| condition.min.is_none());
            let (value, largest) = match measured {
                Some(value) => (Some(value), false),
                None => (largest(), largest().is_some()),
            };
            let holds = value.is_some_and(|value| condition.holds(value));
            Outcome { threshold: condition.clone(), trial: self.label(), value, largest, holds }
        };
        let invalid = || self.verdict.warnings.iter().filter(|warning| warning.severity == Severity::Invalid);
        let said = |found: &Warning| format!("{}: {}", found.check, found.text);
        // Behind the generator's own end nothing is known of the server, whatever the numbers are.
        if let Some(warning) = invalid().find(|warning| OF_THE_GENERATOR.contains(&warning.check)) {
            return Some(Why::Invalid(said(warning)));
        }
        // What the user asked for says more than what we think of ourselves.
        if let Some(crossed) = conditions.iter().map(of).find(|outcome| !outcome.holds) {
            return Some(Why::Crossed(crossed));
        }
        if let Some(invalid) = invalid().next() {
            return Some(Why::Invalid(said(invalid)));
        }
        let failed = self.verdict.warnings.iter().find(|found| found.severity == Severity::Failed);
        failed.map(|failed| Why::Failed(said(failed)))
    }

    /// The largest sample of what a percentile is of.
    fn no_more_than(&self, metric: Metric) -> Option<f64> {
        let (times, _) = metric.family().source.percentile()?;
        histogram(&self.tally, times).max().map(|ns| ns as f64)
    }
}

/// Checks that say that the generator, or the machine under it, could not do what was asked for. A publisher that is late is
/// none of them: most often it is the server's own.
pub const OF_THE_GENERATOR: [Check; 8] = [
    Check::GeneratorCpu,
    Check::Lateness,
    Check::GeneratorLag,
    Check::Overrun,
    Check::Steal,
    Check::BusyMachine,
    Check::Throttled,
    Check::LocalFailures,
];

impl Why {
    /// Whether it was the generator that had enough, so that the server may sustain more.
    pub fn of_the_generator(&self) -> bool {
        let named =
            |text: &str| OF_THE_GENERATOR.iter().any(|check| text.split(':').next() == Some(check.name()));
        matches!(self, Why::Invalid(text) if named(text))
    }
}

impl Capacity {
    /// The smallest size failed by the generator: of the server it says nothing.
    pub fn ended_by_the_generator(&self) -> bool {
        self.why.as_ref().is_some_and(Why::of_the_generator)
    }

    /// The server may sustain more than what passed: the search went no further, or the generator could not.
    pub fn at_least(&self) -> bool {
        let no_further = self.finished && self.failed_at.is_none();
        self.passed.is_some() && (no_further || self.ended_by_the_generator())
    }

    /// How many tries of a size passed, of how many.
    pub fn tries(&self, size: f64) -> (usize, usize) {
        let of_size = || self.steps.iter().filter(|step| step.size == size);
        (of_size().filter(|step| step.why.is_none()).count(), of_size().count())
    }

    /// Nothing tried yet.
    pub fn unknown(transport: String, over: Over, conditions: Vec<Threshold>) -> Capacity {
        let steps = Vec::new();
        Capacity {
            transport,
            over,
            conditions,
            passed: None,
            failed_at: None,
            why: None,
            steps,
            finished: false,
        }
    }

    /// Adds a try, and takes over what is known after it.
    pub fn step(&mut self, step: Step, (passed, failed): (Option<f64>, Option<f64>)) {
        self.steps.push(step);
        if failed != self.failed_at {
            self.why = failed.and_then(|size| self.reason(size)).cloned();
        }
        (self.passed, self.failed_at) = (passed, failed);
    }

    /// Why a size failed: what says something about the server, if any of its tries does.
    fn reason(&self, size: f64) -> Option<&Why> {
        let whys = || self.steps.iter().filter(|step| step.size == size).filter_map(|step| step.why.as_ref());
        whys().find(|why| !why.of_the_generator()).or_else(|| whys().next_back())
    }

    /// The step at the capacity.
    fn at_its_best(&self) -> Option<&Step> {
        self.steps.iter().rev().find(|step| step.why.is_none() && Some(step.size) == self.passed)
    }
}

impl Report {
    /// The trials on which the answer rests: all of them; of a search, those at the capacities. That the steps
    /// beyond are invalid is how a limit shows.
    pub fn answering(&self) -> impl Iterator<Item = &Measurement> {
        let numbers: Vec<u32> =
            self.capacity.iter().filter_map(Capacity::at_its_best).map(|step| step.trial).collect();
        let all = self.capacity.is_empty();
        self.measurements.iter().filter(move |m| all || numbers.contains(&m.trial.number))
    }

    /// The trials whose verdict is that of the run. A search in which nothing held is as good as the best of its steps.
    pub fn judged(&self) -> Vec<&Measurement> {
        let answering: Vec<&Measurement> = self.answering().collect();
        if !answering.is_empty() {
            return answering;
        }
        let best = self.measurements.iter().map(|m| m.verdict.status()).min();
        self.measurements.iter().filter(|m| Some(m.verdict.status()) == best).collect()
    }

    /// The worst verdict of the run: invalid beats suspect beats valid. A run without a measurement is invalid.
    pub fn status(&self) -> Status {
        self.judged().iter().map(|m| m.verdict.status()).max().unwrap_or(Status::Invalid)
    }

    /// How the server did in the worst of its trials, thresholds included. What was not measured speaks for nobody, and a
    /// threshold on the generator's own numbers is none of the server's.
    pub fn server(&self) -> Server {
        let of = |outcome: &&Outcome| outcome.threshold.metric.family().source.of_the_generator();
        let crossed = self.thresholds.iter().filter(|outcome| !outcome.holds && outcome.value.is_some());
        let crossed = crossed.filter(|outcome| !of(outcome)).any(|outcome| self.believed(&outcome.trial));
        if crossed {
            return Server::Failed;
        }
        self.judged().iter().map(|m| m.verdict.server()).max().unwrap_or(Server::Unknown)
    }

    /// Whether what that label names, a trial or all its repeats, was measured, and not invalid.
    fn believed(&self, label: &str) -> bool {
        let named = |m: &&Measurement| m.label() == label || m.trial.cell_label() == label;
        self.measurements.iter().filter(named).any(|m| m.verdict.status() != Status::Invalid)
    }
}
