//! What an interval says: more, less, the same within so much, or that nothing can be told.
//!
//! It must not know which of them is good.

use serde::Serialize;

use super::interval::Interval;

/// With which probability nothing that is told of one row is chance alone.
pub const LEVEL: f64 = 0.95;
/// Ratios no farther from 1 than this, up or down, are the same to whoever chooses by them.
pub const MARGIN: f64 = 0.05;

/// What can be told of a ratio.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It is above 1, and not by chance.
    More,
    /// It is below 1, and not by chance.
    Less,
    /// Whatever it is, it is within this share of 1; 0 where numbers are exact and equal.
    Same(f64),
    /// Neither.
    CannotTell,
}

/// What an interval says. One that lies within the margin says "the same", on whichever side of 1 it lies: a difference that is
/// certain and does not matter is none to report.
pub fn decide(interval: &Interval, margin: f64) -> Decision {
    let within = interval.high.max(1.0 / interval.low) - 1.0;
    match interval {
        _ if within <= margin => Decision::Same(within.max(0.0)),
        interval if interval.low > 1.0 => Decision::More,
        interval if interval.high < 1.0 => Decision::Less,
        _ => Decision::CannotTell,
    }
}

/// The level of each of so many intervals that shall hold together at `level` (Bonferroni): six metrics of a row, each at 95 %,
/// would call one of four rows that did not change red.
pub fn joint(level: f64, intervals: usize) -> f64 {
    1.0 - (1.0 - level) / intervals.max(1) as f64
}
