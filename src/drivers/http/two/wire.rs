//! The stream below the crate h2: every byte of both directions by what it is, and our own heads in place of h2's.
//!
//! [`super::frames`] says what bytes are. What DATA brings stands as overhead until somebody takes it
//! ([`Reading::took`]); what goes up in DATA is what its sender has said it is, once it has left. It must not know
//! what is asked.

mod reading;

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub use self::reading::Reading;
use super::contents::Contents;
use super::frames::{
    CONTINUATION, END_HEADERS, Frames, HEADERS, PRIORITY, Piece, RST_STREAM, What, frame_head, priority,
};
use super::hpack::{Block, Encoder};
use super::settings::Settings;
use super::trouble::Trouble;
use super::unread::Unread;
use crate::drivers::buffer;
use crate::drivers::dial::Stream;
use crate::meter::{Direction, Failure, Part, Recorder};

/// More than that is not taken over from h2 while the socket takes nothing.
const ENOUGH: usize = 64 * 1024;
/// Frames are no longer, whatever the server would take (RFC 9113 §6.5.2).
const FRAME_BYTES: usize = 16_384;

/// One connection's bytes; h2 reads and writes them, and those who share it look on.
#[derive(Clone)]
pub(super) struct Wire(Rc<RefCell<Inner>>);

struct Inner {
    /// Until the session is over.
    stream: Option<Stream>,
    meter: Rc<Recorder>,
    down: Frames,
    up: Frames,
    /// What h2 writes, before our heads are put in.
    written: Frames,
    encoder: Encoder,
    /// Heads of requests whose frames h2 has not written yet, by stream.
    heads: Vec<(u32, Block)>,
    /// The frame that h2 writes is left out.
    left_out: bool,
    /// What waits to leave, and how much of it has.
    out: Vec<u8>,
    sent: usize,
    /// What the contents of DATA are that have not left yet.
    contents: Contents,
    /// Who waits until all of a stream has.
    leaving: Vec<(u32, Waker)>,
    settings: Settings,
    unread: Unread,
    /// The server has sent more than there is room for.
    flooded: bool,
    /// Who waits for the server's settings.
    waiting: Vec<Waker>,
    /// So many times something has come.
    heard: u64,
    /// The server has closed.
    ended: bool,
    /// h2 has done with it.
    over: bool,
}

impl Wire {
    pub(super) fn over(stream: Stream, meter: &Rc<Recorder>) -> Wire {
        Wire(Rc::new(RefCell::new(Inner {
            stream: Some(stream),
            meter: Rc::clone(meter),
            down: Frames::of_server(),
            up: Frames::of_client(),
            written: Frames::of_client(),
            encoder: Encoder::default(),
            heads: Vec::new(),
            left_out: false,
            out: Vec::new(),
            sent: 0,
            contents: Contents::default(),
            leaving: Vec::new(),
            settings: Settings::default(),
            waiting: Vec::new(),
            heard: 0,
            unread: Unread::default(),
            flooded: false,
            ended: false,
            over: false,
        })))
    }

    /// The head of the request on `stream`, whose frame h2 will write; what will be read of the answer.
    pub(super) fn ask(&self, stream: u32, head: Block) -> Reading {
        let mut inner = self.0.borrow_mut();
        inner.heads.push((stream, head));
        inner.unread.begin(stream);
        Reading { wire: self.clone(), stream }
    }

    /// So many bytes that are given to h2 as DATA of `stream` are `part`; `None`: somebody else says what they are once they
    /// have left.
    pub(super) fn say(&self, stream: u32, part: Option<Part>, bytes: usize) {
        let mut inner = self.0.borrow_mut();
        // It leaves when somebody else's turn is.
        let part = part.map(|part| inner.meter.stands_as(part));
        inner.contents.say(stream, part, bytes);
    }

    /// Nobody waits for `stream` any more.
    pub(super) fn forget(&self, stream: u32) {
        let mut inner = self.0.borrow_mut();
        let never = inner.contents.forget(stream);
        inner.meter.retract(Direction::Up, Part::Framing, never);
        inner.leaving.retain(|waits| waits.0 != stream);
    }

    /// Waits until all of `stream` has left.
    pub(super) fn poll_left(&self, stream: u32, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.0.borrow_mut();
        if !inner.contents.waits(stream) {
            return Poll::Ready(Ok(()));
        }
        if inner.over {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        inner.leaving.retain(|waits| waits.0 != stream);
        inner.leaving.push((stream, cx.waker().clone()));
        Poll::Pending
    }

    /// Accounts for bytes that were read from the stream itself.
    pub(super) fn came(&self, bytes: &[u8]) {
        self.0.borrow_mut().came(bytes);
    }

    /// Heads that broke off have passed all the same: nothing more comes.
    pub(super) fn settle(&self) {
        let inner = self.0.borrow();
        inner.meter.attribute(Direction::Down, Part::Control, inner.down.untold());
        inner.meter.attribute(Direction::Up, Part::Control, inner.up.untold());
        // Somebody has said what these are, and they never left.
        inner.meter.retract(Direction::Up, Part::Framing, inner.contents.others());
    }

    /// The stream: nothing goes through here any more.
    pub(super) fn take(&self) -> Option<Stream> {
        let mut inner = self.0.borrow_mut();
        inner.over = true;
        inner.wake();
        buffer::give_back(&mut inner.out);
        inner.sent = 0;
        inner.stream.take()
    }

    /// Whether the other end has closed, and nothing more is there to be read.
    pub(super) fn hung_up(&self) -> bool {
        self.0.borrow().stream.as_ref().is_none_or(Stream::hung_up)
    }

    /// What an error of h2 means here.
    pub(super) fn trouble(&self, error: &h2::Error) -> Trouble {
        let inner = self.0.borrow();
        if inner.flooded {
            return Failure::TooLarge.into();
        }
        let strange = inner.settings.strange || (!inner.settings.seen && inner.down.untold() > 0);
        Trouble::of(error, strange, inner.ended).after(inner.settings.goodbye)
    }

    /// h2 has done with it.
    pub(super) fn over_now(&self) {
        let mut inner = self.0.borrow_mut();
        inner.over = true;
        inner.wake();
    }

    /// Whether it has.
    pub(super) fn is_over(&self) -> bool {
        self.0.borrow().over
    }

    /// Waits until the server has said what it takes; whether WebSockets are among it.
    pub(super) fn poll_said(&self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut inner = self.0.borrow_mut();
        if inner.settings.seen || inner.over {
            return Poll::Ready(inner.settings.connects);
        }
        if !inner.waiting.iter().any(|waits| waits.will_wake(cx.waker())) {
            inner.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Whoever waits for what the server says need not wait any more.
    pub(super) fn wake_waiting(&self) {
        self.0.borrow_mut().waiting.drain(..).for_each(Waker::wake);
    }

    /// So many streams the server allows at a time, once it has said so.
    pub(super) fn most_streams(&self) -> Option<u32> {
        let inner = self.0.borrow();
        inner.settings.seen.then_some(inner.settings.streams)
    }

    /// So many times something has come.
    pub(super) fn heard(&self) -> u64 {
        self.0.borrow().heard
    }
}

impl Inner {
    fn came(&mut self, mut rest: &[u8]) {
        while !rest.is_empty() {
            let piece = self.down.step(rest);
            self.account(Direction::Down, piece);
            self.unread.came(piece, self.down.stream());
            self.settings.look(piece, &rest[..piece.taken], &self.down);
            if piece.head && self.down.kind() == RST_STREAM {
                self.contents.void(self.down.stream());
            }
            rest = &rest[piece.taken..];
        }
        if let Some(bytes) = self.settings.take_table() {
            self.encoder.limit(bytes);
        }
        self.wake();
    }

    fn wake(&mut self) {
        let Inner { over, settings, waiting, contents, leaving, .. } = self;
        if *over || settings.seen {
            waiting.drain(..).for_each(Waker::wake);
        }
        leaving.retain(|(stream, waker)| {
            let waits = !*over && contents.waits(*stream);
            if !waits {
                waker.wake_by_ref();
            }
            waits
        });
    }

    fn account(&mut self, direction: Direction, piece: Piece) {
        let part = match piece.what {
            What::Control => Part::Control,
            What::Framing => Part::Framing,
            What::Content if direction == Direction::Up => {
                let Inner { contents, meter, .. } = self;
                let account = |part, bytes| meter.attribute(Direction::Up, part, bytes);
                return contents.left(piece.told, account);
            }
            // What DATA brings is nobody's yet.
            What::Headers | What::Content => Part::Headers,
        };
        if piece.told > 0 {
            self.meter.attribute(direction, part, piece.told);
        }
        if piece.what == What::Headers {
            self.meter.event(|phase| phase.flow(direction).field_blocks += piece.told as u64);
        }
    }

    /// Takes over what h2 writes.
    fn take_over(&mut self, mut rest: &[u8]) {
        if self.out.capacity() == 0 {
            self.out = buffer::borrow();
        }
        while !rest.is_empty() {
            let piece = self.written.step(rest);
            let bytes = &rest[..piece.taken];
            rest = &rest[piece.taken..];
            if piece.head {
                self.left_out = self.put_head();
            } else if piece.told > 0 && !self.left_out {
                self.out.extend_from_slice(bytes);
            }
            if piece.what == What::Content {
                self.contents.written(self.written.stream(), piece.told);
            }
        }
    }

    /// Puts the head of a frame behind what waits; of a request, ours with all that it carries. Whether that was so.
    fn put_head(&mut self) -> bool {
        let (kind, flags, stream) = (self.written.kind(), self.written.flags(), self.written.stream());
        if kind == RST_STREAM {
            self.contents.void(stream);
        }
        let asked = self.heads.iter().position(|(asked, _)| *asked == stream);
        let (HEADERS, Some(place)) = (kind, asked) else {
            self.out.extend_from_slice(self.written.head());
            return false;
        };
        let (_, head) = self.heads.swap_remove(place);
        let mut block = Vec::new();
        block.extend(head.weight.into_iter().flat_map(priority));
        self.encoder.encode(&head, &mut block);
        let plain = head.length_in_http_1() as u64;
        self.meter.event(|phase| phase.up.field_blocks_as_http_1 += plain);
        let mut rest = block.chunks(FRAME_BYTES).peekable();
        let weighed = if head.weight.is_some() { PRIORITY } else { 0 };
        let (mut kind, mut flags) = (kind, flags & !END_HEADERS | weighed);
        while let Some(part) = rest.next() {
            let last = if rest.peek().is_none() { END_HEADERS } else { 0 };
            self.out.extend_from_slice(&frame_head(part.len(), kind, flags | last, stream));
            self.out.extend_from_slice(part);
            (kind, flags) = (CONTINUATION, 0);
        }
        true
    }

    /// Writes what waits.
    fn poll_leave(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.out.len() {
            let Some(stream) = &mut self.stream else {
                return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
            };
            let written = match Pin::new(stream).poll_write(cx, &self.out[self.sent..])? {
                Poll::Ready(written) => written,
                Poll::Pending => {
                    if buffer::put_away(&mut self.out, self.sent) {
                        self.sent = 0;
                    }
                    return Poll::Pending;
                }
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let end = self.sent + written;
            while self.sent < end {
                let piece = self.up.step(&self.out[self.sent..end]);
                self.sent += piece.taken;
                self.account(Direction::Up, piece);
            }
        }
        self.sent = 0;
        buffer::give_back(&mut self.out);
        self.wake();
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut inner = self.0.borrow_mut();
        let before = buffer.filled().len();
        let Some(stream) = &mut inner.stream else { return Poll::Ready(Ok(())) };
        ready!(Pin::new(stream).poll_read(cx, buffer))?;
        let new = &buffer.filled()[before..];
        inner.ended |= new.is_empty();
        inner.heard += u64::from(!new.is_empty());
        inner.came(new);
        let inner = &mut *inner;
        let held = inner.unread.hold(&inner.meter);
        inner.flooded |= held.is_err();
        Poll::Ready(held.map_err(|_| io::ErrorKind::OutOfMemory.into()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut inner = self.0.borrow_mut();
        if inner.out.len() >= ENOUGH {
            ready!(inner.poll_leave(cx))?;
        }
        inner.take_over(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.0.borrow_mut();
        ready!(inner.poll_leave(cx))?;
        let Some(stream) = &mut inner.stream else { return Poll::Ready(Ok(())) };
        Pin::new(stream).poll_flush(cx)
    }

    /// The connection is hung up by its session.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}
