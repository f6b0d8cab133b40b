//! Options of Socket.IO. There is no reference target for it: a server in another language than everybody's would
//! measure itself, so the harness drives the real one by URL.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::transport::TIMEOUT;

/// Options of Socket.IO (protocol 5 over Engine.IO 4, or what Socket.IO 2 speaks over Engine.IO 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SocketIo {
    /// What carries the packets.
    pub via: Carrier,
    /// The namespace that clients join; begins with `/`.
    pub namespace: String,
    /// JSON that goes with CONNECT: who the client is.
    pub auth: Option<Secret>,
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
    /// A request or a handshake without an answer for so long has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
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

/// A text that is told to the server and to nobody else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// What is shown of a secret.
const HIDDEN: &str = "[redacted]";

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
            timeout: TIMEOUT,
        }
    }
}

impl SocketIo {
    /// `socketio websocket`, and what differs from the default.
    pub(crate) fn label(&self) -> String {
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
        label
    }

    /// The same, fit to be shown: what a result holds. `hide` takes what is secret out of a text of the user's.
    pub fn redacted(&self, hide: impl Fn(&str) -> String) -> SocketIo {
        let reply = |reply: &SocketIoReply| SocketIoReply { data: hide(&reply.data), ..reply.clone() };
        SocketIo {
            auth: self.auth.as_ref().map(|_| Secret(HIDDEN.to_owned())),
            path: hide(&self.path),
            reply: self.reply.as_ref().map(reply),
            ..self.clone()
        }
    }
}
