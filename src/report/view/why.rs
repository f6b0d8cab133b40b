//! Why a try of a capacity search did not pass, in words.
//!
//! It must not know a format; text inside is as it came.

use crate::results::{Outcome, Why};
use crate::text::text;

/// In a sentence, behind `at 8,000`: `latency.p99 was 80 ms`.
pub fn at_length(why: &Why) -> String {
    match why {
        Why::Crossed(outcome) => format!("{} was {}", named(outcome), value(outcome)),
        Why::Invalid(check) if why.of_the_generator() => {
            format!("the load generator, or the machine under it, was at its limit ({check})")
        }
        Why::Invalid(check) => format!("the measurement was invalid ({check})"),
        Why::Failed(check) => format!("the server failed ({check})"),
        Why::FailedToRun(reason) => format!("the trial failed to run ({reason})"),
    }
}

/// `latency.p99`; of too few samples for that, `latency.max`.
fn named(Outcome { threshold, largest, .. }: &Outcome) -> String {
    let name = threshold.metric.name();
    let of = name.split_once('.').map_or(name, |(of, _)| of);
    if *largest { format!("{of}.max") } else { name.to_owned() }
}

fn value(Outcome { threshold, value, largest, .. }: &Outcome) -> String {
    let few =
        if *largest { format!(" (too few samples for {})", threshold.metric.name()) } else { String::new() };
    value.map_or_else(|| "not measured".to_owned(), |value| text(threshold.metric.unit(), value) + &few)
}

/// Why a try failed, for a row of a table: `latency.p99 80 ms`.
pub fn in_short(why: &Why) -> String {
    let code = |check: &str| check.split(':').next().unwrap_or_default().to_owned();
    match why {
        Why::Crossed(outcome) => format!("{} {}", named(outcome), value(outcome)),
        Why::Invalid(check) => format!("invalid: {}", code(check)),
        Why::Failed(check) => format!("server failed: {}", code(check)),
        Why::FailedToRun(reason) => format!("failed to run: {reason}"),
    }
}
