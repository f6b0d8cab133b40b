//! Tests: a server that says what the test has written down, read by read, and what it was asked.

use std::future::Future;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, sleep};
use std::time::Duration;

use tokio::task::LocalSet;
use wsbench_targets::clock::{Clock, Tick, now};
use wsbench_targets::wire::{Headers, Stamp, TrialKey};

use super::{ClientContext, Endpoint, Expects, ShardContext};

/// Long enough for a client to read what has come.
const PAUSE: Duration = Duration::from_millis(20);

const SEED: u64 = 1;
/// When the load of every client here began: long ago, so that nothing waits for it, and within the time that a stamp can say.
static START: LazyLock<Tick> = LazyLock::new(|| Tick(now().0.saturating_sub(3_600_000_000_000)));

/// A stamp for client 0: scheduled for now.
pub(super) fn stamped(seq: u64) -> String {
    let stamp = Stamp { stream: 0, seq, due: now() };
    String::from_utf8(TrialKey::new(SEED, *START).encode(stamp).to_vec()).unwrap()
}

/// Runs a client and its clock.
pub(super) fn run<T>(what: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, what)
}

/// A server that takes one connection after the other: it reads one request from each, and writes these pieces. The
/// context of a client there, and what it was asked.
pub(super) fn server(connections: Vec<Vec<&'static [u8]>>) -> (ClientContext, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, requests) = channel();
    thread::spawn(move || {
        for pieces in connections {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_nodelay(true).unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            let _nobody_asks = asked.send(String::from_utf8_lossy(&request[..length]).into_owned());
            for piece in pieces {
                // A client that has heard enough hangs up.
                if stream.write_all(piece).is_err() {
                    break;
                }
                sleep(PAUSE);
            }
        }
    });
    (context(address), requests)
}

impl ClientContext {
    /// The first client, with nothing of its own.
    pub fn first(endpoint: Endpoint, shard: ShardContext) -> ClientContext {
        ClientContext { pool: None, ..ClientContext::new(0, Rc::new(endpoint), Rc::new(shard), false) }
    }
}

/// The context of a client of whatever serves there.
pub(super) fn context(address: SocketAddr) -> ClientContext {
    let expects = Expects::Foreign("/feed".to_owned());
    let endpoint = Endpoint { expects, ..Endpoint::reference(address) };
    let clock = Clock::new().unwrap();
    tokio::task::spawn_local(clock.clone().run());
    let shard = ShardContext::new(Headers::minimal(), clock, SEED);
    shard.start.set(*START);
    ClientContext::first(endpoint, shard)
}

/// Waits until all connections are closed: then every byte that was counted must be accounted for.
pub(super) async fn balanced(context: &ClientContext) {
    while context.shard.meter.open_sockets() > 0 {
        tokio::task::yield_now().await;
    }
    let total = context.shard.meter.tally().traffic.total();
    assert_eq!((total.up.attributed(), total.down.attributed()), (total.up.counted, total.down.counted));
}
