//! A buffer that the clients of a thread take turns with.
//!
//! A hundred thousand idle clients must not have one each. Whoever reads or writes borrows it, and gives it back as
//! soon as nothing is left in it; only what is not whole yet stays with its client.

use std::cell::Cell;

/// Room for one read.
pub const ROOM: usize = 64 * 1024;
/// A buffer that a long message has made larger is not kept.
const LARGEST: usize = 4 * ROOM;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The thread's buffer, empty; a new one while somebody else has it.
pub fn borrow() -> Vec<u8> {
    let spare = SPARE.take();
    if spare.capacity() >= ROOM { spare } else { Vec::with_capacity(ROOM) }
}

/// Gives `buffer` back, and leaves one without memory in its place.
pub fn give_back(buffer: &mut Vec<u8>) {
    let mut buffer = std::mem::take(buffer);
    if (ROOM..=LARGEST).contains(&buffer.capacity()) {
        buffer.clear();
        SPARE.set(buffer);
    }
}
