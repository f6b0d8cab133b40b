//! How long to wait after a failure: twice as long each time, never all clients at once.
//!
//! Pure arithmetic.

use std::time::Duration;

use wsbench_targets::pacer::Random;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// The pauses of one client.
pub struct Backoff {
    failures: u32,
    random: Random,
}

impl Backoff {
    /// No failure yet.
    pub fn new(seed: u64, client: u32) -> Backoff {
        // The message streams use the client's number; these are others.
        Backoff { failures: 0, random: Random::new(!seed, u64::from(client)) }
    }

    /// Something worked.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// The pause after one more failure: half to all of the doubled time.
    pub fn next_pause(&mut self) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures += 1;
        whole.mul_f64(0.5 + self.random.unit() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_longest_and_starts_again() {
        let mut backoff = Backoff::new(1, 2);
        for whole in [100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            let pause = backoff.next_pause().as_millis();
            assert!((whole / 2..=whole).contains(&pause), "{pause} of {whole} ms");
        }
        backoff.reset();
        assert!(backoff.next_pause() <= FIRST);
    }
}
