//! Streaming: one HTTP response that never ends, one line per message (Comet).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wsbench_targets::transport::Streaming as ServedStreaming;
use wsbench_targets::wire::{Delimiting, Served};

use super::access::Access;
use super::facts::{Facts, Probe, Scheme, ServeFlags, Sockets};
use super::shared::{HTTP_MEMORY, TIMEOUT, begins, body, delimited};
use super::traffic::{Heads, Messages};
use crate::keys::fields::Fields;

/// Options of streaming.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Streaming {
    /// How the server delimits the answer; a client takes either.
    pub body: Delimiting,
    /// A request whose answer has not begun for so long has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// How a server by URL is used.
    #[serde(default, skip_serializing_if = "Access::is_usual")]
    pub access: Access,
}

impl Default for Streaming {
    fn default() -> Streaming {
        Streaming { body: Delimiting::default(), timeout: TIMEOUT, access: Access::default() }
    }
}

impl Facts for Streaming {
    fn name(&self) -> &'static str {
        "streaming"
    }

    fn about(&self) -> &'static str {
        "one HTTP response that never ends, one line per message (Comet)"
    }

    fn label(&self) -> String {
        delimited(self.name(), self.body) + &self.access.label()
    }

    fn colour(&self) -> [u8; 3] {
        [0xCC, 0x79, 0xA7]
    }

    fn read(&mut self, f: &mut Fields<'_>) {
        self.body = body(f, self.body);
        self.timeout = begins(f, self.timeout);
        self.access = Access::read(f, self.usually_keeps_cookies());
    }

    fn served(&self) -> Option<Served> {
        Some(Served::Streaming(ServedStreaming { body: self.body }))
    }

    fn delimiting(&self) -> Option<Delimiting> {
        Some(self.body)
    }

    fn take_flags(&mut self, flags: &ServeFlags) {
        self.body = flags.body;
    }

    fn scheme(&self) -> Option<Scheme> {
        Some(Scheme::Http)
    }

    fn both_ways(&self) -> bool {
        false
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

    fn sockets(&self, sends: bool) -> Sockets {
        Sockets::of_http(sends)
    }

    fn server_memory(&self) -> u64 {
        HTTP_MEMORY
    }

    fn traffic(&self, heads: &Heads<'_>, messages: &Messages) -> Option<f64> {
        Some(messages.posted(heads) + messages.down * heads.piece(self.body, messages.payload))
    }

    fn handshake(&self, heads: &Heads<'_>) -> f64 {
        heads.request() + heads.stream(self.body, None)
    }
}
