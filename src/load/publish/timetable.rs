//! The one schedule of all publishers: each takes from it what is its own.
//!
//! It must not know how a message leaves.

use std::collections::VecDeque;

use wsbench_targets::clock::Tick;
use wsbench_targets::pacer::Pacer;

use crate::message::turns::{Turn, Turns};

/// A message to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub turn: Turn,
    pub due: Tick,
}

/// Due times drawn so far, one after the other, and those that their publisher has not taken yet.
#[derive(Default)]
pub(super) struct Timetable {
    /// There with the first question: nobody knows earlier when the load begins.
    pacer: Option<Pacer>,
    drawn: u64,
    waiting: Vec<VecDeque<Next>>,
}

impl Timetable {
    /// The next message of `publisher`; `begin` makes the schedule.
    pub(super) fn next(
        &mut self,
        publisher: u32,
        turns: &Turns,
        begin: impl FnOnce() -> Pacer,
    ) -> Option<Next> {
        let pacer = self.pacer.get_or_insert_with(begin);
        self.waiting.resize_with(turns.publishers() as usize, VecDeque::new);
        while self.waiting.get(publisher as usize)?.is_empty() {
            let next = Next { turn: turns.of(self.drawn), due: pacer.next_due(Tick::default()) };
            let whose = turns.publisher(self.drawn) as usize;
            self.waiting.get_mut(whose)?.push_back(next);
            self.drawn += 1;
        }
        self.waiting.get_mut(publisher as usize)?.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use wsbench_targets::pacer::{Arrivals, Random};

    use super::*;

    fn pacer(poisson: bool) -> Pacer {
        let arrivals = if poisson { Arrivals::Poisson } else { Arrivals::Constant };
        Pacer::new(arrivals, Duration::from_millis(5), Tick(1_000), 0.0, Random::new(7, 0))
    }

    proptest! {
        /// Whoever asks, and however often: together they have the one schedule, each message once.
        #[test]
        fn publishers_share_one_schedule(
            asks in proptest::collection::vec(0..6u32, 1..200), groups in 1..4u32, poisson: bool,
        ) {
            let (turns, mut timetable) = (Turns::new(10, Some(groups), 6 * groups), Timetable::default());
            let mut taken: Vec<(u32, Next)> = asks
                .iter()
                .map(|&asks| (asks, timetable.next(asks, &turns, || pacer(poisson)).unwrap()))
                .collect();
            let mut all = pacer(poisson);
            let dues: Vec<Tick> = (0..6 * u64::from(groups) * 200).map(|_| all.next_due(Tick::default())).collect();
            let mut nth = [0; 6];
            for (publisher, next) in taken.drain(..) {
                let asked = &mut nth[publisher as usize];
                let number = u64::from(publisher) + *asked * 6 * u64::from(groups);
                *asked += 1;
                prop_assert_eq!(next, Next { turn: turns.of(number), due: dues[usize::try_from(number).unwrap()] });
            }
        }
    }
}
