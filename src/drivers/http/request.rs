//! Request bytes, built once; only the digits of client and cursor change.

use wsbench_targets::wire::{Header, route};

use crate::drivers::{Expects, Seat};
use crate::meter::{Direction, Part, Recorder};

/// The lines of `headers` without those of that name.
pub fn without(headers: &[Header], name: &str) -> Vec<Header> {
    headers.iter().filter(|h| !h.0.eq_ignore_ascii_case(name)).cloned().collect()
}

/// The bytes of a request, sent again and again. They may hold secrets.
#[derive(Clone)]
pub struct Request {
    bytes: Vec<u8>,
    /// Bytes of the head; what follows is the body.
    head: usize,
    /// Bytes of the body that are no message but what wraps it.
    envelope: usize,
    /// Where the cursor's digits are, when the path has one.
    cursor: Option<usize>,
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
    pub fn new(seat: &Seat, method: &str, of: &str, headers: &[Header], more: &[Header]) -> Request {
        let endpoint = &seat.endpoint;
        let path = match &endpoint.expects {
            Expects::Reference => route::path(of, seat.client, 0),
            Expects::Foreign(path) => path.clone(),
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
        let cursor = matches!(endpoint.expects, Expects::Reference)
            .then_some(method.len() + 1 + route::LEN - route::DIGITS);
        Request { head: text.len(), bytes: text.into_bytes(), envelope: 0, cursor }
    }

    /// Writes the number of the next message wanted into the path; its width does not change.
    pub fn set_cursor(&mut self, mut cursor: u64) {
        let Some(at) = self.cursor else { return };
        for digit in self.bytes[at..at + route::DIGITS].iter_mut().rev() {
            *digit = b'0' + (cursor % 10) as u8;
            cursor /= 10;
        }
    }

    /// Replaces the body, of which `envelope` bytes are no message but what wraps it.
    pub fn set_body(&mut self, body: &[u8], envelope: usize) {
        self.envelope = envelope;
        self.bytes.truncate(self.head);
        self.bytes.extend_from_slice(body);
    }

    /// Tells the ledger what the bytes were, once they have left.
    pub fn attribute(&self, meter: &Recorder) {
        meter.attribute(Direction::Up, Part::Headers, self.head);
        meter.attribute(Direction::Up, Part::Framing, self.envelope);
        let body = self.bytes.len() - self.head;
        meter.attribute(Direction::Up, Part::Payload, body.saturating_sub(self.envelope));
    }

    /// As they go on the wire.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
