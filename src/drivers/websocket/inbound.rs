//! Bytes on their way in: read, decoded frame by frame, accounted for. Without memory while nothing is begun.
//!
//! It must not know what is answered; [`super::connection`] decides that.

use std::rc::Rc;
use std::task::{Context, Poll};

use super::decoder::{Decoder, Frame};
use super::protocol_error::ProtocolError;
use crate::drivers::buffer::Inbox;
use crate::drivers::http::carrier::Carrier;
use crate::meter::{Direction, Failure, Part, Recorder};

/// What was read and is no message yet.
pub struct Inbound {
    meter: Rc<Recorder>,
    inbox: Inbox,
    decoder: Decoder,
}

impl Inbound {
    /// One that begins with what is in `inbox`.
    pub fn new(inbox: Inbox, decoder: Decoder, meter: &Rc<Recorder>) -> Inbound {
        Inbound { meter: Rc::clone(meter), inbox, decoder }
    }

    /// Whom it tells what has passed.
    pub fn meter(&self) -> &Rc<Recorder> {
        &self.meter
    }

    /// The frame at the front, until it is [`Inbound::take`]n; `Ok(None)` asks for more bytes.
    ///
    /// # Errors
    /// What no server may send.
    pub fn frame(&mut self) -> Result<Option<Frame<'_>>, ProtocolError> {
        self.decoder.decode(self.inbox.rest())
    }

    /// Takes a frame of `length` bytes off the front, of which so many are framing.
    pub fn take(&mut self, length: usize, framing: usize) {
        self.inbox.take(length);
        self.meter.attribute(Direction::Down, Part::Framing, framing);
    }

    /// Reads once; 0 is the end of the stream.
    ///
    /// # Errors
    /// What became of the connection; [`Failure::TooLarge`] for more than all clients may hold together.
    pub fn poll_read(&mut self, stream: &mut Carrier, cx: &mut Context<'_>) -> Poll<Result<usize, Failure>> {
        self.inbox.poll_read(stream, self.decoder.held(), &self.meter, cx)
    }
}

/// Bytes that never became a message have passed all the same.
impl Drop for Inbound {
    fn drop(&mut self) {
        self.meter.attribute(Direction::Down, Part::Framing, self.inbox.empty() + self.decoder.abandon());
    }
}
