//! SockJS 0.3.3: WebSocket, and what replaces it. There is no reference target for it: a real one is driven by URL.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wsbench_targets::deflate::Deflate;
use wsbench_targets::wire::Served;

use super::access::Access;
use super::deflate;
use super::facts::{Facts, Probe, Scheme, Sockets};
use super::shared::{HTTP_MEMORY, TIMEOUT, keep_alive, timeout};
use super::traffic::{Heads, Messages, frame, masked_frame};
use crate::keys::fields::Fields;
use crate::keys::kinds::{Choice, Flag};

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
    /// How messages are compressed over a WebSocket, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deflate: Option<Deflate>,
    /// A handshake, an opening or a send without an answer for so long has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// How a server by URL is used.
    #[serde(default, skip_serializing_if = "Access::is_usual")]
    pub access: Access,
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

impl Default for SockJs {
    fn default() -> SockJs {
        SockJs {
            via: Via::default(),
            info: true,
            keep_alive: true,
            deflate: None,
            timeout: TIMEOUT,
            access: Access::default(),
        }
    }
}

/// What the EventSource format puts around a frame: `data: ` and two line ends.
const FIELD: f64 = 10.0;
/// A chunk's size, of two digits, and its line ends (RFC 9112 §7.1).
const CHUNK: f64 = 6.0;

const VIAS: Choice<Via> = Choice(&[
    ("xhr", Via::Xhr),
    ("xhr-streaming", Via::XhrStreaming),
    ("eventsource", Via::EventSource),
    ("websocket", Via::WebSocket),
    ("raw", Via::Raw),
]);

impl Facts for SockJs {
    fn name(&self) -> &'static str {
        "sockjs"
    }

    fn about(&self) -> &'static str {
        "SockJS: WebSocket and its fallbacks for old browsers; needs [target]"
    }

    fn label(&self) -> String {
        let mut label = format!("sockjs {}", self.via.name());
        if !self.info && self.via != Via::Raw {
            label += " no-info";
        }
        if !self.keep_alive && self.via.http() {
            label += " new-conn";
        }
        label + &deflate::label(self.deflate.as_ref()) + &self.access.label()
    }

    fn colour(&self) -> [u8; 3] {
        [0x60, 0x60, 0x60]
    }

    fn read(&mut self, f: &mut Fields<'_>) {
        self.via =
            f.or("via", "which SockJS transport; raw is a WebSocket without SockJS frames", VIAS, self.via);
        self.info = f.or("info", "ask <base>/info before each session, as browsers do", Flag, self.info);
        self.keep_alive = keep_alive(f, self.keep_alive);
        if self.via == Via::Raw {
            f.wrong(
                "info",
                "`info` has no effect with via = \"raw\", which sends no info request",
                "remove it",
            );
        }
        if self.via == Via::Raw || (self.via == Via::WebSocket && !self.info) {
            let why = "`keep-alive` has no effect where everything goes over a WebSocket";
            f.wrong("keep-alive", why, "remove it, or choose another `via`");
        }
        self.deflate = deflate::read(f).or(self.deflate);
        if self.via.http() {
            let why = "`deflate` has no effect where messages come by HTTP responses";
            f.wrong("deflate", why, "remove it, or choose via = \"websocket\" or \"raw\"");
        }
        let about = "opening or sending fails when it has no response for this long";
        self.timeout = timeout(f, about, self.timeout);
        self.access = Access::read(f, self.usually_keeps_cookies());
    }

    fn served(&self) -> Option<Served> {
        None
    }

    fn scheme(&self) -> Option<Scheme> {
        None
    }

    fn both_ways(&self) -> bool {
        true
    }

    fn asks(&self) -> bool {
        self.via == Via::Xhr
    }

    fn access(&self) -> &Access {
        &self.access
    }

    fn access_mut(&mut self) -> &mut Access {
        &mut self.access
    }

    fn usually_keeps_cookies(&self) -> bool {
        true
    }

    fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    fn probe(&self) -> Probe {
        Probe::Client { hint: None }
    }

    fn sockets(&self, sends: bool) -> Sockets {
        if self.via.http() { Sockets::of_http(sends) } else { Sockets::all(1) }
    }

    fn keeps_connections(&self) -> bool {
        self.keep_alive
    }

    fn new_connections(&self, messages: f64) -> f64 {
        if self.via.http() && !self.keep_alive { 2.0 * messages } else { 0.0 }
    }

    fn server_memory(&self) -> u64 {
        HTTP_MEMORY
    }

    fn client_memory(&self, sends: bool) -> u64 {
        deflate::client_memory(self.deflate.as_ref(), sends)
    }

    /// A message is `["..\n"]` up and `a["..\n"]` down; heartbeats are nothing beside messages.
    fn traffic(&self, heads: &Heads<'_>, messages: &Messages) -> Option<f64> {
        let (up, down) = match self.via {
            Via::Raw => (messages.payload, messages.payload),
            _ => (messages.payload + 5.0, messages.payload + 6.0),
        };
        let received = match self.via {
            Via::Xhr => heads.request() + heads.response(down) + down + 1.0,
            Via::XhrStreaming => down + 1.0 + CHUNK,
            Via::EventSource => down + FIELD + CHUNK,
            Via::WebSocket | Via::Raw => heads.data(frame(down)),
        };
        let sent = match self.via.http() {
            true => heads.request() + heads.response(0.0) + up,
            false => heads.data(masked_frame(up)),
        };
        Some(messages.down * received + messages.up * sent)
    }

    fn handshake(&self, heads: &Heads<'_>) -> f64 {
        if self.via.http() { heads.request() + heads.response(0.0) } else { heads.upgrade() }
    }
}
