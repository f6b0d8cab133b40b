//! The bootstrap-t: each resample is measured by its own standard error, and the quantiles of that take the place of Student's.
//! The plain percentile bootstrap is simpler, and of ten repeats its intervals are too short: a sample's own scatter is below
//! that of what it was drawn from (Hesterberg 2015, "What Teachers Should Know about the Bootstrap", section 4).
//!
//! It must not know what is measured. The same numbers have the same interval: resamples come from a seed.

use wsbench_targets::pacer::Random;

use super::interval::{Difference, Sample, difference};

/// So many resamples: beyond either end of the shortest interval that is asked for there are dozens.
const RESAMPLES: usize = 9_999;
const SEED: u64 = 1_993;

/// Both ends of the interval at `level`, as logarithms.
pub(super) fn ends(samples: &[Sample], level: f64) -> (f64, f64) {
    let Difference { mean, error, .. } = difference(samples);
    let mut random = Random::new(SEED, 0);
    // One in which nothing varies has no measure of its own.
    let mut deviations: Vec<f64> = (0..RESAMPLES)
        .filter_map(|_| {
            let of = resampled(samples, &mut random)?;
            (of.error > 0.0).then(|| (of.mean - mean) / of.error)
        })
        .collect();
    if deviations.is_empty() {
        return (mean, mean);
    }
    deviations.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    (mean - quantile(&deviations, 1.0 - tail) * error, mean - quantile(&deviations, tail) * error)
}

fn resampled(samples: &[Sample], random: &mut Random) -> Option<Difference> {
    let mut draw = |sample: &Sample| {
        let count = sample.values.len();
        let one = |_| sample.values[((random.unit() * count as f64) as usize).min(count - 1)];
        Sample::of((0..count).map(one).collect())
    };
    let drawn: Option<Vec<Sample>> = samples.iter().map(&mut draw).collect();
    Some(difference(&drawn?))
}

/// Of sorted values, the nearest one outwards.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len() - 1;
    let at = share * last as f64;
    let at = if share < 0.5 { at.floor() } else { at.ceil() };
    sorted[(at as usize).min(last)]
}
