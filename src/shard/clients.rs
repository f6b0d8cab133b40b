//! The clients of a shard: what they share, and where each of them starts.
//!
//! What a client then does is `life`.

use std::cell::{Cell, OnceCell};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::rc::Rc;

use tokio::sync::watch;
use wsbench_targets::clock::{Tick, now};

use super::life::live;
use super::publishers;
use super::tasks::Tasks;
use super::{Assignment, TargetSlice};
use crate::drivers::http::two::pool::Pool;
use crate::drivers::tls::Tls;
use crate::drivers::{ClientContext, Driver, ShardContext, WithDriver, with_driver};
use crate::load::publish::Publishing;

/// How far the clients of a trial are to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ClientPhase {
    Connect,
    Load,
    Close,
}

/// What the clients of a shard share besides their shard.
pub(super) struct ClientPool {
    pub assignment: Assignment,
    pub shard: Rc<ShardContext>,
    pub phases: watch::Receiver<ClientPhase>,
    /// True just before the phase becomes `Close`: a look at it costs nothing.
    pub closing: Cell<bool>,
    /// Clients connected.
    pub connected: Cell<u64>,
    /// Clients that are connected or have given up.
    pub settled: Cell<u64>,
    /// Their tasks, and the publishers'.
    pub tasks: Tasks,
    /// How TLS is spoken where our own publishers post.
    pub post_tls: Option<Tls>,
    /// What our own publishers do, where they live in this shard.
    pub published: OnceCell<Rc<Publishing>>,
}

/// Starts every client of the slice.
pub(super) fn start(pool: &Rc<ClientPool>) {
    with_driver(&pool.assignment.trial.transport, Start(pool));
}

struct Start<'a>(&'a Rc<ClientPool>);

impl WithDriver for Start<'_> {
    type Output = ();

    fn with<D: Driver>(self, options: &D::Options) {
        spawn::<D>(self.0, options);
    }
}

pub(super) fn spawn<D: Driver>(pool: &Rc<ClientPool>, options: &D::Options) {
    let options = Rc::new(options.clone());
    let (slice, trial) = (pool.assignment.slice.clone(), &pool.assignment.trial);
    let began = now();
    let gap = f64::from(trial.shards) * 1e9 / trial.connect_rate;
    for target in &pool.assignment.targets {
        let clients = overlap(&slice, &target.clients);
        for context in contexts(pool, target, clients) {
            let client = context.client;
            let slot = Tick(began.0 + (f64::from(client - slice.start) * gap) as u64);
            pool.tasks.spawn(client, live::<D>(Rc::clone(pool), Rc::clone(&options), context, slot));
        }
    }
    if let (Some(form), 0) = (trial.load.publish(), slice.start) {
        publishers::spawn::<D>(pool, &options, form);
    }
}

/// Places of the `clients` who go to one process of the target: of those who share a connection, one after the other.
fn contexts(
    pool: &ClientPool,
    target: &TargetSlice,
    clients: Range<u32>,
) -> impl Iterator<Item = ClientContext> {
    let (trial, endpoint) = (&pool.assignment.trial, Rc::new(target.endpoint.clone()));
    let (sharers, mut together) = (trial.transport.access().sharers(), None);
    clients.enumerate().map(move |(nth, client)| {
        let endpoint = Rc::clone(&endpoint);
        let source = |to: SocketAddr| source(trial.addresses, client / sharers, to.ip());
        let source = endpoint.addresses().find_map(source);
        let own = ClientContext::new(client, endpoint, Rc::clone(&pool.shard), trial.keeps_cookies());
        if sharers > 1 && nth.is_multiple_of(sharers as usize) {
            together = own.pool.as_ref().map(|_| Rc::new(Pool::of(sharers)));
        }
        ClientContext { source, pool: together.clone().or_else(|| own.pool.clone()), ..own }
    })
}

fn overlap(a: &Range<u32>, b: &Range<u32>) -> Range<u32> {
    a.start.max(b.start)..a.end.min(b.end)
}

/// Many clients on loopback come from several addresses: the port range of one is finite, and slow when it fills. IPv6 has
/// one loopback address alone (RFC 4291 §2.5.3), so that all its clients share one range; `plan::Needs` counts with that.
/// Neighbours come from different ones, so that a search spreads its small sizes as its large ones.
fn source(addresses: u32, client: u32, to: IpAddr) -> Option<IpAddr> {
    let here = matches!(to, IpAddr::V4(ip) if ip.is_loopback());
    let address = |n: u32| IpAddr::V4(Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + n));
    (here && addresses > 1).then(|| address(client % addresses))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[test]
    fn many_clients_come_from_several_addresses_where_there_are_several() {
        let (v4, v6) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST));
        let far = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        for (addresses, client, to, from) in [
            (1, 9_999, v4, None),
            (2, 10_000, v4, Some("127.0.0.1")),
            (3, 20_000, v4, Some("127.0.0.3")),
            (3, 20_000, v6, None),
            (3, 20_000, far, None),
        ] {
            let expected = from.map(|from| from.parse().unwrap());
            assert_eq!(source(addresses, client, to), expected, "{addresses} {client} {to}");
        }
    }
}
