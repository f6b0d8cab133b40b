//! Servers that are not ours: messages of the user's own form, greetings, publishing through them, listening to them,
//! polling them with every cursor. What they do is known to the message, so counts are exact.

use std::time::Duration;

use crate::support::feeds::{Fault, journal, room, ticker, value};
use crate::support::server::Server;
use crate::support::{Scene, all_delivered, alone, ledger_closes, scenario};
use tokio_tungstenite::tungstenite::{Message, accept};
use wsbench::results::Measurement;

const CLIENTS: u64 = 5;
/// A window of one second, and before it longer than the first long polls are spread over.
const TIMES: (&str, &str) = ("800ms", "1s");
/// A message every 20 ms is so many in the window.
const SENT: u64 = 50;

/// One trial against `server`, the load's tables as they are.
fn against(server: &Server, scheme: &str, load: &str, transport: &str) -> Measurement {
    sharded(1, server, scheme, load, transport)
}

/// The same with the clients spread over so many shards.
fn sharded(shards: usize, server: &Server, scheme: &str, load: &str, transport: &str) -> Measurement {
    let load = format!("{load}\n[target]\nurl = \"{scheme}://{}/\"", server.address);
    let text = scenario(5, TIMES, &load, &[transport.to_owned()]);
    let m = Scene::new(&format!("shards = {shards}\n{text}")).measure().remove(0);
    ledger_closes(&m);
    assert_eq!(m.harness.len(), shards);
    m
}

/// `[load.publish]` by POST to the same server.
fn by_post(server: &Server) -> String {
    format!(
        "[load.publish]\nevery = \"20ms\"\nmessage = '{{\"id\":\"{{stamp}}\"}}'\npost = \"http://{}/publish\"\n\
         content-type = \"application/json\"\nheaders = {{ X-Own = \"1\" }}",
        server.address
    )
}

/// Greets, then answers a request in JSON with the keys in another order.
fn greeter() -> Server {
    Server::each(|stream, _| {
        stream.set_nodelay(true).unwrap();
        let Ok(mut socket) = accept(stream) else { return };
        socket.send(Message::text("started")).unwrap();
        while let Ok(message) = socket.read() {
            let Message::Text(text) = message else { continue };
            let asked: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(asked["type"], "echo");
            assert_eq!(text.len(), 80);
            let back = format!("{{\"ok\":true,\"re\":{{\"at\":1,\"id\":{}}}}}", asked["id"]);
            socket.send(Message::text(back)).unwrap();
        }
    })
}

#[test]
fn a_greeting_is_no_loss_and_a_wrapped_stamp_is_found() {
    let load = "[load.echo]\nevery = \"20ms\"\npayload = \"80B\"\n\
                message = '{\"type\":\"echo\",\"n\":{client},\"id\":\"{stamp}\",\"pad\":\"{filler}\"}'";
    let m = against(&greeter(), "ws", load, "websocket = {}");
    let counts = m.tally.counts;
    assert_eq!(
        (counts.sent, counts.delivered, counts.lost),
        (SENT * CLIENTS, SENT * CLIENTS, 0),
        "{counts:?}"
    );
    assert_eq!((counts.unrecognised, counts.duplicated), (CLIENTS, 0), "{counts:?}");
    let total = m.tally.traffic.total();
    assert_eq!(total.messages_down, total.messages_up + CLIENTS);
    let wrapped = r#"{"ok":true,"re":{"at":1,"id":""}}"#.len() as u64 + 20;
    assert_eq!(total.down.payload, total.messages_up * wrapped + CLIENTS * "started".len() as u64);
}

#[test]
fn an_echo_of_a_bare_stamp_is_26_bytes_up_and_22_down() {
    let m = against(&Server::echo(Duration::ZERO), "ws", "[load.echo]\nevery = \"20ms\"", "websocket = {}");
    let (window, counts) = (m.window(), m.tally.counts);
    assert_eq!((counts.lost, counts.unrecognised, counts.sent), (0, 0, SENT * CLIENTS));
    assert_eq!(window.up.counted, 26 * window.messages_up);
    assert_eq!(window.down.attributed(), 22 * window.messages_down);
}

#[test]
fn what_is_posted_comes_to_every_client() {
    let server = room(Fault::default());
    all_delivered(&against(&server, "ws", &by_post(&server), "websocket = {}"), SENT, CLIENTS);
}

#[test]
fn what_one_more_client_says_comes_to_every_client() {
    let load = "[load.publish]\nrate = \"50/s\"\nvia = \"client\"";
    let m = against(&room(Fault::default()), "ws", load, "websocket = {}");
    all_delivered(&m, SENT, CLIENTS);
    // The publisher is no client: none of its bytes stand in the ledger.
    assert_eq!(m.tally.traffic.total().messages_up, 0);
    assert_eq!(m.tally.traffic.total().connections, CLIENTS);
}

/// The publisher lives in one shard and nowhere else: another one's messages would be the same again.
#[test]
fn clients_of_every_shard_hear_the_one_publisher() {
    let by_client = "[load.publish]\nrate = \"50/s\"\nvia = \"client\"";
    for shards in [2, 5] {
        let server = room(Fault::default());
        all_delivered(&sharded(shards, &server, "ws", &by_post(&server), "websocket = {}"), SENT, CLIENTS);
        let m = sharded(shards, &room(Fault::default()), "ws", by_client, "websocket = {}");
        all_delivered(&m, SENT, CLIENTS);
        let total = m.tally.traffic.total();
        assert_eq!((total.messages_up, total.connections), (0, CLIENTS));
    }
    let server = journal();
    let transport = "long-polling = { hold = \"1s\", cursor = \"since\" }";
    all_delivered(&sharded(2, &server, "http", &by_post(&server), transport), SENT, CLIENTS);
}

#[test]
fn what_a_publisher_could_not_send_no_shard_has_lost() {
    let server = room(Fault { refuses: Some(10), drops: Some(25), ..Fault::default() });
    let m = sharded(2, &server, "ws", &by_post(&server), "websocket = {}");
    let (counts, published) = (m.tally.counts, m.published.clone().unwrap());
    // Of the messages that the server has dropped every second one was refused before.
    let dropped = counts.lost / CLIENTS;
    assert_eq!((published.messages, published.failed), (SENT - SENT / 10, SENT / 10));
    assert_eq!((counts.sent, counts.lost % CLIENTS), ((SENT - SENT / 10) * CLIENTS, 0), "{counts:?}");
    assert!((1..=2).contains(&dropped) && counts.delivered == counts.sent - counts.lost, "{counts:?}");
}

#[test]
fn every_tenth_message_that_a_server_drops_is_lost_and_no_other() {
    let server = room(Fault { drops: Some(10), ..Fault::default() });
    let m = against(&server, "ws", &by_post(&server), "websocket = {}");
    let counts = m.tally.counts;
    assert_eq!((counts.sent, counts.lost), (SENT * CLIENTS, SENT / 10 * CLIENTS), "{counts:?}");
    assert!(m.verdict.warnings.iter().any(|d| d.check == "loss"), "{:?}", m.verdict);
}

#[test]
fn what_could_not_be_sent_is_the_publishers_failure_and_no_loss() {
    let server = room(Fault { refuses: Some(10), ..Fault::default() });
    let m = against(&server, "ws", &by_post(&server), "websocket = {}");
    let (counts, published) = (m.tally.counts, m.published.clone().unwrap());
    assert_eq!((published.messages, published.failed), (SENT - SENT / 10, SENT / 10));
    assert_eq!((counts.sent, counts.lost), ((SENT - SENT / 10) * CLIENTS, 0), "{counts:?}");
    assert!(m.tally.failures.status >= SENT / 10);
}

#[test]
fn long_polling_loses_nothing_by_any_cursor() {
    for cursor in ["\"since\"", "\"etag\"", "\"last-modified\"", "{ pointer = \"/seq\" }"] {
        let server = journal();
        let transport = format!("long-polling = {{ hold = \"1s\", cursor = {cursor} }}");
        let m = against(&server, "http", &by_post(&server), &transport);
        all_delivered(&m, SENT, CLIENTS);
        assert!(m.window().responses > 0 && m.tally.response.count() > 0);
    }
}

#[test]
fn listening_times_a_rhythm_and_claims_no_latency() {
    let _turn = alone();
    let m = against(&ticker(), "ws", "[load.listen]", "websocket = {}");
    let counts = m.tally.counts;
    assert_eq!((counts.sent, counts.lost, counts.unrecognised), (0, 0, 0), "{counts:?}");
    assert!((40 * CLIENTS..=60 * CLIENTS).contains(&counts.received), "{counts:?}");
    assert_eq!(m.tally.latency.count(), 0);
    let gap = m.tally.gap.percentile(0.5).unwrap() / 1_000_000;
    assert!((10..=30).contains(&gap), "{gap} ms");
    assert_eq!(m.window().down.attributed(), counts.received * ("tick".len() as u64 + 2));
}

/// Five changes in a second, seen by polls four times as close.
#[test]
fn polls_tell_news_from_old_values_by_etag_and_by_the_body() {
    for cursor in ["", ", cursor = \"etag\""] {
        let transport = format!("polling = {{ every = \"50ms\"{cursor} }}");
        let m = against(&value(), "http", "[load.listen]", &transport);
        let (counts, window) = (m.tally.counts, m.window());
        assert_eq!(counts.received + counts.empty_polls, window.responses, "{cursor}: {counts:?}");
        assert!((4 * CLIENTS..=6 * CLIENTS).contains(&counts.received), "{cursor}: {counts:?}");
        assert!(window.responses >= 15 * CLIENTS, "{cursor}: {window:?}");
        assert_eq!(window.down.payload, counts.received * "value 0000000000\n".len() as u64);
        assert!(m.tally.response.count() > 0 && m.tally.latency.count() == 0);
    }
}
