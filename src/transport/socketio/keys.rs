//! `[[transport]] socketio = { .. }`: the keys, and what their texts may be.
//!
//! It must not know the protocol beyond what a user may choose of it.

use serde::de::IgnoredAny;

use super::{Auth, Carrier, Eio, SocketIo, SocketIoReply};
use crate::keys::fields::Fields;
use crate::keys::kinds::{Choice, Flag, Numbered, Text};
use crate::keys::span::quoted;
use crate::transport::deflate;
use crate::transport::shared::timeout;
use crate::transport::{Access, Facts};

const CARRIERS: Choice<Carrier> = Choice(&[
    ("polling", Carrier::Polling),
    ("websocket", Carrier::WebSocket),
    ("upgrade", Carrier::Upgrade),
]);
const MOST: usize = 2_048;

/// What is wrong with a text, and what to say at the caret.
type Wrong = (String, String);

/// Reads the options, `default` where nothing is written.
pub(super) fn read(f: &mut Fields<'_>, default: &SocketIo) -> SocketIo {
    let text = |parse, example| Text { parse, example };
    let (eio, auth) = (version(f, default.eio), auth(f));
    if eio == Eio::Three && auth.is_some() {
        let why = "`auth` has no place in Socket.IO 2, which eio = 3 speaks";
        f.wrong("auth", why, "remove it; what it reads is the query of the target's URL");
    }
    let deflate = deflate::read(f).or(default.deflate);
    if f.text("via") == Some("polling") {
        f.wrong(
            "deflate",
            "`deflate` has no effect with via = \"polling\", which opens no WebSocket",
            "remove it",
        );
    }
    SocketIo {
        deflate,
        via: f.or(
            "via",
            "HTTP polling only, WebSocket only, or polling upgraded to WebSocket",
            CARRIERS,
            default.via,
        ),
        namespace: f.or(
            "namespace",
            "the namespace that the clients join",
            text(namespace, "\"/admin\""),
            default.namespace.clone(),
        ),
        auth,
        event: f.or(
            "event",
            "name of the event that carries a message",
            text(name, "\"echo\""),
            default.event.clone(),
        ),
        ack: f.or("ack", "the server acknowledges a message; otherwise it emits it back", Flag, default.ack),
        binary: f.or(
            "binary",
            "a message is a binary attachment, not text in the event",
            Flag,
            default.binary,
        ),
        eio,
        path: f.or(
            "path",
            "the server's path, unless the URL in [target] has one",
            text(path, "\"/socket.io/\""),
            default.path.clone(),
        ),
        access: Access::without_path(f, default.usually_keeps_cookies()),
        reply: f.table("reply", "the clients' reply to an event that the server sends by itself", reply),
        timeout: timeout(
            f,
            "a session fails when it has not joined, and a request when it has no response, for this long",
            default.timeout,
        ),
    }
}

fn version(f: &mut Fields<'_>, default: Eio) -> Eio {
    let about = "Engine.IO's version: 4 is Socket.IO 3 and 4, 3 is Socket.IO 2";
    f.or("eio", about, Numbered(&[(4, Eio::Four), (3, Eio::Three)]), default)
}

fn auth(f: &mut Fields<'_>) -> Option<Auth> {
    let about = "JSON object that goes with CONNECT, with places such as {user.token}; never shown";
    f.optional("auth", about, Text { parse: secret, example: "'{\"token\":\"..\"}'" })
}

fn reply(f: &mut Fields<'_>) -> Option<SocketIoReply> {
    let kind = |example| Text { parse: name, example };
    let on = f.required("on", "name of the server's event", kind("\"news\""));
    let event = f.required("event", "name of the event that answers it", kind("\"my other event\""));
    let data = Text { parse: json, example: "'{\"my\":\"data\"}'" };
    let data = f.optional("data", "JSON that goes with the answer", data).unwrap_or_default();
    Some(SocketIoReply { on: on?, event: event?, data })
}

fn secret(text: &str) -> Result<Auth, Wrong> {
    let object = text.trim_start().starts_with('{') && is_json(text);
    match object && text.len() <= MOST {
        true => Ok(Auth::new(text.trim())),
        false => wrong("is not a JSON object", "expected such as '{\"token\":\"..\"}'"),
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

fn wrong<T>(why: impl Into<String>, label: &str) -> Result<T, Wrong> {
    Err((why.into(), label.to_owned()))
}

fn json(text: &str) -> Result<String, Wrong> {
    match is_json(text) && text.len() <= MOST {
        true => Ok(text.to_owned()),
        false => wrong("is not JSON", "expected such as '{\"my\":\"data\"}'"),
    }
}

fn name(text: &str) -> Result<String, Wrong> {
    match text.is_empty() || text.len() > MOST {
        false => Ok(text.to_owned()),
        true => wrong("is empty or too long", "expected the name of an event"),
    }
}

fn namespace(text: &str) -> Result<String, Wrong> {
    let plain = text.len() <= MOST && text.bytes().all(|b| b.is_ascii_graphic() && !b",?\"".contains(&b));
    match text.starts_with('/') && plain {
        true => Ok(text.to_owned()),
        false => wrong(format!("cannot be {}", quoted(text)), "expected / and a name, such as \"/admin\""),
    }
}

fn path(text: &str) -> Result<String, Wrong> {
    let plain = text.len() <= MOST && text.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
    match text.starts_with('/') && plain {
        true => Ok(text.to_owned()),
        false => wrong(format!("cannot be {}", quoted(text)), "expected such as \"/socket.io/\""),
    }
}
