//! A stream's place on the connection that it shares, from when it is kept free to when it is over.
//!
//! It must not know what is asked.

use std::rc::Rc;

use super::session::Shared;

/// The place. Dropped, it is free again, and nobody waits for what its stream has not sent.
pub struct Slot {
    shared: Rc<Shared>,
    /// Its stream, once there is one.
    stream: Option<u32>,
}

impl Slot {
    /// One more.
    pub(super) fn of(shared: &Rc<Shared>) -> Slot {
        shared.streams.set(shared.streams.get() + 1);
        Slot { shared: Rc::clone(shared), stream: None }
    }

    /// The same, now that its stream has a number.
    pub(super) fn numbered(mut self, stream: u32) -> Slot {
        self.stream = Some(stream);
        self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.shared.streams.set(self.shared.streams.get().saturating_sub(1));
        self.stream.into_iter().for_each(|stream| self.shared.wire.forget(stream));
    }
}
