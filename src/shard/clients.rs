//! The clients of a shard: one task each, from connecting to closing. The one `match` from a transport to its driver.

use std::cell::{Cell, OnceCell};
use std::future::{Future, poll_fn};
use std::mem::replace;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use tokio::sync::watch;
use tokio::task::JoinSet;
use wsbench_targets::clock::{Tick, now};
use wsbench_targets::wire::Transport;

use super::Assignment;
use crate::drivers::long_polling::LongPolling;
use crate::drivers::polling::Polling;
use crate::drivers::retry::Retry;
use crate::drivers::socketio::SocketIo;
use crate::drivers::sockjs::SockJs;
use crate::drivers::sse::Sse;
use crate::drivers::streaming::Streaming;
use crate::drivers::websocket::WebSocket;
use crate::drivers::{ClientContext, Driver, ShardContext};
use crate::load::publish::{Log, Publisher};
use crate::load::{self, Client};
use crate::os::cache;
use crate::plan::CLIENTS_PER_ADDRESS;
use crate::scenario::{Connect, Load, Publish};

/// A client that cannot connect gives up after so many tries.
const TRIES: u32 = 5;

/// How far the trial is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Connect,
    Load,
    Close,
}

/// What the clients of a shard share besides their shard.
pub(super) struct ClientPool {
    pub assignment: Assignment,
    pub shard: Rc<ShardContext>,
    pub steps: watch::Receiver<Step>,
    /// True just before the step becomes `Close`: a look at it costs nothing.
    pub closing: Cell<bool>,
    /// Clients connected.
    pub connected: Cell<u64>,
    /// Clients that are connected or have given up.
    pub settled: Cell<u64>,
    /// What our own publisher does, where it lives in this shard.
    pub published: OnceCell<Rc<Log>>,
}

/// Starts every client of the slice.
pub(super) fn start(pool: &Rc<ClientPool>) -> JoinSet<()> {
    match &pool.assignment.trial.transport {
        Transport::Polling(options) => spawn::<Polling>(pool, options),
        Transport::LongPolling(options) => spawn::<LongPolling>(pool, options),
        Transport::WebSocket(options) => spawn::<WebSocket>(pool, options),
        Transport::Streaming(options) => spawn::<Streaming>(pool, options),
        Transport::Sse(options) => spawn::<Sse>(pool, options),
        Transport::SocketIo(options) => spawn::<SocketIo>(pool, options),
        Transport::SockJs(options) => spawn::<SockJs>(pool, options),
    }
}

fn spawn<D: Driver>(pool: &Rc<ClientPool>, options: &D::Options) -> JoinSet<()> {
    let options = Rc::new(options.clone());
    let (slice, trial) = (pool.assignment.slice.clone(), &pool.assignment.trial);
    let began = now();
    let gap = f64::from(trial.shards) * 1e9 / trial.connect_rate;
    let mut tasks = JoinSet::new();
    for place in &pool.assignment.places {
        let endpoint = Rc::new(place.endpoint.clone());
        for client in overlap(&slice, &place.clients) {
            let (endpoint, shard) = (Rc::clone(&endpoint), Rc::clone(&pool.shard));
            let source = source(pool, client, endpoint.address.ip());
            let slot = Tick(began.0 + (f64::from(client - slice.start) * gap) as u64);
            let context = ClientContext { client, endpoint, source, shard };
            tasks.spawn_local(Warm { inner: live::<D>(Rc::clone(pool), Rc::clone(&options), context, slot) });
        }
    }
    if let (Load::Publish(form), 0) = (&trial.load, slice.start) {
        tasks.spawn_local(publish::<D>(Rc::clone(pool), options, form.clone()));
    }
    tasks
}

pin_project_lite::pin_project! {
    /// A future whose state is fetched before it is polled.
    struct Warm<F> {
        #[pin]
        inner: F,
    }
}

impl<F: Future> Future for Warm<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<F::Output> {
        cache::fetch(&*self);
        self.project().inner.poll(cx)
    }
}

/// The publisher of a trial: it lives in the shard of client 0, and has the number behind the last client's.
async fn publish<D: Driver>(pool: Rc<ClientPool>, options: Rc<D::Options>, form: Publish) {
    let Some(place) = pool.assignment.places.first() else { return };
    let log = Rc::clone(pool.published.get_or_init(|| Rc::new(Log::new(&pool.shard.meter))));
    let mut steps = pool.steps.clone();
    reached(&mut steps, Step::Load).await;
    let (endpoint, shard) = (Rc::new(place.endpoint.clone()), Rc::new(pool.shard.apart()));
    let context = ClientContext { client: pool.assignment.trial.clients, endpoint, source: None, shard };
    let publisher = Publisher::new(&form, pool.assignment.post.clone(), context, log);
    until_close(pin!(publisher.run::<D>(&options)), &pool, &mut steps).await;
}

fn overlap(a: &Range<u32>, b: &Range<u32>) -> Range<u32> {
    a.start.max(b.start)..a.end.min(b.end)
}

/// Large crowds on loopback come from several addresses; the port range of one is finite, and slow when it fills.
fn source(pool: &ClientPool, client: u32, to: IpAddr) -> Option<IpAddr> {
    let here = matches!(to, IpAddr::V4(ip) if ip.is_loopback());
    let many = pool.assignment.trial.clients > CLIENTS_PER_ADDRESS;
    let address = Ipv4Addr::LOCALHOST.to_bits() + client / CLIENTS_PER_ADDRESS;
    (here && many).then(|| IpAddr::V4(Ipv4Addr::from_bits(address)))
}

/// One client's life. What happens once is boxed, and what lasts is there once: nothing else needs to lie in a hundred
/// thousand tasks for ever.
async fn live<D: Driver>(pool: Rc<ClientPool>, options: Rc<D::Options>, context: ClientContext, slot: Tick) {
    let mut steps = pool.steps.clone();
    let mut client = Client::new(context);
    let load = &pool.assignment.trial.load;
    if let Load::Connect(connect) = load {
        return Box::pin(come_and_go::<D>(connect, &options, &mut client, &pool, &mut steps)).await;
    }
    let arrived = Box::pin(arrive::<D>(&options, &mut client, &pool, &mut steps, slot)).await;
    let Some(mut driver) = arrived else { return };
    {
        let load = pin!(load::run(load, &mut driver, &mut client));
        until_close(load, &pool, &mut steps).await;
    }
    Box::pin(driver.close()).await;
}

/// The life of a client that connects again and again.
async fn come_and_go<D: Driver>(
    connect: &Connect,
    options: &D::Options,
    client: &mut Client,
    pool: &ClientPool,
    steps: &mut watch::Receiver<Step>,
) {
    settle(pool, true);
    reached(steps, Step::Load).await;
    let (trial, start) = (&pool.assignment.trial, pool.shard.start.get());
    let pacer = load::connect::pacer(connect, trial.seed, client.context.client, trial.clients, start);
    let load = pin!(load::connect::run::<D>(options, client, pacer));
    until_close(load, pool, steps).await;
}

/// Connects in its slot and waits for the load; `None` when it cannot connect.
async fn arrive<D: Driver>(
    options: &D::Options,
    client: &mut Client,
    pool: &ClientPool,
    steps: &mut watch::Receiver<Step>,
    slot: Tick,
) -> Option<D> {
    pool.shard.clock.sleep_until(slot).await;
    let driver = connect::<D>(client, options).await;
    settle(pool, driver.is_some());
    let mut driver = driver?;
    if D::UNASKED {
        // Pings want an answer, and what comes must not lie in the kernel, while others connect.
        let load = pin!(load::stand_by(&pool.assignment.trial.load, &mut driver, client));
        tokio::select! {
            biased;
            () = reached(steps, Step::Load) => {}
            () = load => {}
        }
    } else {
        reached(steps, Step::Load).await;
    }
    Some(driver)
}

fn settle(pool: &ClientPool, connected: bool) {
    pool.settled.set(pool.settled.get() + 1);
    pool.connected.set(pool.connected.get() + u64::from(connected));
}

async fn connect<D: Driver>(client: &mut Client, options: &D::Options) -> Option<D> {
    let (context, mut retry) = (client.context.clone(), Retry::default());
    for _ in 0..TRIES {
        if let Some(due) = retry.due_after(now()) {
            context.shard.clock.sleep_until(due).await;
        }
        match D::connect(context.clone(), options).await {
            Ok(driver) => return Some(driver),
            Err(failure) => client.failed(failure),
        }
        retry.failed(now(), context.shard.seed, context.client);
    }
    None
}

/// Waits for a step. When the shard is over its sender is gone, and so is every reason to wait.
async fn reached(steps: &mut watch::Receiver<Step>, step: Step) {
    let _over = steps.wait_for(|&now| now >= step).await;
}

/// Loads until the step is to close. The step itself is asked for once, first of all, and that leaves the waker: it
/// takes a lock, and this is polled for every message.
async fn until_close(
    mut load: Pin<&mut impl Future<Output = ()>>,
    pool: &ClientPool,
    steps: &mut watch::Receiver<Step>,
) {
    let mut close = pin!(reached(steps, Step::Close));
    let mut asked = false;
    poll_fn(|cx| {
        if !replace(&mut asked, true) && close.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        match load.as_mut().poll(cx) {
            Poll::Pending if !pool.closing.get() => Poll::Pending,
            _ => Poll::Ready(()),
        }
    })
    .await;
}
