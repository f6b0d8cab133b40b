//! Buffers of the thread to compress a message in, or to make one whole (RFC 7692): a thousand clients must not have one each.
//!
//! It must not know how anything is compressed: that is `wsbench_targets::deflate`.

use std::cell::RefCell;
use std::mem::take;

/// A buffer that a long message has made larger is not kept.
const LARGEST: usize = 256 * 1024;
/// Spare buffers of a thread: a client compresses its next message while the last one received stands whole.
const SPARE: usize = 2;

thread_local! {
    static SPARES: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// One of the thread's buffers for one message that is not as it passes, empty; a new one while others have them.
pub(super) fn borrow() -> Vec<u8> {
    SPARES.with_borrow_mut(Vec::pop).unwrap_or_default()
}

/// Gives it back, and leaves one without memory in its place.
pub(super) fn give_back(buffer: &mut Vec<u8>) {
    let mut buffer = take(buffer);
    if (1..=LARGEST).contains(&buffer.capacity()) {
        buffer.clear();
        SPARES.with_borrow_mut(|spares| {
            if spares.len() < SPARE {
                spares.push(buffer);
            }
        });
    }
}
