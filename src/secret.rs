//! What goes to a server and into no output: passwords, tokens, cookies.
//!
//! One place decides what is secret. [`Secret`] hides a value of which we know what it is; [`redacted`] and [`blotted`]
//! hide what looks like one in a text that somebody else wrote: a scenario's copy, an error's words. Only the private pipe
//! to the shards carries the value ([`revealed`]). It must not know anything else.

mod find;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use find::is_header;
use find::{is_reference, secrets};

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// How places begin whose names may have any characters: `{user.token}`.
const NAMED_PLACES: &[&str] = &["{user.", "{env."];

/// Characters of such a place.
const MAX_PLACE: usize = 80;

/// Text that no output shows whole: `Display`, `Debug` and `Serialize` give what may be seen of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret {
    value: String,
    shown: String,
}

impl Secret {
    /// The value of the header `name`, hidden if the name says so, or if it was `written` with a reference to the
    /// environment; then the reference is shown.
    pub fn header(name: &str, value: String, written: &str) -> Secret {
        let shown = match (value != written || is_header(name), is_reference(written)) {
            (false, _) => value.clone(),
            (true, true) => written.to_owned(),
            (true, false) => REDACTED.to_owned(),
        };
        Secret { value, shown }
    }

    /// A URL or a part of one, `written` perhaps with references to the environment: they are shown as references.
    pub fn url(value: String, written: &str) -> Secret {
        Secret { value, shown: redacted(written) }
    }

    /// A value of which nothing is shown.
    pub fn hidden(value: String) -> Secret {
        Secret { value, shown: REDACTED.to_owned() }
    }

    /// The value itself: for the server alone.
    pub fn reveal(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown)
    }
}

/// What was shown is all that is known.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        let value = String::deserialize(deserializer)?;
        Ok(Secret { shown: value.clone(), value })
    }
}

/// For the pipe to a shard, which nobody else reads: the value itself.
pub mod revealed {
    use super::{Deserialize, Deserializer, Secret, Serializer};

    /// Writes the value.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.reveal())
    }

    /// Reads the value; of it nothing will be shown.
    ///
    /// # Errors
    /// The deserializer's.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::hidden)
    }
}

/// `text` with [`REDACTED`] where something secret seems to stand.
pub fn redacted(text: &str) -> String {
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for secret in secrets(text) {
        out += &text[from..secret.start];
        from = secret.end;
        cover(&text[secret], &mut out);
    }
    out + &text[from..]
}

/// [`REDACTED`] instead of `secret`, around the places in it.
fn cover(secret: &str, out: &mut String) {
    let (mut rest, mut hidden) = (secret, false);
    while let Some(c) = rest.chars().next() {
        let place = place(rest);
        match place {
            Some(length) => *out += &rest[..length],
            None if !hidden => *out += REDACTED,
            None => {}
        }
        hidden = place.is_none();
        rest = &rest[place.unwrap_or(c.len_utf8())..];
    }
}

/// The length of the place that `text` begins with: `{stamp}`, or `{token}` that a session step has saved. It is no secret,
/// what is read back must still have it, and what fills it is told to nobody.
fn place(text: &str) -> Option<usize> {
    let word = text.strip_prefix('{').map_or(0, |inside| {
        inside
            .bytes()
            .take(MAX_PLACE)
            .take_while(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
            .count()
    });
    let fixed = (word > 0 && text[1 + word..].starts_with('}')).then_some(word + 2);
    let named = || NAMED_PLACES.iter().find(|head| text.starts_with(**head));
    fixed.or_else(|| {
        let inside = named().map(|_| text.chars().take(MAX_PLACE).take_while(|&c| c != '"' && c != '\n'))?;
        let before: usize = inside.take_while(|&c| c != '}').map(char::len_utf8).sum();
        text[before..].starts_with('}').then_some(before + 1)
    })
}

fn blot(secret: &str, out: &mut String) {
    let mut rest = secret;
    while let Some(c) = rest.chars().next() {
        let length = match place(rest) {
            Some(length) => {
                *out += &rest[..length];
                length
            }
            None => {
                out.extend(std::iter::repeat_n(if c == '\n' { '\n' } else { '*' }, c.len_utf8()));
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
}

/// The same with every place kept: a `*` for each byte, so that line and column stay.
pub fn blotted(text: &str) -> String {
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for secret in secrets(text) {
        out += &text[from..secret.start];
        from = secret.end;
        blot(&text[secret], &mut out);
    }
    out + &text[from..]
}

#[cfg(test)]
mod tests;
