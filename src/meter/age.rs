//! How old is what clients show? The age of a displayed value: now minus when the newest message that a client has was
//! due, over time. From one newer message to the next it grows by a second each second.
//!
//! Between two of them age is uniform on a range: a piece of the sawtooth. [`Ages`] takes a piece in a few additions,
//! however long it is, and sums up exactly. It must not know clients or the window: [`super::displayed`] cuts the
//! pieces. Its sum is an [`Age`].

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};
use wsbench_targets::hist::{HIGHEST, Hist, lowest, place};

/// Ages over time, of all clients of a shard, while they are measured.
///
/// The places are those of [`Hist`]. A piece fills the places between its two ends wholly: they are said by one more at
/// the first of them and one less behind the last.
#[derive(Default)]
pub struct Ages {
    places: Box<[Place]>,
    /// Twice the area below the sawtooth, ns².
    doubled: u128,
    shown: u128,
    blank: u128,
    values: u64,
}

/// A small range of ages.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Time (ns) of the pieces that begin or end in it.
    time: u64,
    /// How many more pieces cross it than cross the place before.
    crossed: i64,
}

impl Ages {
    /// A client has shown a value from when it was `from` ns old to when it was `to`.
    pub fn show(&mut self, from: u64, to: u64) {
        debug_assert!(from <= to, "{from} to {to}");
        let (wide, high) = (u128::from(to), u128::from(from));
        self.doubled += wide * wide - high * high;
        self.shown += wide - high;
        self.values += 1;
        if self.places.is_empty() {
            self.places = vec![Place::default(); place(HIGHEST) as usize + 1].into();
        }
        self.spread(from, to);
    }

    /// A client has shown nothing for so long (ns), for nothing has come.
    pub fn blank(&mut self, ns: u64) {
        self.blank += u128::from(ns);
    }

    /// Adds a piece to its places; ages above one hour count as one hour.
    fn spread(&mut self, from: u64, to: u64) {
        let (low, high) = (from.min(HIGHEST), to.min(HIGHEST));
        let (first, last) = (place(low), place(high));
        self.places[place(HIGHEST) as usize].time += (to - from) - (high - low);
        if first == last {
            self.places[first as usize].time += high - low;
            return;
        }
        self.places[first as usize].time += lowest(first + 1) - low;
        self.places[last as usize].time += high - lowest(last);
        self.places[first as usize + 1].crossed += 1;
        self.places[last as usize].crossed -= 1;
    }

    /// The sum.
    pub fn sum(&self) -> Age {
        let (mut time, mut crossing, mut rest) = (Hist::default(), 0i64, 0u128);
        for (number, place) in (0..).zip(&self.places) {
            crossing += place.crossed;
            debug_assert!(crossing >= 0, "a piece ends that has not begun");
            let width = lowest(number + 1) - lowest(number);
            // What is less than a microsecond goes with the next place: none of it is lost.
            rest += u128::from(place.time) + u128::from(crossing.unsigned_abs()) * u128::from(width);
            time.record_n(lowest(number) + width / 2, micros(rest));
            rest %= 1_000;
        }
        let (shown_us, blank_us) = (micros(self.shown), micros(self.blank));
        Age { time, doubled: self.doubled, shown_us, blank_us, values: self.values }
    }
}

fn micros(ns: u128) -> u64 {
    u64::try_from(ns / 1_000).unwrap_or(u64::MAX)
}

/// Ages of displayed values over the window, of all clients together. Sums add up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Age {
    /// Ages (ns), each counted as many times as microseconds were spent at it.
    pub time: Hist,
    /// Twice the area below the sawtooth, ns²: half of it by the time shown is the mean.
    #[serde(with = "digits")]
    pub doubled: u128,
    /// Time with a value to show, of all clients together, µs.
    pub shown_us: u64,
    /// Time of clients to whom nothing had come yet, µs: they have no age, and are left out of it.
    pub blank_us: u64,
    /// Values that were shown.
    pub values: u64,
}

impl Age {
    /// The mean over time, ns.
    pub fn mean(&self) -> Option<f64> {
        (self.shown_us > 0).then(|| self.doubled as f64 / 2_000.0 / self.shown_us as f64)
    }

    /// What age (ns) is not exceeded for a share `p` of the time; `None` where fewer than 10 / (1 - p) values were shown:
    /// it is values that are independent, not microseconds.
    pub fn percentile(&self, p: f64) -> Option<u64> {
        let supported = self.values as f64 * (1.0 - p) >= 10.0 * (1.0 - 1e-9);
        self.time.percentile(p).filter(|_| supported)
    }

    /// The share of the clients' time in which they had nothing to show.
    pub fn blank_share(&self) -> Option<f64> {
        let all = self.shown_us as f64 + self.blank_us as f64;
        (all > 0.0).then(|| self.blank_us as f64 / all)
    }
}

impl AddAssign<&Age> for Age {
    fn add_assign(&mut self, other: &Age) {
        self.time += &other.time;
        self.doubled = self.doubled.saturating_add(other.doubled);
        self.shown_us = self.shown_us.saturating_add(other.shown_us);
        self.blank_us = self.blank_us.saturating_add(other.blank_us);
        self.values = self.values.saturating_add(other.values);
    }
}

/// A number of up to 39 digits as text: as a number of JSON most readers would round it.
mod digits {
    use serde::de::{Deserialize as _, Error as _};
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(number: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(pieces: &[(u64, u64)]) -> Ages {
        let mut ages = Ages::default();
        pieces.iter().for_each(|&(from, length)| ages.show(from, from + length));
        ages
    }

    /// The age that is not exceeded for a share of the time, by halving on the sum of what each piece spends below.
    fn by_hand(pieces: &[(u64, u64)], share: f64) -> f64 {
        let below = |age: f64| -> f64 {
            pieces.iter().map(|&(from, length)| (age - from as f64).clamp(0.0, length as f64)).sum()
        };
        let (mut low, mut high) = (0.0, HIGHEST as f64 * 2.0);
        let wanted = share * below(high);
        for _ in 0..80 {
            let middle = f64::midpoint(low, high);
            if below(middle) < wanted { low = middle } else { high = middle }
        }
        high
    }

    #[test]
    fn a_sawtooth_has_the_mean_and_the_percentiles_of_arithmetic() {
        // (from, length) in ms of each tooth; mean, p50 in ms.
        type Case = (&'static [(u64, u64)], f64, f64);
        let table: &[Case] = &[
            (&[(0, 1_000)], 500.0, 500.0),
            (&[(100, 200)], 200.0, 200.0),
            (&[(500, 1_000)], 1_000.0, 1_000.0),
            // One client shows it for three times as long.
            (&[(0, 100), (1_000, 300)], 875.0, 1_100.0),
            // The same age for no time at all.
            (&[(7, 0), (0, 10)], 5.0, 5.0),
        ];
        for (teeth, mean, median) in table {
            let teeth: Vec<(u64, u64)> = teeth.iter().map(|(a, b)| (a * 1_000_000, b * 1_000_000)).collect();
            let age = of(&teeth.repeat(20)).sum();
            assert!((age.mean().unwrap() / 1e6 / mean - 1.0).abs() < 1e-12, "{teeth:?}: {:?}", age.mean());
            let p50 = age.percentile(0.5).unwrap() as f64 / 1e6;
            assert!((p50 / median - 1.0).abs() < 2e-3, "{teeth:?}: {p50}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_what_is_added_up_by_hand(
            pieces in prop::collection::vec((0..1u64 << 36, 1_000_000..1u64 << 32), 1..60), spread in 0..8,
        ) {
            let pieces: Vec<(u64, u64)> = pieces.iter().map(|(a, b)| (a >> spread, *b)).collect();
            let age = of(&pieces.repeat(100)).sum();
            let (sum, time) = pieces.iter().fold((0.0, 0.0), |(sum, time), &(from, length)| {
                let (from, length) = (from as f64, length as f64);
                (sum + length * (from + length / 2.0), time + length)
            });
            prop_assert!((age.mean().unwrap() / (sum / time) - 1.0).abs() < 1e-6);
            prop_assert!((age.shown_us as f64 / (100.0 * time / 1e3) - 1.0).abs() < 1e-6);
            prop_assert!(age.time.count().abs_diff(age.shown_us) <= 1);
            for share in [0.05, 0.5, 0.9] {
                let (found, wanted) = (age.percentile(share).unwrap() as f64, by_hand(&pieces, share));
                prop_assert!((found / wanted - 1.0).abs() < 3e-3, "{}: {} for {}", share, found, wanted);
            }
        }

        #[test]
        fn sums_are_a_commutative_monoid(a: Vec<(u32, u32)>, b: Vec<(u32, u32)>, c: Vec<(u32, u32)>) {
            let [a, b, c] = [a, b, c].map(|pieces| {
                let wide = |&(from, length): &(u32, u32)| (u64::from(from), u64::from(length));
                of(&pieces.iter().map(wide).collect::<Vec<_>>()).sum()
            });
            let plus = |a: &Age, b: &Age| { let mut sum = a.clone(); sum += b; sum };
            prop_assert_eq!(plus(&a, &Age::default()), a.clone());
            prop_assert_eq!(plus(&a, &b), plus(&b, &a));
            prop_assert_eq!(plus(&plus(&a, &b), &c), plus(&a, &plus(&b, &c)));
        }
    }

    /// Behind by ten seconds, and a message each millisecond: a piece is shorter than its place is wide.
    #[test]
    fn short_pieces_of_old_values_are_not_lost() {
        let age = of(&vec![(10_000_000_000, 1_000_000); 1_000]).sum();
        assert_eq!((age.shown_us, age.time.count()), (1_000_000, 1_000_000));
        let p99 = age.percentile(0.99).unwrap() as f64 / 1e9;
        assert!((p99 - 10.0).abs() < 0.02, "{p99}");
    }

    #[test]
    fn above_an_hour_it_is_an_hour_and_the_mean_is_true() {
        let age = of(&vec![(HIGHEST - 1_000_000, 3_000_000); 20]).sum();
        assert_eq!(age.time.count(), 60_000);
        assert!((age.mean().unwrap() - (HIGHEST + 500_000) as f64).abs() < 1.0);
        assert!(age.percentile(0.5).unwrap() as f64 > 0.999 * HIGHEST as f64);
    }

    #[test]
    fn few_values_support_no_percentile_and_none_has_no_age() {
        let age = of(&[(0, 1_000_000_000); 19]).sum();
        assert_eq!((age.percentile(0.5), age.mean().is_some()), (None, true));
        let nothing = Age::default();
        assert_eq!((nothing.mean(), nothing.percentile(0.5), nothing.blank_share()), (None, None, None));
        let mut ages = of(&[(0, 3_000)]);
        ages.blank(1_000);
        assert_eq!(ages.sum().blank_share(), Some(0.25));
    }

    #[test]
    fn travels_unharmed_with_all_its_digits() {
        let age = of(&[(u64::MAX / 4, 1 << 40), (5, 17)]).sum();
        let text = serde_json::to_string(&age).unwrap();
        assert_eq!(serde_json::from_str::<Age>(&text).unwrap(), age);
        // Through a reader that holds numbers as floats, too.
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::from_value::<Age>(value).unwrap(), age);
    }
}
