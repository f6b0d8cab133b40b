//! Long-polling: ask, and the server answers when it has something (Comet).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wsbench_targets::transport::LongPolling as ServedLongPolling;
use wsbench_targets::wire::Served;

use super::access::Access;
use super::cursor::{self, Cursor};
use super::facts::{Facts, Probe, Scheme, ServeFlags, Sockets};
use super::shared::{HTTP_MEMORY, TIMEOUT, keep_alive, timeout};
use super::traffic::{Heads, Messages};
use crate::keys::fields::Fields;
use crate::keys::kinds::duration;

/// Options of long-polling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongPolling {
    /// How long the server holds a request before it answers with nothing (RFC 6202 §5.5: 30 s is safe).
    #[serde(with = "humantime_serde")]
    pub hold: Duration,
    /// One connection for many requests, or a new one for each?
    pub keep_alive: bool,
    /// What a server by URL is told of its last answer.
    #[serde(default, skip_serializing_if = "Cursor::is_nothing")]
    pub cursor: Cursor,
    /// A request without an answer for so long *beyond the hold* has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// How a server by URL is used.
    #[serde(default, skip_serializing_if = "Access::is_usual")]
    pub access: Access,
}

impl Default for LongPolling {
    fn default() -> LongPolling {
        let cursor = Cursor::default();
        LongPolling {
            hold: Duration::from_secs(25),
            keep_alive: true,
            cursor,
            timeout: TIMEOUT,
            access: Access::default(),
        }
    }
}

impl Facts for LongPolling {
    fn name(&self) -> &'static str {
        "long-polling"
    }

    fn about(&self) -> &'static str {
        "HTTP requests that the server answers when it has a message (Comet)"
    }

    fn label(&self) -> String {
        let own = if self.keep_alive { "" } else { " new-conn" };
        format!("long-polling{}{own}{}", self.cursor.label(), self.access.label())
    }

    fn colour(&self) -> [u8; 3] {
        [0x00, 0x72, 0xB2]
    }

    fn read(&mut self, f: &mut Fields<'_>) {
        let kind = duration(Duration::from_millis(10), Duration::from_hours(1));
        let about = "how long the server holds a request before it sends an empty response";
        self.hold = f.or("hold", about, kind, self.hold);
        self.keep_alive = keep_alive(f, self.keep_alive);
        self.cursor = cursor::read(f);
        let about = "a request fails when it has no response this long after the hold";
        self.timeout = timeout(f, about, self.timeout);
        self.access = Access::read(f, self.usually_keeps_cookies());
    }

    fn served(&self) -> Option<Served> {
        Some(Served::LongPolling(ServedLongPolling { hold: self.hold }))
    }

    fn take_flags(&mut self, flags: &ServeFlags) {
        self.hold = flags.hold;
    }

    fn scheme(&self) -> Option<Scheme> {
        Some(Scheme::Http)
    }

    fn both_ways(&self) -> bool {
        false
    }

    fn asks(&self) -> bool {
        true
    }

    fn has_cursor(&self) -> bool {
        !self.cursor.is_nothing()
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
        Probe::HeldRequest
    }

    fn sockets(&self, sends: bool) -> Sockets {
        Sockets::of_http(sends)
    }

    fn keeps_connections(&self) -> bool {
        self.keep_alive
    }

    fn new_connections(&self, messages: f64) -> f64 {
        if self.keep_alive { 0.0 } else { messages.max(1.0 / self.hold.as_secs_f64()) }
    }

    fn server_memory(&self) -> u64 {
        HTTP_MEMORY
    }

    /// A request for each message; where there is none, one for each hold.
    fn traffic(&self, heads: &Heads<'_>, messages: &Messages) -> Option<f64> {
        let expired = if messages.down > 0.0 { 0.0 } else { messages.clients / self.hold.as_secs_f64() };
        let asked = (messages.down + expired) * (heads.request() + heads.response(messages.payload));
        Some(messages.posted(heads) + asked + messages.down * messages.payload)
    }

    fn handshake(&self, heads: &Heads<'_>) -> f64 {
        heads.request() + heads.response(0.0)
    }
}
