//! `[target]`: a server that is there already. First form: plain HTTP and WebSocket, on this machine.
//!
//! It must not know what is expected to be found there; the plan says what goes with a URL.

use std::net::Ipv4Addr;

use super::fields::Fields;
use super::kinds::Text;
use super::third_party;
use super::{TargetUrl, ThirdParty};

/// What is wrong with a URL, and what to say at the caret.
type Wrong = (String, String);

const MOST: usize = 2_048;
const LATER: &str = "this version measures plain HTTP and WebSocket on this machine; the rest comes later";

/// What `[target]` names: one or the other.
pub(super) type Named = (Option<TargetUrl>, Option<ThirdParty>);

/// Reads `[target]`.
pub(super) fn read_table(f: &mut Fields<'_>) -> Named {
    let about = "a server of somebody else's, instead of the built-in reference target";
    let named = f.table("target", about, |f| {
        let kind = Text { parse: url, example: "\"ws://127.0.0.1:8080/echo\"" };
        let url = f.optional("url", "where the clients connect: http:// or ws://, on this machine", kind);
        let third_party = third_party::read(f);
        let help = "url = \"ws://..\" is a server that is there already, third-party = \"ws\" one that wsbench starts";
        f.one_of(&["url", "third-party"], help);
        Some((url, third_party))
    });
    named.unwrap_or_default()
}

impl std::fmt::Display for TargetUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

fn wrong<T>(why: impl Into<String>, label: &str) -> Result<T, Wrong> {
    Err((why.into(), label.to_owned()))
}

/// Reads a URL.
pub(super) fn url(text: &str) -> Result<TargetUrl, Wrong> {
    if text.len() > MOST {
        return wrong(format!("is longer than {MOST} bytes"), "shorten it");
    }
    if let Some(bad) = text.chars().find(|c| !c.is_ascii_graphic()) {
        return wrong(format!("may not contain {bad:?}"), "percent-encode it");
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return wrong("has no scheme", "expected http://.. or ws://..");
    };
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" | "ws" => 80,
        "https" | "wss" => return wrong(format!("asks for TLS ({scheme}://)"), LATER),
        _ => {
            return wrong(
                format!("has the scheme {}", super::place::quoted(&scheme)),
                "expected http:// or ws://",
            );
        }
    };
    if rest.contains('#') {
        return wrong("has a fragment (`#..`)", "a fragment is never sent: remove it");
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return wrong("has a user name or password", "a secret does not belong into a scenario: remove it");
    }
    let (host, port) = host_and_port(authority, default_port)?;
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Ok(TargetUrl { text: text.to_owned(), scheme, host: host.to_owned(), port, path })
}

fn host_and_port(authority: &str, default: u16) -> Result<(&str, u16), Wrong> {
    let end = match authority.strip_prefix('[') {
        Some(inner) => inner.find(']').map_or(authority.len(), |at| at + 2),
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end);
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => default,
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => match digits.parse() {
            Ok(port) if port > 0 => port,
            _ => return wrong(format!("has the port {digits:?}"), "expected 1 to 65535"),
        },
        _ => return wrong("has no port behind the colon", "expected host:port, 1 to 65535"),
    };
    if host.is_empty() {
        return wrong("has no host", "expected such as 127.0.0.1 or localhost");
    }
    let here = host.eq_ignore_ascii_case("localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    match here {
        true => Ok((host, port)),
        false => wrong(format!("names another machine ({})", super::place::quoted(host)), LATER),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn good_ones() {
        for (text, host, port, path) in [
            ("http://127.0.0.1:8080/x?y=1", "127.0.0.1", 8080, "/x?y=1"),
            ("WS://localhost", "localhost", 80, "/"),
            ("ws://[::1]:9/", "[::1]", 9, "/"),
            ("http://127.1.2.3?q", "127.1.2.3", 80, "/?q"),
        ] {
            let read = url(text).unwrap();
            assert_eq!((read.host.as_str(), read.port, read.path.as_str()), (host, port, path), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(tail in "[ -~]{0,40}") {
            let _ = url(&tail);
            let _ = url(&format!("ws://{tail}"));
        }
    }
}
