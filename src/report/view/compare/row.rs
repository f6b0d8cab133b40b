//! One metric of a row in both arms: its numbers, their ratio with its interval, and what can be told.
//!
//! It must not know how a ratio is written.

use serde::Serialize;

use super::pair::Pair;
use crate::scenario::{Metric, Source, Times};
use crate::statistics::{Arms, Decision, Interval, MARGIN, decide, enough};
use crate::text::{Shown, Unit, alone};

/// One metric.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub metric: &'static str,
    /// Of its values.
    pub unit: &'static str,
    /// All trials of the base together, in the base unit.
    pub base: Option<f64>,
    /// Of the other arm.
    pub new: Option<f64>,
    /// How many numbers of either arm an interval rests on: trials, or whole runs.
    pub repeats: (usize, usize),
    /// Of geometric means; of exact numbers, and where there is no interval, of the two values.
    pub ratio: Option<f64>,
    /// Counted to the byte, and the same in all repeats of an arm: there is nothing to estimate.
    pub exact: bool,
    /// Of the ratio.
    pub interval: Option<Interval>,
    /// What can be told.
    pub decision: Decision,
    /// The same in a word for this metric: `slower`, `less`, `same`, `cannot tell`.
    pub verdict: &'static str,
    /// Whether it is for the better.
    pub change: Change,
    /// Where nothing can be told: repeats of each arm that would tell four times of five; none where it would take more than a
    /// thousand, or there are too few to know.
    pub repeats_needed: Option<u32>,
    #[serde(skip)]
    written: Unit,
}

/// What it is to whoever pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// For the better.
    Better,
    /// For the worse.
    Worse,
    /// None to speak of.
    None,
    /// That cannot be told.
    Unknown,
}

/// Shares by which numbers differ that are the same: a division leaves as much.
const ROUNDING: f64 = 1e-9;

pub fn row(pair: &Pair<'_>, metric: Metric, level: f64) -> Row {
    let (base, new) = (pair.base.value(metric), pair.new.value(metric));
    let exact = is_exact(pair, metric);
    let arms = pair.arms(metric);
    let interval = if exact { None } else { interval(pair, metric, &arms, level) };
    let plain = base.zip(new).filter(|(base, _)| *base > 0.0).map(|(base, new)| new / base);
    let ratio = interval.map(|interval| interval.ratio).or(plain);
    let decision = match interval {
        _ if exact => equal(base, new),
        Some(interval) => decide(&interval, MARGIN),
        None => Decision::CannotTell,
    };
    let open = decision == Decision::CannotTell && interval.is_some();
    let (verdict, change) = verdict(metric, decision);
    Row {
        metric: metric.name(),
        unit: metric.unit().sign(),
        base,
        new,
        repeats: repeats(&arms),
        ratio,
        exact,
        interval,
        decision,
        verdict,
        change,
        repeats_needed: if open { needed(&arms, level) } else { None },
        written: metric.unit(),
    }
}

/// Numbers that are counted, and that no repeat has another of; and nothing at all in either arm, which needs no statistics
/// either. What no repeat has a number of is not exact, such as a percentile of too few samples. Where asking goes by time, as in polling, bytes depend on it, and repeats tell.
pub fn is_exact(pair: &Pair<'_>, metric: Metric) -> bool {
    let all = |of: &dyn Fn(&[f64]) -> bool| match pair.arms(metric) {
        Arms::Apart(base, new) => of(&base) && of(&new),
        Arms::Paired(pairs) => {
            let (base, new): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            of(&base) && of(&new)
        }
    };
    let alike = |values: &[f64]| !values.is_empty() && values.iter().all(|value| near(*value, values[0]));
    let zero = |values: &[f64]| !values.is_empty() && values.iter().all(|value| *value == 0.0);
    metric.exact() && all(&alike) || all(&zero)
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= ROUNDING * a.abs().max(b.abs())
}

fn equal(base: Option<f64>, new: Option<f64>) -> Decision {
    match base.zip(new) {
        None => Decision::CannotTell,
        Some((base, new)) if near(base, new) => Decision::Same(0.0),
        Some((base, new)) if new > base => Decision::More,
        Some(_) => Decision::Less,
    }
}

/// CPU time that is read in ticks is not known better than these.
fn interval(pair: &Pair<'_>, metric: Metric, arms: &Arms, level: f64) -> Option<Interval> {
    let interval = arms.interval(level)?;
    let cpu = metric.family().source.needs_server() && metric.unit() != Unit::Bytes;
    let error = if cpu { pair.base.cpu_error() + pair.new.cpu_error() } else { 0.0 };
    Some(interval.widened(error))
}

fn repeats(arms: &Arms) -> (usize, usize) {
    match arms {
        Arms::Apart(base, new) => (base.len(), new.len()),
        Arms::Paired(pairs) => (pairs.len(), pairs.len()),
    }
}

/// As many as there are did not do.
fn needed(arms: &Arms, level: f64) -> Option<u32> {
    let more = u32::try_from(arms.repeats() + 1).unwrap_or(u32::MAX);
    Some(enough(arms, level, MARGIN)?.max(more))
}

fn verdict(metric: Metric, decision: Decision) -> (&'static str, Change) {
    let (more, less) = match metric.family().source {
        Source::Times(Times::Age, _) => ("older", "fresher"),
        Source::Times(..) => ("slower", "faster"),
        _ => ("more", "less"),
    };
    let changes = if metric.more_is_better() {
        [Change::Better, Change::Worse]
    } else {
        [Change::Worse, Change::Better]
    };
    match decision {
        Decision::More => (more, changes[0]),
        Decision::Less => (less, changes[1]),
        Decision::Same(_) => ("same", Change::None),
        Decision::CannotTell => ("cannot tell", Change::Unknown),
    }
}

impl Row {
    /// Both values as text, in units of their own.
    pub fn values(&self) -> [Shown; 2] {
        [self.base, self.new].map(|value| alone(self.written, value))
    }
}
