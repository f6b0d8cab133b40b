//! The driver against the article's server, sockjs-tornado, as `scripts/third-party sockjs-tornado` installs it.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use tokio::time::timeout;

use wsbench::transport::Via;

use super::client::{message, options, receive, run};
use crate::support::{Scene, alone, ledger_closes, scenario, until};
use wsbench::drivers::Driver;
use wsbench::drivers::sockjs::SockJs;
use wsbench::meter::Recorder;

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
            let tally = run(address, |context| async move {
                let mut client = SockJs::connect(context, &options(via)).await.unwrap();
                for seq in 0..echoes {
                    client.send(message(seq).as_bytes()).await.unwrap();
                    assert_eq!(receive(&mut client, 1).await, Ok(vec![seq]));
                }
                client.close().await;
            });
            let total = tally.traffic.total();
            (total.up.counted, total.down.counted)
        };
        // Upgrade, `o` and Close are the same in both.
        let (one, many) = (of(1), of(11));
        assert_eq!((many.0 - one.0, many.1 - one.1), (10 * up, 10 * down), "{via:?}");
    }
}

/// A send of `["<20>"]`, 24 bytes, is a `POST` of 138 that is answered 204 in 267; a poll is a `POST` of 82 that brings
/// `a["<20>"]` and its line end, 26 bytes, in 358.
///
/// The answers are sockjs-tornado's on tornado. PROTOCOLS.md has 275 and 344: those are of Node's `sockjs`, which says
/// neither Server (30 bytes here) nor Access-Control-Allow-Credentials (40) nor Set-Cookie (38), but Vary, Connection and
/// Keep-Alive (14, 24, 23), `no-transform, ` in Cache-Control (14), a Content-Type with its 204 (41), and a body in chunks
/// (Transfer-Encoding and frames of 39 in place of a Content-Length of 20). Its 144 and 88 up are six more than ours in
/// request line or Host: paths and ports are as long as they are.
#[test]
#[ignore = "needs scripts/third-party sockjs-tornado"]
fn an_echo_of_20_bytes_by_xhr_is_a_send_of_138_and_267_and_a_poll_of_82_and_358() {
    let tornado = Tornado::start();
    run(([127, 0, 0, 1], tornado.port).into(), |context| async move {
        let meter = Rc::clone(&context.shard.meter);
        let mut client = SockJs::connect(context, &options(Via::Xhr)).await.unwrap();
        let before = edge(&mut client, &meter).await;
        for seq in 0..10 {
            client.send(message(seq).as_bytes()).await.unwrap();
            assert_eq!(receive(&mut client, 1).await, Ok(vec![seq]));
        }
        let after = edge(&mut client, &meter).await;
        let moved = (after.0 - before.0, after.1 - before.1);
        assert_eq!(moved, (10 * (138 + 82), 10 * (267 + 358)));
        client.close().await;
    });
}

/// Bytes so far, once nothing moves, with the poll out that waits for news.
async fn edge(client: &mut SockJs, meter: &Recorder) -> (u64, u64) {
    let quiet = timeout(Duration::from_millis(200), client.recv()).await;
    assert!(quiet.is_err(), "{quiet:?}");
    let total = meter.tally().traffic.total();
    (total.up.counted, total.down.counted)
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
