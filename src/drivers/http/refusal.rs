//! Answers that are no answer: what exactly they were, for the meter.
//!
//! Nothing is followed: where a redirect leads is said, never visited. The rare path; it may allocate.

use crate::drivers::ClientContext;
use crate::drivers::said::quoted;
use crate::meter::{Failure, Recorder};
use crate::secret::redacted;

/// Characters of a host's name, or of a path, that are kept.
const MAX_KEPT: usize = 60;

/// A redirect to `location`: to which path of the same host, or to which other one.
pub fn redirected(status: u16, location: Option<&str>, context: &ClientContext) -> Failure {
    let meter = &context.shard.meter;
    match location {
        Some(location) => {
            meter.reason(&format!("{status} to {}", aim(location, &context.endpoint.authority)));
        }
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

/// Where a `Location` leads (RFC 9110 §10.2.2): to another path of the server at `authority`, or to another host. Of
/// that no more is told: its path, a query and a user's name might be secrets.
fn aim(location: &str, authority: &str) -> String {
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
    text.chars().filter(char::is_ascii_graphic).take(MAX_KEPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drivers::scripted::{context, run};

    fn reasons_of(meter: &Recorder) -> Vec<(String, u64)> {
        meter.tally().failures.each_in_words().collect()
    }

    #[test]
    fn a_redirect_is_counted_by_where_it_leads() {
        for (location, name) in [
            (Some("https://u:p@b.example:1/x?token=1"), "301 to https://b.example:1"),
            (Some("/login?token=1"), "301 to /login on the same host"),
            (Some("http://127.0.0.1:7/feed/?token=1"), "301 to /feed/ on the same host"),
            (Some("//127.0.0.1:8//a"), "301 to 127.0.0.1:8"),
            (None, "301"),
        ] {
            let reasons = run(async {
                let context = context(([127, 0, 0, 1], 7).into());
                assert_eq!(redirected(301, location, &context), Failure::Status);
                reasons_of(&context.shard.meter)
            });
            assert_eq!(reasons, [(name.to_owned(), 1)]);
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
