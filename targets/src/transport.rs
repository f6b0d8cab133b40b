//! The registry of what the reference targets serve: a variant with what its server must know, and the route of each.
//!
//! What only a client reads is the harness's (`src/transport`); each transport there says which of these it needs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::deflate::Deflate;

/// What is served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Served {
    /// An answer at once, with what is there.
    Polling(Polling),
    /// An answer when there is something (Comet).
    LongPolling(LongPolling),
    /// RFC 6455.
    #[serde(rename = "websocket")]
    WebSocket(WebSocket),
    /// One HTTP answer that never ends, a message a line.
    Streaming(Streaming),
    /// Server-Sent Events (WHATWG HTML §9.2).
    Sse(Sse),
}

/// A server that is polled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Polling {
    /// How long a connection rests between two polls.
    #[serde(with = "humantime_serde")]
    pub every: Duration,
    /// What an answer holds.
    pub reply: Reply,
}

/// What a polling target answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// The current value, every time: the article's stock ticker.
    #[default]
    Latest,
    /// Everything from the client's cursor on.
    Since,
}

/// A server that holds requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongPolling {
    /// How long a request is held before it is answered with nothing.
    #[serde(with = "humantime_serde")]
    pub hold: Duration,
}

/// A server of WebSockets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebSocket {
    /// How it compresses, for clients that offer it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deflate: Option<Deflate>,
}

/// A server that streams lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Streaming {
    /// How it delimits the answer.
    pub body: Delimiting,
}

/// A server that streams events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sse {
    /// How it delimits the answer.
    pub body: Delimiting,
}

/// How an answer of unknown length is delimited (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delimiting {
    /// In chunks, one a message.
    #[default]
    Chunked,
    /// By the end of the connection, as HTTP/1.0 has it.
    Close,
}

/// Routes of the reference targets. Each path is 27 bytes long, as the article's
/// `/PollingStock//PollingStock`, whatever the client and cursor, so that the bytes of a request do not
/// depend on who asks.
pub mod route {
    /// `GET`: what is there now.
    pub const POLL: &str = "/poll/";
    /// `GET`: what is there, or wait for it.
    pub const WAIT: &str = "/wait/";
    /// `GET` with upgrade: a WebSocket.
    pub const PUSH: &str = "/push/";
    /// `GET`: all from the cursor on, and what comes, a line each.
    pub const LINE: &str = "/line/";
    /// `GET`: the same as events.
    pub const EVENT: &str = "/feed/";
    /// `POST`: one message into the client's own stream.
    pub const SEND: &str = "/send/";
    /// Digits of the client number and of the cursor.
    pub const DIGITS: usize = 10;
    /// Bytes of a path.
    pub const LEN: usize = 6 + DIGITS + 1 + DIGITS;

    /// `<route><client>/<cursor>`; the cursor is the number of the next message wanted.
    pub fn path(route: &str, client: u32, cursor: u64) -> String {
        format!("{route}{client:010}/{cursor:010}")
    }

    /// The client and cursor in `path` behind `route`.
    pub fn parse(route: &str, path: &str) -> Option<(u32, u64)> {
        let (client, cursor) = path.strip_prefix(route)?.split_once('/')?;
        (client.len() == DIGITS && cursor.len() == DIGITS).then_some(())?;
        Some((client.parse().ok()?, cursor.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::route;

    #[test]
    fn routes_are_as_long_as_the_articles() {
        for route in [route::POLL, route::WAIT, route::PUSH, route::SEND, route::LINE, route::EVENT] {
            let path = route::path(route, 17, 4_000_000_000);
            assert_eq!(path.len(), "/PollingStock//PollingStock".len());
            assert_eq!(path.len(), route::LEN);
            assert_eq!(route::parse(route, &path), Some((17, 4_000_000_000)));
        }
        assert_eq!(route::parse(route::POLL, "/wait/0000000017/0000000000"), None);
        assert_eq!(route::parse(route::POLL, "/poll/17/0"), None);
    }
}
