//! Has this message come before, and in order? One small state a client.
//!
//! Pure: numbers in, a word out.

/// What a message's number says of its delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Younger than all before.
    New,
    /// New, but a younger one came first.
    Late,
    /// It has come before.
    Again,
}

/// The highest number seen, which of the 64 below it were (the window of RFC 4303 §3.4.3, IPsec's anti-replay), and
/// what is missing of the older ones: a number is new once, however late it comes.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    /// One more than the highest number seen.
    next: u64,
    /// Bit i: number `next - 1 - i` was seen.
    seen: u64,
    /// Without memory while nothing is missing.
    missing: Option<Box<Missing>>,
}

impl Sequence {
    /// Notes number `seq`.
    pub fn note(&mut self, seq: u64) -> Order {
        if seq >= self.next {
            self.advance(seq);
            return Order::New;
        }
        let behind = self.next - 1 - seq;
        if behind >= 64 {
            let missing = self.missing.as_mut().is_some_and(|missing| missing.take(seq));
            return if missing { Order::Late } else { Order::Again };
        }
        let bit = 1 << behind;
        let order = if self.seen & bit == 0 { Order::Late } else { Order::Again };
        self.seen |= bit;
        order
    }

    /// `seq` is the highest number now; what leaves the window unseen is missing.
    fn advance(&mut self, seq: u64) {
        let step = seq - self.next + 1;
        // Bits that leave, oldest first; before the first number there is nothing to miss.
        let leaving = step.min(64);
        let oldest = self.next.wrapping_sub(64);
        let unseen = if leaving == 64 { !self.seen } else { !self.seen & !(u64::MAX >> leaving) };
        let held = if self.next >= 64 { unseen } else { unseen & ((1u64 << self.next) - 1) };
        if held != 0 {
            let missing = self.missing.get_or_insert_default();
            (0..64).rev().filter(|bit| held & (1 << bit) != 0).for_each(|bit| {
                let number = oldest.wrapping_add(63 - bit);
                missing.add(number, number + 1);
            });
        }
        // A leap over more than the window: what was leapt over and does not fit into it.
        if step > 64 {
            self.missing.get_or_insert_default().add(self.next, seq - 63);
        }
        self.seen = if step < 64 { self.seen << step } else { 0 } | 1;
        self.next = seq + 1;
    }
}

/// Numbers that have not come, as ranges (from, to), the oldest first.
#[derive(Clone, Debug, Default)]
struct Missing(Vec<(u64, u64)>);

/// Ranges that are kept, 16 bytes each. What is missing from before counts as seen when it comes: rather one duplicate too
/// many than one delivery.
const KEPT: usize = 256;

impl Missing {
    /// `from..to` is missing, above all that was added before.
    fn add(&mut self, from: u64, to: u64) {
        if let Some(last) = self.0.last_mut().filter(|last| last.1 == from) {
            last.1 = to;
            return;
        }
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push((from, to));
    }

    /// Takes `number` out; whether it was missing.
    fn take(&mut self, number: u64) -> bool {
        let at = self.0.partition_point(|&(_, to)| to <= number);
        let Some(&(from, to)) = self.0.get(at).filter(|(from, _)| *from <= number) else { return false };
        let left = [(from, number), (number + 1, to)];
        self.0.splice(at..=at, left.into_iter().filter(|(from, to)| from < to));
        true
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tells_new_late_and_again() {
        use Order::{Again, Late, New};
        let table: &[(&[u64], &[Order])] = &[
            (&[0, 1, 2], &[New, New, New]),
            (&[0, 0], &[New, Again]),
            (&[5, 3, 3, 5, 6], &[New, Late, Again, Again, New]),
            (&[0, 63, 1, 0], &[New, New, Late, Again]),
            (&[0, 64, 0], &[New, New, Again]),
            (&[64, 0, 0], &[New, Late, Again]),
            (&[1_000, 900, 901, 900, 0, 936, 937], &[New, Late, Late, Again, Late, Late, Late]),
            (&[1_000_000, 999_999], &[New, Late]),
        ];
        for (numbers, words) in table {
            let mut sequence = Sequence::default();
            let said: Vec<Order> = numbers.iter().map(|&n| sequence.note(n)).collect();
            assert_eq!(&said, words, "{numbers:?}");
        }
    }

    proptest! {
        /// A broker that delivers late, again, and in any order.
        #[test]
        fn a_number_is_new_once(steps in proptest::collection::vec((0..300u64, 0..400u64), 1..400)) {
            let (mut sequence, mut seen, mut highest) = (Sequence::default(), HashSet::new(), 0);
            for (ahead, behind) in steps {
                let number = (highest + ahead).saturating_sub(behind);
                let first = seen.insert(number);
                let order = sequence.note(number);
                // Up to KEPT ranges of what is missing, nothing is forgotten.
                prop_assert_eq!(order != Order::Again, first, "{}", number);
                highest = highest.max(number);
            }
        }
    }

    #[test]
    fn what_is_missing_takes_no_more_than_there_is() {
        let mut sequence = Sequence::default();
        (0..100_000).step_by(100).for_each(|n| assert_eq!(sequence.note(n), Order::New));
        assert!(sequence.missing.as_ref().unwrap().0.len() <= KEPT);
        assert_eq!((sequence.note(1), sequence.note(99_001)), (Order::Again, Order::Late));
    }
}
