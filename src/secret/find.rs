//! Where secrets seem to stand in a text that somebody else wrote: TOML, JSON in it, header lines, URLs.
//!
//! It reads no language whole: a text may be torn, or one language in the strings of another. In doubt it hides.

use std::ops::Range;

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
    let lower = written.to_ascii_lowercase();
    let scheme = SCHEMES.iter().find(|scheme| lower.starts_with(**scheme)).map_or(0, |scheme| scheme.len());
    let mut rest = written[scheme..].trim();
    let any = rest.starts_with("${");
    while let Some((_, behind)) = rest.strip_prefix("${").and_then(|inner| inner.split_once('}')) {
        rest = behind;
    }
    any && rest.is_empty()
}

/// Where secrets seem to stand: in their order, apart from each other, none empty. It looks within them too: where a quote
/// is missing, the next value begins in the one before.
pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
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

/// What the word at `name` gives a name to, if that is secret: a query parameter, a header, a key of a scenario or of
/// JSON in it.
fn named(text: &str, name: Range<usize>) -> Option<Range<usize>> {
    let (word, behind) = (&text[name.clone()], &text[name.end..]);
    if text[..name.start].ends_with(['?', '&']) && behind.starts_with('=') {
        let start = name.end + 1;
        let end = text[start..].find(|c: char| c.is_whitespace() || "&#\"'`<>)".contains(c));
        return is_parameter(word).then(|| start..end.map_or(text.len(), |end| start + end));
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
        return Some(start..start + open.inside(&text[start..]));
    }
    Some(start..start + bare(value, quote))
}

/// Bytes of a value without quotes; `key` is the quote of its name.
fn bare(value: &str, key: Option<Quote>) -> usize {
    // `"Cookie: a=b"` in a list ends with its quote, a header line with the line.
    let line = value.find(['"', '\n']).unwrap_or(value.len());
    let Some(quote) = key else { return line };
    if value.starts_with(['{', '[']) {
        return bracketed(value, quote);
    }
    let scalar = value.find([',', '}', ']', '\n']).unwrap_or(value.len());
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-. \t\r".contains(c);
    if value[..scalar].chars().all(plain) { scalar } else { line }
}

/// Bytes of an object or list up to its last bracket; all where that is missing.
fn bracketed(value: &str, quote: Quote) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(c) = value[at..].chars().next() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => {}
        }
        match Quote::at(&value[at..]).filter(|open| *open == quote) {
            Some(open) => {
                at += open.length + open.inside(&value[at + open.length..]);
                at += open.closing(&value[at..]);
            }
            None => at += c.len_utf8(),
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// What opens a string, and closes it: a quote or three, behind so many backslashes where the whole stands in another
/// string.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Quote {
    mark: &'static str,
    backslashes: usize,
    length: usize,
}

impl Quote {
    /// The quote that `text` begins with.
    fn at(text: &str) -> Option<Quote> {
        let marks = text.trim_start_matches('\\');
        let backslashes = text.len() - marks.len();
        // Within a string an empty one is closed at once: `\"\"\"` is no quote of three.
        let kinds: &[&str] = if backslashes > 0 { &["\"", "'"] } else { &["\"\"\"", "'''", "\"", "'"] };
        let mark = kinds.iter().find(|mark| marks.starts_with(**mark))?;
        Some(Quote { mark, backslashes, length: backslashes + mark.len() })
    }

    /// Bytes up to the one that closes; where there is none, up to the end of the line, or of all for three quotes.
    fn inside(self, text: &str) -> usize {
        let (mut run, basic) = (0, self.mark.starts_with('"'));
        for (at, c) in text.char_indices() {
            if text[at..].starts_with(self.mark) && (!basic || closes(run, self.backslashes)) {
                return at - self.backslashes.min(run);
            }
            if self.mark.len() == 1 && c == '\n' {
                return at;
            }
            run = if c == '\\' { run + 1 } else { 0 };
        }
        text.len()
    }

    /// Bytes of the quote at the front that closes: perhaps fewer backslashes than opened it, none where it is torn.
    fn closing(self, text: &str) -> usize {
        let marks = text.trim_start_matches('\\');
        if marks.starts_with(self.mark) { text.len() - marks.len() + self.mark.len() } else { 0 }
    }
}

/// Whether a quote behind `run` backslashes ends a string that began behind so many. Each level of strings within
/// strings doubles them and adds one for the quote.
fn closes(run: usize, began: usize) -> bool {
    match began {
        0 => run.is_multiple_of(2),
        _ => !run.is_multiple_of(2) && closes(run / 2, began / 2),
    }
}
