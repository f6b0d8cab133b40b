//! The recent messages of one stream, for clients that are behind.
//!
//! Pure data: it must not know who waits for a message, nor how one travels. The hub fills it, the
//! transports read it through a handle.

use std::collections::VecDeque;

use bytes::Bytes;

/// Messages in the order of their numbers; nothing is allocated before the first one.
#[derive(Default)]
pub(crate) struct Ring {
    messages: VecDeque<(u64, Bytes)>,
}

/// An emptied ring gives memory back above this many places: one burst must not be paid for ever.
const SPARE: usize = 8;

impl Ring {
    /// Adds a message; at most `keep` stay, and the oldest makes room. Its reader sees the gap in the numbers.
    pub(crate) fn push(&mut self, keep: usize, seq: u64, message: Bytes) {
        if self.messages.len() >= keep {
            if self.messages.front().is_some_and(|&(oldest, _)| seq < oldest) {
                return;
            }
            self.messages.pop_front();
        }
        // Messages that clients post may overtake each other; almost always this is the end.
        let place = self.messages.partition_point(|&(number, _)| number <= seq);
        self.messages.insert(place, (seq, message));
    }

    /// Every message from `cursor` on.
    pub(crate) fn since(&self, cursor: u64) -> impl Iterator<Item = &(u64, Bytes)> {
        let first = self.messages.partition_point(|&(number, _)| number < cursor);
        self.messages.range(first..)
    }

    /// Whether there is any from `cursor` on.
    pub(crate) fn reaches(&self, cursor: u64) -> bool {
        self.messages.back().is_some_and(|&(newest, _)| newest >= cursor)
    }

    /// The message with the highest number.
    pub(crate) fn latest(&self) -> Option<&Bytes> {
        self.messages.back().map(|(_, message)| message)
    }

    /// Drops the oldest message; `None` when there is none.
    pub(crate) fn drop_oldest(&mut self) -> Option<()> {
        self.messages.pop_front().map(drop)
    }

    /// Drops what lies before `cursor`: the reader has it.
    pub(crate) fn acknowledge(&mut self, cursor: u64) {
        while self.messages.front().is_some_and(|&(oldest, _)| oldest < cursor) {
            self.messages.pop_front();
        }
        if self.messages.is_empty() && self.messages.capacity() > SPARE {
            self.messages = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(keep: usize, numbers: impl IntoIterator<Item = u64>) -> Ring {
        let mut ring = Ring::default();
        numbers.into_iter().for_each(|n| ring.push(keep, n, Bytes::from(n.to_string())));
        ring
    }

    fn numbers(ring: &Ring, cursor: u64) -> Vec<u64> {
        ring.since(cursor).map(|&(n, _)| n).collect()
    }

    #[test]
    fn an_overflow_drops_the_oldest_and_leaves_a_gap() {
        let ring = filled(3, 0..10);
        assert_eq!(numbers(&ring, 0), [7, 8, 9]);
        assert_eq!(numbers(&ring, 9), [9]);
        assert_eq!(numbers(&ring, 10), [0; 0]);
        assert_eq!((ring.reaches(9), ring.reaches(10)), (true, false));
        assert_eq!(ring.latest().unwrap(), "9");
    }

    #[test]
    fn messages_that_overtook_each_other_stand_in_order() {
        assert_eq!(numbers(&filled(8, [2, 0, 3, 1, 1]), 0), [0, 1, 1, 2, 3]);
        assert_eq!(numbers(&filled(2, [5, 6, 4]), 0), [5, 6]);
    }

    #[test]
    fn what_is_acknowledged_is_gone_and_so_is_its_memory() {
        let mut ring = filled(1000, 0..1000);
        ring.acknowledge(998);
        assert_eq!(numbers(&ring, 0), [998, 999]);
        ring.acknowledge(1000);
        assert!(ring.messages.is_empty() && ring.messages.capacity() == 0);
        assert!(ring.latest().is_none() && !ring.reaches(0));
    }

    proptest! {
        /// A reader that acknowledges what it read gets every message once, in order, as long as it is less
        /// than `keep` behind.
        #[test]
        fn a_reader_in_time_misses_nothing(reads in prop::collection::vec(0..8u64, 1..50)) {
            let (mut ring, mut next, mut cursor) = (Ring::default(), 0, 0);
            for messages in reads {
                (next..next + messages).for_each(|n| ring.push(8, n, Bytes::new()));
                next += messages;
                prop_assert_eq!(numbers(&ring, cursor), (cursor..next).collect::<Vec<_>>());
                cursor = next;
                ring.acknowledge(cursor);
            }
        }
    }
}
