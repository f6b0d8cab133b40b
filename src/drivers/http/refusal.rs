//! Answers that are no answer: what they were exactly, for the meter.
//!
//! Nothing is followed: where a redirect leads is said, never visited. The rare path; it may allocate.

use super::response::{MAX_HEAD, line};
use crate::drivers::ClientContext;
use crate::meter::{Failure, Recorder, reasons};
use crate::secret::redacted;

/// Characters of a server's host name, or of a path, that are kept.
const KEPT: usize = 60;

/// A status that was not asked for. `head` begins with the answer's head.
pub fn refusal(status: u16, head: &[u8], context: &ClientContext) -> Failure {
    let meter = &context.shard.meter;
    let location = (300..400).contains(&status).then(|| line(head, "Location")).flatten();
    match location {
        Some(location) => {
            meter.reason(&format!("{status} to {}", place(&location, &context.endpoint.authority)));
        }
        None => meter.reason(&status.to_string()),
    }
    Failure::Status
}

/// What could not be read as an answer: `failure`, and of what.
pub fn misread(failure: Failure, inbox: &[u8], meter: &Recorder) -> Failure {
    if failure == Failure::TooLarge {
        let whole = inbox.windows(4).take(MAX_HEAD).any(|four| four == b"\r\n\r\n");
        meter.reason(if whole { reasons::LONG_BODY } else { reasons::LONG_HEAD });
    }
    failure
}

/// Where a `Location` leads (RFC 9110 §10.2.2): to another path of the server at `authority`, or to another host. Of
/// that no more is told: its path, a query and a user's name might be secrets.
fn place(location: &str, authority: &str) -> String {
    let (scheme, host, path) = parts(location);
    if host.is_none_or(|host| host.eq_ignore_ascii_case(authority)) {
        let path = if path.is_empty() { "/" } else { path };
        return format!("{} on the same host", kept(&redacted(path)));
    }
    let host = kept(host.unwrap_or_default());
    match scheme {
        "https" | "http" => format!("{scheme}://{host}"),
        _ => host,
    }
}

/// Scheme, host with port, and path of a URL or a relative reference (RFC 3986 §4.1).
fn parts(location: &str) -> (&str, Option<&str>, &str) {
    let location = location.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = location.split_once("//").filter(|(scheme, _)| !scheme.contains('/')) else {
        return ("", None, location);
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (scheme.trim_end_matches(':'), authority.rsplit('@').next(), path)
}

fn kept(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(KEPT).collect()
}

#[cfg(test)]
mod tests {
    use super::super::response::decode;
    use super::*;
    use crate::drivers::scripted::{context, run};

    #[test]
    fn a_status_is_counted_by_its_number_and_a_redirect_by_where_it_leads() {
        for (head, name) in [
            ("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "401"),
            (
                "HTTP/1.1 301 M\r\nLocation: https://u:p@b.example:1/x?token=1\r\nContent-Length: 0\r\n\r\n",
                "301 to https://b.example:1",
            ),
            (
                "HTTP/1.1 302 M\r\nLocation: /login?token=1\r\nContent-Length: 0\r\n\r\n",
                "302 to /login on the same host",
            ),
            (
                "HTTP/1.1 307 M\r\nLocation: http://127.0.0.1:7/feed/?token=1\r\nContent-Length: 0\r\n\r\n",
                "307 to /feed/ on the same host",
            ),
            (
                "HTTP/1.1 307 M\r\nLocation: //127.0.0.1:8//a\r\nContent-Length: 0\r\n\r\n",
                "307 to 127.0.0.1:8",
            ),
            ("HTTP/1.1 307 M\r\nContent-Length: 0\r\n\r\n", "307"),
        ] {
            let response = decode(head.as_bytes(), false).unwrap().unwrap();
            let tally = run(async {
                let context = context(([127, 0, 0, 1], 7).into());
                assert_eq!(refusal(response.status, head.as_bytes(), &context), Failure::Status);
                context.shard.meter.tally()
            });
            assert_eq!(tally.failures.reasons.each().collect::<Vec<_>>(), [(name, 1)]);
        }
    }
}
