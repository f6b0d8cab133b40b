//! What the latency charts are about: it depends on the load, and so do their words.
//!
//! It must not know how curves are drawn.

use wsbench_targets::hist::Hist;

use super::series::{Cell, Series};
use crate::results::Measurement;
use crate::scenario::Timing;

/// What was timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timed {
    /// Push and broadcast: from due to arrival.
    Delivery,
    /// Echo: from due to its return.
    RoundTrip,
    /// Connect: from due to a usable connection.
    Connection,
    /// No message came, but requests were answered.
    Response,
    /// Listen: from one message of a client to its next.
    Gap,
}

impl Timed {
    /// What these series have timed.
    pub fn of(all: &[Series<'_>]) -> Timed {
        let runs = || all.iter().flat_map(|series| &series.cells).flat_map(|cell| &cell.runs);
        let none = |of: fn(&Measurement) -> &Hist| runs().all(|run| of(run).count() == 0);
        if !none(|m| &m.tally.gap) {
            return Timed::Gap;
        }
        if none(|m| &m.tally.latency) && !none(|m| &m.tally.response) {
            return Timed::Response;
        }
        match runs().next().map(|run| run.trial.load.profile().timing) {
            Some(Timing::RoundTrip) => Timed::RoundTrip,
            Some(Timing::Connection) => Timed::Connection,
            Some(Timing::Delivery | Timing::Gap | Timing::Nothing) | None => Timed::Delivery,
        }
    }

    /// The times of a cell, all repeats merged.
    pub fn hist(self, cell: &Cell<'_>) -> Hist {
        let mut sum = Hist::default();
        for run in &cell.runs {
            sum += match self {
                Timed::Response => &run.tally.response,
                Timed::Gap => &run.tally.gap,
                Timed::Delivery | Timed::RoundTrip | Timed::Connection => &run.tally.latency,
            };
        }
        sum
    }

    /// How many there should have been; what is missing was lost. Requests that failed are counted elsewhere.
    pub fn due(self, cell: &Cell<'_>) -> u64 {
        let due = |run: &&Measurement| if self == Timed::Response { 0 } else { run.tally.counts.sent };
        cell.runs.iter().map(due).sum()
    }

    /// `Delivery latency`.
    pub fn title(self) -> &'static str {
        match self {
            Timed::Delivery => "Delivery latency",
            Timed::RoundTrip => "Round-trip latency",
            Timed::Connection => "Time to a usable connection",
            Timed::Response => "Response latency",
            Timed::Gap => "Time between messages",
        }
    }

    /// From when to when.
    pub fn span(self) -> &'static str {
        match self {
            Timed::Delivery => "from due to arrival",
            Timed::RoundTrip => "from due to its return",
            Timed::Connection => "from due to usable",
            Timed::Response => "from its slot to the whole answer",
            Timed::Gap => "from one message of a client to its next",
        }
    }

    /// What there were many of.
    pub fn things(self) -> &'static str {
        match self {
            Timed::Delivery => "messages",
            Timed::RoundTrip => "echoes",
            Timed::Connection => "connections",
            Timed::Response => "requests",
            Timed::Gap => "messages",
        }
    }

    /// One of them, as it ends up in a sum of bytes.
    pub fn one(self) -> &'static str {
        match self {
            Timed::Delivery => "delivered message",
            Timed::RoundTrip => "echo",
            Timed::Connection => "connection",
            Timed::Response => "request",
            Timed::Gap => "message received",
        }
    }

    /// What is counted a second, of those above.
    pub fn rate(self) -> &'static str {
        match self {
            Timed::RoundTrip => "echoes received per second",
            Timed::Connection => "connections per second",
            Timed::Delivery | Timed::Response | Timed::Gap => "messages received per second",
        }
    }

    /// What they did, in time.
    pub fn done(self) -> &'static str {
        match self {
            Timed::Delivery => "arrive",
            Timed::RoundTrip => "are back",
            Timed::Connection => "are usable",
            Timed::Response => "are answered",
            Timed::Gap => "have come",
        }
    }
}
