//! `[load.*]`: what happens. A new load is a variant of [`Load`] and a function here.
//!
//! It must not know transports: what does not go together is said by the plan.

use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

use wsbench_targets::content::Content;
use wsbench_targets::pacer::Arrivals;
use wsbench_targets::wire::{Audience, Publication};

use super::dialect::Dialect;
use super::{Connect, Echo, EchoPace, Load, Message, content, limits, publish};
use crate::keys::fields::Fields;
use crate::keys::kinds::{Choice, Text, duration, rate, size};

const ARRIVALS: Choice<Arrivals> =
    Choice(&[("constant", Arrivals::Constant), ("poisson", Arrivals::Poisson)]);
const PACES: Choice<EchoPace> = Choice(&[
    ("constant", EchoPace::Open(Arrivals::Constant)),
    ("poisson", EchoPace::Open(Arrivals::Poisson)),
    ("closed", EchoPace::Closed),
]);
/// The loads, in the order of the file's description.
pub(super) const NAMES: &[&str] = &["push", "broadcast", "echo", "idle", "connect", "listen", "publish"];

/// What reads the filler of a load's messages.
pub(super) trait Fill: Fn(&mut Fields<'_>) -> Content {}

impl<F: Fn(&mut Fields<'_>) -> Content> Fill for F {}

/// Reads `[load]`: exactly one of the loads, and what its messages are filled with. `external`: the server is not ours, and
/// knows nothing of our messages; `folder` is the scenario's.
pub(super) fn read(
    f: &mut Fields<'_>,
    external: bool,
    dialect: Option<&Dialect>,
    folder: &Path,
) -> Option<(Load, Content)> {
    let echo_form = dialect.map(|dialect| dialect.echo.as_ref());
    let publish_form = dialect.map(|dialect| dialect.publish.as_ref());
    let filled = RefCell::new(Content::default());
    let fill = |f: &mut Fields<'_>| filled.replace(content::read(f, dialect.is_some(), folder));
    let about = |name| Load::ALL.iter().find(|(load, _)| *load == name).map_or("", |(_, about)| *about);
    let loads = [
        f.table("push", about("push"), |f| publication(f, Audience::Each, fill).map(Load::Push)),
        f.table("broadcast", about("broadcast"), |f| {
            publication(f, Audience::All, fill).map(Load::Broadcast)
        }),
        f.table("echo", about("echo"), |f| echo(f, external, echo_form, fill).map(Load::Echo)),
        f.table("idle", about("idle"), |_| Some(Load::Idle)),
        f.table("connect", about("connect"), |f| connect(f).map(Load::Connect)),
        f.table("listen", about("listen"), |_| Some(Load::Listen)),
        f.table("publish", about("publish"), |f| {
            publish::read(f, external, publish_form, fill).map(Load::Publish)
        }),
    ];
    f.one_of(NAMES, "a scenario has one load; write another file for another");
    let load = loads.into_iter().flatten().next();
    Some((load?, filled.into_inner()))
}

fn publication(f: &mut Fields<'_>, audience: Audience, fill: impl Fill) -> Option<Publication> {
    let every = interval(f, "of the messages of one stream");
    f.one_of(&["every", "rate"], "say how often a message is sent: every = \"1s\" or rate = \"1/s\"");
    let payload = payload(f, limits::PAYLOAD);
    fill(f);
    let arrivals = arrivals(f);
    Some(Publication { every: every?, arrivals, payload, audience })
}

fn echo(f: &mut Fields<'_>, external: bool, usual: Usual<'_>, fill: impl Fill) -> Option<Echo> {
    let every = interval(f, "of the messages of one client");
    let about = "open-loop on a schedule (constant or Poisson), or closed-loop: sent when the previous answer has arrived";
    let pace = f.or("pace", about, PACES, EchoPace::Open(Arrivals::Constant));
    let (message, payload) = message(f, external, usual);
    fill(f);
    if pace == EchoPace::Closed {
        for key in ["every", "rate"] {
            f.wrong(key, format!("`{key}` has no meaning when pace = \"closed\""), "remove it, or the pace");
        }
        return Some(Echo { every: Duration::ZERO, pace, payload, message });
    }
    if !f.describing() {
        f.one_of(&["every", "rate"], "say how often a client sends: every = \"1s\" or rate = \"1/s\"");
    }
    Some(Echo { every: every?, pace, payload, message })
}

fn connect(f: &mut Fields<'_>) -> Option<Connect> {
    let (least, most) = limits::CONNECT_RATE;
    let rate = f.required("rate", "connections per second, all clients together", rate(least, most));
    let arrivals = arrivals(f);
    Some(Connect { rate: rate?, arrivals })
}

/// Evenly or not.
pub(super) fn arrivals(f: &mut Fields<'_>) -> Arrivals {
    let about = "evenly, or independently of each other (Poisson) with that mean";
    f.or("arrivals", about, ARRIVALS, Arrivals::Constant)
}

/// `every`, or `rate` turned into it.
pub(super) fn interval(f: &mut Fields<'_>, of_what: &str) -> Option<Duration> {
    let (least, most) = limits::EVERY;
    let every = f.optional("every", &format!("mean interval {of_what}"), duration(least, most));
    let (least, most) = limits::RATE;
    let rate = f.optional("rate", &format!("rate {of_what}, instead of `every`"), rate(least, most));
    every.or(rate.map(|rate| Duration::from_secs_f64(1.0 / rate)))
}

/// How a message looks where the scenario does not say: in a dialect, where that has such messages.
pub(super) type Usual<'a> = Option<Option<&'a Message>>;

/// `message` and the `payload` that it comes to; no message of one's own where the server is ours.
pub(super) fn message(f: &mut Fields<'_>, external: bool, usual: Usual<'_>) -> (Option<Message>, usize) {
    let about = "template of a message for an external server: {stamp} once; {filler}, {client} and {group} are optional";
    let kind = Text { parse: Message::parse, example: r#"'{"type":"echo","id":"{stamp}"}'"# };
    let written = f.optional("message", about, kind);
    let payload = payload(f, if external { limits::EXTERNAL_PAYLOAD } else { limits::PAYLOAD });
    if !external {
        let why = "`message` has no meaning for a reference target, which has its own";
        f.wrong("message", why, "remove it, or name a server in [target]");
        return (None, payload);
    }
    if let (None, Some(None), false) = (&written, usual, f.has("message")) {
        let help = "write `message` here, or take another load";
        f.lacks("the dialect has no message for this load", help);
    }
    let Some(message) = written.or(usual.flatten().cloned()) else { return (Some(Message::bare()), payload) };
    let needed = message.length(u32::try_from(limits::CLIENTS.1).unwrap_or(u32::MAX) - 1);
    match (message.fills(), f.has("payload")) {
        (true, true) if payload < needed => {
            let why = format!("`payload` is smaller than the message without filler: {needed} bytes");
            f.wrong("payload", why, format!("expected \"{needed}B\" or more"));
        }
        (true, false) => {
            let why = "`message` has {filler}, but no `payload` to fill up to";
            f.wrong("message", why, format!("add payload = \"{needed}B\" or more, or remove {{filler}}"));
        }
        (false, true) => {
            let why = "`payload` changes nothing, for `message` has no {filler}";
            f.wrong("payload", why, "remove it, or put {filler} into the message");
        }
        (true, true) => return (Some(message), payload),
        (false, false) => {}
    }
    let payload = message.length(0);
    (Some(message), payload)
}

fn payload(f: &mut Fields<'_>, (least, most): (u64, u64)) -> usize {
    let about = "bytes per message; 20 are wsbench's stamp, and 1 is the newline of a reference target";
    let why =
        if least == limits::PAYLOAD.0 { ": 21 bytes are the stamp" } else { ": 20 bytes are the stamp" };
    let bytes = f.or("payload", about, size(least, most).why(why), least);
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
