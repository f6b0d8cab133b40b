//! SockJS 0.3.3 frames: text in, text out, no I/O.
//!
//! It must not know what carries a frame: a line of a response, an event, a WebSocket message. Its other end is any
//! SockJS server ("Protocol and framing" of sockjs-protocol).

use crate::drivers::json;
use crate::drivers::memory_budget::USUAL;
use crate::meter::Failure;

/// What a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// `o`: the session is open.
    Open,
    /// `h`: nothing to say, but still there.
    Heartbeat,
    /// 2,048 `h`: what an xhr-streaming response begins with, for browsers that hold back its first bytes.
    Prelude,
    /// `a["..",..]` or `m".."`: the messages are in the [`Messages`] that were given along.
    Messages,
    /// `c[code,"reason"]`: the session is over. The reason is in the [`Messages`].
    Close(u16),
}

/// The messages of one frame, unescaped, one behind the other. Kept from frame to frame for its memory.
#[derive(Debug, Default)]
pub struct Messages {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Messages {
    /// Each message, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, &end)| self.bytes.get(begin..end).unwrap_or_default())
    }

    /// Bytes of all of them together.
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Nothing of them is wanted any more, and no memory beyond what is usual is kept for the next.
    pub fn let_go(&mut self) {
        if self.bytes.capacity() + self.ends.capacity() * size_of::<usize>() > USUAL {
            *self = Messages::default();
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// The string at the front of `text`; what follows it.
    fn string<'a>(&mut self, text: &'a [u8]) -> Option<&'a [u8]> {
        let rest = json::string(text, &mut self.bytes)?;
        self.ends.push(self.bytes.len());
        Some(rest)
    }
}

/// Reads one whole frame, without what delimits it. Messages replace those in `messages`.
///
/// # Errors
/// [`Failure::Protocol`] for what is no frame; no message of such a one is believed.
pub fn decode(text: &[u8], messages: &mut Messages) -> Result<Frame, Failure> {
    messages.clear();
    let frame = match text {
        [b'o'] => Some(Frame::Open),
        [b'h'] => Some(Frame::Heartbeat),
        [b'h', rest @ ..] if rest.iter().all(|&b| b == b'h') => Some(Frame::Prelude),
        [b'a', list @ ..] => array(list, messages),
        [b'm', one @ ..] => messages.string(one).filter(|rest| rest.is_empty()).map(|_| Frame::Messages),
        [b'c', list @ ..] => close(list, messages),
        _ => None,
    };
    if !matches!(frame, Some(Frame::Messages | Frame::Close(_))) {
        messages.clear();
    }
    frame.ok_or(Failure::Protocol)
}

fn array(text: &[u8], messages: &mut Messages) -> Option<Frame> {
    let mut rest = json::token(text, b'[')?;
    if let Some(end) = json::token(rest, b']') {
        return end.is_empty().then_some(Frame::Messages);
    }
    loop {
        rest = messages.string(rest)?;
        match json::token(rest, b',') {
            Some(more) => rest = more,
            None => return json::token(rest, b']')?.is_empty().then_some(Frame::Messages),
        }
    }
}

fn close(text: &[u8], scratch: &mut Messages) -> Option<Frame> {
    let rest = json::token(text, b'[')?;
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let (code, rest) = rest.split_at(digits);
    let code = std::str::from_utf8(code).ok()?.parse().ok()?;
    let rest = scratch.string(json::token(rest, b',')?)?;
    json::token(rest, b']')?.is_empty().then_some(Frame::Close(code))
}

/// What a client sends for `message`: `["message"]`, behind what is in `into`.
pub fn encode(message: &str, into: &mut Vec<u8>) {
    into.push(b'[');
    into.extend_from_slice(json::quoted(message).as_bytes());
    into.push(b']');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> Result<(Frame, Vec<String>), Failure> {
        let mut messages = Messages::default();
        let frame = decode(text, &mut messages)?;
        let texts = messages.iter().map(|m| String::from_utf8(m.to_vec()).unwrap()).collect();
        Ok((frame, texts))
    }

    #[test]
    fn frames_of_the_protocol() {
        let table: [(&str, Frame, &[&str]); 11] = [
            ("o", Frame::Open, &[]),
            ("h", Frame::Heartbeat, &[]),
            ("hh", Frame::Prelude, &[]),
            (r#"a["x"]"#, Frame::Messages, &["x"]),
            (r#"a["hi\u2028","b"]"#, Frame::Messages, &["hi\u{2028}", "b"]),
            (r#"a[ "" , "a,]\"" ]"#, Frame::Messages, &["", "a,]\""]),
            ("a[]", Frame::Messages, &[]),
            (r#"m"one""#, Frame::Messages, &["one"]),
            (r#"c[3000,"Go away!"]"#, Frame::Close(3000), &["Go away!"]),
            (
                r#"c[2010,"Another connection still open"]"#,
                Frame::Close(2010),
                &["Another connection still open"],
            ),
            (r#"c[1002, ""]"#, Frame::Close(1002), &[""]),
        ];
        for (text, frame, messages) in table {
            let expected = messages.iter().map(|&m| m.to_owned()).collect();
            assert_eq!(read(text.as_bytes()), Ok((frame, expected)), "{text}");
        }
        assert_eq!(read(&[b'h'; 2048]), Ok((Frame::Prelude, vec![])));
    }

    #[test]
    fn nonsense_is_a_protocol_failure() {
        let table = [
            "",
            "x",
            "oo",
            "ho",
            "a",
            "a[",
            "a]",
            r#"a["x""#,
            r#"a["x",]"#,
            r#"a["x"]b"#,
            "a[1]",
            r#"a["x" "y"]"#,
            r#"m"a"b"#,
            "m",
            "c",
            "c[]",
            "c[3000]",
            r#"c[,"x"]"#,
            r#"c[3000,"x"]y"#,
            r#"c[99999999,"x"]"#,
            "O",
        ];
        for text in table {
            assert_eq!(read(text.as_bytes()), Err(Failure::Protocol), "{text:?}");
        }
    }

    #[test]
    fn split_at_every_byte_no_part_is_taken_for_the_whole() {
        for text in [r#"a["one","t\u0077o \ud83d\ude00","\\"]"#, r#"c[3000,"Go away!"]"#, r#"m"x\n""#] {
            assert!(read(text.as_bytes()).is_ok(), "{text}");
            for cut in 0..text.len() {
                assert_eq!(read(&text.as_bytes()[..cut]), Err(Failure::Protocol), "{text} cut at {cut}");
            }
        }
    }

    #[test]
    fn what_came_before_is_forgotten() {
        let mut messages = Messages::default();
        decode(br#"a["x","y"]"#, &mut messages).unwrap();
        assert_eq!((messages.iter().count(), messages.length()), (2, 2));
        for next in [&b"h"[..], br#"a["z",1]"#] {
            let _what_it_says = decode(next, &mut messages);
            assert_eq!((messages.iter().count(), messages.length()), (0, 0));
        }
    }

    #[test]
    fn a_sent_message_of_20_bytes_is_24() {
        let mut sent = Vec::new();
        encode("0123456789abcdefghij", &mut sent);
        assert_eq!(sent, br#"["0123456789abcdefghij"]"#);
        assert_eq!(sent.len(), 24);
    }

    proptest! {
        #[test]
        fn what_is_sent_comes_back(messages: Vec<String>) {
            let mut frame = b"a".to_vec();
            frame.extend(serde_json::to_vec(&messages).unwrap());
            prop_assert_eq!(read(&frame), Ok((Frame::Messages, messages.clone())));
            for message in messages {
                let mut sent = b"a".to_vec();
                encode(&message, &mut sent);
                prop_assert_eq!(read(&sent), Ok((Frame::Messages, vec![message.clone()])));
                prop_assert_eq!(serde_json::from_slice::<Vec<String>>(&sent[1..]).unwrap(), vec![message]);
            }
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let mut messages = Messages::default();
            for head in [&b""[..], b"a[\"", b"m\"\\u", b"c["] {
                let _answer = decode(&[head, &bytes[..]].concat(), &mut messages);
            }
        }
    }
}
