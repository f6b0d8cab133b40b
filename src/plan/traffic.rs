//! How many bytes a trial will move: an estimate for `wsbench check`. The load says how many messages, the transport what
//! carries them.
//!
//! Never a result: what a report prints is measured. It must not know any load or transport by name.

use super::Trial;
use crate::scenario::Sender;
use crate::transport::traffic::{Heads, Messages};

/// Bytes a second above TCP, both directions; `None` for closed loops, which go as fast as they can, and where a
/// server by URL decides.
pub(super) fn per_second(trial: &Trial) -> Option<f64> {
    let (profile, heads, clients) = (trial.load.profile(), Heads(&trial.headers), f64::from(trial.clients));
    if let Some(rate) = profile.connections {
        return Some(rate * trial.transport.handshake(&heads));
    }
    let rate = || Some(clients / profile.interval?.as_secs_f64());
    let (down, up) = match profile.sender {
        Sender::Nobody => (0.0, 0.0),
        // Our publisher's own way up is one client's: it is lost in what all receive.
        Sender::Target | Sender::Publisher => (rate()?, 0.0),
        Sender::Clients => (rate()?, rate()?),
        Sender::External => return None,
    };
    let messages = Messages { clients, down, up, payload: profile.payload as f64 };
    trial.transport.traffic(&heads, &messages)
}
