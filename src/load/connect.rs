//! Connect: connections are opened at a rate and closed again. What does arriving cost?
//!
//! The latency of a connection runs from when it was due to when it could carry messages. One that breaks at once was none:
//! what the server has sent with or right behind its handshake is read before the connection counts.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::task::yield_now;
use wsbench_targets::clock::{Tick, now};
use wsbench_targets::pacer::{Pacer, Phase, Random};

use super::Client;
use crate::drivers::Driver;
use crate::meter::Failure;
use crate::scenario::Connect;

/// Looks at a new connection, each after the thread's other work.
const TURNS: usize = 2;

/// The due times of this client's connections: the rate is that of all clients together.
pub fn pacer(connect: &Connect, seed: u64, client: u32, clients: u32, start: Tick) -> Pacer {
    let every = Duration::from_secs_f64(f64::from(clients.max(1)) / connect.rate);
    // Evenly: client i begins i / clients into the interval.
    let phase = (f64::from(client) / f64::from(clients.max(1)) + Phase::Message.of(seed, 0)).fract();
    Pacer::new(connect.arrivals, every, start, phase, Random::new(seed, u64::from(client)))
}

/// Opens and closes until the window ends.
pub async fn run<D: Driver>(options: &D::Options, client: &mut Client, mut pacer: Pacer) {
    let shard = client.context.shard.clone();
    loop {
        let due = pacer.next_due(Tick::default());
        if due >= shard.meter.window().end {
            return;
        }
        // That the last one took beyond this one's time is the server's doing.
        let free = now();
        shard.clock.sleep_until(due).await;
        shard.meter.left(due.max(free), now());
        match D::connect(client.context.clone(), options).await {
            Ok(mut driver) => {
                let at = now();
                match broken(&mut driver).await {
                    None => shard.meter.arrival(due, at),
                    Some(failure) => shard.meter.fail(failure),
                }
                driver.close().await;
            }
            Err(failure) => shard.meter.fail(failure),
        }
    }
}

/// What has broken a connection that was just made, as far as it is here by now: garbage or a Close behind the handshake.
/// Nothing is waited for but one turn of the thread's other work, in which the socket is looked at. A transport that is
/// told nothing unasked has nothing to break by.
async fn broken<D: Driver>(driver: &mut D) -> Option<Failure> {
    if !D::UNASKED {
        return None;
    }
    for _ in 0..TURNS {
        yield_now().await;
        // Messages are greetings, and welcome.
        while let Some(received) = at_once(driver.recv()).await {
            if let Err(failure) = received {
                return Some(failure);
            }
        }
    }
    None
}

/// What `future` has to give now; it is dropped, whatever it waits for.
async fn at_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
