//! Holds the steps of a search, transport after transport: each is an ordinary trial, and what became of it tells
//! the ladder where to go.
//!
//! It must not know how the next size is found (`plan`'s ladder) or when a step passes (`results`).

use super::{Event, Run};
use crate::plan::{Ladder, Search, Trial};
use crate::results::{Capacity, Report, Step, Why};
use crate::transport::Transport;

/// Searches by every transport. Ends early, and in good order, on the word to stop.
pub(super) async fn search(search: &Search, run: &mut Run<'_>) {
    for transport in search.transports() {
        if run.stopped() {
            break;
        }
        let conditions = search.conditions(transport);
        run.report.capacity.push(Capacity::unknown(search.row_name(transport), search.over, conditions));
        climb(search, transport, run).await;
    }
}

/// All steps by one transport. The report is saved after each.
async fn climb(search: &Search, transport: &Transport, run: &mut Run<'_>) {
    let mut ladder = Ladder::new(search.range);
    while let Some(size) = ladder.next() {
        let number = next_number(run.report);
        let trial = search.trial(transport, size, number, ladder.tried());
        let nth = run.report.capacity.last().map_or(0, |capacity| capacity.steps.len());
        (run.tell)(Event::Step(&trial, nth, between(search, &ladder)));
        run.measure(&trial, &search.conditions(transport)).await;
        run.report.planned = u32::try_from(run.report.measurements.len()).unwrap_or(u32::MAX);
        if run.stopped() {
            // A step that was cut short says nothing about its size.
            run.save();
            return;
        }
        take(&mut ladder, run.report, &trial, size);
        run.save();
    }
}

/// The place of the next trial in the report.
fn next_number(report: &Report) -> u32 {
    u32::try_from(report.measurements.len() + report.failed.len()).unwrap_or(u32::MAX)
}

/// Tells the ladder and the report what became of a step.
fn take(ladder: &mut Ladder, report: &mut Report, trial: &Trial, size: f64) {
    let Some(conditions) = report.capacity.last().map(|capacity| capacity.conditions.clone()) else { return };
    let why = why_not(report, trial, &conditions);
    ladder.tell(why.is_none());
    if let Some(capacity) = report.capacity.last_mut() {
        capacity.step(Step { size, trial: trial.number, why }, ladder.bracket());
        capacity.finished = ladder.next().is_none();
    }
}

/// Why a trial that has ended does not pass; `None` when it does.
fn why_not(report: &Report, trial: &Trial, conditions: &[crate::scenario::Threshold]) -> Option<Why> {
    if let Some(measurement) = report.measurements.iter().find(|m| m.trial.number == trial.number) {
        return measurement.why_not(conditions);
    }
    let failed = report.failed.iter().find(|failed| failed.trial.number == trial.number);
    Some(Why::FailedToRun(failed.map_or_else(|| "it gave no measurement".to_owned(), |f| f.reason.clone())))
}

/// `8,000 to 16,000 clients`: where the limit lies, as far as is known.
fn between(search: &Search, ladder: &Ladder) -> String {
    let show = |size| search.over.show(size);
    match ladder.bracket() {
        (Some(passed), Some(failed)) => format!("{} passed, {} failed", show(passed), show(failed)),
        (Some(passed), None) => format!("{} passed, at most {}", show(passed), show(search.range.to)),
        _ => format!("from {} to {}", show(search.range.from), show(search.range.to)),
    }
}
