//! The places of a session's texts: each is one, and is there when it is needed.

use std::collections::BTreeSet;

use crate::keys::error::{Fault, Faults};
use crate::session::Session;
use crate::session::text::{self, NUMBER};

/// Says of every place in the session that is none where it stands in `text`.
pub(in crate::scenario) fn check(session: &Session, text: &str, faults: &Faults) {
    // A parameter may stand in a text before or after any step; where something is not saved yet is seen by its text.
    let saved: BTreeSet<&str> = session.saves().chain([NUMBER]).collect();
    session.parameters.values().for_each(|own| wrong(own, &saved, text, faults));
    let mut known: BTreeSet<&str> = session.parameters.keys().map(String::as_str).collect();
    known.insert(NUMBER);
    for step in &session.steps {
        step.texts().into_iter().for_each(|own| wrong(own, &known, text, faults));
        known.extend(step.saves().iter().map(|save| save.name.as_str()));
    }
    let beside = session.heartbeat.iter().map(|beat| &beat.send);
    let beside = beside.chain(session.answers.iter().map(|answer| &answer.send)).chain(&session.close);
    beside.for_each(|said| wrong(&said.text, &known, text, faults));
}

fn wrong(own: &str, known: &BTreeSet<&str>, text: &str, faults: &Faults) {
    for ((why, label), written) in text::wrong(own, &|name| known.contains(name)) {
        // As it stands in the file, where nothing is escaped.
        let at = text.find(written);
        let span = at.map(|at| at..at + written.len());
        let message = format!("a text {why}");
        let fault = span.map_or_else(|| Fault::missing(None, &message), |span| Fault::at(span, &message));
        faults.push(fault.label(label));
    }
}
