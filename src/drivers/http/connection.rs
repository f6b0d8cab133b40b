//! One HTTP connection of one client: opened, kept, found stale, accounted for, closed. Over HTTP/2 it may be a stream at a
//! time of a connection that others share.
//!
//! All that goes over HTTP goes through here, one exchange at a time. The rules are here, and in [`upkeep`], once: how long
//! connecting may take, when a kept connection is stale, what may be asked again, what is left over. Every wait is
//! cancel-safe: a caller may drop a call and make it again. It must not know what is asked, or when. Its other end is any
//! HTTP server.

mod upkeep;

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::wire::Header;

use super::carrier::Carrier;
use super::exchange::{Exchange, Piece, Taken};
use super::head::Head;
use super::link::Link;
use super::refusal::{redirected, refused};
use super::request::Request;
use super::two::tunnel::Tunnel;
use crate::drivers::ClientContext;
use crate::drivers::buffer::Inbox;
use crate::drivers::deadline::Deadline;
use crate::drivers::limits::{BREAK_OFF_TIMEOUT, CLOSE_TIMEOUT};
use crate::drivers::opener::Opener;
use crate::meter::{ConnectPart, Failure};
use crate::transport::Http;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Questions with short answers: the client is connected once the connection is open.
    Questions,
    /// The same, beside what the client receives by: it is connected already, by the same connection perhaps.
    Beside,
    /// An answer that does not end: the client is connected once its head is in, and the body may take for ever.
    Stream,
    /// A part of a session: to be connected is more than this, and for the session to say.
    Session {
        /// Its answers do not end.
        streams: bool,
    },
}

/// A client's HTTP connection, and the exchange under way over it.
pub struct Connection {
    /// Whose it is.
    pub context: ClientContext,
    purpose: Purpose,
    keep_alive: bool,
    /// To connect may take so long.
    timeout: Duration,
    link: Option<Link>,
    opener: Opener<Link>,
    exchange: Exchange,
    /// Of the request under way: the line with the cookies that it is for, if there are any.
    cookies: Vec<u8>,
    /// Of the answer.
    deadline: Deadline,
    asked: Tick,
    /// The connection was there before the exchange under way: the server may have closed it since.
    kept: bool,
    /// This client has not asked over it before.
    new: bool,
    /// The exchange under way is asked again, as the server had done nothing about it.
    again: bool,
    /// When it was opened.
    dialled: Tick,
    /// From then on the server may close it at any moment, by what it has said.
    stays_until: Option<Tick>,
}

impl Connection {
    /// Nothing is opened yet. Connecting may take `timeout`, and so may an answer once the connection is there. Without
    /// `keep_alive` each exchange has a connection of its own.
    pub fn new(context: ClientContext, purpose: Purpose, timeout: Duration, keep_alive: bool) -> Connection {
        let exchange = Exchange::new(&context.shard.meter, purpose == Purpose::Stream);
        Connection {
            context,
            purpose,
            keep_alive,
            timeout,
            link: None,
            opener: Opener::new(keep_alive),
            exchange,
            cookies: vec![],
            deadline: Deadline::new(timeout),
            asked: Tick::default(),
            kept: false,
            new: false,
            again: false,
            dialled: Tick::default(),
            stays_until: None,
        }
    }

    /// Another one of the same client, for questions beside its session: it connects with its first request, over HTTP/2 by
    /// what is open.
    pub fn another(&self) -> Connection {
        let context = self.context.beside_session();
        let opener = if self.shares() { self.opener.beside() } else { Opener::new(self.keep_alive) };
        Connection { opener, ..Connection::new(context, Purpose::Beside, self.timeout, self.keep_alive) }
    }

    /// Whether it may be another's connection too.
    fn shares(&self) -> bool {
        self.keep_alive && self.context.pool.is_some() && self.context.endpoint.connect.http == Http::Two
    }

    /// Connects, ahead of the first request. Cancel-safe.
    ///
    /// # Errors
    /// Those of [`dial`].
    pub async fn open(&mut self) -> Result<(), Failure> {
        self.asked = now();
        let mut link = self.dial().await?;
        link.rest();
        (self.link, self.kept) = (Some(link), true);
        Ok(())
    }

    /// What a request must say of the connection that it goes over (RFC 9112 §9.6).
    pub fn fields(&self) -> Vec<Header> {
        let close = (!self.keep_alive).then(|| Header("Connection".to_owned(), "close".to_owned()));
        close.into_iter().collect()
    }

    /// From the next exchange on an answer may take `limit`.
    pub fn set_answer_timeout(&mut self, limit: Duration) {
        self.deadline.set_limit(limit);
    }

    /// Whether no exchange is under way. What was not taken of the last answer is still there.
    pub fn idle(&self) -> bool {
        self.exchange.idle()
    }

    /// Whether an answer's head is in and its body under way.
    pub fn reading(&self) -> bool {
        self.exchange.head().is_some()
    }

    /// Waits until what has failed may be asked again; what keeps to a schedule does not wait. Cancel-safe.
    pub async fn ready(&self) {
        self.opener.ready(&self.context).await;
    }

    /// What was asked for has come: the next failure is the first.
    pub fn works(&mut self) {
        self.opener.works();
    }

    /// What was asked for has not come, though nothing is wrong with the connection.
    pub fn fails(&mut self) {
        self.opener.failed(&self.context);
    }

    /// Begins an exchange at `at`, which is now, instead of what was under way.
    pub fn begin(&mut self, at: Tick) {
        if !self.idle() {
            // What is left of its answer must not be taken for the next.
            self.abandon();
        }
        (self.asked, self.again) = (at, false);
        self.exchange.begin();
        self.deadline.begin(at);
    }

    /// Carries the exchange on to the head of its answer. Cancel-safe, with the same request each time.
    ///
    /// # Errors
    /// What went wrong, and the connection is given up; or [`Failure::Status`] for a status other than 2xx, once its body
    /// has come. A kept connection that was closed meanwhile is none: the request goes over a new one.
    pub async fn request(&mut self, request: &Request) -> Result<Head, Failure> {
        loop {
            match self.exchange.head() {
                Some(head) if head.good() || request.accepts(head.status) => return Ok(head),
                // Boxed, as what follows: a rare state that every client would carry for ever.
                Some(head) => return Err(Box::pin(self.refusal(head)).await),
                None => {}
            }
            match self.converse(request).await {
                Ok(()) => self.headed(request),
                // RFC 9112 §9.3.1: the server closed a kept connection between two requests, and has done nothing.
                Err(Failure::Closed | Failure::Reset) if self.may_ask_again(request) => {
                    self.let_go();
                    self.begin(now());
                    self.again = true;
                }
                Err(failure) => {
                    self.give_up(failure);
                    return Err(failure);
                }
            }
        }
    }

    /// Reads on: what comes is added to [`Connection::body`]. `false` says that the answer has ended in good order.
    /// Cancel-safe.
    ///
    /// # Errors
    /// What went wrong; the connection is given up.
    pub async fn piece(&mut self) -> Result<bool, Failure> {
        let Some(link) = self.link.as_mut().filter(|_| self.exchange.head().is_some()) else {
            return Ok(false);
        };
        let exchange = &mut self.exchange;
        match self.deadline.hold(poll_fn(|cx| exchange.poll_piece(link, cx))).await {
            Ok(Piece::More) => Ok(true),
            Ok(Piece::End(head)) => {
                self.settle(&head);
                Ok(false)
            }
            Err(failure) => {
                self.give_up(failure);
                Err(failure)
            }
        }
    }

    /// Carries the exchange on to the end of its answer. Cancel-safe.
    ///
    /// # Errors
    /// As for [`Connection::request`] and [`Connection::piece`].
    pub async fn answer(&mut self, request: &Request) -> Result<Head, Failure> {
        let head = self.request(request).await?;
        while self.piece().await? {}
        Ok(head)
    }

    /// The values of a field of the head, until the body is asked for.
    pub fn field(&self, name: &str) -> Option<String> {
        self.exchange.field(name)
    }

    /// Body bytes that came and are not taken yet, chunks already joined. What is not taken before the next exchange is
    /// overhead.
    pub fn body(&self) -> &[u8] {
        self.exchange.body()
    }

    /// Takes bytes off the front of [`Connection::body`], and says what they were.
    pub fn take(&mut self, taken: Taken) {
        self.exchange.take(taken);
    }

    /// Takes all that is there as overhead: it brings nothing, and must not be kept until the next exchange.
    pub fn drop_body(&mut self) {
        self.take(Taken { overhead: self.body().len(), ..Taken::default() });
    }

    /// What carries another protocol now that its server has agreed, and what came behind its answer.
    pub fn upgraded(mut self) -> Option<(Carrier, Inbox)> {
        let two = self.exchange.two.take();
        let inbox = self.exchange.upgraded();
        let carrier = match (self.link.take()?, two) {
            (Link::One(stream), _) => Carrier::One(stream),
            (Link::Two(session), Some(two)) => {
                let tunnel = Tunnel::new(*session, two.streamed, &self.context.shard.meter);
                Carrier::Two(Box::new(tunnel))
            }
            (Link::Two(_), None) => return None,
        };
        Some((carrier, inbox))
    }

    /// Gives up what is under way, and the connection with it.
    pub fn abandon(&mut self) {
        self.exchange.abandon();
        self.link = None;
    }

    /// Closes the connection in good order, if it is open and nobody else has it.
    pub async fn close(mut self) {
        let patience = if self.reading() { BREAK_OFF_TIMEOUT } else { CLOSE_TIMEOUT };
        self.exchange.abandon();
        if let Some(link) = self.link.take() {
            link.hang_up(Rc::clone(&self.context.shard.meter), patience).await;
        }
    }

    async fn converse(&mut self, request: &Request) -> Result<(), Failure> {
        self.set_stale_aside(request).await;
        if self.link.is_none() {
            self.link = Some(Box::pin(self.dial()).await?);
            // Connecting has a deadline of its own.
            self.deadline.begin(now());
        }
        if self.exchange.unsent()
            && let Some(jar) = &self.context.cookies
        {
            jar.write(&self.context.endpoint.site(&request.path()), &mut self.cookies);
        }
        let Some(link) = &mut self.link else { return Ok(()) };
        // Pinned here: a future that is handed on is copied whole.
        let conversation = pin!(self.exchange.converse(link, request, &self.cookies));
        self.deadline.hold(conversation).await
    }

    /// The head of the answer is in; of an answer that does not end, its body may take for ever.
    fn headed(&mut self, request: &Request) {
        if let (Some(jar), true) =
            (&self.context.cookies, self.exchange.head().is_some_and(|h| h.sets_cookie))
        {
            let path = request.path();
            let from = self.context.endpoint.site(&path);
            self.exchange.fields("set-cookie").iter().for_each(|field| jar.set(field, &from));
        }
        if !self.kept {
            self.context.shard.meter.connected_part(ConnectPart::Answer, self.dialled);
        }
        let streams = matches!(self.purpose, Purpose::Stream | Purpose::Session { streams: true });
        if !(streams && self.exchange.head().is_some_and(|head| head.good())) {
            return;
        }
        if self.purpose == Purpose::Stream && self.new {
            self.context.connected(self.asked);
        }
        self.deadline.rest();
    }

    /// Reads the body of a refusal: the server may say why, and the connection may be kept.
    async fn refusal(&mut self, head: Head) -> Failure {
        let redirect = (300..400).contains(&head.status);
        if redirect && self.exchange.body_unasked() {
            redirected(head.status, self.field("location").as_deref(), &self.context);
        }
        while self.piece().await == Ok(true) {}
        if !redirect {
            refused(head.status, self.body(), &self.context.shard.meter);
        }
        self.drop_body();
        self.fails();
        Failure::Status
    }
}

#[cfg(test)]
mod tests;
