//! Decodes an event stream (WHATWG HTML §9.2.5 and §9.2.6): bytes in, events out.
//!
//! No I/O. It works on bytes: no split of UTF-8 can hurt, and what the data says is not looked at. Lines are taken
//! whole; what is not whole stays with the caller until more has come.

use crate::drivers::limits::MAX_MESSAGE_BYTES;
use crate::meter::Failure;

/// The longest event: what surrounds a message of the largest size fits beside it.
const MAX_EVENT: usize = MAX_MESSAGE_BYTES + 4096;
/// Data above this is given back after its event: one long message must not be paid for ever.
const SPARE: usize = 1024;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// What one stream has said so far.
#[derive(Debug, Default)]
pub struct Decoder {
    /// Lines of the event under way, a LF behind each.
    data: Vec<u8>,
    /// The event's type.
    kind: Vec<u8>,
    /// The id that the next event has.
    id: Vec<u8>,
    /// The id of the last event.
    last_id: Vec<u8>,
    retry: Option<u64>,
    /// The data is that of an event already told.
    told: bool,
    /// The first line was seen: no byte order mark comes any more.
    begun: bool,
    /// The last line ended with CR: a LF that follows is a part of its end.
    after_cr: bool,
    /// Bytes at the front that were searched for a line end before.
    searched: usize,
}

/// What was taken off the front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Bytes of data, one for the end of each line of it: a message's newline is its own.
    pub payload: usize,
    /// All other bytes.
    pub framing: usize,
    /// An event is whole: see [`Decoder::data`].
    pub event: bool,
}

impl Decoder {
    /// Takes lines off the front of `bytes`, up to the end of an event or to what is no whole line.
    ///
    /// # Errors
    /// [`Failure::TooLarge`] when an event is longer than [`MAX_MESSAGE_BYTES`].
    pub fn take(&mut self, bytes: &[u8]) -> Result<Taken, Failure> {
        self.forget();
        let (mut at, mut payload, mut event) = (self.rest_of_end(bytes), 0, false);
        while !event && let Some(end) = self.line_end(&bytes[at..]) {
            let line = &bytes[at..at + end];
            at += end + 1;
            if bytes[at - 1] == b'\r' {
                self.after_cr = true;
                at += self.rest_of_end(&bytes[at..]);
            }
            match self.without_mark(line) {
                [] => event = self.dispatch(),
                line => payload += self.field(line),
            }
        }
        if !event && self.data.len() + bytes.len() - at > MAX_EVENT {
            return Err(Failure::TooLarge);
        }
        Ok(Taken { payload, framing: at - payload, event })
    }

    /// The data of the event just taken, without the LF at its end.
    pub fn data(&self) -> &[u8] {
        self.data.strip_suffix(b"\n").unwrap_or(&self.data)
    }

    /// Its type; a `message` unless it says otherwise.
    pub fn kind(&self) -> &[u8] {
        if self.kind.is_empty() { b"message" } else { &self.kind }
    }

    /// Whether lines have come of an event that is not whole.
    pub fn under_way(&self) -> bool {
        !self.told && !self.data.is_empty()
    }

    /// Memory that is taken: a server chooses the length of an id, too.
    pub fn held(&self) -> usize {
        [&self.data, &self.kind, &self.id, &self.last_id].iter().map(|held| held.capacity()).sum()
    }

    /// What `Last-Event-ID` says on a reconnect; nothing when empty.
    pub fn last_id(&self) -> &[u8] {
        &self.last_id
    }

    /// Milliseconds to wait before a reconnect, if the server has said.
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    /// A new stream begins: an event that is not whole is dropped, id and delay stay.
    pub fn restart(&mut self) {
        let last_id = std::mem::take(&mut self.last_id);
        *self = Decoder { id: last_id.clone(), last_id, retry: self.retry, ..Decoder::default() };
    }

    /// Drops an event that was told.
    fn forget(&mut self) {
        if std::mem::take(&mut self.told) {
            self.data.clear();
            self.data.shrink_to(SPARE);
            self.kind.clear();
        }
    }

    /// 1 where `bytes` begin with the LF of a CRLF whose CR was taken before.
    fn rest_of_end(&mut self, bytes: &[u8]) -> usize {
        let Some(first) = bytes.first() else { return 0 };
        usize::from(std::mem::take(&mut self.after_cr) && *first == b'\n')
    }

    /// Where the first line of `bytes` ends.
    fn line_end(&mut self, bytes: &[u8]) -> Option<usize> {
        let from = self.searched.min(bytes.len());
        let found = bytes[from..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        self.searched = if found.is_some() { 0 } else { bytes.len() };
        found.map(|place| from + place)
    }

    fn without_mark<'a>(&mut self, line: &'a [u8]) -> &'a [u8] {
        let first = !std::mem::replace(&mut self.begun, true);
        if first { line.strip_prefix(BOM).unwrap_or(line) } else { line }
    }

    /// The blank line: whether there is an event.
    fn dispatch(&mut self) -> bool {
        self.last_id.clone_from(&self.id);
        self.told = true;
        !self.data.is_empty()
    }

    /// One line; the bytes of it that are message.
    fn field(&mut self, line: &[u8]) -> usize {
        // An event that was told is no longer wanted once the next one begins.
        self.forget();
        let (name, value) = match line.iter().position(|&byte| byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => {
                self.data.extend_from_slice(value);
                self.data.push(b'\n');
                return value.len() + 1;
            }
            b"event" => replace(&mut self.kind, value),
            b"id" if !value.contains(&0) => replace(&mut self.id, value),
            b"retry" => self.retry = milliseconds(value).or(self.retry),
            // Comments, and what a later standard may bring.
            _ => {}
        }
        0
    }
}

fn replace(what: &mut Vec<u8>, by: &[u8]) {
    what.clear();
    what.extend_from_slice(by);
}

/// ASCII digits alone: neither sign nor blank.
fn milliseconds(value: &[u8]) -> Option<u64> {
    let digits = value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value).ok().filter(|_| digits)?.parse().ok()
}

#[cfg(test)]
mod tests;
