//! The registry of transports. A new one begins here: one variant with its options, and the compiler names
//! the places that must answer for it.
//!
//! Options sit on this side because both ends need them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use crate::socketio::SocketIo;

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
    /// Engine.IO and Socket.IO; other makers' servers only.
    #[serde(rename = "socketio")]
    SocketIo(SocketIo),
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
    /// A request without an answer for so long *beyond the hold* has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
}

/// Options of WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebSocket {
    /// A handshake without an answer for so long has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
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
            timeout: TIMEOUT,
        }
    }
}

impl Default for LongPolling {
    fn default() -> LongPolling {
        LongPolling { hold: Duration::from_secs(25), keep_alive: true, timeout: TIMEOUT }
    }
}

impl Default for WebSocket {
    fn default() -> WebSocket {
        WebSocket { timeout: TIMEOUT }
    }
}

impl Transport {
    /// Every transport with its default options, in the order of reports.
    pub fn all() -> Vec<Transport> {
        vec![
            Transport::Polling(Polling::default()),
            Transport::LongPolling(LongPolling::default()),
            Transport::WebSocket(WebSocket::default()),
            Transport::SocketIo(SocketIo::default()),
        ]
    }

    /// Whether there is a reference target for it. Without one it needs a server by URL.
    pub fn reference(&self) -> bool {
        !matches!(self, Transport::SocketIo(_))
    }

    /// The same without secrets: what a result may hold.
    pub fn redacted(&self) -> Transport {
        match self {
            Transport::SocketIo(socketio) => Transport::SocketIo(socketio.redacted()),
            open => open.clone(),
        }
    }

    /// Its name on the command line, in scenarios and in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Transport::Polling(_) => "polling",
            Transport::LongPolling(_) => "long-polling",
            Transport::WebSocket(_) => "websocket",
            Transport::SocketIo(_) => "socketio",
        }
    }

    /// One line for `wsbench list`.
    pub fn about(&self) -> &'static str {
        match self {
            Transport::Polling(_) => "ask every interval, by HTTP; the answer may be empty or old",
            Transport::LongPolling(_) => "ask by HTTP, and the server answers when it has something (Comet)",
            Transport::WebSocket(_) => "one connection, frames in both directions (RFC 6455)",
            Transport::SocketIo(_) => {
                "events and acknowledgements by polling, WebSocket or both; needs [target]"
            }
        }
    }

    /// Its name with the options that tell it from its likes in one scenario: `polling 1s`.
    pub fn label(&self) -> String {
        match self {
            Transport::Polling(p) => p.label(),
            Transport::LongPolling(l) if !l.keep_alive => "long-polling new-conn".to_owned(),
            Transport::SocketIo(s) => s.label(),
            Transport::LongPolling(_) | Transport::WebSocket(_) => self.name().to_owned(),
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
            Transport::LongPolling(_) | Transport::WebSocket(_) | Transport::SocketIo(_) => Duration::ZERO,
        }
    }
}

impl Polling {
    fn label(&self) -> String {
        let mut label = format!("polling {}", humantime::format_duration(self.every));
        if self.reply == Reply::Since {
            label += " since";
        }
        if self.pace == Pace::FixedDelay {
            label += " fixed-delay";
        }
        if !self.keep_alive {
            label += " new-conn";
        }
        label
    }
}
