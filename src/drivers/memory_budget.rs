//! A client's share of the memory that all clients of a shard may take together for what is not whole yet.
//!
//! Each of them reads so many bytes and no more, and a thousand of them still could fill the memory: of a server that never
//! ends its answers, every answer is long. What is usual is counted by nobody, so that it costs one comparison. A shard is
//! one thread, and its account is the thread's.

use std::cell::Cell;

use crate::meter::{Failure, Recorder, reasons};

/// A client that holds no more is not counted: the room of one read (`buffer::ROOM`), and any usual answer.
pub const USUAL: usize = 64 * 1024;
/// What all others hold together: above what any of them may alone, and well below what a machine has.
/// [`reasons::LONG_TOGETHER`] says the number.
pub const MOST: usize = 256 << 20;

thread_local! {
    static TAKEN: Cell<usize> = const { Cell::new(0) };
}

/// Bytes that one client holds beyond what is usual; given back when dropped.
#[derive(Debug, Default)]
pub struct MemoryBudget {
    taken: usize,
}

impl MemoryBudget {
    /// The client holds so many bytes now, more or less than before.
    ///
    /// # Errors
    /// [`Failure::TooLarge`], by name, when that is more than there is; what it held before is still its own.
    pub fn hold(&mut self, bytes: usize, meter: &Recorder) -> Result<(), Failure> {
        if bytes <= USUAL && self.taken == 0 {
            return Ok(());
        }
        let wanted = if bytes <= USUAL { 0 } else { bytes };
        let others = TAKEN.get() - self.taken;
        if wanted > self.taken && others + wanted > MOST {
            meter.reason(reasons::LONG_TOGETHER);
            return Err(Failure::TooLarge);
        }
        TAKEN.set(others + wanted);
        self.taken = wanted;
        Ok(())
    }

    /// The client holds nothing any more.
    pub fn give_back(&mut self) {
        if self.taken > 0 {
            *self = MemoryBudget::default();
        }
    }
}

impl Drop for MemoryBudget {
    fn drop(&mut self) {
        // A thread that ends has no account any more, and needs none.
        let _ending = TAKEN.try_with(|taken| taken.set(taken.get() - self.taken));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_together_hold_what_there_is_and_no_more() {
        let meter = Recorder::default();
        let (mut usual, mut large, mut other) =
            (MemoryBudget::default(), MemoryBudget::default(), MemoryBudget::default());
        assert_eq!(usual.hold(USUAL, &meter), Ok(()));
        assert_eq!(large.hold(MOST - USUAL, &meter), Ok(()));
        assert_eq!((other.hold(USUAL + 1, &meter), other.taken), (Err(Failure::TooLarge), 0));
        assert_eq!(other.hold(USUAL, &meter), Ok(()), "what is usual is always there");
        // Less than before is never refused, and what was given back is there for others.
        assert_eq!(large.hold(MOST / 2, &meter), Ok(()));
        assert_eq!(other.hold(MOST / 2, &meter), Ok(()));
        assert_eq!((large.hold(MOST / 2 + 1, &meter), large.taken), (Err(Failure::TooLarge), MOST / 2));
        large.give_back();
        drop((usual, large, other));
        assert_eq!(TAKEN.get(), 0);
        let failures = meter.tally().failures;
        assert_eq!(failures.reasons.each().collect::<Vec<_>>(), [(reasons::LONG_TOGETHER, 2)]);
    }
}
