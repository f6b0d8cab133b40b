//! Requests, their heads prepared once for all clients that ask the same.
//!
//! What differs is put in as the bytes leave: the digits of client and cursor, and what each client has of its own
//! ([`Heading::varies`]). It must not know connections or what comes of a request.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::hash::RandomState;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;
use wsbench_targets::wire::{Header, route};

use super::heading::Heading;
use super::two::hpack::Field;
use crate::drivers::{ClientContext, Expects, ShardContext, buffer, percent};
use crate::message::template::{Own, Template};
use crate::meter::{Direction, Part, Recorder};
use crate::session::client::ClientSession;

/// What ends a head.
const BLANK: &[u8] = b"\r\n";

/// A heading, its lines in HTTP/1.1, and, where that is asked for, its fields in HTTP/2.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) heading: Heading,
    lines: Template,
    pub(super) fields: OnceCell<Rc<[Field]>>,
}

/// The headings of requests: what a hundred thousand clients ask is there once.
#[derive(Default)]
pub struct Heads(RefCell<VecDeque<Rc<Prepared>>>);

/// So many heads are remembered, those that were asked for last: clients that begin one after the other ask the same, a login or
/// a POST between, and what each asks differently (an external server's cursor) is not worth remembering.
const MAX_HEADS: usize = 4;

impl Heads {
    /// `heading`, or the same that another client has.
    fn share(&self, heading: Heading, chance: &RandomState) -> Rc<Prepared> {
        let mut last = self.0.borrow_mut();
        let known = last.iter().position(|known| known.heading == heading).and_then(|at| last.remove(at));
        let head = known.unwrap_or_else(|| {
            let lines = heading.http1(chance);
            Rc::new(Prepared { heading, lines, fields: OnceCell::new() })
        });
        last.truncate(MAX_HEADS - 1);
        last.push_front(Rc::clone(&head));
        head
    }
}

/// A request that is sent again and again. It may hold secrets.
#[derive(Clone)]
pub struct Request {
    pub(super) head: Rc<Prepared>,
    pub(super) body: Vec<u8>,
    /// Bytes of the body that are no message but what wraps it.
    pub(super) envelope: usize,
    /// Another protocol that is asked for over HTTP/2.
    pub(super) protocol: Option<&'static str>,
    /// What the path of a reference target's route says.
    patch: Option<PathPatch>,
    /// Who fills the places of the head, where it has some.
    filler: Option<Box<Filler>>,
    /// Statuses other than 2xx that are answers all the same.
    accepts: Accepts,
}

/// What else is an answer.
#[derive(Clone, Copy)]
enum Accepts {
    Nothing,
    NothingNew,
    Upgrade,
    Status(u16),
}

/// A client that fills places, each time by what its session has saved.
#[derive(Clone)]
struct Filler {
    client: u32,
    session: Option<Rc<ClientSession>>,
    shard: Rc<ShardContext>,
}

impl Filler {
    fn new(context: &ClientContext) -> Filler {
        let ClientContext { client, session, shard, .. } = context;
        Filler { client: *client, session: session.clone(), shard: Rc::clone(shard) }
    }

    fn own(&self) -> Own<'_> {
        self.shard.own(self.client, self.session.as_deref())
    }
}

/// How much of a request has left.
#[derive(Default)]
pub(super) struct Departure {
    sent: usize,
    /// Bytes of the head, further lines and blank line included; known once something has left.
    head: usize,
    /// The rest of a head that left in part: its client may fill it otherwise by now.
    rest: Box<[u8]>,
}

impl Departure {
    /// Bytes that have left.
    pub(super) fn sent(&self) -> usize {
        self.sent
    }
}

/// Client and cursor in a path.
#[derive(Clone, Copy)]
struct PathPatch {
    client: u32,
    cursor: u64,
}

impl Request {
    /// A request without a body: these lines of a profile, and `more` besides or instead ([`merged`]).
    pub fn new(
        context: &ClientContext,
        method: &'static str,
        route: &str,
        profile: &[Header],
        more: &[Header],
    ) -> Request {
        let reference = context.endpoint.expects == Expects::Reference;
        let patch = reference.then_some(PathPatch { client: context.client, cursor: 0 });
        let heading = Heading::new(context, method, route, profile, more);
        let filler = heading.varies.then(|| Box::new(Filler::new(context)));
        let head = context.shard.heads.share(heading, &context.shard.chance);
        Request { head, body: vec![], envelope: 0, protocol: None, patch, filler, accepts: Accepts::Nothing }
    }

    /// The same as a question for what is new: that nothing is (304, RFC 9110 §15.4.5), or that nothing came while the
    /// server waited (408), is an answer.
    pub fn for_news(self) -> Request {
        Request { accepts: Accepts::NothingNew, ..self }
    }

    /// The same as a question for another protocol (101).
    pub fn for_upgrade(self) -> Request {
        Request { accepts: Accepts::Upgrade, ..self }
    }

    /// The same as a question for another protocol over a stream of HTTP/2 (RFC 8441).
    pub fn for_tunnel(self, protocol: &'static str) -> Request {
        Request { protocol: Some(protocol), ..self }
    }

    /// The same where an answer of this status is one too.
    pub fn for_status(self, status: u16) -> Request {
        Request { accepts: Accepts::Status(status), ..self }
    }

    /// Whether a status other than 2xx is an answer.
    pub fn accepts(&self, status: u16) -> bool {
        match self.accepts {
            Accepts::Nothing => false,
            Accepts::NothingNew => matches!(status, 304 | 408),
            Accepts::Upgrade => status == 101,
            Accepts::Status(due) => status == due,
        }
    }

    /// What it says, in this client's words.
    pub fn heading(&self) -> Cow<'_, Heading> {
        let heading = &self.head.heading;
        self.filler.as_ref().map_or(Cow::Borrowed(heading), |filler| Cow::Owned(heading.of(&filler.own())))
    }

    /// Path and query, in this client's words.
    pub fn path(&self) -> Cow<'_, str> {
        let path = self.head.heading.path.as_str();
        let own = |filler: &Filler| Cow::Owned(percent::filled(path, &filler.own()));
        self.filler.as_deref().map_or(Cow::Borrowed(path), own)
    }

    /// Writes the number of the next message wanted into the path; its width does not change.
    pub fn set_cursor(&mut self, cursor: u64) {
        self.patch.iter_mut().for_each(|patch| patch.cursor = cursor);
    }

    /// Replaces the body, of which `envelope` bytes are no message but what wraps it.
    pub fn set_body(&mut self, body: &[u8], envelope: usize) {
        self.envelope = envelope;
        self.body.clear();
        self.body.extend_from_slice(body);
    }

    /// Tells the ledger what the bytes were, once they have left.
    pub(super) fn attribute(&self, left: &Departure, meter: &Recorder) {
        meter.attribute(Direction::Up, Part::Headers, left.head);
        meter.attribute(Direction::Up, Part::Framing, self.envelope);
        meter.attribute(Direction::Up, Part::Payload, self.body.len().saturating_sub(self.envelope));
    }

    /// Whether it may be sent again where it is unknown what became of it (RFC 9110 §9.2.2).
    pub fn idempotent(&self) -> bool {
        !matches!(self.head.heading.method, "POST" | "PATCH")
    }

    /// Puts it behind what is in `buffer`, as it goes on the wire; `lines` are further ones of its head, line ends included.
    pub fn write_into(&self, lines: &[u8], buffer: &mut Vec<u8>) {
        let begin = buffer.len();
        match &self.filler {
            Some(filler) => _ = self.head.lines.fill(&filler.own(), buffer),
            None => buffer.extend_from_slice(self.head.lines.text()),
        }
        buffer.extend_from_slice(lines);
        buffer.extend_from_slice(BLANK);
        // Behind the method and a blank.
        self.patch(&mut buffer[begin + self.head.heading.method.len() + 1..]);
        buffer.extend_from_slice(&self.body);
    }

    /// Writes client and cursor into the path at the front of `bytes`, where they belong there.
    fn patch(&self, bytes: &mut [u8]) {
        let Some(PathPatch { client, cursor }) = self.patch else { return };
        let digits = &mut bytes[route::LEN - 2 * route::DIGITS - 1..];
        write_digits(&mut digits[..route::DIGITS], u64::from(client));
        write_digits(&mut digits[route::DIGITS + 1..][..route::DIGITS], cursor);
    }

    /// The path, where it is not that of the heading.
    pub(super) fn own_path(&self) -> Option<Vec<u8>> {
        self.patch?;
        let mut path = self.head.heading.path.clone().into_bytes();
        self.patch(&mut path);
        Some(path)
    }

    /// As it goes on the wire, for one that is sent once.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.head.lines.text().len() + BLANK.len() + self.body.len());
        self.write_into(&[], &mut bytes);
        bytes
    }

    /// Whether all of it has left.
    pub(super) fn has_left(&self, left: &Departure) -> bool {
        left.sent > 0 && left.sent == left.head + self.body.len()
    }

    /// Writes once, what has not left; with these further lines.
    ///
    /// # Errors
    /// What became of the stream.
    pub(super) fn poll_leave(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        lines: &[u8],
        left: &mut Departure,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = Pin::new(stream);
        // Of a long body what is left of it, and no copy each time.
        if let Some(body) = left.sent.checked_sub(left.head).filter(|_| left.sent > 0) {
            left.sent += some(ready!(stream.poll_write(cx, &self.body[body..]))?)?;
            return Poll::Ready(Ok(()));
        }
        if left.sent > 0 {
            let written = some(ready!(stream.poll_write(cx, &left.rest))?)?;
            left.sent += written;
            left.rest = left.rest[written..].into();
            return Poll::Ready(Ok(()));
        }
        let mut bytes = buffer::borrow();
        self.write_into(lines, &mut bytes);
        let written = stream.poll_write(cx, &bytes);
        if let Poll::Ready(Ok(written)) = &written {
            (left.sent, left.head) = (*written, bytes.len() - self.body.len());
            left.rest = bytes[left.head.min(*written)..left.head].into();
        }
        buffer::give_back(&mut bytes);
        Poll::Ready(some(ready!(written)?).map(|_| ()))
    }
}

/// Who takes nothing of something never will.
fn some(written: usize) -> io::Result<usize> {
    if written > 0 { Ok(written) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// `number` in as many digits as there is room for.
fn write_digits(room: &mut [u8], mut number: u64) {
    for digit in room.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

#[cfg(test)]
mod tests;
