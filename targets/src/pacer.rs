//! When is message n due? Pure arithmetic: no clock, no sleep inside, so a table can test it.
//!
//! Both ends compute it: the hub to publish, the clients to know what should have come. A stream is a
//! function of seed, client number and start, so processes that share these need not talk.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::{Tick, nanos};

/// How messages follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrivals {
    /// Evenly, one every interval.
    #[default]
    Constant,
    /// Independently, with exponential gaps of that mean.
    Poisson,
}

/// The due times of one stream, one after the other.
#[derive(Clone, Debug)]
pub enum Pacer {
    /// The next is due when the last is done: now.
    Closed,
    /// Message n is due at `first + n * every` (ns). A product, not a sum: a week does not drift.
    Constant {
        /// Due time of message 0.
        first: Tick,
        /// Interval in ns, at least 1.
        every: u64,
        /// Number of the next message.
        n: u64,
    },
    /// Exponential gaps.
    Poisson {
        /// Due time of the last message, before the first one the start.
        last: Tick,
        /// Mean gap in ns.
        mean: f64,
        /// The stream's own randomness.
        random: Random,
    },
}

impl Pacer {
    /// A stream of `arrivals` a mean `every` apart, beginning at `start`, displaced by `phase` in [0, 1) of
    /// the interval (constant) or seeded by `random` (Poisson).
    pub fn new(arrivals: Arrivals, every: Duration, start: Tick, phase: f64, random: Random) -> Pacer {
        let every = nanos(every).max(1);
        match arrivals {
            Arrivals::Constant => {
                Pacer::Constant { first: Tick(start.0 + (phase * every as f64) as u64), every, n: 0 }
            }
            Arrivals::Poisson => Pacer::Poisson { last: start, mean: every as f64, random },
        }
    }

    /// The due time of the next message. `now` is what a closed loop answers; others do not look at it.
    pub fn next_due(&mut self, now: Tick) -> Tick {
        match self {
            Pacer::Closed => now,
            Pacer::Constant { first, every, n } => {
                let due = Tick(first.0.saturating_add(n.saturating_mul(*every)));
                *n += 1;
                due
            }
            Pacer::Poisson { last, mean, random } => {
                // Inversion; 1 - u lies in (0, 1], so the logarithm is finite.
                let gap = -(1.0 - random.unit()).ln() * *mean;
                *last = Tick(last.0.saturating_add(gap as u64));
                *last
            }
        }
    }
}

impl Pacer {
    /// How many messages of a stream just begun are due in `[begin, end)`. A closed loop has no schedule: 0.
    pub fn due_within(mut self, begin: Tick, end: Tick) -> u64 {
        match self {
            Pacer::Closed => 0,
            Pacer::Constant { first, every, .. } => {
                let before = |tick: Tick| tick.since(first).div_ceil(every);
                before(end).saturating_sub(before(begin))
            }
            Pacer::Poisson { .. } => {
                let dues = std::iter::repeat_with(|| self.next_due(Tick::default()));
                dues.take_while(|&due| due < end).filter(|&due| due >= begin).count() as u64
            }
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same for ever, so that a seed names a schedule.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// An independent stream for every (seed, stream) pair.
    pub fn new(seed: u64, stream: u64) -> Random {
        let mut random = Random(seed ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        random.next_u64();
        Random(random.next_u64())
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1), 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Where a client's stream begins inside an interval.
///
/// The R2 sequence (Roberts 2018: powers of the plastic number) spreads messages and polls evenly, and
/// their difference too: with N clients the mean of a uniform delay is met far closer than 1/sqrt(N).
#[derive(Clone, Copy, Debug)]
pub enum Phase {
    /// Of the messages of a client.
    Message,
    /// Of its polls.
    Poll,
}

impl Phase {
    /// The phase in [0, 1) of this client under this seed.
    pub fn of(self, seed: u64, client: u32) -> f64 {
        let (step, stream) = match self {
            Phase::Message => (0.754_877_666_246_692_8, u64::MAX),
            Phase::Poll => (0.569_840_290_998_053_3, u64::MAX - 1),
        };
        (f64::from(client) * step + Random::new(seed, stream).unit()).fract()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn pacer(arrivals: Arrivals, phase: f64) -> Pacer {
        Pacer::new(arrivals, Duration::from_secs(1), Tick(5), phase, Random::new(42, 7))
    }

    #[test]
    fn constant_does_not_drift_in_a_week() {
        let mut p = pacer(Arrivals::Constant, 0.25);
        let week = 7 * 24 * 3600;
        for n in 0..=week {
            let due = p.next_due(Tick(0));
            assert_eq!(due, Tick(5 + SECOND / 4 + n * SECOND));
        }
    }

    #[test]
    fn poisson_has_the_asked_mean_and_never_goes_back() {
        let mut p = pacer(Arrivals::Poisson, 0.0);
        let n = 100_000;
        let mut last = Tick(5);
        for _ in 0..n {
            let due = p.next_due(Tick(0));
            assert!(due >= last);
            last = due;
        }
        let mean = last.since(Tick(5)) as f64 / n as f64;
        assert!((mean / SECOND as f64 - 1.0).abs() < 0.02, "mean gap {mean} ns");
    }

    #[test]
    fn poisson_does_not_drift_in_a_week() {
        let mut p = pacer(Arrivals::Poisson, 0.0);
        let week = 7 * 24 * 3600;
        // Whatever the clock says meanwhile: a schedule that looked at it would inherit its lateness.
        let last = (1..=week).map(|n| p.next_due(Tick(n * 17))).last().unwrap();
        let chance = 4.0 * (week as f64).sqrt() * SECOND as f64;
        let apart = last.since(Tick(5)) as f64 - week as f64 * SECOND as f64;
        assert!(apart.abs() < chance, "{} s away after a week", apart / SECOND as f64);
    }

    #[test]
    fn closed_is_due_now() {
        assert_eq!(Pacer::Closed.next_due(Tick(77)), Tick(77));
    }

    #[test]
    fn counting_agrees_with_going_through() {
        for arrivals in [Arrivals::Constant, Arrivals::Poisson] {
            for phase in [0.0, 0.3, 0.999] {
                for (begin, end) in [(0, SECOND), (5, 5 + SECOND), (3 * SECOND, 13 * SECOND), (7, 7), (9, 8)]
                {
                    let mut p = pacer(arrivals, phase);
                    let dues = (0..1_000).map(|_| p.next_due(Tick(0)).0);
                    let counted = dues.filter(|&due| begin <= due && due < end).count() as u64;
                    assert_eq!(pacer(arrivals, phase).due_within(Tick(begin), Tick(end)), counted);
                }
            }
        }
    }

    #[test]
    fn phases_and_their_difference_are_even() {
        let n = 1_000;
        let (mut message, mut difference) = (0.0, 0.0);
        for client in 0..n {
            let (m, p) = (Phase::Message.of(42, client), Phase::Poll.of(42, client));
            assert!((0.0..1.0).contains(&m) && (0.0..1.0).contains(&p));
            message += m;
            difference += (p - m).rem_euclid(1.0);
        }
        assert!((message / f64::from(n) - 0.5).abs() < 0.01);
        assert!((difference / f64::from(n) - 0.5).abs() < 0.01);
    }

    #[test]
    fn a_seed_names_a_schedule_for_ever() {
        assert_eq!(Random::new(42, 0).next_u64(), Random::new(42, 0).next_u64());
        assert_ne!(Random::new(42, 0).next_u64(), Random::new(42, 1).next_u64());
        assert_ne!(Random::new(42, 0).next_u64(), Random::new(43, 0).next_u64());
    }
}
