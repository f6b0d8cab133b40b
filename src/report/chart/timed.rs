//! What the latency charts are about: it depends on the load, and so do their words.
//!
//! It must not know how curves are drawn.

use wsbench_targets::hist::Hist;

use super::series::Subject;
use crate::meter::Tally;
use crate::scenario::Timing;

/// What was timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timed {
    /// Push and broadcast: from scheduled to arrival.
    Delivery,
    /// Echo: from scheduled to its return.
    RoundTrip,
    /// Connect: from scheduled to a usable connection.
    Connection,
    /// No message came, but requests were answered.
    Response,
    /// Listen: from one message of a client to its next.
    Gap,
}

impl Timed {
    /// What these series have timed.
    pub fn of(subject: &Subject<'_>) -> Timed {
        let none = |of: fn(&Tally) -> &Hist| subject.cells().all(|cell| of(cell.tally()).count() == 0);
        if !none(|tally| &tally.gap) {
            return Timed::Gap;
        }
        if none(|tally| &tally.latency) && !none(|tally| &tally.response) {
            return Timed::Response;
        }
        match subject.cells().next().map(|cell| cell.trial().load.profile().timing) {
            Some(Timing::RoundTrip) => Timed::RoundTrip,
            Some(Timing::Connection) => Timed::Connection,
            Some(Timing::Delivery | Timing::Gap | Timing::Nothing) | None => Timed::Delivery,
        }
    }

    /// The times.
    pub fn hist(self, tally: &Tally) -> &Hist {
        match self {
            Timed::Response => &tally.response,
            Timed::Gap => &tally.gap,
            Timed::Delivery | Timed::RoundTrip | Timed::Connection => &tally.latency,
        }
    }

    /// How many there should have been; what is missing was lost. Requests that failed are counted elsewhere.
    pub fn scheduled(self, tally: &Tally) -> u64 {
        if self == Timed::Response { 0 } else { tally.counts.sent }
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
            Timed::Delivery => "from scheduled to arrival",
            Timed::RoundTrip => "from scheduled to its return",
            Timed::Connection => "from scheduled to usable",
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
            Timed::Gap => "came",
        }
    }
}
