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

/// The highest number seen and which of the 64 below it were: the window of RFC 4303 §3.4.3 (IPsec's
/// anti-replay), that needs no list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sequence {
    /// One more than the highest number seen.
    next: u64,
    /// Bit i: number `next - 1 - i` was seen.
    seen: u64,
}

impl Sequence {
    /// Notes number `seq`. What is more than 64 behind counts as late: its first coming cannot be told from a
    /// second.
    pub fn note(&mut self, seq: u64) -> Order {
        if seq >= self.next {
            let step = seq - self.next + 1;
            self.seen = if step < 64 { self.seen << step } else { 0 } | 1;
            self.next = seq + 1;
            return Order::New;
        }
        let behind = self.next - 1 - seq;
        if behind >= 64 {
            return Order::Late;
        }
        let bit = 1 << behind;
        let order = if self.seen & bit == 0 { Order::Late } else { Order::Again };
        self.seen |= bit;
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_new_late_and_again() {
        use Order::{Again, Late, New};
        let table: &[(&[u64], &[Order])] = &[
            (&[0, 1, 2], &[New, New, New]),
            (&[0, 0], &[New, Again]),
            (&[5, 3, 3, 5, 6], &[New, Late, Again, Again, New]),
            (&[0, 63, 1, 0], &[New, New, Late, Again]),
            (&[0, 64, 0], &[New, New, Late]),
            (&[1_000_000, 999_999], &[New, Late]),
        ];
        for (numbers, words) in table {
            let mut sequence = Sequence::default();
            let said: Vec<Order> = numbers.iter().map(|&n| sequence.note(n)).collect();
            assert_eq!(&said, words, "{numbers:?}");
        }
    }
}
