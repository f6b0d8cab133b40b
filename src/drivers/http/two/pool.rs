//! The HTTP/2 connections of those who share them: of the requests of one client, as in a browser, or of several clients, as
//! behind a proxy. There is one, and more where the server allows no more streams on it.
//!
//! Who wants a connection gets the one that is there. Where none is, the first who asks has one opened, in a task of its own,
//! and whoever asks meanwhile waits for the same; it ends where nobody waits any more. It must not know what is asked over
//! them. All who share a pool go to the same server.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::task::{AbortHandle, spawn_local};

use super::session::{Entry, Room, Session, Shared};
use crate::drivers::ClientContext;
use crate::drivers::dial::dial;
use crate::meter::Failure;

/// The connections.
pub struct Pool {
    /// So many clients share one.
    clients: u32,
    inner: RefCell<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Those that somebody has.
    held: Vec<Weak<Shared>>,
    /// One that nobody has taken yet.
    fresh: Option<Session>,
    /// The attempt under way.
    opening: Option<AbortHandle>,
    /// Number of that one, or of the last.
    number: u64,
    /// The last one that has failed, and why.
    failed: Option<(u64, Failure)>,
    /// Whom its end wakes.
    waiting: Vec<Waker>,
    /// How many wait for it.
    waiters: usize,
}

/// Somebody who wants a connection.
struct Waiter<'a> {
    pool: &'a Pool,
    /// The first attempt that he waits for.
    since: Option<u64>,
}

/// What is there for somebody who wants to ask.
enum There {
    Session(Session),
    /// It is not known yet whether its server allows another stream.
    Unknown(Rc<Shared>),
    /// Nothing. `full`: those that are there bear no more streams.
    Nothing {
        full: bool,
    },
}

impl Pool {
    /// Of connections that so many clients share; none is open.
    pub fn of(clients: u32) -> Pool {
        Pool { clients: clients.max(1), inner: RefCell::default() }
    }

    /// An end of a connection with a stream kept free: of one that is there, or that is opened within `timeout`. Cancel-safe.
    ///
    /// # Errors
    /// Those of [`dial`], told to all who have waited.
    pub async fn session(
        self: &Rc<Pool>,
        context: &ClientContext,
        timeout: Duration,
    ) -> Result<Session, Failure> {
        let mut waiter = Waiter { pool: self, since: None };
        poll_fn(|cx| self.poll_session(cx, context, timeout, &mut waiter.since)).await
    }

    fn poll_session(
        self: &Rc<Pool>,
        cx: &mut Context<'_>,
        context: &ClientContext,
        timeout: Duration,
        since: &mut Option<u64>,
    ) -> Poll<Result<Session, Failure>> {
        let mut inner = self.inner.borrow_mut();
        let full = loop {
            match inner.there() {
                There::Session(session) => return Poll::Ready(Ok(session)),
                There::Unknown(shared) => {
                    ready!(shared.wire.poll_said(cx));
                }
                There::Nothing { full } => break full,
            }
        };
        if let (Some(since), Some((failed, failure))) = (*since, inner.failed)
            && failed >= since
        {
            return Poll::Ready(Err(failure));
        }
        if inner.opening.is_none() {
            inner.number += 1;
            let entry = if full { Entry::Added } else { Entry::Opened };
            inner.opening = Some(self.open(inner.number, context, timeout, entry));
        }
        if since.is_none() {
            *since = Some(inner.number);
            inner.waiters += 1;
        }
        if !inner.waiting.iter().any(|waits| waits.will_wake(cx.waker())) {
            inner.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Begins attempt `number`.
    fn open(
        self: &Rc<Pool>,
        number: u64,
        context: &ClientContext,
        timeout: Duration,
        entry: Entry,
    ) -> AbortHandle {
        let (pool, clients) = (Rc::downgrade(self), self.clients);
        // Without the pool, which must not keep itself.
        let context = ClientContext { pool: None, ..context.clone() };
        let attempt = async move {
            let opened = open(&context, timeout, clients).await;
            if let Some(pool) = pool.upgrade() {
                pool.opened(number, entry, opened);
            }
        };
        spawn_local(attempt).abort_handle()
    }

    /// Attempt `number` is over.
    fn opened(&self, number: u64, entry: Entry, outcome: Result<Session, Failure>) {
        let mut inner = self.inner.borrow_mut();
        inner.opening = None;
        match outcome {
            Ok(session) => {
                inner.held.push(Rc::downgrade(session.shared()));
                inner.fresh = Some(session.entered(entry));
            }
            Err(failure) => inner.failed = Some((number, failure)),
        }
        inner.waiting.drain(..).for_each(Waker::wake);
    }
}

/// Opens a connection that so many clients will share.
///
/// # Errors
/// Those of [`dial`].
pub async fn open(context: &ClientContext, timeout: Duration, clients: u32) -> Result<Session, Failure> {
    let stream = dial(context, timeout).await?;
    Session::over(stream, &context.shard.meter, clients).await
}

impl Inner {
    /// What is there, of the oldest first.
    fn there(&mut self) -> There {
        let open = |session: &Session| session.shared().room() != Room::Over;
        if let Some(fresh) = self.fresh.take().filter(open) {
            return There::Session(fresh);
        }
        self.held.retain(|held| held.strong_count() > 0);
        let mut full = false;
        for shared in self.held.iter().filter_map(Weak::upgrade) {
            match shared.room() {
                Room::Free => return There::Session(Session::of(shared, Entry::Joined)),
                Room::Unknown => return There::Unknown(shared),
                Room::Full => full = true,
                Room::Over => {}
            }
        }
        There::Nothing { full }
    }
}

/// Where nobody waits any more, nobody would take what is opened.
impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if self.since.is_none() {
            return;
        }
        let mut inner = self.pool.inner.borrow_mut();
        inner.waiters -= 1;
        if inner.waiters == 0 {
            inner.opening.take().into_iter().for_each(|opening| opening.abort());
            inner.fresh = None;
        }
    }
}
