//! Frames on their way out: masked, and accounted for once they have left. Without memory when nothing waits.
//!
//! It must not know what is received; [`super::connection`] decides what is sent.

use std::mem::take;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;
use wsbench_targets::deflate::Deflater;
use wsbench_targets::pacer::Random;

use super::compression::{borrow, give_back};
use super::frame::{MASK, Opcode, encode, encode_compressed};
use crate::drivers::buffer;
use crate::drivers::memory_budget::MemoryBudget;
use crate::meter::compressed::share;
use crate::meter::{Direction, Failure, Part, Recorder};

/// Pongs wait while so many bytes do: a server that asks faster than it reads gets no answer for each Ping, which
/// RFC 6455 §5.5.3 allows.
const ENOUGH: usize = 4096;

/// What is in a frame besides its header.
#[derive(Clone, Copy, Debug, Default)]
pub struct Content {
    /// Bytes that are the caller's protocol, not payload.
    pub envelope: usize,
    /// Messages that are sent when it has left.
    pub messages: u64,
}

/// Frames that have not left.
pub struct Outbox {
    meter: Rc<Recorder>,
    bytes: Vec<u8>,
    /// How many of them have left.
    sent: usize,
    /// How many have left that are not among them any more, and not accounted for.
    left: usize,
    /// Payload in all of these, as it passes; and as it was before it was compressed.
    payload: usize,
    delivered: usize,
    /// Messages in all of these.
    messages: u64,
    keys: Random,
    budget: MemoryBudget,
    /// Where messages are compressed.
    deflater: Option<Box<Deflater>>,
}

impl Outbox {
    /// An empty one that masks with `keys`.
    pub fn new(keys: Random, meter: &Rc<Recorder>) -> Outbox {
        Outbox {
            meter: Rc::clone(meter),
            bytes: Vec::new(),
            sent: 0,
            left: 0,
            payload: 0,
            delivered: 0,
            messages: 0,
            keys,
            budget: MemoryBudget::default(),
            deflater: None,
        }
    }

    /// From now on messages are compressed.
    pub fn compress(&mut self, deflater: Deflater) {
        self.deflater = Some(Box::new(deflater));
    }

    /// Adds a frame of a message.
    ///
    /// # Errors
    /// [`Failure::TooLarge`] when more waits than all clients may hold together.
    pub fn put(&mut self, opcode: Opcode, message: &[u8], content: Content) -> Result<(), Failure> {
        let wire = self.put_message(opcode, message);
        let payload = message.len().saturating_sub(content.envelope);
        self.payload += share(payload, message.len(), wire);
        self.delivered += payload;
        self.messages += content.messages;
        self.budget.hold(self.bytes.capacity(), &self.meter)
    }

    /// Adds the frame of a message; how many bytes of the message are in it.
    fn put_message(&mut self, opcode: Opcode, message: &[u8]) -> usize {
        let mut small = borrow();
        let compressed = self.deflater.as_mut().is_some_and(|deflater| deflater.deflate(message, &mut small));
        let wire = if compressed {
            let key = self.key();
            encode_compressed(opcode, &small, key, &mut self.bytes);
            small.len()
        } else {
            self.put_control(opcode, message);
            message.len()
        };
        give_back(&mut small);
        wire
    }

    /// Adds a frame that is all framing.
    pub fn put_control(&mut self, opcode: Opcode, payload: &[u8]) {
        let key = self.key();
        encode(opcode, payload, key, &mut self.bytes);
    }

    /// The next frame's, for which there is room now.
    fn key(&mut self) -> [u8; MASK] {
        if self.bytes.capacity() == 0 {
            self.bytes = buffer::borrow();
        }
        let [a, b, c, d, ..] = self.keys.next_u64().to_ne_bytes();
        [a, b, c, d]
    }

    /// Adds a Ping, unless one that could not leave waits there with much else.
    pub fn put_ping(&mut self) {
        if self.bytes.len() < ENOUGH {
            self.put_control(Opcode::Ping, &[]);
        }
    }

    /// Adds the answer to a Ping, unless too much waits already.
    pub fn put_pong(&mut self, payload: &[u8]) {
        if self.bytes.len() < ENOUGH {
            self.put_control(Opcode::Pong, payload);
        }
    }

    /// Writes what waits, all of it at once if the kernel takes it.
    ///
    /// # Errors
    /// What became of the connection.
    pub fn poll_flush(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        if self.bytes.is_empty() && self.left == 0 {
            return Poll::Ready(Ok(()));
        }
        if self.poll_write(stream, cx)?.is_ready() {
            self.account();
            return Poll::Ready(Ok(()));
        }
        if buffer::put_away(&mut self.bytes, self.sent) {
            self.left += take(&mut self.sent);
        }
        // Less than before is never refused.
        self.budget.hold(self.bytes.capacity(), &self.meter)?;
        Poll::Pending
    }

    fn poll_write(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        while let Some(rest @ [_, ..]) = self.bytes.get(self.sent..) {
            match ready!(Pin::new(&mut *stream).poll_write(cx, rest)) {
                Ok(0) => return Poll::Ready(Err(Failure::Closed)),
                Ok(written) => self.sent += written,
                Err(error) => return Poll::Ready(Err(Failure::from(&error))),
            }
        }
        // Where there is TLS, records may still be on their way.
        Pin::new(stream).poll_flush(cx).map_err(|e| Failure::from(&e))
    }

    /// All frames have left.
    fn account(&mut self) {
        let (payload, messages) = (take(&mut self.payload), take(&mut self.messages));
        let delivered = take(&mut self.delivered);
        let bytes = take(&mut self.sent) + take(&mut self.left);
        if messages > 0 {
            self.meter.messages_up(messages);
        }
        self.meter.payload(Direction::Up, payload, delivered);
        self.meter.attribute(Direction::Up, Part::Framing, bytes - payload);
        self.budget.give_back();
        buffer::give_back(&mut self.bytes);
    }
}

/// What has left of frames that are not whole is nobody's payload.
impl Drop for Outbox {
    fn drop(&mut self) {
        self.meter.attribute(Direction::Up, Part::Framing, self.sent + self.left);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::{AsyncReadExt, duplex};

    use super::*;

    /// A client that waits to send a little holds a little: ten thousand of them would else hold a buffer each.
    #[tokio::test]
    async fn what_waits_is_kept_without_the_room_around_it() {
        let meter = Rc::new(Recorder::default());
        let mut outbox = Outbox::new(Random::new(1, 2), &meter);
        let (mut ours, mut theirs) = duplex(10);
        let cx = &mut Context::from_waker(Waker::noop());
        let content = Content { envelope: 1, messages: 1 };
        let (mut came, mut held) = (0, vec![]);
        outbox.put(Opcode::Text, &[b'x'; 100], content).unwrap();
        while outbox.poll_flush(&mut ours, cx).is_pending() {
            held.push(outbox.bytes.capacity());
            assert_eq!(meter.tally().traffic.total().messages_up, 0);
            // Another comes while the first waits.
            if held.len() == 3 {
                outbox.put(Opcode::Text, &[b'y'; 100], content).unwrap();
            }
            came += theirs.read(&mut [0; 10]).await.unwrap();
        }
        came += theirs.read(&mut [0; 10]).await.unwrap();
        assert!(held.iter().all(|&held| held < 1_024), "{held:?}");
        assert_eq!((came, outbox.bytes.capacity()), (2 * 106, 0));
        let total = meter.tally().traffic.total();
        assert_eq!((total.messages_up, total.up.payload, total.up.framing), (2, 2 * 99, 2 * 7));
    }

    /// What has left of a frame that is not whole is framing, wherever it was cut and moved.
    #[tokio::test]
    async fn what_has_left_when_it_is_dropped_is_accounted_for() {
        let meter = Rc::new(Recorder::default());
        let mut outbox = Outbox::new(Random::new(1, 2), &meter);
        let (mut ours, mut theirs) = duplex(10);
        let cx = &mut Context::from_waker(Waker::noop());
        outbox.put(Opcode::Text, &[b'x'; 100], Content { envelope: 0, messages: 1 }).unwrap();
        for _ in 0..3 {
            assert!(outbox.poll_flush(&mut ours, cx).is_pending());
            assert_eq!(theirs.read(&mut [0; 10]).await.unwrap(), 10);
        }
        drop(outbox);
        let total = meter.tally().traffic.total();
        assert_eq!((total.messages_up, total.up.payload, total.up.framing), (0, 0, 30));
    }
}
