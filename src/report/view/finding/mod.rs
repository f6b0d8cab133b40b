//! What was found, as data that says itself in a sentence: in one run between its transports, in several between the runs, in
//! a search what the server sustains. Every claim is computed, and made only when the data carry it: trials that are invalid
//! are left out and said to be.
//!
//! It must not know a format; names inside are as they came.

mod capacity;
mod cost;
mod elsewhere;
mod pair;
mod traffic;
mod version;

use serde::Serialize;

pub use capacity::Sustained;
pub use cost::Cost;
pub use pair::{Pair, pairs};
pub use traffic::Traffic;

use super::choice::Take;
use super::names::{self, carries_messages, row};
use crate::results::{Cell, Report, Server, Status};
use crate::scenario::Metric;
use crate::text::{count, list};

/// One finding.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Which row to take where all that was measured counts alike.
    Take(Take),
    /// What bytes cost, per message, connection or time.
    Cost(Cost),
    /// Where messages are left out by design: traffic in all, and the age of values.
    Traffic(Traffic),
    /// The same row of two runs.
    Pair(pair::Compared),
    /// What a server sustains.
    Sustained(Sustained),
    /// Several runs have no row in common.
    NothingInCommon,
    /// Runs (their numbers) whose scenario or flags are not those of the first.
    OtherScenarios(Vec<usize>),
    /// Every trial is invalid.
    AllInvalid,
    /// Nothing was lost, repeated or altered, and nothing failed: in these rows, or in all where none is named.
    Clean(Vec<String>),
    /// So many rows of what is claimed are suspect.
    Suspect(usize),
    /// The server failed in so many rows of what is claimed.
    ServerFailed(usize),
    /// So many rows are left out as invalid.
    LeftOut(usize),
}

/// The findings of all runs, first what to `take`; none when nothing was measured.
pub fn findings(
    reports: &[Report],
    cells: &[Cell<'_>],
    baseline: Option<&str>,
    take: Option<Take>,
) -> Vec<Finding> {
    let mut all: Vec<Finding> = take.map(Finding::Take).into_iter().collect();
    all.extend(of_cells(reports, cells, baseline));
    all.extend(capacity::sustained(reports).map(Finding::Sustained));
    all
}

/// Of all runs but searches.
fn of_cells(reports: &[Report], cells: &[Cell<'_>], baseline: Option<&str>) -> Vec<Finding> {
    let sound: Vec<&Cell<'_>> = cells.iter().filter(|c| c.status() != Status::Invalid).collect();
    let mut all = match names::largest(&sound) {
        _ if cells.is_empty() => return vec![],
        _ if pair::several(cells) => between_runs(reports, cells),
        Some(block) => claimed(block, reports.len(), baseline),
        None => return vec![Finding::AllInvalid],
    };
    all.extend(clean(&sound, reports.len()));
    let left_out = cells.len() - sound.len();
    all.extend((left_out > 0).then_some(Finding::LeftOut(left_out)));
    all
}

/// What a block of one run claims, and what must be said of the rows that it rests on.
fn claimed(block: &[&Cell<'_>], runs: usize, baseline: Option<&str>) -> Vec<Finding> {
    let claims: Vec<Finding> = if block.iter().any(|cell| cell.overwritten().is_some()) {
        traffic::traffic(block, runs).into_iter().map(Finding::Traffic).collect()
    } else {
        cost::costs(block, runs, baseline).into_iter().map(Finding::Cost).collect()
    };
    let rows = if claims.is_empty() { &[] } else { block };
    with_reservations(claims, rows)
}

fn between_runs(reports: &[Report], cells: &[Cell<'_>]) -> Vec<Finding> {
    let pairs = pairs(cells);
    let told = pair::most_telling(&pairs);
    let mut all: Vec<Finding> = told.iter().filter_map(Pair::compared).map(Finding::Pair).collect();
    if pairs.is_empty() {
        all.push(Finding::NothingInCommon);
    }
    let mut rows: Vec<&Cell<'_>> = Vec::new();
    for cell in told.iter().flat_map(|pair| [pair.base, pair.other]) {
        // Several are compared with the same one.
        if !rows.iter().any(|other| std::ptr::eq(*other, cell)) {
            rows.push(cell);
        }
    }
    let mut all = with_reservations(all, &rows);
    let others = pair::other_scenarios(reports);
    all.extend((!others.is_empty()).then_some(Finding::OtherScenarios(others)));
    all
}

/// Numbers that may be off, or are those of a server that failed, are told all the same: whoever chooses by them must know.
fn with_reservations(mut claims: Vec<Finding>, rows: &[&Cell<'_>]) -> Vec<Finding> {
    let suspect = rows.iter().filter(|cell| cell.status() == Status::Suspect).count();
    let failed = rows.iter().filter(|cell| cell.server() == Server::Failed).count();
    claims.extend((suspect > 0).then_some(Finding::Suspect(suspect)));
    claims.extend((failed > 0).then_some(Finding::ServerFailed(failed)));
    claims
}

/// That nothing went wrong: in any row, or in those that leave nothing out. What is left out by design is no loss, and no proof
/// that there was none.
fn clean(sound: &[&Cell<'_>], runs: usize) -> Option<Finding> {
    let whole: Vec<&Cell<'_>> = sound.iter().copied().filter(|cell| cell.overwritten().is_none()).collect();
    let named = if whole.len() == sound.len() { &[] } else { &whole[..] };
    let mut rows: Vec<String> = Vec::new();
    for name in named.iter().map(|cell| row(cell, runs)) {
        if !rows.contains(&name) {
            rows.push(name);
        }
    }
    is_clean(&whole).then_some(Finding::Clean(rows))
}

/// Whether nothing went wrong in these rows.
fn is_clean(sound: &[&Cell<'_>]) -> bool {
    let messages: Vec<&&Cell<'_>> = sound.iter().filter(|c| carries_messages(&c.trial().load)).collect();
    let troubles = [
        Metric::Lost,
        Metric::Duplicated,
        Metric::Altered,
        Metric::Leaked,
        Metric::Invented,
        Metric::Failures,
    ];
    let any = |metric| messages.iter().any(|cell| cell.value(metric).is_some_and(|count| count > 0.0));
    let known = !messages.is_empty() && messages.iter().all(|cell| cell.tally().counts.sent > 0);
    known && !troubles.into_iter().any(any)
}

impl Finding {
    /// One or several sentences.
    pub fn sentence(&self) -> String {
        match self {
            Finding::Take(take) => take.sentence(),
            Finding::Cost(cost) => cost.sentence(),
            Finding::Traffic(traffic) => traffic.sentence(),
            Finding::Pair(pair) => pair.sentence(),
            Finding::Sustained(sustained) => sustained.sentence(),
            Finding::NothingInCommon => {
                "Nothing is compared: the runs share no valid trial of one transport and number of clients."
                    .into()
            }
            Finding::OtherScenarios(runs) => {
                let runs: Vec<String> = runs.iter().map(|run| format!("[{run}]")).collect();
                format!("The scenario or the flags of {} differ from those of [1].", runs.join(", "))
            }
            Finding::AllInvalid => "Nothing is claimed: every trial is invalid.".into(),
            Finding::Clean(rows) if rows.is_empty() => "Nothing was lost or duplicated.".into(),
            Finding::Clean(rows) => format!("By {} nothing was lost or duplicated.", list(rows)),
            Finding::Suspect(1) => "1 row of this is suspect.".into(),
            Finding::Suspect(rows) => format!("{} of this are suspect.", count(*rows, "row")),
            Finding::ServerFailed(rows) => format!("The server failed in {} of this.", count(*rows, "row")),
            Finding::LeftOut(rows) => format!("Left out as invalid: {}.", count(*rows, "row")),
        }
    }
}
