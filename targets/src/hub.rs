//! The publisher: puts every stream's messages out on the absolute schedule, wakes who waits for them, and
//! counts how late it was.
//!
//! It must not know HTTP or WebSocket; the transports read it through a `StreamHandle`. Everything lives on one
//! thread: no lock, no `Arc`, no message copied for a second reader.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use bytes::Bytes;

use crate::clock::{Clock, now};
use crate::content::Filler;
use crate::memory_budget;
use crate::ring::Ring;
use crate::schedule::{Due, Schedule};
use crate::stream_handle::{StreamHandle, Waiter};
use crate::wire::{Audience, Publication, Published, Span, TargetConfig, TrialKey, write_filled};

/// The streams of a target and the clients that hear them.
pub(crate) struct Hub {
    publication: Option<Publication>,
    /// What its messages are filled with.
    filler: Filler,
    seed: u64,
    /// Clients served here, by number.
    clients: Range<u32>,
    /// Messages kept a stream.
    keep: usize,
    /// One for each client, or one for all.
    rings: Box<[RefCell<Ring>]>,
    waiters: Box<[Waiter]>,
    /// Who is woken first by the next message to all.
    first: Cell<usize>,
    published: RefCell<Published>,
}

impl Hub {
    /// The hub of that target, which keeps `keep` messages a stream.
    pub(crate) fn new(config: &TargetConfig, keep: usize) -> Rc<Hub> {
        let streams = match config.publication {
            Some(Publication { audience: Audience::All, .. }) => config.clients.len().min(1),
            _ => config.clients.len(),
        };
        Rc::new(Hub {
            publication: config.publication,
            filler: Filler::of(&config.content),
            seed: config.seed,
            clients: config.clients.clone(),
            keep,
            rings: (0..streams).map(|_| RefCell::default()).collect(),
            waiters: config.clients.clone().map(|_| Waiter::default()).collect(),
            first: Cell::new(0),
            published: RefCell::default(),
        })
    }

    /// The stream of a client; `None` when no client of that number is served here.
    pub(crate) fn handle(self: &Rc<Hub>, client: u32) -> Option<StreamHandle> {
        self.clients.contains(&client).then(|| StreamHandle::new(Rc::clone(self), client))
    }

    /// Publishes from the span's start on, for as long as it is polled; returns at once when there is nothing to
    /// publish.
    pub(crate) async fn publish(self: Rc<Hub>, clock: Clock, span: Span) {
        let Some(publication) = self.publication else { return };
        let heard = match publication.audience {
            Audience::Each => self.clients.clone(),
            // The one stream has the number of whoever hears it first.
            Audience::All => self.clients.start..self.clients.end.min(self.clients.start.saturating_add(1)),
        };
        let key = TrialKey::new(self.seed, span.start);
        let mut schedule = Schedule::new(&publication, self.seed, heard, span.start);
        while let Some(due) = schedule.next_due() {
            clock.sleep_until(due).await;
            let arrived = now();
            // All that is due by now and no more: an overloaded publisher must be late, not alone. A fixed number
            // would throttle it to that many a round of the connections.
            while let Some(due) = schedule.pop(arrived) {
                self.put_out(&publication, span, &key, due);
            }
            // A sleep to a time that has passed gives nobody else a turn.
            if schedule.next_due().is_some_and(|due| due <= now()) {
                tokio::task::yield_now().await;
            }
        }
    }

    fn put_out(&self, publication: &Publication, span: Span, key: &TrialKey, due: Due) {
        let mut message = Vec::with_capacity(publication.payload);
        write_filled(key, due.stamp, &self.filler, publication.payload, &mut message);
        let at = now();
        // One that has no room is lost, as one that is pushed out of its ring.
        if let Some(message) = self.keep_newest(due.stream, message) {
            self.push(due.stream, due.stamp.seq, message);
        }
        if !span.counts(due.stamp.due) {
            return;
        }
        let mut published = self.published.borrow_mut();
        published.messages += 1;
        published.missed_ticks += u64::from(at >= due.successor);
        published.lateness.record(at.since(due.stamp.due));
    }

    /// Room for a message in the stream that `client` hears, of that stream's oldest if need be.
    fn keep_newest(&self, client: u32, mut message: Vec<u8>) -> Option<Bytes> {
        loop {
            match memory_budget::keep(message) {
                Ok(kept) => return Some(kept),
                Err(refused) => message = refused,
            }
            self.ring(client).borrow_mut().drop_oldest()?;
        }
    }

    /// Adds a message to the stream that `client` hears, and wakes who hears it.
    pub(crate) fn push(&self, client: u32, seq: u64, message: Bytes) {
        #[cfg(feature = "burn")]
        crate::burn::burn();
        self.ring(client).borrow_mut().push(self.keep, seq, message);
        if !self.is_shared() {
            return self.waiter(client).wake();
        }
        // Tasks run in the order they are woken: without the rotation one client would always be served
        // first and one last.
        let first = self.first.get() % self.waiters.len();
        self.first.set(first + 1);
        let (before, after) = self.waiters.split_at(first);
        after.iter().chain(before).for_each(Waiter::wake);
    }

    /// What has been published so far.
    pub(crate) fn published(&self) -> Published {
        self.published.borrow().clone()
    }

    /// Whether the hub publishes by itself.
    pub(crate) fn publishes(&self) -> bool {
        self.publication.is_some()
    }

    /// Whether all clients hear one stream.
    pub(crate) fn is_shared(&self) -> bool {
        self.publication.is_some_and(|p| p.audience == Audience::All)
    }

    /// The ring of the stream that `client` hears. Handles exist for clients in range only.
    pub(crate) fn ring(&self, client: u32) -> &RefCell<Ring> {
        &self.rings[if self.is_shared() { 0 } else { self.place(client) }]
    }

    /// Where `client` waits. Handles exist for clients in range only.
    pub(crate) fn waiter(&self, client: u32) -> &Waiter {
        &self.waiters[self.place(client)]
    }

    fn place(&self, client: u32) -> usize {
        (client - self.clients.start) as usize
    }
}

#[cfg(test)]
mod tests;
