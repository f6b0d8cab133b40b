//! Echo: the client sends, and its message comes back through the transport's own receiving path.
//!
//! Latency runs from when a message was due, not from when it left.

use std::pin::pin;
use std::time::Duration;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::pacer::{Pacer, Phase, Random};
use wsbench_targets::wire::Stamp;

use super::Client;
use crate::drivers::Driver;
use crate::drivers::deadline::Deadline;
use crate::scenario::{Echo, EchoPace};

/// In a closed loop an echo that does not come is given up after so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// The due times of this client's messages; `None` in a closed loop.
pub fn pacer(echo: &Echo, seed: u64, client: u32, start: Tick) -> Option<Pacer> {
    match echo.pace {
        EchoPace::Closed => None,
        EchoPace::Open(arrivals) => {
            let phase = Phase::Message.of(seed, client);
            Some(Pacer::new(arrivals, echo.every, start, phase, Random::new(seed, u64::from(client))))
        }
    }
}

/// Sends and receives until dropped. Nothing is sent after the window: what is under way comes home.
pub async fn run<D: Driver>(echo: &Echo, driver: &mut D, client: &mut Client) {
    let mut sender = Sender { echo, seq: 0, message: Vec::with_capacity(echo.payload) };
    let shard = &client.context.shard;
    match pacer(echo, shard.seed, client.context.client, shard.start.get()) {
        None => closed(driver, client, &mut sender).await,
        Some(pacer) => open(driver, client, &mut sender, pacer).await,
    }
}

struct Sender<'a> {
    echo: &'a Echo,
    seq: u64,
    message: Vec<u8>,
}

impl Sender<'_> {
    /// Sends the message that is due at `due`, and says whether it did; a failure loses it, which the count will show.
    async fn send<D: Driver>(&mut self, driver: &mut D, client: &mut Client, due: Tick) -> bool {
        self.message.clear();
        let (stamp, payload) = (Stamp { seq: self.seq, due }, self.echo.payload);
        match &self.echo.message {
            Some(form) => form.write(stamp, client.context.client, payload, &mut self.message),
            None => stamp.write_message(payload, &mut self.message),
        }
        self.seq += 1;
        let sent = driver.send(&self.message).await;
        if let Err(failure) = sent {
            client.failed(failure);
        }
        sent.is_ok()
    }
}

async fn open<D: Driver>(driver: &mut D, client: &mut Client, sender: &mut Sender<'_>, mut pacer: Pacer) {
    let (clock, meter) = (client.context.shard.clock.clone(), client.context.shard.meter.clone());
    loop {
        let due = pacer.next_due(Tick::default());
        if due >= meter.window().end {
            return super::receive::run(driver, client).await;
        }
        // That the last one took beyond this one's time is the server's doing.
        let free = now();
        let wait = clock.sleep_until(due);
        tokio::pin!(wait);
        loop {
            tokio::select! {
                biased;
                // First what has come: a client that is behind would never read, and its server never go on.
                received = driver.recv() => match received {
                    Ok(arrival) => client.arrived(arrival),
                    Err(failure) => client.failed(failure),
                },
                () = &mut wait => break,
            }
        }
        meter.left(due.max(free), now());
        sender.send(driver, client, due).await;
    }
}

async fn closed<D: Driver>(driver: &mut D, client: &mut Client, sender: &mut Sender<'_>) {
    let meter = client.context.shard.meter.clone();
    let mut patience = Deadline::new(PATIENCE);
    // The word comes a little earlier; and a stamp from before the start is not believed (`ClientContext::stamp`).
    client.context.shard.clock.sleep_until(client.context.shard.start.get()).await;
    loop {
        let due = now();
        if due >= meter.window().end {
            return super::receive::run(driver, client).await;
        }
        let seq = sender.seq;
        meter.count(|c| c.sent += u64::from(meter.window().holds(due)));
        meter.left(due, due);
        patience.begin(due);
        let outcome = {
            // Pinned here: a future that is handed on is copied whole.
            let back = pin!(async {
                if sender.send(driver, client, due).await {
                    until(driver, client, seq).await;
                }
                Ok(())
            });
            patience.hold(back).await
        };
        if let Err(failure) = outcome {
            client.failed(failure);
        }
    }
}

/// Receives up to message `seq`.
async fn until<D: Driver>(driver: &mut D, client: &mut Client, seq: u64) {
    loop {
        match driver.recv().await {
            Ok(arrival) => {
                client.arrived(arrival);
                if arrival.stamp.seq >= seq {
                    return;
                }
            }
            Err(failure) => return client.failed(failure),
        }
    }
}
