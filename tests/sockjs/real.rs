//! The driver against the article's server, sockjs-tornado, as `scripts/third-party sockjs-tornado` installs it.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use wsbench_targets::wire::Via;

use crate::client::{message, options, receive, run};
use crate::support::{Scene, alone, ledger_closes, scenario, until};
use wsbench::drivers::Driver;
use wsbench::drivers::sockjs::SockJs;

const WAYS: [&str; 5] = ["xhr", "xhr-streaming", "eventsource", "websocket", "raw"];

/// The server, on a port of its own; it is ended when dropped.
struct Tornado {
    child: Child,
    port: u16,
}

impl Tornado {
    fn start() -> Tornado {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("targets/third_party/sockjs-tornado");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(folder.join(".venv/bin/python"));
        command.args(["server.py", &port.to_string()]).current_dir(&folder).stdin(Stdio::null());
        let child = command
            .spawn()
            .unwrap_or_else(|e| panic!("{command:?}: {e}; scripts/third-party sockjs-tornado"));
        until("sockjs-tornado", || TcpStream::connect(("127.0.0.1", port)).ok());
        Tornado { child, port }
    }
}

impl Drop for Tornado {
    fn drop(&mut self) {
        // One that has ended cannot be killed: both fail, and both are well.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
#[ignore = "needs scripts/third-party sockjs-tornado"]
fn an_echo_of_20_bytes_by_websocket_moves_30_up_and_27_down() {
    let tornado = Tornado::start();
    let address = ([127, 0, 0, 1], tornado.port).into();
    for (via, up, down) in [(Via::WebSocket, 30, 27), (Via::Raw, 26, 22)] {
        let of = |echoes: u64| {
            let tally = run(address, |seat| async move {
                let mut client = SockJs::connect(seat, &options(via)).await.unwrap();
                for seq in 0..echoes {
                    client.send(message(seq).as_bytes()).await.unwrap();
                    assert_eq!(receive(&mut client, 1).await, Ok(vec![seq]));
                }
                client.close().await.unwrap();
            });
            let total = tally.traffic.total();
            (total.up.counted, total.down.counted)
        };
        // Upgrade, `o` and Close are the same in both.
        let (one, many) = (of(1), of(11));
        assert_eq!((many.0 - one.0, many.1 - one.1), (10 * up, 10 * down), "{via:?}");
    }
}

/// By each way: nothing is lost, doubled or closed, and the accounts agree.
fn held(clients: u32, every: &str, measure: &str) {
    let tornado = Tornado::start();
    let load = format!(
        "connect-rate = \"200/s\"\n[load.echo]\nevery = \"{every}\"\n[target]\nurl = \"http://127.0.0.1:{}/echo\"",
        tornado.port
    );
    let tables = WAYS.map(|via| format!("sockjs = {{ via = \"{via}\" }}"));
    let measurements = Scene::new(&scenario(clients, ("1s", measure), &load, &tables)).measure();
    assert_eq!(measurements.len(), WAYS.len());
    for m in &measurements {
        let (label, counts) = (m.label(), &m.tally.counts);
        assert_eq!(m.tally.failures.total(), 0, "{label}: {:?}", m.tally.failures);
        assert_eq!((counts.lost, counts.duplicated, counts.reordered), (0, 0, 0), "{label}: {counts:?}");
        assert!(counts.sent > 0 && counts.sent == counts.delivered, "{label}: {counts:?}");
        assert_eq!((counts.foreign, counts.connected), (0, u64::from(clients)), "{label}: {counts:?}");
        ledger_closes(m);
    }
}

#[test]
#[ignore = "needs scripts/third-party sockjs-tornado"]
fn one_client_by_each_way() {
    let _turn = alone();
    held(1, "20ms", "2s");
}

#[test]
#[ignore = "needs scripts/third-party sockjs-tornado"]
fn five_hundred_clients_by_each_way() {
    let _turn = alone();
    held(500, "5s", "10s");
}

#[test]
#[ignore = "needs scripts/third-party sockjs-tornado"]
fn streams_go_on_beyond_their_limit_of_128_kib() {
    let _turn = alone();
    let tornado = Tornado::start();
    let load = format!(
        "[load.echo]\nevery = \"50ms\"\npayload = \"16KiB\"\n[target]\nurl = \"http://127.0.0.1:{}/echo\"",
        tornado.port
    );
    let tables = ["xhr-streaming", "eventsource"].map(|via| format!("sockjs = {{ via = \"{via}\" }}"));
    for m in Scene::new(&scenario(2, ("500ms", "5s"), &load, &tables)).measure() {
        let (label, counts, total) = (m.label(), &m.tally.counts, m.tally.traffic.total());
        assert_eq!(
            (m.tally.failures.total(), counts.lost, counts.reconnects),
            (0, 0, 0),
            "{label}: {counts:?}"
        );
        assert_eq!((counts.sent, counts.delivered), (200, 200), "{label}");
        // Information and sends besides; each answer brings eight messages.
        let streams = total.requests - total.messages_up - 2;
        assert!(streams >= 2 * 10, "{label}: {streams} streams");
        ledger_closes(&m);
    }
}
