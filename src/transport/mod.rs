//! Transports: how messages travel, one file each with its options, its keys in a scenario and its facts. A new one
//! begins here: one variant, and the compiler names the places that must answer for it.
//!
//! It must not know loads, plans or drivers: they ask the facts. What a server must know of the options is
//! `wsbench_targets::transport`; a client's end is a file of the same name in `drivers`.

mod access;
mod cursor;
mod deflate;
mod facts;
mod http;
mod long_polling;
mod polling;
mod shared;
mod socketio;
mod sockjs;
mod sse;
mod streaming;
mod tls;
pub mod traffic;
mod websocket;

use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

pub use access::Access;
pub use cursor::Cursor;
pub use facts::{Facts, Probe, Scheme, ServeFlags, Sockets};
pub use http::{Http, HttpTerms, read as read_http};
pub use long_polling::LongPolling;
pub use polling::{Pace, Polling};
pub use socketio::{Auth, Carrier, Eio, SocketIo, SocketIoReply};
pub use sockjs::{SockJs, Via};
pub use sse::Sse;
pub use streaming::Streaming;
pub use tls::{TlsTerms, TlsVersion, read as read_tls};
pub use websocket::WebSocket;

/// How messages travel, with its options.
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
    /// Engine.IO and Socket.IO, against a server by URL.
    #[serde(rename = "socketio")]
    SocketIo(SocketIo),
    /// SockJS 0.3.3, against a server by URL.
    #[serde(rename = "sockjs")]
    SockJs(SockJs),
}

/// The options of any transport, as what [`Facts`] asks.
macro_rules! options {
    ($transport:expr) => {
        match $transport {
            Transport::Polling(options) => options,
            Transport::LongPolling(options) => options,
            Transport::WebSocket(options) => options,
            Transport::Streaming(options) => options,
            Transport::Sse(options) => options,
            Transport::SocketIo(options) => options,
            Transport::SockJs(options) => options,
        }
    };
}

/// A transport is asked for its facts as if it were its options: nothing stands between.
impl Deref for Transport {
    type Target = dyn Facts;

    fn deref(&self) -> &(dyn Facts + 'static) {
        options!(self)
    }
}

impl DerefMut for Transport {
    fn deref_mut(&mut self) -> &mut (dyn Facts + 'static) {
        options!(self)
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

    /// The transport of that name, with its default options.
    pub fn named(name: &str) -> Option<Transport> {
        Transport::all().into_iter().find(|transport| transport.name() == name)
    }

    /// Its place in [`Transport::all`], whatever its options.
    pub fn place(&self) -> usize {
        Transport::all().iter().take_while(|transport| transport.name() != self.name()).count()
    }

    /// Whether there is a reference target for it. Without one it needs a server by URL.
    pub fn reference(&self) -> bool {
        self.served().is_some()
    }

    /// The same without secrets: what a result may hold.
    pub fn redacted(&self, hide: impl Fn(&str) -> String) -> Transport {
        let mut shown = self.clone();
        shown.redact(&hide);
        shown
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_transports_are_confused() {
        let all = Transport::all();
        assert_eq!(all.iter().map(|t| t.name()).collect::<HashSet<_>>().len(), all.len());
        assert_eq!(all.iter().map(|t| t.colour()).collect::<HashSet<_>>().len(), all.len());
        assert_eq!(all.iter().map(Transport::place).collect::<Vec<_>>(), (0..all.len()).collect::<Vec<_>>());
    }

    /// What is chosen for a URL is one, and goes with it.
    #[test]
    fn each_scheme_has_its_usual_transport() {
        for scheme in [Scheme::Http, Scheme::Ws] {
            let all = Transport::all();
            let chosen: Vec<_> = all.iter().filter(|t| t.chosen_for() == Some(scheme)).collect();
            assert!(matches!(&chosen[..], [one] if one.scheme() == Some(scheme)), "{scheme:?}: {chosen:?}");
        }
    }
}
