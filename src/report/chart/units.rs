//! Numbers and lists where a chart has them otherwise than prose: at axes, beside marks, in a finding of many names.
//!
//! It must not know axes or metrics. What a number looks like, `text` says.

pub use crate::text::{Unit, count, ratio, text};
use crate::text::{show, significant};

/// A round value of an axis: without idle zeros, and without what every value of the axis has.
pub fn tick(unit: Unit, value: f64) -> String {
    let mut shown = show(unit, Some(value), None);
    if shown.number.contains('.') {
        shown.number.truncate(shown.number.trim_end_matches('0').trim_end_matches('.').len());
    }
    if value == 0.0 { shown.number } else { shown.joined() }
}

/// All of a few, `22.8 Mbit/s (polling 1s), 27.1 Mbit/s (websocket)`; of many the first and the last.
pub fn listed<Name: std::fmt::Display>(each: &[(f64, Name)], show: impl Fn(f64) -> String) -> String {
    const ROOM: usize = 5;
    // No line is broken within one.
    let one = |(value, name): &(f64, Name)| format!("{} ({name})", show(*value)).replace(' ', "\u{a0}");
    match each {
        [first, .., last] if each.len() > ROOM => format!("{} to {}", one(first), one(last)),
        _ => each.iter().map(one).collect::<Vec<String>>().join(", "),
    }
}

/// A ratio at a logarithmic axis: `1/100`, `1`, `10`.
pub fn fraction(ratio: f64) -> String {
    if ratio < 0.9995 { format!("1/{}", significant(1.0 / ratio)) } else { significant(ratio) }
}
