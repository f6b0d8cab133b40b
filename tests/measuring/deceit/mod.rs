//! The meter against servers that swap, drop, repeat, delay, invent and alter by a seed: by every transport its counters
//! are what was done.

mod deceiver;
mod servers;

use std::sync::Arc;
use std::time::Duration;

use crate::support::feeds::{Fault, room};
use crate::support::{Scene, at_once, scenario};
use deceiver::{Deceiver, Truth};
use servers::{Way, serve};
use wsbench::results::{Measurement, Severity};

const WARMUP: Duration = Duration::from_millis(200);
const SEEDS: [u64; 2] = [1, 20_261_130];

/// The scenario's transport and its target's URL.
fn asked(way: Way) -> (&'static str, &'static str) {
    match way {
        Way::WebSocket => ("websocket = {}", "ws"),
        Way::SocketIo => ("socketio = { via = \"websocket\", ack = false }", "http"),
        Way::SockJs => ("sockjs = { via = \"websocket\" }", "http"),
        Way::Polling => ("polling = { every = \"50ms\", reply = \"since\" }", "http"),
        Way::LongPolling => ("long-polling = {}", "http"),
        Way::Streaming => ("streaming = {}", "http"),
        Way::Sse => ("sse = {}", "http"),
    }
}

/// Whether each client has messages of its own; else all hear the same.
fn echoes(way: Way) -> bool {
    matches!(way, Way::WebSocket | Way::SocketIo | Way::SockJs)
}

/// What a trial of six clients measured before a server that deceives by `seed`, and what was done there.
fn deceived(way: Way, seed: u64) -> (Measurement, Truth) {
    let echo = echoes(way);
    let deceiver = Arc::new(Deceiver::new(echo, seed, WARMUP));
    let server = serve(way, Arc::clone(&deceiver));
    let (transport, scheme) = asked(way);
    let load = match echo {
        true => "[load.echo]\nevery = \"20ms\"\npayload = \"60B\"".to_owned(),
        false => format!(
            "[load.publish]\nevery = \"20ms\"\npayload = \"60B\"\npost = \"http://{}/publish\"",
            server.address
        ),
    };
    let load = format!("{load}\n[target]\nurl = \"{scheme}://{}/feed\"", server.address);
    let scene = Scene::new(&scenario(6, ("200ms", "2s"), &load, &[transport.to_owned()]));
    let ran = scene.begin(&[]).end();
    let report = scene.report();
    assert!(report.failed.is_empty(), "{way:?} {ran:#?}");
    (report.measurements.into_iter().next().unwrap(), deceiver.truth())
}

fn counts(m: &Measurement) -> Truth {
    let c = &m.tally.counts;
    Truth {
        delivered: c.delivered,
        duplicated: c.duplicated,
        reordered: c.reordered,
        altered: c.altered,
        strangers: c.strangers,
        invented: c.invented,
    }
}

/// An echo of six clients before a chat room: the sender gets its message back, or does not.
fn in_a_room(keeps_from_sender: bool) -> Measurement {
    let server = room(Fault { keeps_from_sender, ..Fault::default() });
    let load = format!("[load.echo]\nevery = \"50ms\"\n[target]\nurl = \"ws://{}/\"", server.address);
    let scene = Scene::new(&scenario(6, ("0s", "1s"), &load, &["websocket = {}".to_owned()]));
    let ran = scene.begin(&[]).end();
    let report = scene.report();
    report.measurements.into_iter().next().unwrap_or_else(|| panic!("{ran:#?}"))
}

/// Nobody's message came back: all that is heard is said by others, and none of it is a round trip.
#[test]
fn what_a_chat_room_sends_to_others_is_no_echo() {
    let counts = in_a_room(true).tally.counts;
    assert!(counts.sent >= 6 * 15, "{counts:?}");
    assert_eq!((counts.delivered, counts.received, counts.lost), (0, 0, counts.sent), "{counts:?}");
    assert_eq!((counts.strangers, counts.duplicated), (5 * counts.sent, 0), "{counts:?}");
}

#[test]
fn in_a_chat_room_an_own_message_is_told_from_those_of_others() {
    let m = in_a_room(false);
    let counts = m.tally.counts;
    assert_eq!((counts.delivered, counts.lost, counts.duplicated), (counts.sent, 0, 0), "{counts:?}");
    // Where the last of its own is in, a client does not wait for what others said.
    assert!((5 * counts.sent - 30..=5 * counts.sent).contains(&counts.strangers), "{counts:?}");
    assert_eq!(m.tally.latency.count(), counts.sent);
}

#[test]
fn counters_are_what_the_server_did() {
    let ways = [
        Way::WebSocket,
        Way::SocketIo,
        Way::SockJs,
        Way::Polling,
        Way::LongPolling,
        Way::Streaming,
        Way::Sse,
    ];
    let cases: Vec<(Way, u64)> = ways.iter().flat_map(|&way| SEEDS.map(|seed| (way, seed))).collect();
    at_once(&cases, |&(way, seed)| {
        let (m, truth) = deceived(way, seed);
        assert_eq!(counts(&m), truth, "{way:?}, seed {seed}: {:?}", m.tally.counts);
        let c = &m.tally.counts;
        assert_eq!((c.lost, c.unrecognised), (c.sent - c.delivered, 0), "{way:?}, seed {seed}");
        assert!(
            c.delivered < c.sent && m.tally.latency.count() == c.delivered,
            "{way:?}, seed {seed}: {c:?}"
        );
        let blamed = ["loss", "duplicated", "altered", "invented"];
        let failed = |code: &str| {
            m.verdict.warnings.iter().any(|found| found.check == code && found.severity == Severity::Failed)
        };
        assert!(blamed.iter().all(|code| failed(code)), "{way:?}, seed {seed}: {:?}", m.verdict);
        // Each trick was played.
        let swapped = if echoes(way) { truth.strangers } else { 1 };
        let played = [truth.duplicated, truth.reordered, truth.altered, truth.invented, swapped];
        assert!(played.iter().all(|&count| count > 0), "{way:?}, seed {seed}: {truth:?}");
    });
}
