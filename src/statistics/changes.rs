//! Where a series of numbers, one a run, changes its level: binary segmentation with a permutation test.
//!
//! The series is cut where the means of both sides lie farthest apart (CUSUM), and the cut stands if hardly any shuffled series can
//! be cut as far apart; then both sides are cut again (Vostrikova 1981; the test as in Matteson & James 2014). No distribution is
//! taken for granted, and the price is that fewer than nine runs show nothing.
//!
//! It must not know what is measured. The same numbers have the same changes: shuffles come from a seed.

use wsbench_targets::pacer::Random;

/// A level lasts so many numbers at the least.
const SHORTEST: usize = 3;
const SHUFFLES: u32 = 999;
/// Of series without a change so many are cut.
const CHANCE: f64 = 0.02;
const SEED: u64 = 1_981;

/// The places at which another level begins, ascending. Of numbers that are not above 0 nothing is told.
pub fn changes(values: &[f64]) -> Vec<usize> {
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let mut found = Vec::new();
    if logs.iter().all(|log| log.is_finite()) {
        cut(&logs, 0, &mut Random::new(SEED, 0), &mut found);
    }
    found.sort_unstable();
    found
}

fn cut(values: &[f64], offset: usize, random: &mut Random, found: &mut Vec<usize>) {
    let Some((place, apart)) = farthest(values) else { return };
    let mut shuffled = values.to_vec();
    let as_far = (0..SHUFFLES).filter(|_| {
        shuffle(&mut shuffled, random);
        farthest(&shuffled).is_some_and(|(_, other)| other >= apart * (1.0 - 1e-9))
    });
    let chance = f64::from(1 + u32::try_from(as_far.count()).unwrap_or(SHUFFLES)) / f64::from(SHUFFLES + 1);
    if apart > 0.0 && chance <= CHANCE {
        found.push(offset + place);
        let (left, right) = values.split_at(place);
        cut(left, offset, random, found);
        cut(right, offset + place, random, found);
    }
}

/// Where the means of both sides lie farthest apart, by their standard error, and how far.
fn farthest(values: &[f64]) -> Option<(usize, f64)> {
    let (count, whole) = (values.len(), values.iter().sum::<f64>());
    let mut left = 0.0;
    let mut best = None;
    for (n, value) in (1..).zip(values) {
        left += value;
        if n < SHORTEST || count - n < SHORTEST {
            continue;
        }
        let (here, there) = (n as f64, (count - n) as f64);
        let apart = (left / here - (whole - left) / there).abs() * (here * there / count as f64).sqrt();
        if best.is_none_or(|(_, most)| apart > most) {
            best = Some((n, apart));
        }
    }
    best
}

/// Fisher and Yates.
fn shuffle(values: &mut [f64], random: &mut Random) {
    for last in (1..values.len()).rev() {
        let other = (random.unit() * (last + 1) as f64) as usize;
        values.swap(last, other.min(last));
    }
}
