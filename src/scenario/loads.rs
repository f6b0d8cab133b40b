//! `[load.*]`: what happens. A new load is a variant of [`Load`] and a function here.
//!
//! It must not know transports: what does not go together is said by the plan.

use std::time::Duration;

use wsbench_targets::pacer::Arrivals;
use wsbench_targets::wire::{Audience, Publication};

use super::fields::Fields;
use super::kinds::{Choice, duration, rate, size};
use super::{Connect, Echo, EchoPace, Load, limits};

const ARRIVALS: Choice<Arrivals> =
    Choice(&[("constant", Arrivals::Constant), ("poisson", Arrivals::Poisson)]);
const PACES: Choice<EchoPace> = Choice(&[
    ("constant", EchoPace::Open(Arrivals::Constant)),
    ("poisson", EchoPace::Open(Arrivals::Poisson)),
    ("closed", EchoPace::Closed),
]);
const ARRIVALS_ABOUT: &str = "evenly, or independently of each other (Poisson) with that mean";
/// What an article's stock ticker sends.
const PAYLOAD: u64 = limits::PAYLOAD.0;

/// Reads `[load]`: exactly one of the loads.
pub(super) fn read(f: &mut Fields<'_>) -> Option<Load> {
    let about = |name| Load::ALL.iter().find(|(load, _)| *load == name).map_or("", |(_, about)| *about);
    let loads = [
        f.table("push", about("push"), |f| publication(f, Audience::Each).map(Load::Push)),
        f.table("broadcast", about("broadcast"), |f| publication(f, Audience::All).map(Load::Broadcast)),
        f.table("echo", about("echo"), |f| echo(f).map(Load::Echo)),
        f.table("idle", about("idle"), |_| Some(Load::Idle)),
        f.table("connect", about("connect"), |f| connect(f).map(Load::Connect)),
    ];
    f.one_of(
        &["push", "broadcast", "echo", "idle", "connect"],
        "a scenario has one load; write another file for another",
    );
    loads.into_iter().flatten().next()
}

fn publication(f: &mut Fields<'_>, audience: Audience) -> Option<Publication> {
    let every = interval(f, "of the messages of one stream");
    f.one_of(&["every", "rate"], "say how often a message is due: every = \"1s\" or rate = \"1/s\"");
    let payload = payload(f);
    let arrivals = f.or("arrivals", ARRIVALS_ABOUT, ARRIVALS, Arrivals::Constant);
    Some(Publication { every: every?, arrivals, payload, audience })
}

fn echo(f: &mut Fields<'_>) -> Option<Echo> {
    let every = interval(f, "of the messages of one client");
    let about = "on a schedule, evenly or Poisson; or closed: when the last answer is in";
    let pace = f.or("pace", about, PACES, EchoPace::Open(Arrivals::Constant));
    let payload = payload(f);
    if pace == EchoPace::Closed {
        for key in ["every", "rate"] {
            f.wrong(key, format!("`{key}` has no meaning when pace = \"closed\""), "remove it, or the pace");
        }
        return Some(Echo { every: Duration::ZERO, pace, payload });
    }
    if !f.describing() {
        f.one_of(&["every", "rate"], "say how often a client sends: every = \"1s\" or rate = \"1/s\"");
    }
    Some(Echo { every: every?, pace, payload })
}

fn connect(f: &mut Fields<'_>) -> Option<Connect> {
    let (least, most) = limits::CONNECT_RATE;
    let rate = f.required("rate", "connections a second, all clients together", rate(least, most));
    let arrivals = f.or("arrivals", ARRIVALS_ABOUT, ARRIVALS, Arrivals::Constant);
    Some(Connect { rate: rate?, arrivals })
}

/// `every`, or `rate` turned into it.
fn interval(f: &mut Fields<'_>, of_what: &str) -> Option<Duration> {
    let (least, most) = limits::EVERY;
    let every = f.optional("every", &format!("mean interval {of_what}"), duration(least, most));
    let (least, most) = limits::RATE;
    let rate = f.optional("rate", &format!("the same as a rate {of_what}"), rate(least, most));
    every.or(rate.map(|rate| Duration::from_secs_f64(1.0 / rate)))
}

fn payload(f: &mut Fields<'_>) -> usize {
    let (least, most) = limits::PAYLOAD;
    let about = "bytes of a message; 21 hold the stamp that measuring needs";
    let bytes = f.or("payload", about, size(least, most).why(": 21 bytes are the stamp"), PAYLOAD);
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
