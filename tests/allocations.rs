//! No allocation of ours on the path of a message (ARCHITECTURE.md, "What stays true"), measured for every driver.
//!
//! This binary's allocator counts, thread by thread. A client receives, or sends and receives, on the test's own thread
//! as in a shard; the reference target runs on another. What is counted lies between message N and message 2N: what
//! connecting, the first answer and growing buffers take has been taken by then.

#![allow(clippy::unwrap_used, reason = "helpers of tests: a failure is a panic")]
#![allow(
    unsafe_code,
    reason = "GlobalAlloc is an unsafe trait, and no other way counts what others allocate"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::{Future, pending, poll_fn};
use std::hint::black_box;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;
use tokio::time::timeout;
use wsbench::drivers::websocket::WebSocket;
use wsbench::drivers::{Arrival, ClientContext, Driver, Endpoint, ShardContext, WithDriver, with_driver};
use wsbench::load::{self, Client};
use wsbench::meter::{Failure, Phase, Recorder, Window};
use wsbench::scenario::{Echo, EchoPace, Load};
use wsbench::transport::{Transport, WebSocket as Options};
use wsbench_targets::clock::{Clock, Tick, now};
use wsbench_targets::content::Content;
use wsbench_targets::deflate::Deflate;
use wsbench_targets::headers::Headers;
use wsbench_targets::pacer::Arrivals;
use wsbench_targets::serve::serve;
use wsbench_targets::wire::{Audience, Command, Publication, Reply, Span, Start, TargetConfig, line};

/// Messages before it is counted, and messages that are.
const MESSAGES: u64 = 500;
/// No load here takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_millis(1);
const PUBLICATION: Publication =
    Publication { every: EVERY, arrivals: Arrivals::Constant, payload: 64, audience: Audience::Each };
/// Allocations a message at the most: ours are none, and tokio's sockets, wakers and timers, httparse and the kernel's
/// calls need none. On a quiet machine it is 0 for every driver; where this thread waits for a core, messages come in
/// bunches, and a buffer that has grown for one beyond a kilobyte is given back (`drivers::buffer`): a few for
/// ten messages and more.
const MOST: f64 = 0.25;

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// One more on this thread; one that is about to end has nothing to say.
fn count() {
    let _ending = ALLOCATIONS.try_with(|allocations| allocations.set(allocations.get() + 1));
}

// SAFETY: every call goes to `System` as it came; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps to the contract of this very method.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }
}

/// Every transport as fast as its driver goes.
fn transports() -> Vec<Transport> {
    let mut all = Transport::all();
    all.retain(|transport| transport.reference());
    all.push(Transport::WebSocket(Options { deflate: Some(Deflate::default()), ..Options::default() }));
    for transport in &mut all {
        if let Transport::Polling(polling) = transport {
            // A poll asks for all since the last, so that none is skipped; the schedule is a driver's only timer.
            (polling.every, polling.reply) = (2 * EVERY, Reply::Since);
        }
    }
    all
}

#[test]
fn the_allocator_counts() {
    let before = ALLOCATIONS.get();
    let mut list = vec![1_u8];
    list.reserve_exact(1_000);
    assert!(ALLOCATIONS.get() - before == 2 && list.len() == 1);
    std::thread::spawn(|| drop(vec![1_u8; 10_000])).join().unwrap();
}

#[test]
fn a_message_received_allocates_nothing() {
    for transport in transports() {
        within_bounds(&transport, &Load::Push(PUBLICATION));
    }
}

#[test]
fn an_echo_allocates_nothing() {
    let echo = Echo { every: EVERY, pace: EchoPace::Closed, payload: 64, message: None };
    for transport in transports() {
        within_bounds(&transport, &Load::Echo(echo.clone()));
    }
}

/// On a schedule the client sends while it waits for what comes.
#[test]
fn an_echo_on_a_schedule_allocates_nothing() {
    let echo =
        Echo { every: 2 * EVERY, pace: EchoPace::Open(Arrivals::Constant), payload: 64, message: None };
    for transport in transports() {
        within_bounds(&transport, &Load::Echo(echo.clone()));
    }
}

fn within_bounds(transport: &Transport, load: &Load) {
    let each = allocations(transport, load) as f64 / MESSAGES as f64;
    assert!(each <= MOST, "{} by {}: {each} allocations a message", load.name(), transport.label());
}

/// A driver that wastes an allocation a message: it would be seen.
struct Wasteful(WebSocket);

impl Driver for Wasteful {
    type Options = <WebSocket as Driver>::Options;
    const UNASKED: bool = true;

    async fn connect(context: ClientContext, options: &Self::Options) -> Result<Self, Failure> {
        WebSocket::connect(context, options).await.map(Wasteful)
    }

    async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        self.0.send(message).await
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        self.0.recv().await.map(|arrival| *black_box(Box::new(arrival)))
    }

    async fn close(self) {
        self.0.close().await;
    }
}

#[test]
fn an_allocation_a_message_is_seen() {
    let (options, load) = (Options::default(), Load::Push(PUBLICATION));
    let at = target(&Transport::WebSocket(options.clone()), &load);
    let counted = LocalSet::new().block_on(&runtime(), client::<Wasteful>(at, &options, &load)).unwrap();
    // Of a bunch that comes as the counting begins, some are there already.
    assert!((MESSAGES * 9 / 10..2 * MESSAGES).contains(&counted), "{counted}");
}

/// What the client's thread allocates from message N to message 2N.
fn allocations(transport: &Transport, load: &Load) -> u64 {
    let at = target(transport, load);
    let counted = LocalSet::new().block_on(&runtime(), with_driver(transport, Count { at, load }));
    counted.unwrap()
}

struct Count<'a> {
    at: (SocketAddr, Tick),
    load: &'a Load,
}

impl<'a> WithDriver for Count<'a> {
    type Output = Pin<Box<dyn Future<Output = io::Result<u64>> + 'a>>;

    fn with<D: Driver>(self, options: &D::Options) -> Self::Output {
        let options = options.clone();
        Box::pin(async move { client::<D>(self.at, &options, self.load).await })
    }
}

async fn client<D: Driver>(at: (SocketAddr, Tick), options: &D::Options, load: &Load) -> io::Result<u64> {
    let (clock, meter) = (Clock::new()?, Rc::new(Recorder::default()));
    let timer = tokio::task::spawn_local(clock.clone().run());
    meter.set_window(Window { begin: Tick(0), end: Tick(u64::MAX) });
    meter.enter(Phase::Window);
    let context = context(at, clock, &meter);
    let mut driver = D::connect(context.clone(), options).await.unwrap();
    let mut client = Client::new(context);
    let mut messages = pin!(load::run(load, &mut driver, &mut client));
    let counted = async {
        arrived(MESSAGES, &meter, messages.as_mut()).await;
        let before = ALLOCATIONS.get();
        arrived(2 * MESSAGES, &meter, messages.as_mut()).await;
        ALLOCATIONS.get() - before
    };
    let counted = timeout(PATIENCE, counted).await.unwrap();
    assert_eq!(meter.failures().total(), 0, "failures");
    timer.abort();
    Ok(counted)
}

/// Lets the load go on until so many messages have arrived.
async fn arrived(messages: u64, meter: &Recorder, mut load: impl Future<Output = ()> + Unpin) {
    poll_fn(|context| match pin!(&mut load).poll(context) {
        Poll::Pending if meter.arrived() < messages => Poll::Pending,
        _ => Poll::Ready(()),
    })
    .await;
}

fn context((address, start): (SocketAddr, Tick), clock: Clock, meter: &Rc<Recorder>) -> ClientContext {
    let shard = ShardContext::new(Headers::profile("browser").unwrap(), clock, 42);
    let shard = ShardContext { meter: Rc::clone(meter), start: Cell::new(start), displays: true, ..shard };
    let endpoint = Rc::new(Endpoint::reference(address));
    ClientContext {
        client: 0,
        endpoint,
        source: None,
        cookies: None,
        tls: None,
        session: None,
        pool: None,
        shard: Rc::new(shard),
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A reference target on a thread of its own, which lives as long as the test's process, and when its schedule starts.
fn target(transport: &Transport, load: &Load) -> (SocketAddr, Tick) {
    let config = TargetConfig {
        transport: transport.served().unwrap(),
        publication: load.publication(),
        content: Content::default(),
        clients: 0..1,
        seed: 42,
        headers: Headers::profile("browser").unwrap(),
        tls: None,
        compress: false,
        bind: ([127, 0, 0, 1], 0).into(),
        start: Start::OnWord,
        ring: 1_024,
    };
    let ((says, said), start) = (mpsc::channel(), now());
    std::thread::spawn(move || {
        runtime().block_on(async {
            // Stdin stays open: its end would be the target's.
            let (mut stdin, words) = tokio::io::duplex(1_024);
            let word = serde_json::to_string(&Command::Start(Span::whole(start))).unwrap();
            stdin.write_all(format!("{word}\n").as_bytes()).await.unwrap();
            serve(config, Some(BufReader::new(words)), pending(), Said(says, vec![])).await.unwrap();
        });
    });
    (line::parse_ready(&said.recv_timeout(PATIENCE).unwrap()).unwrap(), start)
}

/// The target's lines, to be read by another thread.
struct Said(mpsc::Sender<String>, Vec<u8>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.1)).into_owned();
        self.0.send(line).map_err(io::Error::other)
    }
}
