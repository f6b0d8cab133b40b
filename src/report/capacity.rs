//! What a search found, in words and rows: the terminal, Markdown, CSV and the finding come here.
//!
//! It must not know a format; names inside are as they came, formats escape them.

use super::runs::carries_messages;
use crate::plan::Trial;
use crate::results::{Capacity, Measurement, Outcome, Report, Status, Step, Why};
use crate::scenario::units::show_duration;
use crate::scenario::{Metric, Over};
use crate::text::table::Head;
use crate::text::{Shown, shared, show, text};

/// Whether the run was a search.
pub fn is_search(report: &Report) -> bool {
    !report.capacity.is_empty()
}

/// What a transport sustains, for a row of a table.
pub struct Found {
    /// The transport's label.
    pub transport: String,
    /// `12,000 (2 of 3)`, `at least 20,000 (2 of 2)`, `under 100`: with how many of its tries passed.
    pub held: String,
    /// `13,500 (0 of 2)`, or `-`.
    pub failed: String,
    /// `latency.p99 80 ms`.
    pub why: String,
}

/// What was found, for a row.
pub fn found(capacity: &Capacity) -> Found {
    let show = |size: f64| format!("{} ({})", bare(capacity.over, size), of_tries(capacity, size));
    let held = match (capacity.held, capacity.failed_at) {
        (Some(held), _) if capacity.at_least() => format!("at least {}", show(held)),
        (Some(held), _) => show(held),
        (None, Some(_)) if capacity.ended_by_the_generator() => "-".to_owned(),
        (None, Some(failed)) => format!("under {}", bare(capacity.over, failed)),
        (None, None) => "-".to_owned(),
    };
    let stopped = if capacity.finished { "" } else { "stopped before the end" };
    Found {
        transport: capacity.transport.clone(),
        held,
        failed: capacity.failed_at.map_or_else(|| "-".to_owned(), show),
        why: capacity.why.as_ref().map_or_else(|| stopped.to_owned(), in_short),
    }
}

/// `2 of 3`: how many tries of a size passed.
fn of_tries(capacity: &Capacity, size: f64) -> String {
    let (passed, of) = capacity.tries(size);
    format!("{passed} of {of}")
}

/// `12,000`; a rate keeps its unit.
fn bare(over: Over, size: f64) -> String {
    let text = over.show(size);
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// What stands over the sizes of a search.
pub fn unit(report: &Report) -> &'static str {
    match report.capacity.first().map(|capacity| capacity.over) {
        Some(Over::Rate) => "messages/s and client",
        _ => "clients",
    }
}

fn in_short(why: &Why) -> String {
    match why {
        Why::Crossed(outcome) => value(outcome, " "),
        Why::Invalid(doubt) => format!("invalid: {}", doubt.split(':').next().unwrap_or_default()),
        Why::Failed(check) => format!("server failed: {}", check.split(':').next().unwrap_or_default()),
        Why::NotHeld(reason) => format!("not held: {reason}"),
    }
}

/// `latency.p99 was 80 ms`; of too few samples for that, `latency.max was 80 ms`.
fn value(Outcome { threshold, value, largest, .. }: &Outcome, verb: &str) -> String {
    let (name, unit) = (threshold.metric.name(), threshold.metric.unit());
    match value {
        Some(value) if *largest => {
            let (of, _) = name.split_once('.').unwrap_or((name, ""));
            format!("{of}.max{verb}{} (too few samples for {name})", text(unit, *value))
        }
        Some(value) => format!("{name}{verb}{}", text(unit, *value)),
        None => format!("{name}{verb}not measured"),
    }
}

/// A sentence for each transport of each search; with the number of the run when there are several.
pub fn sentences(reports: &[Report]) -> Vec<String> {
    let of = |(run, report): (usize, &Report)| {
        let number = if reports.len() > 1 { format!("[{}] ", run + 1) } else { String::new() };
        let each = report.capacity.iter().map(|capacity| number.clone() + &sentence(report, capacity));
        each.collect::<Vec<_>>()
    };
    reports.iter().enumerate().flat_map(of).collect()
}

fn sentence(report: &Report, capacity: &Capacity) -> String {
    let (name, over) = (&capacity.transport, capacity.over);
    let trial = report.measurements.iter().map(|m| &m.trial).find(|t| t.way() == *name);
    let load = trial.map_or_else(String::new, |t| load(over, t));
    let (given, split) = (load.clone() + &within(capacity), split(report, capacity));
    let passed = |size| format!("{} ({} tries passed)", over.show(size), of_tries(capacity, size));
    let failed = |at| format!("{} ({})", bare(over, at), of_tries(capacity, at));
    let why = capacity.why.as_ref().map_or_else(String::new, at_length);
    let said = match (capacity.held, capacity.failed_at, capacity.finished) {
        (None, None, _) => format!("By {name} the search was stopped before anything passed."),
        (Some(held), _, false) => {
            format!("By {name} {}{given} held when the search was stopped.", passed(held))
        }
        (None, Some(at), _) if capacity.ended_by_the_generator() => {
            format!("By {name} nothing is known of this server: at {} {why}.", failed(at))
        }
        (None, Some(at), _) => {
            format!(
                "By {name} this server sustains fewer than {}{load}: at {} {why}.",
                over.show(at),
                failed(at)
            )
        }
        (Some(held), None, true) => {
            let most = passed(held);
            format!("By {name} this server sustains at least {most}{given}: the search went no further.")
        }
        (Some(held), Some(at), true) if capacity.at_least() => {
            format!(
                "By {name} this server sustains at least {}{given}; at {} {why}.",
                passed(held),
                failed(at)
            )
        }
        (Some(held), Some(at), true) => {
            let (held, at) = (passed(held), failed(at));
            format!(
                "By {name} this server sustains {held} and not {at}{given}: {}.",
                at_failure(capacity, &why)
            )
        }
    };
    said + &split
}

/// `at 8,000 latency.p99 was 80 ms`.
fn at_failure(capacity: &Capacity, why: &str) -> String {
    capacity.failed_at.map_or_else(String::new, |at| format!("at {} {why}", bare(capacity.over, at)))
}

/// That not all sizes were held by as many processes, where that is so: they are not quite alike.
fn split(report: &Report, capacity: &Capacity) -> String {
    let trials = || capacity.steps.iter().filter_map(|step| Some(&measured(report, step)?.trial));
    let range = |of: fn(&Trial) -> u32| {
        let (least, most) = (trials().map(of).min()?, trials().map(of).max()?);
        (least < most).then(|| format!("{least} to {most}"))
    };
    let shards = range(|trial| trial.shards).map(|range| range + " generator processes");
    let targets = range(|trial| trial.targets).map(|range| range + " server processes");
    let all: Vec<String> = shards.into_iter().chain(targets).collect();
    if all.is_empty() { String::new() } else { format!(" Its sizes were held by {}.", all.join(" and ")) }
}

fn at_length(why: &Why) -> String {
    match why {
        Why::Crossed(outcome) => value(outcome, " was "),
        Why::Invalid(doubt) if why.of_the_generator() => {
            format!("it was the generator that had enough ({doubt})")
        }
        Why::Invalid(doubt) => format!("the numbers could not be believed ({doubt})"),
        Why::Failed(check) => format!("the server failed ({check})"),
        Why::NotHeld(reason) => format!("the trial could not be held ({reason})"),
    }
}

/// ` with latency.p99 at most 50 ms and lost.ratio at most 0 %`.
fn within(capacity: &Capacity) -> String {
    let each: Vec<String> = capacity.conditions.iter().map(super::terminal::limit).collect();
    if each.is_empty() { String::new() } else { format!(" with {}", each.join(" and ")) }
}

/// What every client does while the sizes change.
fn load(over: Over, trial: &Trial) -> String {
    match (over, trial.load.profile().interval) {
        (Over::Rate, _) => format!(" for each of {}", Over::Clients.show(f64::from(trial.clients))),
        (Over::Clients, Some(every)) => format!(" at a message every {} each", show_duration(every)),
        (Over::Clients, None) => String::new(),
    }
}

/// The step's measurement, if it could be held.
pub fn measured<'a>(report: &'a Report, step: &Step) -> Option<&'a Measurement> {
    report.measurements.iter().find(|m| m.trial.number == step.trial)
}

/// Columns of the table of steps.
const WITH_MESSAGES: [(Head, Metric); 5] = [
    (("delivery latency", "p50"), Metric::LatencyP50),
    (("delivery latency", "p99"), Metric::LatencyP99),
    (("messages", "lost"), Metric::LostRatio),
    (("server", "CPU"), Metric::TargetCpu),
    (("generator", "CPU"), Metric::HarnessCpu),
];
const WITHOUT: [(Head, Metric); 5] = [
    (("connecting", "p50"), Metric::ConnectP50),
    (("connecting", "p99"), Metric::ConnectP99),
    (("all", "failures"), Metric::Failures),
    (("server", "CPU"), Metric::TargetCpu),
    (("generator", "CPU"), Metric::HarnessCpu),
];

/// What the steps of a run show.
pub fn columns(report: &Report) -> [(Head, Metric); 5] {
    let messages = report.measurements.first().is_none_or(|m| carries_messages(&m.trial.load));
    if messages { WITH_MESSAGES } else { WITHOUT }
}

/// A line of the table of tries: its size, how it ended, its numbers.
pub struct Line {
    /// `1,600`.
    pub size: String,
    /// Whether the try passed.
    pub held: bool,
    /// Its verdict; `None` when there was nothing to judge.
    pub status: Option<Status>,
    /// One a column.
    pub cells: Vec<Shown>,
}

/// The steps of one transport, in the order of their sizes; tries of one size in their own order.
pub fn lines(report: &Report, capacity: &Capacity) -> Vec<Line> {
    let columns = columns(report);
    let scales = columns
        .map(|(_, metric)| shared(metric.unit(), report.measurements.iter().filter_map(|m| m.value(metric))));
    let mut steps: Vec<&Step> = capacity.steps.iter().collect();
    steps.sort_by(|a, b| a.size.total_cmp(&b.size));
    let line = |step: &Step| {
        let found = measured(report, step);
        let value = |metric| found.and_then(|m| m.value(metric));
        let shown = columns.iter().zip(&scales);
        let cells = shown.map(|((_, metric), scale)| show(metric.unit(), value(*metric), *scale));
        let status = found.map(|m| m.verdict.status());
        Line {
            size: bare(capacity.over, step.size),
            held: step.why.is_none(),
            status,
            cells: cells.collect(),
        }
    };
    steps.into_iter().map(line).collect()
}
