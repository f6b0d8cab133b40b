//! Opens what carries messages, and opens it again where it has broken: the one place that knows what a reconnect is.
//!
//! A call to a driver may be dropped while it waits, and under a schedule of sends each is. An attempt outlives the calls
//! that wait for it: where it takes longer than the pause between two sends, it would else never end. It must not know
//! what is opened.

use std::future::Future;
use std::pin::Pin;

use wsbench_targets::clock::now;

use super::ClientContext;
use super::retry::Retry;
use crate::meter::Failure;

/// What is opened.
pub trait Opened {
    /// Whether it takes the place of what has broken: not where others have it already, nor where it comes beside what they
    /// have.
    fn replaces(&self) -> bool {
        true
    }
}

type Attempt<T> = Pin<Box<dyn Future<Output = Result<T, Failure>>>>;

/// One attempt after the other, to open a `T`.
pub struct Opener<T> {
    attempt: Option<Attempt<T>>,
    retry: Retry,
    /// The next one that is opened is a reconnect.
    reconnects: bool,
    /// What is opened is kept, and so opened again only where it has broken.
    keeps: bool,
}

impl<T: Opened> Default for Opener<T> {
    fn default() -> Opener<T> {
        Opener::new(true)
    }
}

impl<T: Opened> Opener<T> {
    /// `keeps`: what is opened is kept. Else each use has its own by design, and none is a reconnect.
    pub fn new(keeps: bool) -> Opener<T> {
        Opener { attempt: None, retry: Retry::default(), reconnects: false, keeps }
    }

    /// One for what its client opens beside: where they share what they open, another of that is a reconnect for either.
    pub fn beside(&self) -> Opener<T> {
        Opener { reconnects: self.reconnects, ..Opener::new(self.keeps) }
    }

    /// Goes on with the attempt under way, or begins one now. Cancel-safe.
    ///
    /// # Errors
    /// Those of the attempt, which is over then.
    pub async fn open<F: Future<Output = Result<T, Failure>> + 'static>(
        &mut self,
        context: &ClientContext,
        begin: impl FnOnce() -> F,
    ) -> Result<T, Failure> {
        let outcome = self.attempt.get_or_insert_with(|| Box::pin(begin())).await;
        self.attempt = None;
        match &outcome {
            Ok(opened) => {
                let again = self.reconnects && opened.replaces();
                context.shard.meter.count(|c| c.reconnects += u64::from(again));
                self.reconnects = self.keeps;
                self.retry.opened(now());
            }
            Err(_) => self.failed(context),
        }
        outcome
    }

    /// Waits until what has failed may be tried again; what keeps to a schedule does not wait. Cancel-safe.
    pub async fn ready(&self, context: &ClientContext) {
        // The usual case is asked for first: it is on the path of every poll, and a look at the clock is not for nothing.
        if self.retry.fails()
            && self.attempt.is_none()
            && let Some(due) = self.retry.due_after(now())
        {
            context.shard.clock.sleep_until(due).await;
        }
    }

    /// What was opened has broken, or has refused what was asked of it.
    pub fn failed(&mut self, context: &ClientContext) {
        context.session().iter().for_each(|session| session.broke());
        self.retry.failed(now(), context.shard.seed, context.client);
    }

    /// What was opened has carried something.
    pub fn works(&mut self) {
        self.retry.succeeded();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::drivers::scripted::{context, run};

    impl Opened for () {}

    impl Opened for i32 {}

    /// Whether it was opened for its opener.
    impl Opened for bool {
        fn replaces(&self) -> bool {
            *self
        }
    }

    #[test]
    fn an_attempt_outlives_the_calls_that_wait_for_it() {
        run(async {
            let context = context(([127, 0, 0, 1], 1).into());
            let (mut opener, mut begun, mut dropped) = (Opener::default(), 0, 0);
            let opened = loop {
                let opens = opener.open(&context, || {
                    begun += 1;
                    async move {
                        sleep(Duration::from_millis(50)).await;
                        Ok(begun)
                    }
                });
                match timeout(Duration::from_millis(10), opens).await {
                    Ok(opened) => break opened,
                    Err(_) => dropped += 1,
                }
            };
            assert_eq!(opened, Ok(1));
            assert!(dropped > 0);
            assert_eq!(context.shard.meter.counts().reconnects, 0, "the first is none");
        });
    }

    #[test]
    fn every_success_but_the_first_is_a_reconnect_and_failures_are_kept_apart() {
        run(async {
            let context = context(([127, 0, 0, 1], 1).into());
            let mut opener = Opener::default();
            for outcome in [Err(Failure::Refused), Ok(()), Err(Failure::Refused), Ok(()), Ok(())] {
                assert_eq!(opener.open(&context, || async move { outcome }).await, outcome);
                let began = now();
                opener.ready(&context).await;
                let waited = Duration::from_nanos(now().since(began)) >= Duration::from_millis(50);
                assert_eq!(waited, outcome.is_err());
            }
            assert_eq!(context.shard.meter.counts().reconnects, 2);
        });
    }

    #[test]
    fn what_several_share_is_opened_again_once() {
        run(async {
            let context = context(([127, 0, 0, 1], 1).into());
            let mut one = Opener::default();
            one.open(&context, || async { Ok(true) }).await.unwrap();
            let mut other = one.beside();
            // The one that is there; then, as it has broken, another; and the first finds that.
            other.open(&context, || async { Ok(false) }).await.unwrap();
            other.open(&context, || async { Ok(true) }).await.unwrap();
            one.open(&context, || async { Ok(false) }).await.unwrap();
            assert_eq!(context.shard.meter.counts().reconnects, 1);
        });
    }
}
