//! A message: how it is made, a text with places for the stamp, filler and the client's number; and, on its way back
//! ([`recogniser`]), whose it is and whether it is as it was sent.
//!
//! Only the exact texts `{stamp}`, `{filler}`, `{client}` and `{group}` are places; every other brace is itself, so that JSON is
//! written as it is. Pure. It must not know loads or transports.

mod cells;
pub mod groups;
mod intact;
pub mod place;
pub mod recogniser;
pub mod template;
pub mod turns;
pub mod values;

use std::borrow::Cow;
use std::fmt;
use std::io::Write;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use wsbench_targets::clock::Tick;
use wsbench_targets::content::Filler;
use wsbench_targets::wire::{STAMP_LEN, Stamp, TrialKey};

use crate::keys::span::quoted;
use crate::secret::redacted;

use place::Place;
use values::Values;

/// A message's form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Message {
    parts: Vec<Part>,
    /// What its clients have of their own.
    values: Option<Arc<Values>>,
    /// What it is filled with; dots where nothing is said.
    filler: Option<Arc<Filler>>,
}

/// Which message of a form it is.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// Who has written it.
    pub client: u32,
    /// Its number.
    pub seq: u64,
    /// Its bytes, where there is filler.
    pub payload: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// Number and due time: 20 characters.
    Stamp,
    /// Dots, or what else it is [filled](Message::filled) with, as many as the payload asks for.
    Filler,
    /// The client's number, decimal.
    Client,
    /// What the client's group is called.
    Group,
    /// The client's value in a column, whose place is known once there are [values](Message::with).
    User(String, usize),
    /// The value of an environment variable.
    Env(String, String),
    /// Another each time.
    Uuid,
    /// So many random hexadecimal digits, others each time.
    Hex(usize),
}

const STAMP: &str = "{stamp}";
const FILLER: &str = "{filler}";
const CLIENT: &str = "{client}";
const GROUP: &str = "{group}";
const PLACES: [(&str, Part); 4] =
    [(STAMP, Part::Stamp), (FILLER, Part::Filler), (CLIENT, Part::Client), (GROUP, Part::Group)];

impl Message {
    /// The stamp alone, and filler behind it: what is published where the scenario says nothing.
    pub fn bare() -> Message {
        Message::of(vec![Part::Stamp, Part::Filler])
    }

    /// The message of a reference target, which ends with a newline (`wire::write_message`): what clients send where the
    /// scenario says nothing.
    pub fn plain() -> Message {
        Message::of(vec![Part::Stamp, Part::Filler, Part::Text("\n".to_owned())])
    }

    fn of(parts: Vec<Part>) -> Message {
        Message { parts, values: None, filler: None }
    }

    /// The same message with other filler.
    pub fn filled(&self, filler: &Arc<Filler>) -> Message {
        Message { filler: Some(Arc::clone(filler)), ..self.clone() }
    }

    /// Reads a form.
    ///
    /// # Errors
    /// What is wrong, in half a sentence after "`message` ", and what to say at the caret.
    pub fn parse(text: &str) -> Result<Message, (String, String)> {
        Message::read(parts(text)?, text)
    }

    /// The same message with what its clients have of their own.
    pub fn with(&self, values: &Arc<Values>) -> Message {
        let known = |part: &Part| match part {
            Part::User(name, _) => Part::User(name.clone(), values.column(name).unwrap_or(usize::MAX)),
            other => other.clone(),
        };
        let parts = self.parts.iter().map(known).collect();
        Message { parts, values: Some(Arc::clone(values)), filler: self.filler.clone() }
    }

    /// Columns that it needs.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::User(name, _) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Whether it says which group its client is in.
    pub fn names_group(&self) -> bool {
        self.parts.contains(&Part::Group)
    }

    /// Whether it says of its client who it is, or in which group.
    pub fn varies(&self) -> bool {
        let own = |part: &Part| matches!(part, Part::Group | Part::Client | Part::User(..));
        self.parts.iter().any(own)
    }

    fn group(&self, client: u32) -> Cow<'_, str> {
        let groups = self.values.as_ref().and_then(|values| values.groups());
        groups.map(|groups| groups.name(client)).unwrap_or_default()
    }

    fn value(&self, client: u32, column: usize) -> &str {
        self.values.as_ref().and_then(|values| values.at(client, column)).unwrap_or_default()
    }

    fn read(parts: Vec<Part>, text: &str) -> Result<Message, (String, String)> {
        let count = |of: &Part| parts.iter().filter(|part| *part == of).count();
        let wrong = |why: &str, label: String| Err((why.to_owned(), label));
        match (count(&Part::Stamp), count(&Part::Filler)) {
            (0, _) => wrong("has no {stamp}: it could not be timed", meant(text)),
            (2.., _) => wrong("has {stamp} more than once", "expected it exactly once".to_owned()),
            (_, 2..) => wrong("has {filler} more than once", "expected it once, or not at all".to_owned()),
            (1, _) => Ok(Message::of(parts)),
        }
    }

    /// Whether its length can be chosen.
    pub fn fills(&self) -> bool {
        self.parts.contains(&Part::Filler)
    }

    /// Bytes without filler, from this client.
    pub fn length(&self, client: u32) -> usize {
        let length = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::Stamp => STAMP_LEN,
            Part::Filler => 0,
            Part::Client => client.checked_ilog10().unwrap_or(0) as usize + 1,
            Part::Group => self.group(client).len(),
            Part::User(_, column) => self.value(client, *column).len(),
            Part::Env(_, value) => value.len(),
            Part::Uuid => place::UUID,
            Part::Hex(digits) => *digits,
        };
        self.parts.iter().map(length).sum()
    }

    /// Whether every message of this form is a JSON object or array (RFC 8259).
    pub fn is_json(&self) -> bool {
        let mut sample = Vec::new();
        // With filler: dots outside a string are no JSON.
        self.write(&TrialKey::new(0, Tick(0)), Stamp::default(), 0, self.length(0) + 1, &mut sample);
        matches!(serde_json::from_slice(&sample), Ok(Json::Object(_) | Json::Array(_)))
    }

    /// Appends the message of `client` with this stamp: `payload` bytes where there is filler.
    pub fn write(&self, key: &TrialKey, stamp: Stamp, client: u32, payload: usize, into: &mut Vec<u8>) {
        let filler = payload.saturating_sub(self.length(client));
        for part in &self.parts {
            match part {
                Part::Text(text) => into.extend_from_slice(text.as_bytes()),
                Part::Stamp => into.extend_from_slice(&key.encode(stamp)),
                Part::Filler => match &self.filler {
                    Some(other) => other.write(stamp.seq, filler, into),
                    None => into.resize(into.len() + filler, b'.'),
                },
                // Writing to a Vec cannot fail.
                Part::Client => drop(write!(into, "{client}")),
                Part::Group => into.extend_from_slice(self.group(client).as_bytes()),
                Part::User(_, column) => into.extend_from_slice(self.value(client, *column).as_bytes()),
                Part::Env(_, value) => into.extend_from_slice(value.as_bytes()),
                Part::Uuid => into.extend_from_slice(&place::uuid(place::random())),
                Part::Hex(digits) => into.extend(place::hex(*digits, place::random())),
            }
        }
    }
}

impl Message {
    /// The same, fit to be shown: what a result holds. It is no longer what is sent.
    pub fn shown(&self) -> Message {
        // Places are never hidden; were one torn, the rest would not be shown either.
        Message::try_from(redacted(&self.to_string())).unwrap_or_else(|_| Message::bare())
    }
}

/// The places of a text, and what stands between them.
fn parts(text: &str) -> Result<Vec<Part>, place::Wrong> {
    split(text, &|name| match std::env::var(name) {
        Ok(value) => Ok(value),
        Err(_) => Err((
            format!("needs the environment variable `{name}`"),
            format!("run it as {name}=.. wsbench .."),
        )),
    })
}

/// The same, with environment variables by `env`.
fn split(text: &str, env: &dyn Fn(&str) -> Result<String, place::Wrong>) -> Result<Vec<Part>, place::Wrong> {
    let (mut parts, mut own, mut rest) = (Vec::new(), String::new(), text);
    while let Some(at) = rest.find('{') {
        own += &rest[..at];
        rest = &rest[at..];
        // Two braces before a place write it as it stands.
        if let Some(Ok((_, length))) = place::read_in_message(&rest[1..]) {
            own += &rest[1..1 + length];
            rest = &rest[1 + length..];
            continue;
        }
        let fixed = PLACES.iter().find(|(name, _)| rest.starts_with(name));
        let found = match (fixed, place::read_in_message(rest).transpose()?) {
            (Some((name, part)), _) => Some((part.clone(), name.len())),
            (None, Some((place, length))) => Some((part(place, env)?, length)),
            (None, None) => None,
        };
        match found {
            Some((part, length)) => {
                text_part(&mut own, &mut parts);
                parts.push(part);
                rest = &rest[length..];
            }
            None => {
                own.push('{');
                rest = &rest[1..];
            }
        }
    }
    own += rest;
    text_part(&mut own, &mut parts);
    Ok(parts)
}

fn text_part(own: &mut String, parts: &mut Vec<Part>) {
    if !own.is_empty() {
        parts.push(Part::Text(std::mem::take(own)));
    }
}

fn part(place: Place, env: &dyn Fn(&str) -> Result<String, place::Wrong>) -> Result<Part, place::Wrong> {
    Ok(match place {
        Place::User(name) => Part::User(name, usize::MAX),
        Place::Client => Part::Client,
        Place::Group => Part::Group,
        Place::Uuid => Part::Uuid,
        Place::Hex(digits) => Part::Hex(digits),
        Place::Env(name) => {
            let value = env(&name)?;
            Part::Env(name, value)
        }
    })
}

/// A text of a message as it is written: what would be read as a place has two braces.
fn escaped(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('{') {
        out += &rest[..at];
        rest = &rest[at..];
        out += if place::read_in_message(rest).is_some() { "{{" } else { "{" };
        rest = &rest[1..];
    }
    out + rest
}

/// What may have been meant by something in braces that is no place.
fn meant(text: &str) -> String {
    let inside = text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(inside, _)| inside);
    let near = inside.into_iter().find(|word| word.trim().to_ascii_lowercase().contains("stamp"));
    match near {
        Some(word) => format!("write {STAMP}, not {}", quoted(&format!("{{{word}}}"))),
        None => format!("put {STAMP} where the 20 characters of the stamp may stand"),
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(&escaped(text)),
            Part::User(name, _) => write!(f, "{{user.{name}}}"),
            Part::Env(name, _) => write!(f, "{{env.{name}}}"),
            Part::Uuid => f.write_str("{uuid}"),
            Part::Hex(digits) => write!(f, "{{random.hex {digits}}}"),
            Part::Stamp => f.write_str(STAMP),
            Part::Filler => f.write_str(FILLER),
            Part::Client => f.write_str(CLIENT),
            Part::Group => f.write_str(GROUP),
        })
    }
}

impl From<Message> for String {
    fn from(message: Message) -> String {
        message.to_string()
    }
}

impl TryFrom<String> for Message {
    type Error = String;

    fn try_from(text: String) -> Result<Message, String> {
        // What was sent once is not sent again: a variable need not be there any more.
        let env = |name: &str| Ok(std::env::var(name).unwrap_or_default());
        let read = split(&text, &env).and_then(|parts| Message::read(parts, &text));
        read.map_err(|(why, _)| format!("a message {why}"))
    }
}

#[cfg(test)]
mod tests;
