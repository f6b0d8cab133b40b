//! Options of SockJS. There is no reference target for it: the harness drives a real one by URL.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::transport::TIMEOUT;

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

impl Default for SockJs {
    fn default() -> SockJs {
        SockJs { via: Via::default(), info: true, keep_alive: true, timeout: TIMEOUT }
    }
}

impl SockJs {
    /// Its name in reports.
    pub(crate) fn label(&self) -> String {
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
