//! What a server's frames mean, one after the other: messages put together (RFC 6455 §5.4), control frames between
//! their fragments, text that must be UTF-8 (§8.1). No I/O.
//!
//! The caller hands over what it has; the answer is a whole frame or "more". Whatever the bytes are split into, the
//! result is the same. An unfragmented message is not copied.

use std::mem::take;

use wsbench_targets::deflate::{Inflater, Unfit};

use super::close::Close;
use super::compression::{borrow, give_back};
use super::frame::{Header, Opcode};
use super::protocol_error::ProtocolError;
use crate::drivers::limits::MAX_MESSAGE_BYTES;
use crate::meter::compressed::share;

/// A whole message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// It came as text, and is UTF-8; as binary otherwise.
    pub text: bool,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// How many they were on the wire.
    pub wire: usize,
}

impl Message<'_> {
    /// Bytes of the wire that stand for so many of its own.
    pub fn on_wire(&self, part: usize) -> usize {
        share(part, self.bytes.len(), self.wire)
    }
}

/// One frame at the front of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Bytes of its header.
    pub header: usize,
    /// Bytes of all of it.
    pub length: usize,
    /// What it brings.
    pub brings: Brings<'a>,
}

/// What a frame brings.
#[derive(Debug, PartialEq, Eq)]
pub enum Brings<'a> {
    /// A message, or the end of one.
    Message(Message<'a>),
    /// A part of one that is not whole yet.
    Fragment,
    /// Asks for a Pong with the same payload.
    Ping(&'a [u8]),
    /// Nothing that needs an answer.
    Pong,
    /// The end.
    Close(Close<'a>),
}

/// Remembers the fragments of a message that is not whole.
#[derive(Debug, Default)]
pub struct Decoder {
    fragments: Vec<u8>,
    under_way: Option<Kind>,
    /// Where messages may be compressed.
    inflater: Option<Box<Inflater>>,
    /// The last message, where it was compressed; borrowed until the next call.
    whole: Vec<u8>,
}

/// What a message is, by its first frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    text: bool,
    compressed: bool,
}

impl Decoder {
    /// One whose messages may be compressed.
    pub fn inflating(inflater: Inflater) -> Decoder {
        Decoder { inflater: Some(Box::new(inflater)), ..Decoder::default() }
    }

    /// Reads one frame from the front of `bytes`; `Ok(None)` asks for more.
    ///
    /// # Errors
    /// What the RFC forbids, and messages above [`MAX_MESSAGE_BYTES`].
    pub fn decode<'a>(&'a mut self, bytes: &'a [u8]) -> Result<Option<Frame<'a>>, ProtocolError> {
        if self.under_way.is_none() && self.fragments.capacity() > 0 {
            // Those of a message that has been handed over.
            self.fragments = Vec::new();
        }
        give_back(&mut self.whole);
        let Some(header) = Header::decode(bytes, self.inflater.is_some())? else { return Ok(None) };
        let length = header.length + header.payload;
        let Some(payload) = bytes.get(header.length..length) else { return Ok(None) };
        let brings = match header.opcode {
            Opcode::Ping => Brings::Ping(payload),
            Opcode::Pong => Brings::Pong,
            Opcode::Close => Brings::Close(Close::decode(payload)?),
            Opcode::Continuation => self.go_on(header.last, payload)?,
            Opcode::Text | Opcode::Binary => self.begin(header, payload)?,
        };
        Ok(Some(Frame { header: header.length, length, brings }))
    }

    /// Memory that the fragments of a message take.
    pub fn held(&self) -> usize {
        self.fragments.capacity()
    }

    /// Forgets the message that is not whole; how many bytes of it there were.
    pub fn abandon(&mut self) -> usize {
        self.under_way.take().map_or(0, |_| take(&mut self.fragments).len())
    }

    fn begin<'a>(&'a mut self, header: Header, payload: &'a [u8]) -> Result<Brings<'a>, ProtocolError> {
        let kind = Kind { text: header.opcode == Opcode::Text, compressed: header.compressed };
        if self.under_way.is_some() {
            return Err(ProtocolError::Interleaved);
        }
        if header.last && kind.compressed {
            return self.inflate(kind, payload);
        }
        if header.last {
            return message(kind.text, payload, payload.len());
        }
        self.under_way = Some(kind);
        self.fragments = payload.to_vec();
        Ok(Brings::Fragment)
    }

    fn go_on(&mut self, last: bool, payload: &[u8]) -> Result<Brings<'_>, ProtocolError> {
        let kind = self.under_way.ok_or(ProtocolError::NothingToContinue)?;
        if self.fragments.len() + payload.len() > MAX_MESSAGE_BYTES {
            return Err(ProtocolError::TooLong);
        }
        let before = self.fragments.len();
        self.fragments.extend_from_slice(payload);
        if !last {
            return Ok(Brings::Fragment);
        }
        // A character may span two fragments: only the whole is judged. What is refused stays where it came from.
        let fragments = take(&mut self.fragments);
        let outcome = if kind.compressed {
            self.inflate(kind, &fragments).map(drop)
        } else {
            message(kind.text, &fragments, fragments.len()).map(drop)
        };
        self.fragments = fragments;
        outcome.inspect_err(|_| self.fragments.truncate(before))?;
        self.under_way = None;
        let bytes = if kind.compressed { &self.whole } else { &self.fragments };
        Ok(Brings::Message(Message { text: kind.text, bytes, wire: self.fragments.len() }))
    }

    /// Makes a message whole.
    fn inflate(&mut self, kind: Kind, small: &[u8]) -> Result<Brings<'_>, ProtocolError> {
        let Some(inflater) = &mut self.inflater else { return Err(ProtocolError::Corrupt) };
        self.whole = borrow();
        inflater.inflate(small, MAX_MESSAGE_BYTES, &mut self.whole).map_err(|unfit| match unfit {
            Unfit::Corrupt => ProtocolError::Corrupt,
            Unfit::TooLong => ProtocolError::Bomb,
        })?;
        message(kind.text, &self.whole, small.len())
    }
}

fn message(text: bool, bytes: &[u8], wire: usize) -> Result<Brings<'_>, ProtocolError> {
    if text && std::str::from_utf8(bytes).is_err() {
        return Err(ProtocolError::NotUtf8);
    }
    Ok(Brings::Message(Message { text, bytes, wire }))
}
