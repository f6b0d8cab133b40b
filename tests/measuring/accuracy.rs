//! The meter is measured: bytes that are known beforehand, latencies that arithmetic gives, delays and bytes
//! that a server of the test's own knows.

use std::time::Duration;

use crate::support::feeds::{Fault, room};
use crate::support::server::{Manner, Server};
use crate::support::{Scene, alone, at_once, ledger_closes, scenario};
use wsbench::results::Measurement;
use wsbench::scenario::Metric;
use wsbench_targets::clock::Tick;
use wsbench_targets::wire::{Header, Headers, Stamp, TrialKey, write_message};

const PUSH: &str = "[load.push]\nevery = \"200ms\"\npayload = \"21B\"";
const POLLING: &str = "polling = { every = \"200ms\" }";
const LONG: &str = "long-polling = {}";
const WEBSOCKET: &str = "websocket = {}";

fn tables(list: &[&str]) -> Vec<String> {
    list.iter().map(|&table| table.to_owned()).collect()
}

fn measure(clients: u32, times: (&str, &str), load: &str, transports: &[&str]) -> Vec<Measurement> {
    let measurements = Scene::new(&scenario(clients, times, load, &tables(transports))).measure();
    for m in &measurements {
        assert_eq!(m.tally.failures.total(), 0, "{}: {:?}", m.label(), m.tally.failures);
        ledger_closes(m);
    }
    measurements
}

/// One trial against a server of the test's own.
fn against(url: &str, clients: u32, load: &str, transport: &str) -> Measurement {
    let load = format!("{load}\n[target]\nurl = \"{url}\"");
    measure(clients, ("200ms", "1s"), &load, &[transport]).remove(0)
}

fn ms(ns: Option<u64>) -> f64 {
    ns.unwrap_or_else(|| panic!("too few samples")) as f64 / 1e6
}

/// Bytes of header lines.
fn lines(headers: &[Header]) -> u64 {
    headers.iter().map(|header| header.line_bytes("http://127.0.0.1:40000") as u64).sum()
}

const fn length(text: &str) -> u64 {
    text.len() as u64
}

const HOST: u64 = length("Host: 127.0.0.1:40000\r\n");
const DATE: u64 = length("Date: Sat, 07 Nov 2009 00:32:46 GMT\r\n");
/// The article's two pages and its ports have more digits than ours, and the path is as long.
const REQUEST: u64 = length("GET /poll/0000000000/0000000000 HTTP/1.1\r\n\r\n");
const RESPONSE: u64 = length("HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n");
const UPGRADE: u64 = length(
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
     Sec-WebSocket-Key: 0123456789012345678901==\r\n",
);
const UPGRADED: u64 = length(
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
     Sec-WebSocket-Accept: 012345678901234567890123456=\r\n\r\n",
);

/// (request head, response head, upgrade request, upgrade answer) of a profile, by arithmetic.
fn heads(profile: &str) -> [u64; 4] {
    let headers = Headers::profile(profile).unwrap();
    let has_host = headers.request.iter().any(|h| h.0 == "Host");
    let host = if has_host { 0 } else { HOST };
    let date = if headers.date { DATE } else { 0 };
    [
        REQUEST + host + lines(&headers.request),
        RESPONSE + date + lines(&headers.response),
        REQUEST + host + UPGRADE + lines(&headers.upgrade_request),
        UPGRADED + lines(&headers.upgrade_response),
    ]
}

#[test]
fn every_profile_moves_the_bytes_that_arithmetic_gives() {
    at_once(&["article", "minimal", "browser"], |&profile| {
        let [request, response, upgrade, upgraded] = heads(profile);
        if profile == "article" {
            assert_eq!((request, response), (716, 193));
        }
        let load = format!("{PUSH}\n[headers]\nprofile = \"{profile}\"");
        for m in measure(20, ("400ms", "1s"), &load, &[POLLING, LONG, WEBSOCKET]) {
            let (window, opening, label) = (m.window(), m.tally.traffic.connect, m.label());
            assert!(window.messages_down > 80, "{label}: {window:?}");
            assert_eq!(window.down.payload, 21 * window.messages_down, "{label}");
            assert_eq!(window.up.payload, 0, "{label}");
            if label == "websocket, 20 clients" {
                assert_eq!((window.up.counted, window.down.headers), (0, 0), "{profile} {label}");
                assert_eq!(window.down.framing, 2 * window.messages_down, "{profile} {label}");
                assert_eq!(window.down.counted, 23 * window.messages_down, "{profile} {label}");
                let handshakes = (20 * upgrade, 20 * upgraded);
                assert_eq!((opening.up.headers, opening.down.headers), handshakes, "{profile} {label}");
                continue;
            }
            assert_eq!((opening.up.counted, opening.down.counted), (0, 0), "{profile} {label}");
            assert_eq!(window.up.headers, request * window.requests, "{profile} {label}");
            // A value seen before, where the publisher was late: 21 bytes of overhead.
            let old = 21 * m.tally.counts.empty_polls;
            assert_eq!(window.down.headers, response * window.responses + old, "{profile} {label}");
            assert_eq!((window.up.framing, window.down.framing), (0, 0), "{profile} {label}");
        }
    });
}

/// (transport, head of an answer without the profile's lines, bytes around a message of 21).
const STREAMS: [(&str, &str, u64); 4] = [
    ("streaming = {}", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 6),
    ("streaming = { body = \"close-delimited\" }", "HTTP/1.0 200 OK\r\n\r\n", 0),
    (
        "sse = {}",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
        19 + 6,
    ),
    (
        "sse = { body = \"close-delimited\" }",
        "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
        19,
    ),
];

#[test]
fn streams_move_a_head_once_and_then_messages_alone() {
    let tables = STREAMS.map(|(table, ..)| table);
    for (m, (_, head, framing)) in measure(20, ("400ms", "1s"), PUSH, &tables).iter().zip(STREAMS) {
        let (window, opening, label) = (m.window(), m.tally.traffic.connect, m.label());
        assert!(window.messages_down > 80, "{label}: {window:?}");
        assert_eq!((window.up.counted, window.down.headers), (0, 0), "{label}");
        assert_eq!(window.down.payload, 21 * window.messages_down, "{label}");
        assert_eq!(window.down.framing, framing * window.messages_down, "{label}");
        assert_eq!(opening.down.headers, 20 * length(head), "{label}");
        let accept = if label.starts_with("sse") { length("Accept: text/event-stream\r\n") } else { 0 };
        assert_eq!(opening.up.headers, 20 * (REQUEST + HOST + accept), "{label}");
        assert_eq!(m.tally.traffic.total().connections, 20, "{label}");
    }
}

#[test]
fn the_latency_of_polling_is_uniform_over_the_interval() {
    let _turn = alone();
    let load = "[load.push]\nevery = \"1s\"";
    let m = measure(300, ("1s", "2s"), load, &["polling = { every = \"1s\", reply = \"since\" }"]).remove(0);
    let latency = &m.tally.latency;
    assert_eq!((latency.count(), m.tally.counts.lost), (600, 0));
    let (mean, deviation) = (latency.mean().unwrap() / 1e6, latency.stdev().unwrap() / 1e6);
    assert!((mean / 500.0 - 1.0).abs() < 0.05, "mean {mean} ms");
    assert!((deviation / 288.7 - 1.0).abs() < 0.08, "standard deviation {deviation} ms");
    assert!(ms(latency.percentile(0.9)) > 850.0 && ms(latency.max()) < 1_250.0, "{latency:?}");
}

#[test]
fn polling_for_the_latest_misses_nine_in_ten_and_since_misses_none() {
    let transports = ["polling = { every = \"1s\" }", "polling = { every = \"1s\", reply = \"since\" }"];
    let both = measure(50, ("1s", "3s"), "[load.push]\nevery = \"100ms\"", &transports);
    let (latest, since) = (&both[0], &both[1]);
    assert_eq!((latest.tally.counts.sent, since.tally.counts.sent), (1_500, 1_500));
    let missed = latest.tally.counts.lost as f64 / latest.tally.counts.sent as f64;
    assert!((0.88..=0.92).contains(&missed), "{missed} missed");
    assert_eq!(since.tally.counts.lost, 0);
    let window = since.window();
    let batch = window.messages_down as f64 / window.responses as f64;
    assert!((9.0..=11.0).contains(&batch), "{batch} messages an answer");
}

#[test]
fn what_is_pushed_arrives_at_once() {
    let _turn = alone();
    for m in measure(50, ("500ms", "1s"), PUSH, &[LONG, WEBSOCKET, "streaming = {}", "sse = {}"]) {
        let median = ms(m.tally.latency.percentile(0.5));
        assert!(median < 50.0, "{}: {median} ms", m.label());
    }
}

/// (mean, p99) of the age of what clients display, and the mean latency; ms.
fn ages(m: &Measurement) -> (f64, f64, f64) {
    let age = &m.tally.age;
    assert_eq!(age.blank_us, 0, "{}: all have had a message in the warm-up", m.label());
    (age.mean().unwrap() / 1e6, ms(age.percentile(0.99)), m.tally.latency.mean().unwrap() / 1e6)
}

/// Of what is pushed evenly a value is shown from when it comes to when the next one does: on average so old as it took,
/// and half an interval more. Of a poller that skips four of five it is half a poll's interval more.
#[test]
fn the_age_of_what_is_displayed_is_that_of_arithmetic() {
    let _turn = alone();
    let polls = ["polling = { every = \"1s\" }", "polling = { every = \"1s\", reply = \"since\" }"];
    let all = measure(250, ("1500ms", "4s"), PUSH, &[WEBSOCKET, LONG, polls[0], polls[1]]);
    for m in &all[..2] {
        let (mean, p99, latency) = ages(m);
        assert!((mean - latency - 100.0).abs() < 15.0, "{}: {mean} ms, latency {latency} ms", m.label());
        assert!((180.0..280.0).contains(&p99), "{}: {p99} ms", m.label());
    }
    for m in &all[2..] {
        let (mean, p99, _) = ages(m);
        assert!((570.0..680.0).contains(&mean), "{}: {mean} ms", m.label());
        assert!((1_050.0..1_300.0).contains(&p99), "{}: {p99} ms", m.label());
    }
}

/// A server that keeps each message for 200 ms, of one each half a second: from 200 to 700 ms.
#[test]
fn a_known_delay_is_part_of_the_age() {
    let _turn = alone();
    let server = room(Fault { delays: Duration::from_millis(200), ..Fault::default() });
    let load = "[load.publish]\nevery = \"500ms\"\nvia = \"client\"";
    let load = format!("{load}\n[target]\nurl = \"ws://{}/\"", server.address);
    let m = measure(30, ("1s", "5s"), &load, &[WEBSOCKET]).remove(0);
    let age = &m.tally.age;
    let mean = age.mean().unwrap() / 1e6;
    assert!((445.0..520.0).contains(&mean), "{mean} ms");
    assert!((440.0..540.0).contains(&ms(age.percentile(0.5))), "{age:?}");
    assert_eq!((age.shown_us, age.blank_us), (150_000_000, 0));
}

/// Only what comes newer is displayed: who sends and hears its own has no such value.
#[test]
fn echoes_have_no_age() {
    let server = Server::echo(Duration::ZERO);
    let m = against(&format!("ws://{}/", server.address), 5, "[load.echo]\nevery = \"100ms\"", WEBSOCKET);
    assert_eq!((m.value(Metric::AgeMean), m.value(Metric::WireRate).is_some()), (None, true));
}

#[test]
fn a_known_delay_is_measured() {
    let _turn = alone();
    let delay = Duration::from_millis(50);
    let server = Server::http(Manner { delay, body: "hello", ..Manner::default() });
    let m = against(&format!("http://{}/", server.address), 10, "[load.idle]", POLLING);
    let (median, most) = (ms(m.tally.response.percentile(0.5)), ms(m.tally.response.max()));
    assert!((50.0..150.0).contains(&median) && most >= median, "p50 {median} ms, max {most} ms");
    assert!(ms(m.tally.response.min()) >= 49.9, "a response before its time: {:?}", m.tally.response.min());

    let server = Server::echo(delay);
    let load = "[load.echo]\nevery = \"200ms\"";
    let m = against(&format!("ws://{}/", server.address), 10, load, WEBSOCKET);
    let median = ms(m.tally.latency.percentile(0.5));
    assert!((50.0..150.0).contains(&median), "p50 {median} ms");
    assert!(ms(m.tally.latency.min()) >= 49.9, "a round trip before its time");
}

#[test]
fn known_bytes_are_measured_and_any_body_is_accepted() {
    let server = Server::http(Manner {
        body: "not a stamp\nnor this one, long enough as it is\n",
        ..Manner::default()
    });
    let m = against(&format!("http://{}/any?x=1", server.address), 15, "[load.idle]", POLLING);
    let (total, counts) = (m.tally.traffic.total(), &m.tally.counts);
    assert_eq!(server.seen(), (total.requests, total.up.counted));
    let request = format!("GET /any?x=1 HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    assert_eq!(total.up.headers, total.requests * length(&request));
    // The first answer is news to each client; the same again is overhead.
    let (head, old) = (length("HTTP/1.1 200 OK\r\nContent-Length: 47\r\n\r\n"), total.responses - 15);
    // An answer that came while its client was closing was read by nobody.
    let unread = total.requests - total.responses;
    assert_eq!(total.down.headers, (total.responses + unread) * head + (old + unread) * 47);
    assert_eq!(total.down.payload, 15 * 47);
    assert_eq!((counts.received, counts.delivered), (0, 0));
    assert_eq!((counts.unrecognised, total.messages_down), (15, 15));
    assert!(m.window().responses - counts.empty_polls <= 15, "{counts:?}");
}

#[test]
fn a_stamp_of_another_trial_is_no_message_of_this_one() {
    // News once, and nothing new after that.
    let mut body = Vec::new();
    let stamp = Stamp { stream: 0, seq: 3, due: Tick(1) };
    write_message(&TrialKey::default(), stamp, 21, &mut body);
    let body: &'static str = String::leak(String::from_utf8(body).unwrap());
    let server = Server::http(Manner { body, ..Manner::default() });
    let m = against(&format!("http://{}/", server.address), 5, "[load.idle]", POLLING);
    assert_eq!(m.tally.traffic.total().messages_down, 5, "one a client");
    let counts = m.tally.counts;
    assert_eq!((counts.invented, counts.unrecognised), (5, 0));
    assert_eq!((counts.delivered, m.tally.latency.count()), (0, 0));
}

#[test]
fn echo_by_url_moves_frames_and_masks_and_nothing_else() {
    let server = Server::echo(Duration::ZERO);
    let load = "[load.echo]\nevery = \"100ms\"\npayload = \"100B\"";
    let m = against(&format!("ws://{}/echo", server.address), 20, load, WEBSOCKET);
    let (counts, window, total) = (&m.tally.counts, m.window(), m.tally.traffic.total());
    assert_eq!((counts.sent, counts.delivered, counts.duplicated), (200, 200, 0));
    assert_eq!(m.tally.latency.count(), 200);
    assert_eq!(server.seen().0, total.messages_up);
    assert_eq!(window.up.counted, window.messages_up * (2 + 4 + 100));
    assert_eq!(window.down.attributed(), window.messages_down * (2 + 100));
    assert!((180..=220).contains(&window.messages_up), "{window:?}");
}

#[test]
fn a_kept_connection_that_the_server_closes_between_two_polls_is_no_failure() {
    let leaves = Some(Duration::from_millis(30));
    let server = Server::http(Manner { leaves, body: "x", ..Manner::default() });
    let m = against(&format!("http://{}/", server.address), 10, "[load.idle]", POLLING);
    assert!(m.tally.counts.reconnects >= 40, "{:?}", m.tally.counts);
    assert_eq!(m.tally.counts.missed_slots, 0);
    // The last answer of a client that closes may still be on its way.
    let (answered, responses) = (server.seen().0, m.tally.traffic.total().responses);
    assert!((responses..=responses + 10).contains(&answered), "{answered} answered, {responses} seen");
}

/// Read any sooner, it is what the process held before it was this program: a page or two.
#[test]
fn memory_is_set_against_that_of_a_process_that_is_up() {
    let loaded = 1_000_000;
    for m in measure(10, ("200ms", "500ms"), PUSH, &[POLLING, WEBSOCKET]) {
        for process in m.harness.iter().chain(&m.target) {
            assert!(process.memory_before > loaded, "{}: {process:?}", m.label());
        }
    }
}
