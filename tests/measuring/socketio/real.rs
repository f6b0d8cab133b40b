//! The driver against the article's server on Socket.IO 4, as `scripts/third-party socket.io` installs it.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::timeout;
use wsbench::drivers::Driver;
use wsbench::drivers::socketio::SocketIo as Client;
use wsbench::meter::{Failure, Recorder};
use wsbench::transport::{Auth, Carrier, Eio, SocketIo as Options, SocketIoReply};

use super::client::{WAYS, by, echo, ledger_closes, live, refused};
use crate::support::{Scene, at_once, scenario, until};

const VERSIONS: [Eio; 2] = [Eio::Four, Eio::Three];

/// The server, on a port of its own; it is ended when dropped.
struct Real {
    child: Child,
    address: SocketAddr,
}

impl Real {
    fn start() -> Real {
        Real::with(|command| command)
    }

    /// The server notes every event that it takes, by the words of socket.io itself.
    fn noting() -> Real {
        Real::with(|command| command.env("DEBUG", "socket.io:socket").stderr(Stdio::piped()))
    }

    fn with(more: impl FnOnce(&mut Command) -> &mut Command) -> Real {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("targets/third_party/socket.io");
        let installed = folder.join("node_modules/socket.io").is_dir();
        assert!(installed, "socket.io is not installed: run scripts/third-party socket.io");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("node");
        command.args(["server.js", &port.to_string()]).current_dir(folder).stdin(Stdio::null());
        let child = more(&mut command).spawn().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        until("socket.io", || TcpStream::connect(address).ok());
        Real { child, address }
    }

    /// Ends it; what it has noted.
    fn notes(mut self) -> String {
        self.child.kill().unwrap();
        let mut notes = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut notes).unwrap();
        notes
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        // One that has ended cannot be killed: both fail, and both are well.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Nine echoes of 20 bytes, with acknowledgement ids of one digit: what they moved up and down.
async fn nine(client: &mut Client, meter: &Recorder) -> (u64, u64) {
    assert_eq!(echo(client, 0).await, Ok(0));
    let before = edge(client, meter).await;
    for seq in 1..10 {
        assert_eq!(echo(client, seq).await, Ok(seq));
    }
    let after = edge(client, meter).await;
    (after.0 - before.0, after.1 - before.1)
}

/// Bytes so far, once nothing moves: by polling, with the `GET` out that waits for news.
async fn edge(client: &mut Client, meter: &Recorder) -> (u64, u64) {
    let quiet = timeout(Duration::from_millis(200), client.recv()).await;
    assert!(quiet.is_err(), "{quiet:?}");
    let total = meter.tally().traffic.total();
    (total.up.counted, total.down.counted)
}

/// The message is `420["echo","<20>"]` of 34 bytes, its acknowledgement `430["<20>"]` of 27.
///
/// WebSocket: 6 and 2 bytes of frame. Polling: a `POST` of 195 bytes is answered `ok` in 174, and a `GET` of 100 brings
/// the acknowledgement in 216. The path is 57 bytes with a session's name of 20; Host has a port of 5 digits; `POST` has
/// Content-Type and Content-Length besides. Node's answers have Content-Type, Content-Length, cache-control, Date,
/// Connection and Keep-Alive.
#[test]
#[ignore = "needs scripts/third-party socket.io; scripts/test-third-party runs it"]
fn an_echo_of_20_bytes_moves_the_bytes_that_the_protocol_gives() {
    let real = Real::start();
    let table = [
        (Carrier::WebSocket, (34 + 6, 27 + 2)),
        (Carrier::Upgrade, (34 + 6, 27 + 2)),
        (Carrier::Polling, (195 + 100, 174 + 216)),
    ];
    for (via, (up, down)) in table {
        let (moved, tally) = live(real.address, &by(via), nine);
        assert_eq!(moved, (9 * up, 9 * down), "{via:?}");
        ledger_closes(&tally, &format!("{via:?}"));
    }
}

#[test]
#[ignore = "needs scripts/third-party socket.io; scripts/test-third-party runs it"]
fn the_real_server_echoes_by_every_way_version_and_manner() {
    let real = Real::start();
    let manners = [(true, true), (true, false), (false, true), (false, false)];
    for (via, eio) in WAYS.into_iter().flat_map(|via| VERSIONS.map(|eio| (via, eio))) {
        for (ack, binary) in manners {
            let options = Options { eio, ack, binary, ..by(via) };
            let (_, tally) = live(real.address, &options, async |client, _| {
                for seq in 0..20 {
                    assert_eq!(echo(client, seq).await, Ok(seq), "{options:?}");
                }
            });
            let (counts, total) = (&tally.counts, tally.traffic.total());
            assert_eq!((counts.unrecognised, counts.reconnects), (1, 0), "news: {options:?}");
            assert_eq!((total.messages_up, total.messages_down), (20, 21), "{options:?}");
            assert_eq!(total.up.payload, 400, "{options:?}");
            assert_eq!(total.down.payload, 400 + r#"{"hello":"world"}"#.len() as u64, "{options:?}");
            ledger_closes(&tally, &format!("{options:?}"));
        }
    }
}

/// Options that say the token `token` as that version does: in `auth`, or in the URL's query.
fn saying(token: &str, eio: Eio, via: Carrier) -> Options {
    let namespace = "/members".to_owned();
    let options = Options { eio, namespace, ..by(via) };
    match eio {
        Eio::Four => Options { auth: Some(Auth::new(format!(r#"{{"token":"{token}"}}"#))), ..options },
        Eio::Three => Options { path: format!("/socket.io/?token={token}"), ..options },
    }
}

#[test]
#[ignore = "needs scripts/third-party socket.io; scripts/test-third-party runs it"]
fn a_namespace_lets_in_who_says_its_token_and_tells_others_why_not() {
    let real = Real::start();
    for (via, eio) in WAYS.into_iter().flat_map(|via| VERSIONS.map(|eio| (via, eio))) {
        let options = saying("sesame", eio, via);
        let (echoed, tally) = live(real.address, &options, async |client, _| echo(client, 7).await);
        assert_eq!((echoed, tally.counts.unrecognised), (Ok(7), 1), "{options:?}");
        ledger_closes(&tally, &format!("{options:?}"));
        let words = match eio {
            Eio::Four => r#"{"message":"not a member"}"#,
            // ERROR of Socket.IO 2 brings the words alone.
            Eio::Three => r#""not a member""#,
        };
        let nobody = Options { auth: None, path: by(via).path, ..options };
        let nowhere = Options { namespace: "/nowhere".to_owned(), ..nobody.clone() };
        for (options, words) in [
            (saying("guess", eio, via), words),
            (nobody, words),
            (nowhere, r#"{"message":"Invalid namespace"}"#),
        ] {
            let refused = refused(real.address, &options);
            let reason = format!("namespace refused \"{words}\"");
            assert_eq!(refused, (Failure::Status, vec![reason]), "{options:?}");
        }
    }
}

#[test]
#[ignore = "needs scripts/third-party socket.io; scripts/test-third-party runs it"]
fn news_is_answered_by_another_event_and_the_server_hears_it() {
    let table = [(r#"{"my":"data"}"#, r#"["my other event",{"my":"data"}]"#), ("", r#"["my other event"]"#)];
    for (data, event) in table {
        let real = Real::noting();
        let reply = SocketIoReply {
            on: "news".to_owned(),
            event: "my other event".to_owned(),
            data: data.to_owned(),
        };
        for (via, eio) in WAYS.into_iter().flat_map(|via| VERSIONS.map(|eio| (via, eio))) {
            let options = Options { eio, reply: Some(reply.clone()), ..by(via) };
            let (_, tally) = live(real.address, &options, async |client, _| {
                // What is behind the answer has been heard after it.
                assert_eq!(echo(client, 0).await, Ok(0), "{options:?}");
                assert_eq!(echo(client, 1).await, Ok(1), "{options:?}");
            });
            let total = tally.traffic.total();
            assert_eq!((total.messages_up, total.up.payload), (3, 40 + data.len() as u64), "{options:?}");
            ledger_closes(&tally, &format!("{options:?}"));
        }
        let notes = real.notes();
        let heard = notes.matches(&format!("dispatching an event {event}\n")).count();
        assert_eq!(heard, WAYS.len() * VERSIONS.len(), "{notes}");
    }
}

#[test]
#[ignore = "needs scripts/third-party socket.io, and a minute; scripts/test-third-party runs it"]
fn a_session_outlives_its_heartbeats() {
    let real = Real::start();
    let all: Vec<_> = WAYS.into_iter().flat_map(|via| VERSIONS.map(|eio| (via, eio))).collect();
    at_once(&all, |&(via, eio)| {
        let options = Options { eio, ..by(via) };
        let (_, tally) = live(real.address, &options, async |client, _| {
            // Its interval and its patience are 25 s and 20 s: a session without a heartbeat is over by then.
            let quiet = timeout(Duration::from_secs(50), client.recv()).await;
            assert!(quiet.is_err(), "{options:?}: {quiet:?}");
            assert_eq!(echo(client, 1).await, Ok(1), "{options:?}");
        });
        // One session has one `news`. (Connections of HTTP may be new: Node closes those that say nothing for 5 s.)
        let counts = &tally.counts;
        assert!(counts.heartbeats >= 1 && counts.unrecognised == 1, "{options:?}: {counts:?}");
        ledger_closes(&tally, &format!("{options:?}"));
    });
}

#[test]
#[ignore = "needs scripts/third-party socket.io; scripts/test-third-party runs it"]
fn a_refusal_is_shown_before_the_load_in_the_servers_own_words() {
    let real = Real::start();
    let load = format!("[load.echo]\nevery = \"1s\"\n[target]\nurl = \"http://{}/\"", real.address);
    let transport = r#"socketio = { namespace = "/members", auth = '{"token":"guess"}' }"#.to_owned();
    let scene = Scene::new(&scenario(1, ("1s", "1s"), &load, &[transport]));
    let ran = scene.begin(&[]).end();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("namespace refused"), "{}", ran.stderr);
    assert!(ran.stderr.contains("not a member") && !ran.stderr.contains("guess"), "{}", ran.stderr);
    assert!(!scene.path("out").exists(), "nothing was measured");
}
