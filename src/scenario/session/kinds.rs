//! Kinds of values in `[session]`: what is said, what is saved, bytes, texts by name.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use toml::Spanned;
use toml::de::DeValue;

use crate::keys::error::{Fault, Faults};
use crate::keys::kinds::{Kind, a};
use crate::session::condition::{Pattern, written};
use crate::session::{Said, Save, Source, text};

/// What is said: a text, or `{ text, hex, base64, binary }`.
pub(super) struct Saying;

impl Kind for Saying {
    type Value = Said;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<Said> {
        let wrong = |message: String| {
            let fault = Fault::at(at.span(), message);
            faults.push(fault.label("expected a text, { hex = \"c0 00\" } or { base64 = \"wAA=\" }"));
            None
        };
        let table = match at.get_ref() {
            DeValue::String(text) => return Some(Said { text: text.to_string(), binary: has_bytes(text) }),
            DeValue::Table(table) if table.len() == 1 => table,
            other => return wrong(format!("`{key}` cannot be {}", a(other))),
        };
        let (name, value) = table.iter().next()?;
        let value = value.get_ref().as_str().unwrap_or_default();
        let bytes = match name.get_ref().as_ref() {
            "text" if !value.is_empty() => return Some(Said { text: value.to_owned(), binary: false }),
            "binary" if !value.is_empty() => return Some(Said { text: value.to_owned(), binary: true }),
            "hex" => text::bytes(value),
            "base64" => STANDARD.decode(value).ok(),
            _ => None,
        };
        match bytes {
            Some(bytes) => Some(Said { text: hex(&bytes), binary: true }),
            None => wrong(format!("`{key}` has no text or bytes")),
        }
    }

    fn schema(&self) -> Json {
        let one = |name: &str| json!({ "type": "object", "properties": { name: { "type": "string" } }, "required": [name], "additionalProperties": false });
        json!({ "anyOf": [{ "type": "string" }, one("text"), one("binary"), one("hex"), one("base64")] })
    }

    fn written(&self, value: &Said) -> Json {
        value.text.clone().into()
    }

    fn example(&self) -> String {
        r#"'{"type":"ping"}'"#.to_owned()
    }
}

/// A text with such places is no text any more.
fn has_bytes(text: &str) -> bool {
    ["{hex ", "{len.u", "{len.v"].iter().any(|place| text.contains(place))
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{{hex {digits}}}")
}

/// Bytes as hexadecimal digits.
pub(super) struct Bytes;

impl Kind for Bytes {
    type Value = Vec<u8>;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<Vec<u8>> {
        let bytes = at.get_ref().as_str().and_then(text::bytes);
        if bytes.is_none() {
            let fault = Fault::at(at.span(), format!("`{key}` has no bytes"));
            faults.push(fault.label("expected such as \"20 02 00 00\""));
        }
        bytes
    }

    fn schema(&self) -> Json {
        json!({ "type": "string", "pattern": "^([0-9A-Fa-f]{2} *)+$" })
    }

    fn written(&self, value: &Vec<u8>) -> Json {
        value.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ").into()
    }

    fn example(&self) -> String {
        "\"20 02 00 00\"".to_owned()
    }
}

/// A text, a number or a truth.
pub(super) struct Scalar;

impl Kind for Scalar {
    type Value = Json;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<Json> {
        let number = |text: &str| serde_json::from_str::<Json>(&text.replace('_', "")).ok();
        let value = match at.get_ref() {
            DeValue::String(text) => Some(Json::from(text.to_string())),
            DeValue::Boolean(truth) => Some(Json::from(*truth)),
            DeValue::Integer(integer) => number(integer.as_str()),
            DeValue::Float(float) => number(float.as_str()),
            _ => None,
        };
        if value.is_none() {
            let fault = Fault::at(at.span(), format!("`{key}` cannot be {}", a(at.get_ref())));
            faults.push(fault.label("expected a text, a number, true or false"));
        }
        value
    }

    fn schema(&self) -> Json {
        json!({ "type": ["string", "number", "boolean"] })
    }

    fn written(&self, value: &Json) -> Json {
        value.clone()
    }

    fn example(&self) -> String {
        "\"connection_ack\"".to_owned()
    }
}

/// Names, and where their values stand.
pub(super) struct Saves;

const FROM: &str =
    "expected a JSON pointer such as \"/token\", { matches = \"..(group)..\" } or { header = \"X-Token\" }";

impl Kind for Saves {
    type Value = Vec<Save>;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<Vec<Save>> {
        let DeValue::Table(table) = at.get_ref() else {
            let fault = Fault::at(at.span(), format!("`{key}` must be a table, not {}", a(at.get_ref())));
            faults.push(fault.label("expected such as { token = \"/token\" }"));
            return None;
        };
        let mut saves = Vec::new();
        for (name, value) in table {
            let from = source(value.get_ref());
            if from.is_none() {
                let fault =
                    Fault::at(value.span(), format!("`{key}` cannot take `{}` from here", name.get_ref()));
                faults.push(fault.label(FROM));
            }
            saves.push(Save { name: checked(name, faults)?, from: from? });
        }
        Some(saves)
    }

    fn schema(&self) -> Json {
        json!({ "type": "object", "additionalProperties": { "type": ["string", "object"] } })
    }

    fn written(&self, value: &Vec<Save>) -> Json {
        json!(value.iter().map(|save| save.name.as_str()).collect::<Vec<_>>())
    }

    fn example(&self) -> String {
        "{ token = \"/token\" }".to_owned()
    }
}

fn source(value: &DeValue<'_>) -> Option<Source> {
    match value {
        DeValue::String(pointer) if pointer.is_empty() || pointer.starts_with('/') => {
            Some(Source::Pointer(pointer.to_string()))
        }
        DeValue::Table(table) if table.len() == 1 => {
            let (name, value) = table.iter().next()?;
            let text = value.get_ref().as_str()?;
            match name.get_ref().as_ref() {
                "pointer" => Some(Source::Pointer(text.to_owned())),
                "matches" => Pattern::new(text).ok().map(Source::Matches),
                "header" => Some(Source::Header(text.to_owned())),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A name that may stand in braces, and is none of wsbench's own.
fn checked(name: &Spanned<std::borrow::Cow<'_, str>>, faults: &Faults) -> Option<String> {
    const OWN: [&str; 7] = ["n", "client", "group", "uuid", "stamp", "filler", "user"];
    let text = name.get_ref().as_ref();
    let good = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if good && !OWN.contains(&text) {
        return Some(text.to_owned());
    }
    let fault = Fault::at(name.span(), format!("`{text}` cannot be a place's name"));
    faults.push(fault.label("expected letters, digits, `_`, and none of wsbench's own places"));
    None
}

/// Texts by name; numbers and truths are texts too.
pub(super) struct Names;

impl Kind for Names {
    type Value = BTreeMap<String, String>;

    fn read(
        &self,
        key: &str,
        at: &Spanned<DeValue<'_>>,
        faults: &Faults,
    ) -> Option<BTreeMap<String, String>> {
        let DeValue::Table(table) = at.get_ref() else {
            let fault = Fault::at(at.span(), format!("`{key}` must be a table, not {}", a(at.get_ref())));
            faults.push(fault.label("expected such as { topic = \"news\" }"));
            return None;
        };
        let each = table.iter().map(|(name, value)| {
            let value = Scalar.read(name.get_ref(), value, faults)?;
            Some((checked(name, faults)?, written(&value)))
        });
        each.collect()
    }

    fn schema(&self) -> Json {
        json!({ "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] } })
    }

    fn written(&self, value: &BTreeMap<String, String>) -> Json {
        json!(value)
    }

    fn example(&self) -> String {
        "{ topic = \"news\" }".to_owned()
    }
}
