//! The registry of transports. A new one begins here: one variant with its options, and the compiler names
//! the places that must answer for it.
//!
//! Options sit on this side because both ends need them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::socketio::{Carrier, SocketIo};
use crate::sockjs::{SockJs, Via};

/// How messages travel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// Ask again and again.
    Polling(Polling),
    /// Ask, and the server answers when it has something (Comet).
    LongPolling(LongPolling),
    /// RFC 6455.
    #[serde(rename = "websocket")]
    WebSocket(WebSocket),
    /// One HTTP answer that never ends, a message a line.
    Streaming(Streaming),
    /// Server-Sent Events (WHATWG HTML §9.2).
    Sse(Sse),
    /// Engine.IO and Socket.IO; other makers' servers only.
    #[serde(rename = "socketio")]
    SocketIo(SocketIo),
    /// SockJS 0.3.3, against a server that is there already.
    #[serde(rename = "sockjs")]
    SockJs(SockJs),
}

/// Options of polling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Polling {
    /// Interval of the polls; zero is a closed loop.
    #[serde(with = "humantime_serde")]
    pub every: Duration,
    /// From slot to slot, or from answer to question?
    pub pace: Pace,
    /// What an answer holds.
    pub reply: Reply,
    /// One connection for many polls, or a new one for each?
    pub keep_alive: bool,
    /// What a foreign server is told of its last answer.
    #[serde(default, skip_serializing_if = "Cursor::is_nothing")]
    pub cursor: Cursor,
    /// A poll without an answer for so long has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
}

/// What keeps polls apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// Poll n is due at start + n x every, whatever the last one took.
    #[default]
    FixedRate,
    /// The next poll is due `every` after the last answer.
    FixedDelay,
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

/// Options of long-polling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongPolling {
    /// How long the server holds a request before it answers with nothing (RFC 6202 §5.5: 30 s is safe).
    #[serde(with = "humantime_serde")]
    pub hold: Duration,
    /// One connection for many requests, or a new one for each?
    pub keep_alive: bool,
    /// What a foreign server is told of its last answer.
    #[serde(default, skip_serializing_if = "Cursor::is_nothing")]
    pub cursor: Cursor,
    /// A request without an answer for so long *beyond the hold* has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
}

/// What a request tells a foreign server of its last answer; a reference target has its own way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cursor {
    /// Every request is the same.
    #[default]
    Nothing,
    /// Its ETag in If-None-Match (RFC 9110 §13.1.2).
    Etag,
    /// Its Last-Modified in If-Modified-Since (RFC 9110 §13.1.3).
    LastModified,
    /// In a query parameter of that name: how many messages have come so far, which is the number of the last one
    /// where they count from 1, and of the next one where they count from 0.
    Count(String),
    /// In a query parameter: the text or number at a JSON pointer (RFC 6901) in the answer.
    Pointer {
        /// Where in the answer.
        pointer: String,
        /// Name of the parameter.
        query: String,
    },
}

impl Cursor {
    /// Whether nothing is told.
    pub fn is_nothing(&self) -> bool {
        *self == Cursor::Nothing
    }

    /// For a label, a blank before it: ` etag`, ` since`; empty for nothing.
    fn label(&self) -> String {
        match self {
            Cursor::Nothing => String::new(),
            Cursor::Etag => " etag".to_owned(),
            Cursor::LastModified => " last-modified".to_owned(),
            Cursor::Count(name) => format!(" {name}"),
            Cursor::Pointer { pointer, .. } => format!(" {pointer}"),
        }
    }
}

/// Options of WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebSocket {
    /// A handshake without an answer for so long has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
}

/// Options of streaming.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Streaming {
    /// How the server delimits the answer; a client takes either.
    pub body: Delimiting,
    /// A request whose answer has not begun for so long has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
}

/// Options of Server-Sent Events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sse {
    /// How the server delimits the answer; a client takes either.
    pub body: Delimiting,
    /// How long a client waits before it reconnects, until the server says otherwise (`retry`).
    #[serde(with = "humantime_serde")]
    pub retry: Duration,
    /// A request whose answer has not begun for so long has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
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

/// Without an answer for so long a request has failed, unless the scenario says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(10);

impl Default for Polling {
    fn default() -> Polling {
        Polling {
            every: Duration::from_secs(1),
            pace: Pace::default(),
            reply: Reply::default(),
            keep_alive: true,
            cursor: Cursor::default(),
            timeout: TIMEOUT,
        }
    }
}

impl Default for LongPolling {
    fn default() -> LongPolling {
        let cursor = Cursor::default();
        LongPolling { hold: Duration::from_secs(25), keep_alive: true, cursor, timeout: TIMEOUT }
    }
}

impl Default for WebSocket {
    fn default() -> WebSocket {
        WebSocket { timeout: TIMEOUT }
    }
}

impl Default for Streaming {
    fn default() -> Streaming {
        Streaming { body: Delimiting::default(), timeout: TIMEOUT }
    }
}

impl Default for Sse {
    fn default() -> Sse {
        Sse { body: Delimiting::default(), retry: Duration::ZERO, timeout: TIMEOUT }
    }
}

impl Delimiting {
    /// `name`, and that the body ends with the connection if it does.
    fn label(self, name: &str) -> String {
        if self == Delimiting::Close { format!("{name} close-delimited") } else { name.to_owned() }
    }
}

impl Transport {
    /// Every transport with its default options, in the order of reports.
    pub fn all() -> Vec<Transport> {
        vec![
            Transport::Polling(Polling::default()),
            Transport::LongPolling(LongPolling::default()),
            Transport::WebSocket(WebSocket::default()),
            Transport::Streaming(Streaming::default()),
            Transport::Sse(Sse::default()),
            Transport::SocketIo(SocketIo::default()),
            Transport::SockJs(SockJs::default()),
        ]
    }

    /// Whether there is a reference target for it. Without one it needs a server by URL.
    pub fn reference(&self) -> bool {
        !matches!(self, Transport::SocketIo(_) | Transport::SockJs(_))
    }

    /// The same without secrets: what a result may hold.
    pub fn redacted(&self, hide: impl Fn(&str) -> String) -> Transport {
        match self {
            Transport::SocketIo(socketio) => Transport::SocketIo(socketio.redacted(hide)),
            open => open.clone(),
        }
    }

    /// Its name on the command line, in scenarios and in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Transport::Polling(_) => "polling",
            Transport::LongPolling(_) => "long-polling",
            Transport::WebSocket(_) => "websocket",
            Transport::Streaming(_) => "streaming",
            Transport::Sse(_) => "sse",
            Transport::SocketIo(_) => "socketio",
            Transport::SockJs(_) => "sockjs",
        }
    }

    /// One line for `wsbench list`.
    pub fn about(&self) -> &'static str {
        match self {
            Transport::Polling(_) => "ask every interval, by HTTP; the answer may be empty or old",
            Transport::LongPolling(_) => "ask by HTTP, and the server answers when it has something (Comet)",
            Transport::WebSocket(_) => "one connection, frames in both directions (RFC 6455)",
            Transport::Streaming(_) => "one HTTP answer that never ends, a message a line (Comet)",
            Transport::Sse(_) => "one HTTP answer that never ends, an event a message (EventSource)",
            Transport::SocketIo(_) => {
                "events and acknowledgements by polling, WebSocket or both; needs [target]"
            }
            Transport::SockJs(_) => "WebSocket and what replaces it in old browsers; needs [target]",
        }
    }

    /// Its name with the options that tell it from its likes in one scenario: `polling 1s`.
    pub fn label(&self) -> String {
        match self {
            Transport::Polling(p) => p.label(),
            Transport::LongPolling(l) => {
                let own = if l.keep_alive { "" } else { " new-conn" };
                format!("long-polling{}{own}", l.cursor.label())
            }
            Transport::Streaming(s) => s.body.label(self.name()),
            Transport::Sse(s) => s.body.label(self.name()),
            Transport::SocketIo(s) => s.label(),
            Transport::SockJs(s) => s.label(),
            Transport::WebSocket(_) => self.name().to_owned(),
        }
    }

    /// Whether every message arrives when nothing breaks. Polling for the latest value skips by design.
    pub fn keeps_all(&self) -> bool {
        !matches!(self, Transport::Polling(Polling { reply: Reply::Latest, .. }))
    }

    /// The longest that a message may wait at the server by design.
    pub fn longest_wait(&self) -> Duration {
        match self {
            Transport::Polling(p) => p.every,
            Transport::LongPolling(_)
            | Transport::WebSocket(_)
            | Transport::Streaming(_)
            | Transport::Sse(_)
            | Transport::SocketIo(_)
            | Transport::SockJs(_) => Duration::ZERO,
        }
    }

    /// Whether messages come as answers to requests, so that there is a response time.
    pub fn asks(&self) -> bool {
        match self {
            Transport::Polling(_) | Transport::LongPolling(_) => true,
            Transport::SockJs(sockjs) => sockjs.via == Via::Xhr,
            Transport::SocketIo(socketio) => socketio.via == Carrier::Polling,
            Transport::WebSocket(_) | Transport::Streaming(_) | Transport::Sse(_) => false,
        }
    }
}

impl Polling {
    fn label(&self) -> String {
        let mut label = format!("polling {}", humantime::format_duration(self.every));
        if self.reply == Reply::Since {
            label += " since";
        }
        label += &self.cursor.label();
        if self.pace == Pace::FixedDelay {
            label += " fixed-delay";
        }
        if !self.keep_alive {
            label += " new-conn";
        }
        label
    }
}
