//! Reads one table of a scenario key by key, or describes it: the same calls that read a key say its name,
//! kind, default and meaning, so that the parser and the schema cannot differ.
//!
//! A reader function gets a [`Fields`], asks for its keys, and answers `None` when one is missing or wrong (the
//! fault is noted then). Keys that nobody asked for are faults. It must not know any key by name.

use std::ops::Range;

use serde_json::{Map, Value as Json, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Fault, Faults, MOST_KEPT};
use super::kinds::{Kind, a};
use super::suggest;

/// One table, being read or described.
pub struct Fields<'a> {
    /// `None`: describe.
    table: Option<&'a DeTable<'a>>,
    /// `[load.push]`; empty for the top of the file.
    name: String,
    /// Where it begins; `None` for the top of the file.
    span: Option<Range<usize>>,
    /// Where faults go.
    pub faults: &'a Faults,
    /// Keys of the top of the file, for "belongs above the first table".
    top: &'a [&'static str],
    keys: Vec<&'static str>,
    properties: Map<String, Json>,
    required: Vec<&'static str>,
    choices: Vec<Json>,
    /// What is not there, until all keys are known: one that is misspelt is one fault, not two.
    absences: Vec<Absence>,
}

/// None of these keys is there.
struct Absence {
    keys: Vec<&'static str>,
    message: String,
    help: String,
}

impl<'a> Fields<'a> {
    /// The top of a file; `None` describes it.
    pub fn top(table: Option<&'a DeTable<'a>>, top: &'a [&'static str], faults: &'a Faults) -> Self {
        Fields {
            table,
            name: String::new(),
            span: None,
            faults,
            top,
            keys: Vec::new(),
            properties: Map::new(),
            required: Vec::new(),
            choices: Vec::new(),
            absences: Vec::new(),
        }
    }

    fn inner<'b>(&self, key: &str, at: Option<&'b Spanned<DeValue<'b>>>, bracket: [&str; 2]) -> Fields<'b>
    where
        'a: 'b,
    {
        let parent = self.name.trim_matches(['[', ']']);
        let path = if parent.is_empty() { key.to_owned() } else { format!("{parent}.{key}") };
        let name = format!("{}{path}{}", bracket[0], bracket[1]);
        let table = at.and_then(|at| at.get_ref().as_table());
        Fields { name, span: at.map(Spanned::span), ..Fields::top(table, self.top, self.faults) }
    }

    /// Whether this only describes.
    pub fn describing(&self) -> bool {
        self.table.is_none()
    }

    /// The names of all keys asked for so far.
    pub fn keys(&self) -> &[&'static str] {
        &self.keys
    }

    /// Whether the key is written.
    pub fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// Whether one of these keys is written in the table of that name.
    pub fn has_in(&self, table: &str, keys: &[&str]) -> bool {
        let table = self.table.and_then(|top| top.get(table)).and_then(|at| at.get_ref().as_table());
        table.is_some_and(|table| keys.iter().any(|key| table.contains_key(*key)))
    }

    /// The text that is written under a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.table.and_then(|table| table.get(key)).and_then(|at| at.get_ref().as_str())
    }

    /// How many tables `[[key]]` are written.
    pub fn length(&self, key: &str) -> usize {
        let array = self.table.and_then(|table| table.get(key)).and_then(|at| at.get_ref().as_array());
        array.map_or(0, |array| array.len())
    }

    /// For the schema: a table that must be there.
    pub fn must(&mut self, key: &'static str) {
        self.required.push(key);
    }

    /// Notes what is wrong with the value of `key`.
    pub fn wrong(&self, key: &str, message: impl Into<String>, label: impl Into<String>) {
        if let Some(value) = self.table.and_then(|table| table.get(key)) {
            self.faults.push(Fault::at(value.span(), message).label(label));
        }
    }

    /// Notes what is wrong with the table as a whole.
    pub fn lacks(&self, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(Fault::missing(self.span.clone(), message).help(help));
    }

    fn ask(&mut self, key: &'static str, schema: Json) -> Option<&'a Spanned<DeValue<'a>>> {
        self.keys.push(key);
        match self.table {
            Some(table) => table.get(key),
            None => {
                self.properties.insert(key.to_owned(), schema);
                None
            }
        }
    }

    /// A key that must be there.
    pub fn required<K: Kind>(&mut self, key: &'static str, about: &str, kind: K) -> Option<K::Value> {
        self.required.push(key);
        let value = self.ask(key, described(kind.schema(), about));
        if value.is_none() && !self.describing() {
            let place = if self.name.is_empty() { String::new() } else { format!(" in {}", self.name) };
            let help = format!("add {key} = {}  # {about}", kind.example());
            self.absent(&[key], format!("`{key}` is missing{place}"), &help);
        }
        kind.read(key, value?, self.faults)
    }

    /// A key that may be there.
    pub fn optional<K: Kind>(&mut self, key: &'static str, about: &str, kind: K) -> Option<K::Value> {
        let value = self.ask(key, described(kind.schema(), about))?;
        kind.read(key, value, self.faults)
    }

    /// A key with a default.
    pub fn or<K: Kind>(&mut self, key: &'static str, about: &str, kind: K, default: K::Value) -> K::Value {
        let mut schema = described(kind.schema(), about);
        if let Json::Object(schema) = &mut schema {
            schema.insert("default".to_owned(), kind.written(&default));
        }
        match self.ask(key, schema) {
            Some(value) => kind.read(key, value, self.faults).unwrap_or(default),
            None => default,
        }
    }

    /// A table `[key]` or `key = { .. }` that may be there.
    pub fn table<T>(
        &mut self,
        key: &'static str,
        about: &str,
        read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        let schema = if self.describing() {
            self.describe(key, about, read)
        } else {
            return self.inside(key, about, read);
        };
        self.ask(key, schema);
        None
    }

    /// `key = true`, or a table that says more; `false` is as if it were not there.
    pub fn switch<T>(
        &mut self,
        key: &'static str,
        about: &str,
        read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        if self.describing() {
            let table = self.describe(key, "", read);
            self.ask(key, described(json!({ "anyOf": [{ "type": "boolean" }, table] }), about));
            return None;
        }
        let written = self.table.and_then(|table| table.get(key)).map(|at| at.get_ref());
        match written.and_then(|value| value.as_bool()) {
            None if written.is_some_and(|value| !value.is_table()) => {
                self.ask(key, Json::Null);
                let label = format!("expected true, or a table such as {key} = {{ .. }}");
                self.wrong(key, format!("`{key}` must be true, false or a table"), label);
                None
            }
            None => self.inside(key, about, read),
            Some(on) => {
                self.ask(key, Json::Null);
                // As a table in which nothing is written.
                let nothing = DeTable::new();
                let mut usual = Fields { table: Some(&nothing), ..self.inner(key, None, ["[", "]"]) };
                on.then(|| read(&mut usual)).flatten()
            }
        }
    }

    fn inside<T>(
        &mut self,
        key: &'static str,
        about: &str,
        read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        let at = self.ask(key, Json::Null)?;
        if !at.get_ref().is_table() {
            let found = a(at.get_ref());
            self.faults.push(
                Fault::at(at.span(), format!("`{key}` must be a table, not {found}"))
                    .label(format!("expected a table such as {key} = {{ .. }}"))
                    .help(about),
            );
            return None;
        }
        let mut fields = self.inner(key, Some(at), ["[", "]"]);
        let value = read(&mut fields);
        fields.close();
        value
    }

    fn describe<T>(&self, key: &str, about: &str, read: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> Json {
        let mut fields = self.inner(key, None, ["[", "]"]);
        read(&mut fields);
        described(fields.schema(), about)
    }

    /// Tables `[[key]]`, at most so many.
    pub fn tables<T>(
        &mut self,
        key: &'static str,
        about: &str,
        most: usize,
        read: impl Fn(&mut Fields<'_>) -> Option<T>,
    ) -> Vec<T> {
        if self.describing() {
            let items = self.describe(key, "", read);
            self.ask(key, json!({ "type": "array", "items": items, "maxItems": most, "description": about }));
            return vec![];
        }
        let Some(at) = self.ask(key, Json::Null) else { return vec![] };
        let Some(array) = at.get_ref().as_array() else {
            let fault =
                Fault::at(at.span(), format!("`{key}` must be a list of tables, not {}", a(at.get_ref())));
            self.faults.push(fault.label(format!("write [[{key}]], in double brackets")));
            return vec![];
        };
        if let Some(one_more) = array.get(most) {
            let message = format!("{} tables [[{key}]]: more than {most}", array.len());
            self.faults.push(Fault::at(one_more.span(), message).label("from here on"));
        }
        array.iter().take(most).filter_map(|item| self.item(key, item, &read)).collect()
    }

    fn item<T>(
        &self,
        key: &str,
        at: &Spanned<DeValue<'_>>,
        read: impl Fn(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        if !at.get_ref().is_table() {
            let message = format!("each [[{key}]] must be a table, not {}", a(at.get_ref()));
            let fault = Fault::at(at.span(), message);
            self.faults.push(fault.help(format!("write [[{key}]] on a line of its own, and its keys below")));
            return None;
        }
        let mut fields = self.inner(key, Some(at), ["[[", "]]"]);
        let value = read(&mut fields);
        fields.close();
        value
    }

    /// Exactly one of these keys must be there.
    pub fn one_of(&mut self, keys: &[&'static str], help: &str) {
        self.choices.push(json!({ "oneOf": alternatives(keys) }));
        let mut written: Vec<_> = keys.iter().copied().filter(|key| self.has(key)).collect();
        match written.len() {
            _ if self.describing() => {}
            0 => self.absent(keys, format!("{} needs one of {}", self.title(), list(keys)), help),
            1 => {}
            _ => {
                written.sort_by_key(|key| self.key_span(key).start);
                let message = format!("{} has {}; it takes one of them", self.title(), list(&written));
                let last = self.key_span(written.last().copied().unwrap_or_default());
                self.faults.push(Fault::at(last, message).label("one too many").help(help));
            }
        }
    }

    /// At least one of these keys must be there.
    pub fn any_of(&mut self, keys: &[&'static str], help: &str) {
        self.choices.push(json!({ "anyOf": alternatives(keys) }));
        if !self.describing() && !keys.iter().any(|key| self.has(key)) {
            self.absent(keys, format!("{} needs {}", self.title(), keys.join(" or ")), help);
        }
    }

    /// A misspelt key is one fault, not two: is one written that may have been meant for one of these?
    fn misspelt(&self, keys: &[&'static str]) -> bool {
        let all = keys.len() > 1 && keys.len() == self.keys.len();
        let near = |key: &str| !self.keys.contains(&key) && (all || suggest::meant(key, keys).is_some());
        self.table.is_some_and(|table| table.keys().any(|key| near(key.get_ref())))
    }

    fn key_span(&self, key: &str) -> Range<usize> {
        self.table.and_then(|table| table.get_key_value(key)).map_or(0..0, |(key, _)| key.span())
    }

    fn absent(&mut self, keys: &[&'static str], message: String, help: &str) {
        self.absences.push(Absence { keys: keys.to_vec(), message, help: help.to_owned() });
    }

    fn title(&self) -> &str {
        if self.name.is_empty() { "a scenario" } else { &self.name }
    }

    /// Ends the reading: every key that nobody asked for is a fault, and every one that is missing.
    pub fn close(&self) {
        for absence in self.absences.iter().filter(|absence| !self.misspelt(&absence.keys)) {
            self.lacks(&absence.message, &absence.help);
        }
        let unknown = self.table.into_iter().flat_map(|table| table.keys());
        for key in unknown.filter(|key| !self.keys.contains(&key.get_ref().as_ref())).take(MOST_KEPT) {
            let fault = suggest::unknown(key.get_ref(), key.span(), &self.name, &self.keys, self.top);
            self.faults.push(fault);
        }
    }

    /// What was asked for, as a JSON Schema.
    pub fn schema(self) -> Json {
        let mut schema = json!({
            "type": "object", "properties": self.properties, "additionalProperties": false,
        });
        if let Json::Object(schema) = &mut schema {
            if !self.required.is_empty() {
                schema.insert("required".to_owned(), json!(self.required));
            }
            if !self.choices.is_empty() {
                schema.insert("allOf".to_owned(), json!(self.choices));
            }
        }
        schema
    }
}

fn alternatives(keys: &[&str]) -> Vec<Json> {
    keys.iter().map(|key| json!({ "required": [key] })).collect()
}

fn list(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

fn described(mut schema: Json, about: &str) -> Json {
    if let Json::Object(schema) = &mut schema
        && !about.is_empty()
    {
        schema.insert("description".to_owned(), about.into());
    }
    schema
}
