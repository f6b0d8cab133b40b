//! Server-Sent Events (WHATWG HTML §9.2): one HTTP answer that never ends, an event a message.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wsbench_targets::transport::Sse as ServedSse;
use wsbench_targets::wire::{Delimiting, Served, event};

use super::access::Access;
use super::facts::{Facts, Probe, Scheme, ServeFlags, Sockets};
use super::shared::{HTTP_MEMORY, TIMEOUT, begins, body, delimited};
use super::traffic::{Heads, Messages};
use crate::keys::fields::Fields;
use crate::keys::kinds::duration;

/// Of the delay before a reconnect.
const RETRY: (Duration, Duration) = (Duration::ZERO, Duration::from_hours(1));
const EVENTS: &str = "text/event-stream";

/// Options of Server-Sent Events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sse {
    /// How the server delimits the answer; a client takes either.
    pub body: Delimiting,
    /// How long a client waits before it reconnects, unless the server sets another delay (`retry`).
    #[serde(with = "humantime_serde")]
    pub retry: Duration,
    /// A request whose answer has not begun for so long has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// How a server by URL is used.
    #[serde(default, skip_serializing_if = "Access::is_usual")]
    pub access: Access,
}

impl Default for Sse {
    fn default() -> Sse {
        Sse {
            body: Delimiting::default(),
            retry: Duration::ZERO,
            timeout: TIMEOUT,
            access: Access::default(),
        }
    }
}

impl Facts for Sse {
    fn name(&self) -> &'static str {
        "sse"
    }

    fn about(&self) -> &'static str {
        "Server-Sent Events: one HTTP response that never ends, one event per message (EventSource)"
    }

    fn label(&self) -> String {
        delimited(self.name(), self.body) + &self.access.label()
    }

    fn colour(&self) -> [u8; 3] {
        [0x56, 0xB4, 0xE9]
    }

    fn read(&mut self, f: &mut Fields<'_>) {
        self.body = body(f, self.body);
        let about = "how long a client waits before it reconnects, unless the server sets another delay";
        self.retry = f.or("retry", about, duration(RETRY.0, RETRY.1), self.retry);
        self.timeout = begins(f, self.timeout);
        self.access = Access::read(f, self.usually_keeps_cookies());
    }

    fn served(&self) -> Option<Served> {
        Some(Served::Sse(ServedSse { body: self.body }))
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

    fn pause(&self) -> Duration {
        self.retry
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
        let event = messages.payload + event::FRAMING as f64;
        Some(messages.posted(heads) + messages.down * heads.piece(self.body, event))
    }

    fn handshake(&self, heads: &Heads<'_>) -> f64 {
        heads.request_for(EVENTS) + heads.stream(self.body, Some(EVENTS))
    }
}
