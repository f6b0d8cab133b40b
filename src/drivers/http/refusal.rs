//! Answers that are no answer: what they were exactly, for the meter.
//!
//! Nothing is followed: where a redirect leads is said, never visited. The rare path; it may allocate.

use super::response::{MAX_HEAD, line};
use crate::meter::{Failure, Recorder, reasons};

/// Characters of a server's host name that are kept.
const HOST: usize = 60;

/// A status that was not asked for. `head` begins with the answer's head.
pub fn refusal(status: u16, head: &[u8], meter: &Recorder) -> Failure {
    let location = (300..400).contains(&status).then(|| line(head, "Location")).flatten();
    match location {
        Some(location) => meter.reason(&format!("{status} to {}", host(&location))),
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

/// Whose URL it is: a path might hold a secret, and a user's name.
fn host(location: &str) -> String {
    let Some((scheme, rest)) = location.split_once("//") else { return "the same host".to_owned() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let kept: String = host.chars().filter(char::is_ascii_graphic).take(HOST).collect();
    match scheme {
        "https:" | "http:" => format!("{scheme}//{kept}"),
        _ => kept,
    }
}

#[cfg(test)]
mod tests {
    use super::super::response::decode;
    use super::*;

    #[test]
    fn a_status_is_counted_by_its_number_and_a_redirect_by_its_host() {
        for (head, name) in [
            ("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "401"),
            (
                "HTTP/1.1 301 M\r\nLocation: https://u:p@b.example:1/x?token=1\r\nContent-Length: 0\r\n\r\n",
                "301 to https://b.example:1",
            ),
            (
                "HTTP/1.1 302 M\r\nLocation: /login?token=1\r\nContent-Length: 0\r\n\r\n",
                "302 to the same host",
            ),
            ("HTTP/1.1 307 M\r\nContent-Length: 0\r\n\r\n", "307"),
        ] {
            let meter = Recorder::default();
            let response = decode(head.as_bytes(), false).unwrap().unwrap();
            assert_eq!(refusal(response.status, head.as_bytes(), &meter), Failure::Status);
            let tally = meter.tally();
            assert_eq!(tally.failures.reasons.each().collect::<Vec<_>>(), [(name, 1)]);
        }
    }
}
