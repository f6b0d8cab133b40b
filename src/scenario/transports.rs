//! `[[transport]]`: how messages travel, one function for the options of each. A new transport is a variant
//! of `Transport` in targets/src/transport.rs, and a function here that the compiler asks for.
//!
//! It must not know loads: what does not go together is said by the plan.

use std::time::Duration;

use wsbench_targets::wire::{
    Cursor, Delimiting, LongPolling, Pace, Polling, Reply, SockJs, Sse, Streaming, Transport, Via, WebSocket,
};

use super::cursor::CursorKind;
use super::fields::Fields;
use super::kinds::{Choice, Flag, duration};
use super::{file, limits, socketio};

const PACES: Choice<Pace> = Choice(&[("fixed-rate", Pace::FixedRate), ("fixed-delay", Pace::FixedDelay)]);
const REPLIES: Choice<Reply> = Choice(&[("latest", Reply::Latest), ("since", Reply::Since)]);
const VIAS: Choice<Via> = Choice(&[
    ("xhr", Via::Xhr),
    ("xhr-streaming", Via::XhrStreaming),
    ("eventsource", Via::EventSource),
    ("websocket", Via::WebSocket),
    ("raw", Via::Raw),
]);

const BODIES: Choice<Delimiting> =
    Choice(&[("chunked", Delimiting::Chunked), ("close-delimited", Delimiting::Close)]);
/// Of the delay before a reconnect.
const RETRY: (Duration, Duration) = (Duration::ZERO, Duration::from_hours(1));

/// Reads all `[[transport]]` tables.
pub(super) fn read_all(f: &mut Fields<'_>) -> Vec<Transport> {
    // A server that is not ours delimits its answers as it likes.
    let foreign = f.has("target");
    let about = "how messages travel; each is a trial of its own";
    let transports = f.tables("transport", about, limits::SIZES, |f| read(f, foreign));
    f.must("transport");
    if !f.describing() && !f.has("transport") {
        let help = "add [[transport]] and below it websocket = {}, polling = { every = \"1s\" } or long-polling = {}";
        file::absent(f, "no transport: nothing to measure", help);
    }
    transports
}

fn read(f: &mut Fields<'_>, foreign: bool) -> Option<Transport> {
    let (mut names, mut found) = (Vec::new(), None);
    for transport in Transport::all() {
        names.push(transport.name());
        let read = f.table(transport.name(), transport.about(), |f| {
            of_a_reference_target(f, foreign);
            Some(options(f, &transport))
        });
        found = found.or(read);
    }
    f.one_of(&names, "each [[transport]] holds one; begin another [[transport]] for another");
    found
}

/// Keys that nobody reads where the server is not ours.
fn of_a_reference_target(f: &Fields<'_>, foreign: bool) {
    if foreign {
        let why = "`body` has no effect beside [target]: it is the reference target's to choose";
        f.wrong("body", why, "remove it");
    }
}

/// The options of one transport, `default` where nothing is written.
fn options(f: &mut Fields<'_>, default: &Transport) -> Transport {
    match default {
        Transport::Polling(default) => Transport::Polling(polling(f, default)),
        Transport::LongPolling(default) => Transport::LongPolling(long_polling(f, default)),
        Transport::WebSocket(default) => Transport::WebSocket(websocket(f, default)),
        Transport::Streaming(default) => Transport::Streaming(streaming(f, default)),
        Transport::Sse(default) => Transport::Sse(sse(f, default)),
        Transport::SocketIo(default) => Transport::SocketIo(socketio::read(f, default)),
        Transport::SockJs(default) => Transport::SockJs(sockjs(f, default)),
    }
}

fn polling(f: &mut Fields<'_>, default: &Polling) -> Polling {
    let kind = duration(Duration::ZERO, limits::EVERY.1);
    let every = f.or("every", "interval of the polls; \"0s\" asks again at once", kind, default.every);
    if !every.is_zero() && every < limits::EVERY.0 {
        f.wrong(
            "every",
            "polls closer than 100us cannot be paced",
            "expected 0s (at once), or 100us to 1day",
        );
    }
    Polling {
        every,
        pace: f.or(
            "pace",
            "from slot to slot whatever a poll took, or `every` after the last answer",
            PACES,
            default.pace,
        ),
        reply: f.or(
            "reply",
            "what an answer holds: the latest message, or all since the last poll",
            REPLIES,
            default.reply,
        ),
        keep_alive: keep_alive(f, default.keep_alive),
        cursor: cursor(f),
        timeout: timeout(f, "a poll without an answer for so long has failed", default.timeout),
    }
}

fn long_polling(f: &mut Fields<'_>, default: &LongPolling) -> LongPolling {
    let kind = duration(Duration::from_millis(10), Duration::from_hours(1));
    LongPolling {
        hold: f.or(
            "hold",
            "how long the server holds a request before it answers with nothing",
            kind,
            default.hold,
        ),
        keep_alive: keep_alive(f, default.keep_alive),
        cursor: cursor(f),
        timeout: timeout(
            f,
            "a request without an answer for so long beyond the hold has failed",
            default.timeout,
        ),
    }
}

fn websocket(f: &mut Fields<'_>, default: &WebSocket) -> WebSocket {
    WebSocket { timeout: timeout(f, "a handshake without an answer for so long has failed", default.timeout) }
}

fn streaming(f: &mut Fields<'_>, default: &Streaming) -> Streaming {
    Streaming { body: body(f, default.body), timeout: begins(f, default.timeout) }
}

fn sse(f: &mut Fields<'_>, default: &Sse) -> Sse {
    let about = "how long a client waits before it reconnects, until the server says otherwise";
    Sse {
        body: body(f, default.body),
        retry: f.or("retry", about, duration(RETRY.0, RETRY.1), default.retry),
        timeout: begins(f, default.timeout),
    }
}

fn body(f: &mut Fields<'_>, default: Delimiting) -> Delimiting {
    f.or("body", "how the reference target delimits its answer, in chunks or by closing", BODIES, default)
}

fn begins(f: &mut Fields<'_>, default: Duration) -> Duration {
    timeout(f, "a request whose answer has not begun for so long has failed", default)
}

fn cursor(f: &mut Fields<'_>) -> Cursor {
    let about = "what a server by URL is told of its last answer: its etag, last-modified, how many messages have \
                 come in a query parameter of that name, or there what stands at a JSON pointer in the answer";
    f.optional("cursor", about, CursorKind).unwrap_or_default()
}

fn sockjs(f: &mut Fields<'_>, default: &SockJs) -> SockJs {
    let via = f.or("via", "which of its ways; raw is a WebSocket without SockJS frames", VIAS, default.via);
    let info = f.or("info", "ask <base>/info before each session, as browsers do", Flag, default.info);
    let keep_alive = keep_alive(f, default.keep_alive);
    if via == Via::Raw {
        f.wrong("info", "`info` has no effect with via = \"raw\", which asks nothing before", "remove it");
    }
    if via == Via::Raw || (via == Via::WebSocket && !info) {
        let why = "`keep-alive` has no effect where all goes by a WebSocket";
        f.wrong("keep-alive", why, "remove it, or choose another `via`");
    }
    SockJs {
        via,
        info,
        keep_alive,
        timeout: timeout(f, "opening or sending without an answer for so long has failed", default.timeout),
    }
}

fn keep_alive(f: &mut Fields<'_>, default: bool) -> bool {
    f.or("keep-alive", "one connection for many requests, or a new one for each", Flag, default)
}

/// How long an answer is waited for.
pub(super) fn timeout(f: &mut Fields<'_>, about: &str, default: Duration) -> Duration {
    let (least, most) = limits::TIMEOUT;
    f.or("timeout", about, duration(least, most), default)
}
