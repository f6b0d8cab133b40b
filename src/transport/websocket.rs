//! WebSocket (RFC 6455): one connection, frames in both directions.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wsbench_targets::wire::Served;

use super::facts::{Facts, Probe, Scheme, Sockets};
use super::shared::{TIMEOUT, timeout};
use super::traffic::{Heads, Messages, frame, masked_frame};
use crate::keys::fields::Fields;

/// Options of WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebSocket {
    /// A handshake without an answer for so long has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
}

impl Default for WebSocket {
    fn default() -> WebSocket {
        WebSocket { timeout: TIMEOUT }
    }
}

impl Facts for WebSocket {
    fn name(&self) -> &'static str {
        "websocket"
    }

    fn about(&self) -> &'static str {
        "one connection, frames in both directions (RFC 6455)"
    }

    fn colour(&self) -> [u8; 3] {
        [0x00, 0x9E, 0x73]
    }

    fn read(&mut self, f: &mut Fields<'_>) {
        self.timeout = timeout(f, "a handshake fails when it has no response for this long", self.timeout);
    }

    fn served(&self) -> Option<Served> {
        Some(Served::WebSocket)
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
        10_000
    }

    fn traffic(&self, _heads: &Heads<'_>, messages: &Messages) -> Option<f64> {
        Some(messages.down * frame(messages.payload) + messages.up * masked_frame(messages.payload))
    }

    fn handshake(&self, heads: &Heads<'_>) -> f64 {
        heads.upgrade()
    }

    /// 2 bytes a frame, one a second.
    fn printed_overhead(&self) -> Option<f64> {
        Some(16.0)
    }
}
