//! The head of an answer: of HTTP/1.1 (RFC 9112 §4, §5) read from bytes alone, of HTTP/2 from its fields.
//!
//! The caller hands over what it has; the answer is a whole head or "more". Whatever the bytes are split into, the
//! result is the same. It must not know what the body means; [`super::body`] reads that.

use std::mem::MaybeUninit;
use std::time::Duration;

use http::response::Parts;
use httparse::{Error, Response};

use super::body::Body;
use super::coding::Coding;
use super::head_cache;
use crate::drivers::limits::{MAX_HEAD_BYTES, MAX_HEADER_FIELDS};
use crate::meter::Failure;

/// The version of a head that came over HTTP/2.
pub const HTTP_2: u8 = 2;
/// Fields that are read without an allocation.
const USUAL_FIELDS: usize = 96;

/// What the head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Minor version of HTTP/1, or [`HTTP_2`].
    pub version: u8,
    /// Status code.
    pub status: u16,
    /// Bytes of the status line and fields, blank line and interim heads included.
    pub length: usize,
    /// How the body is delimited.
    pub body: Body,
    /// Whether the connection can carry another exchange (RFC 9112 §9.3).
    pub keep_alive: bool,
    /// How long the server keeps an idle connection, where it says so.
    pub keeps_for: Option<Duration>,
    /// Whether a cookie is set.
    pub sets_cookie: bool,
    /// Whether the body is `text/event-stream`.
    pub event_stream: bool,
    /// How the body is compressed, or otherwise encoded (RFC 9110 §8.4).
    pub coding: Coding,
}

impl Head {
    /// Whether the server does as asked.
    pub fn good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Reads the head at the front of `bytes`, with interim ones before it (RFC 9110 §15.2) in its length; `Ok(None)` asks
/// for more.
///
/// # Errors
/// [`Failure::Protocol`] for what is no head; [`Failure::TooLarge`] for one beyond [`MAX_HEAD_BYTES`] or
/// [`MAX_HEADER_FIELDS`].
pub fn head(bytes: &[u8]) -> Result<Option<Head>, Failure> {
    if let Some(head) = head_cache::get(bytes) {
        return Ok(Some(head));
    }
    let head = heads(bytes)?;
    // A head of no bytes would be like every other; there is none.
    if let Some((head, bytes)) = head.as_ref().and_then(|head| Some((head, bytes.get(..head.length)?))) {
        head_cache::put(bytes, head);
    }
    Ok(head)
}

/// The values of all fields of that name in the bytes of a whole head, as one list (RFC 9110 §5.3); `None` where there
/// is none. It looks behind interim heads, and is for what is rare.
pub fn field(head: &[u8], name: &str) -> Option<String> {
    list(&fields(head, name))
}

/// Values of a field as one list; `None` for none.
pub fn list(values: &[Vec<u8>]) -> Option<String> {
    let values: Vec<_> = values.iter().map(|value| String::from_utf8_lossy(value)).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// The same one by one, for a field that is no list (RFC 6265 §3).
pub fn fields(head: &[u8], name: &str) -> Vec<Vec<u8>> {
    let values = |response: &Response<'_, '_>| -> Vec<Vec<u8>> {
        let same = response.headers.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
        same.map(|field| field.value.trim_ascii().to_owned()).collect()
    };
    let mut rest = head;
    while let Ok(Some((status, length, values))) = parse(rest, &values) {
        if !interim(status) {
            return values;
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    vec![]
}

fn heads(bytes: &[u8]) -> Result<Option<Head>, Failure> {
    let mut ahead = 0;
    while let Some((status, length, head)) = parse(bytes.get(ahead..).unwrap_or_default(), &read)? {
        ahead += length;
        if ahead > MAX_HEAD_BYTES {
            return Err(Failure::TooLarge);
        }
        if !interim(status) {
            return head.map(|head| Some(Head { status, length: ahead, ..head }));
        }
    }
    Ok(None)
}

/// More is to come, and not by another protocol.
fn interim(status: u16) -> bool {
    (100..200).contains(&status) && status != 101
}

/// RFC 9112 §6.3: these have no body whatever they say.
fn bodyless(status: u16) -> bool {
    (100..200).contains(&status) || status == 204 || status == 304
}

/// Status and length of the first head in `bytes`, and what `look` makes of it; `None` asks for more.
fn parse<T>(
    bytes: &[u8],
    look: &impl Fn(&Response<'_, '_>) -> T,
) -> Result<Option<(u16, usize, T)>, Failure> {
    // Left uninitialised: clearing the array would cost more than reading a usual head.
    let mut usual = [const { MaybeUninit::uninit() }; USUAL_FIELDS];
    let parsed = match parse_into(bytes, &mut usual, look) {
        Err(Error::TooManyHeaders) => {
            let mut many = vec![MaybeUninit::uninit(); MAX_HEADER_FIELDS];
            parse_into(bytes, &mut many, look)
        }
        parsed => parsed,
    };
    match parsed {
        Ok(None) if bytes.len() > MAX_HEAD_BYTES => Err(Failure::TooLarge),
        Err(Error::TooManyHeaders) => Err(Failure::TooLarge),
        parsed => parsed.map_err(|_| Failure::Protocol),
    }
}

fn parse_into<'b, T>(
    bytes: &'b [u8],
    room: &mut [MaybeUninit<httparse::Header<'b>>],
    look: impl Fn(&Response<'_, '_>) -> T,
) -> Result<Option<(u16, usize, T)>, Error> {
    let mut response = Response::new(&mut []);
    let parser = httparse::ParserConfig::default();
    match parser.parse_response_with_uninit_headers(&mut response, bytes, room)? {
        httparse::Status::Partial => Ok(None),
        httparse::Status::Complete(length) => {
            Ok(Some((response.code.ok_or(Error::Status)?, length, look(&response))))
        }
    }
}

/// What one head says; status and length are for the caller.
fn read(response: &Response<'_, '_>) -> Result<Head, Failure> {
    let status = response.code.unwrap_or_default();
    let fields = response.headers.iter().map(|field| (field.name, field.value));
    let said = Said::of(fields)?;
    let body = match (said.coding, said.length) {
        _ if bodyless(status) => Body::of(0),
        // RFC 9112 §6.3: it overrides a Content-Length.
        (Some(coding), _) if coding.eq_ignore_ascii_case(b"chunked") => Body::chunked(),
        (None, Some(length)) => Body::of(length),
        _ => Body::until_close(),
    };
    let version = response.version.unwrap_or_default();
    let keep_alive = said.options.keep_alive(version == 1) && !body.ends_with_connection();
    Ok(Head { version, status, body, keep_alive, ..said.head() })
}

/// The same of HTTP/2, where streams end bodies (RFC 9113 §8.1), and connections are kept without a word.
///
/// # Errors
/// [`Failure::Protocol`] for what no head says; [`Failure::TooLarge`] for one that would be beyond [`MAX_HEAD_BYTES`] in HTTP/1.1.
pub fn of_stream(parts: &Parts) -> Result<Head, Failure> {
    if length_in_http_1(parts) > MAX_HEAD_BYTES {
        return Err(Failure::TooLarge);
    }
    let fields = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let said = Said::of(fields)?;
    let body = Body::carried(said.length.is_some());
    let status = parts.status.as_u16();
    Ok(Head { version: HTTP_2, status, body, keep_alive: true, keeps_for: None, ..said.head() })
}

/// Bytes of the same head in HTTP/1.1: status line, fields, blank line (RFC 9112 §4, §5).
pub fn length_in_http_1(parts: &Parts) -> usize {
    let reason = parts.status.canonical_reason().unwrap_or_default();
    let fields: usize =
        parts.headers.iter().map(|(name, value)| field_in_http_1(name.as_str(), value.as_bytes())).sum();
    "HTTP/1.1 200 \r\n".len() + reason.len() + fields + "\r\n".len()
}

/// The same of one field.
pub fn field_in_http_1(name: &str, value: &[u8]) -> usize {
    name.len() + ": ".len() + value.len() + "\r\n".len()
}

/// What the fields of a head say.
#[derive(Default)]
struct Said<'a> {
    length: Option<usize>,
    /// The last transfer coding.
    coding: Option<&'a [u8]>,
    options: Options,
    keeps_for: Option<Duration>,
    sets_cookie: bool,
    event_stream: bool,
    content: Option<Coding>,
}

impl<'a> Said<'a> {
    fn of(fields: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<Said<'a>, Failure> {
        let mut said = Said::default();
        for (name, value) in fields {
            said.add(name, value)?;
        }
        Ok(said)
    }

    fn add(&mut self, name: &str, value: &'a [u8]) -> Result<(), Failure> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("content-length") {
            let said = number(value)?;
            // RFC 9112 §6.3: two that differ leave no way to go on.
            if self.length.replace(said).is_some_and(|before| before != said) {
                return Err(Failure::Protocol);
            }
        } else if is("transfer-encoding") {
            // Of several the last one frames the body (RFC 9112 §6.1).
            self.coding = tokens(value).last();
            if tokens(value).any(|coding| !coding.eq_ignore_ascii_case(b"chunked")) {
                self.content = Some(Coding::Unknown);
            }
        } else if is("connection") {
            self.options.add(value);
        } else if is("keep-alive") {
            self.keeps_for = timeout(value);
        } else if is("content-type") {
            // Parameters may follow (RFC 9110 §8.3.1).
            let media = value.split(|&b| b == b';').next().unwrap_or_default();
            self.event_stream = media.trim_ascii().eq_ignore_ascii_case(b"text/event-stream");
        } else if is("set-cookie") {
            self.sets_cookie = true;
        } else if is("content-encoding") {
            // One behind another is nothing that servers do.
            let one = self.content.is_none_or(|content| content == Coding::Identity);
            self.content = Some(if one { Coding::of(value) } else { Coding::Unknown });
        }
        Ok(())
    }

    /// What of it is the same in all versions.
    fn head(&self) -> Head {
        Head {
            version: 0,
            status: 0,
            length: 0,
            body: Body::of(0),
            keep_alive: false,
            keeps_for: self.keeps_for,
            sets_cookie: self.sets_cookie,
            event_stream: self.event_stream,
            coding: self.content.unwrap_or(Coding::Identity),
        }
    }
}

/// The options of all `Connection` fields together (RFC 9110 §7.6.1).
#[derive(Default)]
struct Options {
    close: bool,
    keep_alive: bool,
}

impl Options {
    fn add(&mut self, value: &[u8]) {
        self.close |= tokens(value).any(|token| token.eq_ignore_ascii_case(b"close"));
        self.keep_alive |= tokens(value).any(|token| token.eq_ignore_ascii_case(b"keep-alive"));
    }

    /// RFC 9112 §9.3; `persistent` where connections are kept without a word, from HTTP/1.1 on.
    fn keep_alive(&self, persistent: bool) -> bool {
        !self.close && (persistent || self.keep_alive)
    }
}

fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&b| b == b',').map(<[u8]>::trim_ascii)
}

fn number(value: &[u8]) -> Result<usize, Failure> {
    let text = std::str::from_utf8(value.trim_ascii()).map_err(|_| Failure::Protocol)?;
    // `parse` would take a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or(Failure::Protocol)
}

/// `Keep-Alive: timeout=SECONDS` (RFC 2068 §19.7.1.1).
fn timeout(value: &[u8]) -> Option<Duration> {
    let seconds = tokens(value).find_map(|part| part.strip_prefix(b"timeout="))?;
    Some(Duration::from_secs(std::str::from_utf8(seconds.trim_ascii()).ok()?.parse::<u32>().ok()?.into()))
}

#[cfg(test)]
mod tests;
