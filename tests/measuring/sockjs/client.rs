//! One client of the driver under test, alone with its meter.

use std::cell::Cell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::task::LocalSet;
use tokio::time::timeout;
use wsbench::drivers::sockjs::SockJs;
use wsbench::drivers::{ClientContext, Driver, Endpoint, Expects, ShardContext};
use wsbench::meter::{Failure, Recorder, Tally};
use wsbench::transport::{SockJs as Options, Via};
use wsbench_targets::clock::{Clock, Tick, now};
use wsbench_targets::wire::{Headers, Stamp, TrialKey};

/// No step of a test takes so long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Options of one way, with a short timeout.
pub fn options(via: Via) -> Options {
    Options { via, info: false, timeout: Duration::from_secs(10), ..Options::default() }
}

/// When the load of every client here began.
static START: LazyLock<Tick> = LazyLock::new(|| Tick(now().0.saturating_sub(3_600_000_000_000)));

/// Runs `test` with a context before `address`/echo; the ledger must close over what it did.
pub fn run<F: Future<Output = ()>>(address: SocketAddr, test: impl FnOnce(ClientContext) -> F) -> Tally {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let meter = Rc::new(Recorder::default());
    let tasks = LocalSet::new();
    runtime.block_on(tasks.run_until(async {
        let clock = Clock::new().unwrap();
        tokio::task::spawn_local(clock.clone().run());
        let shard = ShardContext {
            meter: Rc::clone(&meter),
            start: Cell::new(*START),
            ..ShardContext::new(Headers::minimal(), clock, 42)
        };
        let expects = Expects::Foreign("/echo".to_owned());
        let endpoint = Rc::new(Endpoint { expects, ..Endpoint::reference(address) });
        let context = ClientContext {
            client: 0,
            endpoint,
            source: None,
            cookies: None,
            tls: None,
            session: None,
            pool: None,
            shard: Rc::new(shard),
        };
        timeout(PATIENCE, test(context)).await.unwrap();
        // Connections that close in tasks of their own.
        while meter.open_sockets() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }));
    let tally = meter.tally();
    let total = tally.traffic.total();
    for (way, flow) in [("up", total.up), ("down", total.down)] {
        assert_eq!((flow.attributed(), flow.kernel), (flow.counted, flow.counted), "{way}: {flow:?}");
    }
    tally
}

/// A stamped message of 20 bytes, nothing but its stamp; due now, so that it is found again.
pub fn message(seq: u64) -> String {
    let stamp = Stamp { stream: 0, seq, due: now() };
    String::from_utf8(TrialKey::new(42, *START).encode(stamp).to_vec()).unwrap()
}

/// The numbers of the next messages.
pub async fn receive(client: &mut SockJs, many: usize) -> Result<Vec<u64>, Failure> {
    let mut numbers = Vec::new();
    while numbers.len() < many {
        numbers.push(client.recv().await?.stamp.seq);
    }
    Ok(numbers)
}
