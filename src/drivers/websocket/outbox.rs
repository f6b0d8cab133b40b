//! Frames on their way out: masked, and accounted for once they have left. Without memory when nothing waits.
//!
//! It must not know what is received; [`super::connection`] decides what is sent.

use std::mem::take;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;
use wsbench_targets::pacer::Random;

use super::frame::{Opcode, encode};
use crate::drivers::buffer;
use crate::drivers::memory_budget::MemoryBudget;
use crate::meter::{Direction, Failure, Part, Recorder};

/// Pongs wait while so many bytes do: a server that asks faster than it reads gets no answer for each Ping, which
/// RFC 6455 §5.5.3 allows.
const ENOUGH: usize = 4096;

/// Frames that have not left.
pub struct Outbox {
    bytes: Vec<u8>,
    /// How many of them have left.
    sent: usize,
    /// How many of them are payload.
    payload: usize,
    /// Messages in them.
    messages: u64,
    keys: Random,
    share: MemoryBudget,
}

impl Outbox {
    /// An empty one that masks with `keys`.
    pub fn new(keys: Random) -> Outbox {
        Outbox { bytes: Vec::new(), sent: 0, payload: 0, messages: 0, keys, share: MemoryBudget::default() }
    }

    /// Adds a frame; `payload` bytes of the message are payload, the rest is framing.
    pub fn put(&mut self, opcode: Opcode, message: &[u8], payload: usize) {
        if self.bytes.capacity() == 0 {
            self.bytes = buffer::borrow();
        }
        let [a, b, c, d, ..] = self.keys.next_u64().to_ne_bytes();
        encode(opcode, message, [a, b, c, d], &mut self.bytes);
        self.payload += payload;
    }

    /// So many messages are in the frame that was put last.
    pub fn carries(&mut self, messages: u64) {
        self.messages += messages;
    }

    /// Adds the answer to a Ping, unless too much waits already.
    pub fn put_pong(&mut self, payload: &[u8]) {
        if self.bytes.len() < ENOUGH {
            self.put(Opcode::Pong, payload, 0);
        }
    }

    /// Writes what waits, all of it at once if the kernel takes it.
    ///
    /// # Errors
    /// What became of the connection; [`Failure::TooLarge`] when more waits than all clients may hold together.
    pub fn poll_flush(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        meter: &Recorder,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        while let Some(rest @ [_, ..]) = self.bytes.get(self.sent..) {
            match Pin::new(&mut *stream).poll_write(cx, rest) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(Failure::Closed)),
                Poll::Ready(Ok(written)) => self.sent += written,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(Failure::from(&error))),
                Poll::Pending => {
                    self.share.hold(self.bytes.capacity(), meter)?;
                    return Poll::Pending;
                }
            }
        }
        if self.sent > 0 {
            // Where there is TLS, records may still be on their way.
            ready!(Pin::new(stream).poll_flush(cx)).map_err(|e| Failure::from(&e))?;
            self.account(meter);
        }
        Poll::Ready(Ok(()))
    }

    /// Gives up what has not left. What has, of frames that are not whole, is nobody's payload.
    pub fn abandon(&mut self, meter: &Recorder) {
        (self.payload, self.messages) = (0, 0);
        self.account(meter);
    }

    fn account(&mut self, meter: &Recorder) {
        let (sent, payload, messages) =
            (take(&mut self.sent), take(&mut self.payload), take(&mut self.messages));
        if messages > 0 {
            meter.event(|phase| phase.messages_up += messages);
        }
        meter.attribute(Direction::Up, Part::Payload, payload);
        meter.attribute(Direction::Up, Part::Framing, sent - payload);
        self.share.give_back();
        buffer::give_back(&mut self.bytes);
    }
}
