//! Whose turn it is: a test that measures time, or keeps the machine busy, has it for itself; all others share it.
//!
//! A [`super::Scene`] takes a shared turn where its test has none. Tests that start no program need none: they are light.

use std::cell::Cell;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

static MACHINE: RwLock<()> = RwLock::new(());

thread_local! {
    /// Whether the test of this thread has its turn.
    static HAS_TURN: Cell<bool> = const { Cell::new(false) };
}

/// A turn; it is over when dropped.
pub struct Turn<Guard> {
    _guard: Guard,
}

impl<Guard> Turn<Guard> {
    fn of(guard: Guard) -> Turn<Guard> {
        HAS_TURN.set(true);
        Turn { _guard: guard }
    }
}

impl<Guard> Drop for Turn<Guard> {
    fn drop(&mut self) {
        HAS_TURN.set(false);
    }
}

/// Waits until nobody else has a turn. It comes before the test's first `Scene`.
pub fn alone() -> Turn<RwLockWriteGuard<'static, ()>> {
    assert!(!HAS_TURN.get(), "who has a turn waits for itself");
    Turn::of(MACHINE.write().unwrap_or_else(PoisonError::into_inner))
}

/// Waits until nobody is alone; `None` where this test has its turn already.
pub fn shared() -> Option<Turn<RwLockReadGuard<'static, ()>>> {
    (!HAS_TURN.get()).then(|| Turn::of(MACHINE.read().unwrap_or_else(PoisonError::into_inner)))
}

/// Light runs that wait for the clock most of the time: one thread each, all in the turn of their test.
pub fn at_once<T: Sync>(of: &[T], what: impl Fn(&T) + Sync) {
    let (turn, what) = (HAS_TURN.get(), &what);
    std::thread::scope(|scope| {
        for one in of {
            scope.spawn(move || {
                HAS_TURN.set(turn);
                what(one);
            });
        }
    });
}
