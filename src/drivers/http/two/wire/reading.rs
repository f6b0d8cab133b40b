//! What of a stream's DATA somebody reads: on the account of what nobody has read until then.
//!
//! It must not know what the bytes are.

use super::Wire;
use crate::meter::{Direction, Part};

/// Who reads a stream's DATA, until dropped.
pub struct Reading {
    pub(super) wire: Wire,
    pub(super) stream: u32,
}

impl Reading {
    /// So many bytes of it are somebody's who will say what they are.
    pub(in crate::drivers::http::two) fn took(&self, bytes: usize) {
        let inner = &mut *self.wire.0.borrow_mut();
        inner.meter.retract(Direction::Down, Part::Headers, bytes);
        inner.unread.taken(self.stream, bytes, &inner.meter);
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let inner = &mut *self.wire.0.borrow_mut();
        inner.unread.end(self.stream, &inner.meter);
    }
}
