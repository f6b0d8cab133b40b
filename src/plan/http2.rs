//! What has no meaning over HTTP/2 and is asked for all the same: refused, so that nobody believes to have measured it.
//!
//! Pure. What of a header profile HTTP/2 leaves out is told: a profile is for both versions.

use wsbench_targets::wire::Delimiting;

use super::check::{Errors, error};
use crate::scenario::Scenario;
use crate::session::Step;
use crate::text::list;
use crate::transport::{Http, Transport};

/// Fields of one connection (RFC 9113 §8.2.2).
const OF_A_CONNECTION: [&str; 5] =
    ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

/// Whether HTTP/2 has no such field.
fn has_no_place(name: &str, value: &str) -> bool {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    OF_A_CONNECTION.into_iter().any(is) || is("te") && !value.trim().eq_ignore_ascii_case("trailers")
}

fn second(scenario: &Scenario) -> impl Iterator<Item = &Transport> {
    scenario.transports.iter().filter(|transport| transport.access().version() == Http::Two)
}

pub(super) fn check(scenario: &Scenario, errors: &mut Errors) {
    for transport in second(scenario).filter(|t| t.delimiting() == Some(Delimiting::Close)) {
        let message = format!(
            "`{}`: HTTP/2 does not delimit a response by closing the connection: END_STREAM ends it",
            transport.label()
        );
        error(errors, message, "remove body = \"close-delimited\", or http = 2");
    }
    let Some(transport) = second(scenario).next() else { return };
    for (place, name) in own_headers(scenario) {
        let message = format!(
            "`{name}` in `headers` of {place} has no meaning over HTTP/2, which `{}` speaks (RFC 9113 §8.2.2)",
            transport.label()
        );
        error(errors, message, "remove that header, or http = 2");
    }
}

/// What the user has written himself of it, and where.
fn own_headers(scenario: &Scenario) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for own in scenario.target.iter().flat_map(|target| &target.headers) {
        found.push(("[target]", own.name.clone(), own.value.reveal().to_owned()));
    }
    let steps = scenario.session.iter().flat_map(|session| &session.steps);
    for step in steps {
        if let Step::Request(request) = step {
            found.extend(request.headers.iter().map(|(name, value)| ("a step", name.clone(), value.clone())));
        }
    }
    found.retain(|(_, name, value)| has_no_place(name, value));
    found.into_iter().map(|(place, name, _)| (place, name)).collect()
}

/// Lines of the user's own profile that HTTP/2 leaves out; the built-in ones are for both versions.
pub(super) fn note(scenario: &Scenario) -> Option<String> {
    let transport = second(scenario).next().filter(|_| scenario.headers.profile == "own")?;
    let lines = scenario.headers.request.iter().filter(|header| has_no_place(&header.0, &header.1));
    let names: Vec<&str> = lines.map(|header| header.0.as_str()).collect();
    (!names.is_empty())
        .then(|| format!("{} goes without {}: HTTP/2 has no such headers", transport.label(), list(&names)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_one_connection_has_no_place() {
        for (name, value, expected) in [
            ("Connection", "keep-alive", true),
            ("KEEP-ALIVE", "115", true),
            ("TE", "gzip", true),
            ("te", " trailers", false),
            ("User-Agent", "x", false),
            ("Host", "x", false),
        ] {
            assert_eq!(has_no_place(name, value), expected, "{name}: {value}");
        }
    }
}
