//! Numbers and lists as charts print them.
//!
//! It must not know axes or metrics.

pub use crate::text::{Unit, count, text};

/// A round value of an axis: without idle zeros.
pub fn tick(unit: Unit, value: f64) -> String {
    let shown = crate::text::show(unit, Some(value), None);
    let number = match shown.number.contains('.') {
        true => shown.number.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => shown.number,
    };
    if shown.unit.is_empty() || value == 0.0 { number } else { format!("{number} {}", shown.unit) }
}

/// All of a few, `22.8 Mbit/s (polling 1s), 27.1 Mbit/s (websocket)`; of many the least and the most.
pub fn listed(each: &[(f64, &str)], show: impl Fn(f64) -> String) -> String {
    const ROOM: usize = 5;
    // No line is broken within one.
    let one = |(value, name): &(f64, &str)| format!("{} ({name})", show(*value)).replace(' ', "\u{a0}");
    match each {
        [least, .., most] if each.len() > ROOM => format!("{} to {}", one(least), one(most)),
        _ => each.iter().map(one).collect::<Vec<String>>().join(", "),
    }
}

/// A ratio at a logarithmic axis: `1/100`, `1`, `10`.
pub fn fraction(ratio: f64) -> String {
    let whole = |value: f64| tick(Unit::Count, value);
    if ratio < 0.9995 { format!("1/{}", whole(1.0 / ratio)) } else { whole(ratio) }
}

/// A ratio in a sentence: `1/455 of it`, `2.1 times as much`.
pub fn of_it(ratio: f64) -> String {
    let times = |ratio: f64| crate::text::times(ratio).trim_end_matches('x').to_owned();
    if ratio < 1.0 { format!("1/{} of it", times(1.0 / ratio)) } else { format!("{} times as much", times(ratio)) }
}

/// A ratio beside its mark: `1`, `0.148`, `2.13`, `1/455`.
pub fn times(ratio: f64) -> String {
    match ratio {
        few if few < 0.095 => format!("1/{}", crate::text::times(1.0 / few).trim_end_matches('x')),
        ratio if ratio < 9.995 => format!("{ratio:.2}"),
        ratio => crate::text::times(ratio).trim_end_matches('x').to_owned(),
    }
}
