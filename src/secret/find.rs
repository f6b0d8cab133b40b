//! Where secrets seem to stand in a text that somebody else wrote: TOML, JSON in it, header lines, URLs.
//!
//! It reads no language whole: a text may be torn, or one language in the strings of another. In doubt it hides. Its time
//! grows as the text does, whatever that is.

mod ends;

use std::ops::Range;

use ends::{Ends, Quote};

/// Request and response headers that identify somebody, and Socket.IO's key of that kind in a scenario.
const HEADERS: &[&str] = &["authorization", "proxy-authorization", "cookie", "set-cookie", "auth"];
/// Query parameters that do.
const PARAMETERS: &[&str] = &["key", "sig", "auth", "pwd", "pass", "jwt", "credential", "code"];
/// Keys of JSON that do. `code` is not among them: in answers of servers it is the number of an error.
const KEYS: &[&str] = &["key", "sig", "pwd", "pass", "jwt", "bearer", "credential", "credentials"];
/// Parts of a name, of any of them, that say so.
const WORDS: &[&str] = &[
    "token",
    "secret",
    "passw",
    "passphrase",
    "api-key",
    "api_key",
    "apikey",
    "access-key",
    "access_key",
    "accesskey",
    "private-key",
    "private_key",
    "privatekey",
    "signature",
];
/// A key that is none: every WebSocket handshake has another (RFC 6455 §4.1).
const HANDSHAKE: &str = "sec-websocket-key";
/// What may stand before a value without being secret itself (RFC 9110 §11.4).
const SCHEMES: &[&str] = &["bearer ", "basic ", "token "];

/// Whether the value of this header is nobody's business.
pub fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let named = HEADERS.contains(&name.as_str()) || WORDS.iter().any(|word| name.contains(word));
    named || name.starts_with("x-auth") || (is_some_key(&name) && name != HANDSHAKE)
}

/// Whether it is the key of something: `X-Functions-Key`, `auth_key`. A monkey is none.
fn is_some_key(lower: &str) -> bool {
    lower.ends_with("-key") || lower.ends_with("_key")
}

/// Where names are written in one word: `subscriptionKey`. In prose such a word names an error: only in URLs and JSON.
fn is_camel_key(name: &str) -> bool {
    name.strip_suffix("Key").is_some_and(|of| of.ends_with(|c: char| c.is_ascii_lowercase()))
}

/// The same for a query parameter.
fn is_parameter(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    PARAMETERS.contains(&lower.as_str())
        || lower.ends_with("-signature")
        || is_header(name)
        || is_camel_key(name)
}

/// The same for a key in quotes, as in JSON.
fn is_key(name: &str) -> bool {
    KEYS.contains(&name.to_ascii_lowercase().as_str()) || is_header(name) || is_camel_key(name)
}

/// Whether only references to the environment stand there: `Bearer ${TOKEN}` tells nobody anything.
pub(super) fn is_reference(written: &str) -> bool {
    let begins =
        |scheme: &&&str| written.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let scheme = SCHEMES.iter().find(begins).map_or(0, |scheme| scheme.len());
    let mut rest = written[scheme..].trim_start();
    let any = rest.starts_with("${");
    while let Some(name) = rest.strip_prefix("${") {
        let Some(behind) = name[word(name)..].strip_prefix('}') else { return false };
        rest = behind;
    }
    any && rest.trim_start().is_empty()
}

/// Where secrets seem to stand: in their order, apart from each other, none empty. It looks within them too: where a quote
/// is missing, the next value begins in the one before.
pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut ends, mut at) = (Ends::of(text), 0);
    while let Some(next) = text[at..].chars().next() {
        let (secret, step) = if text[at..].starts_with("://") {
            (userinfo(text, at + 3), 3)
        } else if is_word(next) {
            let length = word(&text[at..]);
            (named(&mut ends, at..at + length), length)
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

/// What the word at `name` gives a name to, if that is secret: a query parameter, a header, a key of a scenario or of
/// JSON in it.
fn named(ends: &mut Ends<'_>, name: Range<usize>) -> Option<Range<usize>> {
    let text = ends.text;
    let (word, behind) = (&text[name.clone()], &text[name.end..]);
    if text[..name.start].ends_with(['?', '&']) && behind.starts_with('=') {
        return is_parameter(word).then(|| name.end + 1..ends.parameter(name.end + 1));
    }
    let quote = Quote::at(behind);
    if !(is_header(word) || (quote.is_some() && is_key(word))) {
        return None;
    }
    // JSON may go on in the next line; a header line ends with its own.
    let blank: &[char] = if quote.is_some() { &[' ', '\t', '\r', '\n'] } else { &[' ', '\t'] };
    let rest = behind[quote.map_or(0, |quote| quote.length)..].trim_start_matches(blank);
    let value = rest.strip_prefix([':', '='])?.trim_start_matches(blank);
    let start = text.len() - value.len();
    if let Some(open) = Quote::at(value) {
        let start = start + open.length;
        return Some(start..ends.inside(open, start));
    }
    Some(start..bare(ends, start, quote))
}

/// Where a value without quotes ends; `key` is the quote of its name.
fn bare(ends: &mut Ends<'_>, start: usize, key: Option<Quote>) -> usize {
    // `"Cookie: a=b"` in a list ends with its quote, a header line with the line.
    let line = ends.line(start);
    let Some(quote) = key else { return line };
    if ends.text[start..].starts_with(['{', '[']) {
        return ends.bracketed(start, quote);
    }
    let scalar = ends.scalar(start);
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-. \t\r".contains(c);
    if ends.text[start..scalar].chars().all(plain) { scalar } else { line }
}
