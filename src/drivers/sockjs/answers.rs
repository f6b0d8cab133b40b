//! The HTTP ways: a request whose answer brings frames; when it has ended, the same again.
//!
//! By `xhr` an answer ends with its first frame (long-polling); by the others at the server's limit, 128 KiB by
//! default. Neither is a failure: the session goes on, and the server keeps for seconds what nobody fetches.

use std::mem::take;
use std::time::Duration;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::wire::{Header, Via, route};

use super::frame::Frame;
use super::inbox::Inbox;
use crate::drivers::ClientContext;
use crate::drivers::http::request::{Request, lines};
use crate::drivers::http::stream::Stream;
use crate::drivers::sse::decoder::Decoder;
use crate::meter::Failure;

/// A server lets a poll wait so long before it sends a heartbeat.
pub const HEARTBEAT: Duration = Duration::from_secs(25);

/// A session's receiving side.
pub struct Answers {
    context: ClientContext,
    stream: Stream,
    via: Via,
    keep_alive: bool,
    /// Reads the events that frames are the data of, where they are.
    events: Option<Box<Decoder>>,
    /// Bytes at the front of the stream's that the decoder has read, of an event that is not whole.
    read: usize,
    asked: Tick,
    /// What the answer under way has brought.
    brought: Brought,
}

#[derive(Clone, Copy, Default)]
struct Brought {
    frames: u32,
    messages: bool,
}

impl Answers {
    /// Answers from the context's path, over a stream that nothing is under way on.
    pub fn new(context: ClientContext, stream: Stream, via: Via, keep_alive: bool) -> Answers {
        let events = (via == Via::EventSource).then(Box::default);
        Answers {
            context,
            stream,
            via,
            keep_alive,
            events,
            read: 0,
            asked: now(),
            brought: Brought::default(),
        }
    }

    /// Waits until a frame has come. Cancel-safe.
    ///
    /// # Errors
    /// Those of the stream and of the frames; [`Failure::Closed`] for an answer that ends within a frame, or without
    /// one: asking again and again would bring no more.
    pub async fn receive(&mut self, inbox: &mut Inbox) -> Result<(), Failure> {
        if self.stream.idle() {
            self.ask();
        }
        if !self.stream.reading() {
            self.stream.answer().await?;
        }
        let before = self.brought.frames;
        loop {
            self.take(inbox)?;
            if self.brought.frames > before {
                return Ok(());
            }
            if !self.stream.more().await? {
                self.take(inbox)?;
                return self.end(inbox);
            }
        }
    }

    /// Receives until something fails.
    pub async fn stand_by(&mut self, inbox: &mut Inbox) -> Failure {
        loop {
            if let Err(failure) = self.receive(inbox).await {
                return failure;
            }
        }
    }

    /// Closes the connection: without a receiver the session ends.
    pub async fn close(self) {
        self.stream.close().await;
    }

    fn ask(&mut self) {
        let headers = lines(&self.context.shard.headers.request, self.keep_alive);
        // RFC 9110 §8.6: a POST without a body says so.
        let (method, more) = match self.via {
            Via::EventSource => ("GET", vec![]),
            _ => ("POST", vec![Header("Content-Length".to_owned(), "0".to_owned())]),
        };
        self.asked = now();
        self.brought = Brought::default();
        self.events.iter_mut().for_each(|events| events.restart());
        self.read = 0;
        self.stream.ask(Request::new(&self.context, method, route::POLL, &headers, &more));
    }

    /// Takes the whole frames of what is there.
    fn take(&mut self, inbox: &mut Inbox) -> Result<(), Failure> {
        while let Some(length) = self.whole()? {
            self.take_one(length, length - 1, inbox)?;
        }
        Ok(())
    }

    /// Bytes of the next frame with what carries it, if it is whole: a line, or an event.
    fn whole(&mut self) -> Result<Option<usize>, Failure> {
        let body = self.stream.body();
        let Some(events) = &mut self.events else {
            return Ok(body.iter().position(|&b| b == b'\n').map(|end| end + 1));
        };
        let taken = events.take(body.get(self.read..).unwrap_or_default())?;
        self.read += taken.payload + taken.framing;
        if taken.event {
            return Ok(Some(take(&mut self.read)));
        }
        if !events.under_way() {
            // Blank lines, comments: nothing is to come of them.
            self.stream.take(0, take(&mut self.read));
        }
        Ok(None)
    }

    /// Takes a frame of so many bytes, `end` of them before its line ends.
    fn take_one(&mut self, length: usize, end: usize, inbox: &mut Inbox) -> Result<(), Failure> {
        let line = self.stream.body().get(..end).unwrap_or_default();
        let text = self.events.as_ref().map_or(line, |events| events.data());
        let read = if text.is_empty() { Ok((Frame::Prelude, 0)) } else { inbox.frame(text) };
        let payload = read.map_or(0, |(_, payload)| payload);
        self.stream.take(payload, length - payload);
        let (frame, _) = read?;
        self.brought.frames += u32::from(frame != Frame::Prelude);
        self.brought.messages |= frame == Frame::Messages;
        Ok(())
    }

    /// The answer has ended.
    fn end(&mut self, inbox: &mut Inbox) -> Result<(), Failure> {
        let rest = self.stream.body().len();
        match self.events {
            _ if rest == 0 => {}
            Some(_) => return Err(Failure::Closed),
            None => self.take_one(rest, rest, inbox).map_err(|_| Failure::Closed)?,
        }
        let meter = &self.context.shard.meter;
        if self.via == Via::Xhr {
            meter.response(self.asked, now());
            if !self.brought.messages {
                meter.empty_poll();
            }
        }
        if self.brought.frames == 0 { Err(Failure::Closed) } else { Ok(()) }
    }
}
