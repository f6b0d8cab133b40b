//! What compressing a message means for the frames of a client (RFC 7692): buffers to do it in, and which bytes of the wire
//! were whose.
//!
//! It must not know how anything is compressed: that is `wsbench_targets::deflate`.

use std::cell::Cell;
use std::mem::take;

use crate::meter::{Direction, Part, Recorder};

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

/// Bytes of the wire that stand for `part` of a message of `whole` bytes which took `wire`: all in proportion, as nobody can
/// say which of them were for what.
pub fn share(part: usize, whole: usize, wire: usize) -> usize {
    if wire == whole || whole == 0 {
        return part;
    }
    (part as u128 * wire as u128 / whole as u128) as usize
}

/// Tells the ledger that `wire` bytes were `delivered` bytes of payload, before they were compressed or after.
pub fn account(meter: &Recorder, direction: Direction, wire: usize, delivered: usize) {
    meter.attribute(direction, Part::Payload, wire);
    if wire != delivered {
        meter.event(|phase| phase.flow(direction).saved += delivered as i64 - wire as i64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_as_it_is_keeps_its_bytes() {
        assert_eq!(
            [share(90, 100, 100), share(0, 0, 1), share(90, 100, 50), share(100, 100, 7)],
            [90, 0, 45, 7]
        );
    }
}
