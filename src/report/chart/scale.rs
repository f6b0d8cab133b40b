//! From values to places on the sheet, and the round values that an axis names. Ranges come from `guard` only,
//! so that no scale is empty, infinite or, when logarithmic, at zero.
//!
//! It must not know what it measures.

use super::guard::{linear_range, log_range};

/// What a log axis leaves free beyond its values.
const AIR: f64 = 1.15;

/// A value axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    log: bool,
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// From 0 to a round value at or above the largest, drawn from `start` to `end`.
    pub fn linear(values: impl IntoIterator<Item = f64>, start: f64, end: f64) -> Scale {
        let (from, top) = linear_range(values);
        let step = round_step(top / 4.0);
        Scale { log: false, from, to: (top / step - 1e-9).ceil() * step, start, end }
    }

    /// From 0 to `top` exactly.
    pub fn exact(top: f64, start: f64, end: f64) -> Scale {
        let (from, to) = linear_range([top]);
        Scale { log: false, from, to, start, end }
    }

    /// From a round value below the values to one above, with some air on both sides.
    pub fn log(values: impl IntoIterator<Item = f64>, start: f64, end: f64) -> Scale {
        let (low, high) = log_range(values);
        Scale { log: true, from: below(low / AIR), to: above(high * AIR), start, end }
    }

    /// Logarithmic between two values, as given.
    pub fn log_exact(low: f64, high: f64, start: f64, end: f64) -> Scale {
        let (from, to) = log_range([low, high]);
        Scale { log: true, from, to, start, end }
    }

    /// The place of a value; values beyond an end lie at it.
    pub fn at(&self, value: f64) -> f64 {
        let share = match self.log {
            true if value <= self.from => 0.0,
            true => (value / self.from).ln() / (self.to / self.from).ln(),
            false => (value - self.from) / (self.to - self.from),
        };
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        self.start + (self.end - self.start) * share
    }

    /// Round values to name, at most a dozen, ascending.
    pub fn ticks(&self) -> Vec<f64> {
        if self.log { self.log_ticks() } else { self.linear_ticks() }
    }

    /// The values between the decades of a logarithmic axis, where there are few of them.
    pub fn minor(&self) -> Vec<f64> {
        let decades = (self.to / self.from).log10();
        if !self.log || decades > 5.0 {
            return vec![];
        }
        let low = self.from.log10().floor() as i32;
        let all =
            (low..=low + 6).flat_map(|power| (2..10).map(move |digit| f64::from(digit) * 10f64.powi(power)));
        all.filter(|v| (self.from..=self.to).contains(v)).collect()
    }

    fn linear_ticks(&self) -> Vec<f64> {
        let step = round_step((self.to - self.from) / 4.0);
        (0..=10).map(|n| self.from + step * f64::from(n)).filter(|&v| v <= self.to * (1.0 + 1e-9)).collect()
    }

    fn log_ticks(&self) -> Vec<f64> {
        let (low, high) = (self.from.log10().floor() as i32, self.to.log10().ceil() as i32);
        let decades = high.saturating_sub(low).max(1);
        let digits: &[f64] = if decades <= 2 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let every = (decades as usize).div_ceil(9);
        (low..=high)
            .step_by(every)
            .flat_map(|power| digits.iter().map(move |digit| digit * 10f64.powi(power)))
            .filter(|v| (self.from * (1.0 - 1e-9)..=self.to * (1.0 + 1e-9)).contains(v))
            .collect()
    }
}

/// 1, 2, 2.5 or 5 times a power of ten, at least `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0].map(|digit| digit * power);
    steps.into_iter().find(|&step| step >= rough * (1.0 - 1e-9)).unwrap_or(power * 10.0)
}

const DIGITS: [f64; 4] = [1.0, 2.0, 5.0, 10.0];

fn below(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    DIGITS.into_iter().rev().map(|d| d * power).find(|&v| v <= value * (1.0 + 1e-9)).unwrap_or(power)
}

fn above(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    DIGITS.into_iter().map(|d| d * power).find(|&v| v >= value * (1.0 - 1e-9)).unwrap_or(power * 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_values_break_a_scale() {
        let lists: [&[f64]; 5] = [&[], &[0.0, 0.0], &[f64::NAN, f64::INFINITY], &[1e-300, 1e300], &[7.0]];
        for list in lists {
            for scale in [Scale::linear, Scale::log].map(|of| of(list.to_vec(), 0.0, 100.0)) {
                let ticks = scale.ticks();
                assert!((1..=12).contains(&ticks.len()), "{list:?} {ticks:?}");
                let places = list.iter().chain(&ticks).map(|&v| scale.at(v));
                assert!(places.into_iter().all(|p| (0.0..=100.0).contains(&p)), "{list:?}");
            }
        }
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(Scale::linear([763e6], 0.0, 1.0).ticks(), [0.0, 200e6, 400e6, 600e6, 800e6]);
        let ticks = Scale::log([16e3, 763e6], 0.0, 1.0).ticks();
        assert!(
            ticks.iter().zip([1e4, 1e5, 1e6, 1e7, 1e8, 1e9]).all(|(a, b)| (a / b - 1.0).abs() < 1e-9),
            "{ticks:?}"
        );
    }
}
