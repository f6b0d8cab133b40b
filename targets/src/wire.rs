//! What both ends agree on: a message around its stamp, the routes, the publication, and the few lines that a target and its
//! starter exchange.
//!
//! No I/O and no server code here; the harness reads this module too.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Tick;
use crate::content::{Content, Filler};
pub use crate::headers::{Header, Headers};
use crate::hist::Hist;
use crate::pacer::{Arrivals, Pacer, Phase, Random};
pub use crate::stamp::{Reading, STAMP_LEN, Stamp, TrialKey};
use crate::tls::Identity;
pub use crate::transport::{Delimiting, Reply, Served, route};

/// The smallest payload: a stamp and the newline that ends every message. The article's 21 bytes.
pub const MIN_PAYLOAD: usize = STAMP_LEN + 1;

/// Appends the message that carries this stamp: stamp, dots, newline; `payload` bytes in all, at least [`MIN_PAYLOAD`].
pub fn write_message(key: &TrialKey, stamp: Stamp, payload: usize, into: &mut Vec<u8>) {
    write_filled(key, stamp, &Filler::of(&Content::Dots), payload, into);
}

/// The same with other filler.
pub fn write_filled(key: &TrialKey, stamp: Stamp, filler: &Filler, payload: usize, into: &mut Vec<u8>) {
    into.extend_from_slice(&key.encode(stamp));
    filler.write(stamp.seq, payload.saturating_sub(MIN_PAYLOAD), into);
    into.push(b'\n');
}

/// How the `sse` target writes a message: its number as the event's id, its text as the one line of data. The
/// newline that ends the message ends that line.
pub mod event {
    /// Bytes around a message: `id: 0000000`, `data: ` and the blank line.
    pub const FRAMING: usize = "id: 0000000\ndata: \n".len();

    /// The event of message `seq`; `message` ends with a newline.
    pub fn encode(seq: u64, message: &[u8]) -> Vec<u8> {
        let mut event = Vec::with_capacity(message.len() + FRAMING);
        event.extend_from_slice(format!("id: {seq:07}\ndata: ").as_bytes());
        event.extend_from_slice(message);
        event.push(b'\n');
        event
    }

    /// The cursor behind the event of that id (`Last-Event-ID`).
    pub fn behind(id: &str) -> Option<u64> {
        id.parse::<u64>().ok()?.checked_add(1)
    }
}

/// What a target publishes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// Mean interval of one stream.
    #[serde(with = "humantime_serde")]
    pub every: Duration,
    /// Even or Poisson.
    pub arrivals: Arrivals,
    /// Bytes of a message, at least [`MIN_PAYLOAD`].
    pub payload: usize,
    /// One stream for each client, or one for all.
    pub audience: Audience,
}

/// Who hears a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Every client has its own stream, its phase spread over the interval.
    Each,
    /// One stream goes to all.
    All,
}

impl Publication {
    /// The stream that `client` hears, as stamps name it.
    pub fn stream_number(&self, client: u32) -> u32 {
        match self.audience {
            Audience::Each => client,
            Audience::All => Stamp::ALL,
        }
    }

    /// The due times of the stream that `client` hears: the same on both ends.
    pub fn stream(&self, seed: u64, client: u32, start: Tick) -> Pacer {
        let (phase, number) = match self.audience {
            Audience::Each => (Phase::Message.of(seed, client), u64::from(client)),
            Audience::All => (0.0, 0),
        };
        Pacer::new(self.arrivals, self.every, start, phase, Random::new(seed, number))
    }
}

/// All that a target process must know: one JSON line on its stdin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetConfig {
    /// How messages travel, as far as a server must know.
    pub transport: Served,
    /// What it publishes; `None` for idle, echo and connect.
    pub publication: Option<Publication>,
    /// What its messages are filled with.
    #[serde(default, skip_serializing_if = "Content::is_dots")]
    pub content: Content,
    /// The clients that this process serves, by number: all of a trial's, or a slice where one process may not
    /// hold files for all.
    pub clients: Range<u32>,
    /// Names the schedule.
    pub seed: u64,
    /// Response headers.
    pub headers: Headers,
    /// Who it is, where TLS is spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Identity>,
    /// Answers of HTTP are compressed by gzip for clients that accept it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compress: bool,
    /// Where to listen; port 0 lets the kernel choose.
    pub bind: SocketAddr,
    /// Publish at once, or when the word comes ([`Command::Start`])?
    pub start: Start,
    /// Messages kept a stream for clients that are behind, at least 1.
    pub ring: usize,
}

/// When the publication begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// With the process.
    Now,
    /// With the word on stdin.
    OnWord,
}

/// What the starter says to a target: JSON lines on its stdin; EOF ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// The schedule begins.
    Start(Span),
}

/// When a schedule runs, and which part of it the target's own account is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// First tick of the schedule.
    pub start: Tick,
    /// What is due from here on is counted in [`Published`] ...
    pub begin: Tick,
    /// ... up to here. Closing thousands of connections makes any publisher late; that is no part of the load.
    pub end: Tick,
}

impl Span {
    /// A schedule from `start` on that is counted from its first message to its last.
    pub fn whole(start: Tick) -> Span {
        Span { start, begin: start, end: Tick(u64::MAX) }
    }

    /// Whether what is due at `due` is counted.
    pub fn counts(&self, due: Tick) -> bool {
        self.begin <= due && due < self.end
    }
}

/// What the hub says of itself when it ends: of the messages that its [`Span`] counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Messages published.
    pub messages: u64,
    /// Published later than their successor was due.
    pub missed_ticks: u64,
    /// Messages that could not be published: of wsbench's own publisher, in front of a foreign server.
    #[serde(default)]
    pub failed: u64,
    /// Of those published, how often they are to arrive, where each goes to the members of a group: of wsbench's own publishers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<u64>,
    /// Publication time minus due, ns.
    pub lateness: Hist,
}

impl Published {
    /// Adds what another process of the same target published: a stream for each client adds up, but a stream to
    /// all is the same in every process.
    pub fn merge(&mut self, other: &Published, audience: Audience) {
        self.messages = match audience {
            Audience::Each => self.messages + other.messages,
            Audience::All => self.messages.max(other.messages),
        };
        self.missed_ticks += other.missed_ticks;
        self.failed += other.failed;
        self.arrivals = self.arrivals.zip(other.arrivals).map(|(sum, one)| sum + one);
        self.lateness += &other.lateness;
    }
}

/// A target's lines on stdout.
pub mod line {
    use super::{Published, SocketAddr};
    use crate::own_usage::OwnUsage;

    /// `ready 127.0.0.1:4711`: listening there.
    pub fn ready(at: SocketAddr) -> String {
        format!("ready {at}")
    }

    /// Reads the ready line.
    pub fn parse_ready(line: &str) -> Option<SocketAddr> {
        line.strip_prefix("ready ")?.trim_end().parse().ok()
    }

    /// `used {json}`: the line before the last, of a target whose window is over.
    pub fn used(what: &OwnUsage) -> serde_json::Result<String> {
        Ok(format!("used {}", serde_json::to_string(what)?))
    }

    /// Reads that line.
    pub fn parse_used(line: &str) -> Option<OwnUsage> {
        serde_json::from_str(line.strip_prefix("used ")?).ok()
    }

    /// `published {json}`: the last line.
    pub fn published(what: &Published) -> serde_json::Result<String> {
        Ok(format!("published {}", serde_json::to_string(what)?))
    }

    /// Reads the last line.
    pub fn parse_published(line: &str) -> Option<Published> {
        serde_json::from_str(line.strip_prefix("published ")?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_its_message_and_a_fixed_number_of_bytes() {
        let event = event::encode(17, b"hello\n");
        assert_eq!(event, b"id: 0000017\ndata: hello\n\n");
        assert_eq!(event.len(), "hello\n".len() + event::FRAMING);
        assert_eq!((event::behind("0000017"), event::behind("")), (Some(18), None));
    }

    #[test]
    fn both_ends_compute_the_same_stream() {
        let push = Publication {
            every: Duration::from_secs(1),
            arrivals: Arrivals::Poisson,
            payload: 21,
            audience: Audience::Each,
        };
        let (mut a, mut b) = (push.stream(1, 2, Tick(3)), push.stream(1, 2, Tick(3)));
        assert!((0..1000).all(|_| a.next_due(Tick(0)) == b.next_due(Tick(9))));
    }
}
