//! Polling: ask again and again.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wsbench_targets::transport::Polling as ServedPolling;
use wsbench_targets::wire::{Reply, Served};

use super::access::Access;
use super::cursor::{self, Cursor};
use super::facts::{Facts, Probe, Scheme, ServeFlags, Sockets};
use super::shared::{HTTP_MEMORY, TIMEOUT, keep_alive, timeout};
use super::traffic::{Heads, Messages};
use crate::keys::fields::Fields;
use crate::keys::kinds::{Choice, duration};
use crate::keys::limits;
use crate::keys::units::show_duration;

/// Options of polling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Polling {
    /// Interval of the polls; zero is a closed loop.
    #[serde(with = "humantime_serde")]
    pub every: Duration,
    /// From slot to slot, or from answer to question?
    pub pace: Pace,
    /// What an answer holds.
    pub reply: Reply,
    /// One connection for many polls, or a new one for each?
    pub keep_alive: bool,
    /// What a server by URL is told of its last answer.
    #[serde(default, skip_serializing_if = "Cursor::is_nothing")]
    pub cursor: Cursor,
    /// A poll without an answer for so long has failed.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// How a server by URL is used.
    #[serde(default, skip_serializing_if = "Access::is_usual")]
    pub access: Access,
}

/// What keeps polls apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// Poll n is due at start + n x every, whatever the last one took.
    #[default]
    FixedRate,
    /// The next poll is due `every` after the last answer.
    FixedDelay,
}

const PACES: Choice<Pace> = Choice(&[("fixed-rate", Pace::FixedRate), ("fixed-delay", Pace::FixedDelay)]);
const REPLIES: Choice<Reply> = Choice(&[("latest", Reply::Latest), ("since", Reply::Since)]);

impl Default for Polling {
    fn default() -> Polling {
        Polling {
            every: Duration::from_secs(1),
            pace: Pace::default(),
            reply: Reply::default(),
            keep_alive: true,
            cursor: Cursor::default(),
            timeout: TIMEOUT,
            access: Access::default(),
        }
    }
}

impl Facts for Polling {
    fn name(&self) -> &'static str {
        "polling"
    }

    fn about(&self) -> &'static str {
        "HTTP requests at an interval; the response may be empty or old"
    }

    fn label(&self) -> String {
        let mut label = format!("polling {}", show_duration(self.every));
        if self.reply == Reply::Since {
            label += " since";
        }
        label += &self.cursor.label();
        if self.pace == Pace::FixedDelay {
            label += " fixed-delay";
        }
        if !self.keep_alive {
            label += " new-conn";
        }
        label + &self.access.label()
    }

    fn colour(&self) -> [u8; 3] {
        [0xD5, 0x5E, 0x00]
    }

    fn read(&mut self, f: &mut Fields<'_>) {
        let kind = duration(Duration::ZERO, limits::EVERY.1);
        self.every = f.or("every", "interval of the polls; \"0s\" polls again at once", kind, self.every);
        if !self.every.is_zero() && self.every < limits::EVERY.0 {
            let label = "expected 0s (at once), or 100us to 1day";
            f.wrong("every", "polls closer than 100us cannot be paced", label);
        }
        let about = "fixed-rate: on a schedule, however long a poll takes; fixed-delay: `every` after the last response";
        self.pace = f.or("pace", about, PACES, self.pace);
        let about = "what a response holds: the latest message, or all since the last poll";
        self.reply = f.or("reply", about, REPLIES, self.reply);
        self.keep_alive = keep_alive(f, self.keep_alive);
        self.cursor = cursor::read(f);
        self.timeout = timeout(f, "a poll fails when it has no response for this long", self.timeout);
        self.access = Access::read(f, self.usually_keeps_cookies());
    }

    fn served(&self) -> Option<Served> {
        Some(Served::Polling(ServedPolling { every: self.every, reply: self.reply }))
    }

    fn take_flags(&mut self, flags: &ServeFlags) {
        self.reply = flags.reply;
    }

    fn scheme(&self) -> Option<Scheme> {
        Some(Scheme::Http)
    }

    fn chosen_for(&self) -> Option<Scheme> {
        Some(Scheme::Http)
    }

    fn both_ways(&self) -> bool {
        false
    }

    fn asks(&self) -> bool {
        true
    }

    fn poll_interval(&self) -> Option<Duration> {
        Some(self.every)
    }

    /// Polling for the latest value skips by design.
    fn keeps_all(&self) -> bool {
        self.reply != Reply::Latest
    }

    fn has_cursor(&self) -> bool {
        !self.cursor.is_nothing()
    }

    fn unpace(&mut self) {
        (self.every, self.reply) = (Duration::ZERO, Reply::Since);
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
        Probe::Request
    }

    fn sockets(&self, sends: bool) -> Sockets {
        Sockets::of_http(sends)
    }

    fn keeps_connections(&self) -> bool {
        self.keep_alive
    }

    /// A closed loop opens as many as it can; a thousand a second for each client is more than that.
    fn new_connections(&self, _messages: f64) -> f64 {
        if self.keep_alive { 0.0 } else { 1.0 / self.every.as_secs_f64().max(0.001) }
    }

    fn server_memory(&self) -> u64 {
        HTTP_MEMORY
    }

    fn traffic(&self, heads: &Heads<'_>, messages: &Messages) -> Option<f64> {
        let polls = messages.clients / self.every.as_secs_f64();
        let bodies = match self.reply {
            Reply::Latest => polls * messages.payload,
            Reply::Since => messages.down * messages.payload,
        };
        let asked = polls * (heads.request() + heads.response(messages.payload));
        (!self.every.is_zero()).then(|| messages.posted(heads) + asked + bodies)
    }

    fn handshake(&self, heads: &Heads<'_>) -> f64 {
        heads.request() + heads.response(0.0)
    }

    /// 871 bytes a poll, one a second.
    fn printed_overhead(&self) -> Option<f64> {
        (self.every == Duration::from_secs(1)).then_some(6_968.0)
    }
}
