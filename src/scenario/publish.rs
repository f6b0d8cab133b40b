//! `[load.publish]`: wsbench publishes to all who hear an external server, or to their groups in turn, and times its way by
//! one clock.
//!
//! It must not know how a message leaves. Its other end is `load::publish`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wsbench_targets::pacer::Arrivals;
use wsbench_targets::wire::{Audience, Publication};

use super::headers::OwnHeaders;
use super::{Message, OwnHeader, TargetUrl, limits, loads};
use crate::keys::fields::Fields;
use crate::keys::kinds::{Choice, Count, Text};
use crate::message::turns::Turns;
use crate::secret::Secret;

/// The publish load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// Mean interval of the messages, of all groups together.
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
    /// How many publish; else as many as suits the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publishers: Option<u32>,
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

    /// Who publishes what, to so many clients in these groups. By default each group has a client of its own that publishes;
    /// one can post to all.
    pub fn turns(&self, clients: u32, groups: Option<u32>) -> Turns {
        let by_default = if self.way == PublishCarrier::Client { groups.unwrap_or(1) } else { 1 };
        Turns::new(clients, groups, self.publishers.unwrap_or(by_default))
    }
}

/// Carriers that need nothing but their name.
const VIA: Choice<()> = Choice(&[("client", ())]);

/// Reads `[load.publish]`.
pub(super) fn read(
    f: &mut Fields<'_>,
    external: bool,
    usual: loads::Usual<'_>,
    fill: impl loads::Fill,
) -> Option<Publish> {
    let every = loads::interval(f, "of the messages");
    f.one_of(&["every", "rate"], "say how often a message is sent: every = \"1s\" or rate = \"1/s\"");
    let arrivals = loads::arrivals(f);
    let (message, payload) = loads::message(f, external, usual);
    fill(f);
    let way = carrier(f);
    let about = "how many publish, in turn; by default one client for each group, or one that posts";
    let number = Count { least: limits::CLIENTS.0, most: limits::CLIENTS.1 };
    let publishers = f.optional("publishers", about, number);
    Some(Publish {
        every: every?,
        arrivals,
        payload,
        message: message.unwrap_or_else(Message::bare),
        way: way?,
        publishers: publishers.map(|number| u32::try_from(number).unwrap_or(u32::MAX)),
    })
}

fn carrier(f: &mut Fields<'_>) -> Option<PublishCarrier> {
    let kind = Text { parse: super::url::url, example: "\"http://127.0.0.1:9000/publish\"" };
    let url = f.optional("post", "URL to which each message is sent by its own HTTP POST", kind);
    let via = f.optional("via", "through clients of the transport beside the others, which publish", VIA);
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
