//! What one shard saw of one trial, and what all shards saw: the same type, for tallies add up.
//!
//! A commutative monoid: the order of the shards cannot change a result, and a test holds that.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};
use wsbench_targets::hist::Hist;
use wsbench_targets::wire::Published;

use super::age::Age;
use super::failure::Failures;
use super::traffic::Traffic;

/// The sum of what clients saw. Durations in ns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Delivery latency: arrival minus due, of messages due in the window. For echo the round trip, from due; for
    /// connect from due to a usable connection.
    pub latency: Hist,
    /// HTTP only: from the slot of a request (its start, in a closed loop and for long-polling) to the whole
    /// answer, of requests due in the window.
    pub response: Hist,
    /// From the call to a connection that can carry messages (TCP, and the upgrade for WebSocket).
    pub connect: Hist,
    /// Of it: from the SYN to a TCP connection.
    #[serde(default)]
    pub connect_tcp: Hist,
    /// The TLS handshake, where there is one.
    #[serde(default)]
    pub connect_tls: Hist,
    /// From an open connection to the head of its first answer: that of an upgrade, or of a request.
    #[serde(default)]
    pub connect_answer: Hist,
    /// Listen only: from one message of a client to its next, of those that came in the window.
    #[serde(default)]
    pub gap: Hist,
    /// Ours: when a request, message or connection left, minus when it was due, in the window.
    pub lateness: Hist,
    /// Ours: how late a 10 ms heartbeat of the shard came, in the window.
    pub lag: Hist,
    /// Age of what clients display over the window, where they display messages of a schedule.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub age: Age,
    /// Messages, polls, connections.
    pub counts: Counts,
    /// What went wrong, in all phases.
    pub failures: Failures,
    /// The byte ledger.
    pub traffic: Traffic,
    /// The window and the drain after it, interval by interval.
    pub timeline: Vec<Interval>,
}

/// Events of one trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Clients of this slice.
    pub clients: u64,
    /// Clients that were connected when the word to start came.
    pub connected: u64,
    /// Messages due in the window: by the publisher's schedule, or sent by the clients (echo); connections due
    /// (connect).
    pub sent: u64,
    /// Of these, arrived by the end of the drain, each once.
    pub delivered: u64,
    /// Of these, not arrived.
    pub lost: u64,
    /// Arrived once more.
    pub duplicated: u64,
    /// Arrived after a younger one.
    pub reordered: u64,
    /// Arrived, of the window, and were not as they had been sent: cut, longer, or with other filler. They are delivered.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub altered: u64,
    /// Messages of another client or stream of this trial, in all phases. Nothing of them is timed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub strangers: u64,
    /// Messages of another group, in all phases: a client heard what only the members of that group may. Nothing of them is
    /// timed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub leaked: u64,
    /// Messages that look like ours and that nobody has sent: with another number, time or trial, in all phases.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub invented: u64,
    /// Messages that arrived within the window, whenever they were due.
    pub received: u64,
    /// Answers within the window that brought nothing new.
    pub empty_polls: u64,
    /// Slots of the window that passed while the poll before them was still out (fixed rate), or sends that could
    /// not be tried.
    pub missed_slots: u64,
    /// Connections opened again after a failure.
    pub reconnects: u64,
    /// TLS handshakes that resumed a session, in all phases.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resumed: u64,
    /// The transport's own heartbeats that came, in all phases; their bytes are framing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub heartbeats: u64,
    /// Messages without a stamp of ours, in all phases: greetings and the like. Their bytes are payload.
    #[serde(default, alias = "foreign", skip_serializing_if = "is_zero")]
    pub unrecognised: u64,
}

/// What only some runs have is not written where there is none.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn is_nothing(age: &Age) -> bool {
    *age == Age::default()
}

/// One interval of the timeline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Begin, seconds after the window's begin.
    pub from_s: f64,
    /// Length in seconds.
    pub length_s: f64,
    /// Messages that arrived.
    pub received: u64,
    /// Failures of all kinds.
    pub failures: u64,
    /// Bytes sent (socket wrapper).
    pub bytes_up: u64,
    /// Bytes received (socket wrapper).
    pub bytes_down: u64,
    /// Latency of the messages due in the window that arrived in this interval.
    pub latency: Hist,
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        self.latency += &other.latency;
        self.response += &other.response;
        self.connect += &other.connect;
        self.connect_tcp += &other.connect_tcp;
        self.connect_tls += &other.connect_tls;
        self.connect_answer += &other.connect_answer;
        self.gap += &other.gap;
        self.lateness += &other.lateness;
        self.lag += &other.lag;
        self.age += &other.age;
        self.counts += &other.counts;
        self.failures += &other.failures;
        self.traffic += &other.traffic;
        if self.timeline.len() < other.timeline.len() {
            self.timeline.resize_with(other.timeline.len(), Interval::default);
        }
        self.timeline.iter_mut().zip(&other.timeline).for_each(|(ours, theirs)| *ours += theirs);
    }
}

impl Tally {
    /// What should have arrived is known only now: each of the messages at every client that was connected, or at the members
    /// of its group.
    pub fn expect(&mut self, published: &Published) {
        let counts = &mut self.counts;
        let to_all = published.messages.saturating_mul(counts.connected);
        counts.sent = published.arrivals.unwrap_or(to_all);
        counts.lost = counts.sent.saturating_sub(counts.delivered);
    }
}

impl AddAssign<&Counts> for Counts {
    fn add_assign(&mut self, other: &Counts) {
        self.clients += other.clients;
        self.connected += other.connected;
        self.sent += other.sent;
        self.delivered += other.delivered;
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
        self.altered += other.altered;
        self.strangers += other.strangers;
        self.leaked += other.leaked;
        self.invented += other.invented;
        self.received += other.received;
        self.empty_polls += other.empty_polls;
        self.missed_slots += other.missed_slots;
        self.reconnects += other.reconnects;
        self.resumed += other.resumed;
        self.heartbeats += other.heartbeats;
        self.unrecognised += other.unrecognised;
    }
}

/// Same grid on both sides (the window's), but for the last interval: the drain of one shard may be longer.
impl AddAssign<&Interval> for Interval {
    fn add_assign(&mut self, other: &Interval) {
        self.from_s = self.from_s.max(other.from_s);
        self.length_s = self.length_s.max(other.length_s);
        self.received += other.received;
        self.failures += other.failures;
        self.bytes_up += other.bytes_up;
        self.bytes_down += other.bytes_down;
        self.latency += &other.latency;
    }
}
