//! The deadline of an answer, at next to no cost when it comes.
//!
//! A timer set and cleared for every exchange costs as much as reading its answer. This one is left standing: when
//! it goes off and the deadline has moved on meanwhile, it is set again.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::task::coop::has_budget_remaining;
use tokio::time::{Instant, Sleep, sleep};
use wsbench_targets::clock::{Tick, now};

use crate::meter::Failure;

/// The deadline of one exchange after the other.
pub struct Deadline {
    limit: Duration,
    /// `None` at rest.
    begun: Option<Tick>,
    alarm: Option<Pin<Box<Sleep>>>,
    /// Whom the alarm wakes.
    woken: Option<Waker>,
}

impl Deadline {
    /// Waits `limit` from each [`Deadline::begin`].
    pub fn new(limit: Duration) -> Deadline {
        Deadline { limit, begun: None, alarm: None, woken: None }
    }

    /// An exchange begins, at the time `at` that the caller has read from the clock.
    pub fn begin(&mut self, at: Tick) {
        self.begun = Some(at);
    }

    /// Nothing is waited for until the next [`Deadline::begin`], and there is no alarm in memory.
    pub fn rest(&mut self) {
        *self = Deadline::new(self.limit);
    }

    /// From the next [`Deadline::begin`] on waits `limit`.
    pub fn set_limit(&mut self, limit: Duration) {
        *self = Deadline { begun: self.begun, ..Deadline::new(limit) };
    }

    /// What `work` gives, or [`Failure::Timeout`] when the deadline comes first. As cancel-safe as `work`.
    pub async fn hold<T>(&mut self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let mut work = pin!(work);
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Pending => self.expired(cx).map(|()| Err(Failure::Timeout)),
            ready => ready,
        })
        .await
    }

    fn expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(begun) = self.begun else { return Poll::Pending };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(self.limit)));
        // Polling it again would only tell it what it knows.
        let known = self.woken.as_ref().is_some_and(|woken| woken.will_wake(cx.waker()));
        if known && !alarm.is_elapsed() {
            return Poll::Pending;
        }
        // A task that has used up its turn is not heard by a timer.
        self.woken = has_budget_remaining().then(|| cx.waker().clone());
        while alarm.as_mut().poll(cx).is_ready() {
            let waited = Duration::from_nanos(now().since(begun));
            if waited >= self.limit {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(Instant::now() + (self.limit - waited));
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn gives_up_at_the_deadline_of_the_last_exchange() {
        let mut patience = Deadline::new(Duration::from_millis(60));
        patience.begin(now());
        assert_eq!(patience.hold(ready(Ok(7))).await, Ok(7));
        tokio::time::sleep(Duration::from_millis(40)).await;
        let began = Instant::now();
        patience.begin(now());
        assert_eq!(patience.hold(pending::<Result<(), Failure>>()).await, Err(Failure::Timeout));
        let waited = began.elapsed();
        assert!(waited >= Duration::from_millis(60), "{waited:?}");
    }

    #[tokio::test]
    async fn the_alarm_moves_with_the_deadline() {
        let mut patience = Deadline::new(Duration::from_millis(50));
        for _ in 0..4 {
            patience.begin(now());
            let answered = async {
                tokio::time::sleep(Duration::from_millis(30)).await;
                Ok(())
            };
            // 120 ms in all: an alarm that stood still would have gone off.
            assert_eq!(patience.hold(answered).await, Ok(()));
        }
    }
}
