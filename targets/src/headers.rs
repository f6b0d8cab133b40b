//! Header profiles: what a client and a server say besides the message. They are most of polling's price, so
//! they are part of the scenario, and both ends read them here.

mod browser;

use serde::{Deserialize, Serialize};

/// One header line: name and value, as they go on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header(pub String, pub String);

/// What a client asks for. Browsers say something else for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// An answer: `fetch()`, or `XMLHttpRequest`.
    Fetch,
    /// The same with a body: a `POST`.
    Post,
    /// A stream of events: `new EventSource()`.
    Events,
    /// An upgrade: `new WebSocket()`.
    WebSocket,
}

/// In a value: scheme and authority of the URL that is asked, such as `http://127.0.0.1:8080`.
pub const ORIGIN: &str = "{origin}";

/// What whoever writes the message knows, and not the profile: without a value such a line marks its place among the others.
const PLACES: [&str; 7] = [
    "connection",
    "content-length",
    "last-event-id",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "upgrade",
];

impl Header {
    /// Whether it is no line of its own: only where one of this name is to stand.
    pub fn is_place(&self) -> bool {
        self.1.is_empty() && PLACES.iter().any(|name| self.0.eq_ignore_ascii_case(name))
    }

    /// Its bytes in HTTP/1.1, line end included, where `origin` is asked.
    pub fn line_bytes(&self, origin: &str) -> usize {
        if self.is_place() {
            return 0;
        }
        self.0.len() + self.1.replace(ORIGIN, origin).len() + ": \r\n".len()
    }
}

/// How a browser asks over HTTP/2. Of the pseudo-header fields it keeps `:authority` alone in its table: a path that stays is
/// written out each time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverHttp2 {
    /// The last field of a request that is no upgrade (RFC 9218).
    pub priority: String,
    /// Its weight, for servers that go by RFC 7540 (§5.3): five bytes in HEADERS.
    pub weight: u8,
    /// That of an upgrade.
    pub upgrade_weight: u8,
}

/// The headers of a trial. `Host`, `Content-Length` and the lines that the upgrade itself needs are added by
/// who writes the message, unless they stand here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Headers {
    /// The profile's name: `minimal`, `browser`, `article` or `own`.
    pub profile: String,
    /// Of each HTTP request that is no upgrade.
    pub request: Vec<Header>,
    /// Of those with a body, where they say something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<Vec<Header>>,
    /// Of those for a stream of events, where they say something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Header>>,
    /// What a browser does besides over HTTP/2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http2: Option<OverHttp2>,
    /// Of each HTTP response.
    pub response: Vec<Header>,
    /// Of the WebSocket upgrade request.
    pub upgrade_request: Vec<Header>,
    /// Of the 101 answer.
    pub upgrade_response: Vec<Header>,
    /// Whether responses carry the current `Date` (RFC 9110 §6.6.1 asks it of a server with a clock).
    pub date: bool,
}

/// The profiles that need no lists of the user's.
pub const PROFILES: &[&str] = &["minimal", "browser", "article"];

impl Headers {
    /// The profile of that name, if it is one of [`PROFILES`].
    pub fn profile(name: &str) -> Option<Headers> {
        match name {
            "minimal" => Some(Headers::minimal()),
            "browser" => Some(Headers::browser()),
            "article" => Some(Headers::article()),
            _ => None,
        }
    }

    /// What a request of this kind says, but for [`OverHttp2::priority`].
    pub fn of(&self, kind: RequestKind) -> &[Header] {
        let own = match kind {
            RequestKind::Fetch => None,
            RequestKind::Post => self.post.as_ref(),
            RequestKind::Events => self.events.as_ref(),
            RequestKind::WebSocket => Some(&self.upgrade_request),
        };
        own.unwrap_or(&self.request)
    }

    /// Sets what every HTTP request says that is no upgrade.
    pub fn set_request(&mut self, lines: Vec<Header>) {
        (self.request, self.post, self.events, self.http2) = (lines, None, None, None);
    }

    /// What HTTP/1.1 itself asks for and no more.
    pub fn minimal() -> Headers {
        Headers {
            profile: "minimal".to_owned(),
            request: vec![],
            post: None,
            events: None,
            http2: None,
            response: vec![],
            upgrade_request: vec![],
            upgrade_response: vec![],
            date: false,
        }
    }

    /// The request and response behind the famous 871 bytes ("HTML5 WebSocket: A Quantum Leap in Scalability
    /// for the Web", Lubbers & Greco): 716 bytes up, 193 and a body of 21 down. The upgrade request carries
    /// the same browser's lines.
    pub fn article() -> Headers {
        let flags = [
            "InheritedConstant",
            "InheritedProtectedConstant",
            "InheritedProperty",
            "InheritedProtectedProperty",
            "InheritedMethod",
            "InheritedProtectedMethod",
            "InheritedEvent",
            "InheritedStyle",
            "InheritedEffect",
        ];
        let cookie = flags.map(|flag| format!("show{flag}=false")).join("; ");
        let agent =
            "Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.9.1.5) Gecko/20091102 Firefox/3.5.5";
        let request = lines(&[
            ("Host", "localhost:8080"),
            ("User-Agent", agent),
            ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            ("Accept-Language", "en-us"),
            ("Accept-Encoding", "gzip,deflate"),
            ("Accept-Charset", "ISO-8859-1,utf-8;q=0.7,*;q=0.7"),
            ("Keep-Alive", "300"),
            ("Connection", "keep-alive"),
            ("Referer", "http://www.example.com/PollingStock/"),
            ("Cookie", &cookie),
        ]);
        let of_the_upgrade = |h: &&Header| !matches!(h.0.as_str(), "Keep-Alive" | "Connection");
        Headers {
            profile: "article".to_owned(),
            upgrade_request: request.iter().filter(of_the_upgrade).cloned().collect(),
            request,
            post: None,
            events: None,
            http2: None,
            response: lines(&[
                ("X-Powered-By", "Servlet/2.5"),
                ("Server", "Sun Java System Application Server 9.1_02"),
                ("Content-Type", "text/html;charset=UTF-8"),
            ]),
            upgrade_response: vec![],
            date: true,
        }
    }
}

fn lines(pairs: &[(&str, &str)]) -> Vec<Header> {
    pairs.iter().map(|&(name, value)| Header(name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_articles_request_has_716_bytes() {
        let lines: usize = Headers::article().request.iter().map(|h| h.0.len() + h.1.len() + 4).sum();
        assert_eq!("GET /PollingStock//PollingStock HTTP/1.1\r\n".len() + lines + 2, 716);
    }

    #[test]
    fn the_articles_response_has_193_bytes() {
        let lines: usize = Headers::article().response.iter().map(|h| h.0.len() + h.1.len() + 4).sum();
        let added = "HTTP/1.1 200 OK\r\nContent-Length: 21\r\nDate: Sat, 07 Nov 2009 00:32:46 GMT\r\n\r\n";
        assert_eq!(lines + added.len(), 193);
    }

    #[test]
    fn what_has_no_list_of_its_own_says_what_all_say() {
        let mut headers = Headers::article();
        assert!(
            [RequestKind::Post, RequestKind::Events].iter().all(|&kind| headers.of(kind) == headers.request)
        );
        headers = Headers::browser();
        assert!(
            [RequestKind::Post, RequestKind::Events].iter().all(|&kind| headers.of(kind) != headers.request)
        );
        let own = lines(&[("Accept", "*/*")]);
        headers.set_request(own.clone());
        assert!([RequestKind::Post, RequestKind::Events].iter().all(|&kind| headers.of(kind) == own));
        assert_eq!(headers.http2, None);
    }

    /// Profiles of results that an older wsbench wrote.
    #[test]
    fn lists_of_their_own_need_not_be_there() {
        let old = r#"{"profile":"own","request":[],"response":[],"upgrade_request":[],"upgrade_response":[],"date":false}"#;
        let headers: Headers = serde_json::from_str(old).unwrap();
        assert_eq!(headers, Headers { profile: "own".to_owned(), ..Headers::minimal() });
        assert_eq!(serde_json::to_string(&headers).unwrap(), old);
    }

    #[test]
    fn a_place_takes_no_bytes_and_an_origin_those_of_the_address() {
        let origin = "http://127.0.0.1:8080";
        for (name, value, bytes) in [
            ("Content-Length", "", 0),
            ("Content-Length", "7", "Content-Length: 7\r\n".len()),
            ("X-Empty", "", "X-Empty: \r\n".len()),
            ("Origin", ORIGIN, "Origin: http://127.0.0.1:8080\r\n".len()),
            ("Referer", "{origin}/", "Referer: http://127.0.0.1:8080/\r\n".len()),
        ] {
            assert_eq!(Header(name.to_owned(), value.to_owned()).line_bytes(origin), bytes, "{name}");
        }
    }

    #[test]
    fn every_profile_has_its_name() {
        assert!(PROFILES.iter().all(|name| Headers::profile(name).unwrap().profile == *name));
        assert_eq!(Headers::profile("nonesuch"), None);
    }
}
