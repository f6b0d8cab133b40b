//! A URL as a text: scheme, host, port, path.
//!
//! It must not know what is expected to be found there, nor look a name up. Its other end is `target`.

use super::TargetUrl;
use crate::keys::span::quoted;
use crate::secret::Secret;

/// What is wrong with a text, and what to say at the caret.
pub(super) type Wrong = (String, String);

const MOST: usize = 2_048;

impl std::fmt::Display for TargetUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.text)
    }
}

pub(super) fn wrong<T>(why: impl Into<String>, label: &str) -> Result<T, Wrong> {
    Err((why.into(), label.to_owned()))
}

/// Reads a URL; `${NAME}` in it is the value of that environment variable.
pub(super) fn url(written: &str) -> Result<TargetUrl, Wrong> {
    let text = in_punycode(super::variables::expanded(written)?)?;
    if text.len() > MOST {
        return wrong(format!("is longer than {MOST} bytes"), "shorten it");
    }
    if let Some(bad) = text.chars().find(|c| !c.is_ascii_graphic()) {
        return wrong(format!("may not contain {bad:?}"), "percent-encode it");
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return wrong("has no scheme", "expected such as http://.. or ws://..");
    };
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "http" | "ws" | "https" | "wss") {
        let label = "expected http://, https://, ws:// or wss://";
        // What the file says, not what a variable holds.
        let said = written.split_once("://").map_or("of a variable", |(said, _)| said);
        return wrong(format!("has the scheme {}", quoted(said)), label);
    }
    if rest.contains('#') {
        return wrong("has a fragment (`#..`)", "a fragment is never sent: remove it");
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if authority.contains('@') {
        let label = "remove it, and write headers = { Authorization = \"Basic ${NAME}\" }";
        return wrong("has a user name or password", label);
    }
    let (host, port) =
        host_and_port(authority, Some(default_port(&scheme))).or_else(|why| match text == written {
            true => Err(why),
            false => wrong("has no valid host and port after its variables are filled in", &why.1),
        })?;
    if host.contains(['{', '}']) {
        return wrong("has a place in its host", "places may stand in the path and the query");
    }
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    // What stands behind the authority in the file is what may be shown of the path.
    let behind = written.split_once("://").map_or(written, |(_, rest)| rest);
    let behind = behind.find(['/', '?']).map_or("/", |at| &behind[at..]);
    Ok(TargetUrl {
        path: Secret::url(path, behind),
        host: host.to_owned(),
        port,
        text: Secret::url(text.clone(), written),
        scheme,
        ..TargetUrl::default()
    })
}

/// The port that goes without saying.
pub(super) fn default_port(scheme: &str) -> u16 {
    if matches!(scheme, "https" | "wss") { 443 } else { 80 }
}

/// A URL with its host as it goes on the wire (RFC 5891): browsers write letters beyond ASCII in punycode there, and in
/// percents elsewhere.
fn in_punycode(text: String) -> Result<String, Wrong> {
    let Some((scheme, rest)) = text.split_once("://") else { return Ok(text) };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.is_ascii() || authority.contains('@') {
        return Ok(text);
    }
    let (host, port) = authority.split_at(authority.rfind(':').unwrap_or(authority.len()));
    Ok(format!("{scheme}://{}{port}{path}", host_in_punycode(host)?))
}

/// A host's name as it goes on the wire.
pub(super) fn host_in_punycode(host: &str) -> Result<String, Wrong> {
    if host.is_ascii() {
        return Ok(host.to_owned());
    }
    let name = idna::domain_to_ascii_strict(host).ok().filter(|name| !name.is_empty());
    name.map_or_else(
        || wrong("has a host that is no internationalised domain name", "write it as xn--.."),
        Ok,
    )
}

/// `host:port`; without a port, the default one.
pub(super) fn host_and_port(authority: &str, default: Option<u16>) -> Result<(&str, u16), Wrong> {
    let end = match authority.strip_prefix('[') {
        Some(inner) => inner.find(']').map_or(authority.len(), |at| at + 2),
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end);
    let port = match (port.strip_prefix(':'), default) {
        (None, Some(default)) if port.is_empty() => default,
        (Some(digits), _) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            match digits.parse() {
                Ok(port) if port > 0 => port,
                _ => return wrong(format!("has the port {digits:?}"), "expected 1 to 65535"),
            }
        }
        (None, None) if port.is_empty() => return wrong("has no port", "expected host:port"),
        _ => return wrong("has no port behind the colon", "expected host:port, 1 to 65535"),
    };
    match host {
        "" | "[]" => wrong("has no host", "expected such as 127.0.0.1 or example.com"),
        host => Ok((host, port)),
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
            ("wss://example.com/feed", "example.com", 443, "/feed"),
            ("HTTPS://example.com:8443", "example.com", 8443, "/"),
        ] {
            let read = url(text).unwrap();
            assert_eq!((read.host.as_str(), read.port, read.path.reveal()), (host, port, path), "{text}");
        }
    }

    #[test]
    fn letters_beyond_ascii_are_punycode_in_a_host_and_refused_elsewhere() {
        for (text, host, port) in [
            ("http://b\u{fc}cher.localhost:81/x", "xn--bcher-kva.localhost", 81),
            ("wss://B\u{dc}CHER.example", "xn--bcher-kva.example", 443),
            ("http://\u{65e5}\u{672c}\u{8a9e}.example/", "xn--wgv71a119e.example", 80),
        ] {
            let read = url(text).unwrap();
            assert_eq!((read.host.as_str(), read.port), (host, port), "{text}");
            assert_eq!(read.to_string(), text, "shown as written");
        }
        for (text, advice) in [
            ("http://\u{ad}\u{fc}\u{200b}-.example/", "write it as xn--.."),
            ("http://localhost/gr\u{fc}\u{df}e", "percent-encode it"),
            ("http://localhost/?\u{fc}", "percent-encode it"),
            ("http://local host/", "percent-encode it"),
        ] {
            assert_eq!(url(text).unwrap_err().1, advice, "{text}");
        }
    }

    #[test]
    fn a_secret_in_the_query_is_known_and_not_shown() {
        let read = url("https://h/x?a=1&token=abc").unwrap();
        assert_eq!(read.path.reveal(), "/x?a=1&token=abc");
        assert_eq!(read.path.to_string(), "/x?a=1&token=[redacted]");
        assert_eq!(read.to_string(), "https://h/x?a=1&token=[redacted]");
    }

    #[test]
    fn what_a_variable_holds_is_in_no_error() {
        // Every environment has a PATH, and it is neither scheme nor port.
        let path = std::env::var("PATH").unwrap().to_ascii_lowercase();
        for written in ["${PATH}://h/", "http://h:${PATH}", "ftp${PATH}://h/"] {
            let (why, label) = url(written).unwrap_err();
            assert!(!why.to_ascii_lowercase().contains(&path) && !label.contains(&path), "{written}: {why}");
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
