//! Places of a text that each client fills in its own way: `{user.token}`, `{client}`, `{group}`, `{uuid}`, `{random.hex 16}`.
//!
//! `{env.NAME}` is the same for all. `{{` writes a brace. No I/O. It must not know where the text stands.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use wsbench_targets::pacer::Random;

use super::values::Values;
use crate::keys::span::quoted;
use crate::secret::REDACTED;

/// What is wrong with a place, and what to say at the caret.
pub type Wrong = (String, String);

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The client's value in a column.
    User(String),
    /// The client's number.
    Client,
    /// What the client's group is called.
    Group,
    /// A random UUID (RFC 9562 §5.4).
    Uuid,
    /// So many random hexadecimal digits.
    Hex(usize),
    /// The value of an environment variable.
    Env(String),
}

/// What may stand in braces.
const EXPECTED: &str =
    "expected {user.COLUMN}, {client}, {group}, {uuid}, {random.hex 16} or {env.NAME}; {{ writes a brace";
/// Of random digits.
const MOST_DIGITS: usize = 1024;
/// Digits of a UUID with its dashes.
pub(super) const UUID: usize = 36;
/// Words that no text has in braces by chance.
const OWN: [&str; 4] = ["user.", "env.", "random.", "uuid"];

/// The place that `text` begins with, and its length with braces; `None` where none begins there. Whatever looks like a
/// place, a word in braces, is one or is wrong.
pub fn read(text: &str) -> Option<Result<(Place, usize), Wrong>> {
    let inside = text.strip_prefix('{')?;
    let inside = &inside[..inside.find(['}', '{', '"', '\n'])?];
    let closed = text[1 + inside.len()..].starts_with('}');
    if !(closed && inside.starts_with(|c: char| c.is_ascii_alphabetic())) {
        return None;
    }
    let length = inside.len() + "{}".len();
    let wrong = |why: &str| Err((format!("{why} {}", quoted(&text[..length])), EXPECTED.to_owned()));
    Some(match inside.split_once('.') {
        Some(("user", column)) if !column.is_empty() => Ok((Place::User(column.to_owned()), length)),
        Some(("env", name)) if !name.is_empty() => Ok((Place::Env(name.to_owned()), length)),
        Some(("random", what)) => {
            match what.strip_prefix("hex").map(|rest| rest.trim_start_matches([' ', '.'])) {
                Some(digits) => match digits.parse() {
                    Ok(digits @ 1..=MOST_DIGITS) => Ok((Place::Hex(digits), length)),
                    _ => wrong("has another number of digits than 1 to 1024 in"),
                },
                None => wrong("knows no place"),
            }
        }
        None if inside == "client" => Ok((Place::Client, length)),
        None if inside == "group" => Ok((Place::Group, length)),
        None if inside == "uuid" => Ok((Place::Uuid, length)),
        _ => wrong("knows no place"),
    })
}

/// The same in a message, where every other brace is itself: only what cannot be meant otherwise is a place, or is wrong.
pub(super) fn read_in_message(text: &str) -> Option<Result<(Place, usize), Wrong>> {
    let own = text.strip_prefix('{').is_some_and(|inside| OWN.iter().any(|word| inside.starts_with(word)));
    if own { read(text) } else { None }
}

/// Every place of a text, with its own text; and what is wrong there.
pub fn all(text: &str) -> Vec<(Result<Place, Wrong>, &str)> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('{') {
        rest = &rest[at..];
        let length = match read(rest) {
            _ if rest.starts_with("{{") => "{{".len(),
            Some(Ok((place, length))) => {
                found.push((Ok(place), &rest[..length]));
                length
            }
            Some(Err(wrong)) => {
                let length = rest.find('}').map_or(rest.len(), |end| end + 1);
                found.push((Err(wrong), &rest[..length]));
                length
            }
            None => 1,
        };
        rest = &rest[length..];
    }
    found
}

/// Whether a text is another for each client, or has a brace that is written as two.
pub fn varies(text: &str) -> bool {
    text.contains("{{") || !all(text).is_empty()
}

/// A literal text as it is written where places are read.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if text.contains('{') { Cow::Owned(text.replace('{', "{{")) } else { Cow::Borrowed(text) }
}

/// `text` for a client, each value through `encode`; what is random is another each time.
pub fn fill(text: &str, client: u32, values: Option<&Values>, encode: impl Fn(&str) -> String) -> String {
    filled(text, |place| match place {
        Place::User(_) | Place::Group => encode(&value(place, client, values)),
        _ => value(place, client, values),
    })
}

/// What a client fills a place with.
pub fn value(place: &Place, client: u32, values: Option<&Values>) -> String {
    match place {
        Place::User(column) => {
            values.and_then(|values| values.get(client, column)).unwrap_or_default().to_owned()
        }
        Place::Client => client.to_string(),
        Place::Group => values.and_then(|values| values.group(client)).unwrap_or_default(),
        Place::Uuid => String::from_utf8_lossy(&uuid(random())).into_owned(),
        Place::Hex(digits) => hex(*digits, random()).map(char::from).collect(),
        Place::Env(name) => std::env::var(name).unwrap_or_default(),
    }
}

/// The same as it may be shown: no value, and what is random as it is written. `group` is the client's, where its number
/// says which.
pub fn shown(text: &str, client: u32, group: Option<u32>) -> String {
    filled(text, |place| match place {
        Place::User(_) | Place::Env(_) => REDACTED.to_owned(),
        Place::Client => client.to_string(),
        Place::Group => group.map_or(REDACTED.to_owned(), |group| group.to_string()),
        Place::Uuid => "{uuid}".to_owned(),
        Place::Hex(digits) => format!("{{random.hex {digits}}}"),
    })
}

fn filled(text: &str, value: impl Fn(&Place) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    split(text, |_, piece| match piece {
        Piece::Place(place) => out += &value(&place),
        Piece::Name(name) => out.extend(["{", name, "}"]),
        Piece::Text(text) => out += text,
    });
    out
}

/// A piece of a text.
pub(super) enum Piece<'a> {
    /// What stands between places.
    Text(&'a str),
    Place(Place),
    /// A word in braces that is no place: a session may know it.
    Name(&'a str),
}

/// Shows every piece of a text, and where it stands.
pub(super) fn split<'a>(text: &'a str, mut each: impl FnMut(usize, Piece<'a>)) {
    let mut from = 0;
    while let Some(next) = text[from..].find('{') {
        let at = from + next;
        each(from, Piece::Text(&text[from..at]));
        let rest = &text[at..];
        let (piece, length) = match read(rest) {
            _ if rest.starts_with("{{") => (Piece::Text("{"), "{{".len()),
            Some(Ok((place, length))) => (Piece::Place(place), length),
            Some(Err(_)) => named(rest),
            None => (Piece::Text("{"), 1),
        };
        each(at, piece);
        from = at + length;
    }
    each(from, Piece::Text(&text[from..]));
}

/// The name that `text` begins with, in braces, or else its brace; and the length of either.
fn named(text: &str) -> (Piece<'_>, usize) {
    let is_name = |inside: &&str| {
        inside.starts_with(|c: char| c.is_ascii_alphabetic())
            && inside.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    match text[1..].split_once('}').map(|(inside, _)| inside).filter(is_name) {
        Some(name) => (Piece::Name(name), name.len() + "{}".len()),
        None => (Piece::Text("{"), 1),
    }
}

/// `text` with these parameters, texts of a session's own that may have places, where their names stand.
pub fn with_parameters(text: &str, parameters: &BTreeMap<String, String>) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('{') {
        out += &rest[..at];
        rest = &rest[at..];
        let (piece, length) = if rest.starts_with("{{") { (Piece::Text("{{"), 2) } else { named(rest) };
        match piece {
            Piece::Name(name) if parameters.contains_key(name) => out += &parameters[name],
            _ => out += &rest[..length],
        }
        rest = &rest[length..];
    }
    out + rest
}

/// Whether a name of a session's own stands in a text.
pub fn has_names(text: &str) -> bool {
    let mut any = false;
    split(text, |_, piece| any |= matches!(piece, Piece::Name(_)));
    any
}

/// Another one at each use: SipHash of nothing with keys that differ from one use to the next.
pub(super) fn random() -> Random {
    Random::new(RandomState::new().hash_one(()), 0)
}

/// Random hexadecimal digits, so many.
pub(super) fn hex(digits: usize, mut random: Random) -> impl Iterator<Item = u8> {
    let mut bits = 0;
    (0..digits).map(move |nth| {
        bits = if nth % 16 == 0 { random.next_u64() } else { bits >> 4 };
        b"0123456789abcdef"[(bits & 15) as usize]
    })
}

/// A random UUID, version 4.
pub(super) fn uuid(random: Random) -> [u8; UUID] {
    let mut digits = hex(UUID, random);
    let mut id = [0; UUID];
    for (nth, byte) in id.iter_mut().enumerate() {
        let digit = digits.next().unwrap_or(b'0');
        *byte = match nth {
            8 | 13 | 18 | 23 => b'-',
            14 => b'4',
            19 => b"89ab"[usize::from(digit & 3)],
            _ => digit,
        };
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values::new(
            vec!["token".into(), "first name".into()],
            vec![vec!["t0".into(), "A b".into()], vec!["t1".into(), "C".into()]],
        )
    }

    #[test]
    fn places_are_filled_for_each_client() {
        let fill = |text, client| fill(text, client, Some(&values()), |value| value.replace(' ', "%20"));
        assert_eq!(fill("/ws?token={user.token}&n={client}", 1), "/ws?token=t1&n=1");
        assert_eq!(fill("{user.first name}{user.token}", 0), "A%20bt0");
        assert_eq!(fill("{{user.token}} {\"a\":{}} {", 0), "{user.token}} {\"a\":{}} {");
        assert_eq!(fill("{random.hex 7}{random.hex.9}", 0).len(), 16);
        let (one, other) = (fill("{uuid}", 0), fill("{uuid}", 0));
        assert_ne!(one, other);
        assert_eq!(fill(&escaped("{user.token} {{ {"), 0), "{user.token} {{ {");
        assert!(one.len() == UUID && &one[14..15] == "4" && "89ab".contains(&one[19..20]), "{one}");
        assert_eq!(shown("{user.token}/{client}/{group}/{uuid}/{{", 7, Some(3)), "[redacted]/7/3/{uuid}/{");
    }

    #[test]
    fn parameters_are_written_out_once() {
        let parameters = [("hub", "chat/{uuid}"), ("both", "{hub}"), ("client", "no")];
        let parameters = parameters.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        for (text, expected) in [
            ("/{hub}?t={token}&n={user.n}{", "/chat/{uuid}?t={token}&n={user.n}{"),
            ("{{hub}{both}{a b}{}", "{{hub}{hub}{a b}{}"),
            ("{hub", "{hub"),
        ] {
            assert_eq!(with_parameters(text, &parameters), expected);
        }
    }

    #[test]
    fn what_is_no_place_is_wrong_where_nothing_else_can_be_meant() {
        for text in
            ["{usr.token}", "{user.}", "{random.hex 0}", "{random.hex 9999}", "{random.int 5}", "{stamp}"]
        {
            assert!(matches!(&all(text)[..], [(Err(_), whole)] if *whole == text), "{text}");
        }
        for text in ["{}", "{\"a\":1}", "{ user.token }", "{{user.x}", "{1}", "{user.x", "user.x}"] {
            assert!(all(text).is_empty(), "{text}");
        }
        assert!(
            read_in_message("{token}").is_none() && read_in_message("{random.x}").is_some_and(|r| r.is_err())
        );
    }
}
