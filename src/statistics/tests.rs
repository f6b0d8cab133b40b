use proptest::prelude::*;
use wsbench_targets::pacer::Random;

use super::quantile::{t, two_sided};
use super::*;

/// Normal numbers by Box and Muller, as logarithms of what is measured.
fn lognormal(random: &mut Random, mean: f64, deviation: f64) -> f64 {
    let radius = (-2.0 * (1.0 - random.unit()).ln()).sqrt();
    (mean + deviation * radius * (std::f64::consts::TAU * random.unit()).cos()).exp()
}

fn arm(random: &mut Random, repeats: usize, mean: f64, deviation: f64) -> Vec<f64> {
    (0..repeats).map(|_| lognormal(random, mean, deviation)).collect()
}

/// As printed in every table of t (NIST handbook, 1.3.6.7.2), and by scipy.stats.t.ppf where no table has them.
#[test]
fn quantiles_are_those_of_the_tables() {
    let table = [
        (0.975, 1.0, 12.706),
        (0.975, 2.0, 4.303),
        (0.975, 4.0, 2.776),
        (0.975, 10.0, 2.228),
        (0.975, 30.0, 2.042),
        (0.995, 4.0, 4.604),
        (0.995, 8.0, 3.355),
        (0.8, 4.0, 0.941),
        (0.975, 2.5, 3.5747),
        (0.9985, 3.3, 7.8799),
        (0.975, 1e5, 1.960),
    ];
    for (p, freedom, expected) in table {
        let found = t(p, freedom).unwrap();
        assert!((found - expected).abs() < 6e-4, "{p} {freedom}: {found}");
        assert!((t(1.0 - p, freedom).unwrap() + expected).abs() < 6e-4);
    }
    assert!((two_sided(0.95, f64::INFINITY).unwrap() - 1.96).abs() < 1e-3);
    assert_eq!((t(0.9, 0.0), t(0.9, f64::NAN)), (None, None));
}

/// By scipy 1.17.1: stats.ttest_ind(equal_var=False) and stats.ttest_1samp of the logarithms.
#[test]
fn intervals_are_those_of_another_program() {
    let apart = Arms::Apart(vec![100.0, 110.0, 105.0], vec![130.0, 120.0, 150.0, 140.0]);
    let paired = Arms::Paired(vec![(100.0, 130.0), (110.0, 120.0), (105.0, 150.0), (90.0, 91.0)]);
    let table = [
        (apart, Method::Welch, [1.282_257_689, 1.107_474_962, 1.484_624_788]),
        (paired, Method::PairedT, [1.196_349_821, 0.929_942_455, 1.539_076_838]),
    ];
    for (arms, method, expected) in table {
        let interval = arms.interval(0.95).unwrap();
        assert_eq!(interval.method, method);
        let found = [interval.ratio, interval.low, interval.high];
        assert!(found.iter().zip(expected).all(|(a, b)| (a / b - 1.0).abs() < 1e-6), "{interval:?}");
    }
}

#[test]
fn fewer_than_three_repeats_have_no_interval() {
    for few in [vec![], vec![1.0], vec![1.0, 1.1]] {
        assert_eq!(Arms::Apart(few.clone(), vec![1.0; 5]).interval(LEVEL), None);
        assert_eq!(Arms::Paired(few.iter().map(|one| (*one, 1.0)).collect()).interval(LEVEL), None);
    }
    for no_ratio in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(Arms::Apart(vec![1.0, 1.0, no_ratio], vec![1.0; 3]).interval(LEVEL), None);
    }
}

#[test]
fn numbers_without_scatter_have_an_interval_without_width() {
    for repeats in [3, 10] {
        let interval = Arms::Apart(vec![2.0; repeats], vec![3.0; repeats]).interval(LEVEL).unwrap();
        assert!((interval.low - 1.5).abs() < 1e-12 && (interval.high - 1.5).abs() < 1e-12, "{interval:?}");
        assert_eq!(decide(&interval, MARGIN), Decision::More);
    }
}

#[test]
fn what_is_certain_and_does_not_matter_is_the_same() {
    let interval = |low, high| Interval { ratio: 1.0, low, high, level: LEVEL, method: Method::Welch };
    let table = [
        ((1.01, 1.04), Decision::Same(0.04)),
        ((1.01, 1.10), Decision::More),
        ((0.80, 0.97), Decision::Less),
        ((0.90, 1.02), Decision::CannotTell),
    ];
    for ((low, high), expected) in table {
        match (decide(&interval(low, high), MARGIN), expected) {
            (Decision::Same(found), Decision::Same(expected)) => assert!((found - expected).abs() < 1e-9),
            (found, expected) => assert_eq!(found, expected),
        }
    }
    assert!((joint(0.95, 5) - 0.99).abs() < 1e-12 && (joint(0.95, 0) - 0.95).abs() < 1e-12);
}

/// How often intervals hold the true ratio: what they promise, by simulation of thousands of comparisons.
fn coverage(arms: impl Fn(&mut Random) -> Arms, truth: f64, times: u32) -> f64 {
    let mut random = Random::new(7, 7);
    let holds = (0..times).filter(|_| {
        let interval = arms(&mut random).interval(LEVEL).unwrap();
        (interval.low..=interval.high).contains(&truth)
    });
    holds.count() as f64 / f64::from(times)
}

#[test]
fn intervals_hold_what_they_promise() {
    let apart = |repeats: usize, deviation: f64| {
        move |random: &mut Random| {
            Arms::Apart(arm(random, repeats, 5.0, 0.05), arm(random, repeats, 5.0 + 0.2, deviation))
        }
    };
    let paired = |repeats: usize| {
        move |random: &mut Random| {
            // The machine drifts far more than arms differ.
            let one = |_| {
                let drift = 5.0 + random.unit();
                (lognormal(random, drift, 0.05), lognormal(random, drift + 0.2, 0.05))
            };
            Arms::Paired((0..repeats).map(one).collect())
        }
    };
    let truth = 0.2_f64.exp();
    let found = [
        coverage(apart(3, 0.05), truth, 4_000),
        coverage(apart(5, 0.20), truth, 4_000),
        coverage(paired(3), truth, 4_000),
        coverage(paired(5), truth, 4_000),
        coverage(apart(10, 0.10), truth, 60),
        coverage(paired(12), truth, 60),
    ];
    assert!(found[..4].iter().all(|share| (0.94..0.985).contains(share)), "{found:?}");
    // Fewer tries, for each costs ten thousand resamples: four standard errors.
    assert!(found[4..].iter().all(|share| *share > 0.84), "{found:?}");
}

/// The number that is told is the number that does it.
#[test]
fn so_many_repeats_would_tell() {
    let mut random = Random::new(11, 0);
    let arms = |random: &mut Random, repeats: usize| {
        Arms::Apart(arm(random, repeats, 0.0, 0.1), arm(random, repeats, 0.12, 0.1))
    };
    let needed: Vec<u32> = (0..200).filter_map(|_| enough(&arms(&mut random, 5), LEVEL, MARGIN)).collect();
    let mut sorted = needed.clone();
    sorted.sort_unstable();
    let median = sorted[sorted.len() / 2];
    // By the textbook: 2 (1.96 + 0.84)² (0.1 / 0.12)² = 11, and one more for t.
    assert!((7..=20).contains(&median), "{median}");
    let told = (0..500).filter(|_| {
        // Below ten they are not resampled: the same by t.
        let samples = arms(&mut random, 9).interval(LEVEL).unwrap();
        decide(&samples, MARGIN) == Decision::More
    });
    let share = told.count() as f64 / 500.0;
    assert!((0.55..0.85).contains(&share), "{share}");
    let still = Arms::Apart(vec![1.0; 3], vec![1.2; 3]);
    assert_eq!(enough(&still, LEVEL, MARGIN), Some(3));
    let wild = Arms::Apart(vec![1.0, 100.0, 0.01], vec![1.0, 90.0, 0.011]);
    assert_eq!(enough(&wild, LEVEL, MARGIN), None);
}

#[test]
fn a_level_that_changes_is_found_and_chance_is_not() {
    let mut random = Random::new(3, 0);
    let mut series = |levels: &[(usize, f64)]| -> Vec<f64> {
        levels.iter().flat_map(|(runs, level)| arm(&mut random, *runs, level.ln(), 0.03)).collect()
    };
    assert_eq!(changes(&series(&[(8, 1.0), (7, 1.2)])), [8]);
    assert_eq!(changes(&series(&[(8, 1.0), (8, 1.3), (8, 0.9)])), [8, 16]);
    let false_ones = (0..100).filter(|_| !changes(&series(&[(20, 1.0)])).is_empty()).count();
    assert!(false_ones <= 7, "{false_ones} of 100 at two percent");
    for nothing in [&[][..], &[1.0], &[1.0, 2.0, 3.0], &[1.0; 20], &[0.0; 20], &[f64::NAN; 20]] {
        assert_eq!(changes(nothing), Vec::<usize>::new(), "{nothing:?}");
    }
}

proptest! {
    // From ten repeats on each case costs ten thousand resamples.
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Arms swapped give the inverse ratio, and the unit in which numbers stand changes nothing.
    #[test]
    fn a_ratio_has_no_unit_and_no_favourite(
        base in proptest::collection::vec(0.5_f64..2.0, 3..14),
        other in proptest::collection::vec(0.5_f64..2.0, 3..14),
        unit in 1e-6_f64..1e6,
    ) {
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
        let interval = |base: &[f64], other: &[f64]| Arms::Apart(base.to_vec(), other.to_vec()).interval(LEVEL).unwrap();
        let found = interval(&base, &other);
        prop_assert!(found.low <= found.ratio && found.ratio <= found.high, "{found:?}");
        let scaled = |values: &[f64]| values.iter().map(|value| value * unit).collect::<Vec<f64>>();
        let same = interval(&scaled(&base), &scaled(&other));
        prop_assert!((same.low / found.low - 1.0).abs() < 1e-6 && (same.high / found.high - 1.0).abs() < 1e-6);
        let swapped = interval(&other, &base);
        prop_assert!(near(swapped.ratio, 1.0 / found.ratio));
        if found.method == Method::Welch {
            prop_assert!(near(swapped.low, 1.0 / found.high) && near(swapped.high, 1.0 / found.low));
        }
        prop_assert_eq!(interval(&base, &other), found);
    }

    /// What is surer is wider.
    #[test]
    fn a_higher_level_is_a_wider_interval(pairs in proptest::collection::vec((0.5_f64..2.0, 0.5_f64..2.0), 3..14)) {
        let arms = Arms::Paired(pairs);
        let (narrow, wide) = (arms.interval(0.9).unwrap(), arms.interval(0.99).unwrap());
        prop_assert!(wide.low <= narrow.low && narrow.high <= wide.high);
        if let Some(needed) = enough(&arms, 0.9, MARGIN) {
            prop_assert!(enough(&arms, 0.99, MARGIN).is_none_or(|more| more >= needed));
        }
    }
}
