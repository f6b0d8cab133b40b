//! What must be said beside the numbers: warnings, losses, failures, handshakes. Plain sentences, each said once.
//!
//! It must not know a format; names inside are as they came, formats escape them.

use wsbench_targets::hist::Hist;

use super::runs::{carries_messages, row};
use crate::meter::{Flow, Tally, reasons};
use crate::plan::Where;
use crate::results::{Cell, Report, Severity, Status, said};
use crate::scenario::{Load, Timing};
use crate::text::{Unit, count, grouped, text};

/// A warning, said once for all trials that have it.
pub struct Said {
    /// How bad.
    pub severity: Severity,
    /// `shared-cores: generator and target share this machine's 2 cores`, with the trials when not all have it.
    pub text: String,
}

impl Severity {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Suspect => "suspect",
            Severity::Failed => "failed",
            Severity::Invalid => "invalid",
        }
    }
}

/// Every doubt of a run, the worst first; one line for a code, with the trials that have it.
pub fn doubts(report: &Report) -> Vec<Said> {
    let mut found: Vec<(Severity, &str, &str, bool, Vec<String>)> = Vec::new();
    let judged = report.judged();
    for measurement in &judged {
        for doubt in &measurement.verdict.doubts {
            // One trial may have several of a code, of several limits or directions: each is a line of its own.
            let same = found.iter_mut().find(|f| {
                f.0 == doubt.severity && f.1 == doubt.code && f.4.last() != Some(&measurement.label())
            });
            let Some((_, _, text, differs, trials)) = same else {
                found.push((doubt.severity, &doubt.code, &doubt.text, false, vec![measurement.label()]));
                continue;
            };
            *differs |= *text != doubt.text;
            trials.push(measurement.label());
        }
    }
    found.sort_by_key(|f| std::cmp::Reverse(f.0));
    let all = judged.len();
    let said = |(severity, code, text, differs, trials): (Severity, &str, &str, bool, Vec<String>)| Said {
        severity,
        text: format!("{code}: {text}{}", which(&trials, all, differs)),
    };
    found.into_iter().map(said).collect()
}

/// Nothing when all trials have it: what is true of the run needs no list.
fn which(trials: &[String], all: usize, differs: bool) -> String {
    let first = &trials[0];
    match trials.len() {
        1 => format!(" ({first})"),
        n if differs => format!(" ({first}; the like in {})", count(n - 1, "more trial")),
        n if n == all => String::new(),
        2 => format!(" ({})", trials.join("; ")),
        n => format!(" ({n} of {all} trials, the first: {first})"),
    }
}

/// Handshakes are in the price of each request then, and nobody would see it.
fn closed(cell: &Cell<'_>) -> Option<String> {
    let window = &cell.tally().traffic.window;
    // An upgrade is a request that takes its connection along.
    let stays = cell.trial().transport.asks() && !cell.trial().load.profile().connects();
    let each = stays && window.requests > 1 && window.connections * 2 > window.requests;
    let (connections, requests) = (grouped(window.connections), grouped(window.requests));
    let few = if window.connections < window.requests { "few were" } else { "none was" };
    let why = if cell.tally().failures.reasons.knows(reasons::UNASKED) {
        ": behind an answer came what was not asked for (is its Content-Length too short?)"
    } else {
        ""
    };
    each.then(|| format!("{connections} connections for {requests} requests: {few} kept alive{why}"))
}

/// The share of the window in which first messages may be awaited without a word.
const NOTHING_SHOWN: f64 = 0.01;

/// What went wrong in a cell, or was missed by design; nothing when all is well. Over all repeats.
pub fn troubles(cell: &Cell<'_>) -> Vec<String> {
    let (tally, counts) = (cell.tally(), &cell.tally().counts);
    let mut troubles = Vec::new();
    let share = |n: u64| text(Unit::Ratio, n as f64 / counts.sent.max(1) as f64);
    let what = if carries_messages(&cell.trial().load) { "messages" } else { "connections" };
    if counts.lost > 0 && cell.trial().transport.keeps_all() {
        troubles.push(format!(
            "lost {} of {} {what} ({})",
            grouped(counts.lost),
            grouped(counts.sent),
            share(counts.lost)
        ));
    } else if counts.lost > 0 && counts.delivered > 0 {
        troubles.push(format!(
            "missed {} by design (reply = latest): its latencies are those of the others",
            share(counts.lost)
        ));
    }
    let counted = [
        (counts.duplicated, "duplicated"),
        (counts.reordered, "reordered"),
        (counts.altered, "altered"),
        (counts.invented, "invented by the server"),
        (counts.strangers, "of other clients"),
        (counts.missed_slots, "slots missed"),
        (counts.reconnects, "reconnects"),
        (foreign_messages(cell), foreign(&cell.trial().load)),
    ];
    troubles.extend(counted.iter().filter(|c| c.0 > 0).map(|(n, what)| format!("{} {what}", grouped(*n))));
    if tally.failures.total() > 0 {
        troubles.push(format!("failures: {}", said(&tally.failures)));
    }
    troubles.extend(nothing_shown(cell));
    troubles.extend(closed(cell));
    troubles.extend(silence(cell).map(str::to_owned));
    troubles.extend(answers(cell));
    let failed: u64 = cell.repeats.iter().filter_map(|m| Some(m.published.as_ref()?.failed)).sum();
    if failed > 0 {
        troubles.push(format!("the publisher could not send {} messages", grouped(failed)));
    }
    if counts.connected < counts.clients {
        let missing = counts.clients - counts.connected;
        troubles.push(format!("{} of {} clients not connected", grouped(missing), grouped(counts.clients)));
    }
    if tally.latency.saturated() > 0 {
        troubles.push(format!("{} latencies over 1 h, shown as 1 h", grouped(tally.latency.saturated())));
    }
    troubles
}

/// Clients to whom nothing had come in a part of the window have no age then: an age of the others alone.
fn nothing_shown(cell: &Cell<'_>) -> Option<String> {
    let share = cell.tally().age.blank_share().filter(|share| *share > NOTHING_SHOWN)?;
    Some(format!(
        "clients had nothing to display for {} of the time, which is in no age",
        text(Unit::Ratio, share)
    ))
}

/// Messages without a stamp. What is answered while nobody is to say anything is told by [`answers`].
fn foreign_messages(cell: &Cell<'_>) -> u64 {
    let told = cell.trial().load.profile().timing == Timing::Nothing && cell.trial().transport.asks();
    if told { 0 } else { cell.tally().counts.foreign }
}

/// What a message without a stamp is called: where we send none, nobody expects one.
fn foreign(load: &Load) -> &'static str {
    if load.profile().stamped() { "messages without our stamp" } else { "messages of the server's own" }
}

/// A server of somebody else's that is sent messages and returns none was perhaps never meant to; where it has said why,
/// nobody need guess.
fn silence(cell: &Cell<'_>) -> Option<&'static str> {
    let (trial, counts) = (cell.trial(), &cell.tally().counts);
    let foreign = trial.load.profile().clients_send() && !matches!(trial.target, Where::Reference);
    let silent = counts.connected > 0
        && counts.sent > 0
        && counts.received + counts.delivered == 0
        && cell.tally().failures.reasons.is_empty();
    (foreign && silent).then_some(match counts.foreign {
        0 => "nothing came back: does this server echo? [load.listen] (`--load listen`) only receives",
        _ => {
            "nothing came back with our stamp: does this server echo what it is sent? \
             [load.listen] (`--load listen`) only receives"
        }
    })
}

/// How many answers of a server that we send nothing brought something new, where it was asked.
fn answers(cell: &Cell<'_>) -> Option<String> {
    let answers = cell.tally().traffic.window.responses;
    let trial = cell.trial();
    let listens = match trial.load.profile().timing {
        Timing::Gap => true,
        Timing::Nothing => !matches!(trial.target, Where::Reference),
        Timing::Delivery | Timing::RoundTrip | Timing::Connection => false,
    };
    let asked = listens && trial.transport.asks() && answers > 0;
    let new = answers.saturating_sub(cell.tally().counts.empty_polls);
    asked.then(|| format!("{} of {} answers brought something new", grouped(new), grouped(answers)))
}

/// (percentile that tables show, its name, how many it takes): 10 / (1 - p), of which ten lie above.
const NEEDED: [(f64, &str, &str); 2] = [(0.5, "p50", "20"), (0.99, "p99", "1,000")];

/// Why a table has no number for a percentile: too few samples. `None` when it has all, or nothing was timed.
pub fn too_few(cells: &[&Cell<'_>]) -> Option<String> {
    let load = &cells.first()?.trial().load;
    let each = |of: fn(&Tally) -> &Hist| cells.iter().map(move |cell| of(cell.tally()));
    let response = || lacking(each(|tally| &tally.response), "requests");
    let latency = |what| lacking(each(|tally| &tally.latency), what);
    legend(&match load.profile().timing {
        Timing::Nothing => response(),
        Timing::Connection => latency("connections"),
        Timing::RoundTrip => latency("echoes"),
        Timing::Gap => [lacking(each(|tally| &tally.gap), "messages"), response()].concat(),
        Timing::Delivery => latency("messages"),
    })
}

/// The same for the steps of a search.
pub fn too_few_in_steps(report: &Report) -> Option<String> {
    let messages = report.measurements.first().is_none_or(|m| carries_messages(&m.trial.load));
    let each = |of: fn(&Tally) -> &Hist| report.measurements.iter().map(move |m| of(&m.tally));
    legend(&match messages {
        true => lacking(each(|tally| &tally.latency), "messages"),
        false => lacking(each(|tally| &tally.connect), "connections"),
    })
}

/// What the marks in the rows of a search mean, where there are any.
pub fn marks_of_steps(report: &Report) -> Vec<String> {
    let steps = || report.capacity.iter().flat_map(|capacity| &capacity.steps);
    let mut codes: Vec<&str> = steps()
        .filter(|step| step.why.is_none())
        .filter_map(|step| report.measurements.iter().find(|m| m.trial.number == step.trial))
        .filter(|m| m.verdict.status() == Status::Suspect)
        .flat_map(|m| m.verdict.doubts.iter().filter(|doubt| doubt.severity == Severity::Suspect))
        .map(|doubt| doubt.code.as_str())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    let doubted = format!("?: it passed, and is doubted ({}); results.json says why.", codes.join(", "));
    let failed = "✗: the try failed.".to_owned();
    let marks = [(!codes.is_empty(), doubted), (steps().any(|step| step.why.is_some()), failed)];
    marks.into_iter().filter(|(there, _)| *there).map(|(_, mark)| mark).collect()
}

/// `p99 needs 1,000 messages`, for each percentile that one of these lacks.
fn lacking<'a>(hists: impl Iterator<Item = &'a Hist>, what: &str) -> Vec<String> {
    let timed: Vec<&Hist> = hists.filter(|hist| hist.count() > 0).collect();
    let missing = |p: f64| timed.iter().any(|hist| hist.percentile(p).is_none());
    let needs = NEEDED.iter().filter(|(p, _, _)| missing(*p));
    needs.map(|(_, name, count)| format!("{name} needs {count} {what}")).collect()
}

fn legend(needs: &[String]) -> Option<String> {
    (!needs.is_empty()).then(|| format!("-: too few samples; {}.", needs.join(", ")))
}

/// Where a run's server by URL was found; `None` for a reference target.
pub fn whereabouts(report: &Report) -> Option<String> {
    let found = report.measurements.iter().find_map(|m| match &m.trial.target {
        Where::Url(url) => Some((url, m.address?)),
        Where::Reference | Where::ThirdParty(_) => None,
    });
    found.map(|(url, address)| format!("Measured at {url}, found at {address}."))
}

/// Bytes a connection of the connect phase, transport by transport; `None` when none was counted.
pub fn handshakes(cells: &[Cell<'_>]) -> Option<String> {
    let each = bytes_each(cells, |cell| {
        let phase = &cell.tally().traffic.connect;
        (Flow::attributed(&phase.up) + Flow::attributed(&phase.down), phase.connections)
    });
    each.map(|each| format!("Handshakes, not counted above, a connection: {each}."))
}

/// What the kernel held for sockets; `None` where nobody knows, or it was nothing.
pub fn socket_memory(cells: &[Cell<'_>]) -> Option<String> {
    let each = bytes_each(cells, |cell| {
        let known = cell.repeats.iter().filter_map(|m| Some((m.socket_memory?, m.trial.clients.into())));
        known.fold((0, 0), |(bytes, clients), one: (u64, u64)| (bytes + one.0, clients + one.1))
    });
    let some = cells.iter().flat_map(|cell| &cell.repeats).any(|m| m.socket_memory > Some(0));
    each.filter(|_| some).map(|each| {
        format!(
            "Kernel memory of TCP sockets, per client, of both ends where both are here (counted for the whole machine, to 1 \
             MiB a core): {each}."
        )
    })
}

/// `polling 1s 930 B, websocket 23 B`: bytes by what they are of, for each row that has any of it, all its sizes together.
fn bytes_each(cells: &[Cell<'_>], of: impl Fn(&Cell<'_>) -> (u64, u64)) -> Option<String> {
    let runs = cells.iter().map(|cell| cell.run + 1).max().unwrap_or(0);
    let mut rows: Vec<(String, u64, u64)> = Vec::new();
    for cell in cells {
        let (label, (bytes, parts)) = (row(cell, runs), of(cell));
        match rows.iter_mut().find(|row| row.0 == label) {
            Some(row) => (row.1, row.2) = (row.1 + bytes, row.2 + parts),
            None => rows.push((label, bytes, parts)),
        }
    }
    let rows = rows.into_iter().filter(|(_, _, parts)| *parts > 0);
    let each: Vec<String> = rows
        .map(|(label, bytes, parts)| format!("{label} {}", text(Unit::Bytes, bytes as f64 / parts as f64)))
        .collect();
    (!each.is_empty()).then(|| each.join(", "))
}
