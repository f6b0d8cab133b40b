//! The Socket.IO driver against servers by hand that do what servers do, and, where it is installed, against the real
//! one: `scripts/test-third-party` runs those.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod support;

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use support::engine::{Engine, Rules};
use support::{Scene, scenario};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{sleep, timeout};
use wsbench::drivers::socketio::SocketIo as Client;
use wsbench::drivers::{Driver, Endpoint, Expects, Seat, Site};
use wsbench::meter::{Failure, Recorder, Tally};
use wsbench_targets::clock::{Clock, Tick, now};
use wsbench_targets::wire::{Carrier, Headers, SocketIo as Options, Stamp};

const JOINED: &str = r#"40{"sid":"x"}"#;
const WAYS: [Carrier; 3] = [Carrier::Polling, Carrier::WebSocket, Carrier::Upgrade];
const PATIENCE: Duration = Duration::from_secs(20);

fn by(via: Carrier) -> Options {
    Options { via, ..Options::default() }
}

fn joined() -> Rules {
    Rules { greeting: vec![JOINED.to_owned()], ..Rules::default() }
}

/// An event of the server with stamp `seq`.
fn event(seq: u64) -> String {
    format!(r#"42["m","{}"]"#, String::from_utf8(Stamp { seq, due: now() }.encode().to_vec()).unwrap())
}

fn seat(address: SocketAddr, clock: &Clock, meter: &Rc<Recorder>) -> Seat {
    let (headers, start) = (Headers::profile("minimal").unwrap(), Cell::new(Tick(1)));
    let site = Site { meter: Rc::clone(meter), start, ..Site::new(headers, clock.clone(), 1) };
    let expects = Expects::Foreign("/".to_owned());
    let endpoint = Endpoint { expects, ..Endpoint::reference(address) };
    Seat { client: 0, endpoint: Rc::new(endpoint), source: None, site: Rc::new(site) }
}

/// A client's whole life; its tally when its connections are closed.
fn live<T>(
    address: SocketAddr,
    options: &Options,
    story: impl AsyncFnOnce(&mut Client, &Recorder) -> T,
) -> (T, Tally) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let meter = Rc::new(Recorder::default());
    let story = async {
        let clock = Clock::new().unwrap();
        spawn_local(clock.clone().run());
        let mut client = Client::connect(seat(address, &clock, &meter), options).await.unwrap();
        let told = story(&mut client, &meter).await;
        client.close().await.unwrap();
        while meter.open_sockets() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
        told
    };
    let story = async { timeout(PATIENCE, story).await.unwrap() };
    let told = LocalSet::new().block_on(&runtime, story);
    (told, meter.tally())
}

/// What a client that cannot connect fails with.
fn refused(address: SocketAddr, options: &Options) -> Failure {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let meter = Rc::new(Recorder::default());
    let story = async {
        let clock = Clock::new().unwrap();
        Client::connect(seat(address, &clock, &meter), options).await.err().unwrap()
    };
    LocalSet::new().block_on(&runtime, story)
}

/// Sends message `seq` of 20 bytes, and waits for it.
async fn echo(client: &mut Client, seq: u64) -> Result<u64, Failure> {
    client.send(&Stamp { seq, due: now() }.encode()).await?;
    client.recv().await.map(|stamp| stamp.seq)
}

fn ledger_closes(tally: &Tally, what: &str) {
    let total = tally.traffic.total();
    for (way, flow) in [("up", total.up), ("down", total.down)] {
        assert_eq!((flow.attributed(), flow.kernel), (flow.counted, flow.counted), "{what} {way}: {flow:?}");
    }
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
                stamps.push(client.recv().await.unwrap().seq);
            }
            stamps
        });
        assert_eq!(stamps, [0, 1, 2], "{via:?}");
        assert_eq!((tally.counts.foreign, tally.failures.total()), (1, 0), "{via:?}");
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

#[test]
fn an_unknown_session_is_a_status_and_the_next_call_opens_another() {
    for status in [400, 404] {
        let engine = Engine::start(Rules { forgets: Some((status, 1)), ..joined() });
        let (_, tally) = live(engine.address, &by(Carrier::Polling), async |client, _| {
            let first = match echo(client, 0).await {
                Ok(seq) => {
                    // The echo was already on its way; what follows is not.
                    assert_eq!(seq, 0);
                    client.recv().await.map(|stamp| stamp.seq)
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
            let sent = client.send(&Stamp { seq: 0, due: now() }.encode()).await;
            // What came before the end is not lost with it.
            assert_eq!(client.recv().await.map(|stamp| stamp.seq), Ok(0), "{via:?} {last}");
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
            assert_eq!(refused(engine.address, &options), failure, "{via:?} {answer}");
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

/// The real server, started from targets/third_party.
struct Real {
    child: std::process::Child,
    address: SocketAddr,
}

impl Real {
    /// Starts it on a free port.
    fn start() -> Real {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("targets/third_party/socket.io");
        let installed = folder.join("node_modules/socket.io").is_dir();
        assert!(installed, "socket.io is not installed: run scripts/third-party socket.io");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = std::process::Command::new("node");
        let child = command.arg("server.js").arg(port.to_string()).current_dir(folder).spawn().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        support::until("socket.io", || std::net::TcpStream::connect(address).ok());
        Real { child, address }
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        // One that has ended cannot be killed: both fail, and both are well.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
#[ignore = "needs scripts/third-party socket.io; scripts/test-third-party runs it"]
fn an_echo_of_20_bytes_is_40_up_and_29_down_on_websocket() {
    let real = Real::start();
    for via in [Carrier::WebSocket, Carrier::Upgrade] {
        let (moved, tally) = live(real.address, &by(via), async |client, meter| {
            assert_eq!(echo(client, 0).await, Ok(0));
            let before = meter.tally().traffic.total();
            // Acknowledgement ids of one digit.
            for seq in 1..10 {
                assert_eq!(echo(client, seq).await, Ok(seq));
            }
            let after = meter.tally().traffic.total();
            (after.up.counted - before.up.counted, after.down.counted - before.down.counted)
        });
        assert_eq!(moved, (9 * 40, 9 * 29), "{via:?}");
        ledger_closes(&tally, &format!("{via:?}"));
    }
}

#[test]
#[ignore = "needs scripts/third-party socket.io; scripts/test-third-party runs it"]
fn the_real_server_echoes_by_every_way_and_manner() {
    let real = Real::start();
    for (via, ack) in WAYS.into_iter().flat_map(|via| [(via, true), (via, false)]) {
        for binary in [false, true] {
            let options = Options { ack, binary, ..by(via) };
            let (_, tally) = live(real.address, &options, async |client, _| {
                for seq in 0..20 {
                    assert_eq!(echo(client, seq).await, Ok(seq), "{options:?}");
                }
            });
            assert_eq!(tally.counts.foreign, 1, "news: {options:?}");
            assert_eq!(tally.traffic.total().up.payload, 400, "{options:?}");
            ledger_closes(&tally, &format!("{options:?}"));
        }
    }
}

#[test]
#[ignore = "needs scripts/third-party socket.io; scripts/test-third-party runs it"]
fn five_hundred_clients_of_each_way_lose_nothing() {
    let _turn = support::alone();
    let real = Real::start();
    for clients in [1, 500] {
        let load = format!("[load.echo]\nevery = \"1s\"\n[target]\nurl = \"http://{}/\"", real.address);
        let ways = ["polling", "websocket", "upgrade"].map(|via| format!("socketio = {{ via = \"{via}\" }}"));
        for m in Scene::new(&scenario(clients, ("2s", "3s"), &load, &ways)).measure() {
            let (label, counts) = (m.label(), &m.tally.counts);
            assert_eq!(m.tally.failures.total(), 0, "{label}: {:?}", m.tally.failures);
            assert_eq!(counts.sent, 3 * u64::from(clients), "{label}");
            assert_eq!((counts.lost, counts.duplicated, counts.reconnects), (0, 0, 0), "{label}: {counts:?}");
            support::ledger_closes(&m);
        }
    }
}
