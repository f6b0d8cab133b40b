//! Runs a plan, trial after trial. It must not know how results are rendered; who calls it saves and draws.
//!
//! The coordinator's side of the conversations whose other ends are `shard` and `wsbench_targets::serve`.

mod against;
mod cores;
pub mod environment;
pub mod foreign;
pub mod identity;
mod process;
mod processes;
mod program;
mod reach;
mod search;
pub mod third_party;
mod trial;
mod usage;
pub mod verdict;

pub use against::{Interleaved, Other, against};
pub use program::Program;

use std::time::Instant;

use anyhow::Result;
use tokio::sync::watch;
use wsbench_targets::hist::Hist;

use crate::meter::Dials;
use crate::plan::{Plan, Trial};
use crate::results::{FailedTrial, Measurement, Report};
use crate::scenario::Threshold;
use crate::secret::redacted;

/// Commands of this program that load the machine.
pub const LOADING: [&str; 3] = ["run", "measure", "calibrate"];

/// What a run tells whoever watches it.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'a> {
    /// A trial begins: which, the how-many-eth of how many.
    Trial(&'a Trial, usize, usize),
    /// A trial of one of two arms begins: of which, which, the how-many-eth of how many.
    Turn(&'a str, &'a Trial, usize, usize),
    /// A step of a search begins: which trial, the how-many-eth step, and between which sizes the limit lies.
    Step(&'a Trial, usize, String),
    /// It enters a phase that takes so many seconds, if that is known.
    Phase(&'static str, Option<f64>),
    /// How far its clients are.
    Progress(Seen),
    /// It has ended: what came of it, if there was anything to measure.
    Ended(Option<&'a Measurement>),
    /// It could not be run; why.
    Failed(&'a str),
}

/// How far the clients of a trial are, all shards together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Clients connected.
    pub connected: u64,
    /// Messages arrived so far.
    pub arrived: u64,
    /// Failures so far.
    pub failures: u64,
    /// Connections tried so far.
    pub dials: Dials,
    /// Of the last interval of the window, a second or more; `None` before the first.
    pub latency: Option<Latency>,
    /// Of all its intervals so far.
    pub so_far: Option<Latency>,
}

/// Latencies in ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// The median; `None` where there are too few for one.
    pub p50: Option<u64>,
    /// What 99 % do not exceed, however few there are: something to watch, and no result.
    pub p99: Option<u64>,
}

impl Latency {
    fn of<'a>(shards: impl IntoIterator<Item = &'a Hist>) -> Option<Latency> {
        let mut all = Hist::default();
        shards.into_iter().for_each(|hist| all += hist);
        (all.count() > 0).then(|| Latency { p50: all.percentile(0.5), p99: all.tail() })
    }
}

/// Runs what `plan` says and adds it to `report`; `save` is called after every trial, and what it cannot save ends
/// nothing. Ends early, and in good order, when `stop` becomes true. A trial that cannot be run is no error: it stands in
/// the report with its reason.
pub async fn run(
    plan: &Plan,
    report: &mut Report,
    stop: watch::Receiver<bool>,
    tell: &dyn Fn(Event<'_>),
    save: &mut dyn FnMut(&Report),
) {
    #[allow(clippy::disallowed_methods, reason = "the length of a whole run, not a measurement")]
    let began = Instant::now();
    let mut run = Run { report, stop, tell, save, began };
    if let Some(search) = &plan.search {
        search::search(search, &mut run).await;
        return;
    }
    for (nth, trial) in plan.trials.iter().enumerate() {
        if run.stopped() {
            break;
        }
        tell(Event::Trial(trial, nth, plan.trials.len()));
        run.measure(trial, &plan.thresholds).await;
        run.save();
    }
}

/// A run under way.
struct Run<'a> {
    report: &'a mut Report,
    stop: watch::Receiver<bool>,
    tell: &'a dyn Fn(Event<'_>),
    save: &'a mut dyn FnMut(&Report),
    began: Instant,
}

impl Run<'_> {
    fn stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// Holds a trial, judged by what `thresholds` allow, and puts what came of it into the report.
    async fn measure(&mut self, trial: &Trial, thresholds: &[Threshold]) {
        let floor = self.report.environment.floor.as_ref().and_then(|floor| floor.of(trial));
        let outcome = trial::measure(trial, (floor, thresholds), &mut self.stop, self.tell).await;
        keep(self.report, trial, outcome, self.tell);
    }

    fn save(&mut self) {
        self.report.took_s = self.began.elapsed().as_secs_f64();
        self.report.interrupted = self.stopped();
        (self.save)(self.report);
    }
}

/// Puts what came of a trial into the report, in the order of the scenario.
fn keep(report: &mut Report, trial: &Trial, outcome: Result<Option<Measurement>>, tell: &dyn Fn(Event<'_>)) {
    match outcome {
        Ok(measurement) => {
            tell(Event::Ended(measurement.as_ref()));
            report.measurements.extend(measurement);
            report.measurements.sort_by_key(|m| m.trial.number);
        }
        Err(error) => {
            let reason = redacted(&format!("{error:#}"));
            tell(Event::Failed(&reason));
            report.failed.push(FailedTrial { trial: trial.shown(), reason });
            report.failed.sort_by_key(|f| f.trial.number);
        }
    }
}
