//! Engine.IO packets, protocol 4 and the older 3 of Socket.IO 2: from bytes and to bytes, no I/O.
//!
//! It must not know what a message means; that is `packet`'s affair. Whatever comes in, the answer is packets or
//! [`Failure::Protocol`]. Specification: github.com/socketio/engine.io-protocol.

use std::borrow::Cow;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::drivers::websocket::decoder::Message;
use crate::meter::Failure;
use crate::transport::Eio;

/// Stands between the packets of a protocol 4 payload.
const SEPARATOR: u8 = 0x1e;

/// What a packet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The handshake's answer.
    Open,
    /// The session is over.
    Close,
    /// Heartbeat, from the server (protocol 4) or the client (3); with `probe`, the first word of an upgrade.
    Ping,
    /// The answer to a ping, with the same data.
    Pong,
    /// Carries something.
    Message,
    /// The last word of an upgrade.
    Upgrade,
    /// Ends a poll that would wait.
    Noop,
}

impl Kind {
    const ALL: [Kind; 7] =
        [Kind::Open, Kind::Close, Kind::Ping, Kind::Pong, Kind::Message, Kind::Upgrade, Kind::Noop];

    fn of(number: u8) -> Result<Kind, Failure> {
        Kind::ALL.get(usize::from(number)).copied().ok_or(Failure::Protocol)
    }

    fn digit(self) -> u8 {
        b'0' + self as u8
    }
}

/// What a packet carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data<'a> {
    /// UTF-8 text.
    Text(Cow<'a, str>),
    /// Bytes; what was base64 on the way is decoded.
    Binary(Cow<'a, [u8]>),
}

/// One packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What it is for.
    pub kind: Kind,
    /// What it carries.
    pub data: Data<'a>,
}

impl<'a> Packet<'a> {
    /// A packet of text.
    pub fn text(kind: Kind, text: impl Into<Cow<'a, str>>) -> Packet<'a> {
        Packet { kind, data: Data::Text(text.into()) }
    }

    /// A message of bytes.
    pub fn binary(bytes: impl Into<Cow<'a, [u8]>>) -> Packet<'a> {
        Packet { kind: Kind::Message, data: Data::Binary(bytes.into()) }
    }

    /// Reads one packet of text: a text frame, or a piece of a payload.
    pub fn of_text(version: Eio, text: &'a str) -> Result<Packet<'a>, Failure> {
        if let Some(encoded) = text.strip_prefix('b') {
            return of_base64(version, encoded);
        }
        let (digit, data) = text.split_at_checked(1).ok_or(Failure::Protocol)?;
        Ok(Packet::text(of_digit(digit)?, data))
    }

    /// Reads one packet of bytes: a binary frame.
    pub fn of_binary(version: Eio, bytes: &'a [u8]) -> Result<Packet<'a>, Failure> {
        match version {
            Eio::Four => Ok(Packet::binary(bytes)),
            // The type is a number here, not a digit.
            Eio::Three => {
                let (&kind, data) = bytes.split_first().ok_or(Failure::Protocol)?;
                Ok(Packet { kind: Kind::of(kind)?, data: Data::Binary(data.into()) })
            }
        }
    }

    /// Reads what came as one message of a WebSocket.
    pub fn of_message(version: Eio, message: Message<'a>) -> Result<Packet<'a>, Failure> {
        if !message.text {
            return Packet::of_binary(version, message.bytes);
        }
        Packet::of_text(version, std::str::from_utf8(message.bytes).map_err(|_| Failure::Protocol)?)
    }

    /// Appends what a frame holds; text or bytes as [`Packet::data`] is.
    pub fn write_frame(&self, version: Eio, into: &mut Vec<u8>) {
        match &self.data {
            Data::Text(text) => {
                into.push(self.kind.digit());
                into.extend_from_slice(text.as_bytes());
            }
            Data::Binary(bytes) => {
                if version == Eio::Three {
                    into.push(self.kind as u8);
                }
                into.extend_from_slice(bytes);
            }
        }
    }

    /// Appends the packet to a payload, the body of a request or an answer; binary data as base64.
    pub fn write_payload(&self, version: Eio, into: &mut Vec<u8>) {
        let text = match &self.data {
            Data::Text(text) => format!("{}{text}", char::from(self.kind.digit())),
            Data::Binary(bytes) => {
                let kind = if version == Eio::Three { self.kind.digit() } else { b'b' };
                let lead = if version == Eio::Three { "b" } else { "" };
                format!("{lead}{}{}", char::from(kind), STANDARD.encode(bytes))
            }
        };
        match version {
            Eio::Four if !into.is_empty() => into.push(SEPARATOR),
            Eio::Four => {}
            // Writing into memory cannot fail.
            Eio::Three => drop(write!(into, "{}:", text.encode_utf16().count())),
        }
        into.extend_from_slice(text.as_bytes());
    }
}

fn of_digit(digit: &str) -> Result<Kind, Failure> {
    let byte = digit.as_bytes().first().copied().unwrap_or_default();
    Kind::of(byte.wrapping_sub(b'0'))
}

/// Behind the `b`: in protocol 3 the type is before the base64, in 4 it can only be a message.
fn of_base64<'a>(version: Eio, encoded: &str) -> Result<Packet<'a>, Failure> {
    let (kind, encoded) = match version {
        Eio::Four => (Kind::Message, encoded),
        Eio::Three => {
            let (digit, encoded) = encoded.split_at_checked(1).ok_or(Failure::Protocol)?;
            (of_digit(digit)?, encoded)
        }
    };
    let bytes = STANDARD.decode(encoded).map_err(|_| Failure::Protocol)?;
    Ok(Packet { kind, data: Data::Binary(bytes.into()) })
}

/// The packets of a payload, in order; nothing behind the first that is none.
pub struct Payload<'a> {
    version: Eio,
    rest: &'a str,
    over: bool,
}

impl<'a> Payload<'a> {
    /// Of these bytes. An empty payload has no packets.
    pub fn new(version: Eio, bytes: &'a [u8]) -> Result<Payload<'a>, Failure> {
        let rest = std::str::from_utf8(bytes).map_err(|_| Failure::Protocol)?;
        Ok(Payload { version, rest, over: rest.is_empty() })
    }

    /// Takes the text of the next packet off.
    fn cut(&mut self) -> Result<&'a str, Failure> {
        let (piece, rest) = match self.version {
            Eio::Four => match self.rest.split_once(char::from(SEPARATOR)) {
                Some((piece, rest)) => (piece, rest),
                None => {
                    self.over = true;
                    (self.rest, "")
                }
            },
            Eio::Three => {
                let (length, rest) = self.rest.split_once(':').ok_or(Failure::Protocol)?;
                let units = length.parse().map_err(|_| Failure::Protocol)?;
                let piece = rest.split_at(bytes_of(rest, units).ok_or(Failure::Protocol)?);
                self.over = piece.1.is_empty();
                piece
            }
        };
        self.rest = rest;
        Ok(piece)
    }
}

/// Bytes of the first `units` characters as JavaScript counts them: in UTF-16, where one beyond U+FFFF is two.
fn bytes_of(text: &str, mut units: usize) -> Option<usize> {
    let mut chars = text.char_indices();
    while units > 0 {
        let (_, c) = chars.next()?;
        units = units.checked_sub(c.len_utf16())?;
    }
    Some(chars.offset())
}

impl<'a> Iterator for Payload<'a> {
    type Item = Result<Packet<'a>, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let packet = self.cut().and_then(|piece| Packet::of_text(self.version, piece));
        self.over |= packet.is_err();
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(version: Eio, bytes: &[u8]) -> Result<Vec<Packet<'_>>, Failure> {
        Payload::new(version, bytes)?.collect()
    }

    fn written(version: Eio, packets: &[Packet<'_>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        packets.iter().for_each(|packet| packet.write_payload(version, &mut bytes));
        bytes
    }

    /// The specifications' own examples.
    #[test]
    fn payloads_are_as_specified() {
        let (hello, euro) = (Packet::text(Kind::Message, "hello"), Packet::text(Kind::Message, "€"));
        let (ping, world) = (Packet::text(Kind::Ping, ""), Packet::text(Kind::Message, "world"));
        let bytes = Packet::binary(vec![1, 2, 3, 4]);
        let table = [
            (Eio::Four, "4hello\u{1e}2\u{1e}4world", vec![hello.clone(), ping.clone(), world]),
            (Eio::Four, "4hello\u{1e}bAQIDBA==", vec![hello.clone(), bytes.clone()]),
            (Eio::Three, "6:4hello2:4€", vec![hello.clone(), euro.clone()]),
            (Eio::Three, "2:4€10:b4AQIDBA==", vec![euro, bytes]),
            (Eio::Three, "3:4😀1:2", vec![Packet::text(Kind::Message, "😀"), ping]),
        ];
        for (version, text, packets) in table {
            assert_eq!(all(version, text.as_bytes()), Ok(packets.clone()), "{text}");
            assert_eq!(written(version, &packets), text.as_bytes(), "{text}");
        }
    }

    #[test]
    fn frames_are_as_specified() {
        let bytes = Packet::binary(vec![1, 2]);
        for (version, wire) in [(Eio::Four, &[1, 2][..]), (Eio::Three, &[4, 1, 2])] {
            let mut frame = Vec::new();
            bytes.write_frame(version, &mut frame);
            assert_eq!(frame, wire);
            assert_eq!(Packet::of_binary(version, wire), Ok(bytes.clone()));
        }
        assert_eq!(Packet::of_text(Eio::Four, "2probe"), Ok(Packet::text(Kind::Ping, "probe")));
    }

    #[test]
    fn nonsense_is_a_protocol_failure() {
        let four = ["7", "x", "4a\u{1e}", "\u{1e}", "bA", "b*", "é"];
        let three = ["5", "x:4", "9:4a", "1:", "2:😀", "1:x", "2:b", "0:", "1:b", "-1:4"];
        for text in four {
            assert_eq!(all(Eio::Four, text.as_bytes()), Err(Failure::Protocol), "{text:?}");
        }
        for text in three {
            assert_eq!(all(Eio::Three, text.as_bytes()), Err(Failure::Protocol), "{text:?}");
        }
        assert_eq!(all(Eio::Four, &[0xff]), Err(Failure::Protocol));
        assert_eq!(Packet::of_binary(Eio::Three, &[]), Err(Failure::Protocol));
        assert_eq!(all(Eio::Four, b""), Ok(vec![]));
    }

    fn packets() -> impl Strategy<Value = Vec<Packet<'static>>> {
        let kind = proptest::sample::select(Kind::ALL.to_vec());
        // Protocol 4 leaves it to the data not to hold its separator.
        let text = (kind, "[^\u{1e}]{0,12}").prop_map(|(kind, text)| Packet::text(kind, text));
        let binary = proptest::collection::vec(any::<u8>(), 0..12).prop_map(Packet::binary);
        proptest::collection::vec(prop_oneof![text, binary], 0..6)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(packets in packets()) {
            for version in [Eio::Four, Eio::Three] {
                let bytes = written(version, &packets);
                prop_assert_eq!(all(version, &bytes), Ok(packets.clone()));
            }
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, text in "[0-9b:\u{1e}é😀=]{0,30}") {
            for version in [Eio::Four, Eio::Three] {
                let _packets = all(version, &bytes);
                let _packets = all(version, text.as_bytes());
                let _packet = Packet::of_binary(version, &bytes);
            }
        }
    }
}
