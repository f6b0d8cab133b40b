//! WebSocket (RFC 6455): one connection, frames in both directions.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wsbench_targets::deflate::Deflate;
use wsbench_targets::transport::WebSocket as ServedWebSocket;
use wsbench_targets::wire::Served;

use super::access::Access;
use super::deflate;
use super::facts::{Facts, Probe, Scheme, ServeFlags, Sockets};
use super::shared::{TIMEOUT, timeout};
use super::traffic::{Heads, Messages, frame, masked_frame};
use crate::keys::fields::Fields;
use crate::keys::kinds::duration;
use crate::keys::limits;
use crate::keys::units::show_duration;

/// Options of WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebSocket {
    /// The client sends a Ping so often; without it only the server does.
    #[serde(default, with = "humantime_serde", skip_serializing_if = "Option::is_none")]
    pub ping: Option<Duration>,
    /// How messages are compressed, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deflate: Option<Deflate>,
    /// A handshake without an answer for so long has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// How a server by URL is used.
    #[serde(default, skip_serializing_if = "Access::is_usual")]
    pub access: Access,
}

impl Default for WebSocket {
    fn default() -> WebSocket {
        WebSocket { ping: None, deflate: None, timeout: TIMEOUT, access: Access::default() }
    }
}

impl Facts for WebSocket {
    fn name(&self) -> &'static str {
        "websocket"
    }

    fn about(&self) -> &'static str {
        "one connection, frames in both directions (RFC 6455)"
    }

    fn label(&self) -> String {
        let ping = self.ping.map(|every| format!(" ping {}", show_duration(every)));
        "websocket".to_owned()
            + &deflate::label(self.deflate.as_ref())
            + &ping.unwrap_or_default()
            + &self.access.label()
    }

    fn colour(&self) -> [u8; 3] {
        [0x00, 0x9E, 0x73]
    }

    fn read(&mut self, f: &mut Fields<'_>) {
        let about = "the client sends a Ping this often, so that no proxy cuts an idle connection";
        self.ping = f.optional("ping", about, duration(limits::PING.0, limits::PING.1)).or(self.ping);
        let about = "a handshake fails when it has no response for this long, a connection when nothing comes for this long after a `ping`";
        self.timeout = timeout(f, about, self.timeout);
        self.deflate = deflate::read(f).or(self.deflate);
        self.access = Access::read(f, self.usually_keeps_cookies());
    }

    fn served(&self) -> Option<Served> {
        Some(Served::WebSocket(ServedWebSocket { deflate: self.deflate }))
    }

    fn take_flags(&mut self, flags: &ServeFlags) {
        self.deflate = flags.deflate.then(Deflate::default);
    }

    fn scheme(&self) -> Option<Scheme> {
        Some(Scheme::Ws)
    }

    fn chosen_for(&self) -> Option<Scheme> {
        Some(Scheme::Ws)
    }

    fn both_ways(&self) -> bool {
        true
    }

    fn asks(&self) -> bool {
        false
    }

    fn access(&self) -> &Access {
        &self.access
    }

    fn access_mut(&mut self) -> &mut Access {
        &mut self.access
    }

    fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    fn probe(&self) -> Probe {
        Probe::Client { hint: None }
    }

    fn sockets(&self, _sends: bool) -> Sockets {
        Sockets::all(1)
    }

    fn connects_once(&self) -> bool {
        true
    }

    fn server_memory(&self) -> u64 {
        10_000 + deflate::server_memory(self.deflate.as_ref())
    }

    fn client_memory(&self, sends: bool) -> u64 {
        deflate::client_memory(self.deflate.as_ref(), sends)
    }

    fn traffic(&self, heads: &Heads<'_>, messages: &Messages) -> Option<f64> {
        let pings = self.ping.map_or(0.0, |every| messages.clients / every.as_secs_f64());
        let pinged = pings * (heads.data(masked_frame(0.0)) + heads.data(frame(0.0)));
        let (up, down) = (heads.data(masked_frame(messages.payload)), heads.data(frame(messages.payload)));
        Some(messages.down * down + messages.up * up + pinged)
    }

    fn handshake(&self, heads: &Heads<'_>) -> f64 {
        heads.upgrade()
    }

    /// 2 bytes a frame, one a second.
    fn printed_overhead(&self) -> Option<f64> {
        (self.ping.is_none() && self.deflate.is_none()).then_some(16.0)
    }
}
