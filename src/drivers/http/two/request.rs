//! A request as HTTP/2 says it (RFC 9113 §8.3): the same heading, and the fields that this version has.
//!
//! It must not know connections.

use std::borrow::Cow;
use std::rc::Rc;

use bytes::Bytes;
use http::Method;
use wsbench_targets::wire::Header;

use super::hpack::{Block, Field};
use super::session::Asking;
use crate::drivers::http::head::field_in_http_1;
use crate::drivers::http::heading::Heading;
use crate::drivers::http::request::Request;
use crate::meter::Failure;

/// What only HTTP/1.1 has (RFC 9113 §8.2.2); `Host` goes as `:authority`.
const NOT_HERE: [&str; 6] =
    ["connection", "host", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

impl Request {
    /// Another protocol that is asked for.
    pub(super) fn protocol(&self) -> Option<&'static str> {
        self.protocol
    }

    /// All of it, with these further `lines` of its head as HTTP/1.1 writes them.
    ///
    /// # Errors
    /// [`Failure::Protocol`] for a method that none is.
    pub(in crate::drivers::http) fn asking(&self, lines: &[u8]) -> Result<Asking, Failure> {
        let heading = self.heading();
        let method = Method::from_bytes(heading.method.as_bytes()).map_err(|_| Failure::Protocol)?;
        let fields = match &heading {
            // What all clients say is there once.
            Cow::Borrowed(heading) => {
                Rc::clone(self.head.fields.get_or_init(|| fields(heading, self.protocol)))
            }
            Cow::Owned(own) => fields(own, self.protocol),
        };
        let weight = heading.http2.as_ref().map(|http2| match self.protocol {
            Some(_) => http2.upgrade_weight,
            None => http2.weight,
        });
        let head = Block { fields, path: self.own_path(), more: further(lines), weight };
        // A POST has a body also where it is empty.
        let body = (!self.body.is_empty()).then(|| Bytes::copy_from_slice(&self.body));
        Ok(Asking {
            head,
            method,
            protocol: self.protocol,
            body,
            envelope: self.envelope.min(self.body.len()),
        })
    }
}

impl Block {
    /// Bytes of the same fields in HTTP/1.1: the request line, what `:authority` says as `Host`, the blank line.
    pub(super) fn length_in_http_1(&self) -> usize {
        let path = self.path.as_ref().map(Vec::len);
        let field = |field: &Field| match &*field.name {
            ":method" => field.value.len() + " ".len(),
            ":path" => path.unwrap_or(field.value.len()) + " HTTP/1.1\r\n".len(),
            ":authority" => field_in_http_1("host", &field.value),
            // What has no line there.
            ":scheme" | ":protocol" => 0,
            name => field_in_http_1(name, &field.value),
        };
        self.fields.iter().chain(&self.more).map(field).sum::<usize>() + "\r\n".len()
    }
}

/// The fields of a heading, pseudo-header fields first (RFC 9113 §8.3.1, RFC 8441 §4).
fn fields(heading: &Heading, protocol: Option<&str>) -> Rc<[Field]> {
    let host = heading.fields.iter().find(|header| header.0.eq_ignore_ascii_case("host"));
    let authority = host.map_or("", |host| host.1.as_str());
    let scheme = if heading.secure { "https" } else { "http" };
    let pseudo = [
        (":method", heading.method),
        (":authority", authority),
        (":scheme", scheme),
        (":path", heading.path.as_str()),
    ];
    let pseudo = pseudo.into_iter().chain(protocol.map(|protocol| (":protocol", protocol)));
    let is = |header: &Header, name: &str| header.0.eq_ignore_ascii_case(name);
    let no_trailers = |header: &Header| is(header, "te") && !header.1.eq_ignore_ascii_case("trailers");
    let here = |header: &&Header| !NOT_HERE.iter().any(|name| is(header, name)) && !no_trailers(header);
    let own = heading.fields.iter().filter(here).map(|header| (header.0.as_str(), header.1.as_str()));
    let kept = |name: &str| heading.http2.is_none() || name == ":authority";
    let pseudo = pseudo.map(|(name, value)| Field { stays: kept(name), ..field(name, value.as_bytes()) });
    pseudo.chain(own.map(|(name, value)| field(name, value.as_bytes()))).collect()
}

fn field(name: &str, value: &[u8]) -> Field {
    Field { name: name.to_ascii_lowercase(), value: value.trim_ascii().to_owned(), stays: true }
}

/// `Name: value` lines.
fn further(lines: &[u8]) -> Vec<Field> {
    let lines = lines.split(|&byte| byte == b'\n').filter_map(|line| {
        let colon = line.iter().position(|&byte| byte == b':')?;
        let name = std::str::from_utf8(&line[..colon]).ok()?;
        Some(field(name, &line[colon + 1..]))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_http_1_has_is_left_out() {
        let header = |name: &str, value: &str| Header(name.to_owned(), value.to_owned());
        let fields_of = |own: Vec<Header>| {
            let path = "/a".to_owned();
            let heading =
                Heading { method: "GET", path, fields: own, secure: true, http2: None, varies: false };
            let said = |field: &Field| format!("{}={}", field.name, String::from_utf8_lossy(&field.value));
            fields(&heading, None).iter().map(said).collect::<Vec<_>>().join(" ")
        };
        let all = fields_of(vec![
            header("Host", "example.com:7"),
            header("Connection", "keep-alive"),
            header("Keep-Alive", "115"),
            header("Upgrade", "websocket"),
            header("Transfer-Encoding", "chunked"),
            header("TE", "gzip"),
            header("User-Agent", "x"),
        ]);
        assert_eq!(all, ":method=GET :authority=example.com:7 :scheme=https :path=/a user-agent=x");
    }

    #[test]
    fn the_same_fields_in_http_1_have_a_length() {
        let header = |name: &str, value: &str| Header(name.to_owned(), value.to_owned());
        let own = vec![header("Host", "example.com"), header("Connection", "keep-alive"), header("X", "y")];
        let path = "/a".to_owned();
        let heading = Heading { method: "GET", path, fields: own, secure: true, http2: None, varies: false };
        let mut block = Block {
            fields: fields(&heading, None),
            path: None,
            more: further(b"Cookie: a=1\r\n"),
            weight: None,
        };
        let text = "GET /a HTTP/1.1\r\nHost: example.com\r\nX: y\r\nCookie: a=1\r\n\r\n";
        assert_eq!(block.length_in_http_1(), text.len());
        block.path = Some(b"/a/b".to_vec());
        assert_eq!(block.length_in_http_1(), text.len() + 2);
    }

    #[test]
    fn a_line_of_cookies_is_a_field() {
        let more = further(b"Cookie: a=1; b=2\r\n");
        assert_eq!(more, [Field { name: "cookie".to_owned(), value: b"a=1; b=2".to_vec(), stays: true }]);
        assert_eq!(further(b""), []);
    }
}
