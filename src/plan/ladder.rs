//! Which size to try next, given what became of the sizes tried so far: up by a factor until one fails, then
//! between the two until they lie close enough.
//!
//! Pure arithmetic on outcomes: it must not know what a size counts or why one failed. Who tries is `run`.
//!
//! A size is tried until more than half of its tries must agree, whatever the rest would say: near the limit both ends of
//! the answer are otherwise decided by one hiccup of the machine, or by one lucky try.

/// Where a search goes and how closely it looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The first size.
    pub from: f64,
    /// The largest size; at least `from`.
    pub to: f64,
    /// From one size to the next, going up; above 1.
    pub factor: f64,
    /// Share by which the size that failed may lie above the one that passed; above 0.
    pub precision: f64,
    /// Tries of a size at the most, of which more than half must pass; at least 1.
    pub tries: u32,
    /// Sizes are whole numbers.
    pub whole: bool,
}

/// A search under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    range: Range,
    passed: Option<f64>,
    failed: Option<f64>,
    /// Of the tries of the next size, so far.
    passes: u32,
    failures: u32,
}

/// Between two sizes: a rounder number will do when it cuts off this share of the way, as a power.
const MIDDLE: (f64, f64) = (0.25, 0.75);

impl Range {
    /// Passes that make a size pass.
    fn majority(&self) -> u32 {
        self.tries / 2 + 1
    }

    /// Trials at the most, however they end.
    pub fn most_trials(&self) -> u32 {
        let up = 1.0 + ((self.to / self.from).ln() / self.factor.ln()).max(0.0).ceil();
        // Each size between leaves three quarters of the way at the most.
        let way = self.factor.ln() / self.precision.ln_1p();
        let between = (way.ln() / (1.0 / MIDDLE.1).ln()).max(0.0).ceil();
        // Saturates.
        (f64::from(self.tries) * (up + between)) as u32
    }

    /// Whether a failure lies close enough above what passed; 110 lies 10 % above 100, whatever the last bit says.
    fn close(&self, passed: f64, failed: f64) -> bool {
        failed <= passed * (1.0 + self.precision) * (1.0 + 1e-9)
    }

    /// A round number between two sizes, about as many times the lower as the upper is of it.
    fn between(&self, low: f64, high: f64) -> f64 {
        let (ratio, middle) = (high / low, (low * high).sqrt());
        let (least, most) = (low * ratio.powf(MIDDLE.0), low * ratio.powf(MIDDLE.1));
        let good = |size: &f64| (least..=most).contains(size);
        let whole = if self.whole { middle.round() } else { middle };
        [2, 3].map(|digits| rounded(middle, digits, self.whole)).into_iter().find(good).unwrap_or(whole)
    }
}

/// To so many digits.
fn rounded(value: f64, digits: i32, whole: bool) -> f64 {
    let power = value.log10().floor() as i32 + 1 - digits;
    let power = if whole { power.max(0) } else { power };
    // A division for the small ones: 12 / 10 is 1.2, and 12 x 0.1 is not.
    match power {
        0.. => (value / 10f64.powi(power)).round() * 10f64.powi(power),
        _ => (value * 10f64.powi(-power)).round() / 10f64.powi(-power),
    }
}

impl Ladder {
    /// Before the first try.
    pub fn new(range: Range) -> Ladder {
        Ladder { range, passed: None, failed: None, passes: 0, failures: 0 }
    }

    /// The size to try next; `None` when the limit is found, or `to` passed, or `from` failed.
    pub fn next(&self) -> Option<f64> {
        match (self.passed, self.failed) {
            (None, None) => Some(self.range.from),
            (None, Some(_)) => None,
            (Some(passed), None) => {
                let next = passed * self.range.factor;
                let next = if self.range.whole { next.ceil() } else { next };
                (passed < self.range.to).then_some(next.min(self.range.to))
            }
            (Some(passed), Some(failed)) => {
                let closest = self.range.whole && failed - passed <= 1.0;
                (!closest && !self.range.close(passed, failed)).then(|| self.range.between(passed, failed))
            }
        }
    }

    /// What became of a try of the size that was to be tried.
    pub fn tell(&mut self, passed: bool) {
        let Some(size) = self.next() else { return };
        self.passes += u32::from(passed);
        self.failures += u32::from(!passed);
        let majority = self.range.majority();
        if self.passes >= majority {
            self.passed = Some(size);
        } else if self.failures > self.range.tries - majority {
            self.failed = Some(size);
        } else {
            return;
        }
        (self.passes, self.failures) = (0, 0);
    }

    /// How often the next size was tried already.
    pub fn tried(&self) -> u32 {
        self.passes + self.failures
    }

    /// The largest size that passed and the smallest that failed.
    pub fn bracket(&self) -> (Option<f64>, Option<f64>) {
        (self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLIENTS: Range =
        Range { from: 100.0, to: 20_000.0, factor: 2.0, precision: 0.1, tries: 3, whole: true };

    /// The largest size that passed, the smallest that failed.
    type Bracket = (Option<f64>, Option<f64>);

    /// Tries sizes against a server that bears `limit`; what was tried, and the bracket in the end.
    fn search(range: Range, limit: f64) -> (Vec<f64>, Bracket) {
        let (mut ladder, mut tried) = (Ladder::new(range), Vec::new());
        while let Some(size) = ladder.next() {
            tried.push(size);
            assert!(tried.len() <= 10_000, "no end: {range:?} {limit}");
            ladder.tell(size <= limit);
        }
        (tried, ladder.bracket())
    }

    #[test]
    fn steps_by_table() {
        let none: Option<f64> = None;
        let table: [(f64, &[f64], Bracket); 5] = [
            (50.0, &[100.0], (none, Some(100.0))),
            (100.0, &[100.0, 200.0, 140.0, 120.0, 110.0], (Some(100.0), Some(110.0))),
            (
                1_000.0,
                &[100.0, 200.0, 400.0, 800.0, 1_600.0, 1_100.0, 940.0, 1_000.0],
                (Some(1_000.0), Some(1_100.0)),
            ),
            (
                19_000.0,
                &[
                    100.0, 200.0, 400.0, 800.0, 1_600.0, 3_200.0, 6_400.0, 12_800.0, 20_000.0, 16_000.0,
                    18_000.0, 19_000.0,
                ],
                (Some(19_000.0), Some(20_000.0)),
            ),
            (
                1e9,
                &[100.0, 200.0, 400.0, 800.0, 1_600.0, 3_200.0, 6_400.0, 12_800.0, 20_000.0],
                (Some(20_000.0), none),
            ),
        ];
        for (limit, tried, bracket) in table {
            // Two of three decide.
            let twice: Vec<f64> = tried.iter().flat_map(|&size| [size, size]).collect();
            assert_eq!(search(CLIENTS, limit), (twice, bracket), "{limit}");
        }
    }

    /// One size at a time: `p` passes, `f` fails, and what stands behind the last try is what the size did.
    #[test]
    fn more_than_half_of_the_tries_decide() {
        for (tries, told, passes) in [
            (1, "p", true),
            (1, "f", false),
            (2, "pp", true),
            (2, "pf", false),
            (2, "f", false),
            (3, "pp", true),
            (3, "pfp", true),
            (3, "fpp", true),
            (3, "fpf", false),
            (3, "ff", false),
            (5, "fpfpp", true),
            (5, "ffpf", false),
        ] {
            let mut ladder = Ladder::new(Range { tries, ..CLIENTS });
            for (nth, try_) in (0..).zip(told.chars()) {
                assert_eq!((ladder.next(), ladder.tried()), (Some(100.0), nth), "{tries} {told}");
                ladder.tell(try_ == 'p');
            }
            let bracket = if passes { (Some(100.0), None) } else { (None, Some(100.0)) };
            assert_eq!((ladder.tried(), ladder.bracket()), (0, bracket), "{tries} {told}");
        }
    }

    #[test]
    fn small_numbers_end_at_neighbours() {
        let range = Range { from: 1.0, to: 100.0, precision: 0.001, ..CLIENTS };
        for limit in 1..100u32 {
            let limit = f64::from(limit);
            assert_eq!(search(range, limit).1, (Some(limit), Some(limit + 1.0)));
        }
    }

    proptest! {
        #[test]
        fn the_limit_is_found_within_the_precision(
            from in 1.0..1e4f64, up in 1.0..1e4f64, factor in 1.1..20.0f64, precision in 0.001..1.0f64,
            tries in 1..4u32, whole: bool, place in -0.2..1.2f64,
        ) {
            let from = if whole { from.round() } else { from };
            let to = if whole { (from * up).round() } else { from * up };
            let range = Range { from, to, factor, precision, tries, whole };
            let limit = from * up.powf(place);
            let (tried, (held, failed)) = search(range, limit);
            prop_assert!(tried.len() <= range.most_trials() as usize, "{} > {}", tried.len(), range.most_trials());
            prop_assert!(tried.iter().all(|size| (from..=to).contains(size) && (!whole || size.fract() == 0.0)));
            match (held, failed) {
                (None, Some(failed)) => prop_assert!(failed == from && limit < from),
                (Some(held), None) => prop_assert!(held == to && limit >= to),
                (Some(held), Some(failed)) => {
                    prop_assert!(held <= limit && limit < failed);
                    let close = failed / held - 1.0 <= precision + 1e-6 || (whole && failed - held <= 1.0);
                    prop_assert!(close, "{held} {failed}");
                }
                (None, None) => prop_assert!(false, "nothing was tried"),
            }
        }
    }
}
