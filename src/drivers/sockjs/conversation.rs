//! What is said in a session of SockJS, whatever carries it: frames come in, messages go out. No I/O.
//!
//! By `xhr` an answer ends with its first frame (long-polling); by the others at the server's limit, 128 KiB by default.
//! Neither is a failure: the session goes on, and the server keeps for seconds what nobody fetches.

use std::mem::{replace, take};
use std::time::Duration;

use super::frame::{Frame, Messages, decode, encode};
use super::open;
use crate::drivers::http::exchange::Taken;
use crate::drivers::said::quoted;
use crate::drivers::session::Session;
use crate::drivers::session::protocol::Protocol;
use crate::drivers::sse::decoder::Decoder;
use crate::drivers::websocket::connection::Content;
use crate::drivers::websocket::decoder::Message;
use crate::drivers::websocket::frame::Opcode;
use crate::drivers::{Arrival, ClientContext};
use crate::meter::Failure;
use crate::transport::{SockJs as Options, Via};

/// Both sides' words in one session.
pub struct Conversation {
    inbox: Inbox,
    /// What must go out, and how many bytes of it are message.
    owed: Option<(Vec<u8>, usize)>,
    /// Reads the events that frames are the data of, where they are.
    events: Option<Box<Decoder>>,
    /// Bytes at the front of the answer that the decoder has read, of an event that is not whole.
    read: usize,
    /// The answer under way has brought a frame.
    brought: bool,
}

/// What has come.
struct Inbox {
    context: ClientContext,
    /// Messages come and go without frames.
    raw: bool,
    /// The session is open.
    open: bool,
    messages: Messages,
    arrived: Vec<Arrival>,
}

impl Protocol for Conversation {
    type Options = Options;

    fn timeout(options: &Options) -> Duration {
        options.timeout
    }

    async fn connect(context: &ClientContext, options: &Options) -> Result<Session<Self>, Failure> {
        open::connect(context, options).await
    }

    async fn join(session: &mut Session<Self>, _: &ClientContext, _: &Options) -> Result<(), Failure> {
        while !session.protocol.inbox.open {
            session.step().await?;
        }
        Ok(())
    }

    fn queue(&mut self, message: &[u8]) -> Result<(), Failure> {
        let text = std::str::from_utf8(message).map_err(|_| Failure::Protocol)?;
        let mut frame = Vec::with_capacity(message.len() + 16);
        match self.inbox.raw {
            true => frame.extend_from_slice(message),
            false => encode(text, &mut frame),
        }
        self.owed = Some((frame, message.len()));
        Ok(())
    }

    fn owes(&self) -> bool {
        self.owed.is_some()
    }

    fn post(&mut self, _: usize, body: &mut Vec<u8>) -> Content {
        let (frame, message) = self.owed.take().unwrap_or_default();
        let content = Content { envelope: frame.len().saturating_sub(message), messages: 1 };
        *body = frame;
        content
    }

    fn frame(&mut self, frame: &mut Vec<u8>) -> Option<(Opcode, Content)> {
        self.owes().then(|| (Opcode::Text, self.post(usize::MAX, frame)))
    }

    fn message(&mut self, message: Message<'_>) -> Result<usize, Failure> {
        if self.inbox.raw {
            self.inbox.message(message.bytes);
            return Ok(message.bytes.len());
        }
        self.inbox.frame(message.bytes).map(|(_, payload)| payload)
    }

    fn begin_answer(&mut self) {
        self.events.iter_mut().for_each(|events| events.restart());
        (self.read, self.brought) = (0, false);
    }

    fn answer(&mut self, body: &[u8], ended: bool) -> Result<Taken, Failure> {
        match self.whole(body)? {
            Some(length) => self.take_one(body, length, length - 1),
            None => self.take_rest(body, ended),
        }
    }

    fn arrived(&mut self) -> impl Iterator<Item = Arrival> {
        self.inbox.arrived.drain(..)
    }

    /// The server ends the session when its receiver goes.
    fn leave(&mut self, _: bool) {
        self.owed = None;
    }
}

impl Conversation {
    /// Nothing is said yet.
    pub fn new(context: ClientContext, via: Via) -> Conversation {
        let raw = via == Via::Raw;
        let inbox = Inbox { context, raw, open: raw, messages: Messages::default(), arrived: vec![] };
        let events = (via == Via::EventSource).then(Box::default);
        Conversation { inbox, owed: None, events, read: 0, brought: false }
    }

    /// Bytes of the next frame with what carries it, if it is whole: a line, or an event.
    fn whole(&mut self, body: &[u8]) -> Result<Option<usize>, Failure> {
        let Some(events) = &mut self.events else {
            return Ok(body.iter().position(|&b| b == b'\n').map(|end| end + 1));
        };
        let taken = events.take(body.get(self.read..).unwrap_or_default())?;
        self.read += taken.payload + taken.framing;
        Ok(taken.event.then(|| take(&mut self.read)))
    }

    /// Takes a frame of so many bytes, `end` of them before its line ends.
    fn take_one(&mut self, body: &[u8], length: usize, end: usize) -> Result<Taken, Failure> {
        let line = body.get(..end).unwrap_or_default();
        let text = self.events.as_ref().map_or(line, |events| events.data());
        let (frame, payload) = if text.is_empty() { (Frame::Prelude, 0) } else { self.inbox.frame(text)? };
        self.brought |= frame != Frame::Prelude;
        Ok(Taken { payload, framing: length - payload, overhead: 0 })
    }

    /// No frame is whole.
    fn take_rest(&mut self, body: &[u8], ended: bool) -> Result<Taken, Failure> {
        match &self.events {
            // Blank lines, comments: nothing is to come of them.
            Some(events) if !events.under_way() && self.read > 0 => {
                Ok(Taken { framing: take(&mut self.read), ..Taken::default() })
            }
            // The last line of an answer may go without its end.
            None if ended && !body.is_empty() => {
                self.take_one(body, body.len(), body.len()).map_err(|_| Failure::Closed)
            }
            _ if ended && (!body.is_empty() || !self.brought) => Err(Failure::Closed),
            _ => Ok(Taken::default()),
        }
    }
}

impl Inbox {
    /// One frame has come, whole and without its delimiter; what it was, and how many of its bytes were message.
    ///
    /// # Errors
    /// [`Failure::Protocol`] for what is no frame, or none that may come now. [`Failure::Closed`] for a close frame,
    /// and for a second `o`: the server has forgotten the session, and what was on its way with it.
    fn frame(&mut self, text: &[u8]) -> Result<(Frame, usize), Failure> {
        let mut messages = take(&mut self.messages);
        let frame = decode(text, &mut messages)?;
        let mut payload = 0;
        let outcome = match frame {
            Frame::Open if replace(&mut self.open, true) => Err(Failure::Closed),
            Frame::Messages if !self.open => Err(Failure::Protocol),
            Frame::Messages => {
                messages.iter().for_each(|message| self.message(message));
                payload = messages.length();
                Ok(())
            }
            Frame::Close(code) => {
                let words = quoted(messages.iter().next().unwrap_or_default());
                self.context.shard.meter.reason_in_words(&format!("closed with {code}"), &words);
                Err(Failure::Closed)
            }
            Frame::Heartbeat => {
                self.context.shard.meter.count(|c| c.heartbeats += 1);
                Ok(())
            }
            Frame::Open | Frame::Prelude => Ok(()),
        };
        messages.let_go();
        self.messages = messages;
        outcome.map(|()| (frame, payload))
    }

    /// One message has come. One without a stamp is not ours: its bytes count, and nothing else.
    fn message(&mut self, message: &[u8]) {
        self.context.shard.meter.message_down();
        self.context.arrivals(message, |arrival| self.arrived.push(arrival));
    }
}
