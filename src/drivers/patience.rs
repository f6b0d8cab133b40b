//! How long an answer is waited for, at next to no cost when it comes.
//!
//! A timer set and cleared for every exchange costs as much as reading its answer. This one is left standing: when
//! it goes off and the deadline has moved on meanwhile, it is set again.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::meter::Failure;

/// The deadline of one exchange after the other.
pub struct Patience {
    limit: Duration,
    deadline: Instant,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    /// Waits `limit` from each [`Patience::begin`].
    pub fn new(limit: Duration) -> Patience {
        Patience { limit, deadline: Instant::now(), alarm: None }
    }

    /// An exchange begins.
    pub fn begin(&mut self) {
        self.deadline = Instant::now() + self.limit;
    }

    /// What `work` gives, or [`Failure::Timeout`] when the deadline comes first. As cancel-safe as `work`.
    pub async fn hold<T>(&mut self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let mut work = pin!(work);
        poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Pending => self.expired(context).map(|()| Err(Failure::Timeout)),
            ready => ready,
        })
        .await
    }

    fn expired(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline;
        #[allow(clippy::disallowed_methods, reason = "a millisecond does not matter to a timeout of seconds")]
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        while alarm.as_mut().poll(context).is_ready() {
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(deadline);
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
        let mut patience = Patience::new(Duration::from_millis(60));
        patience.begin();
        assert_eq!(patience.hold(ready(Ok(7))).await, Ok(7));
        tokio::time::sleep(Duration::from_millis(40)).await;
        let began = Instant::now();
        patience.begin();
        assert_eq!(patience.hold(pending::<Result<(), Failure>>()).await, Err(Failure::Timeout));
        let waited = began.elapsed();
        assert!(waited >= Duration::from_millis(60), "{waited:?}");
    }

    #[tokio::test]
    async fn the_alarm_moves_with_the_deadline() {
        let mut patience = Patience::new(Duration::from_millis(50));
        for _ in 0..4 {
            patience.begin();
            let answered = async {
                tokio::time::sleep(Duration::from_millis(30)).await;
                Ok(())
            };
            // 120 ms in all: an alarm that stood still would have gone off.
            assert_eq!(patience.hold(answered).await, Ok(()));
        }
    }
}
