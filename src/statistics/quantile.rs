//! Quantiles of Student's t.
//!
//! It must not know what they are for.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// From so many degrees of freedom on, t is the normal distribution to more digits than anybody reads.
const NORMAL: f64 = 1e6;

/// What t of so many degrees of freedom, a whole number or not, stays below with probability `p`. `None` without any degree of
/// freedom.
pub fn t(p: f64, freedom: f64) -> Option<f64> {
    // An infinite number of them comes from arms of which one does not vary at all.
    let freedom = if freedom.is_nan() { return None } else { freedom.min(NORMAL) };
    let t = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(p.clamp(0.0, 1.0));
    t.is_finite().then_some(t)
}

/// How far t of so many degrees of freedom goes to either side with probability `level`.
pub fn two_sided(level: f64, freedom: f64) -> Option<f64> {
    t(f64::midpoint(1.0, level), freedom)
}
