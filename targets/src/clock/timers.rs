//! Who waits until when, by the time that comes first: a binary heap in which every timer knows its place, so that one
//! that is cancelled leaves at once. Most are: a wait for an answer ends with the answer.
//!
//! It must not know the clock, nor who sets the kernel's timer.

use std::task::Waker;

use super::Tick;

/// Timers, each by a number that is used again once it is removed.
#[derive(Default)]
pub(super) struct Timers {
    /// A timer is due no later than the two below it, at twice its place and one or two more.
    heap: Vec<(Tick, usize)>,
    slots: Vec<Slot>,
    free: Vec<usize>,
}

#[derive(Default)]
struct Slot {
    /// In the heap; `None` once it has fired.
    place: Option<usize>,
    waker: Option<Waker>,
}

impl Timers {
    /// A timer that wakes at `due`; the answer is its number.
    pub(super) fn insert(&mut self, due: Tick, waker: &Waker) -> usize {
        let number = self.free.pop().unwrap_or(self.slots.len());
        if number == self.slots.len() {
            self.slots.push(Slot::default());
        }
        self.slots[number].waker = Some(waker.clone());
        self.heap.push((due, number));
        self.settle(self.heap.len() - 1);
        number
    }

    /// Who is woken by timer `number` from now on.
    pub(super) fn set_waker(&mut self, number: usize, waker: &Waker) {
        let known = &mut self.slots[number].waker;
        match known {
            Some(known) => known.clone_from(waker),
            None => *known = Some(waker.clone()),
        }
    }

    /// Forgets timer `number`.
    pub(super) fn remove(&mut self, number: usize) {
        if let Some(place) = self.slots[number].place {
            self.take(place);
        }
        self.slots[number].waker = None;
        self.free.push(number);
    }

    /// When the first one is due.
    pub(super) fn next_due(&self) -> Option<Tick> {
        self.heap.first().map(|&(due, _)| due)
    }

    /// The waker of a timer that is due by `at`; its number stays in use.
    pub(super) fn pop(&mut self, at: Tick) -> Option<Waker> {
        let &(due, number) = self.heap.first()?;
        if due > at {
            return None;
        }
        self.take(0);
        self.slots[number].waker.take()
    }

    fn take(&mut self, place: usize) {
        let (_, number) = self.heap.swap_remove(place);
        self.slots[number].place = None;
        if place < self.heap.len() {
            self.settle(place);
        }
    }

    /// Moves the timer at `place` up or down to where it belongs.
    fn settle(&mut self, mut place: usize) {
        let timer = self.heap[place];
        while let Some(above) = place.checked_sub(1).map(|place| place / 2).filter(|&a| timer < self.heap[a])
        {
            self.put(place, self.heap[above]);
            place = above;
        }
        while let Some(below) = self.first_below(place).filter(|&b| self.heap[b] < timer) {
            self.put(place, self.heap[below]);
            place = below;
        }
        self.put(place, timer);
    }

    fn first_below(&self, place: usize) -> Option<usize> {
        let (left, right) = (2 * place + 1, 2 * place + 2);
        let first = |of: &(Tick, usize)| self.heap.get(right).is_some_and(|right| right < of);
        self.heap.get(left).map(|of| if first(of) { right } else { left })
    }

    fn put(&mut self, place: usize, timer: (Tick, usize)) {
        self.heap[place] = timer;
        self.slots[timer.1].place = Some(place);
    }

    /// How many wait.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u64),
        /// Of those that there are.
        Remove(prop::sample::Index),
        Pop(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0..100_u64).prop_map(Step::Insert),
            2 => any::<prop::sample::Index>().prop_map(Step::Remove),
            1 => (0..100_u64).prop_map(Step::Pop),
        ]
    }

    proptest! {
        /// As an ordered set does it; and nothing stays of what was removed.
        #[test]
        fn the_first_is_always_the_first(steps in prop::collection::vec(step(), 1..200)) {
            let (mut timers, mut waiting, mut fired) = (Timers::default(), BTreeSet::new(), Vec::new());
            for step in steps {
                match step {
                    Step::Insert(due) => {
                        let number = timers.insert(Tick(due), Waker::noop());
                        waiting.insert((Tick(due), number));
                    }
                    Step::Remove(index) if !waiting.is_empty() => {
                        let one = *waiting.iter().nth(index.index(waiting.len())).unwrap();
                        waiting.remove(&one);
                        timers.remove(one.1);
                    }
                    Step::Remove(_) => fired.drain(..).for_each(|number| timers.remove(number)),
                    Step::Pop(at) => while timers.pop(Tick(at)).is_some() {
                        fired.push(waiting.pop_first().unwrap().1);
                    },
                }
                prop_assert_eq!(timers.next_due(), waiting.first().map(|one| one.0));
                prop_assert_eq!(timers.len(), waiting.len());
            }
        }
    }
}
