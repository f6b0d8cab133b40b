//! One client's life in a shard: connect in its slot, wait for the load, carry it, close.
//!
//! It must not know how many clients there are, nor what is measured of them.

use std::future::{Future, poll_fn};
use std::mem::replace;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use tokio::sync::watch;
use wsbench_targets::clock::{Tick, now};

use super::clients::{ClientPhase, ClientPool};
use crate::drivers::retry::Retry;
use crate::drivers::{ClientContext, Driver};
use crate::load::{self, Client};
use crate::scenario::Connect;

/// A client that cannot connect gives up after so many tries.
const TRIES: u32 = 5;

/// One client's life. What happens once is boxed, and what lasts is there once: nothing else needs to lie in a hundred
/// thousand tasks for ever.
pub(super) async fn live<D: Driver>(
    pool: Rc<ClientPool>,
    options: Rc<D::Options>,
    context: ClientContext,
    slot: Tick,
) {
    let mut phases = pool.phases.clone();
    let mut client = Client::new(context);
    let load = &pool.assignment.trial.load;
    if let Some(connect) = load.connect() {
        return Box::pin(come_and_go::<D>(connect, &options, &mut client, &pool, &mut phases)).await;
    }
    let arrived = Box::pin(arrive::<D>(&options, &mut client, &pool, &mut phases, slot)).await;
    let Some(mut driver) = arrived else { return };
    {
        let load = pin!(load::run(load, &mut driver, &mut client));
        until_close(load, &pool, &mut phases).await;
    }
    Box::pin(driver.close()).await;
}

/// The life of a client that connects again and again.
async fn come_and_go<D: Driver>(
    connect: &Connect,
    options: &D::Options,
    client: &mut Client,
    pool: &ClientPool,
    phases: &mut watch::Receiver<ClientPhase>,
) {
    settle(pool, true);
    reached(phases, ClientPhase::Load).await;
    let (trial, start) = (&pool.assignment.trial, pool.shard.start.get());
    let pacer = load::connect::pacer(connect, trial.seed, client.context.client, trial.clients, start);
    let load = pin!(load::connect::run::<D>(options, client, pacer));
    until_close(load, pool, phases).await;
}

/// Connects in its slot and waits for the load; `None` when it cannot connect.
async fn arrive<D: Driver>(
    options: &D::Options,
    client: &mut Client,
    pool: &ClientPool,
    phases: &mut watch::Receiver<ClientPhase>,
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
            () = reached(phases, ClientPhase::Load) => {}
            () = load => {}
        }
    } else {
        reached(phases, ClientPhase::Load).await;
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

/// Waits for a phase. When the shard is over its sender is gone, and so is every reason to wait.
pub(super) async fn reached(phases: &mut watch::Receiver<ClientPhase>, phase: ClientPhase) {
    let _over = phases.wait_for(|&now| now >= phase).await;
}

/// Carries the load until it is time to close. The phase itself is asked for once, first of all, and that leaves the waker: it
/// takes a lock, and this is polled for every message.
pub(super) async fn until_close(
    mut load: Pin<&mut impl Future<Output = ()>>,
    pool: &ClientPool,
    phases: &mut watch::Receiver<ClientPhase>,
) {
    let mut close = pin!(reached(phases, ClientPhase::Close));
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
