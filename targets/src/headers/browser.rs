//! What Chromium says, a list for each kind of request, as `scripts/test-browser` sees it on the wire.
//!
//! Of a page at the URL's own origin, which is on this machine or goes over TLS: to other origins in the clear a browser says
//! neither `sec-ch-ua` nor `Sec-Fetch`, and accepts gzip and deflate alone. Of Debian's Chromium: Google's own says its name
//! besides. The lines stand in Chromium's order, which is that of a hash table. HTTP/2 has the same lines without `Connection`.

use super::{Header, Headers, ORIGIN, OverHttp2, lines};

const AGENT: (&str, &str) = (
    "User-Agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
);
const KEEP_ALIVE: (&str, &str) = ("Connection", "keep-alive");
const PLATFORM: (&str, &str) = ("sec-ch-ua-platform", "\"Linux\"");
const BRANDS: (&str, &str) = ("sec-ch-ua", "\"Not:A-Brand\";v=\"8\", \"Chromium\";v=\"156\"");
const MOBILE: (&str, &str) = ("sec-ch-ua-mobile", "?0");
const ANYTHING: (&str, &str) = ("Accept", "*/*");
const PRAGMA: (&str, &str) = ("Pragma", "no-cache");
const NO_CACHE: (&str, &str) = ("Cache-Control", "no-cache");
const FROM: (&str, &str) = ("Origin", ORIGIN);
/// What every request ends with.
const CODINGS: [(&str, &str); 2] =
    [("Accept-Encoding", "gzip, deflate, br, zstd"), ("Accept-Language", "en-US,en;q=0.9")];

impl Headers {
    /// A current Chromium: a same-origin `fetch()`, `new EventSource()`, `new WebSocket()`; a plain server's answer.
    pub fn browser() -> Headers {
        Headers {
            profile: "browser".to_owned(),
            request: fetch(),
            post: Some(post()),
            events: Some(events()),
            // Urgent, and of use before it is whole.
            http2: Some(OverHttp2 { priority: "u=1, i".to_owned(), weight: 219, upgrade_weight: 146 }),
            response: lines(&[("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]),
            upgrade_request: upgrade(),
            upgrade_response: vec![],
            date: true,
        }
    }
}

fn fetch() -> Vec<Header> {
    let own = [KEEP_ALIVE, PLATFORM, AGENT, BRANDS, MOBILE, ANYTHING];
    [lines(&own), fetched(), lines(&CODINGS)].concat()
}

fn post() -> Vec<Header> {
    let own = [
        KEEP_ALIVE,
        ("Content-Length", ""),
        PLATFORM,
        AGENT,
        BRANDS,
        ("Content-Type", "text/plain;charset=UTF-8"),
        MOBILE,
        ANYTHING,
        FROM,
    ];
    [lines(&own), fetched(), lines(&CODINGS)].concat()
}

fn events() -> Vec<Header> {
    let own = [
        KEEP_ALIVE,
        PRAGMA,
        NO_CACHE,
        PLATFORM,
        AGENT,
        ("Accept", "text/event-stream"),
        BRANDS,
        MOBILE,
        ("Last-Event-ID", ""),
    ];
    [lines(&own), fetched(), lines(&CODINGS)].concat()
}

/// Fetch Metadata, and where the page is.
fn fetched() -> Vec<Header> {
    let page = format!("{ORIGIN}/");
    lines(&[
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Dest", "empty"),
        ("Referer", &page),
    ])
}

fn upgrade() -> Vec<Header> {
    let own = [("Connection", ""), PRAGMA, NO_CACHE, AGENT];
    let of_the_upgrade = [("Upgrade", ""), FROM, ("Sec-WebSocket-Version", "")];
    let last = [
        ("Sec-WebSocket-Key", ""),
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
        ("Sec-WebSocket-Protocol", ""),
    ];
    [lines(&own), lines(&of_the_upgrade), lines(&CODINGS), lines(&last)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::RequestKind;

    /// Names in their order, and bytes of the lines at `http://127.0.0.1:8080`, places aside.
    #[test]
    fn a_list_for_each_kind() {
        for (kind, names, bytes) in [
            (
                RequestKind::Fetch,
                "Connection sec-ch-ua-platform User-Agent sec-ch-ua sec-ch-ua-mobile Accept Sec-Fetch-Site Sec-Fetch-Mode \
                 Sec-Fetch-Dest Referer Accept-Encoding Accept-Language",
                437,
            ),
            (
                RequestKind::Post,
                "Connection Content-Length sec-ch-ua-platform User-Agent sec-ch-ua Content-Type sec-ch-ua-mobile Accept Origin \
                 Sec-Fetch-Site Sec-Fetch-Mode Sec-Fetch-Dest Referer Accept-Encoding Accept-Language",
                508,
            ),
            (
                RequestKind::Events,
                "Connection Pragma Cache-Control sec-ch-ua-platform User-Agent Accept sec-ch-ua sec-ch-ua-mobile Last-Event-ID \
                 Sec-Fetch-Site Sec-Fetch-Mode Sec-Fetch-Dest Referer Accept-Encoding Accept-Language",
                494,
            ),
            (
                RequestKind::WebSocket,
                "Connection Pragma Cache-Control User-Agent Upgrade Origin Sec-WebSocket-Version Accept-Encoding \
                 Accept-Language Sec-WebSocket-Key Sec-WebSocket-Extensions Sec-WebSocket-Protocol",
                334,
            ),
        ] {
            let headers = Headers::browser();
            let list = headers.of(kind);
            let said: Vec<&str> = list.iter().map(|header| header.0.as_str()).collect();
            assert_eq!(said.join(" "), names);
            let lines: usize = list.iter().map(|header| header.line_bytes("http://127.0.0.1:8080")).sum();
            assert_eq!(lines, bytes, "{kind:?}");
        }
    }
}
