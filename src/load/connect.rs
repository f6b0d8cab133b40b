//! Connect: connections are opened at a rate and closed again. What does arriving cost?
//!
//! The latency of a connection runs from when it was due to when it could carry messages.

use std::time::Duration;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::pacer::{Pacer, Phase, Random};

use super::Client;
use crate::drivers::Driver;
use crate::scenario::Connect;

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
            Ok(driver) => {
                shard.meter.arrival(due, now());
                driver.close().await;
            }
            Err(failure) => shard.meter.fail(failure),
        }
    }
}
