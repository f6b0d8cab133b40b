//! How many bytes messages and what carries them take, by arithmetic on a header profile: the pieces of which each
//! transport makes its estimate for `wsbench check`.
//!
//! Never a result: what a report prints is measured. It must not know any transport.

use wsbench_targets::headers::RequestKind;
use wsbench_targets::wire::{Delimiting, Header, Headers, route};

use super::http::Http;

/// `Host: 127.0.0.1:12345` with its line end.
const HOST: usize = 23;
/// What a page's own origin is as long as.
const ORIGIN: &str = "http://127.0.0.1:12345";
/// `Date: Sat, 07 Nov 2009 00:32:46 GMT` with its line end.
const DATE: usize = 37;
/// Upgrade, Connection, Sec-WebSocket-Key and -Version, and the answer's own lines.
const UPGRADE: usize = 122;
const UPGRADED: usize = 129;
/// The head of a frame of HTTP/2 (RFC 9113 §4.1).
const FRAME: usize = 9;
/// A priority in HEADERS (RFC 7540 §6.2).
const WEIGHT: usize = 5;
/// A path of a reference target that changes: its Huffman code, with what says that (RFC 7541 §5.2).
const PATH: usize = 2 + route::LEN * 3 / 4;
/// A length of two digits, which h2 and nghttp2 never index.
const LENGTH: usize = 4;
/// What masking adds to a client's frame (RFC 6455 §5.3).
const MASK: f64 = 4.0;

/// Messages of all clients together.
#[derive(Clone, Copy, Debug)]
pub struct Messages {
    /// How many clients.
    pub clients: f64,
    /// To them, a second.
    pub down: f64,
    /// From them, a second.
    pub up: f64,
    /// Bytes of one.
    pub payload: f64,
}

impl Messages {
    /// Bytes of those that are sent by a `POST` each.
    pub fn posted(&self, heads: &Heads<'_>) -> f64 {
        self.up * (heads.asking(RequestKind::Post) + heads.response(0.0) + self.payload)
    }
}

/// Bytes of heads under a header profile. Over HTTP/2 they are those of a connection whose tables are warm (RFC 7541).
#[derive(Clone, Copy, Debug)]
pub struct Heads<'a> {
    /// The profile.
    pub headers: &'a Headers,
    /// The version of HTTP.
    pub http: Http,
}

impl Heads<'_> {
    /// Of a request for an answer.
    pub fn request(&self) -> f64 {
        self.asking(RequestKind::Fetch)
    }

    fn asking(&self, kind: RequestKind) -> f64 {
        let own = self.headers.of(kind);
        match self.http {
            Http::One => ("GET  HTTP/1.1\r\n\r\n".len() + route::LEN + lines(own) + host(own)) as f64,
            // Method, authority, scheme; the path changes.
            Http::Two => (FRAME + 3 + PATH + fields(own) + self.browser() * (1 + WEIGHT)) as f64,
        }
    }

    /// Of a request for a stream of events, which says so in place of the profile.
    pub fn request_for(&self, accept: &str) -> f64 {
        let own = self.headers.of(RequestKind::Events);
        let instead = lines(own.iter().filter(|h| h.0.eq_ignore_ascii_case("accept")));
        let request = self.asking(RequestKind::Events);
        match self.http {
            Http::One => request + format!("Accept: {accept}\r\n").len() as f64 - instead as f64,
            Http::Two => request,
        }
    }

    /// Of an answer with so long a body.
    pub fn response(&self, body: f64) -> f64 {
        let length = format!("Content-Length: {body}\r\n").len();
        match self.http {
            Http::One => {
                let fixed = "HTTP/1.1 200 OK\r\n\r\n".len() + length;
                (fixed + self.date() + lines(&self.headers.response)) as f64
            }
            // Status and length are fields too; the date is new once a second.
            Http::Two => (2 * FRAME + 2 + LENGTH + self.headers.response.len()) as f64,
        }
    }

    /// Of an answer without an end; of a `kind` of its own, or as the profile has it.
    pub fn stream(&self, body: Delimiting, kind: Option<&str>) -> f64 {
        if self.http == Http::Two {
            return (FRAME + 2 + self.headers.response.len()) as f64;
        }
        let replaced = |h: &&Header| kind.is_some() && h.0.eq_ignore_ascii_case("content-type");
        let own = lines(self.headers.response.iter().filter(|h| !replaced(h)));
        let chunked = if body == Delimiting::Chunked { "Transfer-Encoding: chunked\r\n".len() } else { 0 };
        let kind = kind.map_or(0, |kind| format!("Content-Type: {kind}\r\n").len());
        ("HTTP/1.1 200 OK\r\n\r\n".len() + chunked + kind + self.date() + own) as f64
    }

    /// Of a WebSocket handshake, both ends.
    pub fn upgrade(&self) -> f64 {
        let (ask, answer) = (&self.headers.upgrade_request, &self.headers.upgrade_response);
        if self.http == Http::Two {
            let fixed = 2 * FRAME + 5 + PATH + 1 + self.browser() * WEIGHT;
            return (fixed + fields(ask) + answer.len()) as f64;
        }
        let first = "GET  HTTP/1.1\r\n\r\n".len() + route::LEN + host(ask);
        (first + UPGRADE + UPGRADED + lines(ask) + lines(answer)) as f64
    }

    /// One message in a stream: a chunk has its size in hex before it, and two line ends (RFC 9112 §7.1); DATA has a head.
    pub fn piece(&self, body: Delimiting, message: f64) -> f64 {
        match (self.http, body) {
            (Http::Two, _) => self.data(message),
            (_, Delimiting::Chunked) => message + format!("{:x}\r\n\r\n", message as u64).len() as f64,
            (_, Delimiting::Close) => message,
        }
    }

    /// A frame of another protocol, which over HTTP/2 goes in DATA.
    pub fn data(&self, frame: f64) -> f64 {
        if self.http == Http::Two { frame + FRAME as f64 } else { frame }
    }

    /// 1 where it asks over HTTP/2 as a browser does, with a priority.
    fn browser(&self) -> usize {
        usize::from(self.headers.http2.is_some())
    }

    fn date(&self) -> usize {
        if self.headers.date { DATE } else { 0 }
    }
}

fn lines<'a>(headers: impl IntoIterator<Item = &'a Header>) -> usize {
    headers.into_iter().map(|header| header.line_bytes(ORIGIN)).sum()
}

/// Those that HTTP/2 has too.
fn fields(headers: &[Header]) -> usize {
    headers.iter().filter(|h| !h.is_place() && !h.0.eq_ignore_ascii_case("connection")).count()
}

fn host(headers: &[Header]) -> usize {
    if headers.iter().any(|header| header.0.eq_ignore_ascii_case("host")) { 0 } else { HOST }
}

/// One message in a server's frame (RFC 6455 §5.2).
pub fn frame(message: f64) -> f64 {
    let head = match message {
        m if m < 126.0 => 2.0,
        m if m < 65_536.0 => 4.0,
        _ => 10.0,
    };
    message + head
}

/// One message in a client's frame.
pub fn masked_frame(message: f64) -> f64 {
    frame(message) + MASK
}
