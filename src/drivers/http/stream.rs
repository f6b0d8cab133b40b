//! A request whose answer is read piece by piece, because it may never end.
//!
//! Shared by all that stream over HTTP. The state is in the struct and every wait is cancel-safe. What came and was
//! not taken lies in one small buffer; reading goes through the stack, so that a client that waits holds next to
//! nothing. It must not know what the body means: whoever takes bytes says what they were, heads and chunk lines are
//! accounted for here.

use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use wsbench_targets::clock::{Tick, now};

use super::body::{Body, Step};
use super::exchange::hang_up;
use super::refusal::{misread, refusal};
use super::request::Request;
use super::response::{self, head};
use crate::drivers::ClientContext;
use crate::drivers::deadline::Deadline;
use crate::drivers::dial::{self, dial};
use crate::drivers::memory_budget::MemoryBudget;
use crate::drivers::resumable::Resumable;
use crate::meter::{Direction, Failure, Part};

/// Read at once.
const PIECE: usize = 4096;
/// An empty buffer gives memory back above this: one long message must not be paid for ever.
const SPARE: usize = 1024;
/// The longest that bytes may wait to be taken: a line or event beyond it is not believed.
pub const MAX_UNTAKEN: usize = 2 << 20;

/// What the head of an answer said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status code, 2xx.
    pub status: u16,
    /// Whether the body is `text/event-stream`.
    pub event_stream: bool,
}

/// A client's connection, and the answer under way over it.
pub struct Stream {
    context: ClientContext,
    limit: Duration,
    patience: Deadline,
    connection: Option<dial::Stream>,
    dialing: Resumable<Result<dial::Stream, Failure>>,
    /// The connection was there before the request: the server may have closed it since.
    kept: bool,
    state: State,
    /// What came and is not accounted for: a head that is not whole, then body bytes from `taken` on.
    inbox: Vec<u8>,
    taken: usize,
    share: MemoryBudget,
    /// The answer under way has brought a message.
    brought: bool,
}

enum State {
    Idle,
    Asking(Box<Asking>),
    Reading { body: Body, keep_alive: bool },
}

/// A request on its way, and since when.
struct Asking {
    request: Request,
    sent: usize,
    began: Tick,
}

impl Stream {
    /// Nothing is opened yet. Without a whole head for `limit` a request has failed; a body may take for ever.
    pub fn new(context: ClientContext, limit: Duration) -> Stream {
        let patience = Deadline::new(limit);
        let (state, inbox, share) = (State::Idle, vec![], MemoryBudget::default());
        Stream {
            context,
            limit,
            patience,
            connection: None,
            dialing: Resumable::default(),
            kept: false,
            state,
            inbox,
            taken: 0,
            share,
            brought: false,
        }
    }

    /// Whether no answer is under way: [`Stream::ask`] begins the next.
    pub fn idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// Whether an answer's head is in and its body under way.
    pub fn reading(&self) -> bool {
        matches!(self.state, State::Reading { .. })
    }

    /// Begins a request, instead of what was under way; [`Stream::answer`] carries it out.
    pub fn ask(&mut self, request: Request) {
        if self.idle() {
            self.account_leftover();
        } else {
            self.abandon();
        }
        self.patience.begin(now());
        self.brought = false;
        self.state = State::Asking(Box::new(Asking { request, sent: 0, began: now() }));
    }

    /// Connects if need be, sends the request and reads the answer's head. Cancel-safe.
    ///
    /// # Errors
    /// Whatever went wrong; the connection is given up. A status other than 2xx is [`Failure::Status`].
    pub async fn answer(&mut self) -> Result<Answer, Failure> {
        loop {
            let outcome = self.converse().await;
            let stale = self.kept && self.inbox.is_empty();
            match outcome {
                Ok(head) => return self.open(&head),
                // The server closed a kept connection between two requests: ask again (RFC 9112 §9.3.1).
                Err(Failure::Closed | Failure::Reset) if stale => self.again(),
                Err(failure) => {
                    self.abandon();
                    return Err(failure);
                }
            }
        }
    }

    /// Reads on: what comes is added to [`Stream::body`]. `false` says that the answer has ended in good order; what
    /// was not taken is still there, up to the next [`Stream::ask`]. Cancel-safe.
    ///
    /// # Errors
    /// The connection broke, or more than [`MAX_UNTAKEN`] bytes lie untaken, or more than all clients may hold
    /// together; it is given up.
    pub async fn more(&mut self) -> Result<bool, Failure> {
        let outcome = poll_fn(|cx| self.poll_more(cx)).await;
        match outcome {
            Ok(going_on) => Ok(going_on),
            Err(failure) => {
                self.abandon();
                Err(failure)
            }
        }
    }

    /// Reads on as [`Stream::more`] does, where another request follows the end of an answer. Cancel-safe.
    ///
    /// # Errors
    /// As for [`Stream::more`]; [`Failure::Closed`] where the answer has ended, as it should, and brought no message: a
    /// server that does so again and again must not be asked at once.
    pub async fn go_on(&mut self) -> Result<(), Failure> {
        if self.more().await? || self.brought { Ok(()) } else { Err(Failure::Closed) }
    }

    /// A message was in the answer under way.
    pub fn brings(&mut self) {
        self.brought = true;
        self.context.shard.meter.event(|phase| phase.messages_down += 1);
    }

    /// Body bytes that came and are not taken yet, chunks already joined.
    pub fn body(&self) -> &[u8] {
        let body = if self.asking().is_some() { None } else { self.inbox.get(self.taken..) };
        body.unwrap_or_default()
    }

    /// Takes `payload + framing` bytes off the front of [`Stream::body`]: so many of the message, and so many that
    /// carried it.
    pub fn take(&mut self, payload: usize, framing: usize) {
        let meter = &self.context.shard.meter;
        meter.attribute(Direction::Down, Part::Payload, payload);
        meter.attribute(Direction::Down, Part::Framing, framing);
        self.taken = (self.taken + payload + framing).min(self.inbox.len());
    }

    /// Gives the answer up, and its connection with it.
    pub fn abandon(&mut self) {
        self.account_leftover();
        self.connection = None;
        self.state = State::Idle;
    }

    /// Closes the connection in good order, if it is open.
    pub async fn close(mut self) {
        self.account_leftover();
        if let Some(connection) = self.connection.take() {
            hang_up(connection, Rc::clone(&self.context.shard.meter)).await;
        }
    }

    fn asking(&self) -> Option<&Asking> {
        if let State::Asking(asking) = &self.state { Some(asking) } else { None }
    }

    async fn converse(&mut self) -> Result<response::Head, Failure> {
        if self.connection.is_none() {
            let (context, limit) = (self.context.clone(), self.limit);
            self.connection = Some(self.dialing.wait(|| async move { dial(&context, limit).await }).await?);
            self.kept = false;
        }
        let (Some(connection), State::Asking(asking)) = (&mut self.connection, &mut self.state) else {
            return Err(Failure::Local);
        };
        let (inbox, context) = (&mut self.inbox, &self.context);
        self.patience.hold(asking.carry(connection, inbox, context)).await
    }

    /// The head is in: accounts for it, and makes the inbox the body's.
    fn open(&mut self, head: &response::Head) -> Result<Answer, Failure> {
        let meter = &self.context.shard.meter;
        meter.event(|phase| phase.responses += 1);
        meter.attribute(Direction::Down, Part::Headers, head.length);
        let ahead = std::mem::take(&mut self.inbox);
        if !(200..300).contains(&head.status) {
            meter.attribute(Direction::Down, Part::Headers, ahead.len() - head.length);
            let refused = refusal(head.status, ahead.get(..head.length).unwrap_or_default(), &self.context);
            self.end(false);
            return Err(refused);
        }
        if let Some(asking) = self.asking().filter(|_| !self.kept) {
            meter.connected(asking.began);
        }
        // The alarm is not needed while the body lasts.
        self.patience = Deadline::new(self.limit);
        self.state = State::Reading { body: body(head), keep_alive: head.keep_alive };
        // What came along belongs to the body; that it has ended is for `more` to tell.
        if let Err(failure) = self.decode(ahead.get(head.length..).unwrap_or_default()) {
            self.abandon();
            return Err(failure);
        }
        Ok(Answer { status: head.status, event_stream: head.event_stream })
    }

    /// Puts the body's bytes of what was read into the inbox.
    fn decode(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        let State::Reading { body, keep_alive } = &mut self.state else { return Err(Failure::Local) };
        let meter = &self.context.shard.meter;
        while !bytes.is_empty() {
            let taken = match body.step(bytes) {
                Ok(Step::Data(taken)) => {
                    self.inbox.extend_from_slice(&bytes[..taken]);
                    taken
                }
                Ok(Step::Framing(taken)) => {
                    meter.attribute(Direction::Down, Part::Framing, taken);
                    taken
                }
                // Nobody has asked for what comes here, or it is nothing that we know.
                rest => {
                    meter.attribute(Direction::Down, Part::Headers, bytes.len());
                    *keep_alive = false;
                    return rest.map(|_| ());
                }
            };
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Failure>> {
        self.compact();
        self.share.hold(self.inbox.capacity(), &self.context.shard.meter)?;
        let State::Reading { body, keep_alive } = &self.state else { return Poll::Ready(Ok(false)) };
        if body.ended() {
            let keep_alive = *keep_alive;
            self.end(keep_alive);
            return Poll::Ready(Ok(false));
        }
        let Some(connection) = &mut self.connection else { return Poll::Ready(Err(Failure::Local)) };
        let mut piece = [const { MaybeUninit::uninit() }; PIECE];
        let mut piece = ReadBuf::uninit(&mut piece);
        ready!(Pin::new(connection).poll_read(cx, &mut piece)).map_err(|e| Failure::from(&e))?;
        Poll::Ready(self.came(piece.filled()))
    }

    fn came(&mut self, piece: &[u8]) -> Result<bool, Failure> {
        let State::Reading { body, .. } = &self.state else { return Ok(false) };
        if piece.is_empty() {
            let good = body.may_end();
            self.end(false);
            return if good { Ok(false) } else { Err(Failure::Closed) };
        }
        self.decode(piece)?;
        if self.inbox.len() > MAX_UNTAKEN { Err(Failure::Protocol) } else { Ok(true) }
    }

    /// The answer has ended, and the connection with it unless it can be kept.
    fn end(&mut self, keep_alive: bool) {
        self.state = State::Idle;
        self.kept = keep_alive;
        if let Some(connection) = self.connection.take_if(|_| !keep_alive) {
            // In a task of its own: closing must not delay what comes next.
            tokio::task::spawn_local(hang_up(connection, Rc::clone(&self.context.shard.meter)));
        }
    }

    /// The request once more, over a new connection.
    fn again(&mut self) {
        self.context.shard.meter.count(|c| c.reconnects += 1);
        self.connection = None;
        self.kept = false;
        if let State::Asking(asking) = &mut self.state {
            asking.leftover(&self.context);
            (asking.sent, asking.began) = (0, now());
        }
        self.patience.begin(now());
    }

    /// Drops what was taken, and memory that a usual message does not need.
    fn compact(&mut self) {
        self.inbox.drain(..self.taken);
        self.taken = 0;
        if self.inbox.is_empty() && self.inbox.capacity() > SPARE {
            self.inbox = vec![];
        }
    }

    /// Bytes of an answer that nobody took: they passed, and the ledger must close.
    fn account_leftover(&mut self) {
        if let Some(asking) = self.asking() {
            asking.leftover(&self.context);
        }
        let left = self.inbox.len() - self.taken;
        self.context.shard.meter.attribute(Direction::Down, Part::Headers, left);
        (self.inbox, self.taken) = (vec![], 0);
        self.share.give_back();
    }
}

impl Asking {
    /// Sends what is left of the request and reads up to the end of the head. Cancel-safe.
    async fn carry(
        &mut self,
        connection: &mut dial::Stream,
        inbox: &mut Vec<u8>,
        context: &ClientContext,
    ) -> Result<response::Head, Failure> {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let meter = &context.shard.meter;
        while self.sent < self.request.length() {
            let written = poll_fn(|cx| self.request.poll_write(connection, self.sent, cx)).await;
            self.sent += written.map_err(|e| Failure::from(&e))?;
            if self.sent == self.request.length() {
                meter.event(|phase| phase.requests += 1);
                self.request.attribute(meter);
            }
        }
        // Where there is TLS, records may still be on their way.
        connection.flush().await.map_err(|e| Failure::from(&e))?;
        loop {
            if let Some(head) = head(inbox).map_err(|failure| misread(failure, inbox, meter))? {
                return Ok(head);
            }
            inbox.reserve(SPARE);
            if connection.read_buf(inbox).await.map_err(|e| Failure::from(&e))? == 0 {
                return Err(Failure::Closed);
            }
        }
    }

    /// Bytes of a request that has not left whole.
    fn leftover(&self, context: &ClientContext) {
        if self.sent < self.request.length() {
            context.shard.meter.attribute(Direction::Up, Part::Headers, self.sent);
        }
    }
}

fn body(head: &response::Head) -> Body {
    match head.body {
        response::Body::Length(length) => Body::of(length),
        response::Body::Chunked => Body::chunked(),
        response::Body::UntilClose => Body::until_close(),
    }
}

#[cfg(test)]
mod tests;
