//! Results: what a run leaves behind. `results.json` is a [`Report`]; every renderer starts from it and from
//! nothing else.
//!
//! It must not know how results are drawn or how they were obtained.

mod calibration;
mod capacity;
mod cell;
mod check;
mod environment;
mod failures;
mod measurement;
mod threshold;
mod verdict;

use serde::{Deserialize, Serialize};

pub use calibration::{Calibration, EmptyEcho, Floor};
pub use capacity::{Capacity, OF_THE_GENERATOR, Step, Why};
pub use cell::{Cell, cells, cells_of};
pub use check::Check;
pub use environment::Environment;
pub use failures::said;
pub use measurement::Measurement;
pub use threshold::outcomes;
pub use verdict::{Blame, Server, Severity, Status, Verdict, Warning};

use crate::plan::Trial;
use crate::scenario::Threshold;

/// The version of `results.json` that is written. Older ones are read, newer ones refused with a clear word.
pub const VERSION: u32 = 2;

/// A run: what was asked, on what machine, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`VERSION`], or an older one.
    pub version: u32,
    /// The scenario's name.
    pub name: String,
    /// The scenario's question.
    pub about: String,
    /// RFC 3339, UTC.
    pub started: String,
    /// Seconds that the run took so far.
    pub took_s: f64,
    /// Names the schedules and the order of the trials.
    pub seed: u64,
    /// The scenario as it was read.
    pub scenario: Source,
    /// Machine, kernel, versions, limits.
    pub environment: Environment,
    /// Trials planned; fewer measured and failed ones mean that the run was cut short.
    pub planned: u32,
    /// Stopped by the user.
    pub interrupted: bool,
    /// Trials that ended, in the order of the scenario.
    pub measurements: Vec<Measurement>,
    /// Trials that failed to run, with the reason.
    pub failed: Vec<FailedTrial>,
    /// What must hold, and whether it does; empty until the run ends.
    pub thresholds: Vec<Outcome>,
    /// What a search found, one entry a transport; empty for an ordinary run. In a search the measurements are
    /// its steps, and as many are planned as were measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capacity: Vec<Capacity>,
    /// Where the trials of this run alternated with those of another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternation: Option<Alternation>,
}

/// One arm of two whose trials alternated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternation {
    /// The same in both arms, and in no other run: they are compared as pairs.
    pub id: String,
    /// What this arm was measured with, as the user named it; empty for the scenario as it is.
    pub arm: String,
}

/// The scenario as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// File, or name of the built-in one.
    pub path: String,
    /// Its text.
    pub text: String,
    /// SHA-256 of the text, hex.
    pub sha256: String,
    /// Flags that overrode it, as written.
    pub overrides: Vec<String>,
}

/// A trial that failed to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailedTrial {
    /// Which.
    pub trial: Trial,
    /// Why: the chain of causes, outermost first.
    pub reason: String,
}

/// A threshold and what became of it for one measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// What must hold.
    pub threshold: Threshold,
    /// The trial's label: `polling 1s, 1,000 clients`.
    pub trial: String,
    /// What was measured, in the metric's base unit; `None` when it was not.
    pub value: Option<f64>,
    /// There were too few samples for the metric, and `value` is the largest of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub largest: bool,
    /// Whether it holds. A value that was not measured does not.
    pub holds: bool,
}

impl Report {
    /// Whether every planned trial gave a measurement.
    pub fn complete(&self) -> bool {
        self.measurements.len() == self.planned as usize
    }
}
