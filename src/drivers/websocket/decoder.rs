//! What a server's frames mean, one after the other: messages put together (RFC 6455 §5.4), control frames between
//! their fragments, text that must be UTF-8 (§8.1). No I/O.
//!
//! The caller hands over what it has; the answer is a whole frame or "more". Whatever the bytes are split into, the
//! result is the same. An unfragmented message is not copied.

use std::mem::take;

use super::close::Close;
use super::frame::{Header, Opcode};
use super::protocol_error::ProtocolError;
use crate::drivers::limits::MAX_MESSAGE_BYTES;

/// A whole message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// It came as text, and is UTF-8; as binary otherwise.
    pub text: bool,
    /// Its bytes.
    pub bytes: &'a [u8],
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
    /// A fragmented message is under way; whether it is text.
    under_way: Option<bool>,
}

impl Decoder {
    /// Reads one frame from the front of `bytes`; `Ok(None)` asks for more.
    ///
    /// # Errors
    /// What the RFC forbids, and messages above [`MAX_MESSAGE_BYTES`].
    pub fn decode<'a>(&'a mut self, bytes: &'a [u8]) -> Result<Option<Frame<'a>>, ProtocolError> {
        if self.under_way.is_none() && self.fragments.capacity() > 0 {
            // Those of a message that has been handed over.
            self.fragments = Vec::new();
        }
        let Some(header) = Header::decode(bytes)? else { return Ok(None) };
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

    fn begin<'a>(&mut self, header: Header, payload: &'a [u8]) -> Result<Brings<'a>, ProtocolError> {
        let text = header.opcode == Opcode::Text;
        if self.under_way.is_some() {
            return Err(ProtocolError::Interleaved);
        }
        if header.last {
            return message(text, payload);
        }
        self.under_way = Some(text);
        self.fragments = payload.to_vec();
        Ok(Brings::Fragment)
    }

    fn go_on(&mut self, last: bool, payload: &[u8]) -> Result<Brings<'_>, ProtocolError> {
        let text = self.under_way.ok_or(ProtocolError::NothingToContinue)?;
        if self.fragments.len() + payload.len() > MAX_MESSAGE_BYTES {
            return Err(ProtocolError::TooLong);
        }
        let before = self.fragments.len();
        self.fragments.extend_from_slice(payload);
        if !last {
            return Ok(Brings::Fragment);
        }
        // A character may span two fragments: only the whole is judged. What is refused stays where it came from.
        if text && std::str::from_utf8(&self.fragments).is_err() {
            self.fragments.truncate(before);
            return Err(ProtocolError::NotUtf8);
        }
        self.under_way = None;
        Ok(Brings::Message(Message { text, bytes: &self.fragments }))
    }
}

fn message(text: bool, bytes: &[u8]) -> Result<Brings<'_>, ProtocolError> {
    if text && std::str::from_utf8(bytes).is_err() {
        return Err(ProtocolError::NotUtf8);
    }
    Ok(Brings::Message(Message { text, bytes }))
}
