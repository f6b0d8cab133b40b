//! The HTTP ways: a request whose answer brings frames; when it has ended, the same again.
//!
//! By `xhr` an answer ends with its first frame (long-polling); by the others at the server's limit, 128 KiB by
//! default. Neither is a failure: the session goes on, and the server keeps for seconds what nobody fetches.

use std::ops::Range;
use std::time::Duration;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::wire::{Header, Via, route};

use super::frame::Frame;
use super::inbox::Inbox;
use crate::drivers::Seat;
use crate::drivers::http::request::{Request, lines};
use crate::drivers::http::stream::Stream;
use crate::meter::Failure;

/// A server lets a poll wait so long before it sends a heartbeat.
pub const HEARTBEAT: Duration = Duration::from_secs(25);

/// A session's receiving side.
pub struct Answers {
    seat: Seat,
    stream: Stream,
    via: Via,
    keep_alive: bool,
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
    /// Answers from the seat's path, over a stream that nothing is under way on.
    pub fn new(seat: Seat, stream: Stream, via: Via, keep_alive: bool) -> Answers {
        Answers { seat, stream, via, keep_alive, asked: now(), brought: Brought::default() }
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
        let headers = lines(&self.seat.site.headers.request, self.keep_alive);
        // RFC 9110 §8.6: a POST without a body says so.
        let (method, more) = match self.via {
            Via::EventSource => ("GET", vec![]),
            _ => ("POST", vec![Header("Content-Length".to_owned(), "0".to_owned())]),
        };
        self.asked = now();
        self.brought = Brought::default();
        self.stream.ask(Request::new(&self.seat, method, route::POLL, &headers, &more));
    }

    /// Takes the whole frames of what is there.
    fn take(&mut self, inbox: &mut Inbox) -> Result<(), Failure> {
        while let Some((length, frame)) = next(self.via, self.stream.body()) {
            self.take_one(length, frame, inbox)?;
        }
        Ok(())
    }

    fn take_one(&mut self, length: usize, at: Range<usize>, inbox: &mut Inbox) -> Result<(), Failure> {
        let text = self.stream.body().get(at).unwrap_or_default();
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
        if rest > 0 {
            self.take_one(rest, 0..rest, inbox).map_err(|_| Failure::Closed)?;
        }
        let meter = &self.seat.site.meter;
        if self.via == Via::Xhr {
            meter.response(self.asked, now());
            if !self.brought.messages {
                meter.empty_poll();
            }
        }
        if self.brought.frames == 0 { Err(Failure::Closed) } else { Ok(()) }
    }
}

/// The first whole line: its bytes, and where the frame in it is. Of an event the `data` line is the frame (SockJS
/// escapes line ends, so there is one); its other lines are empty of frames.
fn next(via: Via, body: &[u8]) -> Option<(usize, Range<usize>)> {
    let end = body.iter().position(|&b| b == b'\n')?;
    let line = &body[..end];
    if via != Via::EventSource {
        return Some((end + 1, 0..end));
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let start = if line.starts_with(b"data: ") {
        6
    } else if line.starts_with(b"data:") {
        5
    } else {
        line.len()
    };
    Some((end + 1, start..line.len()))
}
