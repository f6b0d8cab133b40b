//! Decodes an HTTP/1.1 response (RFC 9112) from bytes alone: no I/O, and nothing between calls that changes an answer.
//!
//! The caller hands over what it has; the answer is a whole response or "more". Whatever the bytes are split into,
//! the result is the same.

use std::mem::MaybeUninit;
use std::ops::Range;

use smallvec::{SmallVec, smallvec};

use super::head_cache;
use crate::meter::Failure;

/// The longest head that is read: a server that sends more is not believed.
pub const MAX_HEAD: usize = 64 * 1024;
/// The longest body that is kept.
pub const MAX_BODY: usize = 16 * 1024 * 1024;
const MAX_HEADERS: usize = 96;

/// Places in a buffer; a single one needs no allocation.
pub type Ranges = SmallVec<[Range<usize>; 1]>;

/// A whole response at the front of a buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Bytes of the status line and headers, blank line included.
    pub head: usize,
    /// Where the body's bytes are in the buffer: one range, or one a chunk.
    pub body: Ranges,
    /// Bytes of the whole response.
    pub length: usize,
    /// Whether the connection can carry another exchange (RFC 9112 §9.3).
    pub keep_alive: bool,
    /// Sec-WebSocket-Accept, of a 101.
    pub accept: Option<String>,
}

impl Response {
    /// Bytes of the body, chunk lines not counted.
    pub fn body_length(&self) -> usize {
        self.body.iter().map(Range::len).sum()
    }

    /// Bytes that are neither head nor body: chunk sizes and trailers.
    pub fn framing(&self) -> usize {
        self.length - self.head - self.body_length()
    }
}

/// What the head says.
#[derive(Clone)]
pub struct Head {
    /// Status code.
    pub status: u16,
    /// Bytes of the status line and headers, blank line included.
    pub length: usize,
    /// How the body ends.
    pub body: Body,
    /// Whether the connection can carry another exchange (RFC 9112 §9.3).
    pub keep_alive: bool,
    /// Whether the body is `text/event-stream`.
    pub event_stream: bool,
    accept: Option<String>,
}

/// How a body ends.
#[derive(Clone, Copy)]
pub enum Body {
    /// After so many bytes.
    Length(usize),
    /// With a chunk of no bytes.
    Chunked,
    /// With the connection.
    UntilClose,
}

/// Reads one response from the front of `bytes`. `ended` says that no more will come. `Ok(None)` asks for more.
///
/// # Errors
/// [`Failure::Protocol`] for what is no response; [`Failure::TooLarge`] for more than [`MAX_HEAD`] or [`MAX_BODY`];
/// [`Failure::Closed`] when it ends in the middle.
pub fn decode(bytes: &[u8], ended: bool) -> Result<Option<Response>, Failure> {
    let Some(head) = head(bytes)? else {
        return if ended { Err(Failure::Closed) } else { Ok(None) };
    };
    let end = match head.body {
        Body::Length(length) => fixed(bytes, head.length, length)?,
        // Chunk lines may say much of little.
        Body::Chunked => match chunked(bytes, head.length)? {
            None if bytes.len() - head.length > 2 * MAX_BODY => return Err(Failure::TooLarge),
            end => end,
        },
        Body::UntilClose if bytes.len() - head.length > MAX_BODY => return Err(Failure::TooLarge),
        Body::UntilClose => ended.then(|| (smallvec![head.length..bytes.len()], bytes.len())),
    };
    let Some((body, length)) = end else {
        return if ended { Err(Failure::Closed) } else { Ok(None) };
    };
    let (status, keep_alive, accept) = (head.status, head.keep_alive, head.accept);
    Ok(Some(Response { status, head: head.length, body, length, keep_alive, accept }))
}

/// Reads the head at the front of `bytes`, with interim ones before it (RFC 9110 §15.2) in its length; `Ok(None)` asks
/// for more.
///
/// # Errors
/// As [`decode`].
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

fn heads(bytes: &[u8]) -> Result<Option<Head>, Failure> {
    let mut ahead = 0;
    while let Some(head) = one_head(bytes.get(ahead..).unwrap_or_default())? {
        ahead += head.length;
        if ahead > MAX_HEAD {
            return Err(Failure::TooLarge);
        }
        if !interim(head.status) {
            return Ok(Some(Head { length: ahead, ..head }));
        }
    }
    Ok(None)
}

/// More is to come, and not by another protocol.
fn interim(status: u16) -> bool {
    (100..200).contains(&status) && status != 101
}

fn one_head(bytes: &[u8]) -> Result<Option<Head>, Failure> {
    // Left uninitialised: clearing the array would cost more than reading a usual head.
    let mut headers = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut []);
    let parser = httparse::ParserConfig::default();
    let parsed = parser.parse_response_with_uninit_headers(&mut response, bytes, &mut headers);
    let length = match parsed.map_err(|_| Failure::Protocol)? {
        httparse::Status::Complete(length) if length <= MAX_HEAD => length,
        httparse::Status::Partial if bytes.len() <= MAX_HEAD => return Ok(None),
        _ => return Err(Failure::TooLarge),
    };
    let status = response.code.ok_or(Failure::Protocol)?;
    let mut body = if bodyless(status) { Body::Length(0) } else { Body::UntilClose };
    let mut keep_alive = response.version == Some(1);
    let (mut accept, mut event_stream, mut said) = (None, false, None);
    for header in response.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        if is("content-length") && !bodyless(status) && !matches!(body, Body::Chunked) {
            let length = number(header.value)?;
            // RFC 9112 §6.3: two that differ leave no way to go on.
            if said.replace(length).is_some_and(|before| before != length) {
                return Err(Failure::Protocol);
            }
            body = Body::Length(length);
        } else if is("transfer-encoding") && !bodyless(status) && has_token(header.value, "chunked") {
            // RFC 9112 §6.3: it overrides a Content-Length.
            body = Body::Chunked;
        } else if is("connection") {
            keep_alive =
                !has_token(header.value, "close") && (keep_alive || has_token(header.value, "keep-alive"));
        } else if is("content-type") {
            // Parameters may follow (RFC 9110 §8.3.1).
            let media = header.value.split(|&b| b == b';').next().unwrap_or_default();
            event_stream = media.trim_ascii().eq_ignore_ascii_case(b"text/event-stream");
        } else if is("sec-websocket-accept") {
            accept = std::str::from_utf8(header.value).ok().map(|value| value.trim().to_owned());
        }
    }
    keep_alive &= !matches!(body, Body::UntilClose);
    Ok(Some(Head { status, length, body, keep_alive, event_stream, accept }))
}

/// The values of all fields of that name in the bytes of a whole head, as one list (RFC 9110 §5.3); `None` where there
/// is none. For what is rare.
pub fn field(head: &[u8], name: &str) -> Option<String> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(head).ok()? else { return None };
    if interim(response.code?) {
        return field(head.get(length..)?, name);
    }
    let same = response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    let values: Vec<_> = same.map(|header| String::from_utf8_lossy(header.value.trim_ascii())).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// The value of a header in the bytes of a head that was decoded before, if it is text.
pub fn header(head: &[u8], name: &str) -> Option<String> {
    value(head, name, |value| std::str::from_utf8(value).ok().map(|value| value.trim().to_owned()))
}

/// The status of an answer whose head is whole, whatever follows it.
///
/// # Errors
/// As [`decode`].
pub fn status(bytes: &[u8]) -> Result<Option<u16>, Failure> {
    Ok(head(bytes)?.map(|head| head.status))
}

/// The same whatever its bytes are.
pub fn line(head: &[u8], name: &str) -> Option<String> {
    value(head, name, |value| Some(String::from_utf8_lossy(value).trim().to_owned()))
}

/// Looks behind the interim heads. For what is rare: the hot path has no use for it.
fn value(head: &[u8], name: &str, text: impl Fn(&[u8]) -> Option<String>) -> Option<String> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(head).ok()? else { return None };
    if interim(response.code?) {
        return value(head.get(length..)?, name, text);
    }
    let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    text(found.value)
}

/// RFC 9112 §6.3: these have no body whatever they say.
fn bodyless(status: u16) -> bool {
    (100..200).contains(&status) || status == 204 || status == 304
}

fn number(value: &[u8]) -> Result<usize, Failure> {
    let text = std::str::from_utf8(value.trim_ascii()).map_err(|_| Failure::Protocol)?;
    // `parse` would take a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let length: u64 = text.parse().ok().filter(|_| digits).ok_or(Failure::Protocol)?;
    usize::try_from(length).ok().filter(|&length| length <= MAX_BODY).ok_or(Failure::TooLarge)
}

fn has_token(value: &[u8], token: &str) -> bool {
    value.split(|&b| b == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

type End = Option<(Ranges, usize)>;

fn fixed(bytes: &[u8], start: usize, length: usize) -> Result<End, Failure> {
    let end = start.checked_add(length).ok_or(Failure::Protocol)?;
    Ok((bytes.len() >= end).then(|| (smallvec![start..end], end)))
}

/// RFC 9112 §7.1.
fn chunked(bytes: &[u8], start: usize) -> Result<End, Failure> {
    let (mut at, mut body, mut total) = (start, Ranges::new(), 0usize);
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let (line, size) = match httparse::parse_chunk_size(rest).map_err(|_| Failure::Protocol)? {
            httparse::Status::Complete((line, size)) => {
                (line, usize::try_from(size).map_err(|_| Failure::TooLarge)?)
            }
            httparse::Status::Partial => return Ok(None),
        };
        total = total.saturating_add(size);
        if total > MAX_BODY {
            return Err(Failure::TooLarge);
        }
        at += line;
        if size == 0 {
            return Ok(trailers(bytes, at)?.map(|end| (body, end)));
        }
        body.push(at..at + size);
        at += size;
        match bytes.get(at..at + 2) {
            Some(b"\r\n") => at += 2,
            Some(_) => return Err(Failure::Protocol),
            None => return Ok(None),
        }
    }
}

/// The end of the trailer section: its blank line.
fn trailers(bytes: &[u8], mut at: usize) -> Result<Option<usize>, Failure> {
    let start = at;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else {
            return if at + rest.len() - start > MAX_HEAD { Err(Failure::TooLarge) } else { Ok(None) };
        };
        at += end + 2;
        if end == 0 {
            return Ok(Some(at));
        }
    }
}

#[cfg(test)]
mod tests;
