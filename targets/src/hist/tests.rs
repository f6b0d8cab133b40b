//! What every form of a histogram keeps.

use proptest::prelude::*;

use super::*;

fn of(values: &[u64]) -> Hist {
    let mut h = Hist::default();
    values.iter().for_each(|&v| h.record(v));
    h
}

fn sum(a: &Hist, b: &Hist) -> Hist {
    let mut s = a.clone();
    s += b;
    s
}

proptest! {
    #[test]
    fn merging_is_a_commutative_monoid(a: Vec<u64>, b: Vec<u64>, c: Vec<u64>) {
        let (ha, hb, hc) = (of(&a), of(&b), of(&c));
        prop_assert_eq!(sum(&ha, &Hist::default()), ha.clone());
        prop_assert_eq!(sum(&ha, &hb), sum(&hb, &ha));
        prop_assert_eq!(sum(&sum(&ha, &hb), &hc), sum(&ha, &sum(&hb, &hc)));
        prop_assert_eq!(sum(&ha, &hb), of(&[a, b].concat()));
    }

    #[test]
    fn is_put_away_to_half_a_percent(a in prop::collection::vec(0..=HIGHEST * 2, 0..200), spread in 0..40) {
        let h = of(&a.iter().map(|ns| ns >> spread).collect::<Vec<_>>());
        let again = h.pack().unpack();
        prop_assert_eq!((again.count(), again.saturated()), (h.count(), h.saturated()));
        for p in [0.01, 0.1, 0.5, 0.9] {
            let (was, is) = (h.percentile(p).unwrap_or(0) as f64, again.percentile(p).unwrap_or(0) as f64);
            prop_assert!((was - is).abs() <= (was * 0.0055).max(5.0), "p{}: {} is {}", p, was, is);
        }
    }

    #[test]
    fn travels_unharmed(a: Vec<u64>) {
        let h = of(&a);
        let json = serde_json::to_string(&h).unwrap();
        prop_assert_eq!(serde_json::from_str::<Hist>(&json).unwrap(), h);
    }
}

#[test]
fn refuses_percentiles_without_samples() {
    let mut h = Hist::default();
    (1..=99).for_each(|v| h.record(v));
    assert_eq!((h.percentile(0.5).is_some(), h.percentile(0.9)), (true, None));
    h.record(100);
    assert_eq!(h.percentile(0.9), Some(90));
    assert_eq!(Hist::default().percentile(0.5), None);
    assert_eq!(Hist::default().max(), None);
}

#[test]
fn counts_what_it_clips() {
    let h = of(&[HIGHEST + 1, u64::MAX, 0]);
    assert_eq!((h.count(), h.saturated()), (3, 2));
    assert_eq!(h.min(), Some(1));
}

/// As it comes from a file.
fn read(h: &Hist) -> Hist {
    serde_json::from_str(&serde_json::to_string(h).unwrap()).unwrap()
}

/// A histogram of 56 characters could else take 264 KiB, and a file holds thousands.
#[test]
fn what_is_not_recorded_into_stays_small() {
    let (few, wide) =
        (of(&[1, 70_000, HIGHEST]), of(&(0..30_000u64).map(|n| n * n * 4_000).collect::<Vec<_>>()));
    for (a, b) in [(&few, &few), (&few, &wide), (&wide, &wide)] {
        let kept = [read(a), read(b), sum(&read(a), &read(b)), sum(&read(a), &b.pack().unpack())];
        assert!(kept.iter().all(|h| !matches!(h.form, Form::Dense(_))), "{kept:?}");
        assert!(kept.iter().all(|h| !matches!(&h.form, Form::Packed(p) if p.size() > MAX_PACKED)));
        assert_eq!(kept[2], sum(a, b));
        assert_eq!(
            (kept[2].count(), kept[2].percentile(0.5)),
            (a.count() + b.count(), sum(a, b).percentile(0.5))
        );
        assert_eq!(kept[2].recorded().collect::<Vec<_>>(), sum(a, b).recorded().collect::<Vec<_>>());
    }
    let mut again = read(&few);
    again.record(5);
    assert_eq!((again.count(), read(&wide).opened()), (4, wide));
}

#[test]
fn what_it_says_of_itself_must_be_so() {
    let good = serde_json::to_string(&of(&[1, 2])).unwrap();
    for (was, lie, why) in [
        ("\"count\":2", "\"count\":3", "says that it has 3 durations, and has 2"),
        ("\"saturated\":0", "\"saturated\":3", "has clipped 3 durations of 2"),
        ("\"count\":2", "\"count\":18446744073709551615", "says that it has 18446744073709551615"),
    ] {
        let error = serde_json::from_str::<Hist>(&good.replace(was, lie)).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
