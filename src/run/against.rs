//! Two arms whose trials alternate. Each has a report of its own, and the two share the name of the alternation: they are
//! compared as pairs.
//!
//! It must not know what differs between them, nor how they are compared. Its other end is `plan::turns`.

use anyhow::Result;
use tokio::sync::watch;

use super::program::Program;
use super::{Event, keep, trial};
use crate::plan::{BASE, Trial, Turn};
use crate::results::{Measurement, Report};
use crate::scenario::Threshold;

/// Who runs the trials of the base.
#[derive(Clone, Copy)]
pub enum Other<'a> {
    /// This program, as those of the new arm.
    Here,
    /// Another program of wsbench.
    Program(&'a Program),
}

/// What alternates.
pub struct Interleaved<'a> {
    /// In order.
    pub turns: &'a [Turn],
    /// Who runs those of the base.
    pub base: Other<'a>,
    /// What must hold in each arm.
    pub thresholds: [&'a [Threshold]; 2],
    /// What each arm is called while it runs.
    pub names: [&'a str; 2],
}

/// Runs all turns and adds them to the arms' reports; `save` is called after each, as in [`super::run`]. Ends early, and in good
/// order, when `stop` becomes true.
pub async fn against(
    what: &Interleaved<'_>,
    reports: &mut [Report; 2],
    mut stop: watch::Receiver<bool>,
    tell: &dyn Fn(Event<'_>),
    save: &mut dyn FnMut(&[Report; 2]),
) {
    #[allow(clippy::disallowed_methods, reason = "the length of a whole run, not a measurement")]
    let began = std::time::Instant::now();
    for (nth, Turn { arm, trial }) in what.turns.iter().enumerate() {
        if *stop.borrow() {
            break;
        }
        tell(Event::Turn(what.names[*arm], trial, nth, what.turns.len()));
        let report = &mut reports[*arm];
        let outcome = match what.base {
            Other::Program(program) if *arm == BASE => elsewhere(program, trial, report, &mut stop).await,
            _ => here(trial, report, what.thresholds[*arm], &mut stop, tell).await,
        };
        keep(report, trial, outcome, tell);
        for report in reports.iter_mut() {
            report.took_s = began.elapsed().as_secs_f64();
            report.interrupted = *stop.borrow();
        }
        save(reports);
    }
}

async fn here(
    trial: &Trial,
    report: &Report,
    thresholds: &[Threshold],
    stop: &mut watch::Receiver<bool>,
    tell: &dyn Fn(Event<'_>),
) -> Result<Option<Measurement>> {
    let floor = report.environment.floor.as_ref().and_then(|floor| floor.of(trial));
    trial::measure(trial, (floor, thresholds), stop, tell).await
}

/// Its environment is that of who measured it: another version, perhaps built otherwise.
async fn elsewhere(
    program: &Program,
    trial: &Trial,
    report: &mut Report,
    stop: &mut watch::Receiver<bool>,
) -> Result<Option<Measurement>> {
    let found = program.measure(trial, stop).await?;
    Ok(found.map(|(measurement, environment)| {
        report.environment = environment;
        measurement
    }))
}
