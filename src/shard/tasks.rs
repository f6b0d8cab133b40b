//! The tasks of a shard's clients, one each: started, watched for panics, cut off at the end.
//!
//! It must not know what a client does.

use std::any::Any;
use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use anyhow::{Result, bail};
use tokio::task::JoinSet;

use crate::os::cache;

/// What a task ends with: in an error, which client panicked and with what text.
type Ended = Result<(), String>;

/// All tasks that have not ended.
#[derive(Default)]
pub(super) struct Tasks(RefCell<JoinSet<Ended>>);

impl Tasks {
    /// Starts the life of `client`.
    pub(super) fn spawn(&self, client: u32, life: impl Future<Output = ()> + 'static) {
        self.0.borrow_mut().spawn_local(Task { client, life });
    }

    /// Waits for a client that panics; all must have been started. Without it a panic would be one client fewer, and its messages the server's loss.
    ///
    /// # Errors
    /// Which client panicked, and its text; it does not return otherwise.
    pub(super) async fn watch(&self) -> Result<()> {
        loop {
            match poll_fn(|cx| self.0.borrow_mut().poll_join_next(cx)).await {
                Some(Ok(Err(panic))) => bail!(panic),
                // It has come to its end, or was cut off.
                Some(Ok(Ok(())) | Err(_)) => {}
                None => pending().await,
            }
        }
    }

    /// Whether all have ended, as [`Tasks::watch`] has seen it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Drops what has not ended when its turn comes.
    pub(super) fn cut_off(&self) {
        self.0.borrow_mut().abort_all();
    }
}

pin_project_lite::pin_project! {
    /// A client's life, whose state is fetched before it is polled, and whose panic is a result.
    struct Task<F> {
        client: u32,
        #[pin]
        life: F,
    }
}

impl<F: Future<Output = ()>> Future for Task<F> {
    type Output = Ended;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended> {
        cache::fetch(&*self);
        let this = self.project();
        // The task is never polled again, and its trial has failed: nobody sees what is half done.
        match catch_unwind(AssertUnwindSafe(|| this.life.poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(format!("client {} panicked: {}", this.client, text(&*panic)))),
        }
    }
}

/// The text of a panic: `panic!` makes a `&str` of a plain one, and a `String` of a formatted one.
fn text(panic: &(dyn Any + Send)) -> &str {
    let formatted = panic.downcast_ref::<String>().map(String::as_str);
    formatted.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text")
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::load::scripted::run;

    #[test]
    fn a_panic_names_its_client_and_its_text() {
        run(async {
            let tasks = Tasks::default();
            tasks.spawn(6, async {});
            tasks.spawn(7, async {
                tokio::task::yield_now().await;
                let nothing: [u8; 0] = [];
                assert!(nothing.is_empty(), "not reached");
                panic!("index {} of {}", 3, nothing.len());
            });
            tasks.spawn(8, pending());
            let watched = timeout(Duration::from_secs(10), tasks.watch()).await.unwrap();
            assert_eq!(watched.unwrap_err().to_string(), "client 7 panicked: index 3 of 0");
        });
    }

    #[test]
    fn what_is_cut_off_is_dropped_and_no_panic() {
        run(async {
            let (tasks, held) = (Tasks::default(), Rc::new(()));
            let mine = Rc::clone(&held);
            tasks.spawn(0, async move {
                pending::<()>().await;
                drop(mine);
            });
            let watch = tasks.watch();
            let cut = async {
                tokio::task::yield_now().await;
                tasks.cut_off();
                while !tasks.is_empty() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                panicked = watch => panicked.unwrap(),
                () = cut => {}
            }
            assert_eq!(Rc::strong_count(&held), 1);
        });
    }
}
