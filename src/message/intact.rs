//! Has a message arrived as it was written? Around its stamp, whose place is known, stand its text and its filler.
//!
//! Servers wrap, quote and join what they were sent, and write JSON anew: what is held against them is a filler of another
//! length or with other bytes in it, and, where nothing is wrapped around the message, any difference at all. It must not know
//! what a stamp says.

use super::place::UUID;
use super::{Message, Part, Written};

/// The usual filler.
const DOT: u8 = b'.';

impl Message {
    /// Bytes behind the stamp that belong to the message, if what stands before and behind it is as it was written by
    /// `client` with `payload` bytes. A newline at its end may have been trimmed.
    pub fn ends(&self, before: &[u8], after: &[u8], written: &Written) -> Option<usize> {
        let (head, tail) = self.around();
        let stripped = |before, part: &Part| self.stripped_from_end(part, before, written);
        head.iter().rev().try_fold(before, stripped)?;
        let stripped = |after, part: &Part| self.stripped_from_start(part, after, written);
        let rest = tail.iter().try_fold(after, stripped)?;
        Some(after.len() - rest.len())
    }

    /// Whether a message that [does not end](Message::ends) as it was written was altered, and not only wrapped.
    pub fn was_altered(&self, before: &[u8], after: &[u8], written: &Written) -> bool {
        let filler = self.filler_of(written);
        // Quoted, other filler than dots is written in another way: of what is wrapped around it nothing is held against it.
        let wrapped = self
            .letter()
            .is_none_or(|letter| has_run(after, filler, letter) || has_run(before, filler, letter));
        self.stands_alone(before) || !wrapped
    }

    /// Bytes of the filler.
    fn filler_of(&self, written: &Written) -> usize {
        written.payload.saturating_sub(self.length(written.client))
    }

    /// The one letter of the filler, if it has but one.
    fn letter(&self) -> Option<u8> {
        self.filler.as_ref().map_or(Some(DOT), |filler| filler.letter())
    }

    /// Whether `text` is the filler of that message.
    fn is_filler(&self, seq: u64, text: &[u8]) -> bool {
        match &self.filler {
            Some(filler) => filler.wrote(seq, text),
            None => text.iter().all(|&byte| byte == DOT),
        }
    }

    /// Whether the message begins with its stamp, and nothing is wrapped around it.
    pub fn stands_alone(&self, before: &[u8]) -> bool {
        self.around().0.is_empty() && before.iter().all(separates)
    }

    fn around(&self) -> (&[Part], &[Part]) {
        let stamp = self.parts.iter().position(|part| *part == Part::Stamp).unwrap_or(self.parts.len());
        debug_assert!(stamp < self.parts.len(), "every message has a stamp");
        (&self.parts[..stamp], self.parts.get(stamp + 1..).unwrap_or_default())
    }
}

impl Message {
    fn stripped_from_start<'a>(&self, part: &Part, text: &'a [u8], written: &Written) -> Option<&'a [u8]> {
        let client = written.client;
        match part {
            Part::Text(newline) if newline == "\n" && text.is_empty() => Some(text),
            Part::Text(own) => text.strip_prefix(own.as_bytes()),
            Part::Client => text.strip_prefix(client.to_string().as_bytes()),
            Part::Group => text.strip_prefix(self.group(client).as_bytes()),
            Part::User(_, column) => text.strip_prefix(self.value(client, *column).as_bytes()),
            Part::Env(_, value) => text.strip_prefix(value.as_bytes()),
            // Whatever it was: nobody has kept it.
            Part::Uuid => text.split_at_checked(UUID).map(|(_, rest)| rest),
            Part::Hex(digits) => text.split_at_checked(*digits).map(|(_, rest)| rest),
            Part::Filler => {
                let (filler, rest) = text.split_at_checked(self.filler_of(written))?;
                let longer = rest.first().is_some_and(|&next| self.letter() == Some(next));
                (self.is_filler(written.seq, filler) && !longer).then_some(rest)
            }
            Part::Stamp => Some(text),
        }
    }

    fn stripped_from_end<'a>(&self, part: &Part, text: &'a [u8], written: &Written) -> Option<&'a [u8]> {
        let client = written.client;
        match part {
            Part::Text(own) => text.strip_suffix(own.as_bytes()),
            Part::Client => text.strip_suffix(client.to_string().as_bytes()),
            Part::Group => text.strip_suffix(self.group(client).as_bytes()),
            Part::User(_, column) => text.strip_suffix(self.value(client, *column).as_bytes()),
            Part::Env(_, value) => text.strip_suffix(value.as_bytes()),
            Part::Uuid => text.len().checked_sub(UUID).map(|length| &text[..length]),
            Part::Hex(digits) => text.len().checked_sub(*digits).map(|length| &text[..length]),
            Part::Filler => {
                let start = text.len().checked_sub(self.filler_of(written))?;
                let (rest, filler) = text.split_at_checked(start)?;
                let longer = rest.last().is_some_and(|&next| self.letter() == Some(next));
                (self.is_filler(written.seq, filler) && !longer).then_some(rest)
            }
            Part::Stamp => Some(text),
        }
    }
}

/// What servers put between two messages that they join.
pub fn separates(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b';' | 0 | 0x1e)
}

/// Whether that letter stands somewhere so many times in a row, no more and no fewer.
fn has_run(text: &[u8], length: usize, letter: u8) -> bool {
    length == 0 || text.split(|&byte| byte != letter).any(|run| run.len() == length)
}
