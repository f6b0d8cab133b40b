//! How many repeats it would take to tell, if the numbers went on to lie and to scatter as they do.
//!
//! It must not know how long a repeat takes.

use super::interval::{Arms, FEWEST, difference};
use super::quantile::{t, two_sided};

/// Beyond so many it is no longer a matter of repeats.
pub const MOST_REPEATS: u32 = 1_000;
/// How likely so many repeats shall be to tell.
const POWER: f64 = 0.8;

/// Repeats of each arm with which an interval at `level` would, four times of five, either leave out 1 or lie within `margin`
/// of it, whichever needs fewer: n such that (t(1 - a/2) + t(0.8)) s / sqrt(n) is no more than the distance (Chow, Shao & Wang
/// 2008, section 3.2). `None` where it would take more than [`MOST_REPEATS`], or nothing is known of the scatter.
pub fn enough(arms: &Arms, level: f64, margin: f64) -> Option<u32> {
    let samples = arms.samples()?;
    let away = difference(&samples).mean.abs();
    let distance = away.max(margin.ln_1p() - away);
    // Of one repeat, or of one of both arms; arms of other lengths are taken to become as long as each other.
    let variance: f64 = samples.iter().map(|sample| sample.variance * sample.values.len() as f64).sum();
    let arms = samples.len() as f64;
    let reaches = |repeats: u32| {
        let freedom = arms * (f64::from(repeats) - 1.0);
        let reach = two_sided(level, freedom).zip(t(POWER, freedom)).map(|(outer, inner)| outer + inner);
        reach.is_some_and(|reach| reach * (variance / f64::from(repeats)).sqrt() <= distance)
    };
    let (mut low, mut high) = (FEWEST as u32 - 1, MOST_REPEATS);
    if !reaches(high) {
        return None;
    }
    while low + 1 < high {
        let middle = low.midpoint(high);
        if reaches(middle) { high = middle } else { low = middle }
    }
    Some(high)
}
