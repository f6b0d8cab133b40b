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

/// What wsbench itself puts into a message (`scenario::Message`): no secret, wherever it stands, and what is read back
/// must still have it.
const PLACES: &[&str] = &["{stamp}", "{filler}", "{client}"];

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
        let place = PLACES.iter().find(|place| rest.starts_with(**place));
        match place {
            Some(place) => *out += place,
            None if !hidden => *out += REDACTED,
            None => {}
        }
        hidden = place.is_none();
        rest = &rest[place.map_or(c.len_utf8(), |place| place.len())..];
    }
}

/// The same with every place kept: a `*` for each byte, so that line and column stay.
pub fn blotted(text: &str) -> String {
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for secret in secrets(text) {
        out += &text[from..secret.start];
        out.extend(text[secret.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' }));
        from = secret.end;
    }
    out + &text[from..]
}

#[cfg(test)]
mod tests;
