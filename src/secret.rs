//! What goes to a server and into no output: passwords, tokens, cookies.
//!
//! One place decides what is secret. [`Secret`] hides a value of which we know what it is; [`redacted`] and [`blotted`]
//! hide what looks like one in a text that somebody else wrote: a scenario's copy, an error's words. Only the private pipe
//! to the shards carries the value ([`revealed`]). It must not know anything else.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// Request and response headers that identify somebody, and Socket.IO's key of that kind in a scenario.
const HEADERS: &[&str] = &["authorization", "proxy-authorization", "cookie", "set-cookie", "auth"];
/// Query parameters that do.
const PARAMETERS: &[&str] = &["key", "sig", "auth", "pwd", "jwt", "credential", "code"];
/// Parts of a name, of either, that say so.
const WORDS: &[&str] =
    &["token", "secret", "passw", "api-key", "api_key", "apikey", "access-key", "access_key", "signature"];
/// What may stand before a value without being secret itself (RFC 9110 §11.4).
const SCHEMES: &[&str] = &["bearer ", "basic ", "token "];

/// Text that no output shows whole: `Display`, `Debug` and `Serialize` give what may be seen of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret {
    value: String,
    shown: String,
}

impl Secret {
    /// The value of the header `name`, hidden if the name says so, or if it was `written` with a reference to the
    /// environment; then the reference is shown.
    pub fn header(name: &str, value: String, written: &str) -> Secret {
        let shown = match (value != written || is_header(name), is_reference(written)) {
            (false, _) => value.clone(),
            (true, true) => written.to_owned(),
            (true, false) => REDACTED.to_owned(),
        };
        Secret { value, shown }
    }

    /// A URL or a part of one, `written` perhaps with references to the environment: they are shown as references.
    pub fn url(value: String, written: &str) -> Secret {
        Secret { value, shown: redacted(written) }
    }

    /// The value itself: for the server alone.
    pub fn reveal(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown)
    }
}

/// What was shown is all that is known.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        let value = String::deserialize(deserializer)?;
        Ok(Secret { shown: value.clone(), value })
    }
}

/// For the pipe to a shard, which nobody else reads: the value itself.
pub mod revealed {
    use super::{Deserialize, Deserializer, REDACTED, Secret, Serializer};

    /// Writes the value.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.reveal())
    }

    /// Reads the value; of it nothing will be shown.
    ///
    /// # Errors
    /// The deserializer's.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        Ok(Secret { value: String::deserialize(deserializer)?, shown: REDACTED.to_owned() })
    }
}

/// Whether the value of this header is nobody's business.
pub fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    HEADERS.contains(&name.as_str()) || WORDS.iter().any(|word| name.contains(word))
}

/// The same for a query parameter.
fn is_parameter(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PARAMETERS.contains(&name.as_str()) || name.ends_with("-signature") || is_header(&name)
}

/// Whether only references to the environment stand there: `Bearer ${TOKEN}` tells nobody anything.
fn is_reference(written: &str) -> bool {
    let lower = written.to_ascii_lowercase();
    let scheme = SCHEMES.iter().find(|scheme| lower.starts_with(**scheme)).map_or(0, |scheme| scheme.len());
    let mut rest = written[scheme..].trim();
    let any = rest.starts_with("${");
    while let Some((_, behind)) = rest.strip_prefix("${").and_then(|inner| inner.split_once('}')) {
        rest = behind;
    }
    any && rest.is_empty()
}

/// `text` with [`REDACTED`] where something secret seems to stand.
pub fn redacted(text: &str) -> String {
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for secret in secrets(text) {
        out += &text[from..secret.start];
        out += REDACTED;
        from = secret.end;
    }
    out + &text[from..]
}

/// The same with every place kept: a `*` for each byte, so that line and column stay.
pub fn blotted(text: &str) -> String {
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for secret in secrets(text) {
        out += &text[from..secret.start];
        out.extend(text[secret.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' }));
        from = secret.end;
    }
    out + &text[from..]
}

/// Where secrets seem to stand: in their order, apart from each other, none empty. It looks within them too: where a quote
/// is missing, the next value begins in the one before.
fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let (secret, step) = if text[at..].starts_with("://") {
            (userinfo(text, at + 3), 3)
        } else if is_word(next) {
            let length = word(&text[at..]);
            (named(text, at..at + length), length)
        } else {
            (None, next.len_utf8())
        };
        at += step;
        let Some(secret) = secret.filter(|it| !it.is_empty() && !is_reference(&text[it.clone()])) else {
            continue;
        };
        match found.last_mut() {
            Some(last) if secret.start <= last.end => last.end = last.end.max(secret.end),
            _ => found.push(secret),
        }
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

/// Bytes of the word at the front.
fn word(text: &str) -> usize {
    text.find(|c| !is_word(c)).unwrap_or(text.len())
}

/// What stands before the `@` of an authority (RFC 3986 §3.2.1). The last one counts: a password may hold another.
fn userinfo(text: &str, start: usize) -> Option<Range<usize>> {
    let end = text[start..].find(|c: char| c.is_whitespace() || "/?#\"'`<>".contains(c));
    let authority = &text[start..end.map_or(text.len(), |end| start + end)];
    Some(start..start + authority.rfind('@')?)
}

/// What the word at `name` gives a name to, if that is secret: a query parameter, a header, a key of a scenario.
fn named(text: &str, name: Range<usize>) -> Option<Range<usize>> {
    let word = &text[name.clone()];
    if text[..name.start].ends_with(['?', '&']) && text[name.end..].starts_with('=') {
        let start = name.end + 1;
        let end = text[start..].find(|c: char| c.is_whitespace() || "&#\"'`<>)".contains(c));
        return is_parameter(word).then(|| start..end.map_or(text.len(), |end| start + end));
    }
    if !is_header(word) {
        return None;
    }
    let rest = text[name.end..].trim_start_matches(['"', '\'']).trim_start_matches([' ', '\t']);
    let value = rest.strip_prefix([':', '='])?.trim_start_matches([' ', '\t']);
    let start = text.len() - value.len();
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| value.starts_with(quote));
    let (open, length) = match quote {
        Some(quote) => (quote.len(), quoted(&value[quote.len()..], quote)),
        // `"Cookie: a=b"` in a list ends with its quote, a header line with the line.
        None => (0, value.find(['"', '\n']).unwrap_or(value.len())),
    };
    Some(start + open..start + open + length)
}

/// Bytes up to the closing quote; where there is none, up to the end of the line, or of all for three quotes.
fn quoted(text: &str, quote: &str) -> usize {
    let (mut escaped, basic) = (false, quote.starts_with('"'));
    for (at, c) in text.char_indices() {
        if !escaped && (text[at..].starts_with(quote) || (quote.len() == 1 && c == '\n')) {
            return at;
        }
        escaped = basic && c == '\\' && !escaped;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_hidden_and_nothing_else() {
        let table = [
            ("Authorization = \"Bearer abc\"", "Authorization = \"[redacted]\""),
            (
                "headers = { Cookie = 'a=b; c=d', Accept = \"x\" }",
                "headers = { Cookie = '[redacted]', Accept = \"x\" }",
            ),
            ("\"X-Api-Key\" = \"a\\\"b\" # c", "\"X-Api-Key\" = \"[redacted]\" # c"),
            (
                "request = [\"Cookie: a=b\", \"Accept: x\"]",
                "request = [\"Cookie: [redacted]\", \"Accept: x\"]",
            ),
            ("Proxy-Authorization: Basic abc\r\nHost: x", "Proxy-Authorization: [redacted]\nHost: x"),
            ("cookie = \"\"\"a\nb\"\"\"\nx = 1", "cookie = \"\"\"[redacted]\"\"\"\nx = 1"),
            ("cookie = \"never closed\nx = 1", "cookie = \"[redacted]\nx = 1"),
            ("{ Cookie = \"a, X-Api-Key = \"b\" }", "{ Cookie = \"[redacted]\"[redacted]\" }"),
            ("see wss://me:p@ss@host/x", "see wss://[redacted]@host/x"),
            ("http://h/p?a=1&access_token=xyz&b=2", "http://h/p?a=1&access_token=[redacted]&b=2"),
            ("\"http://h/?sig=x\" and ?key=y", "\"http://h/?sig=[redacted]\" and ?key=[redacted]"),
            ("Authorization = \"Bearer ${TOKEN}\"", "Authorization = \"Bearer ${TOKEN}\""),
            ("ws://h/?token=${T}", "ws://h/?token=${T}"),
            ("keyboard = 1, monkey=2, https://h/?monkey=3", "keyboard = 1, monkey=2, https://h/?monkey=3"),
            ("socketio = { auth = '{\"a\":\"b\"}' }", "socketio = { auth = '[redacted]' }"),
            ("authorised = [\"host\"]", "authorised = [\"host\"]"),
        ];
        for (text, expected) in table {
            assert_eq!(redacted(text), expected);
        }
    }

    #[test]
    fn a_secret_is_shown_nowhere() {
        let hidden = Secret::header("Authorization", "Bearer abc".to_owned(), "Bearer abc");
        let said = format!("{hidden} {hidden:?} {}", serde_json::to_string(&hidden).unwrap());
        assert!(!said.contains("abc") && said.contains(REDACTED), "{said}");
        assert_eq!(hidden.reveal(), "Bearer abc");
        let named = Secret::header("X-Name", "abc".to_owned(), "${NAME}");
        assert_eq!((named.to_string().as_str(), named.reveal()), ("${NAME}", "abc"));
        let plain = Secret::header("Accept", "text/plain".to_owned(), "text/plain");
        assert_eq!(plain.to_string(), "text/plain");
    }

    proptest! {
        #[test]
        fn blots_keep_every_place(text in ".{0,40}(Cookie|token|://|\\?key)[ :=\"'@a-z\n]{0,30}") {
            let blotted = blotted(&text);
            prop_assert_eq!(blotted.len(), text.len());
            prop_assert_eq!(blotted.matches('\n').count(), text.matches('\n').count());
            redacted(&text);
        }
    }
}
