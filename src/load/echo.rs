//! Echo: the client sends, and its message comes back through the transport's own receiving path.
//!
//! Latency runs from when a message was due, not from when it left.

use std::pin::pin;
use std::time::Duration;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::pacer::{Pacer, Phase, Random};
use wsbench_targets::wire::Stamp;

use super::Client;
use crate::drivers::deadline::Deadline;
use crate::drivers::retry::LONGEST_PAUSE;
use crate::drivers::{ClientContext, Driver};
use crate::meter::Failure;
use crate::scenario::{Echo, EchoPace, Message};

/// In a closed loop a message whose echo has not come by then has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

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

/// Sends and receives until dropped. Nothing is sent after the window: what is under way still arrives.
pub async fn run<D: Driver>(echo: &Echo, driver: &mut D, client: &mut Client) {
    let mut sender = Sender { echo, form: echo.form(), message: Vec::with_capacity(echo.payload) };
    client.sent = 0;
    let shard = &client.context.shard;
    match pacer(echo, shard.seed, client.context.client, shard.start.get()) {
        None => closed(driver, client, &mut sender, PATIENCE).await,
        Some(pacer) => open(driver, client, &mut sender, pacer).await,
    }
}

pub(super) struct Sender<'a> {
    pub(super) echo: &'a Echo,
    pub(super) form: Message,
    pub(super) message: Vec<u8>,
}

impl Sender<'_> {
    /// Sends the message that is due at `due`. One that fails is lost, which the count of arrivals will show.
    async fn send<D: Driver>(
        &mut self,
        driver: &mut D,
        client: &mut Client,
        due: Tick,
    ) -> Result<(), Failure> {
        self.message.clear();
        let ClientContext { client: stream, shard, .. } = &client.context;
        let stamp = Stamp { stream: *stream, seq: client.sent, due };
        self.form.write(&shard.key(), stamp, *stream, self.echo.payload, &mut self.message);
        client.sent += 1;
        driver.send(&self.message).await
    }
}

async fn open<D: Driver>(driver: &mut D, client: &mut Client, sender: &mut Sender<'_>, mut pacer: Pacer) {
    let (clock, meter) = (client.context.shard.clock.clone(), client.context.shard.meter.clone());
    loop {
        let due = pacer.next_due(Tick::default());
        if due >= meter.window().end {
            return super::receive::run(driver, client).await;
        }
        // The last send may have waited for its connection beyond `due`: that is not the generator's lateness.
        let free = now();
        let wait = clock.sleep_until(due);
        tokio::pin!(wait);
        loop {
            tokio::select! {
                biased;
                // Receiving comes first: a client that is behind would never read, and its server would block.
                received = driver.recv() => client.received(received),
                () = &mut wait => break,
            }
        }
        meter.left(due.max(free), now());
        if let Err(failure) = sender.send(driver, client, due).await {
            client.failed(failure);
        }
    }
}

/// A closed loop has no schedule and so no lateness of its own. A message counts one failure at the most.
pub(super) async fn closed<D: Driver>(
    driver: &mut D,
    client: &mut Client,
    sender: &mut Sender<'_>,
    patience: Duration,
) {
    let (meter, mut deadline) = (client.context.shard.meter.clone(), Deadline::new(patience));
    let mut pause = Duration::ZERO;
    // The command comes a little earlier than the start, and there is no stamp from before it.
    client.context.shard.clock.sleep_until(client.context.shard.start.get()).await;
    loop {
        let due = now();
        if due >= meter.window().end {
            return super::receive::run(driver, client).await;
        }
        meter.count(|c| c.sent += u64::from(meter.window().holds(due)));
        deadline.begin(due + pause);
        let outcome = {
            // Pinned here: a future that is passed on is copied whole.
            let echoed = pin!(echoed(driver, client, sender, due));
            deadline.hold(echoed).await
        };
        // What has failed may pause before its next try, and the server is not to blame for that time.
        pause = if outcome.is_ok() { Duration::ZERO } else { LONGEST_PAUSE };
        if let Err(failure) = outcome {
            client.failed(failure);
        }
    }
}

/// Sends a message, and receives up to its echo.
async fn echoed<D: Driver>(
    driver: &mut D,
    client: &mut Client,
    sender: &mut Sender<'_>,
    due: Tick,
) -> Result<(), Failure> {
    let seq = client.sent;
    sender.send(driver, client, due).await?;
    loop {
        let arrival = driver.recv().await?;
        client.arrived(arrival);
        if arrival.stamp.seq == seq {
            return Ok(());
        }
    }
}
