//! How many bytes a trial will move: an estimate for `wsbench check`. The load says how many messages, the transport what
//! carries them.
//!
//! Never a result: what a report prints is measured. It must not know any load or transport by name.

use super::{Trial, Where};
use crate::scenario::Sender;
use crate::transport::traffic::{Heads, Messages};

/// IPv4, TCP and its timestamps.
const SEGMENT_HEADERS: f64 = 52.0;

/// Bytes a second, both directions.
#[derive(Clone, Copy)]
pub(super) struct Traffic {
    /// Above TCP.
    pub bytes: f64,
    /// With the TCP and IP headers of all segments: of small messages that is half of it, and it decides which transport
    /// moves more in all.
    pub wire: f64,
}

/// An estimate of what a trial moves; `None` for closed loops, which go as fast as they can, and where a
/// server by URL decides.
pub(super) fn per_second(trial: &Trial) -> Option<Traffic> {
    let heads = Heads { headers: &trial.headers, http: trial.transport.access().version() };
    let (profile, clients) = (trial.load.profile(), f64::from(trial.clients));
    // A Unix socket has no segments.
    let unix = matches!(&trial.target, Where::Url(url) if url.unix().is_some());
    let headers = if unix { 0.0 } else { SEGMENT_HEADERS };
    if let Some(rate) = profile.connections {
        let bytes = rate * trial.transport.handshake(&heads);
        return Some(Traffic { bytes, wire: bytes + rate * OPENED_AND_CLOSED * headers });
    }
    let rate = || Some(clients / profile.interval?.as_secs_f64());
    let groups = f64::from(trial.groups.unwrap_or(1));
    let (down, up) = match profile.sender {
        Sender::Nobody => (0.0, 0.0),
        Sender::Target => (rate()?, 0.0),
        // Our publisher's own way up is one client's: it is lost in what all receive.
        Sender::Publisher => (rate()? / groups, 0.0),
        Sender::Clients => (rate()?, rate()?),
        Sender::External => return None,
    };
    let messages = Messages { clients, down, up, payload: profile.payload as f64 };
    let bytes = trial.transport.traffic(&heads, &messages)?;
    Some(Traffic { bytes, wire: bytes + segments(trial, &messages) * headers })
}

/// Segments of a connection with one exchange: three to open it, three to ask and answer, four to close it.
const OPENED_AND_CLOSED: f64 = 10.0;

/// Segments a second: a message and its ACK, or where it is asked for a request, its answer and an ACK.
fn segments(trial: &Trial, messages: &Messages) -> f64 {
    let transport = &trial.transport;
    let polls = transport.poll_interval().map(|every| messages.clients / every.as_secs_f64());
    match polls.or_else(|| transport.asks().then_some(messages.down)) {
        Some(answers) => 3.0 * (answers + messages.up),
        None => 2.0 * (messages.down + messages.up),
    }
}
