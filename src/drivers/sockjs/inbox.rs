//! What has come from a session: frames go in, stamps come out one by one, in order.
//!
//! It must not know what carried a frame; it says how many of its bytes were message.

use std::collections::VecDeque;

use super::frame::{Frame, Messages, decode};
use crate::drivers::{Arrival, ClientContext};
use crate::meter::Failure;

/// Stamps that are not handed out yet, and whether the session is open.
pub struct Inbox {
    context: ClientContext,
    messages: Messages,
    stamps: VecDeque<Arrival>,
    open: bool,
}

impl Inbox {
    /// Nothing has come.
    pub fn new(context: ClientContext) -> Inbox {
        Inbox { context, messages: Messages::default(), stamps: VecDeque::new(), open: false }
    }

    /// Another session begins; what came from the last one stays.
    pub fn begin(&mut self) {
        self.open = false;
    }

    /// Whether the session has opened.
    pub fn open(&self) -> bool {
        self.open
    }

    /// Whether nothing is there to be handed out.
    pub fn is_empty(&self) -> bool {
        self.stamps.is_empty()
    }

    /// The stamp of the next message.
    pub fn next(&mut self) -> Option<Arrival> {
        self.stamps.pop_front()
    }

    /// One frame has come, whole and without its delimiter; what it was, and how many of its bytes were message.
    ///
    /// # Errors
    /// [`Failure::Protocol`] for what is no frame, or none that may come now. [`Failure::Closed`] for a close frame,
    /// and for a second `o`: the server has forgotten the session, and what was on its way with it.
    pub fn frame(&mut self, text: &[u8]) -> Result<(Frame, usize), Failure> {
        let mut messages = std::mem::take(&mut self.messages);
        let frame = decode(text, &mut messages);
        match frame {
            Ok(Frame::Messages) if self.open => messages.iter().for_each(|message| self.message(message)),
            Ok(Frame::Heartbeat) => self.context.shard.meter.count(|c| c.heartbeats += 1),
            _ => {}
        }
        let payload = messages.length();
        messages.let_go();
        self.messages = messages;
        match frame? {
            Frame::Open if std::mem::replace(&mut self.open, true) => Err(Failure::Closed),
            Frame::Close(_) => Err(Failure::Closed),
            Frame::Messages if !self.open => Err(Failure::Protocol),
            frame => Ok((frame, payload)),
        }
    }

    /// One message has come. One without a stamp is not ours: its bytes count, and nothing else.
    pub fn message(&mut self, message: &[u8]) {
        self.context.shard.meter.event(|phase| phase.messages_down += 1);
        self.stamps.extend(self.context.arrival(message));
    }
}
