//! What is known of a transport without a client of it: each fact stands once, in the file of its transport.
//!
//! What has no default is asked of every new transport by the compiler. No fact may need a clock, a file or a socket.

use std::time::Duration;

use wsbench_targets::wire::{Delimiting, Reply, Served};

use super::access::Access;
use super::http::Http;
use super::traffic::{Heads, Messages};
use crate::keys::fields::Fields;

/// The facts of a transport with its options.
pub trait Facts {
    /// Its name on the command line, in scenarios and in reports.
    fn name(&self) -> &'static str;

    /// One line for `wsbench list`.
    fn about(&self) -> &'static str;

    /// Its name with the options that tell it from its likes in one scenario: `polling 1s`.
    fn label(&self) -> String {
        self.name().to_owned()
    }

    /// Its hue in every chart: red, green, blue.
    fn colour(&self) -> [u8; 3];

    /// Reads its options from the scenario; what is not written stays as it is.
    fn read(&mut self, f: &mut Fields<'_>);

    /// What of its options a reference target must know. `None`: there is no such target, it needs a server by URL.
    fn served(&self) -> Option<Served>;

    /// Takes what concerns it of the flags of `wsbench serve`.
    fn take_flags(&mut self, _flags: &ServeFlags) {}

    /// The scheme of a URL that it goes with; `None` for a protocol of its own, which goes by either.
    fn scheme(&self) -> Option<Scheme>;

    /// The scheme of a URL for which it is chosen where nobody has named a transport.
    fn chosen_for(&self) -> Option<Scheme> {
        None
    }

    /// Whether a client receives over what it sends by, so that a server by URL may echo.
    fn both_ways(&self) -> bool;

    /// Whether messages come in answers of HTTP at the reference target.
    fn answers(&self) -> bool {
        !self.both_ways()
    }

    /// Whether messages come as answers to requests, so that there is a response time.
    fn asks(&self) -> bool;

    /// How an answer that does not end is delimited, where that is an option.
    fn delimiting(&self) -> Option<Delimiting> {
        None
    }

    /// The interval of its requests, where it asks on a schedule of its own; zero is a closed loop.
    fn poll_interval(&self) -> Option<Duration> {
        None
    }

    /// Whether every message arrives when nothing breaks.
    fn keeps_all(&self) -> bool {
        true
    }

    /// The longest that a message may wait at the server by design.
    fn longest_wait(&self) -> Duration {
        self.poll_interval().unwrap_or_default()
    }

    /// How long a client waits before it connects again, besides what any client waits.
    fn pause(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether its requests tell a server by URL of the last answer.
    fn has_cursor(&self) -> bool {
        false
    }

    /// What the scenario says of how a server by URL is used.
    fn access(&self) -> &Access;

    /// The same, to be changed.
    fn access_mut(&mut self) -> &mut Access;

    /// Whether a client keeps cookies where the scenario does not say: where one session is many requests.
    fn usually_keeps_cookies(&self) -> bool {
        false
    }

    /// Whether a client keeps the cookies of a server by URL.
    fn keeps_cookies(&self) -> bool {
        self.access().cookies.unwrap_or_else(|| self.usually_keeps_cookies())
    }

    /// Texts of its options that each client may fill in its own way.
    fn texts(&self) -> Vec<&str> {
        vec![]
    }

    /// Asks without a pause and for every message, so that a closed loop runs as fast as it can.
    fn unpace(&mut self) {}

    /// A request or a handshake without an answer for so long has failed.
    fn set_timeout(&mut self, timeout: Duration);

    /// How one client finds out whether a thousand may come.
    fn probe(&self) -> Probe;

    /// Connections over HTTP/1.1 of one client that `sends`, or only receives.
    fn sockets(&self, sends: bool) -> Sockets;

    /// Whether a connection is kept for what is asked next.
    fn keeps_connections(&self) -> bool {
        true
    }

    /// Connections of one client over what it speaks: in HTTP/2 its requests share one.
    fn connections(&self, sends: bool) -> Sockets {
        match self.access().version() {
            Http::Two if self.keeps_connections() => Sockets::all(1),
            _ => self.sockets(sends),
        }
    }

    /// Whether it is known that a client connects once, as long as nothing breaks.
    fn connects_once(&self) -> bool {
        false
    }

    /// Connections a second that a client opens besides the first, under so many messages a second.
    fn new_connections(&self, _messages: f64) -> f64 {
        0.0
    }

    /// Bytes of memory that a client takes at the reference target; an estimate.
    fn server_memory(&self) -> u64;

    /// Bytes of memory that a client takes at its own end, beyond what any does: one that `sends`, or only receives.
    fn client_memory(&self, _sends: bool) -> u64 {
        0
    }

    /// Bytes a second above TCP, both directions; an estimate. `None` in a closed loop.
    fn traffic(&self, heads: &Heads<'_>, messages: &Messages) -> Option<f64>;

    /// Bytes above TCP of opening what carries messages; an estimate.
    fn handshake(&self, heads: &Heads<'_>) -> f64;

    /// Hides what is secret in its options. `hide` takes it out of a text of the user's.
    fn redact(&mut self, _hide: &dyn Fn(&str) -> String) {}

    /// The overhead that websocket.org's article prints for one client, bit/s, of the variant that it speaks of.
    fn printed_overhead(&self) -> Option<f64> {
        None
    }
}

/// How the URL of a server begins, TLS or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `http` and `https`.
    Http,
    /// `ws` and `wss`.
    Ws,
}

impl Scheme {
    /// As it is written without TLS.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Ws => "ws",
        }
    }
}

/// What a server is asked before it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// A client connects by the trial's driver and leaves.
    Client {
        /// What to look at where it is not let in and the server has not said why.
        hint: Option<&'static str>,
    },
    /// One request, which is answered.
    Request,
    /// One request, which may be held.
    HeldRequest,
}

/// Connections of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sockets {
    /// At a time, at the most.
    pub open: u64,
    /// Of those, the ones that last and have a port each.
    pub lasting: u64,
}

impl Sockets {
    /// So many, all of which last.
    pub fn all(open: u64) -> Sockets {
        Sockets { open, lasting: open }
    }

    /// Over HTTP: who sends does so over a second one (RFC 6202 §2.2).
    pub fn of_http(sends: bool) -> Sockets {
        Sockets::all(if sends { 2 } else { 1 })
    }
}

/// The flags of `wsbench serve` that concern some transports.
#[derive(Clone, Copy, Debug)]
pub struct ServeFlags {
    /// What an answer to a poll holds.
    pub reply: Reply,
    /// How long a request is held.
    pub hold: Duration,
    /// Whether messages are compressed for clients that offer it.
    pub deflate: bool,
    /// How an answer without an end is delimited.
    pub body: Delimiting,
}
