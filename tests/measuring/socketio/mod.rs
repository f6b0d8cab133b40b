//! The Socket.IO driver against servers by hand that do what servers do, and, where it is installed, against the real
//! one: `scripts/test-third-party` runs those.

mod client;
mod over_http2;
mod real;

use std::time::Duration;

use crate::support::engine::{Engine, Rules};
use client::{WAYS, by, echo, ledger_closes, live, refused, stamped};
use tokio::time::timeout;
use wsbench::drivers::Driver;
use wsbench::meter::Failure;
use wsbench::transport::{Carrier, SocketIo as Options};
use wsbench_targets::clock::now;

const JOINED: &str = r#"40{"sid":"x"}"#;

fn joined() -> Rules {
    Rules { greeting: vec![JOINED.to_owned()], ..Rules::default() }
}

/// An event of the server with stamp `seq`.
fn event(seq: u64) -> String {
    format!(r#"42["m","{}"]"#, stamped(seq))
}

#[test]
fn events_before_the_connect_answer_and_many_in_one_read_arrive_in_order() {
    for via in WAYS {
        let news = r#"42["news",{"hello":"world"}]"#.to_owned();
        let greeting = vec![news, event(0), JOINED.to_owned(), event(1), event(2)];
        let engine = Engine::start(Rules { greeting, ..Rules::default() });
        let (stamps, tally) = live(engine.address, &by(via), async |client, _| {
            let mut stamps = vec![];
            for _ in 0..3 {
                stamps.push(client.recv().await.unwrap().stamp.seq);
            }
            stamps
        });
        assert_eq!(stamps, [0, 1, 2], "{via:?}");
        assert_eq!((tally.counts.unrecognised, tally.failures.total()), (1, 0), "{via:?}");
        let total = tally.traffic.total();
        assert_eq!(total.messages_down, 4, "{via:?}");
        assert_eq!(total.down.payload, 3 * 20 + r#"{"hello":"world"}"#.len() as u64, "{via:?}");
        ledger_closes(&tally, &format!("{via:?}"));
    }
}

#[test]
fn one_request_of_each_kind_is_under_way_and_echoes_come_home() {
    for via in WAYS {
        let engine = Engine::start(joined());
        let (_, tally) = live(engine.address, &by(via), async |client, _| {
            for seq in 0..20 {
                assert_eq!(echo(client, seq).await, Ok(seq));
            }
        });
        let seen = engine.seen();
        assert_eq!((seen.sessions, seen.messages), (1, 20), "{via:?}");
        assert!(
            seen.most_gets <= 1 && seen.most_posts <= 1,
            "{via:?}: {} {}",
            seen.most_gets,
            seen.most_posts
        );
        let total = tally.traffic.total();
        assert_eq!((total.messages_up, total.messages_down), (20, 20), "{via:?}");
        assert_eq!((total.up.payload, total.down.payload), (400, 400), "{via:?}");
        ledger_closes(&tally, &format!("{via:?}"));
    }
}

#[test]
fn a_ping_during_an_upgrade_is_answered_and_the_session_moves() {
    let engine = Engine::start(Rules { pings_during_upgrade: true, ..joined() });
    let (echoed, tally) =
        live(engine.address, &by(Carrier::Upgrade), async |client, _| echo(client, 7).await);
    assert_eq!(echoed, Ok(7));
    let seen = engine.seen();
    assert!(seen.upgraded && seen.posted == ["40", "3"], "{:?}", seen.posted);
    assert_eq!(tally.counts.heartbeats, 1);
    ledger_closes(&tally, "upgrade");
}

/// A pong behind the last words would be for a session that is over, and refused.
#[test]
fn a_ping_after_the_last_words_is_not_answered() {
    for via in WAYS {
        let engine = Engine::start(Rules { pings_at_leave: true, ..joined() });
        let (_, tally) = live(engine.address, &by(via), async |client, _| {
            assert_eq!(echo(client, 0).await, Ok(0), "{via:?}");
            // By polling, a request waits for what the server says meanwhile.
            assert!(timeout(Duration::from_millis(50), client.recv()).await.is_err(), "{via:?}");
        });
        let seen = engine.seen();
        assert_eq!((tally.failures.total(), seen.pongs), (0, 0), "{via:?}: {:?}", seen.packets);
        assert!(seen.packets.contains(&"41".to_owned()), "{via:?}");
        ledger_closes(&tally, &format!("{via:?}"));
    }
}

/// python-socketio leaves the request that waits unanswered when a client has left.
#[test]
fn a_server_that_answers_the_last_words_alone_is_not_waited_for() {
    let engine = Engine::start(Rules { leaves_the_get: true, ..joined() });
    let mut left = now();
    let (_, tally) = live(engine.address, &by(Carrier::Polling), async |client, _| {
        assert_eq!(echo(client, 0).await, Ok(0));
        left = now();
    });
    let took = Duration::from_nanos(now().since(left));
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert!(engine.seen().packets.contains(&"1".to_owned()));
    assert_eq!(tally.failures.total(), 0);
    ledger_closes(&tally, "left");
}

/// Calls are dropped at each time that something else is due; a session that is being opened is not begun anew.
#[test]
fn a_session_that_opens_slowly_is_opened_once() {
    let engine =
        Engine::start(Rules { forgets: Some((404, 1)), opens_after: Duration::from_millis(300), ..joined() });
    let (_, tally) = live(engine.address, &by(Carrier::Polling), async |client, _| {
        let _echoed_or_gone = echo(client, 0).await;
        let mut dropped = 0;
        while engine.seen().sessions < 2 {
            let call = timeout(Duration::from_millis(20), client.recv()).await;
            dropped += usize::from(call.is_err());
        }
        assert!(dropped > 5, "{dropped}");
        assert_eq!(echo(client, 1).await, Ok(1));
    });
    assert_eq!((engine.seen().sessions, tally.counts.reconnects), (2, 1));
    ledger_closes(&tally, "reopened");
}

#[test]
fn an_unknown_session_is_a_status_and_the_next_call_opens_another() {
    for status in [400, 404] {
        let engine = Engine::start(Rules { forgets: Some((status, 1)), ..joined() });
        let (_, tally) = live(engine.address, &by(Carrier::Polling), async |client, _| {
            let first = match echo(client, 0).await {
                Ok(seq) => {
                    // The echo was already on its way; what follows is not.
                    assert_eq!(seq, 0);
                    client.recv().await.map(|arrival| arrival.stamp.seq)
                }
                failed => failed,
            };
            assert_eq!(first, Err(Failure::Status), "{status}");
            assert_eq!(echo(client, 1).await, Ok(1), "{status}");
        });
        assert_eq!(tally.counts.reconnects, 1, "{status}");
        assert_eq!(engine.seen().sessions, 2, "{status}");
    }
}

#[test]
fn close_packets_of_both_protocols_end_the_session() {
    for (via, last) in WAYS.into_iter().flat_map(|via| [(via, "1"), (via, "41")]) {
        let engine = Engine::start(Rules { last: Some(last), ..joined() });
        live(engine.address, &by(via), async |client, _| {
            // By polling, the answer that ends the session may come before the `POST` is answered.
            let sent = client.send(stamped(0).as_bytes()).await;
            // What came before the end is not lost with it.
            assert_eq!(client.recv().await.map(|arrival| arrival.stamp.seq), Ok(0), "{via:?} {last}");
            let ended = if sent.is_ok() { client.recv().await.map(|_| ()) } else { sent };
            assert_eq!(ended, Err(Failure::Closed), "{via:?} {last}");
            assert_eq!(echo(client, 1).await, Ok(1), "{via:?} {last}");
        });
        assert_eq!(engine.seen().sessions, 2, "{via:?} {last}");
    }
}

#[test]
fn a_refused_namespace_is_a_status_and_nonsense_a_protocol_failure() {
    let table = [
        (r#"44{"message":"not authorised"}"#, Failure::Status),
        ("41", Failure::Closed),
        ("1", Failure::Closed),
        ("4x", Failure::Protocol),
        ("9", Failure::Protocol),
        (r#"42["a""#, Failure::Protocol),
        (r#"451-["a",{"_placeholder":true,"num":0}]"#, Failure::Timeout),
        ("0{}", Failure::Protocol),
    ];
    for (answer, failure) in table {
        for via in [Carrier::Polling, Carrier::WebSocket] {
            let engine = Engine::start(Rules { greeting: vec![answer.to_owned()], ..Rules::default() });
            let options = Options { timeout: Duration::from_millis(500), ..by(via) };
            assert_eq!(refused(engine.address, &options).0, failure, "{via:?} {answer}");
        }
    }
}

#[test]
fn a_server_that_falls_silent_is_noticed() {
    let engine = Engine::start(joined());
    // Its pings never come; after interval and timeout, 5 s, the client stops believing.
    let (failure, _) =
        live(engine.address, &by(Carrier::WebSocket), async |client, _| client.recv().await.err());
    assert_eq!(failure, Some(Failure::Timeout));
}
