//! Who is to blame, as in `pure/blame`, by real servers and the program itself. Where other programs kept this machine busy a run may be INVALID by
//! noise: then nothing is said of the server and the exit code is 4, and what was found stands beside it all the same.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, accept};
use wsbench::results::{Measurement, Server as Outcome, Severity, Status};

use crate::support::feeds::{Asked, Fault, answer, http, room};
use crate::support::server::Server;
use crate::support::{Ran, Scene, at_once, scenario};

const WEBSOCKET: &str = "websocket = { timeout = \"1s\" }";
const ECHO: &str = "[load.echo]\nevery = \"50ms\"";
const CLOSED: &str = "[load.echo]\npace = \"closed\"";
const LISTEN: &str = "[load.listen]";
const CONNECT: &str = "[load.connect]\nrate = \"100/s\"";

/// A trial of one second with four clients, and what the program said.
fn run(server: &Server, scheme: &str, load: &str, transport: &str, flags: &[&str]) -> (Measurement, Ran) {
    let load = format!("{load}\n[target]\nurl = \"{scheme}://{}/\"", server.address);
    let scene = Scene::new(&scenario(4, ("100ms", "1s"), &load, &[transport.to_owned()]));
    let ran = scene.begin(flags).end();
    let mut report = scene.report();
    assert!(report.failed.is_empty() && report.measurements.len() == 1, "{ran:#?}");
    (report.measurements.remove(0), ran)
}

fn found(m: &Measurement, code: &str, severity: Severity) -> bool {
    m.verdict.warnings.iter().any(|found| found.check == code && found.severity == severity)
}

/// The server failed for that reason, and the exit code says so.
fn failed((m, ran): &(Measurement, Ran), code: &str) {
    assert!(found(m, code, Severity::Failed), "{code}: {:#?}", m.verdict);
    match m.verdict.status() {
        Status::Invalid => assert_eq!(ran.code, Some(4), "{ran:#?}"),
        _ => {
            assert_eq!((m.verdict.server(), ran.code), (Outcome::Failed, Some(99)), "{ran:#?}");
            assert!(ran.stdout.contains("server FAILED"), "{ran:#?}");
        }
    }
}

/// Neither VALID nor the server's good.
fn silent(ran: &(Measurement, Ran)) {
    failed(ran, "nothing-received");
    assert_ne!(ran.0.verdict.status(), Status::Valid, "{:#?}", ran.0.verdict);
}

/// Takes the handshake, reads what comes, and says nothing.
fn mute(stream: TcpStream) {
    let Ok(mut socket) = accept(stream) else { return };
    while socket.read().is_ok() {}
}

#[test]
fn a_server_that_never_speaks_is_never_valid() {
    at_once(&[ECHO, CLOSED, LISTEN], |load| {
        let server = Server::each(|stream, _| mute(stream));
        silent(&run(&server, "ws", load, WEBSOCKET, &[]));
    });
}

#[test]
fn answers_without_a_message_are_never_valid() {
    let post = |server: &Server| {
        format!("[load.publish]\nrate = \"20/s\"\npost = \"http://{}/publish\"", server.address)
    };
    let polls = ["polling = { every = \"50ms\" }", "polling = { every = \"50ms\", reply = \"latest\" }"];
    at_once(&polls, |transport| {
        let server = http(|_, to| answer(to, "204 No Content", "", ""));
        silent(&run(&server, "http", LISTEN, transport, &[]));
        // What was published is missed by design, but not all of it.
        silent(&run(&server, "http", &post(&server), transport, &[]));
    });
    let server = http(|_, to| answer(to, "200 OK", "", ""));
    silent(&run(&server, "http", LISTEN, "long-polling = { hold = \"1s\" }", &[]));
}

#[test]
fn an_event_stream_is_named_with_the_option_that_reads_it() {
    at_once(&["polling = { every = \"100ms\" }", "long-polling = { hold = \"1s\" }"], |transport| {
        let server = http(|_, to| {
            write!(to, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n")?;
            std::thread::sleep(Duration::from_secs(3));
            Ok(())
        });
        let ran = run(&server, "http", LISTEN, transport, &[]);
        silent(&ran);
        failed(&ran, "failures");
        let said = ran.1.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("text/event-stream") && said.contains("--as sse"), "{said}");
    });
}

#[test]
fn a_status_is_the_servers() {
    let server = Server::after_the_first(|mut stream| {
        let mut head = [0; 4096];
        while matches!(std::io::Read::read(&mut stream, &mut head), Ok(1..)) {
            drop(stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"));
        }
    });
    failed(&run(&server, "http", "[load.idle]", "polling = { every = \"100ms\" }", &[]), "failures");
}

#[test]
fn a_close_with_a_code_is_the_servers() {
    let server = Server::each(|stream, _| {
        let Ok(mut socket) = accept(stream) else { return };
        while let Ok(message) = socket.read() {
            if message.is_text() {
                let frame = CloseFrame { code: 1013.into(), reason: "later".into() };
                drop(socket.send(Message::Close(Some(frame))));
            }
        }
    });
    failed(&run(&server, "ws", ECHO, WEBSOCKET, &[]), "failures");
}

/// Takes each handshake, and sends `more` in one piece with its answer.
fn takes_and_sends(more: &'static [u8]) -> Server {
    Server::each(move |mut stream, _| {
        stream.set_nodelay(true).unwrap();
        let Some(asked) = Asked::read(&mut BufReader::new(stream.try_clone().unwrap())) else { return };
        let key = derive_accept_key(asked.header("sec-websocket-key").unwrap_or_default().as_bytes());
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {key}\r\n\r\n"
        );
        drop(stream.write_all(&[head.as_bytes(), more].concat()));
        while stream.read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
    })
}

/// Garbage behind the answer, or a Close with 1011.
#[test]
fn connections_that_nobody_can_use_are_none() {
    at_once(&[takes_and_sends(&[0xff; 52]), takes_and_sends(&[0x88, 2, 0x03, 0xf3])], |server| {
        let ran = run(server, "ws", CONNECT, WEBSOCKET, &[]);
        let counts = ran.0.tally.counts;
        assert!(counts.sent >= 80 && counts.delivered == 0, "{counts:?}");
        failed(&ran, "failures");
        failed(&ran, "loss");
    });
}

#[test]
fn a_connection_that_stands_is_one() {
    let server = Server::echo(Duration::ZERO);
    let (m, _) = run(&server, "ws", CONNECT, WEBSOCKET, &[]);
    let counts = m.tally.counts;
    assert_eq!((counts.lost, counts.delivered, m.tally.failures.total()), (0, counts.sent, 0), "{counts:?}");
}

#[test]
fn loss_is_the_servers_unless_a_threshold_allows_it() {
    let load = |server: &Server| {
        format!(
            "[load.publish]\nrate = \"50/s\"\nmessage = '{{\"id\":\"{{stamp}}\"}}'\npost = \"http://{}/publish\"\n\
             content-type = \"application/json\"\nheaders = {{ X-Own = \"1\" }}",
            server.address
        )
    };
    let drops = Fault { drops: Some(10), ..Fault::default() };
    let refuses = Fault { refuses: Some(10), ..Fault::default() };
    let cases: [(Fault, &[&str], Option<&str>); 4] = [
        (drops, &[], Some("loss")),
        (drops, &["--threshold", "lost.ratio <= 1%"], Some("loss")),
        (drops, &["--threshold", "lost.ratio <= 20%"], None),
        (refuses, &[], Some("achieved")),
    ];
    at_once(&cases, |&(fault, flags, code)| {
        let server = room(fault);
        let ran = run(&server, "ws", &load(&server), WEBSOCKET, flags);
        match code {
            Some(code) => failed(&ran, code),
            None => {
                assert!(found(&ran.0, "loss", Severity::Note), "{:#?}", ran.0.verdict);
                assert!(matches!(ran.1.code, Some(0 | 4)), "{:#?}", ran.1);
            }
        }
    });
}

/// A chat room tells each client what the others said, which is in the bytes and in no latency.
#[test]
fn a_chat_room_is_suspect_and_has_failed_who_never_hears_itself() {
    let (m, ran) = run(&room(Fault::default()), "ws", ECHO, WEBSOCKET, &[]);
    assert!(found(&m, "strangers", Severity::Suspect), "{:#?}", m.verdict);
    assert!(matches!(ran.code, Some(0 | 4)), "{ran:#?}");
    let (m, ran) = run(&room(Fault::default()), "ws", ECHO, WEBSOCKET, &["--strict"]);
    assert!(m.verdict.status() != Status::Valid && ran.code == Some(4), "{ran:#?}");
    let server = room(Fault { keeps_from_sender: true, ..Fault::default() });
    let ran = run(&server, "ws", ECHO, WEBSOCKET, &[]);
    assert!(found(&ran.0, "strangers", Severity::Suspect), "{:#?}", ran.0.verdict);
    failed(&ran, "loss");
    silent(&ran);
}

/// A window as short as the format allows is measured, or it is said why not.
#[test]
fn the_shortest_window_is_measured_or_explained() {
    let scene = Scene::new(&scenario(
        2,
        ("0s", "100ms"),
        "[load.push]\nevery = \"10ms\"",
        &["websocket = {}".into()],
    ));
    for _ in 0..5 {
        let ran = scene.begin(&[]).end();
        let report = scene.report();
        let explained = report.failed.iter().any(|failed| failed.reason.contains("held for"));
        assert!(report.measurements.len() == 1 || explained, "{ran:#?}");
    }
}
