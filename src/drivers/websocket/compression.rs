//! A buffer of the thread to compress a message in, or to make one whole (RFC 7692): a thousand clients must not have one each.
//!
//! It must not know how anything is compressed: that is `wsbench_targets::deflate`.

use std::cell::Cell;
use std::mem::take;

/// A buffer that a long message has made larger is not kept.
const LARGEST: usize = 256 * 1024;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The thread's buffer for one message that is not as it passes, empty; a new one while somebody else has it.
pub(super) fn borrow() -> Vec<u8> {
    SPARE.take()
}

/// Gives it back, and leaves one without memory in its place.
pub(super) fn give_back(buffer: &mut Vec<u8>) {
    let mut buffer = take(buffer);
    if (1..=LARGEST).contains(&buffer.capacity()) {
        buffer.clear();
        SPARE.set(buffer);
    }
}
