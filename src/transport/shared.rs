//! Options that several transports have: how they are read from a scenario, and what they are where nothing is written.

use std::time::Duration;

use wsbench_targets::wire::Delimiting;

use crate::keys::fields::Fields;
use crate::keys::kinds::{Choice, Flag, duration};
use crate::keys::limits;

/// Without an answer for so long a request has failed, unless the scenario says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(10);
/// What a client of HTTP takes at the reference target, bytes; estimated.
pub const HTTP_MEMORY: u64 = 25_000;

const BODIES: Choice<Delimiting> =
    Choice(&[("chunked", Delimiting::Chunked), ("close-delimited", Delimiting::Close)]);

/// How long an answer is waited for.
pub fn timeout(f: &mut Fields<'_>, about: &str, default: Duration) -> Duration {
    let (least, most) = limits::TIMEOUT;
    f.or("timeout", about, duration(least, most), default)
}

/// How long the beginning of an answer without an end is waited for.
pub fn begins(f: &mut Fields<'_>, default: Duration) -> Duration {
    timeout(f, "a request fails when its response has not begun for this long", default)
}

pub fn keep_alive(f: &mut Fields<'_>, default: bool) -> bool {
    f.or("keep-alive", "one connection for many requests, or a new one for each", Flag, default)
}

pub fn body(f: &mut Fields<'_>, default: Delimiting) -> Delimiting {
    f.or(
        "body",
        "how the reference target delimits its response in HTTP/1.1: chunks, or closing the connection",
        BODIES,
        default,
    )
}

/// `name`, and that the body ends with the connection if it does.
pub fn delimited(name: &str, body: Delimiting) -> String {
    if body == Delimiting::Close { format!("{name} close-delimited") } else { name.to_owned() }
}
