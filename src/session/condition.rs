//! What a message is known by: a value in its JSON, a text, a regular expression, bytes. Pure.
//!
//! All that a condition says must hold. It must not know why it is asked.

use std::cell::OnceCell;
use std::fmt;

use regex_lite::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::keys::span::quoted;

/// What must hold of a message; what is `None` need not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Condition {
    /// A place in its JSON (RFC 6901): something is there.
    pub pointer: Option<String>,
    /// That is there; a number or a truth also by its text.
    pub equals: Option<Json>,
    /// A text in it.
    pub contains: Option<String>,
    /// A regular expression that matches somewhere.
    pub matches: Option<Pattern>,
    /// Bytes in it.
    pub bytes: Option<Vec<u8>>,
}

/// A regular expression that was compiled.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles it.
    ///
    /// # Errors
    /// Why it is none.
    pub fn new(text: &str) -> Result<Pattern, String> {
        Regex::new(text).map(Pattern).map_err(|why| why.to_string())
    }

    /// What its groups have caught, the whole match first.
    pub fn captures(&self, text: &str) -> Option<Vec<String>> {
        let found = self.0.captures(text)?;
        let each = found.iter().map(|group| group.map_or(String::new(), |group| group.as_str().to_owned()));
        Some(each.collect())
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Pattern, String> {
        Pattern::new(&text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> String {
        pattern.to_string()
    }
}

/// A message that several conditions look at: it is read as JSON once at the most.
pub struct Seen<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    json: OnceCell<Option<Json>>,
}

impl<'a> Seen<'a> {
    /// Looks at `bytes`.
    pub fn new(bytes: &'a [u8]) -> Seen<'a> {
        Seen { bytes, json: OnceCell::new() }
    }

    /// The value at a place of its JSON.
    pub fn at(&self, pointer: &str) -> Option<&Json> {
        self.json.get_or_init(|| serde_json::from_slice(self.bytes).ok()).as_ref()?.pointer(pointer)
    }
}

/// A JSON value as it is written in a text: a string without its quotes.
pub fn written(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Condition {
    /// Whether all of it holds; what a regular expression has caught then, the whole match first.
    pub fn holds(&self, message: &Seen<'_>) -> Option<Vec<String>> {
        let pointed = self.pointer.as_ref().is_none_or(|pointer| {
            let there = message.at(pointer);
            there.is_some_and(|value| self.equals.as_ref().is_none_or(|due| same(due, value)))
        });
        let contains =
            |due: &[u8]| due.is_empty() || message.bytes.windows(due.len()).any(|part| part == due);
        let texts = self.contains.as_ref().is_none_or(|text| contains(text.as_bytes()))
            && self.bytes.as_ref().is_none_or(|bytes| contains(bytes));
        match &self.matches {
            _ if !(pointed && texts) => None,
            None => Some(vec![]),
            Some(pattern) => pattern.captures(&String::from_utf8_lossy(message.bytes)),
        }
    }
}

fn same(due: &Json, value: &Json) -> bool {
    due == value || matches!(value, Json::Number(_) | Json::Bool(_)) && written(due) == written(value)
}

/// In the words of a scenario: `/type = "connection_ack"`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let equals = self.equals.as_ref().map_or(String::new(), |value| format!(" = {value}"));
        let hex =
            |bytes: &Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        let parts = [
            self.pointer.as_ref().map(|pointer| {
                let pointer = if pointer.is_empty() { "JSON" } else { pointer };
                format!("{pointer}{equals}")
            }),
            self.contains.as_ref().map(|text| format!("a text with {}", quoted(text))),
            self.matches.as_ref().map(|pattern| format!("a match of {}", quoted(&pattern.to_string()))),
            self.bytes.as_ref().map(|bytes| format!("the bytes {}", hex(bytes))),
        ];
        let said: Vec<String> = parts.into_iter().flatten().collect();
        match said.is_empty() {
            true => f.write_str("any message"),
            false => f.write_str(&said.join(" and ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn condition(pointer: Option<&str>, equals: Option<Json>) -> Condition {
        Condition { pointer: pointer.map(str::to_owned), equals, ..Condition::default() }
    }

    #[test]
    fn all_that_a_condition_says_must_hold() {
        let ack = br#"{"type":"ack","n":7,"ok":true,"list":[{"id":"x"}]}"#;
        let contains = |text: &str| Condition { contains: Some(text.to_owned()), ..Condition::default() };
        for (due, holds) in [
            (Condition::default(), true),
            (condition(Some("/type"), None), true),
            (condition(Some("/type"), Some(json!("ack"))), true),
            (condition(Some("/type"), Some(json!("nack"))), false),
            (condition(Some("/n"), Some(json!(7))), true),
            (condition(Some("/n"), Some(json!("7"))), true),
            (condition(Some("/ok"), Some(json!("true"))), true),
            (condition(Some("/list/0/id"), Some(json!("x"))), true),
            (condition(Some("/none"), None), false),
            (contains("ack\",\"n"), true),
            (contains("nack"), false),
            (Condition { bytes: Some(b"\"n\"".to_vec()), ..contains("ack") }, true),
            (Condition { bytes: Some(vec![0]), ..contains("ack") }, false),
        ] {
            assert_eq!(due.holds(&Seen::new(ack)).is_some(), holds, "{due}");
        }
        assert!(condition(Some(""), None).holds(&Seen::new(b"no json")).is_none());
    }

    #[test]
    fn a_pattern_gives_what_it_caught() {
        let due = Condition { matches: Some(Pattern::new("^2(probe)?$").unwrap()), ..Condition::default() };
        assert_eq!(due.holds(&Seen::new(b"2probe")), Some(vec!["2probe".to_owned(), "probe".to_owned()]));
        assert_eq!(due.holds(&Seen::new(b"2")), Some(vec!["2".to_owned(), String::new()]));
        assert_eq!(due.holds(&Seen::new(b"12")), None);
        assert!(Pattern::new("(").is_err());
    }

    #[test]
    fn a_condition_says_itself() {
        assert_eq!(condition(Some("/type"), Some(json!("ack"))).to_string(), "/type = \"ack\"");
        let bytes = Condition { bytes: Some(vec![0x20, 2]), ..Condition::default() };
        assert_eq!(bytes.to_string(), "the bytes 20 02");
        assert_eq!(Condition::default().to_string(), "any message");
    }
}
