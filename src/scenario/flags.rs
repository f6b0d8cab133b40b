//! Flags that stand for keys of a scenario. One table says which, for `run`, `check` and `measure` alike; what may be a
//! key's value is said by the scenario's reader alone.
//!
//! It must not know how a command line is read: its other end is `cli/keys.rs`.

use std::path::absolute;

use toml::{Table, Value};

use super::Rule;
use super::draft::Setting;

/// A flag, and the key that it stands for.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Its long name, without dashes.
    pub name: &'static str,
    /// Its letter.
    pub short: Option<char>,
    /// What its value is called.
    pub value: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// The heading that it stands under.
    pub group: Group,
    head: &'static str,
    key: &'static str,
    kind: Kind,
}

/// Headings of the long help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// What happens.
    Load,
    /// How messages travel, and to whom.
    Transports,
    /// Whether numbers are right, and good enough.
    Validity,
    /// Who may be loaded, who is trusted.
    Safety,
}

impl Group {
    /// The heading.
    pub fn name(self) -> &'static str {
        match self {
            Group::Load => "Load",
            Group::Transports => "Transports",
            Group::Validity => "Validity",
            Group::Safety => "Safety",
        }
    }
}

/// How a flag's value becomes TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    /// A text in which secrets may be.
    Secret,
    /// TOML if it is, else a text.
    Any,
    /// One or several, with commas between.
    Some,
    /// A list, also of one.
    List,
    /// A path; a scenario's are relative to its folder, and a flag's are not.
    File,
    /// True where nothing is said.
    Switch,
    /// The table itself.
    Table,
    /// `metric of transport <= limit`.
    Rule,
    /// `Name: value`.
    Header,
    /// A step of the session, in the order in which such flags stand; or behind all of those.
    Step {
        last: bool,
    },
    /// The name of something that wsbench brings, or a path.
    Named,
    /// `NAME=VALUE`.
    Pair,
}

const fn flag(
    (name, short, value): (&'static str, Option<char>, &'static str),
    group: Group,
    (head, key, kind): (&'static str, &'static str, Kind),
    about: &'static str,
) -> Flag {
    Flag { name, short, value, about, group, head, key, kind }
}

/// All of them, in the order of the help.
#[rustfmt::skip]
pub const FLAGS: &[Flag] = &[
    flag(("clients", Some('c'), "N,…"), Group::Load, ("", "clients", Kind::Some),
        "Number of clients, such as 1000; or several, 1k,10k"),
    flag(("duration", Some('d'), "TIME"), Group::Load, ("", "measure", Kind::Text),
        "Length of the measured window"),
    flag(("warmup", None, "TIME"), Group::Load, ("", "warmup", Kind::Text),
        "Load before the window"),
    flag(("rate", Some('r'), "RATE"), Group::Load, ("[load.*]", "rate", Kind::Text),
        "Messages of each client, such as 10/s"),
    flag(("payload", None, "SIZE"), Group::Load, ("[load.*]", "payload", Kind::Text),
        "Bytes per message, such as 64B"),
    flag(("content", None, "CONTENT"), Group::Load, ("[load.*]", "content", Kind::Text),
        "What fills messages: dots, json or random"),
    flag(("message", None, "FORM"), Group::Load, ("[load.*]", "message", Kind::Text),
        "How a message is made: {stamp} once, {filler} and {client} if you like"),
    flag(("values", None, "FILE"), Group::Load, ("[values]", "file", Kind::File),
        "A row for each client, CSV or JSON Lines: {user.COLUMN} in URL, headers and messages"),
    flag(("dialect", None, "NAME"), Group::Load, ("", "dialect", Kind::Named),
        "Protocol that the clients speak: one of `wsbench list`, or a file"),
    flag(("parameter", None, "NAME=VALUE"), Group::Load, ("[session.parameters]", "", Kind::Pair),
        "What {NAME} stands for in the dialect; repeatable"),
    flag(("send", None, "TEXT"), Group::Load, ("[[session.step]]", "send", Kind::Step { last: false }),
        "Each client sends this before it counts as connected; repeatable, in order with --expect"),
    flag(("expect", None, "TEXT"), Group::Load, ("[[session.step]]", "expect", Kind::Step { last: false }),
        "A text that must come before it counts as connected, or { pointer = \"/type\", equals = \"ok\" }"),
    flag(("subscribe", None, "TEXT"), Group::Load, ("[[session.step]]", "send", Kind::Step { last: true }),
        "Each client sends this last, behind --send and --expect; repeatable"),
    flag(("groups", None, "N"), Group::Load, ("", "groups", Kind::Any),
        "Rooms that the clients are in: a number, or '{user.room}'; {group} is the client's"),
    flag(("search", None, "BOOL"), Group::Load, ("[search]", "", Kind::Table),
        "Search for what the server sustains: raise the clients step by step"),
    flag(("header", Some('H'), "HEADER"), Group::Transports, ("[target.headers]", "", Kind::Header),
        "Header of every request to [target], such as 'Accept: text/plain'; repeatable"),
    flag(("headers", None, "PROFILE"), Group::Transports, ("[headers]", "profile", Kind::Text),
        "Headers of clients and own target: minimal, browser or article"),
    flag(("origin", None, "ORIGIN"), Group::Transports, ("[target]", "origin", Kind::Text),
        "The Origin header"),
    flag(("subprotocol", None, "NAME,…"), Group::Transports, ("[target]", "subprotocols", Kind::List),
        "WebSocket subprotocols to offer; the server must choose one"),
    flag(("http", None, "1|2"), Group::Transports, ("[target]", "http", Kind::Any),
        "Version of HTTP that the clients speak; 2 by ALPN over TLS, else by prior knowledge"),
    flag(("clients-per-connection", None, "N"), Group::Transports, ("[target]", "clients-per-connection", Kind::Any),
        "Clients that share a connection over HTTP/2, as behind a proxy; each has its own by default"),
    flag(("connect-to", None, "ADDRESS"), Group::Transports, ("[target]", "connect-to", Kind::Text),
        "Connect here instead, or to unix:/path; Host and TLS keep the URL's name"),
    flag(("threshold", None, "RULE"), Group::Validity, ("[[threshold]]", "", Kind::Rule),
        "What must pass: 'latency.p99 <= 50ms'; repeatable"),
    flag(("repeat", None, "N"), Group::Validity, ("", "repeat", Kind::Any),
        "Run each trial N times"),
    flag(("seed", None, "N"), Group::Validity, ("", "seed", Kind::Any),
        "Seed of the schedules and of the order of the trials"),
    flag(("shards", None, "N"), Group::Validity, ("", "shards", Kind::Any),
        "Processes that drive the clients"),
    flag(("pin", None, "BOOL"), Group::Validity, ("", "pin", Kind::Switch),
        "Each shard on a core of its own, the target on the others"),
    flag(("authorised", None, "HOST,…"), Group::Safety, ("[target]", "authorised", Kind::List),
        "You may load this host: it is yours, or its owner agrees. Needed beyond this machine"),
    flag(("ca", None, "FILE"), Group::Safety, ("[target]", "ca", Kind::File),
        "PEM file with roots to trust besides the system's"),
    flag(("insecure", None, "BOOL"), Group::Safety, ("[target]", "insecure", Kind::Switch),
        "Do not verify the server's certificate; the report says so"),
];

/// The server of `run`; that of `measure` is its argument.
pub const URL: Flag = flag(
    ("url", None, "URL"),
    Group::Transports,
    ("[target]", "url", Kind::Secret),
    "Load this server instead: ws://, wss://, http:// or https://",
);

/// The third-party server that `run --against` may name; no flag of its own.
pub const THIRD_PARTY: Flag = flag(
    ("third-party", None, "NAME"),
    Group::Transports,
    ("[target]", "third-party", Kind::Text),
    "Load this third-party server instead",
);

impl Flag {
    /// Whether it may be given several times.
    pub fn repeatable(&self) -> bool {
        matches!(self.kind, Kind::Rule | Kind::Header | Kind::Pair | Kind::Step { .. })
    }

    /// Whether the order among flags of its kind matters.
    pub fn ordered(&self) -> bool {
        self.kind == Kind::Step { last: false }
    }

    /// Whether its value has several parts, with commas between.
    pub fn listed(&self) -> bool {
        matches!(self.kind, Kind::Some | Kind::List)
    }

    /// Whether it means something without a value.
    pub fn switch(&self) -> bool {
        matches!(self.kind, Kind::Switch | Kind::Table)
    }

    /// What it says: `label` is what the user wrote.
    ///
    /// # Errors
    /// A value that cannot be taken apart, in a complete text.
    pub fn settings(&self, label: &str, values: &[String]) -> Result<Vec<Setting>, String> {
        let last = values.last().map_or("", String::as_str);
        let one = |value: Value| vec![Setting::new(label, self.head, &[self.key], value)];
        Ok(match self.kind {
            Kind::Text => one(last.into()),
            Kind::Secret => vec![secret(label, self.head, self.key, last, "URL_SECRET")],
            Kind::Any => one(any(last)),
            Kind::Some if values.len() == 1 => one(any(last)),
            Kind::Some => one(values.iter().map(|value| any(value)).collect::<Vec<_>>().into()),
            Kind::List => one(values.to_vec().into()),
            Kind::File => one(absolute_path(label, last)?),
            Kind::Named if !last.contains(['/', '\\']) && !last.ends_with(".toml") => one(last.into()),
            Kind::Named => one(absolute_path(label, last)?),
            Kind::Step { .. } => {
                let step = |text: &String| Setting {
                    fresh: true,
                    ..Setting::new(label, self.head, &[self.key], table_or_text(text))
                };
                values.iter().map(step).collect()
            }
            Kind::Switch => one((last != "false").into()),
            Kind::Table if last == "false" => vec![],
            Kind::Table => vec![Setting::new(label, self.head, &[], true)],
            Kind::Rule => {
                values.iter().map(|rule| threshold(label, rule)).collect::<Result<Vec<_>, _>>()?.concat()
            }
            Kind::Pair => {
                values.iter().map(|pair| named(label, self.head, pair)).collect::<Result<_, _>>()?
            }
            Kind::Header => {
                values.iter().map(|line| header(label, self.head, line)).collect::<Result<_, _>>()?
            }
        })
    }
}

fn named(label: &str, head: &str, pair: &str) -> Result<Setting, String> {
    let (name, value) = pair.split_once('=').ok_or_else(|| {
        format!("error: `{label} {pair}` has no value\n  = help: expected such as {label} topic=news")
    })?;
    Ok(Setting::new(&format!("{label} {name}"), head, &[name], value))
}

fn absolute_path(label: &str, path: &str) -> Result<Value, String> {
    let path = absolute(path).map_err(|why| format!("error: `{label}`: {why}"))?;
    Ok(path.to_string_lossy().as_ref().into())
}

/// A table if it is one, `{ hex = "c0 00" }`; what is sent is JSON as often, and that is a text.
fn table_or_text(text: &str) -> Value {
    match any(text) {
        table @ Value::Table(_) => table,
        _ => text.into(),
    }
}

fn secret(label: &str, head: &str, key: &str, value: &str, variable: &str) -> Setting {
    Setting { variable: Some(variable.to_owned()), ..Setting::new(label, head, &[key], value) }
}

/// What may stand on both sides of the sign is the reader's affair.
fn threshold(label: &str, text: &str) -> Result<Vec<Setting>, String> {
    let label = &format!("{label} {text}");
    let rule = Rule::of(text).ok_or_else(|| {
        format!("error: `{label}` has no `<=` or `>=`\n  = help: expected such as 'latency.p99 <= 50ms'")
    })?;
    let of = |key: &str, value: Value| Setting::new(label, "[[threshold]]", &[key], value);
    let mut settings = vec![Setting { fresh: true, ..of("metric", rule.metric.into()) }];
    settings.extend(rule.transport.map(|name| of("transport", name.into())));
    settings.push(of(rule.side, any(rule.limit)));
    Ok(settings)
}

/// The value is not shown when it is wrong: it may be a password without its name.
fn header(label: &str, head: &str, line: &str) -> Result<Setting, String> {
    let (name, value) = line.split_once(':').ok_or_else(|| {
        format!("error: a `{label}` has no colon\n  = help: expected such as 'Accept: text/plain'")
    })?;
    let variable = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let variable: String = name.chars().map(variable).collect();
    Ok(secret(&format!("{label} {name}"), head, name, value.trim(), &variable))
}

/// TOML if it is, such as `true`, `3` or `{ on = "news" }`; else a text.
pub fn any(value: &str) -> Value {
    let read = format!("it = {value}").parse::<Table>().ok().filter(|table| table.len() == 1);
    read.and_then(|mut table| table.remove("it")).unwrap_or_else(|| value.into())
}
