//! What the latency charts are about: it depends on the load, and so do their words.
//!
//! It must not know how curves are drawn.

use wsbench_targets::hist::Hist;

use super::series::Subject;
use crate::meter::Tally;
use crate::scenario::Timing;

/// What was timed, in words.
#[derive(Clone, Copy)]
pub struct Timed {
    /// `Delivery latency`.
    pub title: &'static str,
    /// From when to when.
    pub span: &'static str,
    /// What there were many of.
    pub things: &'static str,
    /// One of them, as it ends up in a sum of bytes.
    pub one: &'static str,
    /// What they did, in time.
    pub done: &'static str,
    /// What is counted by the second.
    pub rate: &'static str,
    /// The times.
    pub hist: fn(&Tally) -> &Hist,
}

const RECEIVED: &str = "messages received per second";

/// Push and broadcast.
const DELIVERY: Timed = Timed {
    title: "Delivery latency",
    span: "from scheduled to arrival",
    things: "messages",
    one: "delivered message",
    done: "arrive",
    rate: RECEIVED,
    hist: |tally| &tally.latency,
};
/// Echo.
const ROUND_TRIP: Timed = Timed {
    title: "Round-trip latency",
    span: "from scheduled to its return",
    things: "echoes",
    one: "echo",
    done: "are back",
    rate: "echoes received per second",
    ..DELIVERY
};
/// Connect.
const CONNECTION: Timed = Timed {
    title: "Time to a usable connection",
    span: "from scheduled to usable",
    things: "connections",
    one: "connection",
    done: "are usable",
    rate: "connections per second",
    ..DELIVERY
};
/// No message came, but requests were answered.
const RESPONSE: Timed = Timed {
    title: "Response latency",
    span: "from its slot to the whole answer",
    things: "requests",
    one: "request",
    done: "are answered",
    rate: RECEIVED,
    hist: |tally| &tally.response,
};
/// Listen.
const GAP: Timed = Timed {
    title: "Time between messages",
    span: "from one message of a client to its next",
    one: "message received",
    done: "came",
    hist: |tally| &tally.gap,
    ..DELIVERY
};

impl Timed {
    /// What these series have timed.
    pub fn of(subject: &Subject<'_>) -> Timed {
        let any = |timed: &Timed| subject.cells().any(|cell| (timed.hist)(cell.tally()).count() > 0);
        match subject.cells().next().map(|cell| cell.trial().load.profile().timing) {
            _ if any(&GAP) => GAP,
            _ if any(&RESPONSE) && !any(&DELIVERY) => RESPONSE,
            Some(Timing::RoundTrip) => ROUND_TRIP,
            Some(Timing::Connection) => CONNECTION,
            Some(Timing::Delivery | Timing::Gap | Timing::Nothing) | None => DELIVERY,
        }
    }
}
