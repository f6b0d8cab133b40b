//! What went wrong in a cell, or was left out by design, in a line of its own below the tables.
//!
//! It must not know a format; names inside are as they came, formats escape them. What quality checks find is said by
//! [`super::warnings`].

use super::names::carries_messages;
use crate::meter::reasons;
use crate::plan::Where;
use crate::results::{Cell, said};
use crate::scenario::{Load, Timing};
use crate::text::{Unit, grouped, text};

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
            "{} were overwritten by newer values (latest-value polling): its latencies are those of the others",
            share(counts.lost)
        ));
    }
    let counted = [
        (counts.duplicated, "duplicated"),
        (counts.reordered, "reordered"),
        (counts.altered, "altered"),
        (counts.invented, "invented by the server"),
        (counts.strangers, "of other clients"),
        (counts.leaked, "leaked to other groups"),
        (counts.missed_slots, "slots missed"),
        (counts.reconnects, "reconnects"),
        (unrecognised(cell), what_they_are(&cell.trial().load)),
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
fn unrecognised(cell: &Cell<'_>) -> u64 {
    let told = cell.trial().load.profile().timing == Timing::Nothing && cell.trial().transport.asks();
    if told { 0 } else { cell.tally().counts.unrecognised }
}

/// What a message without a stamp is called: where we send none, nobody expects one.
fn what_they_are(load: &Load) -> &'static str {
    if load.profile().stamped() { "messages without our stamp" } else { "messages of the server's own" }
}

/// A server of somebody else's that is sent messages and returns none was perhaps never meant to; where it has said why,
/// nobody need guess.
fn silence(cell: &Cell<'_>) -> Option<&'static str> {
    let (trial, counts) = (cell.trial(), &cell.tally().counts);
    let external = trial.load.profile().clients_send() && !matches!(trial.target, Where::Reference);
    let silent = counts.connected > 0
        && counts.sent > 0
        && counts.received + counts.delivered == 0
        && cell.tally().failures.reasons.is_empty();
    (external && silent).then_some(match counts.unrecognised {
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
