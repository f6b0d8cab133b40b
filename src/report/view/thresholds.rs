//! Thresholds, and what became of them, in words.
//!
//! It must not know a format; names inside are as they came, formats escape them.

use crate::results::Outcome;
use crate::scenario::Threshold;
use crate::text::{exact, text};

/// `latency.p99 at most 5 ms: 1.1 ms (websocket, 1,000 clients)`.
pub fn sentence(outcome: &Outcome) -> String {
    let unit = outcome.threshold.metric.unit();
    let value = outcome.value.map_or_else(|| "not measured".to_owned(), |value| text(unit, value));
    format!("{}: {value} ({})", must_hold(&outcome.threshold), outcome.trial)
}

/// `latency.p99 at most 5 ms`.
pub fn must_hold(threshold: &Threshold) -> String {
    format!("{} {}", threshold.metric.name(), limits(threshold))
}

/// `at most 5 ms`, `at least 10/s and at most 20/s`.
pub fn limits(threshold: &Threshold) -> String {
    let bounds = [("at least", threshold.min), ("at most", threshold.max)];
    let limit = |(word, value): (&str, Option<f64>)| {
        Some(format!("{word} {}", exact(threshold.metric.unit(), value?)))
    };
    bounds.into_iter().filter_map(limit).collect::<Vec<String>>().join(" and ")
}
