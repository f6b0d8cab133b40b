//! What one client hears and how it waits for it: the view that the transports have of the hub.
//!
//! A mailbox must not know what carries its messages. Only one may wait for a client's messages at a time:
//! who sits down last holds the seat.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};

use crate::hub::Hub;

/// One client's end of the hub.
#[derive(Clone)]
pub(crate) struct Mailbox {
    hub: Rc<Hub>,
    client: u32,
}

impl Mailbox {
    pub(crate) fn new(hub: Rc<Hub>, client: u32) -> Mailbox {
        Mailbox { hub, client }
    }

    /// The messages from `cursor` on, back to back; empty when there is none.
    pub(crate) fn since(&self, cursor: u64) -> Bytes {
        let ring = self.hub.ring(self.client).borrow();
        let mut messages = ring.since(cursor).map(|(_, message)| message);
        match (messages.next(), messages.next()) {
            (None, _) => Bytes::new(),
            // The usual case shares the message instead of copying it.
            (Some(only), None) => only.clone(),
            _ => ring
                .since(cursor)
                .fold(BytesMut::new(), |mut body, (_, message)| {
                    body.extend_from_slice(message);
                    body
                })
                .freeze(),
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

    /// Takes the client's seat; whoever sat there is woken and leaves.
    pub(crate) fn sit(&self) -> Seat {
        Seat { mailbox: self.clone(), ticket: self.hub.chair(self.client).take_seat() }
    }
}

/// Where one waits: a slot a client, 24 bytes.
#[derive(Default)]
pub(crate) struct Chair {
    waker: Cell<Option<Waker>>,
    ticket: Cell<u32>,
}

impl Chair {
    /// Wakes who waits here, if anyone does.
    pub(crate) fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn take_seat(&self) -> u32 {
        let ticket = self.ticket.get().wrapping_add(1);
        self.ticket.set(ticket);
        self.wake();
        ticket
    }
}

/// The right to wait for a client's messages, until another takes it.
pub(crate) struct Seat {
    mailbox: Mailbox,
    ticket: u32,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// There is something from the cursor on.
    Message,
    /// Another has taken the seat.
    Superseded,
}

impl Seat {
    /// Waits until there is a message from `cursor` on. Cancel-safe: nothing is consumed.
    pub(crate) fn changed(&self, cursor: u64) -> Changed<'_> {
        Changed { seat: self, cursor }
    }

    /// What [`Seat::changed`] polls.
    pub(crate) fn poll_changed(&self, cursor: u64, context: &mut Context<'_>) -> Poll<Woken> {
        if !self.is_mine() {
            return Poll::Ready(Woken::Superseded);
        }
        if self.mailbox.hub.ring(self.mailbox.client).borrow().reaches(cursor) {
            return Poll::Ready(Woken::Message);
        }
        self.chair().waker.set(Some(context.waker().clone()));
        Poll::Pending
    }

    /// Whose seat it is.
    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    fn chair(&self) -> &Chair {
        self.mailbox.hub.chair(self.mailbox.client)
    }

    fn is_mine(&self) -> bool {
        self.chair().ticket.get() == self.ticket
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.is_mine() {
            self.chair().waker.set(None);
        }
    }
}

/// The future of [`Seat::changed`].
pub(crate) struct Changed<'a> {
    seat: &'a Seat,
    cursor: u64,
}

impl Future for Changed<'_> {
    type Output = Woken;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Woken> {
        self.seat.poll_changed(self.cursor, context)
    }
}
