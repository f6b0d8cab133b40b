//! What came before it was asked for: arrivals, and failures between them, in their order.
//!
//! A client that sends reads meanwhile: neither end may wait for the other to read. What it reads then waits here, within
//! the memory budget of all clients; there is no point at which reading stops. It must not know what brings messages.

use std::collections::VecDeque;

use super::Arrival;
use super::memory_budget::MemoryBudget;
use crate::meter::{Failure, Recorder};

/// A queue that takes memory while something is in it.
#[derive(Default)]
pub struct Arrivals(Option<Box<Waiting>>);

#[derive(Default)]
struct Waiting {
    queue: VecDeque<Result<Arrival, Failure>>,
    budget: MemoryBudget,
}

impl Arrivals {
    /// One more.
    ///
    /// # Errors
    /// [`Failure::TooLarge`], by name, for more than all clients may hold together.
    pub fn push(&mut self, outcome: Result<Arrival, Failure>, meter: &Recorder) -> Result<(), Failure> {
        let waiting = self.0.get_or_insert_default();
        waiting.queue.push_back(outcome);
        waiting.budget.hold(waiting.queue.capacity() * size_of::<Result<Arrival, Failure>>(), meter)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|waiting| waiting.queue.is_empty())
    }

    /// The first of them.
    pub fn pop(&mut self) -> Option<Result<Arrival, Failure>> {
        let next = self.0.as_mut()?.queue.pop_front();
        if next.is_none() {
            self.0 = None;
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use wsbench_targets::clock::Tick;
    use wsbench_targets::wire::Stamp;

    use super::*;
    use crate::drivers::memory_budget::MOST;

    #[test]
    fn they_come_out_in_order_and_take_no_more_than_there_is() {
        let (meter, mut arrivals) = (Recorder::default(), Arrivals::default());
        let stamp = |seq| Stamp { seq, ..Stamp::default() };
        let arrival = |seq| Arrival { stamp: stamp(seq), at: Tick(seq), altered: false };
        for seq in 0..5_000 {
            arrivals.push(Ok(arrival(seq)), &meter).unwrap();
        }
        (0..5_000).for_each(|seq| assert_eq!(arrivals.pop(), Some(Ok(arrival(seq)))));
        assert_eq!(arrivals.pop(), None);
        assert!(arrivals.0.is_none(), "its memory is given back");
        let refused =
            (0..).find_map(|seq| arrivals.push(Ok(arrival(seq)), &meter).err().map(|why| (seq, why)));
        let (held, failure) = refused.unwrap();
        assert_eq!(failure, Failure::TooLarge);
        assert!(held as usize * size_of::<Result<Arrival, Failure>>() <= MOST, "{held}");
    }
}
