//! One WebSocket frame (RFC 6455 §5.2): its header read, and a masked frame written. No I/O, no state between calls.
//!
//! It must not know what frames follow one another: that is [`super::decoder`].

use super::protocol_error::ProtocolError;
use crate::drivers::limits::MAX_MESSAGE_BYTES;

/// Bytes of the key that a client masks with (§5.3).
pub const MASK: usize = 4;

/// The longest payload of a control frame (§5.5).
const MAX_CONTROL: usize = 125;
const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
/// RSV1: the message that begins here is compressed (RFC 7692 §6).
const COMPRESSED: u8 = 0x40;
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;
/// Lengths that say: the true one follows, in two bytes or in eight.
const IN_TWO: u8 = 126;
const IN_EIGHT: u8 = 127;

/// What a frame is for (§11.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// Goes on with a fragmented message.
    Continuation = 0x0,
    /// A message in UTF-8, or its first fragment.
    Text = 0x1,
    /// A message of any bytes, or its first fragment.
    Binary = 0x2,
    /// The end, with a code and a reason perhaps.
    Close = 0x8,
    /// Asks for a Pong.
    Ping = 0x9,
    /// Answers a Ping, or says that its sender is there.
    Pong = 0xa,
}

impl Opcode {
    fn of(bits: u8) -> Option<Opcode> {
        use Opcode::{Binary, Close, Continuation, Ping, Pong, Text};
        [Continuation, Text, Binary, Close, Ping, Pong].into_iter().find(|&opcode| opcode as u8 == bits)
    }

    /// Whether such a frame is about the connection, not a part of a message (§5.5).
    pub fn is_control(self) -> bool {
        self as u8 & 0x8 != 0
    }

    /// Whether a message begins with such a frame.
    pub fn begins(self) -> bool {
        matches!(self, Opcode::Text | Opcode::Binary)
    }
}

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its message ends with it.
    pub last: bool,
    /// What it is for.
    pub opcode: Opcode,
    /// The message that begins with it is compressed.
    pub compressed: bool,
    /// Bytes of the header itself.
    pub length: usize,
    /// Bytes that follow it.
    pub payload: usize,
}

impl Header {
    /// Reads the header of a server's frame at the front of `bytes`; `Ok(None)` asks for more. `deflates`: messages may be
    /// compressed.
    ///
    /// # Errors
    /// What no server may send.
    pub fn decode(bytes: &[u8], deflates: bool) -> Result<Option<Header>, ProtocolError> {
        let [first, second, more @ ..] = bytes else { return Ok(None) };
        if second & MASKED != 0 {
            return Err(ProtocolError::Masked);
        }
        let compressed = deflates && first & COMPRESSED != 0;
        let reserved = first & if compressed { RESERVED & !COMPRESSED } else { RESERVED };
        if reserved != 0 {
            return Err(ProtocolError::ReservedBit(reserved.leading_zeros()));
        }
        let opcode = Opcode::of(first & OPCODE).ok_or(ProtocolError::UnknownOpcode(first & OPCODE))?;
        if compressed && !opcode.begins() {
            return Err(ProtocolError::ReservedBit(COMPRESSED.leading_zeros()));
        }
        let (last, short) = (first & FINAL != 0, second & LENGTH);
        if opcode.is_control() && !last {
            return Err(ProtocolError::FragmentedControl);
        }
        if opcode.is_control() && usize::from(short) > MAX_CONTROL {
            return Err(ProtocolError::LongControl);
        }
        let (digits, least) = match short {
            IN_TWO => (2, u64::from(IN_TWO)),
            IN_EIGHT => (8, 1 << 16),
            payload => {
                return Ok(Some(Header { last, opcode, compressed, length: 2, payload: payload.into() }));
            }
        };
        let Some(digits) = more.get(..digits) else { return Ok(None) };
        let payload = digits.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        if payload < least {
            return Err(ProtocolError::LongForm);
        }
        // The limit is below 2^63: the top bit, which must be 0 (§5.2), is refused with it.
        if payload > MAX_MESSAGE_BYTES as u64 {
            return Err(ProtocolError::TooLong);
        }
        Ok(Some(Header { last, opcode, compressed, length: 2 + digits.len(), payload: payload as usize }))
    }
}

/// Bytes of a frame's header without the mask (§5.2).
pub fn header_length(payload: usize) -> usize {
    match payload {
        0..=125 => 2,
        126..=65_535 => 4,
        _ => 10,
    }
}

/// Appends a whole frame, as a client sends it: not fragmented, masked with `key`.
pub fn encode(opcode: Opcode, payload: &[u8], key: [u8; MASK], into: &mut Vec<u8>) {
    write(FINAL | opcode as u8, payload, key, into);
}

/// The same of a message that is compressed.
pub fn encode_compressed(opcode: Opcode, payload: &[u8], key: [u8; MASK], into: &mut Vec<u8>) {
    write(FINAL | COMPRESSED | opcode as u8, payload, key, into);
}

fn write(first: u8, payload: &[u8], key: [u8; MASK], into: &mut Vec<u8>) {
    into.push(first);
    match header_length(payload.len()) {
        2 => into.push(MASKED | payload.len() as u8),
        4 => {
            into.push(MASKED | IN_TWO);
            into.extend_from_slice(&(payload.len() as u16).to_be_bytes());
        }
        _ => {
            into.push(MASKED | IN_EIGHT);
            into.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    into.extend_from_slice(&key);
    let start = into.len();
    into.extend_from_slice(payload);
    mask(&mut into[start..], key);
}

/// Byte i is combined with byte i mod 4 of the key (§5.3): eight bytes at a time, which is twice the key.
fn mask(bytes: &mut [u8], key: [u8; MASK]) {
    let [a, b, c, d] = key;
    let twice = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ twice).to_ne_bytes();
    }
    rest.iter_mut().zip(key.into_iter().cycle()).for_each(|(byte, key)| *byte ^= key);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: &[u8]) -> Result<Option<Header>, ProtocolError> {
        Header::decode(bytes, false)
    }

    #[test]
    fn frames_of_the_rfc_are_read_and_written() {
        // §5.7: "Hello", as a server sends it and as a client does.
        let hello = Header { last: true, opcode: Opcode::Text, compressed: false, length: 2, payload: 5 };
        assert_eq!(header(b"\x81\x05Hello"), Ok(Some(hello)));
        let mut frame = vec![];
        encode(Opcode::Text, b"Hello", [0x37, 0xfa, 0x21, 0x3d], &mut frame);
        assert_eq!(frame, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
        let binary = Header { opcode: Opcode::Binary, length: 10, payload: 65_536, ..hello };
        assert_eq!(header(&[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]), Ok(Some(binary)));
    }

    #[test]
    fn lengths_take_the_shortest_form() {
        for (payload, length) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            assert_eq!(header_length(payload), length);
            let mut frame = vec![];
            encode(Opcode::Binary, &vec![7; payload], [0; MASK], &mut frame);
            assert_eq!(frame.len(), length + MASK + payload);
            // A server's frame is the same without the mask.
            frame[1] &= !MASKED;
            let (last, opcode, compressed) = (true, Opcode::Binary, false);
            let read = Header { last, opcode, compressed, length, payload };
            assert_eq!(header(&frame[..length]), Ok(Some(read)));
            (0..length)
                .for_each(|cut| assert_eq!(header(&frame[..cut]), Ok(None), "{payload}, cut at {cut}"));
        }
    }

    #[test]
    fn what_no_server_may_send_is_refused() {
        use ProtocolError::{
            FragmentedControl, LongControl, LongForm, Masked, ReservedBit, TooLong, UnknownOpcode,
        };
        let refused: &[(ProtocolError, &[u8])] = &[
            (Masked, &[0x81, 0x85]),
            (ReservedBit(1), &[0xc1, 0x05]),
            (ReservedBit(2), &[0xa1, 0x05]),
            (ReservedBit(3), &[0x91, 0x05]),
            (UnknownOpcode(3), &[0x83, 0x00]),
            (UnknownOpcode(11), &[0x8b, 0x00]),
            (UnknownOpcode(15), &[0x8f, 0x00]),
            (FragmentedControl, &[0x09, 0x00]),
            (LongControl, &[0x88, 126]),
            (LongControl, &[0x8a, 127]),
            // 125 in two bytes, 65,535 in eight.
            (LongForm, &[0x81, 126, 0, 125]),
            (LongForm, &[0x81, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff]),
            // The top bit; a byte above the limit.
            (TooLong, &[0x81, 127, 0x80, 0, 0, 0, 0, 1, 0, 0]),
            (TooLong, &[0x81, 127, 0, 0, 0, 0, 1, 0, 0, 1]),
        ];
        for (what, bytes) in refused {
            assert_eq!(header(bytes), Err(*what), "{what}");
        }
        assert!(header(&[0x81, 127, 0, 0, 0, 0, 1, 0, 0, 0]).unwrap().is_some(), "the limit itself");
    }

    /// RFC 7692 §6: RSV1 stands on the first frame of a message alone, and where it was agreed on.
    #[test]
    fn the_bit_of_a_compressed_message_has_one_place() {
        let compressed =
            |bytes| Header::decode(bytes, true).map(|header| header.map(|header| header.compressed));
        assert_eq!(compressed(&[0xc1, 0x05]), Ok(Some(true)));
        assert_eq!(compressed(&[0x42, 0x05]), Ok(Some(true)));
        assert_eq!(compressed(&[0x81, 0x05]), Ok(Some(false)));
        assert_eq!(compressed(&[0xc0, 0x05]), Err(ProtocolError::ReservedBit(1)));
        assert_eq!(compressed(&[0xc9, 0x00]), Err(ProtocolError::ReservedBit(1)));
        assert_eq!(compressed(&[0xe1, 0x00]), Err(ProtocolError::ReservedBit(2)));
        assert_eq!(compressed(&[0xd1, 0x00]), Err(ProtocolError::ReservedBit(3)));
        let mut frame = vec![];
        encode_compressed(Opcode::Text, b"\xf2\x48", [0; MASK], &mut frame);
        assert_eq!(frame, b"\xc1\x82\0\0\0\0\xf2\x48");
    }
}
