//! How far a run is: the trial, its phase, its clients, rates and latencies so far. Whoever shows a run under way has one.
//!
//! It must not know how it is shown, nor how a run works; it is told events.

use std::time::Duration;

use wsbench_targets::clock::{Tick, now};

use crate::plan::Trial;
use crate::report::escape::terminal;
use crate::run::{Event, Seen};
use crate::text::{Unit, count, grouped, seconds, text};

/// A rate is that of the last second or so.
const RATE_OVER: Duration = Duration::from_secs(1);

/// Where a run stands.
#[derive(Default)]
pub(super) struct Standing {
    /// `[2/6] websocket, 1,000 clients`.
    pub(super) trial: String,
    trial_began: Tick,
    phase: &'static str,
    phase_began: Tick,
    /// How long it takes, if that is known.
    pub(super) phase_s: Option<f64>,
    /// How many there are to be.
    pub(super) clients: u64,
    /// How far they are.
    pub(super) seen: Seen,
    /// Messages per second.
    pub(super) rate: f64,
    mark: (Tick, u64),
}

impl Standing {
    /// Takes an event. What came of a trial is no part of it.
    pub(super) fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::Trial(trial, nth, of) => self.begin(format!("[{}/{of}]", nth + 1), trial),
            Event::Turn(arm, trial, nth, of) => self.begin(format!("[{}/{of} {arm}]", nth + 1), trial),
            Event::Step(trial, nth, between) => self.begin(format!("[step {}, {between}]", nth + 1), trial),
            Event::Phase(name, seconds) => {
                (self.phase, self.phase_s, self.phase_began) = (name, *seconds, now());
            }
            Event::Progress(seen) => self.see(*seen),
            Event::Ended(_) | Event::Failed(_) => {}
        }
    }

    fn begin(&mut self, place: String, trial: &Trial) {
        self.trial = terminal(&format!("{place} {}", trial.label()));
        self.clients = u64::from(trial.clients);
        self.trial_began = now();
        (self.seen, self.rate, self.mark) = (Seen::default(), 0.0, (now(), 0));
        // Not the last one of the trial before.
        (self.phase, self.phase_s) = ("starting", None);
    }

    fn see(&mut self, seen: Seen) {
        self.seen = seen;
        let (at, (since, arrived)) = (now(), self.mark);
        let elapsed = at.since(since);
        if elapsed >= RATE_OVER.as_nanos() as u64 {
            self.rate = seen.arrived.saturating_sub(arrived) as f64 * 1e9 / elapsed as f64;
            self.mark = (at, seen.arrived);
        }
    }

    /// `[2/6] websocket, 1,000 clients · window`.
    pub(super) fn place(&self) -> String {
        format!("{} · {}", self.trial, self.phase)
    }

    /// What its clients do, in a line.
    pub(super) fn line(&self) -> String {
        let (connected, clients) = (grouped(self.seen.connected), grouped(self.clients));
        let (rate, failures) = (grouped(self.rate as u64), count(self.seen.failures, "error"));
        let latency = self.seen.latency.map_or_else(String::new, |latency| {
            let [p50, p99] = [latency.p50, latency.p99].map(|ns| ns.map_or("-".to_owned(), nanoseconds));
            format!(" · p50 {p50} · p99 {p99}")
        });
        format!("{connected}/{clients} connected · {rate} messages/s · {failures}{latency}")
    }

    /// Seconds since the trial began.
    pub(super) fn trial_s(&self) -> f64 {
        now().since(self.trial_began) as f64 / 1e9
    }

    fn elapsed(&self) -> f64 {
        now().since(self.phase_began) as f64 / 1e9
    }

    /// Which share of the phase is over.
    pub(super) fn share(&self) -> f64 {
        self.phase_s.filter(|&s| s > 0.0).map_or(0.0, |seconds| (self.elapsed() / seconds).min(1.0))
    }

    /// `4 s of window left`; empty where that is not known.
    pub(super) fn left(&self) -> String {
        self.phase_s.map_or_else(String::new, |all_s| {
            format!("{} of {} left", seconds((all_s - self.elapsed()).max(0.0).ceil()), self.phase)
        })
    }
}

/// For prose.
pub(super) fn nanoseconds(ns: u64) -> String {
    text(Unit::Nanoseconds, ns as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Latency;

    #[test]
    fn the_line_has_the_rate_the_errors_and_the_latencies_of_the_last_second() {
        let latency = Some(Latency { p50: Some(1_200_000), p99: Some(3_456_000) });
        let seen = Seen { connected: 10, failures: 1, latency, ..Seen::default() };
        let standing = Standing { clients: 1_000, rate: 998.0, seen, ..Standing::default() };
        let line = "10/1,000 connected · 998 messages/s · 1 error · p50 1.20 ms · p99 3.46 ms";
        assert_eq!(standing.line(), line);
        let seen = Seen { latency: Some(Latency { p50: None, p99: Some(5) }), ..seen };
        assert!(Standing { seen, ..standing }.line().ends_with("p50 - · p99 5 ns"));
    }
}
