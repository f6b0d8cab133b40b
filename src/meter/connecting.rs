//! The parts of connecting, each timed by itself: what TLS, or an upgrade, costs beside TCP.
//!
//! It must not know who connects, nor by what.

use wsbench_targets::clock::{Tick, now};

use super::recorder::Recorder;

/// What connecting consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectPart {
    /// From the SYN to a TCP connection.
    Tcp,
    /// The TLS handshake.
    Tls,
    /// From then to the head of the first answer.
    Answer,
}

impl Recorder {
    /// A part of that, which was begun at `began`, is over.
    pub fn connected_part(&self, part: ConnectPart, began: Tick) {
        let (mut hists, took) = (self.hists.borrow_mut(), now().since(began));
        match part {
            ConnectPart::Tcp => hists.connect_tcp.record(took),
            ConnectPart::Tls => hists.connect_tls.record(took),
            ConnectPart::Answer => hists.connect_answer.record(took),
        }
    }
}
