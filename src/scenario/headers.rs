//! `[headers]`: a profile by name, or lists of one's own.
//!
//! Nothing here may break the messages that the drivers and targets write: a header that frames a message or
//! makes an upgrade is theirs, and a line break in a value would be a second header.

use serde_json::{Value as Json, json};
use toml::Spanned;
use toml::de::DeValue;
use wsbench_targets::wire::{Header, Headers};

use super::{OwnHeader, variables};
use crate::keys::error::{Fault, Faults};
use crate::keys::fields::Fields;
use crate::keys::kinds::{Choice, Flag, Kind, a};
use crate::keys::limits;
use crate::keys::span::quoted;
use crate::secret::Secret;

const PROFILES: Choice<&str> =
    Choice(&[("minimal", "minimal"), ("browser", "browser"), ("article", "article"), ("own", "own")]);

/// The keys of lists.
const LISTS: [&str; 4] = ["request", "response", "upgrade-request", "upgrade-response"];

/// Headers that are not the user's to write, and why.
const REFUSED: &[(&str, &str)] = &[
    ("content-length", "wsbench writes it: it must fit the body"),
    ("transfer-encoding", "it would contradict how the body is framed"),
    ("upgrade", "wsbench writes it where there is an upgrade"),
    ("sec-websocket-key", "wsbench writes it: it is new for each handshake"),
    ("sec-websocket-version", "wsbench writes it: it is always 13"),
    ("sec-websocket-accept", "wsbench writes it: it answers the client's key"),
    ("sec-websocket-protocol", "write subprotocols = [..] in [target]"),
    ("date", "write date = true: it must be the current one"),
    ("expect", "the client would wait for an answer that does not come"),
    ("trailer", "wsbench writes no trailers"),
];

/// The key of `[target]`: its lines are part of requests and of upgrades.
const OWN: &str = "headers";
/// Refused in upgrades only.
const REFUSED_IN_UPGRADES: &[(&str, &str)] =
    &[("connection", "wsbench writes it: it is part of the upgrade")];
/// Refused in the answer to an upgrade only.
const REFUSED_IN_ANSWERS: &[(&str, &str)] = &[("sec-websocket-extensions", "wsbench supports no extension")];

/// Reads `[headers]`.
pub(super) fn read_table(f: &mut Fields<'_>) -> Headers {
    let about = "the header lines of requests and responses";
    let external = f.has_in("target", &super::target::SERVERS);
    let read = |f: &mut Fields<'_>| {
        let headers = read(f);
        without_effect(f, external);
        headers
    };
    f.table("headers", about, read).unwrap_or_else(Headers::minimal)
}

/// Keys that change nothing, though one might think so.
fn without_effect(f: &Fields<'_>, external: bool) {
    for key in ["response", "upgrade-response", "date"].into_iter().filter(|_| external) {
        let why = format!("`{key}` has no effect beside [target]: that server writes its own answers");
        f.wrong(key, why, "remove it; `request` and `upgrade-request` still apply");
    }
    if !LISTS.iter().any(|key| f.has(key)) && f.text("profile") == Some("own") {
        let why = "`profile = \"own\"` has no lists of its own, and would be the minimal one";
        f.wrong("profile", why, "add such as request = [\"Accept: */*\"]");
    }
}

fn read(f: &mut Fields<'_>) -> Option<Headers> {
    let profile = f.or("profile", "lists of header lines", PROFILES, "minimal");
    let mut headers = Headers::profile(profile).unwrap_or_else(Headers::minimal);
    let mut own = profile == "own";
    let about = "lines of each HTTP request, instead of the profile's";
    if let Some(lines) = f.optional("request", about, Lines) {
        headers.set_request(lines);
        own = true;
    }
    let lists = [
        ("response", "of each HTTP response", &mut headers.response),
        ("upgrade-request", "of the WebSocket handshake's request", &mut headers.upgrade_request),
        ("upgrade-response", "of the WebSocket handshake's response", &mut headers.upgrade_response),
    ];
    for (key, about, list) in lists {
        if let Some(lines) = f.optional(key, &format!("lines {about}, instead of the profile's"), Lines) {
            (*list, own) = (lines, true);
        }
    }
    headers.date =
        f.optional("date", "whether responses carry the current Date", Flag).unwrap_or(headers.date);
    if own {
        headers.profile = "own".to_owned();
    }
    Some(headers)
}

/// A list of "Name: value".
pub(super) struct Lines;

impl Kind for Lines {
    type Value = Vec<Header>;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<Vec<Header>> {
        let DeValue::Array(items) = at.get_ref() else {
            let fault = Fault::at(at.span(), format!("`{key}` must be a list, not {}", a(at.get_ref())));
            faults.push(fault.label("expected lines such as [\"Accept: */*\"]"));
            return None;
        };
        let bytes: usize = items.iter().filter_map(|i| i.get_ref().as_str()).map(str::len).sum();
        if items.len() > limits::HEADER_LINES || bytes > limits::HEADER_BYTES {
            let label =
                format!("expected {} lines, {} bytes at most", limits::HEADER_LINES, limits::HEADER_BYTES);
            faults.push(Fault::at(at.span(), format!("`{key}` is too long")).label(label));
            return None;
        }
        let lines: Vec<_> = items.iter().map(|item| line(key, item, faults)).collect();
        lines.into_iter().collect()
    }

    fn schema(&self) -> Json {
        let line = json!({ "type": "string", "pattern": "^[^:]+:.*$" });
        json!({ "type": "array", "items": line, "maxItems": limits::HEADER_LINES })
    }

    fn written(&self, value: &Vec<Header>) -> Json {
        value.iter().map(|header| format!("{}: {}", header.0, header.1)).collect()
    }

    fn example(&self) -> String {
        "[\"Accept: */*\"]".to_owned()
    }
}

/// A table of the user's own headers; `${NAME}` in a value is read from the environment.
pub(super) struct OwnHeaders;

impl Kind for OwnHeaders {
    type Value = Vec<OwnHeader>;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<Vec<OwnHeader>> {
        let DeValue::Table(table) = at.get_ref() else {
            let fault = Fault::at(at.span(), format!("`{key}` must be a table, not {}", a(at.get_ref())));
            faults.push(fault.label("expected such as { Authorization = \"Bearer ${TOKEN}\" }"));
            return None;
        };
        if table.len() > limits::HEADER_LINES {
            let label = format!("expected {} at most", limits::HEADER_LINES);
            faults.push(Fault::at(at.span(), format!("`{key}` has {} entries", table.len())).label(label));
            return None;
        }
        let mut own: Vec<OwnHeader> = Vec::new();
        for (name, value) in table {
            let header = header(key, name.get_ref(), value, faults)?;
            if own.iter().any(|other| other.name.eq_ignore_ascii_case(&header.name)) {
                faults.push(Fault::at(name.span(), format!("duplicate header `{}`", header.name)));
            }
            own.push(header);
        }
        Some(own)
    }

    fn schema(&self) -> Json {
        json!({ "type": "object", "additionalProperties": { "type": "string" }, "maxProperties": limits::HEADER_LINES })
    }

    fn written(&self, value: &Vec<OwnHeader>) -> Json {
        value.iter().map(|header| (header.name.clone(), Json::from(header.value.to_string()))).collect()
    }

    fn example(&self) -> String {
        "{ Authorization = \"Bearer ${TOKEN}\" }".to_owned()
    }
}

fn header(key: &str, name: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<OwnHeader> {
    let wrong = |message: String, label: &str| {
        faults.push(Fault::at(at.span(), message).label(label));
        None
    };
    let Some(written) = at.get_ref().as_str() else {
        return wrong(
            format!("the value of `{name}` must be a string, not {}", a(at.get_ref())),
            "write it in quotes",
        );
    };
    let value = match variables::expanded(written) {
        Ok(value) => value,
        Err((why, label)) => return wrong(format!("the value of `{name}` {why}"), &label),
    };
    if value.len() > limits::HEADER_BYTES {
        return wrong(format!("the value of `{name}` is too long"), "expected 8,192 bytes at most");
    }
    match checked(key, name, &value) {
        Ok(Header(name, value)) => Some(OwnHeader { value: Secret::header(&name, value, written), name }),
        Err((message, label)) => wrong(message, label),
    }
}

fn line(key: &str, item: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<Header> {
    let wrong = |message: String, label: &str| {
        faults.push(Fault::at(item.span(), message).label(label));
        None
    };
    let Some(text) = item.get_ref().as_str() else {
        return wrong(
            format!("a line of `{key}` must be a string, not {}", a(item.get_ref())),
            "write it in quotes",
        );
    };
    let Some((name, value)) = text.split_once(':') else {
        return wrong(format!("a line of `{key}` has no colon"), "expected \"Name: value\"");
    };
    match checked(key, name, value) {
        Ok(header) => Some(header),
        Err((message, label)) => wrong(message, label),
    }
}

/// The header, or what is wrong with it and what to say at the caret.
fn checked(key: &str, name: &str, value: &str) -> Result<Header, (String, &'static str)> {
    let value = value.trim_matches([' ', '\t']);
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() {
        return Err((format!("a line of `{key}` has no name before the colon"), "expected \"Name: value\""));
    }
    if !name.chars().all(token) {
        return Err((format!("{} is no header name", quoted(name)), "expected letters, digits and `-`"));
    }
    if let Some(bad) = value.chars().find(|c| !matches!(c, ' '..='~' | '\t')) {
        let message = format!("the value of `{name}` may not contain {bad:?}");
        return Err((message, "expected plain ASCII on one line"));
    }
    match refusal(key, &name.to_ascii_lowercase(), value) {
        Some(why) => Err((format!("`{name}` cannot be set in `{key}`"), why)),
        None => Ok(Header(name.to_owned(), value.to_owned())),
    }
}

fn refusal(key: &str, name: &str, value: &str) -> Option<&'static str> {
    let upgrades = if key.starts_with("upgrade") || key == OWN { REFUSED_IN_UPGRADES } else { &[] };
    let answers = if key == "upgrade-response" { REFUSED_IN_ANSWERS } else { &[] };
    let all = REFUSED.iter().chain(upgrades).chain(answers);
    let fixed = all.into_iter().find(|(refused, _)| *refused == name).map(|(_, why)| *why);
    let closes = name == "connection" && !value.eq_ignore_ascii_case("keep-alive");
    fixed.or(closes.then_some("set keep-alive = false at the transport instead"))
}
