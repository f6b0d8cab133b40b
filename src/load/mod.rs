//! Loads: what happens, written once against the `Driver` trait.
//!
//! A load must not know which transport it runs over, nor how many clients there are.

pub mod connect;
pub mod echo;
pub mod listen;
pub mod publish;
pub mod receive;
#[cfg(test)]
pub(crate) mod scripted;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use wsbench_targets::clock::Tick;
use wsbench_targets::content::Filler;
use wsbench_targets::pacer::Pacer;
use wsbench_targets::wire::Audience;

use crate::drivers::{Arrival, ClientContext, Driver};
use crate::message::groups::Groups;
use crate::message::recogniser::{FASTEST, Recogniser};
use crate::meter::{Displayed, Failure, Order, Sequence};
use crate::scenario::{Load, Sender};

/// One client under load: its context, and what it has seen of its stream.
pub struct Client {
    /// Its place.
    pub context: ClientContext,
    sequence: Sequence,
    /// Messages that it has sent itself; where others send, nobody here knows how many.
    sent: u64,
    /// Where what comes is displayed until something newer does.
    displayed: Option<Displayed>,
}

impl Client {
    /// A client that has seen nothing yet.
    pub fn new(context: ClientContext) -> Client {
        let shard = &context.shard;
        let displayed = shard.displays.then(|| Displayed::new(Rc::clone(&shard.meter)));
        Client { context, sequence: Sequence::default(), sent: u64::MAX, displayed }
    }

    /// Notes an arrival: its latency if it is new, its kind if it is not.
    fn arrived(&mut self, Arrival { stamp, at, altered }: Arrival) {
        let meter = &self.context.shard.meter;
        // The check of a stamp that was made up is right once in 4,096 times.
        if stamp.seq >= self.sent {
            return meter.count(|c| c.invented += 1);
        }
        let order = self.sequence.note(stamp.seq);
        let sampled = u64::from(meter.window().holds(stamp.due));
        match order {
            Order::New => {}
            Order::Late => meter.count(|c| c.reordered += sampled),
            Order::Again => return meter.count(|c| c.duplicated += sampled),
        }
        if altered {
            meter.count(|c| c.altered += sampled);
        }
        meter.arrival(stamp.due, at);
        if let Some(displayed) = &mut self.displayed {
            displayed.arrived(stamp.due, at);
        }
    }

    /// Notes what a driver has received.
    fn received(&mut self, received: Result<Arrival, Failure>) {
        match received {
            Ok(arrival) => self.arrived(arrival),
            Err(failure) => self.failed(failure),
        }
    }

    /// Counts a failure. What has failed waits by itself for its next try, and nothing else does.
    pub fn failed(&self, failure: Failure) {
        self.context.shard.meter.fail(failure);
    }
}

/// What the messages of a trial of so many clients, in these groups, look like.
pub fn recogniser(load: &Load, filler: &Arc<Filler>, clients: u32, groups: Option<&Groups>) -> Recogniser {
    let profile = load.profile();
    // What others than our own publishers send goes to no group.
    let groups = groups.filter(|_| profile.sender == Sender::Publisher);
    let number = groups.map(Groups::number);
    Recogniser {
        shared: profile.to_all,
        groups: groups.cloned(),
        clients,
        turns: load.publish().map(|publish| publish.turns(clients, number)),
        every: profile.interval.unwrap_or(FASTEST) * number.unwrap_or(1),
        form: load.message().map(|(message, payload)| (message.filled(filler), payload)),
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

/// The distinct schedules of `clients` of `all`, each with the number of clients that hear or keep it: a stream to all is
/// one.
pub fn schedules(
    load: &Load,
    seed: u64,
    clients: Range<u32>,
    all: u32,
    start: Tick,
) -> impl Iterator<Item = (Pacer, u64)> {
    let shared = match load {
        Load::Push(publication) | Load::Broadcast(publication) => publication.audience == Audience::All,
        Load::Publish(_) => true,
        Load::Echo(_) | Load::Connect(_) | Load::Idle | Load::Listen => false,
    };
    let (firsts, each) = match shared {
        true => (clients.start..clients.end.min(clients.start + 1), clients.len() as u64),
        false => (clients, 1),
    };
    firsts.filter_map(move |client| Some((schedule(load, seed, client, all, start)?, each)))
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
