//! What one client hears and how it waits for it: the view that the transports have of the hub.
//!
//! It must not know what carries its messages. Only one may wait for a client's messages at a time: who subscribes last.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::hub::Hub;
use crate::memory_budget;

/// One client's end of the hub.
#[derive(Clone)]
pub(crate) struct StreamHandle {
    hub: Rc<Hub>,
    client: u32,
}

impl StreamHandle {
    pub(crate) fn new(hub: Rc<Hub>, client: u32) -> StreamHandle {
        StreamHandle { hub, client }
    }

    /// The messages from `cursor` on, back to back; empty when there is none, and only the first when there is no room to
    /// put them together.
    pub(crate) fn since(&self, cursor: u64) -> Bytes {
        let ring = self.hub.ring(self.client).borrow();
        let mut messages = ring.since(cursor).map(|(_, message)| message);
        match (messages.next(), messages.next()) {
            (None, _) => Bytes::new(),
            // The usual case shares the message instead of copying it.
            (Some(only), None) => only.clone(),
            (Some(first), Some(_)) => {
                let all = ring.since(cursor).flat_map(|(_, message)| message.iter().copied());
                memory_budget::keep(all.collect()).unwrap_or_else(|_| first.clone())
            }
        }
    }

    /// The first message from `cursor` on, with its number.
    pub(crate) fn next(&self, cursor: u64) -> Option<(u64, Bytes)> {
        self.hub.ring(self.client).borrow().since(cursor).next().cloned()
    }

    /// The newest message, whatever the client has seen.
    pub(crate) fn latest(&self) -> Option<Bytes> {
        self.hub.ring(self.client).borrow().latest().cloned()
    }

    /// The client has everything before `cursor`. A stream that others hear too keeps it for them.
    pub(crate) fn acknowledge(&self, cursor: u64) {
        if !self.hub.is_shared() {
            self.hub.ring(self.client).borrow_mut().acknowledge(cursor);
        }
    }

    /// Puts a message of the client's own making into its stream.
    pub(crate) fn push(&self, seq: u64, message: Bytes) {
        self.hub.push(self.client, seq, message);
    }

    /// The right to wait for the client's messages; whoever had it is woken and leaves.
    pub(crate) fn subscribe(&self) -> Subscription {
        Subscription { handle: self.clone(), generation: self.hub.waiter(self.client).supersede() }
    }
}

/// Where one waits: a slot a client, 24 bytes.
#[derive(Default)]
pub(crate) struct Waiter {
    waker: Cell<Option<Waker>>,
    /// Of the subscription that holds.
    generation: Cell<u32>,
}

impl Waiter {
    /// Wakes who waits here, if anyone does.
    pub(crate) fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn supersede(&self) -> u32 {
        let generation = self.generation.get().wrapping_add(1);
        self.generation.set(generation);
        self.wake();
        generation
    }
}

/// The right to wait for a client's messages, until another takes it.
pub(crate) struct Subscription {
    handle: StreamHandle,
    generation: u32,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// There is something from the cursor on.
    Message,
    /// Another has subscribed.
    Superseded,
}

impl Subscription {
    /// Waits until there is a message from `cursor` on. Cancel-safe: nothing is consumed.
    pub(crate) fn changed(&self, cursor: u64) -> Changed<'_> {
        Changed { subscription: self, cursor }
    }

    /// What [`Subscription::changed`] polls.
    pub(crate) fn poll_changed(&self, cursor: u64, context: &mut Context<'_>) -> Poll<Woken> {
        if !self.is_current() {
            return Poll::Ready(Woken::Superseded);
        }
        if self.handle.hub.ring(self.handle.client).borrow().reaches(cursor) {
            return Poll::Ready(Woken::Message);
        }
        self.waiter().waker.set(Some(context.waker().clone()));
        Poll::Pending
    }

    /// The stream it is of.
    pub(crate) fn handle(&self) -> &StreamHandle {
        &self.handle
    }

    fn waiter(&self) -> &Waiter {
        self.handle.hub.waiter(self.handle.client)
    }

    fn is_current(&self) -> bool {
        self.waiter().generation.get() == self.generation
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if self.is_current() {
            self.waiter().waker.set(None);
        }
    }
}

/// The future of [`Subscription::changed`].
pub(crate) struct Changed<'a> {
    subscription: &'a Subscription,
    cursor: u64,
}

impl Future for Changed<'_> {
    type Output = Woken;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Woken> {
        self.subscription.poll_changed(self.cursor, context)
    }
}
