//! What was meant by a key or a name that does not exist.
//!
//! It must not know where the known names come from.

use std::ops::Range;

use super::error::Fault;
use super::span::quoted;

/// What other tools call a thing, and its name here.
const SYNONYMS: &[(&str, &str)] = &[
    ("interval", "every"),
    ("period", "every"),
    ("size", "payload"),
    ("bytes", "payload"),
    ("duration", "measure"),
    ("window", "measure"),
    ("ramp-up", "warmup"),
    ("users", "clients"),
    ("connections", "clients"),
    ("repeats", "repeat"),
    ("runs", "repeat"),
    ("description", "about"),
    ("title", "name"),
    ("header", "headers"),
    ("transports", "transport"),
    ("thresholds", "threshold"),
    ("limit", "max"),
    ("workers", "shards"),
    ("affinity", "pin"),
    ("comet", "long-polling"),
    ("poll", "polling"),
    ("ws", "websocket"),
    ("keepalive", "keep-alive"),
];

/// More letters than any key has; longer texts are not compared.
const LONGEST: usize = 40;

/// The one of `known` that was meant by `written`, if one is near.
pub fn meant<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    if written.chars().count() > LONGEST {
        return None;
    }
    let written = written.to_lowercase().replace('_', "-");
    let names = known.iter().map(|name| (*name, *name));
    let synonyms = SYNONYMS.iter().filter_map(|(other, name)| {
        let name = known.iter().find(|known| *known == name)?;
        Some((*other, *name))
    });
    let (distance, spelling, name) = names
        .chain(synonyms)
        .map(|(spelling, name)| (strsim::damerau_levenshtein(&written, spelling), spelling, name))
        .min_by_key(|(distance, ..)| *distance)?;
    (distance <= spelling.chars().count().div_ceil(3).min(3)).then_some(name)
}

/// " did you mean `x`?" or nothing.
pub fn did_you_mean(written: &str, known: &[&str]) -> String {
    meant(written, known).map_or(String::new(), |name| format!("did you mean `{name}`?"))
}

/// The fault of a key that does not exist in this table.
pub fn unknown(key: &str, span: Range<usize>, table: &str, known: &[&str], top: &[&str]) -> Fault {
    let place = if table.is_empty() { String::new() } else { format!(" in {table}") };
    let fault = Fault::at(span, format!("unknown key {}{place}", quoted(key)));
    let known_here: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    if let Some(name) = meant(key, known) {
        fault
            .label(format!("did you mean `{name}`?"))
            .help("`wsbench schema` prints every key; `wsbench init` writes commented examples")
    } else if top.contains(&key) {
        fault
            .label(format!("belongs to the top of the file, not to {table}"))
            .help("in TOML a key belongs to the last [table] above it: move it above the first one")
    } else {
        fault.label(if known.is_empty() { "this table is empty" } else { "not a key of this table" }).help(
            match known_here.is_empty() {
                true => String::new(),
                false => format!("keys here: {}", known_here.join(", ")),
            },
        )
    }
}
