//! Socket.IO: events and acknowledgements over Engine.IO. There is no reference target for it: a server in another
//! language than everybody's would measure itself, so the real one is driven by URL.

mod keys;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wsbench_targets::deflate::Deflate;
use wsbench_targets::wire::Served;

use super::access::Access;
use super::deflate;
use super::facts::{Facts, Probe, Scheme, Sockets};
use super::shared::{HTTP_MEMORY, TIMEOUT};
use super::traffic::{Heads, Messages, frame, masked_frame};
use crate::keys::fields::Fields;
use crate::secret::{REDACTED, Secret, revealed};

/// Options of Socket.IO (protocol 5 over Engine.IO 4, or what Socket.IO 2 speaks over Engine.IO 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SocketIo {
    /// What carries the packets.
    pub via: Carrier,
    /// The namespace that clients join; begins with `/`.
    pub namespace: String,
    /// JSON that goes with CONNECT: who the client is.
    pub auth: Option<Auth>,
    /// Name of the event that carries a message.
    pub event: String,
    /// Whether a message asks for an acknowledgement, which then is its echo; else the server must emit it back.
    pub ack: bool,
    /// Whether a message is an attachment, not text in the event.
    pub binary: bool,
    /// Engine.IO's version.
    pub eio: Eio,
    /// Where the server listens for it, unless the target's URL has a path.
    pub path: String,
    /// What is answered when the server emits something by itself.
    pub reply: Option<SocketIoReply>,
    /// How messages are compressed over a WebSocket, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deflate: Option<Deflate>,
    /// A request or a handshake without an answer for so long has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// How a server by URL is used.
    #[serde(default, skip_serializing_if = "Access::is_usual")]
    pub access: Access,
}

/// What carries Engine.IO's packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// HTTP alone: one request waits, another sends.
    Polling,
    /// WebSocket from the start.
    #[serde(rename = "websocket")]
    WebSocket,
    /// HTTP first, then WebSocket: what browsers do.
    #[default]
    Upgrade,
}

/// Engine.IO's version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Eio {
    /// Of Socket.IO 1 and 2: the client pings.
    #[serde(rename = "3")]
    Three,
    /// Of Socket.IO 3 and 4: the server pings.
    #[default]
    #[serde(rename = "4")]
    Four,
}

/// `on` this event of the server the client sends that one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SocketIoReply {
    /// Name of the server's event.
    pub on: String,
    /// Name of the client's.
    pub event: String,
    /// JSON that goes with it; nothing when empty.
    pub data: String,
}

impl Default for SocketIo {
    fn default() -> SocketIo {
        SocketIo {
            via: Carrier::default(),
            namespace: "/".to_owned(),
            auth: None,
            event: "echo".to_owned(),
            ack: true,
            binary: false,
            eio: Eio::default(),
            path: "/socket.io/".to_owned(),
            reply: None,
            deflate: None,
            timeout: TIMEOUT,
            access: Access::default(),
        }
    }
}

/// JSON that is told to the server and to nobody else: shown, it is hidden; sent to a shard, it is itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Auth(#[serde(with = "revealed")] Secret);

impl Auth {
    /// Of that text.
    pub fn new(text: impl Into<String>) -> Auth {
        Auth(Secret::hidden(text.into()))
    }

    /// For the server alone.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

/// So that no schema and no message can show it.
impl fmt::Display for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `420["",""]` and `430[""]`: an event without its name, and an acknowledgement.
const EVENT: f64 = 10.0;
const ACK: f64 = 7.0;
/// What a session's path has more than a route, and its answers' own lines.
const SESSION: f64 = 120.0;

impl Facts for SocketIo {
    fn name(&self) -> &'static str {
        "socketio"
    }

    fn about(&self) -> &'static str {
        "Socket.IO: events and acknowledgements over polling, WebSocket or both; needs [target]"
    }

    /// `socketio websocket`, and what differs from the default.
    fn label(&self) -> String {
        let mut label = match self.via {
            Carrier::Polling => "socketio polling".to_owned(),
            Carrier::WebSocket => "socketio websocket".to_owned(),
            Carrier::Upgrade => "socketio upgrade".to_owned(),
        };
        if self.eio == Eio::Three {
            label += " eio3";
        }
        if self.namespace != "/" {
            label += &format!(" {}", self.namespace);
        }
        if !self.ack {
            label += " emit";
        }
        if self.binary {
            label += " binary";
        }
        label + &deflate::label(self.deflate.as_ref()) + &self.access.label()
    }

    fn colour(&self) -> [u8; 3] {
        [0xE6, 0x9F, 0x00]
    }

    fn read(&mut self, f: &mut Fields<'_>) {
        *self = keys::read(f, self);
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
        self.via == Carrier::Polling
    }

    fn texts(&self) -> Vec<&str> {
        self.auth.iter().map(Auth::reveal).collect()
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
        let hint =
            "is it a Socket.IO server of that version (eio), at that path, that offers what `via` asks for?";
        Probe::Client { hint: Some(hint) }
    }

    /// Even heartbeats are sent over a second one. What an upgrade leaves behind is closed, its port soon free.
    fn sockets(&self, _sends: bool) -> Sockets {
        match self.via {
            Carrier::Polling => Sockets::all(2),
            Carrier::WebSocket => Sockets::all(1),
            Carrier::Upgrade => Sockets { open: 3, lasting: 1 },
        }
    }

    fn server_memory(&self) -> u64 {
        HTTP_MEMORY
    }

    /// A message goes out as an event, and comes back as an acknowledgement or as the event; over HTTP each has a request
    /// of its own.
    fn traffic(&self, heads: &Heads<'_>, messages: &Messages) -> Option<f64> {
        let event = EVENT + self.event.len() as f64 + messages.payload;
        let back = if self.ack { ACK + messages.payload } else { event };
        let http = |body: f64| heads.request() + heads.response(body) + SESSION;
        Some(match self.via {
            Carrier::Polling => messages.up * (http(2.0) + event) + messages.down * (http(back) + back),
            Carrier::WebSocket | Carrier::Upgrade => {
                messages.up * heads.data(masked_frame(event)) + messages.down * heads.data(frame(back))
            }
        })
    }

    fn handshake(&self, heads: &Heads<'_>) -> f64 {
        let requests = match self.via {
            Carrier::Polling => 3.0,
            Carrier::WebSocket => 1.0,
            Carrier::Upgrade => 5.0,
        };
        requests * (heads.request() + heads.response(0.0) + SESSION)
    }

    fn client_memory(&self, sends: bool) -> u64 {
        deflate::client_memory(self.deflate.as_ref(), sends)
    }

    fn redact(&mut self, hide: &dyn Fn(&str) -> String) {
        self.auth = self.auth.as_ref().map(|_| Auth::new(REDACTED));
        self.path = hide(&self.path);
        self.reply.iter_mut().for_each(|reply| reply.data = hide(&reply.data));
    }
}
