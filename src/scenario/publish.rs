//! `[load.publish]`: wsbench publishes one stream to all who hear a external server, and times its way by one clock.
//!
//! It must not know how a message leaves. Its other end is `load::publish`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wsbench_targets::pacer::Arrivals;
use wsbench_targets::wire::{Audience, Publication};

use super::headers::OwnHeaders;
use super::{Message, OwnHeader, TargetUrl, loads};
use crate::keys::fields::Fields;
use crate::keys::kinds::{Choice, Text};
use crate::secret::Secret;

/// The publish load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// Mean interval of the messages.
    #[serde(with = "humantime_serde")]
    pub every: Duration,
    /// Schedule.
    pub arrivals: Arrivals,
    /// Bytes of a message; without filler in its form, what the form gives.
    pub payload: usize,
    /// How it is made.
    pub message: Message,
    /// How it gets to the server.
    pub way: PublishCarrier,
}

/// How the publisher's messages get to the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PublishCarrier {
    /// Through one more client of the transport.
    Client,
    /// Each by an HTTP POST of its own.
    Post(Box<Post>),
}

/// An HTTP POST.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// Where to.
    pub url: TargetUrl,
    /// What else is said in the request, Content-Type too.
    pub headers: Vec<OwnHeader>,
}

impl Publish {
    /// Its schedule, in the words that both ends of a reference target have.
    pub fn publication(&self) -> Publication {
        let (every, arrivals, payload) = (self.every, self.arrivals, self.payload);
        Publication { every, arrivals, payload, audience: Audience::All }
    }
}

/// Carriers that need nothing but their name.
const VIA: Choice<()> = Choice(&[("client", ())]);

/// Reads `[load.publish]`.
pub(super) fn read(f: &mut Fields<'_>, external: bool, fill: impl loads::Fill) -> Option<Publish> {
    let every = loads::interval(f, "of the messages");
    f.one_of(&["every", "rate"], "say how often a message is sent: every = \"1s\" or rate = \"1/s\"");
    let arrivals = loads::arrivals(f);
    let (message, payload) = loads::message(f, external);
    fill(f);
    let way = carrier(f);
    Some(Publish {
        every: every?,
        arrivals,
        payload,
        message: message.unwrap_or_else(Message::bare),
        way: way?,
    })
}

fn carrier(f: &mut Fields<'_>) -> Option<PublishCarrier> {
    let kind = Text { parse: super::url::url, example: "\"http://127.0.0.1:9000/publish\"" };
    let url = f.optional("post", "URL to which each message is sent by its own HTTP POST", kind);
    let via = f.optional("via", "through one more client of the transport, which publishes", VIA);
    let kind = Text { parse: content_type, example: "\"application/json\"" };
    let content_type = f.optional(
        "content-type",
        "content type of the posted bodies; otherwise application/json for JSON, or text/plain",
        kind,
    );
    let own = f.optional(
        "headers",
        "headers of the POST requests; ${NAME} is read from the environment",
        OwnHeaders,
    );
    f.one_of(
        &["post", "via"],
        "say how a message reaches the server: post = \"http://..\" or via = \"client\"",
    );
    if f.has("via") {
        for key in ["content-type", "headers"] {
            f.wrong(key, format!("`{key}` has no meaning without `post`"), "remove it");
        }
        return via.map(|()| PublishCarrier::Client);
    }
    let url = url?;
    if !matches!(url.scheme.as_str(), "http" | "https") {
        f.wrong(
            "post",
            "`post` is not an http:// or https:// URL",
            "expected such as \"http://127.0.0.1:9000/publish\"",
        );
        return None;
    }
    let mut headers = own.unwrap_or_default();
    headers.extend(content_type.map(|kind| {
        let value = Secret::header("Content-Type", kind.clone(), &kind);
        OwnHeader { name: "Content-Type".to_owned(), value }
    }));
    Some(PublishCarrier::Post(Box::new(Post { url, headers })))
}

fn content_type(text: &str) -> Result<String, (String, String)> {
    match text.contains('/') && text.chars().all(|c| matches!(c, ' '..='~')) {
        true => Ok(text.to_owned()),
        false => Err(("is not a media type".to_owned(), "expected such as \"application/json\"".to_owned())),
    }
}
