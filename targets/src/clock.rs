//! The one clock: CLOCK_MONOTONIC in nanoseconds, comparable between all processes of one machine,
//! and a timer on it that is finer than tokio's millisecond.
//!
//! Both ends use it: the hub publishes by it, the clients pace and time by it. It must not know what
//! it wakes.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::io;
use std::ops::{Add, Sub};
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use serde::{Deserialize, Serialize};
use tokio::io::unix::AsyncFd;

/// A point in time: nanoseconds on CLOCK_MONOTONIC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tick(pub u64);

impl Tick {
    /// Nanoseconds from `earlier` to `self`; 0 when `earlier` is later.
    pub fn since(self, earlier: Tick) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Tick {
    type Output = Tick;
    fn add(self, by: Duration) -> Tick {
        Tick(self.0.saturating_add(nanos(by)))
    }
}

impl Sub<Duration> for Tick {
    type Output = Tick;
    fn sub(self, by: Duration) -> Tick {
        Tick(self.0.saturating_sub(nanos(by)))
    }
}

/// A duration in whole nanoseconds, saturating at 584 years.
pub fn nanos(of: Duration) -> u64 {
    u64::try_from(of.as_nanos()).unwrap_or(u64::MAX)
}

/// Reads CLOCK_MONOTONIC (about 30 ns).
pub fn now() -> Tick {
    let t = clock_gettime(ClockId::Monotonic);
    // Since boot: neither part is negative (clock_gettime(2)).
    Tick(t.tv_sec.unsigned_abs() * 1_000_000_000 + t.tv_nsec.unsigned_abs())
}

/// A timer shared by all tasks of one thread: one timerfd, a heap of those who wait.
///
/// `sleep_until` overshoots by about 50 µs where tokio's own timer overshoots by 1 ms. Clones share the
/// timer. Nothing wakes unless [`Clock::run`] is polled on the same thread.
#[derive(Clone)]
pub struct Clock {
    shared: Rc<Shared>,
}

struct Shared {
    timer: AsyncFd<OwnedFd>,
    sleepers: RefCell<Sleepers>,
}

/// Who waits for what. A slot is reused with a new generation, so that the heap entry of a cancelled
/// sleep is recognised as stale instead of being searched for.
#[derive(Default)]
struct Sleepers {
    heap: BinaryHeap<Reverse<(Tick, usize, u64)>>,
    slots: Vec<Slot>,
    free: Vec<usize>,
    armed: Option<Tick>,
}

#[derive(Default)]
struct Slot {
    generation: u64,
    waker: Option<Waker>,
}

impl Clock {
    /// Makes the timer. Must be called inside a tokio runtime.
    pub fn new() -> io::Result<Clock> {
        let timer =
            timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        #[expect(
            deprecated,
            reason = "unsound only for a T without I/O safety; an OwnedFd has it, and the successor is unsafe"
        )]
        let timer = AsyncFd::new(timer)?;
        Ok(Clock { shared: Rc::new(Shared { timer, sleepers: RefCell::default() }) })
    }

    /// Wakes sleepers for as long as it is polled; spawn it once on the thread's `LocalSet`.
    pub async fn run(self) -> io::Result<()> {
        let mut expirations = [0u8; 8];
        loop {
            let mut ready = self.shared.timer.readable().await?;
            match rustix::io::read(self.shared.timer.get_ref(), &mut expirations) {
                Ok(_) => {
                    // One read takes all expirations; a second would only say EAGAIN.
                    ready.clear_ready();
                    self.shared.wake_due(now())?;
                }
                Err(rustix::io::Errno::AGAIN) => ready.clear_ready(),
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// Completes at `due`, never before; at once when `due` has passed.
    pub fn sleep_until(&self, due: Tick) -> Sleep {
        Sleep { shared: Rc::clone(&self.shared), due, slot: None }
    }

    /// Completes `by` from now.
    pub fn sleep(&self, by: Duration) -> Sleep {
        self.sleep_until(now() + by)
    }
}

impl Shared {
    fn wake_due(&self, at: Tick) -> io::Result<()> {
        let mut sleepers = self.sleepers.borrow_mut();
        sleepers.armed = None;
        while let Some(&Reverse((due, slot, generation))) = sleepers.heap.peek() {
            let live = sleepers.slots[slot].generation == generation;
            if live && due > at {
                break;
            }
            sleepers.heap.pop();
            if let Some(waker) = sleepers.slots[slot].waker.take_if(|_| live) {
                waker.wake();
            }
        }
        self.arm(&mut sleepers)
    }

    /// Sets the timerfd to the earliest sleeper, unless it already stands there.
    fn arm(&self, sleepers: &mut Sleepers) -> io::Result<()> {
        let Some(&Reverse((due, ..))) = sleepers.heap.peek() else { return Ok(()) };
        if sleepers.armed.is_some_and(|armed| armed <= due) {
            return Ok(());
        }
        // An absolute time of zero would disarm the timer (timerfd_create(2)).
        let ns = i64::try_from(due.0.max(1)).unwrap_or(i64::MAX);
        let value = Timespec { tv_sec: ns / 1_000_000_000, tv_nsec: ns % 1_000_000_000 };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        timerfd_settime(self.timer.get_ref(), TimerfdTimerFlags::ABSTIME, &once)?;
        sleepers.armed = Some(due);
        Ok(())
    }

    fn register(&self, due: Tick, waker: &Waker) -> io::Result<usize> {
        let mut sleepers = self.sleepers.borrow_mut();
        let slot = sleepers.free.pop().unwrap_or_else(|| {
            sleepers.slots.push(Slot::default());
            sleepers.slots.len() - 1
        });
        let generation = sleepers.slots[slot].generation;
        sleepers.slots[slot].waker = Some(waker.clone());
        sleepers.heap.push(Reverse((due, slot, generation)));
        self.arm(&mut sleepers)?;
        Ok(slot)
    }

    fn release(&self, slot: usize) {
        let mut sleepers = self.sleepers.borrow_mut();
        sleepers.slots[slot].generation += 1;
        sleepers.slots[slot].waker = None;
        sleepers.free.push(slot);
    }
}

/// The future of [`Clock::sleep_until`]; dropping it cancels the sleep.
pub struct Sleep {
    shared: Rc<Shared>,
    due: Tick,
    slot: Option<usize>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if now() >= self.due {
            return Poll::Ready(());
        }
        match self.slot {
            Some(slot) => self.shared.sleepers.borrow_mut().slots[slot].waker = Some(context.waker().clone()),
            // A timer that cannot be set would hang its task for ever: be awake at once instead, and let the
            // lateness and the missing pace show it.
            None => match self.shared.register(self.due, context.waker()) {
                Ok(slot) => self.slot = Some(slot),
                Err(_) => return Poll::Ready(()),
            },
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            self.shared.release(slot);
        }
    }
}
