//! Bytes that are not the same on the wire and to an application: which were whose, and how both are counted.
//!
//! It must not know how anything is compressed.

use super::recorder::Recorder;
use super::traffic::{Direction, Part};

/// Bytes of the wire that stand for `part` of a message of `whole` bytes which took `wire`: all in proportion, as nobody can
/// say which of them were for what.
pub fn share(part: usize, whole: usize, wire: usize) -> usize {
    if wire == whole || whole == 0 {
        return part;
    }
    (part as u128 * wire as u128 / whole as u128) as usize
}

impl Recorder {
    /// `wire` bytes of the wire were `delivered` bytes of payload, before they were compressed or after.
    pub fn payload(&self, direction: Direction, wire: usize, delivered: usize) {
        self.attribute(direction, Part::Payload, wire);
        if wire != delivered {
            self.event(|phase| phase.flow(direction).saved += delivered as i64 - wire as i64);
        }
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
