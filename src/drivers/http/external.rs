//! What an external server answers: what of it is news, what of that is ours, and what is asked next.
//!
//! Shared by polling and long-polling through [`super::asker`]. No I/O: it takes bytes off a connection's body.

use std::hash::{DefaultHasher, Hash, Hasher};

use wsbench_targets::clock::Tick;
use wsbench_targets::wire::Header;

use super::connection::Connection;
use super::exchange::Taken;
use crate::drivers::{ClientContext, percent};
use crate::message::recogniser::Own;
use crate::transport::Cursor;

/// The answers of an external server, one after the other.
#[derive(Debug)]
pub struct ExternalAnswers {
    cursor: Cursor,
    /// An answer may say again what the one before it said, and that is no news.
    repeats: bool,
    /// Hash of the last answer, where answers repeat.
    last: Option<u64>,
    /// The last answer has brought a message, ours or not.
    pub brought: bool,
    /// Number of the next message wanted, by stamps.
    next: u64,
    /// Messages that came, stamped or not.
    count: u64,
    next_request: NextRequest,
    changed: bool,
}

/// What the next request says besides what they all say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NextRequest {
    /// Path and query, instead of the endpoint's.
    pub path: Option<String>,
    /// More fields.
    pub fields: Vec<Header>,
}

impl ExternalAnswers {
    /// Nothing was answered yet.
    pub fn new(cursor: Cursor, repeats: bool) -> ExternalAnswers {
        let next_request = NextRequest::default();
        ExternalAnswers {
            cursor,
            repeats,
            last: None,
            brought: false,
            next: 0,
            count: 0,
            next_request,
            changed: false,
        }
    }

    /// The head of an answer is in: every validator in it goes into the next request, as browsers send them
    /// (RFC 9110 §13.1.2, §13.1.3).
    pub fn headed(&mut self, connection: &Connection) {
        if !matches!(self.cursor, Cursor::Etag | Cursor::LastModified) {
            return;
        }
        let pairs = [("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")];
        let said =
            pairs.iter().filter_map(|(name, of)| Some(Header((*name).to_owned(), connection.field(of)?)));
        let fields: Vec<Header> = said.collect();
        if !fields.is_empty() {
            self.ask(NextRequest { path: None, fields });
        }
    }

    /// All of the body is in.
    pub fn begin(&mut self, connection: &mut Connection) {
        self.brought = false;
        if let Cursor::Pointer { pointer, query } = &self.cursor
            && let Some(value) = pointed(connection.body(), pointer)
        {
            let path = queried(&connection.context, query, &value);
            self.ask(NextRequest { path, fields: vec![] });
        }
        if self.repeats && !connection.body().is_empty() {
            let hash = hash(connection.body());
            if self.last.replace(hash) == Some(hash) {
                // An old value again carries no news: on the wire it is overhead.
                connection.drop_body();
            }
        }
    }

    /// The next message for this client in the answer that came at `at`. Without a stamp it is one unrecognised message.
    pub fn next(&mut self, connection: &mut Connection, at: Tick) -> Option<Own> {
        while !connection.body().is_empty() {
            let (own, others) = connection.context.next_own(connection.body(), at);
            let Some(own) = own else {
                connection.take(Taken { payload: connection.body().len(), ..Taken::default() });
                if !self.brought {
                    if !others {
                        connection.context.unrecognised();
                    }
                    self.came(&connection.context);
                }
                return None;
            };
            connection.take(Taken { payload: own.end, ..Taken::default() });
            // Where all are heard, a stamp says nothing.
            let seen = own.stamp.seq < self.next && !connection.context.shard.hears_all;
            self.brought = true;
            if !(self.repeats && seen) {
                self.next = self.next.max(own.stamp.seq.saturating_add(1));
                self.came(&connection.context);
                return Some(own);
            }
        }
        None
    }

    /// What the next request says, where that is not what the last one said.
    pub fn changed(&mut self) -> Option<&NextRequest> {
        std::mem::take(&mut self.changed).then_some(&self.next_request)
    }

    fn came(&mut self, context: &ClientContext) {
        self.brought = true;
        self.count += 1;
        context.shard.meter.message_down();
        if let Cursor::Count(name) = &self.cursor {
            let path = queried(context, name, &self.count.to_string());
            self.ask(NextRequest { path, fields: vec![] });
        }
    }

    fn ask(&mut self, next: NextRequest) {
        self.changed |= next != self.next_request;
        self.next_request = next;
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// The text or number at a place of a JSON answer (RFC 6901).
fn pointed(body: &[u8], pointer: &str) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(body).ok()?;
    match answer.pointer(pointer)? {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The endpoint's path with that parameter in its query.
fn queried(context: &ClientContext, name: &str, value: &str) -> Option<String> {
    Some(with_query(&context.path()?, name, value))
}

/// `path` with that parameter in its query, instead of one of the same name.
fn with_query(path: &str, name: &str, value: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let same = |part: &&str| part.split('=').next() == Some(name);
    let mut parts: Vec<String> =
        query.split('&').filter(|p| !p.is_empty() && !same(p)).map(str::to_owned).collect();
    parts.push(format!("{name}={}", percent::encoded(value)));
    format!("{path}?{}", parts.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_joins_the_query_or_takes_its_place() {
        for (path, name, value, expected) in [
            ("/lp", "since", "7", "/lp?since=7"),
            ("/lp?room=a", "since", "7", "/lp?room=a&since=7"),
            ("/lp?since=0&room=a", "since", "8", "/lp?room=a&since=8"),
            ("/lp?sincere=1", "since", "a b/&", "/lp?sincere=1&since=a%20b%2F%26"),
        ] {
            assert_eq!(with_query(path, name, value), expected);
        }
    }

    #[test]
    fn numbers_and_texts_are_pointed_at() {
        let body = br#"{"seq":17,"at":{"id":"x/1"},"none":null}"#;
        for (pointer, expected) in
            [("/seq", Some("17")), ("/at/id", Some("x/1")), ("/none", None), ("/not", None), ("/at", None)]
        {
            assert_eq!(pointed(body, pointer).as_deref(), expected, "{pointer}");
        }
        assert_eq!(pointed(b"no JSON", "/seq"), None);
    }
}
