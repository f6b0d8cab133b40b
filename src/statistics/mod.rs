//! Two arms of repeats, and what may be said of them: an interval of their ratio, a verdict, and how many repeats it would take
//! where that is "cannot tell". Pure; docs/comparing.md has the formulas and their sources.
//!
//! It must not know what is measured, nor which direction is the better one. The unit is one number of a whole trial, or of a
//! whole run: samples within a trial are correlated, and no interval rests on them.

mod bootstrap;
mod changes;
mod decision;
mod interval;
mod quantile;
mod repeats;

pub use changes::changes;
pub use decision::{Decision, LEVEL, MARGIN, decide, joint};
pub use interval::{Arms, FEWEST, Interval, MANY, Method};
pub use repeats::{MOST_REPEATS, enough};

#[cfg(test)]
mod tests;
