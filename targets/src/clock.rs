//! The one clock: CLOCK_MONOTONIC in nanoseconds, comparable between all processes of one machine,
//! and a timer on it that is finer than tokio's millisecond.
//!
//! Both ends use it: the hub publishes by it, the clients pace and time by it. It must not know what
//! it wakes.

mod timers;

use std::cell::{Cell, RefCell};
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

use timers::Timers;

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

/// A timer shared by all tasks of one thread: one timerfd, and a heap of those who wait.
///
/// `sleep_until` overshoots by about 50 µs where tokio's own timer overshoots by 1 ms. Clones share the
/// timer. Nothing wakes unless [`Clock::run`] is polled on the same thread.
#[derive(Clone)]
pub struct Clock {
    shared: Rc<Shared>,
}

struct Shared {
    timer: AsyncFd<OwnedFd>,
    timers: RefCell<Timers>,
    /// What the timerfd is set to.
    armed: Cell<Option<Tick>>,
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
        Ok(Clock { shared: Rc::new(Shared { timer, timers: RefCell::default(), armed: Cell::default() }) })
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
        Sleep { shared: Rc::clone(&self.shared), due, number: None }
    }

    /// Completes `by` from now.
    pub fn sleep(&self, by: Duration) -> Sleep {
        self.sleep_until(now() + by)
    }
}

impl Shared {
    fn wake_due(&self, at: Tick) -> io::Result<()> {
        let mut timers = self.timers.borrow_mut();
        self.armed.set(None);
        while let Some(waker) = timers.pop(at) {
            waker.wake();
        }
        self.arm(&timers)
    }

    /// Sets the timerfd to the earliest sleeper, unless it stands there or before.
    fn arm(&self, timers: &Timers) -> io::Result<()> {
        let Some(due) = timers.next_due() else { return Ok(()) };
        if self.armed.get().is_some_and(|armed| armed <= due) {
            return Ok(());
        }
        // An absolute time of zero would disarm the timer (timerfd_create(2)).
        let ns = i64::try_from(due.0.max(1)).unwrap_or(i64::MAX);
        let value = Timespec { tv_sec: ns / 1_000_000_000, tv_nsec: ns % 1_000_000_000 };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        timerfd_settime(self.timer.get_ref(), TimerfdTimerFlags::ABSTIME, &once)?;
        self.armed.set(Some(due));
        Ok(())
    }

    fn register(&self, due: Tick, waker: &Waker) -> io::Result<usize> {
        let mut timers = self.timers.borrow_mut();
        let number = timers.insert(due, waker);
        match self.arm(&timers) {
            Ok(()) => Ok(number),
            Err(error) => {
                timers.remove(number);
                Err(error)
            }
        }
    }
}

/// The future of [`Clock::sleep_until`]; dropping it cancels the sleep.
pub struct Sleep {
    shared: Rc<Shared>,
    due: Tick,
    /// Its number among the timers, once it waits.
    number: Option<usize>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if now() >= self.due {
            return Poll::Ready(());
        }
        match self.number {
            Some(number) => self.shared.timers.borrow_mut().set_waker(number, context.waker()),
            // A timer that cannot be set would hang its task for ever: be awake at once instead, and let the
            // lateness and the missing pace show it.
            None => match self.shared.register(self.due, context.waker()) {
                Ok(number) => self.number = Some(number),
                Err(_) => return Poll::Ready(()),
            },
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.shared.timers.borrow_mut().remove(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    /// A driver may make a timeout of 25 s for each packet, and drop it with the next.
    #[tokio::test]
    async fn of_a_sleep_that_is_dropped_nothing_stays() {
        let clock = Clock::new().unwrap();
        for _ in 0..1000 {
            let mut sleep = pin!(clock.sleep(Duration::from_secs(25)));
            assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        assert_eq!(clock.shared.timers.borrow().len(), 0);
    }
}
