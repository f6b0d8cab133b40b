//! Answers that are no answer: what exactly they were, for the meter.
//!
//! Nothing is followed: where a redirect leads is said, never visited. The rare path; it may allocate.

use crate::drivers::said::quoted;
use crate::meter::{Failure, Recorder};

/// Characters of a redirect's aim that are kept.
const MAX_AIM: usize = 60;

/// A redirect to `location`: whose URL it is, or which path of the same host.
pub fn redirected(status: u16, location: Option<&str>, meter: &Recorder) -> Failure {
    match location {
        Some(location) => meter.reason(&format!("{status} to {}", aim(location))),
        None => meter.reason(&status.to_string()),
    }
    Failure::Status
}

/// Another status that was not asked for, and what the server says with it.
pub fn refused(status: u16, body: &[u8], meter: &Recorder) -> Failure {
    meter.reason_in_words(&status.to_string(), &quoted(body));
    Failure::Status
}

/// `failure`, and which limit it was where there is more than is read.
pub fn too_large(failure: Failure, limit: &str, meter: &Recorder) -> Failure {
    if failure == Failure::TooLarge {
        meter.reason(limit);
    }
    failure
}

/// Of another host its name alone: its path might hold a secret, and a user's name. Of the same host the path without
/// its query.
fn aim(location: &str) -> String {
    let kept = |text: &str| text.chars().filter(char::is_ascii_graphic).take(MAX_AIM).collect::<String>();
    let Some((scheme, rest)) = location.split_once("//") else {
        let path = location.split(['?', '#']).next().unwrap_or_default();
        return format!("{} on the same host", kept(path));
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = kept(authority.rsplit('@').next().unwrap_or_default());
    match scheme {
        "https:" | "http:" => format!("{scheme}//{host}"),
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons_of(meter: &Recorder) -> Vec<(String, u64)> {
        meter.tally().failures.reasons.each().map(|(name, count)| (name.to_owned(), count)).collect()
    }

    #[test]
    fn a_redirect_is_counted_by_its_aim() {
        for (location, name) in [
            (Some("https://u:p@b.example:1/x?token=1"), "301 to https://b.example:1"),
            (Some("//c.example/x"), "301 to c.example"),
            (Some("/login/?token=1"), "301 to /login/ on the same host"),
            (None, "301"),
        ] {
            let meter = Recorder::default();
            assert_eq!(redirected(301, location, &meter), Failure::Status);
            assert_eq!(reasons_of(&meter), [(name.to_owned(), 1)]);
        }
    }

    /// Words that differ from answer to answer must not hide how many there were.
    #[test]
    fn a_status_is_counted_by_its_number_with_the_first_words_that_came_with_it() {
        let meter = Recorder::default();
        for body in ["no room for request 17", "no room for request 18", ""] {
            assert_eq!(refused(503, body.as_bytes(), &meter), Failure::Status);
        }
        refused(401, b"", &meter);
        assert_eq!(
            reasons_of(&meter),
            [("401".to_owned(), 1), ("503 \"no room for request 17\"".to_owned(), 3)]
        );
    }
}
