//! The registry of transports. A new one begins here: one variant with its options, and the compiler names
//! the places that must answer for it.
//!
//! Options sit on this side because both ends need them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

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

/// Options of SockJS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SockJs {
    /// Which of its ways.
    pub via: Via,
    /// Ask `<base>/info` first, as browsers do? The raw way never does.
    pub info: bool,
    /// One connection for many requests, or a new one for each?
    pub keep_alive: bool,
    /// A handshake, an opening or a send without an answer for so long has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
}

/// The ways of SockJS, by the last word of their paths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// Long-polling by POST.
    Xhr,
    /// One response that never ends, a frame a line.
    XhrStreaming,
    /// One response that never ends, in the EventSource format.
    #[serde(rename = "eventsource")]
    EventSource,
    /// SockJS frames over a WebSocket.
    #[default]
    #[serde(rename = "websocket")]
    WebSocket,
    /// A WebSocket without SockJS frames.
    Raw,
}

impl Via {
    /// Its name in scenarios and labels.
    pub fn name(self) -> &'static str {
        match self {
            Via::Xhr => "xhr",
            Via::XhrStreaming => "xhr-streaming",
            Via::EventSource => "eventsource",
            Via::WebSocket => "websocket",
            Via::Raw => "raw",
        }
    }

    /// The last part of its path.
    pub fn path(self) -> &'static str {
        match self {
            Via::XhrStreaming => "xhr_streaming",
            Via::Raw => "websocket",
            Via::Xhr | Via::EventSource | Via::WebSocket => self.name(),
        }
    }

    /// Whether messages come by HTTP responses, and go by requests over a second connection.
    pub fn http(self) -> bool {
        matches!(self, Via::Xhr | Via::XhrStreaming | Via::EventSource)
    }
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

impl Default for SockJs {
    fn default() -> SockJs {
        SockJs { via: Via::default(), info: true, keep_alive: true, timeout: TIMEOUT }
    }
}

impl Transport {
    /// Every transport with its default options, in the order of reports.
    pub fn all() -> Vec<Transport> {
        vec![
            Transport::Polling(Polling::default()),
            Transport::LongPolling(LongPolling::default()),
            Transport::WebSocket(WebSocket::default()),
            Transport::SockJs(SockJs::default()),
        ]
    }

    /// Whether there is a built-in reference target for it. Otherwise it needs a server that is there already.
    pub fn reference(&self) -> bool {
        !matches!(self, Transport::SockJs(_))
    }

    /// Its name on the command line, in scenarios and in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Transport::Polling(_) => "polling",
            Transport::LongPolling(_) => "long-polling",
            Transport::WebSocket(_) => "websocket",
            Transport::SockJs(_) => "sockjs",
        }
    }

    /// One line for `wsbench list`.
    pub fn about(&self) -> &'static str {
        match self {
            Transport::Polling(_) => "ask every interval, by HTTP; the answer may be empty or old",
            Transport::LongPolling(_) => "ask by HTTP, and the server answers when it has something (Comet)",
            Transport::WebSocket(_) => "one connection, frames in both directions (RFC 6455)",
            Transport::SockJs(_) => "WebSocket and what replaces it in old browsers; needs [target]",
        }
    }

    /// Its name with the options that tell it from its likes in one scenario: `polling 1s`.
    pub fn label(&self) -> String {
        match self {
            Transport::Polling(p) => p.label(),
            Transport::LongPolling(l) if !l.keep_alive => "long-polling new-conn".to_owned(),
            Transport::LongPolling(_) | Transport::WebSocket(_) => self.name().to_owned(),
            Transport::SockJs(s) => s.label(),
        }
    }

    /// Whether messages come by answers of their own, so that there is a time to answer.
    pub fn responds(&self) -> bool {
        match self {
            Transport::Polling(_) | Transport::LongPolling(_) => true,
            Transport::WebSocket(_) => false,
            Transport::SockJs(s) => s.via == Via::Xhr,
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
            Transport::LongPolling(_) | Transport::WebSocket(_) | Transport::SockJs(_) => Duration::ZERO,
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

impl SockJs {
    fn label(&self) -> String {
        let mut label = format!("sockjs {}", self.via.name());
        if !self.info && self.via != Via::Raw {
            label += " no-info";
        }
        if !self.keep_alive && self.via.http() {
            label += " new-conn";
        }
        label
    }
}
