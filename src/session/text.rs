//! Texts of a session, with places that are filled at each use: saved values, `{n}`, bytes, lengths; and those of
//! [`crate::message::place`]. Pure.
//!
//! `{NAME}` is what a step has saved, or a parameter, which has places of its own; `{n}` a number that is new each time; `{hex 20 02}` bytes;
//! `{len.u16:..}` what stands behind the colon, with its length in front; `{{` a brace. It must not know what a text is for.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::saved::SavedValues;
use crate::keys::span::quoted;
use crate::message::place::{self, Wrong};
use crate::message::template::Writing;
use crate::message::values::Values;

/// The place of a number that is new each time.
pub const NUMBER: &str = "n";
const HEX: &str = "hex ";
const LENGTH: &str = "len";

/// What the places of a client's texts are filled with.
pub struct Names<'a> {
    /// The client.
    pub client: u32,
    /// What clients have of their own.
    pub values: Option<&'a Values>,
    /// What was saved.
    pub saved: &'a SavedValues,
    /// Texts of the session's own, which have places too, but for these.
    pub parameters: &'a BTreeMap<String, String>,
    /// The last number.
    pub number: &'a Cell<u64>,
    /// What a regular expression has caught.
    pub captures: &'a [String],
    /// How a value is written where the text stands. A parameter is a part of the text.
    pub writing: Writing,
}

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In a step: every word in braces is a place, and two braces are one.
    Step,
    /// In a message of the load: what is no name is itself.
    Message,
}

/// A place of a session's own.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Own<'a> {
    Name(&'a str),
    Bytes(Vec<u8>),
    /// A length in that form, of what stands behind it.
    Length(Length, &'a str),
}

/// How a length is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    /// So many bytes, the most significant one first.
    Big(usize),
    /// The least significant one first.
    Little(usize),
    /// Seven bits a byte, the least significant ones first (MQTT 3.1.1 §2.2.3, LEB128).
    Varint,
    /// In digits.
    Decimal,
}

const LENGTHS: &[(&str, Length)] = &[
    ("", Length::Decimal),
    (".u8", Length::Big(1)),
    (".u16", Length::Big(2)),
    (".u32", Length::Big(4)),
    (".u16le", Length::Little(2)),
    (".u32le", Length::Little(4)),
    (".varint", Length::Varint),
];

/// The place that `text` begins with, and its length with braces; `None` where none of a session's own begins.
fn read(text: &str) -> Option<Result<(Own<'_>, usize), Wrong>> {
    let inside = text.strip_prefix('{')?;
    if let Some(rest) = inside.strip_prefix(LENGTH)
        && let Some((form, content)) = rest.split_once(':')
        && form.chars().all(|c| c == '.' || c.is_ascii_alphanumeric())
    {
        return Some(length(text, form, content));
    }
    let inside = &inside[..inside.find(['}', '{', '"', '\n'])?];
    let length = inside.len() + "{}".len();
    if !text[1 + inside.len()..].starts_with('}') {
        return None;
    }
    if let Some(digits) = inside.strip_prefix(HEX) {
        let wrong = || {
            (
                format!("has no bytes in {}", quoted(&text[..length])),
                "expected such as {hex 20 02}".to_owned(),
            )
        };
        return Some(bytes(digits).ok_or_else(wrong).map(|bytes| (Own::Bytes(bytes), length)));
    }
    let word =
        !inside.is_empty() && inside.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    word.then_some(Ok((Own::Name(inside), length)))
}

fn length<'a>(text: &'a str, form: &str, content: &'a str) -> Result<(Own<'a>, usize), Wrong> {
    let known = LENGTHS.iter().find(|(name, _)| *name == form);
    let expected = "expected {len:..}, {len.u8:..}, {len.u16:..}, {len.u32:..}, {len.varint:..}";
    let end = end(content);
    match (known, end) {
        (Some((_, length)), Some(end)) => {
            let whole = text.len() - content.len() + end + "}".len();
            Ok((Own::Length(*length, &content[..end]), whole))
        }
        _ => Err((format!("has no length in {}", quoted(&format!("{{len{form}:"))), expected.to_owned())),
    }
}

/// Where the brace is that closes what `content` stands in.
fn end(content: &str) -> Option<usize> {
    let mut open = 0;
    for (at, c) in content.char_indices() {
        match c {
            '{' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// The bytes of hexadecimal digits, with blanks between any two of them.
pub fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pair = |pair: &[u8]| match pair {
        [_, _] => u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok(),
        _ => None,
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    digits.chunks(2).map(pair).collect()
}

/// Every place of a text that is wrong, with its own text. `known` says which names there are.
pub fn wrong<'a>(text: &'a str, known: &dyn Fn(&str) -> bool) -> Vec<(Wrong, &'a str)> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('{') {
        rest = &rest[at..];
        let length = match read(rest) {
            _ if rest.starts_with("{{") => "{{".len(),
            Some(Ok((Own::Name(name), length))) if known(name) || is_capture(name) => length,
            Some(Ok((Own::Bytes(_), length))) => length,
            Some(Ok((Own::Length(_, content), length))) => {
                found.extend(wrong(content, known));
                length
            }
            Some(Err(why)) => {
                let end = rest.find('}').map_or(rest.len(), |end| end + 1);
                found.push((why, &rest[..end]));
                1
            }
            Some(Ok((Own::Name(_), _))) | None => match place::read(rest) {
                Some(Ok((_, length))) => length,
                Some(Err((why, label))) => {
                    let end = rest.find('}').map_or(rest.len(), |end| end + 1);
                    found.push((
                        (why, format!("{label}; {{NAME}} is what a step before has saved")),
                        &rest[..end],
                    ));
                    end
                }
                None => 1,
            },
        };
        rest = &rest[length..];
    }
    found
}

fn is_capture(name: &str) -> bool {
    name.len() <= 2 && name.bytes().all(|digit| digit.is_ascii_digit())
}

/// Appends `text` with its places filled.
pub fn fill(text: &str, kind: Kind, names: &Names<'_>, into: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        into.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at..];
        let length = place(rest, kind, names, into);
        rest = &rest[length..];
    }
    into.extend_from_slice(rest.as_bytes());
}

/// Appends what `text`, which begins with a brace, begins with; how much of it that was.
fn place(text: &str, kind: Kind, names: &Names<'_>, into: &mut Vec<u8>) -> usize {
    if let Some(rest) = text.strip_prefix("{{") {
        // In a message two braces are one where a place would be read behind them.
        let escapes = kind == Kind::Step
            || read(&text[1..]).is_some_and(|own| own.is_ok_and(|(own, _)| own.known(names)));
        into.push(b'{');
        if !escapes {
            return 1;
        }
        let name = rest.find('}').filter(|_| kind == Kind::Message).unwrap_or(0);
        into.extend_from_slice(&rest.as_bytes()[..name]);
        return 2 + name;
    }
    match read(text) {
        Some(Ok((own, length))) if own.known(names) => {
            own.write(kind, names, into);
            length
        }
        _ => match place::read(text).filter(|_| kind == Kind::Step) {
            Some(Ok((place, length))) => {
                let value = place::value(&place, names.client, names.values);
                (names.writing)(&value, into);
                length
            }
            _ => {
                into.push(b'{');
                1
            }
        },
    }
}

impl Own<'_> {
    fn known(&self, names: &Names<'_>) -> bool {
        match self {
            Own::Name(name) => {
                *name == NUMBER
                    || names.saved.get(name).is_some()
                    || names.parameters.contains_key(*name)
                    || is_capture(name) && !names.captures.is_empty()
            }
            Own::Bytes(_) | Own::Length(..) => true,
        }
    }

    fn write(&self, kind: Kind, names: &Names<'_>, into: &mut Vec<u8>) {
        match self {
            Own::Name(NUMBER) => {
                names.number.set(names.number.get() + 1);
                into.extend_from_slice(names.number.get().to_string().as_bytes());
            }
            Own::Name(name) if names.parameters.contains_key(*name) => {
                let none = BTreeMap::new();
                fill(&names.parameters[*name], Kind::Step, &Names { parameters: &none, ..*names }, into);
            }
            Own::Name(name) => {
                let caught = || name.parse::<usize>().ok().and_then(|nth| names.captures.get(nth));
                let value = names.saved.get(name).or_else(|| caught().map(String::as_str));
                value.iter().for_each(|value| (names.writing)(value, into));
            }
            Own::Bytes(bytes) => into.extend_from_slice(bytes),
            Own::Length(length, content) => {
                let mut inside = Vec::new();
                fill(content, kind, names, &mut inside);
                length.write(inside.len(), into);
                into.extend_from_slice(&inside);
            }
        }
    }
}

impl Length {
    /// What does not fit is cut: a server will say what it thinks of it.
    fn write(self, length: usize, into: &mut Vec<u8>) {
        match self {
            Length::Big(bytes) => into.extend_from_slice(&length.to_be_bytes()[size_of::<usize>() - bytes..]),
            Length::Little(bytes) => into.extend_from_slice(&length.to_le_bytes()[..bytes]),
            Length::Decimal => into.extend_from_slice(length.to_string().as_bytes()),
            Length::Varint => {
                let mut rest = length;
                while rest >= 0x80 {
                    into.push((rest & 0x7f) as u8 | 0x80);
                    rest >>= 7;
                }
                into.push(rest as u8);
            }
        }
    }
}

#[cfg(test)]
mod tests;
