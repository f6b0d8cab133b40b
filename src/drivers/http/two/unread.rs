//! What the crate h2 keeps of DATA that nobody has read, on the account of what all clients of the shard keep together.
//!
//! The windows are as wide as a browser's, and a server may fill them while a client looks elsewhere. h2 keeps each frame, and
//! with it the block of memory that it came in, whatever came between. It must not know what the bytes are.

use super::frames::{Piece, What};
use crate::drivers::memory_budget::MemoryBudget;
use crate::meter::{Failure, Recorder};

/// Bytes that a frame takes besides those that came: its place in the queue of h2.
const ENTRY: usize = 256;
/// The block that a read of h2 fills; a frame cannot keep more than the one that it came in, and the one before.
const BLOCK: usize = 32 * 1024;

/// Of one connection.
#[derive(Debug, Default)]
pub(super) struct Unread {
    /// The streams that somebody will read, and how much payload waits there.
    streams: Vec<(u32, usize)>,
    /// Of all of them.
    payload: usize,
    /// What that takes of memory, at the most.
    memory: usize,
    /// What came behind the last of it.
    between: usize,
    budget: MemoryBudget,
}

impl Unread {
    /// Somebody will read `stream`.
    pub(super) fn begin(&mut self, stream: u32) {
        self.streams.push((stream, 0));
    }

    /// Nobody will any more: h2 drops what it has of it, and all that still comes.
    pub(super) fn end(&mut self, stream: u32, meter: &Recorder) {
        let Some(place) = self.streams.iter().position(|open| open.0 == stream) else { return };
        let (_, left) = self.streams.swap_remove(place);
        self.less(left, meter);
    }

    /// `piece` came, of a frame of `stream`.
    pub(super) fn came(&mut self, piece: Piece, stream: u32) {
        self.between += piece.taken;
        if piece.what != What::Content {
            return;
        }
        let kept = std::mem::take(&mut self.between).min(piece.taken + BLOCK) + ENTRY;
        if let Some((_, waits)) = self.streams.iter_mut().find(|open| open.0 == stream) {
            *waits += piece.taken;
            self.payload += piece.taken;
            self.memory += kept;
        }
    }

    /// So many bytes of `stream` were read.
    pub(super) fn taken(&mut self, stream: u32, bytes: usize, meter: &Recorder) {
        let waits = self.streams.iter_mut().find(|open| open.0 == stream);
        let Some((_, waits)) = waits else { return };
        let bytes = bytes.min(*waits);
        *waits -= bytes;
        self.less(bytes, meter);
    }

    /// In proportion: frames of a connection are much alike.
    fn less(&mut self, bytes: usize, meter: &Recorder) {
        let left = self.payload.saturating_sub(bytes);
        // At most some 15 MiB, 32 KiB for each byte of them: no overflow.
        self.memory =
            if left == 0 { 0 } else { (self.memory as u128 * left as u128 / self.payload as u128) as usize };
        self.payload = left;
        // Less is never refused.
        let _held = self.budget.hold(self.memory, meter);
    }

    /// Puts all of it on the account.
    ///
    /// # Errors
    /// [`Failure::TooLarge`], by name, where there is no room.
    pub(super) fn hold(&mut self, meter: &Recorder) -> Result<(), Failure> {
        self.budget.hold(self.memory, meter)
    }
}

#[cfg(test)]
mod tests {
    use super::super::frames::{Frames, PING, frame_head};
    use super::*;
    use crate::drivers::memory_budget::MOST;

    const DATA: u8 = 0;

    fn feed(unread: &mut Unread, frames: &mut Frames, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let piece = frames.step(rest);
            unread.came(piece, frames.stream());
            rest = &rest[piece.taken..];
        }
    }

    fn frame(kind: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        [frame_head(payload.len(), kind, 0, stream).as_slice(), payload].concat()
    }

    #[test]
    fn what_waits_is_counted_with_what_it_keeps_and_given_back_as_it_is_read() {
        let (meter, mut frames, mut unread) = (Recorder::default(), Frames::of_server(), Unread::default());
        unread.begin(1);
        for _ in 0..10 {
            feed(&mut unread, &mut frames, &frame(DATA, 1, &[7; 100]));
        }
        assert_eq!((unread.payload, unread.memory), (1_000, 10 * (9 + 100 + ENTRY)));
        unread.taken(1, 500, &meter);
        assert_eq!((unread.payload, unread.memory), (500, 5 * (9 + 100 + ENTRY)));
        // A stream of nobody is dropped by h2, and so is what is left of one that is given up.
        feed(&mut unread, &mut frames, &frame(DATA, 3, &[7; 100]));
        assert_eq!(unread.payload, 500);
        unread.end(1, &meter);
        unread.end(1, &meter);
        assert_eq!((unread.payload, unread.memory, unread.streams.len()), (0, 0, 0));
    }

    /// Between two small frames whatever else may come, and each keeps the block that it came in.
    #[test]
    fn small_frames_far_apart_cost_a_block_each_and_no_more() {
        let (mut frames, mut unread) = (Frames::of_server(), Unread::default());
        unread.begin(1);
        for pings in [100, 10_000] {
            feed(&mut unread, &mut frames, &frame(PING, 0, &[0; 8]).repeat(pings));
            feed(&mut unread, &mut frames, &frame(DATA, 1, &[7]));
        }
        assert_eq!(unread.memory, (100 * 17 + 9 + 1 + ENTRY) + (1 + BLOCK + ENTRY));
    }

    #[test]
    fn the_account_of_all_is_kept() {
        let (meter, mut frames, mut unread) = (Recorder::default(), Frames::of_server(), Unread::default());
        let mut others = MemoryBudget::default();
        others.hold(MOST - (1 << 20), &meter).unwrap();
        unread.begin(1);
        feed(&mut unread, &mut frames, &frame(DATA, 1, &[7; 16_384]).repeat(32));
        assert_eq!(unread.hold(&meter), Ok(()));
        feed(&mut unread, &mut frames, &frame(DATA, 1, &[7; 16_384]).repeat(32));
        assert_eq!(unread.hold(&meter), Err(Failure::TooLarge));
        unread.taken(1, 1 << 19, &meter);
        assert_eq!(unread.hold(&meter), Ok(()));
    }
}
