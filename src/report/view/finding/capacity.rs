//! What a capacity search found, in a sentence for each transport.
//!
//! It must not know a format; names inside are as they came. Its table is [`super::super::search`]'s.

use serde::Serialize;

use super::super::names::number;
use super::super::{search, thresholds, why};
use crate::plan::Trial;
use crate::results::{Capacity, Report};
use crate::scenario::Over;
use crate::text::{list, time};

/// What a server sustains by one transport.
#[derive(Debug, Serialize)]
pub struct Sustained {
    /// `[2] ` where there are several runs.
    run: String,
    transport: String,
    answer: Answer,
    /// What every client does: ` at a message every 1 s each`; empty where nothing is to be said.
    load: String,
    /// What had to hold: ` with latency.p99 at most 50 ms`.
    within: String,
    /// Why the smallest number that failed did; empty where none did.
    why: String,
    /// That not all trials had as many processes, where that is so: they are not quite alike. `1 to 2 generator processes`.
    processes: Vec<String>,
}

/// Amounts with how many of their tries passed: `12,000 clients (2 of 3 tries passed)`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    /// Stopped before anything passed.
    Stopped,
    /// Stopped while this passed.
    SoFar(String),
    /// The generator failed at the first.
    Unknown(String),
    /// Not even the first passed; then where it failed.
    Fewer(String, String),
    /// The search went no further.
    AtLeast(String),
    /// The generator went no further; then where it failed.
    AtLeastUntil(String, String),
    /// What passed and what failed, and the bare number of the latter.
    Between(String, String, String),
}

/// One for each transport of each search.
pub fn sustained(reports: &[Report]) -> impl Iterator<Item = Sustained> {
    let of = move |(run, report): (usize, &'_ Report)| {
        let number = number(run, reports.len());
        report.capacity.iter().map(|capacity| one(report, capacity, &number)).collect::<Vec<_>>()
    };
    reports.iter().enumerate().flat_map(of)
}

fn one(report: &Report, capacity: &Capacity, number: &str) -> Sustained {
    let (transport, over) = (capacity.transport.clone(), capacity.over);
    let trial = report.measurements.iter().map(|m| &m.trial).find(|trial| trial.row_name() == transport);
    let conditions: Vec<String> = capacity.conditions.iter().map(thresholds::must_hold).collect();
    let within =
        if conditions.is_empty() { String::new() } else { format!(" with {}", conditions.join(" and ")) };
    Sustained {
        run: number.to_owned(),
        transport,
        answer: answer(capacity),
        load: trial.map_or_else(String::new, |trial| load(over, trial)),
        within,
        why: capacity.why.as_ref().map_or_else(String::new, why::at_length),
        processes: processes(report, capacity),
    }
}

fn processes(report: &Report, capacity: &Capacity) -> Vec<String> {
    let trials = || capacity.steps.iter().filter_map(|step| Some(&search::measured(report, step)?.trial));
    let range = |of: fn(&Trial) -> u32, whose: &str| {
        let (least, most) = (trials().map(of).min()?, trials().map(of).max()?);
        (least < most).then(|| format!("{least} to {most} {whose} processes"))
    };
    let shards = range(|trial| trial.shards, "generator");
    shards.into_iter().chain(range(|trial| trial.targets, "server")).collect()
}

fn answer(capacity: &Capacity) -> Answer {
    let over = capacity.over;
    let passed = |size| format!("{} ({} tries passed)", over.show(size), search::of_tries(capacity, size));
    let failed = |size| format!("{} ({})", search::bare(over, size), search::of_tries(capacity, size));
    match (capacity.passed, capacity.failed_at, capacity.finished) {
        (None, None, _) => Answer::Stopped,
        (Some(held), _, false) => Answer::SoFar(passed(held)),
        (None, Some(at), _) if capacity.ended_by_the_generator() => Answer::Unknown(failed(at)),
        (None, Some(at), _) => Answer::Fewer(over.show(at), failed(at)),
        (Some(held), None, true) => Answer::AtLeast(passed(held)),
        (Some(held), Some(at), true) if capacity.at_least() => Answer::AtLeastUntil(passed(held), failed(at)),
        (Some(held), Some(at), true) => Answer::Between(passed(held), failed(at), search::bare(over, at)),
    }
}

/// What every client does while the search raises something else.
fn load(over: Over, trial: &Trial) -> String {
    match (over, trial.load.profile().interval) {
        (Over::Rate, _) => format!(" for each of {}", Over::Clients.show(f64::from(trial.clients))),
        (Over::Clients, Some(every)) => format!(" at a message every {} each", time(every)),
        (Over::Clients, None) => String::new(),
    }
}

impl Sustained {
    /// In a sentence.
    pub fn sentence(&self) -> String {
        let Sustained { run, transport, load, within, why, .. } = self;
        let said = match &self.answer {
            Answer::Stopped => "the search was stopped before anything passed".to_owned(),
            Answer::SoFar(passed) => format!("{passed} passed{load}{within} when the search was stopped"),
            Answer::Unknown(at) => format!("nothing is known of this server: at {at} {why}"),
            Answer::Fewer(most, at) => format!("this server sustains fewer than {most}{load}: at {at} {why}"),
            Answer::AtLeast(passed) => {
                format!("this server sustains at least {passed}{load}{within}: the search went no further")
            }
            Answer::AtLeastUntil(passed, at) => {
                format!("this server sustains at least {passed}{load}{within}; at {at} {why}")
            }
            Answer::Between(passed, failed, at) => {
                format!("this server sustains {passed} and not {failed}{load}{within}: at {at} {why}")
            }
        };
        let processes = match &*self.processes {
            [] => String::new(),
            some => format!(" Its trials had {}.", list(some)),
        };
        format!("{run}By {transport} {said}.{processes}")
    }
}
