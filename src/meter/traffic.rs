//! The byte ledger: three accounts of the same bytes, that must agree.
//!
//! `counted` is what the socket wrapper saw pass, below HTTP, WebSocket and TLS alike; `payload`, `framing`,
//! `headers`, `control` and `tls` are what the drivers say the bytes were; `kernel` is TCP_INFO's account of the same
//! sockets, with its segments. Plain sums: merging is addition.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// When bytes passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Phase {
    /// From the first connection to the word to start: handshakes.
    #[default]
    Connect,
    /// Load that is not measured.
    Warmup,
    /// The measured interval.
    Window,
    /// Draining and closing.
    Close,
}

impl Phase {
    /// In the order of time.
    pub const ALL: [Phase; 4] = [Phase::Connect, Phase::Warmup, Phase::Window, Phase::Close];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Connect => "connect",
            Phase::Warmup => "warmup",
            Phase::Window => "window",
            Phase::Close => "close",
        }
    }
}

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From client to server.
    Up,
    /// From server to client.
    Down,
}

/// What bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The message itself.
    Payload,
    /// WebSocket frame header and control frames, chunk sizes, event fields.
    Framing,
    /// HTTP request and response heads; bodies that bring no message, such as an old value again.
    Headers,
    /// Of HTTP/2: its preface, and frames that carry nothing of an exchange.
    Control,
    /// TLS records and handshake.
    Tls,
}

/// Bytes of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// See [`Part::Payload`]; as it passed, compressed where it was.
    pub payload: u64,
    /// Bytes that compression took off the payload: what was delivered is that many more. Negative where it made it larger.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub saved: i64,
    /// See [`Part::Framing`].
    pub framing: u64,
    /// See [`Part::Headers`].
    pub headers: u64,
    /// Of these, heads over HTTP/2 as they passed, compressed (field blocks, RFC 9113 §4.3).
    #[serde(default, skip_serializing_if = "is_none")]
    pub field_blocks: u64,
    /// What the same fields would be in HTTP/1.1. No part of any sum.
    #[serde(default, skip_serializing_if = "is_none")]
    pub field_blocks_as_http_1: u64,
    /// See [`Part::Control`].
    #[serde(default, skip_serializing_if = "is_none")]
    pub control: u64,
    /// See [`Part::Tls`].
    pub tls: u64,
    /// All bytes that passed the socket wrapper.
    pub counted: u64,
    /// All bytes by TCP_INFO, retransmissions taken off.
    pub kernel: u64,
    /// TCP segments by TCP_INFO, pure ACKs included.
    pub segments: u64,
    /// IP and TCP header bytes of these segments (IPv4 20 or IPv6 40, TCP 20, timestamps 12, 8 more on a SYN).
    pub tcp_ip: u64,
    /// Segments sent again (known upwards only).
    pub retransmitted: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none(number: &u64) -> bool {
    *number == 0
}

impl Flow {
    /// The bytes of one part.
    pub fn part(&mut self, part: Part) -> &mut u64 {
        match part {
            Part::Payload => &mut self.payload,
            Part::Framing => &mut self.framing,
            Part::Headers => &mut self.headers,
            Part::Control => &mut self.control,
            Part::Tls => &mut self.tls,
        }
    }

    /// Payload as applications have it: before it was compressed, and after it was made whole.
    pub fn delivered(&self) -> u64 {
        self.payload.saturating_add_signed(self.saved)
    }

    /// Bytes that the drivers accounted for.
    pub fn attributed(&self) -> u64 {
        self.payload + self.overhead()
    }

    /// Bytes above TCP that are not message.
    pub fn overhead(&self) -> u64 {
        self.framing + self.headers + self.control + self.tls
    }
}

/// Bytes and events of one phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseTraffic {
    /// Client to server.
    pub up: Flow,
    /// Server to client.
    pub down: Flow,
    /// TCP connections opened.
    pub connections: u64,
    /// HTTP requests sent whole (upgrades included).
    pub requests: u64,
    /// HTTP responses received whole (upgrades included).
    pub responses: u64,
    /// Messages sent by clients.
    pub messages_up: u64,
    /// Messages received by clients.
    pub messages_down: u64,
}

impl PhaseTraffic {
    /// What went that way.
    pub fn flow(&mut self, direction: Direction) -> &mut Flow {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }
}

/// Bytes and events of one trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traffic {
    /// See [`Phase::Connect`].
    pub connect: PhaseTraffic,
    /// See [`Phase::Warmup`].
    pub warmup: PhaseTraffic,
    /// See [`Phase::Window`].
    pub window: PhaseTraffic,
    /// See [`Phase::Close`].
    pub close: PhaseTraffic,
}

impl Traffic {
    /// What passed in `phase`.
    pub fn phase(&self, phase: Phase) -> &PhaseTraffic {
        match phase {
            Phase::Connect => &self.connect,
            Phase::Warmup => &self.warmup,
            Phase::Window => &self.window,
            Phase::Close => &self.close,
        }
    }

    /// What passed in `phase`, to add to.
    pub fn phase_mut(&mut self, phase: Phase) -> &mut PhaseTraffic {
        match phase {
            Phase::Connect => &mut self.connect,
            Phase::Warmup => &mut self.warmup,
            Phase::Window => &mut self.window,
            Phase::Close => &mut self.close,
        }
    }

    /// Takes back that so many bytes were `part`: of `phase`, and what is not there of those before it.
    pub fn retract(&mut self, phase: Phase, direction: Direction, part: Part, mut bytes: u64) {
        for &phase in Phase::ALL.iter().rev().filter(|other| **other as u8 <= phase as u8) {
            let there = self.phase_mut(phase).flow(direction).part(part);
            let taken = bytes.min(*there);
            *there -= taken;
            bytes -= taken;
        }
    }

    /// All phases together.
    pub fn total(&self) -> PhaseTraffic {
        let mut sum = PhaseTraffic::default();
        Phase::ALL.iter().for_each(|&phase| sum += self.phase(phase));
        sum
    }
}

impl AddAssign<&Flow> for Flow {
    fn add_assign(&mut self, other: &Flow) {
        self.payload += other.payload;
        self.saved += other.saved;
        self.framing += other.framing;
        self.headers += other.headers;
        self.field_blocks += other.field_blocks;
        self.field_blocks_as_http_1 += other.field_blocks_as_http_1;
        self.control += other.control;
        self.tls += other.tls;
        self.counted += other.counted;
        self.kernel += other.kernel;
        self.segments += other.segments;
        self.tcp_ip += other.tcp_ip;
        self.retransmitted += other.retransmitted;
    }
}

impl AddAssign<&PhaseTraffic> for PhaseTraffic {
    fn add_assign(&mut self, other: &PhaseTraffic) {
        self.up += &other.up;
        self.down += &other.down;
        self.connections += other.connections;
        self.requests += other.requests;
        self.responses += other.responses;
        self.messages_up += other.messages_up;
        self.messages_down += other.messages_down;
    }
}

impl AddAssign<&Traffic> for Traffic {
    fn add_assign(&mut self, other: &Traffic) {
        for phase in Phase::ALL {
            *self.phase_mut(phase) += other.phase(phase);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_back_comes_from_this_phase_and_then_from_those_before() {
        let mut traffic = Traffic::default();
        for (phase, bytes) in [(Phase::Connect, 10), (Phase::Warmup, 5), (Phase::Close, 7)] {
            traffic.phase_mut(phase).down.tls = bytes;
        }
        traffic.retract(Phase::Window, Direction::Down, Part::Tls, 8);
        let left = Phase::ALL.map(|phase| traffic.phase(phase).down.tls);
        assert_eq!(left, [7, 0, 0, 7]);
    }
}
