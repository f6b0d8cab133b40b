//! The kinds of not-delivered. A failure is data: counted, not described.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::reasons::Reasons;

/// One kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Failure {
    /// The connection was refused, or the host is unreachable.
    Refused,
    /// The other end reset the connection.
    Reset,
    /// The other end closed it where more was due.
    Closed,
    /// No answer in time.
    Timeout,
    /// An HTTP status other than 2xx (101 for an upgrade).
    Status,
    /// Bytes that the protocol does not allow.
    Protocol,
    /// More bytes than are read: an endless head or body.
    TooLarge,
    /// No TLS came about.
    Tls,
    /// This machine: no port, file or memory left.
    Local,
    /// A step of a session was not answered as it must be.
    Session,
}

impl Failure {
    /// Every kind, in the order of reports.
    pub const ALL: [Failure; 10] = [
        Failure::Refused,
        Failure::Reset,
        Failure::Closed,
        Failure::Timeout,
        Failure::Status,
        Failure::Protocol,
        Failure::TooLarge,
        Failure::Tls,
        Failure::Local,
        Failure::Session,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Failure::Refused => "refused",
            Failure::Reset => "reset",
            Failure::Closed => "closed",
            Failure::Timeout => "timeout",
            Failure::Status => "status",
            Failure::Protocol => "protocol",
            Failure::TooLarge => "too-large",
            Failure::Tls => "tls",
            Failure::Local => "local",
            Failure::Session => "session",
        }
    }
}

impl From<&std::io::Error> for Failure {
    fn from(error: &std::io::Error) -> Failure {
        use std::io::ErrorKind as Kind;
        match error.kind() {
            Kind::ConnectionRefused | Kind::HostUnreachable | Kind::NetworkUnreachable => Failure::Refused,
            Kind::ConnectionReset | Kind::BrokenPipe | Kind::ConnectionAborted => Failure::Reset,
            Kind::UnexpectedEof => Failure::Closed,
            Kind::TimedOut => Failure::Timeout,
            Kind::InvalidData => Failure::Protocol,
            _ => Failure::Local,
        }
    }
}

/// How often each kind of failure happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failures {
    /// See [`Failure::Refused`].
    pub refused: u64,
    /// See [`Failure::Reset`].
    pub reset: u64,
    /// See [`Failure::Closed`].
    pub closed: u64,
    /// See [`Failure::Timeout`].
    pub timeout: u64,
    /// See [`Failure::Status`].
    pub status: u64,
    /// See [`Failure::Protocol`].
    pub protocol: u64,
    /// See [`Failure::TooLarge`].
    #[serde(default)]
    pub too_large: u64,
    /// See [`Failure::Tls`].
    #[serde(default)]
    pub tls: u64,
    /// See [`Failure::Local`].
    pub local: u64,
    /// See [`Failure::Session`].
    #[serde(default)]
    pub session: u64,
    /// What some of them were exactly; no kinds of their own.
    #[serde(rename = "exactly", default, skip_serializing_if = "Reasons::is_empty")]
    pub reasons: Reasons,
    /// What the server said with some of those, quoted: one saying for a reason, as each may be another.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, String>,
}

impl Failures {
    /// One more of that reason, and what the server said with it; empty for nothing.
    pub fn because(&mut self, reason: &str, words: &str) {
        self.reasons.add(reason);
        if !words.is_empty() && self.reasons.knows(reason) {
            self.words.entry(reason.to_owned()).or_insert_with(|| words.to_owned());
        }
    }

    /// Each reason with its words, and how often it was met.
    pub fn each_in_words(&self) -> impl Iterator<Item = (String, u64)> {
        let words = |name: &str| self.words.get(name).map(String::as_str).unwrap_or_default();
        self.reasons.each().map(move |(name, count)| (format!("{name}{}", words(name)), count))
    }

    /// Adds the reasons of `other`, and leaves its kinds. Of two sayings one stays, whatever the order.
    pub fn add_reasons(&mut self, other: &Failures) {
        self.reasons += &other.reasons;
        for (reason, words) in &other.words {
            let known = self.words.entry(reason.clone()).or_insert_with(|| words.clone());
            if words < known {
                known.clone_from(words);
            }
        }
    }

    /// The count of one kind.
    pub fn of(&mut self, kind: Failure) -> &mut u64 {
        match kind {
            Failure::Refused => &mut self.refused,
            Failure::Reset => &mut self.reset,
            Failure::Closed => &mut self.closed,
            Failure::Timeout => &mut self.timeout,
            Failure::Status => &mut self.status,
            Failure::Protocol => &mut self.protocol,
            Failure::TooLarge => &mut self.too_large,
            Failure::Tls => &mut self.tls,
            Failure::Local => &mut self.local,
            Failure::Session => &mut self.session,
        }
    }

    /// (kind, count) of all kinds, in the order of reports.
    pub fn each(&self) -> impl Iterator<Item = (Failure, u64)> {
        let mut copy = self.clone();
        Failure::ALL.into_iter().map(move |kind| (kind, *copy.of(kind)))
    }

    /// All kinds together.
    pub fn total(&self) -> u64 {
        self.each().map(|(_, count)| count).sum()
    }
}

impl std::ops::AddAssign<&Failures> for Failures {
    fn add_assign(&mut self, other: &Failures) {
        for (kind, count) in other.each() {
            *self.of(kind) += count;
        }
        self.add_reasons(other);
    }
}
