//! What was begun is gone on with: a future that outlives the calls that wait for it.
//!
//! A call to a driver may be dropped while it waits, and under a schedule of sends each is. Connecting must not begin anew
//! every time: where that takes longer than the pause between two sends, it would never end.

use std::future::Future;
use std::pin::Pin;

/// A future under way, or none.
pub struct Resumable<T>(Option<Pin<Box<dyn Future<Output = T>>>>);

impl<T> Default for Resumable<T> {
    fn default() -> Resumable<T> {
        Resumable(None)
    }
}

impl<T> Resumable<T> {
    /// What comes of the future under way, or of the one that is begun now.
    pub async fn wait<F: Future<Output = T> + 'static>(&mut self, begin: impl FnOnce() -> F) -> T {
        let outcome = self.0.get_or_insert_with(|| Box::pin(begin())).await;
        self.0 = None;
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test]
    async fn a_wait_that_is_dropped_goes_on_where_it_was() {
        let (mut lasting, mut begun, mut dropped) = (Resumable::default(), 0, 0);
        let outcome = loop {
            let waits = lasting.wait(|| {
                begun += 1;
                async move {
                    sleep(Duration::from_millis(50)).await;
                    begun
                }
            });
            match timeout(Duration::from_millis(10), waits).await {
                Ok(outcome) => break outcome,
                Err(_) => dropped += 1,
            }
        };
        assert_eq!(outcome, 1);
        assert!(dropped > 0);
        assert_eq!(lasting.wait(|| async { 2 }).await, 2);
    }
}
