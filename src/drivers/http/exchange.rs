//! One exchange over an open connection: the request leaves, the head of the answer comes, then its body piece by piece.
//!
//! The state is in the struct and every wait can be dropped and begun again. Each byte is attributed once: heads and
//! what delimits a body here, the body by whoever takes it. What nobody takes is overhead, also where an exchange is
//! dropped in the middle. It must not know how connections are opened, nor what a body means.

use std::future::poll_fn;
use std::mem::{replace, take};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use http::HeaderMap;
use tokio::io::AsyncWriteExt;

use wsbench_targets::deflate::Unfit;

use super::body::Step;
use super::coding::{Coding, Plain};
use super::head::{self, HTTP_2, Head, head};
use super::link::Link;
use super::refusal::too_large;
use super::request::{Departure, Request};
use super::two::exchange::Two;
use super::two::trouble::Trouble;
use crate::drivers::buffer::Inbox;
use crate::drivers::dial::Stream;
use crate::drivers::limits::MAX_MESSAGE_BYTES;
use crate::meter::{Direction, Failure, Part, Recorder, reasons};

/// The exchange under way, or what is left of the last one.
pub(super) struct Exchange {
    pub(super) meter: Rc<Recorder>,
    /// The head, until the body is asked for; then the body's bytes that came and were not taken.
    pub(super) inbox: Inbox,
    pub(super) state: State,
    /// What it has of its own over HTTP/2.
    pub(super) two: Option<Box<Two>>,
    /// Why it failed there.
    pub(super) trouble: Option<Box<Trouble>>,
    /// Of a compressed body, what has come and was not taken. Boxed: most are not.
    plain: Option<Box<Plain>>,
    /// Its bodies are read as they come.
    streams: bool,
}

pub(super) enum State {
    Idle,
    Sending(Departure),
    Waiting,
    /// The head is in. Its bytes are in front of the inbox until the body is asked for.
    Headed(Head),
    Reading(Head),
}

/// How far a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    More,
    /// The answer has ended in good order, and its connection with it unless it can be kept.
    End(Head),
}

/// What the bytes were that are taken off the front of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Bytes of messages.
    pub payload: usize,
    /// Bytes that carry messages.
    pub framing: usize,
    /// Bytes that bring nothing.
    pub overhead: usize,
}

impl Exchange {
    /// `streams`: its bodies do not end, and are read as they come.
    pub(super) fn new(meter: &Rc<Recorder>, streams: bool) -> Exchange {
        let (meter, inbox) = (Rc::clone(meter), Inbox::default());
        Exchange { meter, inbox, state: State::Idle, two: None, trouble: None, plain: None, streams }
    }

    pub(super) fn begin(&mut self) {
        self.abandon();
        self.trouble = None;
        self.state = State::Sending(Departure::default());
    }

    pub(super) fn idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// The head of the answer under way.
    pub(super) fn head(&self) -> Option<Head> {
        match self.state {
            State::Headed(head) | State::Reading(head) => Some(head),
            _ => None,
        }
    }

    /// The head is in, and its fields can still be read.
    pub(super) fn body_unasked(&self) -> bool {
        matches!(self.state, State::Headed(_))
    }

    /// Nothing of the request has left.
    pub(super) fn unsent(&self) -> bool {
        matches!(&self.state, State::Sending(left) if left.sent() == 0)
    }

    /// Nothing of the answer has come.
    pub(super) fn unanswered(&self) -> bool {
        matches!(self.state, State::Sending(_) | State::Waiting) && self.inbox.rest().is_empty()
    }

    /// The values of a field of the head, until the body is asked for.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        head::list(&self.fields(name))
    }

    /// The same one by one, of a field that is no list.
    pub(super) fn fields(&self, name: &str) -> Vec<Vec<u8>> {
        let State::Headed(head) = &self.state else { return vec![] };
        if let Some(two) = &self.two {
            return two.fields.get_all(name).iter().map(|value| value.as_bytes().to_owned()).collect();
        }
        head::fields(self.inbox.rest().get(..head.length).unwrap_or_default(), name)
    }

    /// Sends what is left of the request, with these further lines in its head, and reads up to the end of the head.
    pub(super) async fn converse(
        &mut self,
        link: &mut Link,
        request: &Request,
        lines: &[u8],
    ) -> Result<(), Failure> {
        match link {
            Link::One(stream) => self.converse_one(stream, request, lines).await,
            // Boxed: a state that most clients would carry for nothing.
            Link::Two(session) => Box::pin(self.converse_two(session, request, lines)).await,
        }
    }

    async fn converse_one(
        &mut self,
        stream: &mut Stream,
        request: &Request,
        lines: &[u8],
    ) -> Result<(), Failure> {
        if let State::Sending(left) = &mut self.state {
            while !request.has_left(left) {
                let leaves = poll_fn(|cx| request.poll_leave(stream, lines, left, cx)).await;
                leaves.map_err(|e| Failure::from(&e))?;
            }
            // Where there is TLS, records may still be on their way.
            stream.flush().await.map_err(|e| Failure::from(&e))?;
            request.attribute(left, &self.meter);
            self.meter.event(|phase| phase.requests += 1);
            self.state = State::Waiting;
        }
        loop {
            match head(self.inbox.rest()) {
                Ok(Some(head)) => return self.headed(head),
                Ok(None) => {}
                Err(failure) => return Err(too_large(failure, reasons::LONG_HEAD, &self.meter)),
            }
            if poll_fn(|cx| self.inbox.poll_read(stream, 0, &self.meter, cx)).await? == 0 {
                return Err(Failure::Closed);
            }
        }
    }

    pub(super) fn headed(&mut self, head: Head) -> Result<(), Failure> {
        self.meter.event(|phase| phase.responses += 1);
        self.meter.attribute(Direction::Down, Part::Headers, head.length);
        self.state = State::Headed(head);
        // zstd is decoded once it is whole, which a stream never is.
        let decoded = head.coding != Coding::Unknown && !(self.streams && head.coding == Coding::Zstd);
        if head.good() && !decoded {
            self.meter.reason(reasons::ENCODED);
            return Err(Failure::Protocol);
        }
        self.plain = Plain::of(head.coding).map(Box::new);
        Ok(())
    }

    /// Reads on: what comes is added to the body.
    pub(super) fn poll_piece(
        &mut self,
        link: &mut Link,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Piece, Failure>> {
        if let State::Headed(head) = self.state {
            self.inbox.take(head.length);
            // Nobody looks at its fields any more.
            self.two.iter_mut().for_each(|two| two.fields = HeaderMap::new());
            self.state = State::Reading(head);
            self.decode(0)?;
            return Poll::Ready(Ok(Piece::More));
        }
        let State::Reading(head) = self.state else {
            debug_assert!(false, "no answer is under way");
            return Poll::Pending;
        };
        if head.body.ended() {
            self.finish()?;
            self.state = State::Idle;
            return Poll::Ready(Ok(Piece::End(head)));
        }
        let there = self.inbox.rest().len();
        if there > MAX_MESSAGE_BYTES {
            return Poll::Ready(Err(too_large(Failure::TooLarge, reasons::LONG_BODY, &self.meter)));
        }
        let besides = self.plain.as_ref().map_or(0, |plain| plain.held());
        let read = match link {
            Link::One(stream) => self.inbox.poll_read(stream, besides, &self.meter, cx),
            Link::Two(session) => self.poll_data(session, besides, cx),
        };
        if ready!(read)? == 0 {
            return Poll::Ready(self.ended(head));
        }
        self.decode(there)?;
        Poll::Ready(Ok(Piece::More))
    }

    /// The connection has ended, or over HTTP/2 the stream.
    fn ended(&mut self, head: Head) -> Result<Piece, Failure> {
        if !head.body.may_end() {
            return Err(Failure::Closed);
        }
        self.finish()?;
        self.state = State::Idle;
        Ok(Piece::End(Head { keep_alive: head.version == HTTP_2, ..head }))
    }

    /// Makes body of the bytes that came behind the first `from`: moves them together, and accounts for what lay between.
    fn decode(&mut self, from: usize) -> Result<(), Failure> {
        let State::Reading(Head { body, keep_alive, .. }) = &mut self.state else { return Ok(()) };
        let bytes = self.inbox.rest_mut();
        let (mut at, mut end, mut framing) = (from, from, 0);
        let outcome = loop {
            match body.step(&bytes[at..]) {
                Ok(Step::Data(length)) => {
                    if at > end {
                        bytes.copy_within(at..at + length, end);
                    }
                    (at, end) = (at + length, end + length);
                }
                Ok(Step::Framing(length)) => (at, framing) = (at + length, framing + length),
                Ok(Step::More | Step::End) => break Ok(()),
                Err(failure) => break Err(failure),
            }
        };
        // Nobody has asked for what comes behind an answer: what would be read next is unknown.
        let surplus = bytes.len() - at;
        if surplus > 0 && std::mem::take(keep_alive) {
            self.meter.reason(reasons::UNASKED);
        }
        self.inbox.truncate(end);
        self.meter.attribute(Direction::Down, Part::Framing, framing);
        self.meter.attribute(Direction::Down, Part::Headers, surplus);
        outcome.and_then(|()| self.unpack())
    }

    /// Makes what has come of a compressed body plain.
    fn unpack(&mut self) -> Result<(), Failure> {
        let Some(plain) = &mut self.plain else { return Ok(()) };
        let fed = plain.feed(self.inbox.rest());
        self.inbox.empty();
        fed.map_err(|unfit| unreadable(unfit, &self.meter))
    }

    /// The body is whole.
    fn finish(&mut self) -> Result<(), Failure> {
        // A stream may end anywhere.
        let plain = self.plain.as_mut().filter(|_| !self.streams);
        let finished = plain.map_or(Ok(()), |plain| plain.finish());
        finished.map_err(|unfit| unreadable(unfit, &self.meter))
    }

    /// Body bytes that came and are not taken yet.
    pub(super) fn body(&self) -> &[u8] {
        match self.state {
            State::Idle | State::Reading(_) => match &self.plain {
                Some(plain) => plain.rest(),
                None => self.inbox.rest(),
            },
            _ => &[],
        }
    }

    /// Takes them off the front of [`Exchange::body`].
    pub(super) fn take(&mut self, taken: Taken) {
        let Taken { payload, framing, overhead } = taken;
        debug_assert!(
            payload + framing + overhead <= self.body().len(),
            "{taken:?} of {}",
            self.body().len()
        );
        if let Some(plain) = &mut self.plain {
            let [framing, overhead, wire] = [framing, overhead, payload].map(|bytes| plain.take(bytes));
            self.meter.payload(Direction::Down, wire, payload);
            self.meter.attribute(Direction::Down, Part::Framing, framing);
            self.meter.attribute(Direction::Down, Part::Headers, overhead);
            return;
        }
        self.meter.attribute(Direction::Down, Part::Payload, payload);
        self.meter.attribute(Direction::Down, Part::Framing, framing);
        self.meter.attribute(Direction::Down, Part::Headers, overhead);
        self.inbox.take(payload + framing + overhead);
    }

    /// Whether a kept connection has ended, or says what nobody has asked for: an answer to nothing must not be taken
    /// for the next one. A look, and no wait.
    pub(super) fn poll_unasked(&mut self, stream: &mut Stream, cx: &mut Context<'_>) -> bool {
        // Behind TLS something may have come that says nothing: a ticket, half a record.
        if !stream.readable(cx) {
            return false;
        }
        let read = self.inbox.poll_read(stream, 0, &self.meter, cx);
        if matches!(read, Poll::Ready(Ok(1..))) {
            self.meter.reason(reasons::UNASKED);
        }
        read.is_ready()
    }

    /// What came behind the head; nothing is under way any more.
    pub(super) fn upgraded(&mut self) -> Inbox {
        if let State::Headed(head) = replace(&mut self.state, State::Idle) {
            self.inbox.take(head.length);
        }
        take(&mut self.inbox)
    }

    /// Ends what is under way. Its bytes have passed, and the ledger must close.
    pub(super) fn abandon(&mut self) {
        let (head, sent) = match &self.state {
            State::Headed(head) => (head.length, 0),
            State::Sending(left) => (0, left.sent()),
            _ => (0, 0),
        };
        self.meter.attribute(Direction::Up, Part::Headers, sent);
        let packed = self.plain.take().map_or(0, |plain| plain.left());
        self.meter.attribute(Direction::Down, Part::Headers, self.inbox.empty() - head + packed);
        // Its stream is reset, unless it has ended.
        self.two = None;
        self.state = State::Idle;
    }
}

fn unreadable(unfit: Unfit, meter: &Recorder) -> Failure {
    match unfit {
        Unfit::Corrupt => {
            meter.reason(reasons::CORRUPT_BODY);
            Failure::Protocol
        }
        Unfit::TooLong => too_large(Failure::TooLarge, reasons::LONG_INFLATED, meter),
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.abandon();
    }
}
