//! `[session]`: what clients say and hear before they count as connected, beside the load, and before they close.
//!
//! It must not know who runs it. Its other end is `crate::session`.

mod kinds;
mod places;

use std::time::Duration;

use self::kinds::{Bytes, Names, Saves, Saying, Scalar};
use super::headers::OwnHeaders;
use crate::keys::fields::Fields;
use crate::keys::kinds::{Choice, Count, Flag, Text, Texts, duration};
use crate::session::condition::{Condition, Pattern};
use crate::session::{Answer, Expect, Heartbeat, Method, Request, Session, Step};

pub(super) use places::check;

const MOST_STEPS: usize = 64;
const MOST_ANSWERS: usize = 16;
const MOST_SUBPROTOCOLS: usize = 16;
/// How long a step waits for what it expects.
const PATIENCE: Duration = Duration::from_secs(10);
const LEAST: Duration = Duration::from_millis(1);
const MOST: Duration = Duration::from_secs(3_600);
const STATUS: Count = Count { least: 100, most: 599 };

/// Reads `[session]`.
pub(super) fn read_table(f: &mut Fields<'_>) -> Option<Session> {
    let about = "what each client says and hears before it counts as connected (steps, again after every reconnect), beside the load, and before it closes";
    f.table("session", about, |f| Some(read(f)))
}

/// Reads what stands in the table.
pub(super) fn read(f: &mut Fields<'_>) -> Session {
    let about = "the steps, in this order; requests before the first other step come before the connection";
    let steps = f.tables("step", about, MOST_STEPS, step);
    let heartbeat = f.table("heartbeat", "what is said every so often once the steps are done", |f| {
        let every = f.required("every", "how often", duration(LEAST, MOST));
        let send = f.required("send", "what is said", Saying);
        Some(Heartbeat { every: every?, send: send? })
    });
    let about = "what is answered whenever it comes; it is no message of the load";
    let answers = f.tables("answer", about, MOST_ANSWERS, |f| {
        let on = f.table("on", "what is answered", condition);
        f.must("on");
        if !f.describing() && !f.has("on") {
            f.lacks("`on` is missing: what is to be answered?", "such as on = { contains = \"ping\" }");
        }
        let send = f.required("send", "the answer; {1} is the first group of `matches`", Saying);
        Some(Answer { on: on?, send: send? })
    });
    let close = f.table("close", "what is said before the connection is closed", |f| {
        f.required("send", "what is said", Saying)
    });
    let about = "which messages are those of the load; others are not looked at (default: all)";
    let message = f.table("message", about, condition);
    let kind = Text { parse: not_empty, example: "\"\\u001e\"" };
    let separator = f.optional("separator", "what ends each message, where several come as one", kind);
    let about = "the load's messages, and what is sent, leave as binary frames (WebSocket)";
    let binary = f.or("binary", about, Flag, false);
    let kind = Texts { parse: not_empty, example: "[\"graphql-transport-ws\"]", most: MOST_SUBPROTOCOLS };
    let about = "WebSocket subprotocols to offer where [target] offers none";
    let subprotocols = f.optional("subprotocols", about, kind).unwrap_or_default();
    let parameters = f.optional("parameters", "texts that {NAME} stands for", Names).unwrap_or_default();
    Session { steps, heartbeat, answers, close, message, separator, binary, subprotocols, parameters }
}

fn step(f: &mut Fields<'_>) -> Option<Step> {
    let request = f.table("request", "an HTTP request beside the connection; cookies are kept", request);
    let send = f.optional("send", "a message that is sent by the transport", Saying);
    // A text alone is what the message contains.
    let expect = match f.text("expect") {
        Some(_) => f.optional("expect", "", Text { parse: not_empty, example: "\"ok\"" }).map(expected_text),
        None => {
            f.table("expect", "a message that must come by the transport, or a text that is in it", expect)
        }
    };
    f.one_of(&["request", "send", "expect"], "such as send = \"hello\"");
    let request = request.map(|request| Step::Request(Box::new(request)));
    request.or(send.map(Step::Send)).or(expect.map(|expect| Step::Expect(Box::new(expect))))
}

fn request(f: &mut Fields<'_>) -> Option<Request> {
    let methods = Choice(&Method::ALL);
    let method = f.optional("method", "GET, or POST where there is a body", methods);
    let kind = Text { parse: path, example: "\"/login\"" };
    let path = f.required("path", "path and query, with places", kind);
    let headers = f.optional("headers", "headers, with places", OwnHeaders).unwrap_or_default();
    let kind = Text { parse: any, example: r#"'{"user":"{user.name}"}'"# };
    let body = f.optional("body", "body, with places", kind);
    let status = f.optional("status", "the status that the answer must have (default: any 2xx)", STATUS);
    let save = f.optional("save", "values that {NAME} stands for from then on", Saves).unwrap_or_default();
    Some(Request {
        method: method.unwrap_or(if body.is_some() { Method::Post } else { Method::Get }),
        path: path?,
        headers: headers.into_iter().map(|own| (own.name, own.value.reveal().to_owned())).collect(),
        body,
        status: status.and_then(|status| u16::try_from(status).ok()),
        save,
    })
}

fn expect(f: &mut Fields<'_>) -> Option<Expect> {
    let due = condition(f);
    let fail = f.table("fail", "a message that ends the step at once, as a failure", condition);
    let save = f.optional("save", "values that {NAME} stands for from then on", Saves).unwrap_or_default();
    let timeout = f.or("timeout", "how long it is waited for", duration(LEAST, MOST), PATIENCE);
    Some(Expect { condition: due?, fail, save, timeout })
}

fn expected_text(text: String) -> Expect {
    let condition = Condition { contains: Some(text), ..Condition::default() };
    Expect { condition, fail: None, save: vec![], timeout: PATIENCE }
}

fn condition(f: &mut Fields<'_>) -> Option<Condition> {
    let kind = Text { parse: pointer, example: "\"/type\"" };
    let pointer = f.optional("pointer", "a place in the message's JSON (RFC 6901): it is there", kind);
    let equals = f.optional("equals", "the text, number or truth that stands there", Scalar);
    let kind = Text { parse: not_empty, example: "\"connected\"" };
    let contains = f.optional("contains", "a text that is in it", kind);
    let kind = Text { parse: pattern, example: "'^0\\{\"sid\"'" };
    let matches = f.optional("matches", "a regular expression that matches somewhere in it", kind);
    let bytes = f.optional("hex", "bytes that are in it", Bytes);
    f.any_of(&["pointer", "contains", "matches", "hex"], "such as contains = \"ok\"");
    if equals.is_some() && pointer.is_none() {
        f.wrong("equals", "`equals` has no meaning without `pointer`", "add such as pointer = \"/type\"");
    }
    let all = [pointer.is_some(), contains.is_some(), matches.is_some(), bytes.is_some()];
    all.contains(&true).then_some(Condition { pointer, equals, contains, matches, bytes })
}

type Wrong = (String, String);

fn any(text: &str) -> Result<String, Wrong> {
    Ok(text.to_owned())
}

fn not_empty(text: &str) -> Result<String, Wrong> {
    match text.is_empty() {
        true => Err(("is empty".to_owned(), "expected a text".to_owned())),
        false => Ok(text.to_owned()),
    }
}

fn path(text: &str) -> Result<String, Wrong> {
    let bad = text.chars().find(|c| c.is_control() || *c == '#');
    match (text.starts_with('/'), bad) {
        (true, None) => Ok(text.to_owned()),
        (_, Some(bad)) => Err((format!("may not contain {bad:?}"), "expected such as \"/login\"".to_owned())),
        (false, None) => {
            Err(("does not begin with a slash".to_owned(), "expected such as \"/login\"".to_owned()))
        }
    }
}

fn pointer(text: &str) -> Result<String, Wrong> {
    match text.is_empty() || text.starts_with('/') {
        true => Ok(text.to_owned()),
        false => Err(("is no JSON pointer".to_owned(), format!("expected \"/{text}\"?"))),
    }
}

fn pattern(text: &str) -> Result<Pattern, Wrong> {
    Pattern::new(text).map_err(|why| ("is no regular expression".to_owned(), why))
}
