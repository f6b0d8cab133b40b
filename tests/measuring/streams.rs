//! Streams of an external server, through the whole program: lines and events, in chunks or up to the end of the
//! connection, torn in the middle of a character, ended and gone on with. What the server publishes is known to the
//! message, so counts are exact.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::sleep;
use std::time::Duration;

use crate::support::feeds::{Asked, answer, http};
use crate::support::nghttpx::Nghttpx;
use crate::support::server::Server;
use crate::support::{Scene, all_delivered, at_once, ledger_closes, scenario};
use wsbench::results::Measurement;

const CLIENTS: u64 = 5;
const TIMES: (&str, &str) = ("500ms", "1s");
/// A message every 20 ms is so many in the window.
const SENT: u64 = 50;
/// Characters of two and three bytes around the stamp: they are torn.
const MESSAGE: &str = r#"{"text":"grüße, 5 €","id":"{stamp}","end":"äöü"}"#;
const LINES: &str = "streaming = {}";
const LOOK: Duration = Duration::from_millis(20);
const EVENTS: &str = "sse = { retry = \"10ms\" }";

/// How a server streams.
#[derive(Clone, Copy, Default)]
struct Way {
    /// Events; else lines.
    events: bool,
    /// Each write is a chunk; else the body ends with the connection.
    chunked: bool,
    /// Nothing is written whole: every message goes in pieces, one of which ends within a character.
    torn: bool,
    /// An answer ends after so many messages.
    ends: Option<usize>,
    /// It does not look whether its client has gone, as long as there is nothing to write.
    deaf: bool,
}

/// What is published, and what the server was asked.
#[derive(Default)]
struct Hall {
    messages: Mutex<Vec<String>>,
    bell: Condvar,
    /// Requests for a stream that said where they left off.
    resumed: AtomicU64,
}

impl Hall {
    /// Waits for the message of that number; `None` when its client has gone.
    fn next(&self, number: usize, way: Way, to: &TcpStream) -> Option<String> {
        let mut messages = self.messages.lock().unwrap();
        while messages.len() <= number {
            messages = self.bell.wait_timeout(messages, LOOK).unwrap().0;
            if !way.deaf && gone(to) {
                return None;
            }
        }
        Some(messages[number].clone())
    }
}

/// Whether the other end has said that it sends no more: this client then wants no more either.
fn gone(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let said = stream.peek(&mut [0]);
    stream.set_nonblocking(false).unwrap();
    matches!(said, Ok(0))
}

/// A server that streams to all what is posted to it; to new ones from then on.
fn hall(way: Way) -> (Server, Arc<Hall>) {
    let hall = Arc::new(Hall::default());
    let inner = Arc::clone(&hall);
    let server = http(move |asked, to| {
        if asked.post {
            inner.messages.lock().unwrap().push(asked.body);
            inner.bell.notify_all();
            return answer(to, "204 No Content", "", "");
        }
        stream(&inner, way, &asked, to)
    });
    (server, hall)
}

fn stream(hall: &Hall, way: Way, asked: &Asked, to: &mut TcpStream) -> io::Result<()> {
    let seen = asked.header("last-event-id").map(|id| id.parse::<usize>().unwrap());
    hall.resumed.fetch_add(u64::from(seen.is_some()), Ordering::Relaxed);
    let kind = if way.events { "text/event-stream" } else { "text/plain" };
    let coding = if way.chunked { "Transfer-Encoding: chunked\r\n" } else { "" };
    to.write_all(
        format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\n{coding}\r\n").as_bytes(),
    )?;
    let from = seen.unwrap_or_else(|| hall.messages.lock().unwrap().len());
    if way.events {
        // An id without data: who leaves before the first event comes back to it. And a comment.
        write(to, way, &format!("id: {from}\r\n\r\n: grüß Gott\r\n\r\n"))?;
    }
    let end = way.ends.map_or(usize::MAX, |most| from + most);
    for number in from..end {
        let Some(message) = hall.next(number, way, to) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        match way.events {
            true => write(to, way, &format!("event: news\r\nid: {}\r\ndata: {message}\r\n\r\n", number + 1))?,
            false => write(to, way, &format!("{message}\n"))?,
        }
    }
    match way.chunked {
        true => to.write_all(b"0\r\n\r\n"),
        false => Err(io::ErrorKind::ConnectionAborted.into()),
    }
}

/// Writes a text as it is, or torn behind the first byte of its first long character and before its last byte.
fn write(to: &mut TcpStream, way: Way, text: &str) -> io::Result<()> {
    let long = text.find(|c: char| !c.is_ascii()).filter(|_| way.torn);
    let cuts = long.map_or(vec![], |at| vec![at + 1, text.len() - 1]);
    let mut from = 0;
    for cut in cuts.into_iter().chain([text.len()]) {
        let piece = &text.as_bytes()[from..cut];
        match way.chunked {
            true => to.write_all(&[format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat())?,
            false => to.write_all(piece)?,
        }
        from = cut;
        if way.torn {
            sleep(Duration::from_millis(1));
        }
    }
    Ok(())
}

/// One trial: a publisher posts to the server, and all its streams bring it.
fn published(way: Way) -> (Measurement, Arc<Hall>) {
    let (server, hall) = hall(way);
    let load = format!(
        "[load.publish]\nevery = \"20ms\"\nmessage = '{MESSAGE}'\npost = \"http://{0}/publish\"\n\
         [target]\nurl = \"http://{0}/feed\"",
        server.address
    );
    let transport = if way.events { EVENTS } else { LINES };
    (measured(&load, transport), hall)
}

fn measured(load: &str, transport: &str) -> Measurement {
    let text = scenario(u32::try_from(CLIENTS).unwrap(), TIMES, load, &[transport.to_owned()]);
    let m = Scene::new(&text).measure().remove(0);
    ledger_closes(&m);
    m
}

/// Every message came to every client once, and its bytes are told from those that carried it.
fn whole(m: &Measurement) {
    all_delivered(m, SENT, CLIENTS);
    let total = m.tally.traffic.total();
    // The line's end is the message's own, as is that of an event's data.
    let length = MESSAGE.len() - "{stamp}".len() + 20 + 1;
    assert_eq!(total.down.payload, total.messages_down * length as u64, "{}", m.label());
}

#[test]
fn lines_and_events_come_chunked_or_up_to_the_end_whole_or_torn() {
    let ways = [(false, false), (false, true), (true, false), (true, true)];
    for events in [false, true] {
        at_once(&ways, |&(chunked, torn)| {
            let (m, hall) = published(Way { events, chunked, torn, ..Way::default() });
            whole(&m);
            assert_eq!((m.tally.counts.reconnects, m.tally.traffic.total().connections), (0, CLIENTS));
            assert_eq!(hall.resumed.load(Ordering::Relaxed), 0);
        });
    }
}

#[test]
fn events_go_on_behind_the_last_one_when_an_answer_has_ended() {
    at_once(&[false, true], |&chunked| {
        let (m, hall) = published(Way { events: true, chunked, torn: true, ends: Some(10), deaf: false });
        whole(&m);
        let (reconnects, total) = (m.tally.counts.reconnects, m.tally.traffic.total());
        // 75 messages and more to each, ten an answer.
        let again = total.requests - CLIENTS;
        assert!(again >= 5 * CLIENTS, "{:?}", m.tally.counts);
        assert!(hall.resumed.load(Ordering::Relaxed) >= again, "{:?}", m.tally.counts);
        // An answer that ends in good order leaves its connection to the next, and to ask again is no reconnect.
        assert_eq!(reconnects, if chunked { 0 } else { again }, "chunked: {chunked}");
        assert_eq!(total.connections, CLIENTS + reconnects);
    });
}

/// Lines have no cursor at a server that is not ours: what is published between two answers is lost, and nothing else.
#[test]
fn lines_go_on_too_but_from_then_on() {
    let (m, _) = published(Way { chunked: true, ends: Some(5), ..Way::default() });
    let counts = m.tally.counts;
    assert_eq!(counts.sent, SENT * CLIENTS);
    assert_eq!((counts.delivered + counts.lost, counts.duplicated), (counts.sent, 0), "{counts:?}");
    assert!(m.tally.traffic.total().requests >= 10 * CLIENTS && counts.reconnects == 0, "{counts:?}");
    assert_eq!(m.tally.failures.total(), 0);
    assert!(counts.delivered > SENT * CLIENTS / 2, "{counts:?}");
}

#[test]
fn a_server_that_does_not_see_us_go_is_no_failure() {
    at_once(&[false, true], |&events| {
        let (m, _) = published(Way { events, chunked: true, deaf: true, ..Way::default() });
        whole(&m);
    });
}

#[test]
fn a_stream_is_listened_to_whoever_publishes() {
    at_once(&[(false, LINES), (true, EVENTS)], |&(events, transport)| {
        let (server, hall) = hall(Way { events, chunked: true, torn: true, ends: Some(20), deaf: false });
        let ticking = Arc::clone(&hall);
        std::thread::spawn(move || {
            loop {
                ticking.messages.lock().unwrap().push("Grüße".to_owned());
                ticking.bell.notify_all();
                sleep(Duration::from_millis(20));
            }
        });
        let load = format!("[load.listen]\n[target]\nurl = \"http://{}/feed\"", server.address);
        let m = measured(&load, transport);
        let counts = m.tally.counts;
        assert_eq!((counts.sent, counts.lost, counts.unrecognised), (0, 0, 0), "{counts:?}");
        // 50 a client where the machine keeps up; lines that pass between two answers nobody hears.
        assert!((25 * CLIENTS..=60 * CLIENTS).contains(&counts.received), "{transport}: {counts:?}");
        let (total, length) = (m.tally.traffic.total(), "Grüße".len() as u64 + 1);
        assert_eq!(total.down.payload, total.messages_down * length);
        assert_eq!((m.tally.latency.count(), m.tally.failures.total()), (0, 0), "{:?}", m.tally.failures);
    });
}

/// Clients of one connection, through a proxy of another make before a server of HTTP/1.1.
#[test]
#[ignore = "needs nghttpx (Debian: nghttp2-proxy)"]
fn clients_that_share_a_connection_hear_all_through_nghttpx() {
    for (events, name) in [(false, "streaming"), (true, "sse")] {
        let (server, _hall) = hall(Way { events, chunked: true, ..Way::default() });
        let proxy = Nghttpx::before(server.address);
        let load = format!(
            "[load.publish]\nevery = \"20ms\"\nmessage = '{MESSAGE}'\npost = \"http://{}/publish\"\n\
             [target]\nurl = \"http://{}/feed\"",
            server.address, proxy.address
        );
        let m = measured(&load, &format!("{name} = {{ http = 2, clients-per-connection = 10 }}"));
        whole(&m);
        let (connections, shards) = (m.tally.traffic.total().connections, u64::from(m.trial.shards));
        assert!((1..=shards).contains(&connections), "{connections}");
        assert_eq!((m.tally.failures.total(), m.tally.counts.reconnects), (0, 0));
    }
}

#[test]
fn a_page_that_is_no_stream_of_events_is_said_to_be_none_before_the_load() {
    let server = http(|_, to| answer(to, "200 OK", "Content-Type: text/html\r\n", "<html>"));
    let load = format!("[load.listen]\n[target]\nurl = \"http://{}/\"", server.address);
    let text = scenario(2, TIMES, &load, &[EVENTS.to_owned()]);
    let ran = Scene::new(&text).begin(&[]).end();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let said = "no Content-Type: text/event-stream; another path, or polling or streaming as the transport";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}
