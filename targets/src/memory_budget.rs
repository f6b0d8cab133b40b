//! What a target keeps of messages at a time, all clients together: in rings, in answers that are not read, in what has
//! not come whole yet.
//!
//! It must not know why it is kept: who is refused here refuses its client. A target is one thread, and its account is the
//! thread's.

use std::cell::Cell;
use std::fmt;

use bytes::Bytes;

use crate::limits::MAX_HELD;

thread_local! {
    static TAKEN: Cell<usize> = const { Cell::new(0) };
    static REFUSED: Cell<u64> = const { Cell::new(0) };
}

/// There is no room for more.
#[derive(Debug)]
pub(crate) struct Exhausted;

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this target keeps {} MiB of messages and no more", MAX_HELD >> 20)
    }
}

impl std::error::Error for Exhausted {}

/// Bytes of the account, given back when dropped.
#[derive(Debug, Default)]
pub(crate) struct Held(usize);

impl Held {
    /// Takes so many more.
    pub(crate) fn grow(&mut self, by: usize) -> Result<(), Exhausted> {
        if TAKEN.get() + by > MAX_HELD {
            REFUSED.set(REFUSED.get() + 1);
            return Err(Exhausted);
        }
        TAKEN.set(TAKEN.get() + by);
        self.0 += by;
        Ok(())
    }

    /// Gives so many back, or all that there are.
    pub(crate) fn shrink(&mut self, by: usize) {
        let less = by.min(self.0);
        TAKEN.set(TAKEN.get() - less);
        self.0 -= less;
    }

    /// How many they are.
    pub(crate) fn bytes(&self) -> usize {
        self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shrink(self.0);
    }
}

/// A message that is on the account until the last of its readers drops it; itself again where there is no room.
pub(crate) fn keep(message: Vec<u8>) -> Result<Bytes, Vec<u8>> {
    let mut held = Held::default();
    match held.grow(message.len()) {
        Ok(()) => Ok(Bytes::from_owner(Kept { message: message.into_boxed_slice(), _held: held })),
        Err(Exhausted) => Err(message),
    }
}

struct Kept {
    message: Box<[u8]>,
    _held: Held,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.message
    }
}

/// How often there was no room, in the life of this target.
pub(crate) fn refused() -> u64 {
    REFUSED.get()
}

/// Bytes on the account.
#[cfg(test)]
pub(crate) fn taken() -> usize {
    TAKEN.get()
}

/// Takes all but so many bytes, for tests.
#[cfg(test)]
pub(crate) fn all_but(bytes: usize) -> Held {
    let mut held = Held::default();
    held.grow(MAX_HELD - TAKEN.get() - bytes).unwrap();
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_on_the_account_until_nobody_has_it() {
        let _others = all_but(100);
        let kept = keep(vec![1; 60]).unwrap();
        assert_eq!(keep(vec![2; 60]).unwrap_err(), vec![2; 60]);
        let reader = kept.clone();
        drop(kept);
        assert_eq!((keep(vec![2; 60]).is_err(), &reader[..]), (true, &[1; 60][..]));
        drop(reader);
        assert!(keep(vec![2; 60]).is_ok());
        assert_eq!(refused(), 2);
    }
}
