//! Which size to try next, given what became of the sizes tried so far: up by a factor until one fails, then
//! between the two until they lie close enough.
//!
//! Pure arithmetic on outcomes: it must not know what a size counts or why one failed. Who tries is `run`.
//!
//! A size that fails is tried again, and only when every try of it failed that is believed: a hiccup of the machine makes
//! a good size fail. What makes a bad one hold is a window too short for its queue to grow, and that is for who writes
//! the scenario.

/// Where a search goes and how closely it looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The first size.
    pub from: f64,
    /// The largest size; at least `from`.
    pub to: f64,
    /// From one size to the next, going up; above 1.
    pub factor: f64,
    /// Share by which the size that failed may lie above the one that held; above 0.
    pub precision: f64,
    /// A size has failed when so many tries of it have; at least 1.
    pub tries: u32,
    /// Sizes are whole numbers.
    pub whole: bool,
}

/// A search under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    range: Range,
    held: Option<f64>,
    failed: Option<f64>,
    /// So many tries of the next size have failed.
    failures: u32,
}

/// Between two sizes: a rounder number will do when it cuts off this share of the way, as a power.
const MIDDLE: (f64, f64) = (0.25, 0.75);

impl Range {
    /// Trials at the most, however they end.
    pub fn most_trials(&self) -> u32 {
        let up = 1.0 + ((self.to / self.from).ln() / self.factor.ln()).max(0.0).ceil();
        // Each size between leaves three quarters of the way at the most.
        let way = self.factor.ln() / self.precision.ln_1p();
        let between = (way.ln() / (1.0 / MIDDLE.1).ln()).max(0.0).ceil();
        // Saturates.
        (f64::from(self.tries) * (up + between)) as u32
    }

    /// Whether a failure lies close enough above what held; 110 lies 10 % above 100, whatever the last bit says.
    fn close(&self, held: f64, failed: f64) -> bool {
        failed <= held * (1.0 + self.precision) * (1.0 + 1e-9)
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
        Ladder { range, held: None, failed: None, failures: 0 }
    }

    /// The size to try next; `None` when the limit is found, or `to` held, or `from` failed.
    pub fn next(&self) -> Option<f64> {
        match (self.held, self.failed) {
            (None, None) => Some(self.range.from),
            (None, Some(_)) => None,
            (Some(held), None) => {
                let next = held * self.range.factor;
                let next = if self.range.whole { next.ceil() } else { next };
                (held < self.range.to).then_some(next.min(self.range.to))
            }
            (Some(held), Some(failed)) => {
                let closest = self.range.whole && failed - held <= 1.0;
                (!closest && !self.range.close(held, failed)).then(|| self.range.between(held, failed))
            }
        }
    }

    /// What became of the size that was to be tried.
    pub fn tell(&mut self, held: bool) {
        let Some(size) = self.next() else { return };
        self.failures = if held { 0 } else { self.failures + 1 };
        if held {
            self.held = Some(size);
        } else if self.failures >= self.range.tries {
            (self.failed, self.failures) = (Some(size), 0);
        }
    }

    /// How many tries of the next size have failed already.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// The largest size that held and the smallest that failed.
    pub fn bracket(&self) -> (Option<f64>, Option<f64>) {
        (self.held, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLIENTS: Range =
        Range { from: 100.0, to: 20_000.0, factor: 2.0, precision: 0.1, tries: 2, whole: true };

    /// The largest size that held, the smallest that failed.
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
            (50.0, &[100.0, 100.0], (none, Some(100.0))),
            (
                100.0,
                &[100.0, 200.0, 200.0, 140.0, 140.0, 120.0, 120.0, 110.0, 110.0],
                (Some(100.0), Some(110.0)),
            ),
            (
                1_000.0,
                &[100.0, 200.0, 400.0, 800.0, 1_600.0, 1_600.0, 1_100.0, 1_100.0, 940.0, 1_000.0],
                (Some(1_000.0), Some(1_100.0)),
            ),
            (
                19_000.0,
                &[
                    100.0, 200.0, 400.0, 800.0, 1_600.0, 3_200.0, 6_400.0, 12_800.0, 20_000.0, 20_000.0,
                    16_000.0, 18_000.0, 19_000.0,
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
            assert_eq!(search(CLIENTS, limit), (tried.to_vec(), bracket), "{limit}");
        }
    }

    #[test]
    fn a_failure_is_a_hiccup_as_many_as_there_are_tries_are_a_limit() {
        for tries in 1..5 {
            let mut ladder = Ladder::new(Range { tries, ..CLIENTS });
            for failures in 0..tries {
                assert_eq!((ladder.next(), ladder.failures()), (Some(100.0), failures));
                ladder.tell(failures + 1 == tries);
            }
            assert_eq!((ladder.next(), ladder.bracket()), (Some(200.0), (Some(100.0), None)));
            (0..tries).for_each(|_| ladder.tell(false));
            assert_eq!((ladder.failures(), ladder.bracket()), (0, (Some(100.0), Some(200.0))));
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
