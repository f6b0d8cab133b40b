//! `cursor`: what a request to a foreign endpoint says of the last answer, so that nothing comes twice or is lost.

use serde_json::{Value as Json, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use wsbench_targets::wire::Cursor;

use super::error::{Fault, Faults};
use super::kinds::{Kind, a};
use super::place::hides;

/// The kind of `cursor`.
pub(super) struct CursorKind;

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
        return Err(format!("has the key {}", super::place::quoted(strange.get_ref())));
    }
    let text =
        |key: &str| table.get(key).map(|at| at.get_ref().as_str().ok_or(format!("has no text in `{key}`")));
    let pointer = text("pointer").unwrap_or_else(|| Err("lacks `pointer`".to_owned()))?;
    if !pointer.starts_with('/') {
        return Err("has a `pointer` that does not begin with / (RFC 6901)".to_owned());
    }
    if let Some(bad) = pointer.chars().find(|&c| c.is_control() || hides(c)) {
        return Err(format!("has a `pointer` with {} in it", bad.escape_unicode()));
    }
    let query = parameter(text("query").unwrap_or(Ok(SINCE))?)?;
    Ok(Cursor::Pointer { pointer: pointer.to_owned(), query })
}

fn parameter(name: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    match !name.is_empty() && name.len() <= 64 && name.chars().all(plain) {
        true => Ok(name.to_owned()),
        false => Err("names no query parameter: letters, digits, `-`, `_`, `.`".to_owned()),
    }
}
