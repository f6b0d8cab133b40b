//! Requests, their heads prepared once for all clients that ask the same.
//!
//! What differs is put in as the bytes leave: the digits of client and cursor, and what each client has of its own
//! ([`Heading::varies`]). It must not know connections or what comes of a request.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::hash::RandomState;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wsbench_targets::wire::{Header, route};

use super::heading::Heading;
use super::two::hpack::Field;
use crate::drivers::{ClientContext, Expects, ShardContext, buffer, percent};
use crate::message::template::{Own, Template, filled};
use crate::meter::{Direction, Part, Recorder};

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
pub struct Heads(RefCell<Option<Rc<Prepared>>>);

impl Heads {
    /// `heading`, or the same that another client has. Only the last one is remembered: clients that begin one after the
    /// other ask the same, and what each asks differently (an external server's cursor) is not worth remembering.
    fn share(&self, heading: Heading, chance: &RandomState) -> Rc<Prepared> {
        let mut last = self.0.borrow_mut();
        if let Some(last) = last.as_ref().filter(|last| last.heading == heading) {
            return Rc::clone(last);
        }
        let lines = heading.http1(chance);
        Rc::clone(last.insert(Rc::new(Prepared { heading, lines, fields: OnceCell::new() })))
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

/// A client that fills places.
#[derive(Clone)]
struct Filler {
    client: u32,
    shard: Rc<ShardContext>,
}

impl Filler {
    fn own(&self) -> Own<'_> {
        Own { client: self.client, values: self.shard.values.as_deref(), chance: &self.shard.chance }
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
        let filler = || Box::new(Filler { client: context.client, shard: Rc::clone(&context.shard) });
        let filler = heading.varies.then(filler);
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
        let own = |filler: &Filler| filled("", path, percent::encode, &filler.own());
        self.filler.as_deref().map_or(Cow::Borrowed(path), |filler| Cow::Owned(own(filler)))
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

    /// Tells the ledger what the bytes were, once they have left with these further lines.
    pub fn attribute(&self, lines: &[u8], meter: &Recorder) {
        meter.attribute(Direction::Up, Part::Headers, self.head_length() + lines.len());
        meter.attribute(Direction::Up, Part::Framing, self.envelope);
        meter.attribute(Direction::Up, Part::Payload, self.body.len().saturating_sub(self.envelope));
    }

    /// Whether it may be sent again where it is unknown what became of it (RFC 9110 §9.2.2).
    pub fn idempotent(&self) -> bool {
        !matches!(self.head.heading.method, "POST" | "PATCH")
    }

    /// Bytes of all of it, without further lines.
    pub fn length(&self) -> usize {
        self.head_length() + self.body.len()
    }

    /// Bytes of the head, blank line included, without further lines.
    fn head_length(&self) -> usize {
        let lines = &self.head.lines;
        let own = |filler: &Filler| {
            let mut scratch = buffer::borrow();
            let length = lines.length(&filler.own(), &mut scratch);
            buffer::give_back(&mut scratch);
            length
        };
        self.filler.as_deref().map_or(lines.text().len(), own) + BLANK.len()
    }

    /// Puts it behind what is in `buffer`, as it goes on the wire; `lines` are further ones of its head, line ends included.
    pub fn write_into(&self, lines: &[u8], buffer: &mut Vec<u8>) {
        let begin = buffer.len();
        match &self.filler {
            Some(filler) => self.head.lines.fill(&filler.own(), buffer),
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
        let mut bytes = Vec::with_capacity(self.length());
        self.write_into(&[], &mut bytes);
        bytes
    }

    /// Writes once, what is behind the first `sent` bytes.
    ///
    /// # Errors
    /// What became of the stream.
    pub fn poll_write(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        lines: &[u8],
        sent: usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        // Of a long body what is left of it, and no copy each time.
        let head = self.head_length() + lines.len();
        if let Some(rest) = sent.checked_sub(head).and_then(|from| self.body.get(from..)) {
            return Pin::new(stream).poll_write(cx, rest);
        }
        let mut bytes = buffer::borrow();
        self.write_into(lines, &mut bytes);
        let written = Pin::new(stream).poll_write(cx, bytes.get(sent..).unwrap_or_default());
        buffer::give_back(&mut bytes);
        written
    }
}

/// `number` in as many digits as there is room for.
fn write_digits(room: &mut [u8], mut number: u64) {
    for digit in room.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Arc;

    use tokio::io::AsyncReadExt;
    use wsbench_targets::clock::Clock;
    use wsbench_targets::wire::Headers;

    use super::*;
    use crate::drivers::Endpoint;
    use crate::drivers::connect_options::CustomHeader;
    use crate::message::values::Values;
    use crate::secret::Secret;

    fn text(request: &Request) -> String {
        let mut bytes = b"before".to_vec();
        request.write_into(&[], &mut bytes);
        assert_eq!(bytes.len(), "before".len() + request.length());
        String::from_utf8(bytes.split_off("before".len())).unwrap()
    }

    #[tokio::test]
    async fn clients_share_a_head_and_keep_their_digits() {
        let shard =
            Rc::new(ShardContext::new(Headers::profile("minimal").unwrap(), Clock::new().unwrap(), 0));
        let endpoint = Rc::new(Endpoint::reference(([127, 0, 0, 1], 80).into()));
        let ask = |client| {
            let context = ClientContext::new(client, Rc::clone(&endpoint), Rc::clone(&shard), false);
            Request::new(&context, "GET", route::POLL, &[], &[])
        };
        let (one, mut other) = (ask(1), ask(u32::MAX));
        assert!(Rc::ptr_eq(&one.head, &other.head));
        other.set_cursor(9_876_543_210);
        other.set_body(b"body", 1);
        assert_eq!(
            text(&one),
            format!("GET {} HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n", route::path(route::POLL, 1, 0))
        );
        let path = route::path(route::POLL, u32::MAX, 9_876_543_210);
        assert_eq!(text(&other), format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\nbody"));
    }

    /// What each has of its own is in its bytes and in nobody's memory.
    #[tokio::test]
    async fn clients_of_different_values_share_a_head() {
        let values = Values::new(vec!["t".into()], vec![vec!["a b".into()], vec!["{t}".into()]]);
        let mut shard = ShardContext::new(Headers::minimal(), Clock::new().unwrap(), 0);
        shard.values = Some(Arc::new(values));
        let mut endpoint = Endpoint::reference(([127, 0, 0, 1], 80).into());
        endpoint.expects = Expects::Foreign("/?t={user.t}".to_owned());
        let own =
            CustomHeader { name: "X".to_owned(), value: Secret::hidden("{user.t} {client}".to_owned()) };
        endpoint.connect.headers = vec![own];
        let (endpoint, shard) = (Rc::new(endpoint), Rc::new(shard));
        let more = [Header("Y".to_owned(), "{user.t}".to_owned())];
        let ask = |client| {
            let context = ClientContext::new(client, Rc::clone(&endpoint), Rc::clone(&shard), false);
            Request::new(&context, "GET", "", &[], &more)
        };
        let (one, other) = (ask(0), ask(1));
        assert!(Rc::ptr_eq(&one.head, &other.head));
        for (request, path, value) in [(&one, "/?t=a%20b", "a b 0"), (&other, "/?t=%7Bt%7D", "{t} 1")] {
            let said =
                format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:80\r\nX: {value}\r\nY: {{user.t}}\r\n\r\n");
            assert_eq!((text(request), &*request.path()), (said, path));
            let fields = request.asking(&[]).unwrap().head.fields;
            let has = |name: &str, value: &str| {
                fields.iter().any(|f| f.name == name && f.value == value.as_bytes())
            };
            assert!(has(":path", path) && has("x", value) && has("y", "{user.t}"), "{fields:?}");
        }
    }

    /// A socket that takes three bytes at a time gets every one of them once, wherever the head ends.
    #[tokio::test]
    async fn a_request_that_leaves_in_parts_is_whole() {
        let shard = Rc::new(ShardContext::new(Headers::minimal(), Clock::new().unwrap(), 0));
        let endpoint = Rc::new(Endpoint::reference(([127, 0, 0, 1], 80).into()));
        let context = ClientContext::new(7, endpoint, shard, false);
        for body in ["", "b", "body of some length"] {
            let mut request = Request::new(&context, "POST", route::SEND, &[], &[]);
            request.set_body(body.as_bytes(), 0);
            let (mut ours, mut theirs) = tokio::io::duplex(3);
            let (mut sent, mut came) = (0, vec![]);
            while sent < request.length() {
                sent += poll_fn(|cx| request.poll_write(&mut ours, &[], sent, cx)).await.unwrap();
                while came.len() < sent {
                    theirs.read_buf(&mut came).await.unwrap();
                }
            }
            assert_eq!(String::from_utf8(came).unwrap(), text(&request));
        }
    }
}
