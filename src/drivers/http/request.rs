//! Request bytes, built once for all who ask the same; only the digits of client and cursor change.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wsbench_targets::wire::{Header, route};

use crate::drivers::{ClientContext, Expects, buffer};
use crate::meter::{Direction, Part, Recorder};

/// The lines of `headers` without those of that name.
pub fn without(headers: &[Header], name: &str) -> Vec<Header> {
    headers.iter().filter(|h| !h.0.eq_ignore_ascii_case(name)).cloned().collect()
}

/// The heads of requests: what a hundred thousand clients ask is there once.
#[derive(Default)]
pub struct Heads(RefCell<Rc<[u8]>>);

impl Heads {
    /// `head`, or the same that somebody has. Only the last one is remembered: clients that begin one after the other
    /// ask the same, and what each asks differently (a cursor of a foreign server's) is not worth remembering.
    fn share(&self, head: String) -> Rc<[u8]> {
        let mut last = self.0.borrow_mut();
        if **last != *head.as_bytes() {
            *last = Rc::from(head.into_bytes());
        }
        Rc::clone(&last)
    }
}

/// A request that is sent again and again. It may hold secrets.
#[derive(Clone)]
pub struct Request {
    /// With zeros for client and cursor.
    head: Rc<[u8]>,
    body: Vec<u8>,
    /// Bytes of the body that are no message but what wraps it.
    envelope: usize,
    /// Asked twice, the server does the same as if asked once (RFC 9110 §9.2.2).
    idempotent: bool,
    /// What the path of a reference target's route says.
    place: Option<Place>,
}

/// Client and cursor in a path, and where their digits begin.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    client: u32,
    cursor: u64,
}

/// The lines of `headers` for a connection that is kept, or for one of its own: a profile that says keep-alive would
/// then contradict us.
pub fn lines(headers: &[Header], keep_alive: bool) -> Vec<Header> {
    if keep_alive {
        return headers.to_vec();
    }
    let others = headers.iter().filter(|h| !h.0.eq_ignore_ascii_case("connection")).cloned();
    others.chain([Header("Connection".to_owned(), "close".to_owned())]).collect()
}

impl Request {
    /// `<method> <path> HTTP/1.1`, a `Host` line unless there is one already, `headers`, the user's own for this
    /// endpoint (instead of those of the same name), `more`, a blank line. `of` is the reference target's route; a foreign endpoint has its own path.
    pub fn new(
        context: &ClientContext,
        method: &str,
        of: &str,
        headers: &[Header],
        more: &[Header],
    ) -> Request {
        let endpoint = &context.endpoint;
        let (path, place) = match &endpoint.expects {
            Expects::Reference => {
                let at = method.len() + 1 + route::LEN - 2 * route::DIGITS - 1;
                (route::path(of, 0, 0), Some(Place { at, client: context.client, cursor: 0 }))
            }
            Expects::Foreign(path) => (path.clone(), None),
        };
        let mut text = format!("{method} {path} HTTP/1.1\r\n");
        let own = &endpoint.approach;
        if !own.has("host") && !headers.iter().any(|h| h.0.eq_ignore_ascii_case("host")) {
            text += &format!("Host: {}\r\n", endpoint.authority);
        }
        let profile = headers.iter().filter(|header| !own.has(&header.0)).map(|h| (&h.0, h.1.as_str()));
        let own = own.headers.iter().map(|own| (&own.name, own.value.reveal()));
        let more = more.iter().map(|header| (&header.0, header.1.as_str()));
        for (name, value) in profile.chain(own).chain(more) {
            text += &format!("{name}: {value}\r\n");
        }
        text += "\r\n";
        let (head, idempotent) = (context.shard.heads.share(text), method != "POST");
        Request { head, body: vec![], envelope: 0, idempotent, place }
    }

    /// Writes the number of the next message wanted into the path; its width does not change.
    pub fn set_cursor(&mut self, cursor: u64) {
        self.place.iter_mut().for_each(|place| place.cursor = cursor);
    }

    /// Replaces the body, of which `envelope` bytes are no message but what wraps it.
    pub fn set_body(&mut self, body: &[u8], envelope: usize) {
        self.envelope = envelope;
        self.body.clear();
        self.body.extend_from_slice(body);
    }

    /// Tells the ledger what the bytes were, once they have left.
    pub fn attribute(&self, meter: &Recorder) {
        meter.attribute(Direction::Up, Part::Headers, self.head.len());
        meter.attribute(Direction::Up, Part::Framing, self.envelope);
        meter.attribute(Direction::Up, Part::Payload, self.body.len().saturating_sub(self.envelope));
    }

    /// Whether it may be sent again where nobody knows what became of it.
    pub fn idempotent(&self) -> bool {
        self.idempotent
    }

    /// Bytes of all of it.
    pub fn length(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Puts it behind what is in `buffer`, as it goes on the wire.
    pub fn write_into(&self, buffer: &mut Vec<u8>) {
        let begin = buffer.len();
        buffer.extend_from_slice(&self.head);
        if let Some(Place { at, client, cursor }) = self.place {
            let digits = &mut buffer[begin + at..];
            write_digits(&mut digits[..route::DIGITS], u64::from(client));
            write_digits(&mut digits[route::DIGITS + 1..][..route::DIGITS], cursor);
        }
        buffer.extend_from_slice(&self.body);
    }

    /// As it goes on the wire, for one that is sent once.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.length());
        self.write_into(&mut bytes);
        bytes
    }

    /// Writes once, what is behind the first `sent` bytes.
    ///
    /// # Errors
    /// What became of the stream.
    pub fn poll_write(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        sent: usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        // Of a long body what is left of it, and no copy each time.
        if let Some(rest) = sent.checked_sub(self.head.len()).and_then(|from| self.body.get(from..)) {
            return Pin::new(stream).poll_write(cx, rest);
        }
        let mut bytes = buffer::borrow();
        self.write_into(&mut bytes);
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

    use tokio::io::AsyncReadExt;
    use wsbench_targets::clock::Clock;
    use wsbench_targets::wire::Headers;

    use super::*;
    use crate::drivers::{Endpoint, ShardContext};

    fn text(request: &Request) -> String {
        let mut bytes = b"before".to_vec();
        request.write_into(&mut bytes);
        assert_eq!(bytes.len(), "before".len() + request.length());
        String::from_utf8(bytes.split_off("before".len())).unwrap()
    }

    #[tokio::test]
    async fn clients_share_a_head_and_keep_their_digits() {
        let shard =
            Rc::new(ShardContext::new(Headers::profile("minimal").unwrap(), Clock::new().unwrap(), 0));
        let endpoint = Rc::new(Endpoint::reference(([127, 0, 0, 1], 80).into()));
        let ask = |client| {
            let context = ClientContext {
                client,
                endpoint: Rc::clone(&endpoint),
                source: None,
                shard: Rc::clone(&shard),
            };
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

    /// A socket that takes three bytes at a time gets every one of them once, wherever the head ends.
    #[tokio::test]
    async fn a_request_that_leaves_in_parts_is_whole() {
        let shard = Rc::new(ShardContext::new(Headers::minimal(), Clock::new().unwrap(), 0));
        let endpoint = Rc::new(Endpoint::reference(([127, 0, 0, 1], 80).into()));
        let context = ClientContext { client: 7, endpoint, source: None, shard };
        for body in ["", "b", "body of some length"] {
            let mut request = Request::new(&context, "POST", route::SEND, &[], &[]);
            request.set_body(body.as_bytes(), 0);
            let (mut ours, mut theirs) = tokio::io::duplex(3);
            let (mut sent, mut came) = (0, vec![]);
            while sent < request.length() {
                sent += poll_fn(|cx| request.poll_write(&mut ours, sent, cx)).await.unwrap();
                while came.len() < sent {
                    theirs.read_buf(&mut came).await.unwrap();
                }
            }
            assert_eq!(String::from_utf8(came).unwrap(), text(&request));
        }
    }
}
