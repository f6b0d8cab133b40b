//! What a foreign endpoint answers: is it news, what of it is ours, and what is asked next.
//!
//! Shared by polling and long-polling. No I/O: it reads a line's last answer. `page` does the same for a reference
//! target, whose answers it knows.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use wsbench_targets::wire::{Cursor, Header, Stamp};

use super::exchange::Line;
use crate::drivers::{ClientContext, Expects};

/// The answers of a foreign endpoint, one after the other.
#[derive(Debug)]
pub struct Feed {
    cursor: Cursor,
    /// Hash of the last answer, where an answer may say the same again.
    last: Option<u64>,
    repeats: bool,
    /// The last answer's body, and what is left of it.
    body: Range<usize>,
    rest: Range<usize>,
    /// It has brought a message.
    brought: bool,
    open: bool,
    /// Number of the next message wanted, by stamps.
    next: u64,
    /// Messages that came, stamped or not.
    count: u64,
}

/// What the next request says besides its route.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Path and query, instead of the endpoint's.
    pub path: Option<String>,
    /// More lines.
    pub lines: Vec<Header>,
}

impl Feed {
    /// Nothing was answered yet. `repeats`: an answer may say again what the one before it said, and that is no news.
    pub fn new(cursor: Cursor, repeats: bool) -> Feed {
        let (last, body, rest) = (None, 0..0, 0..0);
        Feed { cursor, last, repeats, body, rest, brought: false, open: false, next: 0, count: 0 }
    }

    /// A new answer, its body at `body`.
    pub fn turn(&mut self, context: &ClientContext, line: &Line, body: Range<usize>) {
        let bytes = line.body(body.clone());
        let hash = hash(bytes);
        let old = bytes.is_empty() || (self.repeats && self.last == Some(hash));
        (self.open, self.brought) = (true, false);
        self.body = body.clone();
        self.rest = if old { 0..0 } else { body };
        match old {
            // An old value again carries no news: on the wire it is overhead.
            true => context.shard.meter.no_message(bytes.len()),
            false => self.last = Some(hash),
        }
    }

    /// The stamp of the next message in the answer. Without any it is a message of somebody else's.
    pub fn next(&mut self, context: &ClientContext, line: &Line) -> Option<Stamp> {
        while !self.rest.is_empty() {
            let bytes = line.body(self.rest.clone());
            let Some((stamp, end)) = context.first_stamp(bytes) else {
                self.rest = 0..0;
                if !self.brought {
                    self.came(context);
                    // Counted there as none of ours.
                    context.arrival(bytes);
                }
                break;
            };
            self.rest.start += end;
            // Where all are heard, a stamp says nothing.
            let seen = stamp.seq < self.next && !context.shard.hears_all;
            self.brought = true;
            if !(self.repeats && seen) {
                self.next = self.next.max(stamp.seq.saturating_add(1));
                self.came(context);
                return Some(stamp);
            }
        }
        if std::mem::take(&mut self.open) && !self.brought {
            context.shard.meter.empty_poll();
        }
        None
    }

    /// Whether something of the answer is still wanted: a message, or what the next request says.
    pub fn wants_more(&self) -> bool {
        !self.rest.is_empty() || !matches!(self.cursor, Cursor::Nothing)
    }

    fn came(&mut self, context: &ClientContext) {
        self.brought = true;
        self.count += 1;
        context.shard.meter.event(|phase| phase.messages_down += 1);
    }

    /// What the next request says, after this answer; `None`: the same as the last one.
    pub fn ask(&self, context: &ClientContext, line: &Line) -> Option<Asked> {
        let header = |name: &str, of: &str| {
            let value = line.header(of)?;
            Some(Asked { path: None, lines: vec![Header(name.to_owned(), value)] })
        };
        let query = |name: &str, value: &str| {
            let Expects::Foreign(path) = &context.endpoint.expects else { return None };
            Some(Asked { path: Some(with_query(path, name, value)), lines: vec![] })
        };
        match &self.cursor {
            Cursor::Nothing => None,
            Cursor::Etag => header("If-None-Match", "etag"),
            Cursor::LastModified => header("If-Modified-Since", "last-modified"),
            Cursor::Count(name) => query(name, &self.count.to_string()),
            Cursor::Pointer { pointer, query: name } => {
                query(name, &pointed(line.body(self.body.clone()), pointer)?)
            }
        }
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

/// `path` with that parameter in its query, instead of one of the same name.
fn with_query(path: &str, name: &str, value: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let same = |part: &&str| part.split('=').next() == Some(name);
    let mut parts: Vec<String> =
        query.split('&').filter(|p| !p.is_empty() && !same(p)).map(str::to_owned).collect();
    parts.push(format!("{name}={}", encoded(value)));
    format!("{path}?{}", parts.join("&"))
}

/// Percent-encoded, but for what RFC 3986 §2.3 calls unreserved.
fn encoded(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    let one = |b: u8| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    value.bytes().map(one).collect()
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
