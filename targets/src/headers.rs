//! Header profiles: what a client and a server say besides the message. They are most of polling's price, so
//! they are part of the scenario, and both ends read them here.

use serde::{Deserialize, Serialize};

/// One header line: name and value, as they go on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header(pub String, pub String);

/// The headers of a trial. `Host`, `Content-Length` and the lines that the upgrade itself needs are added by
/// who writes the message, unless they stand here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Headers {
    /// The profile's name: `minimal`, `browser`, `article` or `own`.
    pub profile: String,
    /// Of each HTTP request that is no upgrade.
    pub request: Vec<Header>,
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

    /// What HTTP/1.1 itself asks for and no more.
    pub fn minimal() -> Headers {
        Headers {
            profile: "minimal".to_owned(),
            request: vec![],
            response: vec![],
            upgrade_request: vec![],
            upgrade_response: vec![],
            date: false,
        }
    }

    /// A current desktop Chrome: a same-origin `fetch()` and a `new WebSocket()`; a plain server's answer.
    pub fn browser() -> Headers {
        let agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
        let common = [
            ("User-Agent", agent),
            ("Accept-Encoding", "gzip, deflate, br, zstd"),
            ("Accept-Language", "en-US,en;q=0.9"),
        ];
        let request = [
            ("Connection", "keep-alive"),
            ("sec-ch-ua-platform", "\"Linux\""),
            ("sec-ch-ua", "\"Chromium\";v=\"142\", \"Google Chrome\";v=\"142\", \"Not_A Brand\";v=\"99\""),
            ("sec-ch-ua-mobile", "?0"),
            ("Accept", "*/*"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Sec-Fetch-Mode", "cors"),
            ("Sec-Fetch-Dest", "empty"),
            ("Referer", "http://localhost:8080/"),
        ];
        let upgrade = [
            ("Pragma", "no-cache"),
            ("Cache-Control", "no-cache"),
            ("Origin", "http://localhost:8080"),
            ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
        ];
        Headers {
            profile: "browser".to_owned(),
            request: lines(&[&request[..], &common[..]].concat()),
            response: lines(&[("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]),
            upgrade_request: lines(&[&upgrade[..], &common[..]].concat()),
            upgrade_response: vec![],
            date: true,
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
    fn every_profile_has_its_name() {
        assert!(PROFILES.iter().all(|name| Headers::profile(name).unwrap().profile == *name));
        assert_eq!(Headers::profile("nonesuch"), None);
    }
}
