//! Pings of the client: what keeps a connection open through a proxy that cuts idle ones, and finds one that is dead.
//!
//! A Ping leaves every so often. A Pong that does not come is no failure by itself, as long as anything comes; a server of
//! which nothing comes for the timeout behind a Ping is gone. It must not know frames: [`super::connection`] sends them.

use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::task::coop::has_budget_remaining;
use tokio::time::{Instant, Sleep, sleep};
use wsbench_targets::clock::{Tick, now};

/// When the next Ping leaves, and since when one has waited for anything to come.
pub(super) struct Pings {
    every: Duration,
    timeout: Duration,
    next: Tick,
    /// The first Ping since something came.
    unanswered: Option<Tick>,
    alarm: Pin<Box<Sleep>>,
    /// Whom the alarm wakes.
    woken: Option<Waker>,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Ping,
    /// Nothing has come for too long.
    End,
}

impl Pings {
    /// The first leaves `every` from now.
    pub(super) fn new(every: Duration, timeout: Duration) -> Pings {
        let (next, alarm) = (now() + every, Box::pin(sleep(every)));
        Pings { every, timeout, next, unanswered: None, alarm, woken: None }
    }

    /// Something has come: the server is there.
    pub(super) fn heard(&mut self) {
        self.unanswered = None;
    }

    /// What is due now; with `None` the task is woken when something is.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Option<Due> {
        // Polling the alarm again would only tell it what it knows.
        let known = self.woken.as_ref().is_some_and(|woken| woken.will_wake(cx.waker()));
        if known && !self.alarm.is_elapsed() {
            return None;
        }
        // A task that has used up its turn is not heard by a timer.
        self.woken = has_budget_remaining().then(|| cx.waker().clone());
        while self.alarm.as_mut().poll(cx).is_ready() {
            let at = now();
            if self.unanswered.is_some_and(|since| at >= since + self.timeout) {
                return Some(Due::End);
            }
            let pings = at >= self.next;
            if pings {
                self.unanswered.get_or_insert(at);
                // Those that a stalled machine has missed are not made up for.
                self.next = at + self.every;
            }
            let end = self.unanswered.map(|since| since + self.timeout);
            let wake = end.map_or(self.next, |end| end.min(self.next));
            self.alarm.as_mut().reset(Instant::now() + Duration::from_nanos(wake.since(at)));
            if pings {
                // The alarm is asked again once the Ping is on its way.
                self.woken = None;
                return Some(Due::Ping);
            }
        }
        None
    }
}
