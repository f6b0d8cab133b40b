//! How many messages the clients of a shard should have received or sent: their schedules, gone through once more.
//!
//! It runs on the thread of the clients while they still receive, so it goes in pieces. It must not know what has arrived.

use std::ops::Range;

use tokio::task::yield_now;
use wsbench_targets::clock::Tick;
use wsbench_targets::pacer::Pacer;

use crate::load::schedules;
use crate::meter::Window;
use crate::plan::Trial;
use crate::scenario::Groups;
use crate::scenario::turns::arrivals;

/// Schedules begun, and draws of random ones, without a break: some 20 ns each.
const PIECE: usize = 2_000;

/// Messages due in `window` at the clients of `slice`, which are in these `groups`, of a load that began at `start`.
pub(super) async fn expected(
    trial: &Trial,
    groups: Option<&Groups>,
    slice: Range<u32>,
    start: Tick,
    window: Window,
) -> u64 {
    let (mut sum, mut pieces) = (0, Pieces(PIECE));
    if let (Some(publish), Some(groups)) = (trial.load.publish(), groups) {
        let schedule = || publish.publication().stream(trial.seed, 0, start);
        let before = Window { begin: Tick(0), end: window.begin };
        let first = due_within(schedule(), before, &mut pieces).await;
        let count = due_within(schedule(), window, &mut pieces).await;
        return arrivals(&groups.members(slice), first, count);
    }
    for (schedule, clients) in schedules(&trial.load, trial.seed, slice, trial.clients, start) {
        sum += due_within(schedule, window, &mut pieces).await * clients;
    }
    sum
}

async fn due_within(mut schedule: Pacer, window: Window, pieces: &mut Pieces) -> u64 {
    pieces.step().await;
    if !matches!(schedule, Pacer::Poisson { .. }) {
        return schedule.due_within(window.begin, window.end);
    }
    let mut count = 0;
    loop {
        pieces.step().await;
        match schedule.next_due(Tick::default()) {
            due if due >= window.end => return count,
            due => count += u64::from(due >= window.begin),
        }
    }
}

/// Steps left until others have their turn.
struct Pieces(usize);

impl Pieces {
    async fn step(&mut self) {
        if self.0 == 0 {
            yield_now().await;
            self.0 = PIECE;
        }
        self.0 -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::time::Duration;

    use proptest::prelude::*;
    use tokio::runtime::Builder;
    use wsbench_targets::clock::now;
    use wsbench_targets::pacer::Arrivals;
    use wsbench_targets::wire::{Audience, Publication};

    use super::*;
    use crate::load::schedule;
    use crate::scenario::{Load, Message, Publish, PublishCarrier};
    use crate::shard::tests::trial;

    const SECOND: u64 = 1_000_000_000;

    /// The sum, and how often others had their turn on the way to it.
    fn counted(load: &Load, clients: u32, seconds: u64) -> (u64, usize) {
        let window = Window { begin: Tick(SECOND), end: Tick((1 + seconds) * SECOND) };
        let trial = Trial { clients, ..trial(load.clone()) };
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut breaks = 0;
            let others = async {
                loop {
                    yield_now().await;
                    breaks += 1;
                }
            };
            let sum = tokio::select! {
                sum = expected(&trial, None, 0..clients, Tick(0), window) => sum,
                () = others => 0,
            };
            (sum, breaks)
        })
    }

    fn publication(arrivals: Arrivals, audience: Audience) -> Publication {
        Publication { every: Duration::from_micros(100), arrivals, payload: 21, audience }
    }

    /// What every client would be asked for by itself.
    #[test]
    fn the_sum_is_that_of_all_clients() {
        for arrivals in [Arrivals::Constant, Arrivals::Poisson] {
            for load in [
                Load::Push(publication(arrivals, Audience::Each)),
                Load::Broadcast(publication(arrivals, Audience::All)),
            ] {
                let of = |client| {
                    let schedule = schedule(&load, 1, client, 7, Tick(0)).unwrap();
                    schedule.due_within(Tick(SECOND), Tick(3 * SECOND))
                };
                assert_eq!(counted(&load, 7, 2).0, (0..7).map(of).sum::<u64>(), "{load:?}");
            }
        }
        assert_eq!(counted(&Load::Idle, 7, 2).0, 0);
    }

    fn finished<T>(future: impl Future<Output = T>) -> T {
        Builder::new_current_thread().build().unwrap().block_on(future)
    }

    proptest! {
        /// Message by message, as the publishers send them and the clients hear them.
        #[test]
        fn the_sum_of_groups_is_that_of_each_message(
            poisson: bool, rooms in proptest::collection::vec(0..5u8, 1..20), named: bool, from in 0..400u64, long in 0..400u64,
        ) {
            let arrivals = if poisson { Arrivals::Poisson } else { Arrivals::Constant };
            let publish = publish(arrivals);
            let clients = u32::try_from(rooms.len()).unwrap();
            let groups = match named {
                true => Groups::named(rooms.iter().map(u8::to_string)),
                false => Groups::numbered(3.min(clients), clients),
            };
            let every = 100_000;
            let window = Window { begin: Tick(from * every / 3), end: Tick((from + long) * every / 3) };
            let turns = publish.turns(clients, Some(groups.number()));
            let mut pacer = publish.publication().stream(1, 0, Tick(0));
            let mut each = 0;
            for n in 0.. {
                let due = pacer.next_due(Tick(0));
                if due >= window.end {
                    break;
                }
                let hears = |client: &u32| groups.of(*client) == turns.of(n).stream;
                each += if due >= window.begin { (0..clients).filter(hears).count() as u64 } else { 0 };
            }
            let trial = Trial { clients, ..trial(Load::Publish(publish)) };
            // Two shards, as they would be asked.
            let of = |slice| finished(expected(&trial, Some(&groups), slice, Tick(0), window));
            prop_assert_eq!(of(0..clients / 2) + of(clients / 2..clients), each);
        }
    }

    fn publish(arrivals: Arrivals) -> Publish {
        let every = Duration::from_micros(100);
        let (message, way) = (Message::bare(), PublishCarrier::Client);
        Publish { every, arrivals, payload: 20, message, way, publishers: None }
    }

    /// Two million draws for all clients, not for each of a thousand anew.
    #[test]
    fn a_random_stream_to_all_is_gone_through_once_and_in_pieces() {
        let load = Load::Broadcast(publication(Arrivals::Poisson, Audience::All));
        let began = now();
        let (sum, breaks) = counted(&load, 1_000, 200);
        assert!(sum > 1_990_000_000, "{sum}");
        assert!(Duration::from_nanos(now().since(began)) < Duration::from_secs(5));
        assert!(breaks > 2_000_000 / PIECE * 9 / 10, "{breaks}");
    }
}
