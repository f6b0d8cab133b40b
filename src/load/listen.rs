//! Listen: a server publishes by its own clock, and clients receive. How much comes, and in what rhythm?
//!
//! Without a clock in common there is no latency, and without a schedule no loss: neither is claimed. The shard hears
//! every message then (`ShardContext::hears_all`), whoever made it.

use wsbench_targets::clock::Tick;

use super::Client;
use crate::drivers::{Arrival, Driver};

/// Receives until dropped.
pub async fn run<D: Driver>(driver: &mut D, client: &mut Client) {
    let mut last: Option<Tick> = None;
    loop {
        match driver.recv().await {
            Ok(Arrival { at, .. }) => {
                client.context.shard.meter.heard(last.replace(at), at);
            }
            Err(failure) => client.failed(failure),
        }
    }
}
