//! Socket.IO packets (protocol 5; 4 is written alike): `<type>[<attachments>-][<namespace>,][<ack id>][JSON]`.
//!
//! No I/O, no copies; what Engine.IO wraps around it is `engine`'s affair. Specification:
//! github.com/socketio/socket.io-protocol.

use std::fmt;

use crate::drivers::json;
use crate::meter::Failure;

/// The namespace that needs no name.
pub const MAIN: &str = "/";
/// A packet that announces more breaks the protocol.
const MAX_ATTACHMENTS: usize = 1_000;

/// What a packet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To and from: the client joins a namespace.
    Connect,
    /// The namespace is left.
    Disconnect,
    /// `["name", arguments..]`.
    Event,
    /// `[arguments..]`, in answer to the event with this ack id.
    Ack,
    /// The namespace cannot be joined.
    ConnectError,
    /// An event with attachments.
    BinaryEvent,
    /// An ack with attachments.
    BinaryAck,
}

impl Kind {
    const ALL: [Kind; 7] = [
        Kind::Connect,
        Kind::Disconnect,
        Kind::Event,
        Kind::Ack,
        Kind::ConnectError,
        Kind::BinaryEvent,
        Kind::BinaryAck,
    ];

    /// Whether attachments follow.
    pub fn is_binary(self) -> bool {
        matches!(self, Kind::BinaryEvent | Kind::BinaryAck)
    }
}

/// One packet, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What it is for.
    pub kind: Kind,
    /// Binary packets that follow this one; 0 unless [`Kind::is_binary`].
    pub attachments: usize,
    /// Which conversation it belongs to; begins with `/`.
    pub namespace: &'a str,
    /// Asks for an acknowledgement, or is one.
    pub id: Option<u64>,
    /// JSON, or nothing.
    pub data: &'a str,
}

impl<'a> Packet<'a> {
    /// A packet with this data and nothing else.
    pub fn new(kind: Kind, namespace: &'a str, data: &'a str) -> Packet<'a> {
        Packet { kind, attachments: 0, namespace, id: None, data }
    }

    /// Reads a packet.
    ///
    /// # Errors
    /// [`Failure::Protocol`] for what is none: an unknown type, bad JSON, an event without a name.
    pub fn decode(text: &'a str) -> Result<Packet<'a>, Failure> {
        let mut rest = Rest(text);
        let digit = usize::try_from(rest.digits(1)?.ok_or(Failure::Protocol)?).unwrap_or(usize::MAX);
        let kind = *Kind::ALL.get(digit).ok_or(Failure::Protocol)?;
        let attachments = if kind.is_binary() { rest.attachments()? } else { 0 };
        let namespace = rest.namespace();
        // All of them: what is left of a longer number would be taken for data.
        let id = rest.digits(usize::MAX)?;
        let packet = Packet { kind, attachments, namespace, id, data: rest.0 };
        if packet.is_sound() { Ok(packet) } else { Err(Failure::Protocol) }
    }

    fn is_sound(&self) -> bool {
        let well_formed = self.data.is_empty() || json::is_well_formed(self.data);
        well_formed
            && match self.kind {
                Kind::Event | Kind::BinaryEvent => self.event().is_some(),
                Kind::Ack | Kind::BinaryAck => self.id.is_some() && self.data.starts_with('['),
                Kind::Connect | Kind::Disconnect | Kind::ConnectError => true,
            }
    }

    /// The name of an event, as JSON writes it between its quotes.
    pub fn event(&self) -> Option<&'a str> {
        json::element(self.data, 0)?.strip_prefix('"')?.strip_suffix('"')
    }

    /// The first argument of an event or an ack, as it is written.
    pub fn argument(&self) -> Option<&'a str> {
        let behind = usize::from(matches!(self.kind, Kind::Event | Kind::BinaryEvent));
        json::element(self.data, behind)
    }
}

/// As it goes behind Engine.IO's `4`.
impl fmt::Display for Packet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind as u8)?;
        if self.kind.is_binary() {
            write!(f, "{}-", self.attachments)?;
        }
        if self.namespace != MAIN {
            write!(f, "{},", self.namespace)?;
        }
        if let Some(id) = self.id {
            write!(f, "{id}")?;
        }
        f.write_str(self.data)
    }
}

/// What is not yet read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// The number that comes next, at most so many digits of it.
    fn digits(&mut self, most: usize) -> Result<Option<u64>, Failure> {
        let length = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        if digits.is_empty() {
            return Ok(None);
        }
        digits.parse().map(Some).map_err(|_| Failure::Protocol)
    }

    fn attachments(&mut self) -> Result<usize, Failure> {
        let count = self.digits(5)?.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
        self.0 = self.0.strip_prefix('-').ok_or(Failure::Protocol)?;
        if count > MAX_ATTACHMENTS { Err(Failure::Protocol) } else { Ok(count) }
    }

    /// Up to the comma, which is left out where nothing follows. A query behind the name, as Socket.IO 2 has it, is
    /// no part of it.
    fn namespace(&mut self) -> &'a str {
        if !self.0.starts_with('/') {
            return MAIN;
        }
        let (name, rest) = self.0.split_once(',').unwrap_or((self.0, ""));
        self.0 = rest;
        name.split_once('?').map_or(name, |(name, _)| name)
    }
}

/// Writes the event `["name",message]`, and where `binary`, a place for the attachment in the message's stead. A message
/// that is a JSON object or array itself is written as it is, any other as a string. Bytes of it that are message.
pub fn write_event(event: &str, message: &[u8], binary: bool, into: &mut String) -> Result<usize, Failure> {
    into.push('[');
    into.push_str(&json::quoted(event));
    into.push(',');
    let length = if binary {
        into.push_str(r#"{"_placeholder":true,"num":0}"#);
        0
    } else {
        let text = std::str::from_utf8(message).map_err(|_| Failure::Protocol)?;
        write_value(text, into)
    };
    into.push(']');
    Ok(length)
}

fn write_value(text: &str, into: &mut String) -> usize {
    if json::is_container(text) {
        into.push_str(text.trim());
        return text.trim().len();
    }
    into.push_str(&json::quoted(text));
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(kind: Kind, attachments: usize, namespace: &'static str, id: Option<u64>) -> Packet<'static> {
        Packet { kind, attachments, namespace, id, data: "" }
    }

    /// The specification's examples, without Engine.IO's `4`.
    #[test]
    fn packets_are_as_specified() {
        let holder = r#"["baz",{"_placeholder":true,"num":0}]"#;
        let table = [
            ("0", with(Kind::Connect, 0, "/", None)),
            (r#"0/admin,{"sid":"x"}"#, Packet::new(Kind::Connect, "/admin", r#"{"sid":"x"}"#)),
            ("1/admin,", with(Kind::Disconnect, 0, "/admin", None)),
            (r#"2["foo"]"#, Packet::new(Kind::Event, "/", r#"["foo"]"#)),
            (
                r#"2/admin,456["project:delete",123]"#,
                Packet { data: r#"["project:delete",123]"#, ..with(Kind::Event, 0, "/admin", Some(456)) },
            ),
            ("3/admin,456[]", Packet { data: "[]", ..with(Kind::Ack, 0, "/admin", Some(456)) }),
            (r#"4{"message":"no"}"#, Packet::new(Kind::ConnectError, "/", r#"{"message":"no"}"#)),
            (
                r#"51-["baz",{"_placeholder":true,"num":0}]"#,
                Packet { data: holder, ..with(Kind::BinaryEvent, 1, "/", None) },
            ),
            (
                r#"61-/admin,456[{"_placeholder":true,"num":0}]"#,
                Packet {
                    data: r#"[{"_placeholder":true,"num":0}]"#,
                    ..with(Kind::BinaryAck, 1, "/admin", Some(456))
                },
            ),
        ];
        for (text, packet) in table {
            assert_eq!(Packet::decode(text), Ok(packet), "{text}");
            assert_eq!(packet.to_string(), text);
        }
        // The reference server writes `0/admin` without the comma when it refuses its data.
        assert_eq!(Packet::decode("0/admin"), Ok(with(Kind::Connect, 0, "/admin", None)));
        assert_eq!(Packet::decode("0/admin?token=1,"), Ok(with(Kind::Connect, 0, "/admin", None)));
    }

    #[test]
    fn nonsense_is_a_protocol_failure() {
        let table = [
            "",
            "7",
            "x",
            "2",
            "2[]",
            "2[1]",
            "2{}",
            r#"2["a""#,
            r#"2["a"]x"#,
            "3[]",
            "31{}",
            "5[\"a\"]",
            "5x-[]",
            "59999-[\"a\"]",
            "2/admin",
            "2999999999999999999999[\"a\"]",
            "499999999999999999999",
            "0{",
        ];
        for text in table {
            assert_eq!(Packet::decode(text), Err(Failure::Protocol), "{text}");
        }
    }

    #[test]
    fn a_message_is_quoted_unless_it_is_json_itself() {
        let table: [(&[u8], bool, &str, usize); 4] = [
            (b"abc\n", false, r#"["echo","abc\n"]"#, 4),
            (b"{\"id\":1}\n", false, r#"["echo",{"id":1}]"#, 8),
            (b"{not json", false, r#"["echo","{not json"]"#, 9),
            (&[0xff], true, r#"["echo",{"_placeholder":true,"num":0}]"#, 0),
        ];
        for (message, binary, text, length) in table {
            let mut written = String::new();
            assert_eq!(write_event("echo", message, binary, &mut written), Ok(length));
            assert_eq!(written, text);
        }
        assert_eq!(write_event("echo", &[0xff], false, &mut String::new()), Err(Failure::Protocol));
    }

    #[test]
    fn the_first_argument_is_found_in_events_and_acks() {
        let table = [
            (r#"2["news",{"hello":"world"},1]"#, Some("news"), Some(r#"{"hello":"world"}"#)),
            (r#"2["a,b"]"#, Some("a,b"), None),
            (r#"312["x"]"#, Some("x"), Some("\"x\"")),
            ("312[]", None, None),
        ];
        for (text, event, argument) in table {
            let packet = Packet::decode(text).unwrap();
            assert_eq!((packet.event(), packet.argument()), (event, argument), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            kind in proptest::sample::select(vec![Kind::Event, Kind::BinaryEvent]),
            attachments in 0usize..=MAX_ATTACHMENTS, id in proptest::option::of(0u64..1 << 60),
            namespace in "/[a-z0-9/]{0,8}", name in ".{0,8}", message in ".{0,20}",
        ) {
            let mut data = String::new();
            write_event(&name, message.as_bytes(), false, &mut data).unwrap();
            let attachments = if kind.is_binary() { attachments } else { 0 };
            let packet = Packet { kind, attachments, namespace: &namespace, id, data: &data };
            let text = packet.to_string();
            prop_assert_eq!(Packet::decode(&text), Ok(packet));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,40}", near in r#"[0-7][0-9/,a{}\[\]"\\-]{0,20}"#) {
            let _packet = Packet::decode(&text);
            let _packet = Packet::decode(&near);
        }
    }
}
