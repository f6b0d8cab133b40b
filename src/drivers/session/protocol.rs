//! What a session speaks, whatever carries it. No I/O but for its opening.

use std::time::Duration;

use wsbench_targets::clock::Tick;

use super::Session;
use crate::drivers::http::exchange::Taken;
use crate::drivers::websocket::connection::Content;
use crate::drivers::websocket::decoder::Message;
use crate::drivers::websocket::frame::Opcode;
use crate::drivers::{Arrival, ClientContext};
use crate::meter::Failure;

/// One session's words: what has come, and what must be said.
#[allow(async_fn_in_trait, reason = "as for Driver: futures stay on their thread")]
pub trait Protocol: Sized + 'static {
    /// The transport's options.
    type Options: Clone + 'static;

    /// Opening may take so long.
    fn timeout(options: &Self::Options) -> Duration;

    /// Opens what the session begins on.
    async fn connect(context: &ClientContext, options: &Self::Options) -> Result<Session<Self>, Failure>;

    /// From there to the point where it can carry messages.
    async fn join(
        session: &mut Session<Self>,
        context: &ClientContext,
        options: &Self::Options,
    ) -> Result<(), Failure>;

    /// A message of the load is to go out.
    ///
    /// # Errors
    /// [`Failure::Protocol`] where it cannot be said in this protocol.
    fn queue(&mut self, message: &[u8]) -> Result<(), Failure>;

    /// Whether something must go out.
    fn owes(&self) -> bool;

    /// Takes what is owed as the body of one `POST`, of at most so many bytes unless one alone is longer.
    fn post(&mut self, most: usize, body: &mut Vec<u8>) -> Content;

    /// Takes what is owed next as a message of a WebSocket.
    fn frame(&mut self, frame: &mut Vec<u8>) -> Option<(Opcode, Content)>;

    /// A message of the WebSocket has come; how many bytes of it are payload.
    ///
    /// # Errors
    /// [`Failure::Closed`] when the server ends the session, [`Failure::Protocol`] for what is out of place.
    fn message(&mut self, message: Message<'_>) -> Result<usize, Failure>;

    /// A new answer begins.
    fn begin_answer(&mut self) {}

    /// Takes what is whole off the front of an answer's body. With `ended` nothing follows what is there.
    ///
    /// # Errors
    /// As for [`Protocol::message`], and [`Failure::Closed`] for an answer that brought nothing: asking again and again
    /// would bring no more. What is taken then is all that is there.
    fn answer(&mut self, body: &[u8], ended: bool) -> Result<Taken, Failure>;

    /// The messages that have come since the last call, in order.
    fn arrived(&mut self) -> impl Iterator<Item = Arrival>;

    /// When the client's own heartbeat is due, where it has one.
    fn next_beat(&self) -> Option<Tick> {
        None
    }

    /// That time has come.
    fn beat(&mut self) {}

    /// The client's last words are owed, and nothing else any more. By requests it also ends the session itself.
    fn leave(&mut self, by_requests: bool);
}
