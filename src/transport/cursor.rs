//! What a request tells a server by URL of its last answer, so that nothing comes twice or is lost; a reference target has
//! its own way.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::keys::error::{Fault, Faults};
use crate::keys::fields::Fields;
use crate::keys::kinds::{Kind, a};
use crate::keys::span::{is_invisible, quoted};

/// What is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cursor {
    /// Every request is the same.
    #[default]
    Nothing,
    /// Its ETag in If-None-Match (RFC 9110 §13.1.2).
    Etag,
    /// Its Last-Modified in If-Modified-Since (RFC 9110 §13.1.3).
    LastModified,
    /// In a query parameter of that name: how many messages have come so far, which is the number of the last one
    /// where they count from 1, and of the next one where they count from 0.
    Count(String),
    /// In a query parameter: the text or number at a JSON pointer (RFC 6901) in the answer.
    Pointer {
        /// Where in the answer.
        pointer: String,
        /// Name of the parameter.
        query: String,
    },
}

impl Cursor {
    /// Whether nothing is told.
    pub fn is_nothing(&self) -> bool {
        *self == Cursor::Nothing
    }

    /// For a label, a blank before it: ` etag`, ` since`; empty for nothing.
    pub(super) fn label(&self) -> String {
        match self {
            Cursor::Nothing => String::new(),
            Cursor::Etag => " etag".to_owned(),
            Cursor::LastModified => " last-modified".to_owned(),
            Cursor::Count(name) => format!(" {name}"),
            Cursor::Pointer { pointer, .. } => format!(" {pointer}"),
        }
    }
}

/// Reads `cursor`.
pub(super) fn read(f: &mut Fields<'_>) -> Cursor {
    let about = "what a poll tells an external server about its last response: the ETag, Last-Modified, the number of messages \
                 received in a query parameter of that name, or the value at a JSON pointer of the response";
    f.optional("cursor", about, CursorKind).unwrap_or_default()
}

/// The kind of `cursor`.
struct CursorKind;

const EXPECTED: &str =
    "expected \"etag\", \"last-modified\", a query parameter, or { pointer = \"/seq\", query = \"since\" }";
/// The usual name, where a pointer names none.
const SINCE: &str = "since";

impl Kind for CursorKind {
    type Value = Cursor;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<Cursor> {
        let found = match at.get_ref() {
            DeValue::String(text) => word(text),
            DeValue::Table(table) => pointer(table),
            other => Err(format!("must be a string or a table, not {}", a(other))),
        };
        let wrong = |why| faults.push(Fault::at(at.span(), format!("`{key}` {why}")).label(EXPECTED));
        found.map_err(wrong).ok()
    }

    fn schema(&self) -> Json {
        let pointer = json!({
            "type": "object",
            "properties": { "pointer": { "type": "string" }, "query": { "type": "string", "default": SINCE } },
            "required": ["pointer"],
            "additionalProperties": false,
        });
        json!({ "anyOf": [{ "type": "string", "examples": ["etag", "last-modified", SINCE] }, pointer] })
    }

    fn written(&self, value: &Cursor) -> Json {
        match value {
            Cursor::Nothing => Json::Null,
            Cursor::Etag => "etag".into(),
            Cursor::LastModified => "last-modified".into(),
            Cursor::Count(name) => name.as_str().into(),
            Cursor::Pointer { pointer, query } => json!({ "pointer": pointer, "query": query }),
        }
    }

    fn example(&self) -> String {
        "\"etag\"".to_owned()
    }
}

fn word(text: &str) -> Result<Cursor, String> {
    match text {
        "etag" => Ok(Cursor::Etag),
        "last-modified" => Ok(Cursor::LastModified),
        name => parameter(name).map(Cursor::Count),
    }
}

fn pointer(table: &DeTable<'_>) -> Result<Cursor, String> {
    if let Some(strange) = table.keys().find(|key| !matches!(&**key.get_ref(), "pointer" | "query")) {
        return Err(format!("has the key {}", quoted(strange.get_ref())));
    }
    let text =
        |key: &str| table.get(key).map(|at| at.get_ref().as_str().ok_or(format!("has no text in `{key}`")));
    let pointer = text("pointer").unwrap_or_else(|| Err("lacks `pointer`".to_owned()))?;
    if !pointer.starts_with('/') {
        return Err("has a `pointer` that does not begin with / (RFC 6901)".to_owned());
    }
    if let Some(bad) = pointer.chars().find(|&c| c.is_control() || is_invisible(c)) {
        return Err(format!("has a `pointer` with {} in it", bad.escape_unicode()));
    }
    let query = parameter(text("query").unwrap_or(Ok(SINCE))?)?;
    Ok(Cursor::Pointer { pointer: pointer.to_owned(), query })
}

fn parameter(name: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    match !name.is_empty() && name.len() <= 64 && name.chars().all(plain) {
        true => Ok(name.to_owned()),
        false => Err("is not a query parameter: letters, digits, `-`, `_`, `.`".to_owned()),
    }
}
