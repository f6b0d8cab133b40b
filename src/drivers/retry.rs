//! When what has failed may be tried again: twice as late each time, never all clients at once.
//!
//! It is a deadline, and no sleep: it belongs to what broke, and everything else goes on. What keeps to a schedule of
//! its own need not ask. Pure arithmetic over the time that it is given.

use std::time::Duration;

use wsbench_targets::clock::{Tick, nanos};
use wsbench_targets::pacer::Random;

const FIRST: Duration = Duration::from_millis(100);
/// The longest pause between two tries. What has worked for longer than that before it broke is not broken by being
/// opened: its next pause is the first again.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The tries of one connection, session or question.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retry {
    failures: u32,
    not_before: Tick,
    worked_since: Option<Tick>,
}

impl Retry {
    /// It works since `at`; whether it will go on to is not known yet.
    pub fn opened(&mut self, at: Tick) {
        self.worked_since = Some(at);
    }

    /// Something came of it: the next failure is the first.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// It failed at `at`. The pause is half to all of the doubled time, by `seed` and `client`.
    pub fn failed(&mut self, at: Tick, seed: u64, client: u32) {
        if self.worked_since.take().is_some_and(|since| at.since(since) > nanos(LONGEST_PAUSE)) {
            self.failures = 0;
        }
        let whole = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE);
        // The message streams use the seed and the client's number; these are others.
        let draw = u64::from(client) | u64::from(self.failures) << u32::BITS;
        self.failures = self.failures.saturating_add(1);
        self.not_before = at + whole.mul_f64(0.5 + Random::new(!seed, draw).unit() / 2.0);
    }

    /// Whether it has failed, and nothing has come of it since.
    pub fn fails(&self) -> bool {
        self.failures > 0
    }

    /// When the next try is due, if that is after `at`.
    pub fn due_after(&self, at: Tick) -> Option<Tick> {
        (self.not_before > at).then_some(self.not_before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pause behind a failure at `at`.
    fn pause(retry: &mut Retry, at: Tick) -> Duration {
        retry.failed(at, 1, 2);
        Duration::from_nanos(retry.due_after(at).unwrap().since(at))
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_again_with_any_success() {
        let mut retry = Retry::default();
        assert_eq!(retry.due_after(Tick(0)), None);
        for whole in [100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            let pause = pause(&mut retry, Tick(7)).as_millis();
            assert!((whole / 2..=whole).contains(&pause), "{pause} of {whole} ms");
        }
        retry.succeeded();
        assert!(pause(&mut retry, Tick(7)) <= FIRST);
    }

    #[test]
    fn what_has_worked_for_long_begins_again_and_what_broke_at_once_does_not() {
        let (mut retry, second) = (Retry::default(), nanos(Duration::from_secs(1)));
        for _ in 0..4 {
            retry.failed(Tick(0), 1, 2);
        }
        retry.opened(Tick(0));
        assert!(pause(&mut retry, Tick(second)) > 4 * FIRST);
        retry.opened(Tick(second));
        assert!(pause(&mut retry, Tick(7 * second)) <= FIRST);
    }
}
