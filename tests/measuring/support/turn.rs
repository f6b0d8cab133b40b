//! Whose turn it is: a test that measures time, or keeps the machine busy, has it for itself; all others share it.
//!
//! Those that want it for themselves wait until a few of them have come together, and then follow one another: each time
//! the machine is cleared, all wait for the slowest of those that share it. A [`super::Scene`] takes a shared turn where
//! its test has none. Tests that start no program need none: they are light.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// So many share the machine at once, however many threads there are.
const SHARE: usize = 4;
/// So many wait to have it for themselves before it is cleared for them. With SHARE no more than `.ci/run` has threads.
const TOGETHER: usize = 4;

static MACHINE: (Mutex<Machine>, Condvar) =
    (Mutex::new(Machine { sharing: 0, waiting: 0, alone: false, cleared: false }), Condvar::new());

thread_local! {
    /// Whether the test of this thread has its turn.
    static HAS_TURN: Cell<bool> = const { Cell::new(false) };
}

struct Machine {
    sharing: usize,
    /// To have it for themselves.
    waiting: usize,
    alone: bool,
    /// Nobody new may share it.
    cleared: bool,
}

impl Machine {
    fn may_share(&self) -> bool {
        !self.alone && !self.cleared && self.sharing < SHARE
    }

    fn may_be_alone(&self) -> bool {
        !self.alone && self.sharing == 0
    }
}

/// A turn; it is over when dropped.
pub struct Turn {
    alone: bool,
}

impl Drop for Turn {
    fn drop(&mut self) {
        HAS_TURN.set(false);
        let mut machine = machine();
        if self.alone {
            machine.alone = false;
            machine.cleared = machine.waiting > 0;
        } else {
            machine.sharing -= 1;
        }
        MACHINE.1.notify_all();
    }
}

fn machine() -> MutexGuard<'static, Machine> {
    MACHINE.0.lock().unwrap_or_else(PoisonError::into_inner)
}

fn once(machine: MutexGuard<'static, Machine>, may: fn(&Machine) -> bool) -> MutexGuard<'static, Machine> {
    MACHINE.1.wait_while(machine, |machine| !may(machine)).unwrap_or_else(PoisonError::into_inner)
}

/// Waits until nobody else has a turn. It comes before the test's first `Scene`.
pub fn alone() -> Turn {
    assert!(!HAS_TURN.replace(true), "who has a turn waits for itself");
    let mut waiting = machine();
    waiting.waiting += 1;
    waiting.cleared |= waiting.waiting >= TOGETHER;
    let mut machine = once(waiting, Machine::may_be_alone);
    machine.waiting -= 1;
    machine.alone = true;
    Turn { alone: true }
}

/// Waits until nobody is alone; `None` where this test has its turn already.
pub fn shared() -> Option<Turn> {
    if HAS_TURN.replace(true) {
        return None;
    }
    once(machine(), Machine::may_share).sharing += 1;
    Some(Turn { alone: false })
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
