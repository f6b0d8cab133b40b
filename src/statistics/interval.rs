//! The ratio of two arms, and an interval that holds it.
//!
//! Logarithms, for a ratio of 2 is as far from 1 as one of 1/2, and times are skewed to the right. Arms that were measured one
//! after the other: Welch's t (Welch 1947), which does not take them to scatter alike. Arms whose trials alternated: t of the
//! differences of pairs (Student 1908). From ten repeats on, when their own distribution is known well enough, bootstrap-t
//! (Efron & Tibshirani 1993, section 12.5) instead of the normal one.

use serde::Serialize;

use super::bootstrap;
use super::quantile::two_sided;

/// Below so many repeats of each arm there is no interval.
pub const FEWEST: usize = 3;
/// From so many on the bootstrap takes over.
pub const MANY: usize = 10;

/// The numbers of two arms, all above 0.
#[derive(Clone, Debug, PartialEq)]
pub enum Arms {
    /// Measured by themselves: the first is the base.
    Apart(Vec<f64>, Vec<f64>),
    /// Measured in turn: (base, other) of each turn.
    Paired(Vec<(f64, f64)>),
}

/// How an interval was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Welch's t of logarithms.
    Welch,
    /// t of the differences of the logarithms of pairs.
    PairedT,
    /// Bootstrap-t of logarithms.
    Bootstrap,
    /// Bootstrap-t of the differences of the logarithms of pairs.
    PairedBootstrap,
}

/// A ratio with its interval, all as ratios of the other arm to the base.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Of the geometric means.
    pub ratio: f64,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// With which probability such an interval holds the true ratio.
    pub level: f64,
    /// How it was found.
    pub method: Method,
}

/// Logarithms, or their differences, with what follows from them.
pub(super) struct Sample {
    pub(super) values: Vec<f64>,
    pub(super) mean: f64,
    /// Of the mean.
    pub(super) variance: f64,
}

impl Sample {
    /// `None` of fewer than two.
    pub(super) fn of(values: Vec<f64>) -> Option<Sample> {
        let count = values.len() as f64;
        if values.len() < 2 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Sample { values, mean, variance: squares / (count - 1.0) / count })
    }

    fn freedom(&self) -> f64 {
        self.values.len() as f64 - 1.0
    }
}

/// A difference of logarithms: where it lies, its standard error, and the degrees of freedom of that.
pub(super) struct Difference {
    pub(super) mean: f64,
    pub(super) error: f64,
    freedom: f64,
}

impl Arms {
    /// How many repeats the smaller arm has.
    pub fn repeats(&self) -> usize {
        match self {
            Arms::Apart(base, other) => base.len().min(other.len()),
            Arms::Paired(pairs) => pairs.len(),
        }
    }

    /// The samples that decide: of both arms, or of their differences. `None` where there is no logarithm.
    pub(super) fn samples(&self) -> Option<Vec<Sample>> {
        let all: Vec<Vec<f64>> = match self {
            Arms::Apart(base, other) => vec![logarithms(base)?, logarithms(other)?],
            Arms::Paired(pairs) => {
                let (base, other): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
                let pairs = logarithms(&base)?.into_iter().zip(logarithms(&other)?);
                vec![pairs.map(|(base, other)| other - base).collect()]
            }
        };
        all.into_iter().map(Sample::of).collect()
    }

    /// The ratio with its interval at `level`; `None` with fewer than [`FEWEST`] repeats, or where a number is not above 0.
    pub fn interval(&self, level: f64) -> Option<Interval> {
        if self.repeats() < FEWEST {
            return None;
        }
        let samples = self.samples()?;
        let difference = difference(&samples);
        let many = self.repeats() >= MANY;
        let (low, high) = match many {
            true => bootstrap::ends(&samples, level),
            false => {
                let half = two_sided(level, difference.freedom)? * difference.error;
                (difference.mean - half, difference.mean + half)
            }
        };
        let method = match (self, many) {
            (Arms::Apart(..), false) => Method::Welch,
            (Arms::Apart(..), true) => Method::Bootstrap,
            (Arms::Paired(_), false) => Method::PairedT,
            (Arms::Paired(_), true) => Method::PairedBootstrap,
        };
        Some(Interval { ratio: difference.mean.exp(), low: low.exp(), high: high.exp(), level, method })
    }
}

/// The last sample minus the first; of one alone, itself. Degrees of freedom by Satterthwaite (1946).
pub(super) fn difference(samples: &[Sample]) -> Difference {
    let variance: f64 = samples.iter().map(|sample| sample.variance).sum();
    let shares: f64 = samples.iter().map(|sample| sample.variance.powi(2) / sample.freedom()).sum();
    let mean = match samples {
        [base, other] => other.mean - base.mean,
        _ => samples.iter().map(|sample| sample.mean).sum(),
    };
    // Where nothing varies, any will do.
    let freedom = if shares > 0.0 { variance.powi(2) / shares } else { f64::INFINITY };
    Difference { mean, error: variance.sqrt(), freedom }
}

fn logarithms(values: &[f64]) -> Option<Vec<f64>> {
    values.iter().map(|value| (value.is_finite() && *value > 0.0).then(|| value.ln())).collect()
}

impl Interval {
    /// Wider to both sides by a share that the clock leaves open.
    pub fn widened(self, share: f64) -> Interval {
        Interval { low: self.low / (1.0 + share), high: self.high * (1.0 + share), ..self }
    }
}
