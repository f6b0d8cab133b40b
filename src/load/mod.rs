//! Loads: what happens, written once against the `Driver` trait.
//!
//! A load must not know which transport it runs over, nor how many clients there are.

pub mod connect;
pub mod echo;
pub mod listen;
pub mod publish;
pub mod receive;

use wsbench_targets::clock::Tick;
use wsbench_targets::pacer::Pacer;

use crate::drivers::{Arrival, ClientContext, Driver};
use crate::meter::{Failure, Order, Sequence};
use crate::scenario::Load;

/// One client under load: its context, and what it has seen of its stream.
pub struct Client {
    /// Its place.
    pub context: ClientContext,
    sequence: Sequence,
}

impl Client {
    /// A client that has seen nothing yet.
    pub fn new(context: ClientContext) -> Client {
        Client { context, sequence: Sequence::default() }
    }

    /// Notes an arrival: its latency if it is new, its kind if it is not.
    fn arrived(&mut self, Arrival { stamp, at }: Arrival) {
        let meter = &self.context.shard.meter;
        let order = self.sequence.note(stamp.seq);
        let sampled = u64::from(meter.window().holds(stamp.due));
        match order {
            Order::New => {}
            Order::Late => meter.count(|c| c.reordered += sampled),
            Order::Again => return meter.count(|c| c.duplicated += sampled),
        }
        meter.arrival(stamp.due, at);
    }

    /// Counts a failure. What has failed waits for itself, and nothing else does.
    pub fn failed(&self, failure: Failure) {
        self.context.shard.meter.fail(failure);
    }
}

/// The schedule that `client` hears or keeps under this load; `None` when there is none (idle, closed loop).
/// Pure: who asks, whenever, gets the same.
pub fn schedule(load: &Load, seed: u64, client: u32, clients: u32, start: Tick) -> Option<Pacer> {
    match load {
        Load::Push(publication) | Load::Broadcast(publication) => {
            Some(publication.stream(seed, client, start))
        }
        Load::Echo(echo) => echo::pacer(echo, seed, client, start),
        Load::Connect(connect) => Some(connect::pacer(connect, seed, client, clients, start)),
        Load::Publish(publish) => Some(publish.publication().stream(seed, client, start)),
        Load::Idle | Load::Listen => None,
    }
}

/// Receives until the caller drops this: before the load, while others still connect.
pub async fn stand_by<D: Driver>(load: &Load, driver: &mut D, client: &mut Client) {
    match load {
        Load::Listen => listen::run(driver, client).await,
        _ => receive::run(driver, client).await,
    }
}

/// Loads a connected client until the caller drops this.
pub async fn run<D: Driver>(load: &Load, driver: &mut D, client: &mut Client) {
    match load {
        // Boxed, so that clients that only receive do not carry its state.
        Load::Echo(echo) => Box::pin(echo::run(echo, driver, client)).await,
        // Connect opens its own connections (`connect::run`); were it to come here, it would receive nothing.
        Load::Push(_) | Load::Broadcast(_) | Load::Idle | Load::Connect(_) | Load::Publish(_) => {
            receive::run(driver, client).await
        }
        Load::Listen => listen::run(driver, client).await,
    }
}
