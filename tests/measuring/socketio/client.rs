//! One client of the driver under test, alone with its meter.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::task::{LocalSet, spawn_local};
use tokio::time::{sleep, timeout};
use wsbench::drivers::socketio::SocketIo as Client;
use wsbench::drivers::{ClientContext, Driver, Endpoint, Expects, ShardContext};
use wsbench::meter::{Failure, Recorder, Tally};
use wsbench::transport::{Carrier, SocketIo as Options};
use wsbench_targets::clock::{Clock, Tick, now};
use wsbench_targets::wire::{Headers, Stamp, TrialKey};

pub const WAYS: [Carrier; 3] = [Carrier::Polling, Carrier::WebSocket, Carrier::Upgrade];
/// No life of a test's client takes so long.
pub const PATIENCE: Duration = Duration::from_secs(90);

pub fn by(via: Carrier) -> Options {
    Options { via, ..Options::default() }
}

/// When the load of every client here began.
static START: LazyLock<Tick> = LazyLock::new(|| Tick(now().0.saturating_sub(3_600_000_000_000)));

/// A stamp for client 0: scheduled for now.
pub fn stamped(seq: u64) -> String {
    let stamp = Stamp { stream: 0, seq, due: now() };
    String::from_utf8(TrialKey::new(1, *START).encode(stamp).to_vec()).unwrap()
}

fn context(address: SocketAddr, options: &Options, clock: &Clock, meter: &Rc<Recorder>) -> ClientContext {
    let (headers, start) = (Headers::profile("minimal").unwrap(), Cell::new(*START));
    let shard =
        ShardContext { meter: Rc::clone(meter), start, ..ShardContext::new(headers, clock.clone(), 1) };
    let expects = Expects::Foreign("/".to_owned());
    let mut endpoint = Endpoint { expects, ..Endpoint::reference(address) };
    endpoint.connect.speak(&options.access);
    ClientContext::new(0, Rc::new(endpoint), Rc::new(shard), false)
}

/// A client's whole life; its tally when its connections are closed.
pub fn live<T>(
    address: SocketAddr,
    options: &Options,
    story: impl AsyncFnOnce(&mut Client, &Recorder) -> T,
) -> (T, Tally) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let meter = Rc::new(Recorder::default());
    let story = async {
        let clock = Clock::new().unwrap();
        spawn_local(clock.clone().run());
        let mut client = Client::connect(context(address, options, &clock, &meter), options).await.unwrap();
        let told = story(&mut client, &meter).await;
        client.close().await;
        while meter.open_sockets() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
        told
    };
    let story = async { timeout(PATIENCE, story).await.unwrap() };
    let told = LocalSet::new().block_on(&runtime, story);
    (told, meter.tally())
}

/// What the server has against a client that cannot connect, and the reasons that were counted.
pub fn refused(address: SocketAddr, options: &Options) -> (Failure, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let meter = Rc::new(Recorder::default());
    let story = async {
        let clock = Clock::new().unwrap();
        Client::connect(context(address, options, &clock, &meter), options).await.err().unwrap()
    };
    let failure = LocalSet::new().block_on(&runtime, story);
    let failures = meter.tally().failures;
    (failure, failures.each_in_words().map(|(name, _)| name).collect())
}

/// Sends message `seq` of 20 bytes, and waits for it.
pub async fn echo(client: &mut Client, seq: u64) -> Result<u64, Failure> {
    client.send(stamped(seq).as_bytes()).await?;
    client.recv().await.map(|arrival| arrival.stamp.seq)
}

pub fn ledger_closes(tally: &Tally, what: &str) {
    let total = tally.traffic.total();
    for (way, flow) in [("up", total.up), ("down", total.down)] {
        assert_eq!((flow.attributed(), flow.kernel), (flow.counted, flow.counted), "{what} {way}: {flow:?}");
    }
}
