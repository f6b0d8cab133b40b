//! The kinds of values a key can have: how one is read, what the schema says of it, how it is written.
//!
//! It must not know any key. Quantities are read by `units`; what is wrong is noted in `Faults`.

use std::collections::HashSet;
use std::hash::Hash;
use std::time::Duration;

use serde_json::{Value as Json, json};
use toml::Spanned;
use toml::de::DeValue;

use super::error::{Fault, Faults};
use super::span::quoted;
use super::{suggest, units};

/// A kind of value.
pub trait Kind {
    /// What is read.
    type Value;
    /// Reads the value of `key`; `None` when it is wrong, and that is noted.
    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<Self::Value>;
    /// The JSON Schema of the kind.
    fn schema(&self) -> Json;
    /// A value as one writes it, for the schema's default.
    fn written(&self, value: &Self::Value) -> Json;
    /// A good value in TOML.
    fn example(&self) -> String;
}

/// The kind of a value with its article: "a string".
pub fn a(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A number with a unit, in a string.
pub struct Quantity<T> {
    what: &'static str,
    example: &'static str,
    parse: fn(&str) -> Result<T, String>,
    show: fn(T) -> String,
    least: T,
    most: T,
    why: &'static str,
}

/// "250ms", within these bounds.
pub fn duration(least: Duration, most: Duration) -> Quantity<Duration> {
    let (what, example) = ("a duration", "\"30s\"");
    Quantity { what, example, parse: units::duration, show: units::show_duration, least, most, why: "" }
}

/// "4KiB", within these bounds.
pub fn size(least: u64, most: u64) -> Quantity<u64> {
    let (what, example) = ("a size", "\"64B\"");
    Quantity { what, example, parse: units::size, show: units::show_size, least, most, why: "" }
}

/// "100/s", within these bounds a second.
pub fn rate(least: f64, most: f64) -> Quantity<f64> {
    let (what, example) = ("a rate", "\"100/s\"");
    Quantity { what, example, parse: units::rate, show: units::show_rate, least, most, why: "" }
}

impl<T> Quantity<T> {
    /// Says why the bounds are where they are.
    pub fn why(self, why: &'static str) -> Quantity<T> {
        Quantity { why, ..self }
    }
}

impl<T: Copy + PartialOrd> Kind for Quantity<T> {
    type Value = T;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<T> {
        let (what, wanted) = (self.what, format!("expected {} such as {}", self.what, self.example));
        let wrong = |message: String, label: String| {
            faults.push(Fault::at(at.span(), message).label(label));
            None
        };
        let text = match at.get_ref() {
            DeValue::String(text) => text,
            DeValue::Float(number) if !number.as_str().contains(|c: char| c.is_ascii_digit()) => {
                return wrong(format!("`{key}` cannot be {}", number.as_str()), wanted);
            }
            DeValue::Integer(_) | DeValue::Float(_) => {
                return wrong(format!("`{key}` has no unit"), wanted);
            }
            other => return wrong(format!("`{key}` must be {what}, not {}", a(other)), wanted),
        };
        match (self.parse)(text) {
            Err(why) => wrong(format!("`{key}` is not {what}: {why}"), wanted),
            Ok(value) if value >= self.least && value <= self.most => Some(value),
            Ok(_) => {
                let bounds =
                    format!("expected {} to {}", (self.show)(self.least), (self.show)(self.most)) + self.why;
                wrong(format!("`{key}` = {} is out of range", quoted(text)), bounds)
            }
        }
    }

    fn schema(&self) -> Json {
        json!({ "type": "string", "examples": [self.example.trim_matches('"')] })
    }

    fn written(&self, value: &T) -> Json {
        (self.show)(*value).into()
    }

    fn example(&self) -> String {
        self.example.to_owned()
    }
}

/// A whole number: 1_000 or "10k".
#[derive(Clone, Copy)]
pub struct Count {
    /// The smallest.
    pub least: u64,
    /// The largest.
    pub most: u64,
}

impl Kind for Count {
    type Value = u64;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<u64> {
        let bounds =
            format!("expected {} to {}", units::show_count(self.least), units::show_count(self.most));
        let wrong = |message: String| {
            faults.push(Fault::at(at.span(), message).label(bounds));
            None
        };
        let value = match at.get_ref() {
            DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
                .map_or(Ok(None), |n| Ok(u64::try_from(n).ok())),
            DeValue::String(text) => units::count(text).map(Some),
            DeValue::Float(_) => return wrong(format!("`{key}` must be a whole number")),
            other => return wrong(format!("`{key}` must be a number, not {}", a(other))),
        };
        match value {
            Ok(Some(value)) if value >= self.least && value <= self.most => Some(value),
            Ok(_) => wrong(format!("`{key}`{} is out of range", written(at.get_ref()))),
            Err(why) => wrong(format!("`{key}` is not a number: {why}")),
        }
    }

    fn schema(&self) -> Json {
        let number = json!({ "type": "integer", "minimum": self.least, "maximum": self.most });
        json!({ "anyOf": [number, { "type": "string", "examples": ["10k"] }] })
    }

    fn written(&self, value: &u64) -> Json {
        json!(value)
    }

    fn example(&self) -> String {
        self.least.to_string()
    }
}

/// ` = 5`, for a message about a number.
fn written(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Integer(number) => format!(" = {}", quoted(number.as_str()).replace('`', "")),
        DeValue::String(text) => format!(" = {}", quoted(text)),
        _ => String::new(),
    }
}

/// One value or a list of different ones.
pub struct OneOrMore<K> {
    /// Of this kind.
    pub kind: K,
    /// At most so many.
    pub most: usize,
    /// A good value in TOML.
    pub example: &'static str,
}

impl<K: Kind<Value: Copy + Eq + Hash>> Kind for OneOrMore<K> {
    type Value = Vec<K::Value>;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<Self::Value> {
        let DeValue::Array(items) = at.get_ref() else {
            return Some(vec![self.kind.read(key, at, faults)?]);
        };
        if items.is_empty() || items.len() > self.most {
            let message = format!("`{key}` has {} entries", items.len());
            faults.push(Fault::at(at.span(), message).label(format!("expected 1 to {} entries", self.most)));
            return None;
        }
        let mut seen = HashSet::new();
        for item in items {
            let value = self.kind.read(key, item, faults);
            if value.is_some_and(|value| !seen.insert(value)) {
                let what =
                    format!("`{key}` has an entry twice{}", written(item.get_ref()).replace(" =", ":"));
                faults.push(Fault::at(item.span(), what).label("remove the second"));
            }
        }
        items.iter().map(|item| self.kind.read(key, item, &Faults::default())).collect()
    }

    fn schema(&self) -> Json {
        let one = self.kind.schema();
        let many = json!({ "type": "array", "items": one, "minItems": 1, "maxItems": self.most, "uniqueItems": true });
        json!({ "anyOf": [one, many] })
    }

    fn written(&self, value: &Self::Value) -> Json {
        value.iter().map(|value| self.kind.written(value)).collect()
    }

    fn example(&self) -> String {
        self.example.to_owned()
    }
}

/// One of some words.
pub struct Choice<T: 'static>(pub &'static [(&'static str, T)]);

impl<T: Copy + PartialEq> Kind for Choice<T> {
    type Value = T;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<T> {
        let names: Vec<_> = self.0.iter().map(|(name, _)| *name).collect();
        let one_of = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let found = match at.get_ref() {
            DeValue::String(text) => match self.0.iter().find(|(name, _)| name == text) {
                Some((_, value)) => return Some(*value),
                None => quoted(text),
            },
            other => a(other).to_owned(),
        };
        let nearest = at.get_ref().as_str().and_then(|text| suggest::meant(text, &names));
        let label = nearest.map_or(format!("expected one of {one_of}"), |n| format!("did you mean \"{n}\"?"));
        let help = nearest.map_or(String::new(), |_| format!("`{key}` is one of {one_of}"));
        faults.push(Fault::at(at.span(), format!("`{key}` cannot be {found}")).label(label).help(help));
        None
    }

    fn schema(&self) -> Json {
        json!({ "enum": self.0.iter().map(|(name, _)| *name).collect::<Vec<_>>() })
    }

    fn written(&self, value: &T) -> Json {
        self.0.iter().find(|(_, known)| known == value).map_or(Json::Null, |(name, _)| (*name).into())
    }

    fn example(&self) -> String {
        self.0.first().map_or(String::new(), |(name, _)| format!("\"{name}\""))
    }
}

/// One of some numbers.
pub struct Numbered<T: 'static>(pub &'static [(u64, T)]);

impl<T: Copy + PartialEq> Kind for Numbered<T> {
    type Value = T;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<T> {
        let number = at.get_ref().as_integer().and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
        let found = self.0.iter().find(|(known, _)| Some(*known) == number);
        if found.is_none() {
            let known: Vec<String> = self.0.iter().map(|(number, _)| number.to_string()).collect();
            let label = format!("expected {}", known.join(" or "));
            faults.push(Fault::at(at.span(), format!("invalid value for `{key}`")).label(label));
        }
        found.map(|(_, value)| *value)
    }

    fn schema(&self) -> Json {
        json!({ "enum": self.0.iter().map(|(number, _)| *number).collect::<Vec<_>>() })
    }

    fn written(&self, value: &T) -> Json {
        self.0.iter().find(|(_, known)| known == value).map_or(Json::Null, |(number, _)| (*number).into())
    }

    fn example(&self) -> String {
        self.0.first().map_or(String::new(), |(number, _)| number.to_string())
    }
}

/// `true` or `false`.
pub struct Flag;

impl Kind for Flag {
    type Value = bool;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<bool> {
        let value = at.get_ref().as_bool();
        if value.is_none() {
            let message = format!("`{key}` must be true or false, not {}", a(at.get_ref()));
            faults.push(Fault::at(at.span(), message).label("without quotes: true or false"));
        }
        value
    }

    fn schema(&self) -> Json {
        json!({ "type": "boolean" })
    }

    fn written(&self, value: &bool) -> Json {
        json!(value)
    }

    fn example(&self) -> String {
        "true".to_owned()
    }
}

/// A text that is read by a function of its own.
pub struct Text<T> {
    /// Reads it, or says what is wrong in half a sentence (after "`key` ") and at the caret.
    pub parse: fn(&str) -> Result<T, (String, String)>,
    /// A good value in TOML.
    pub example: &'static str,
}

impl<T: ToString> Kind for Text<T> {
    type Value = T;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<T> {
        let DeValue::String(text) = at.get_ref() else {
            let message = format!("`{key}` must be a string, not {}", a(at.get_ref()));
            faults.push(Fault::at(at.span(), message).label(format!("such as {}", self.example)));
            return None;
        };
        let wrong = |(why, label): (String, String)| {
            faults.push(Fault::at(at.span(), format!("`{key}` {why}")).label(label));
        };
        (self.parse)(text).map_err(wrong).ok()
    }

    fn schema(&self) -> Json {
        json!({ "type": "string", "examples": [self.example.trim_matches('"')] })
    }

    fn written(&self, value: &T) -> Json {
        value.to_string().into()
    }

    fn example(&self) -> String {
        self.example.to_owned()
    }
}

/// A list of texts, each read by one function.
pub struct Texts {
    /// Reads one, or says what is wrong in half a sentence (after "`key` ") and at the caret.
    pub parse: fn(&str) -> Result<String, (String, String)>,
    /// A good value in TOML.
    pub example: &'static str,
    /// At most so many.
    pub most: usize,
}

impl Kind for Texts {
    type Value = Vec<String>;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<Vec<String>> {
        let DeValue::Array(items) = at.get_ref() else {
            let message = format!("`{key}` must be a list, not {}", a(at.get_ref()));
            faults.push(Fault::at(at.span(), message).label(format!("such as {}", self.example)));
            return None;
        };
        if items.is_empty() || items.len() > self.most {
            let message = format!("`{key}` has {} entries", items.len());
            faults.push(Fault::at(at.span(), message).label(format!("expected 1 to {} entries", self.most)));
            return None;
        }
        let one = Text { parse: self.parse, example: "one in quotes" };
        let texts: Vec<_> = items.iter().map(|item| one.read(key, item, faults)).collect();
        texts.into_iter().collect()
    }

    fn schema(&self) -> Json {
        json!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": self.most })
    }

    fn written(&self, value: &Vec<String>) -> Json {
        json!(value)
    }

    fn example(&self) -> String {
        self.example.to_owned()
    }
}
