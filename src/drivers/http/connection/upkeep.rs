//! How a connection is kept: opened, found stale, asked over again, given up, set aside.
//!
//! It must not know what is asked.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use wsbench_targets::clock::now;

use super::{Connection, Purpose};
use crate::drivers::http::head::Head;
use crate::drivers::http::link::Link;
use crate::drivers::http::request::Request;
use crate::drivers::limits::CLOSE_TIMEOUT;
use crate::meter::Failure;

impl Connection {
    /// What is under way has failed.
    pub(super) fn give_up(&mut self, failure: Failure) {
        let reason = self.exchange.trouble.as_ref().and_then(|trouble| trouble.reason.as_ref());
        reason.into_iter().for_each(|reason| self.context.shard.meter.reason(reason));
        if let (Failure::Timeout, Some(Link::Two(session))) = (failure, &self.link) {
            session.retire_if_silent(self.exchange.two.as_ref().map(|two| &two.streamed));
        }
        self.let_go();
        self.fails();
    }

    /// Opens a connection, or finds one that others have opened.
    pub(super) async fn dial(&mut self) -> Result<Link, Failure> {
        let (context, timeout, alone) = (self.context.clone(), self.timeout, !self.keep_alive);
        let open = || async move { Link::open(&context, timeout, alone).await };
        let link = self.opener.open(&self.context, open).await?;
        let connects = match self.purpose {
            Purpose::Questions => true,
            Purpose::Beside => link.opened(),
            Purpose::Stream | Purpose::Session { .. } => false,
        };
        if connects {
            self.context.connected(self.asked);
        }
        (self.kept, self.new) = (!link.opened(), true);
        (self.stays_until, self.dialled) = (None, now());
        Ok(link)
    }

    /// Sets a kept connection aside that has ended or speaks unasked. What must not be sent twice is not sent into one
    /// that may end under way either.
    pub(super) async fn set_stale_aside(&mut self, request: &Request) {
        let Some(link) = self.link.as_mut().filter(|_| self.kept && self.exchange.unsent()) else {
            return;
        };
        let once = !request.idempotent();
        let stale = match link {
            Link::One(stream) => {
                let ends = || stream.hung_up() || self.stays_until.is_some_and(|until| now() >= until);
                once && ends() || poll_fn(|cx| Poll::Ready(self.exchange.poll_unasked(stream, cx))).await
            }
            Link::Two(session) => !session.usable(once).await,
        };
        if stale {
            self.exchange.begin();
            self.set_aside();
        }
    }

    /// Nothing of an answer has come over a kept connection, and to send the request once more does no harm; or the server
    /// has said that it has done nothing about it. Once: the next connection may be one that others have kept.
    pub(super) fn may_ask_again(&self, request: &Request) -> bool {
        if self.again {
            return false;
        }
        match &self.exchange.trouble {
            Some(trouble) if trouble.undone || trouble.alone => trouble.undone,
            _ => self.kept && self.exchange.unanswered() && (request.idempotent() || self.exchange.unsent()),
        }
    }

    /// Gives up what is under way, and the connection unless it is one exchange alone that has failed.
    pub(super) fn let_go(&mut self) {
        if self.exchange.trouble.as_ref().is_some_and(|trouble| trouble.alone) {
            self.exchange.abandon();
        } else {
            self.abandon();
        }
    }

    /// Ends an exchange whose answer is whole.
    pub(super) fn settle(&mut self, head: &Head) {
        (self.kept, self.new) = (true, false);
        // A fifth less, so that a request that leaves then is there before the server closes: one that closes with a
        // request unread resets the connection, and it is unknown what it has done.
        self.stays_until = head.keeps_for.map(|keeps_for| now() + keeps_for * 4 / 5);
        if !(self.keep_alive && head.keep_alive) {
            self.set_aside();
        }
    }

    /// Closes the connection in a task of its own: it must delay or lose nothing that goes on.
    fn set_aside(&mut self) {
        if let Some(link) = self.link.take() {
            let meter = Rc::clone(&self.context.shard.meter);
            tokio::task::spawn_local(link.hang_up(meter, CLOSE_TIMEOUT));
        }
    }
}
