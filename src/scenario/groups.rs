//! `groups`: rooms that the clients are in, by their numbers or by what each has of its own.
//!
//! It must not know what is sent to a group, nor how many clients a trial has.

use serde_json::{Value as Json, json};
use toml::Spanned;
use toml::de::DeValue;

use super::limits;
use crate::keys::error::Faults;
use crate::keys::kinds::{Count, Kind, Text};
use crate::message::groups::Groups;
use crate::message::place::{self, Place};
use crate::message::values::Values;

/// What says which group a client is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// Its number, mod so many groups.
    Number(u32),
    /// A text of its own, such as `{user.room}`: clients with the same text are in one group.
    Text(String),
}

impl Grouping {
    /// The groups of so many clients that have these values.
    pub fn of(&self, clients: u32, values: Option<&Values>) -> Groups {
        match self {
            Grouping::Number(number) => Groups::numbered(*number, clients),
            Grouping::Text(text) => {
                Groups::named((0..clients).map(|client| place::fill(text, client, values, str::to_owned)))
            }
        }
    }

    /// The text that has places.
    pub fn text(&self) -> Option<&str> {
        if let Grouping::Text(text) = self { Some(text) } else { None }
    }
}

/// A number, or a text with a column in it.
pub(super) struct AsGroups;

const NUMBER: Count = Count { least: limits::CLIENTS.0, most: limits::CLIENTS.1 };
const TEXT: Text<String> = Text { parse: columns, example: "\"{user.room}\"" };

impl Kind for AsGroups {
    type Value = Grouping;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<Grouping> {
        let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        match at.get_ref() {
            DeValue::String(text) if !is_number(text) => TEXT.read(key, at, faults).map(Grouping::Text),
            _ => {
                let number = NUMBER.read(key, at, faults)?;
                Some(Grouping::Number(u32::try_from(number).unwrap_or(u32::MAX)))
            }
        }
    }

    fn schema(&self) -> Json {
        json!({ "anyOf": [NUMBER.schema(), TEXT.schema()] })
    }

    fn written(&self, value: &Grouping) -> Json {
        match value {
            Grouping::Number(number) => json!(number),
            Grouping::Text(text) => json!(text),
        }
    }

    fn example(&self) -> String {
        "50".to_owned()
    }
}

/// A text that is the same for the same values: of columns alone, of one at least.
fn columns(text: &str) -> Result<String, (String, String)> {
    let places = place::all(text);
    // A place that is none is pointed at where all of them are (`values::check`).
    let other = |place: &Result<Place, _>| matches!(place, Ok(place) if !matches!(place, Place::User(_)));
    let label = "expected a number, or a column of the file of [values], such as \"{user.room}\"".to_owned();
    match places.iter().find(|(place, _)| other(place)) {
        Some((_, written)) => Err((format!("has {written}, which is no column"), label)),
        None if places.is_empty() => Err(("is no number, and names no column".to_owned(), label)),
        None => Ok(text.to_owned()),
    }
}
