//! Pings of the client: they keep a connection open that would be cut, and find a server that is gone.

use std::io::Read;
use std::time::Duration;

use tokio_tungstenite::tungstenite::{Error, Message, accept};

use crate::support::server::Server;
use crate::support::{Scene, ledger_closes, scenario};
use wsbench::meter::reasons::SILENT;
use wsbench::results::Measurement;

/// Clients, and the window in which they say nothing of their own.
const CLIENTS: u32 = 3;

fn idle(server: &Server, transport: &str) -> Measurement {
    let load = format!("[load.idle]\n[target]\nurl = \"ws://{}/\"", server.address);
    let text = scenario(CLIENTS, ("100ms", "3s"), &load, &[transport.to_owned()]);
    let m = Scene::new(&text).measure().remove(0);
    ledger_closes(&m);
    m
}

/// As nginx with `proxy_read_timeout 1s`: a connection over which nothing has come for so long is cut.
fn cuts_what_is_idle() -> Server {
    Server::each(|stream, _| {
        let Ok(mut socket) = accept(stream) else { return };
        socket.get_ref().set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        // It answers pings as it reads.
        while !matches!(socket.read(), Ok(Message::Close(_)) | Err(_)) {}
        drop(socket.flush());
    })
}

#[test]
fn pings_keep_open_what_would_be_cut() {
    let m = idle(&cuts_what_is_idle(), "websocket = { ping = \"200ms\" }");
    assert_eq!((m.tally.counts.reconnects, m.tally.failures.total()), (0, 0), "{:?}", m.tally.failures);
    assert_eq!(m.trial.transport.label(), "websocket ping 200ms");
    // A masked Ping of no payload up, its Pong down: nothing else passes.
    let (up, down) = (m.window().up, m.window().down);
    assert_eq!((up.counted, down.counted), (up.framing, down.framing));
    assert_eq!((up.framing % 6, down.framing % 2), (0, 0));
    let pings = up.framing / 6;
    assert!((u64::from(CLIENTS) * 7..=u64::from(CLIENTS) * 16).contains(&pings), "{pings} pings");

    let m = idle(&cuts_what_is_idle(), "websocket = {}");
    assert!(m.tally.counts.reconnects >= u64::from(CLIENTS), "{:?}", m.tally.counts);
}

/// A server that sees nothing but never leaves: it reads no frame, and so answers no Ping.
fn silent() -> Server {
    Server::each(|stream, seen| {
        let Ok(mut socket) = accept(stream) else { return };
        if seen.first {
            while !matches!(socket.read(), Ok(Message::Close(_)) | Err(_)) {}
            return drop(socket.flush());
        }
        let mut rest = [0; 64];
        while matches!(socket.get_mut().read(&mut rest), Ok(1..)) {}
    })
}

#[test]
fn a_server_of_which_nothing_comes_after_a_ping_is_gone() {
    let m = idle(&silent(), "websocket = { ping = \"200ms\", timeout = \"600ms\" }");
    let failures = &m.tally.failures;
    assert!(failures.timeout >= u64::from(CLIENTS), "{failures:?}");
    assert!(failures.reasons.knows(SILENT), "{failures:?}");
    assert!(m.tally.counts.reconnects >= u64::from(CLIENTS));
}

/// A server that answers no Ping, but says something now and then.
fn talks_and_never_pongs() -> Server {
    Server::each(|stream, seen| {
        let Ok(mut socket) = accept(stream) else { return };
        socket.get_ref().set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut rest = [0; 64];
        loop {
            if seen.first {
                match socket.read() {
                    Ok(Message::Close(_)) | Err(Error::ConnectionClosed | Error::AlreadyClosed) => return,
                    _ => continue,
                }
            }
            let timed_out = |e: &std::io::Error| e.kind() == std::io::ErrorKind::WouldBlock;
            match socket.get_mut().read(&mut rest) {
                Ok(1..) => {}
                Err(e) if timed_out(&e) => {}
                _ => return,
            }
            if socket.send(Message::text("news")).is_err() {
                return;
            }
        }
    })
}

#[test]
fn a_missing_pong_alone_is_no_failure() {
    let m = idle(&talks_and_never_pongs(), "websocket = { ping = \"300ms\", timeout = \"800ms\" }");
    assert_eq!((m.tally.counts.reconnects, m.tally.failures.total()), (0, 0), "{:?}", m.tally.failures);
    assert!(m.tally.counts.unrecognised > 0);
}
