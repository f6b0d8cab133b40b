//! How a number is written: SI prefixes, three digits, one unit down a column where the values compare.
//!
//! It must not know which number it writes. Every text output (terminal, Markdown, charts' labels) comes here,
//! so that the same value looks the same everywhere.

use crate::plan::grouped;
use crate::scenario::Unit;

/// One way to scale a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// One of it in base units: 1e6 for ms in ns.
    pub factor: f64,
    /// From this value on (base units) it is the natural one.
    from: f64,
    /// What stands behind the number in a table: `ms`, `kB`, `M`.
    pub suffix: &'static str,
}

/// A number and what stands behind it, apart, so that a table can line them up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// `72.7`, or `-` where nothing was measured.
    pub number: String,
    /// `M`, or empty.
    pub unit: &'static str,
}

const fn scale(factor: f64, from: f64, suffix: &'static str) -> Scale {
    Scale { factor, from, suffix }
}

// The next prefix begins where three digits would round up to it. Milliseconds begin early: 0.31 ms reads
// better beside 501 ms than 310 us.
const DURATIONS: &[Scale] =
    &[scale(1.0, 0.0, "ns"), scale(1e3, 999.5, "us"), scale(1e6, 95_000.0, "ms"), scale(1e9, 999.5e6, "s")];
const BYTES: &[Scale] = &[
    scale(1.0, 0.0, "B"),
    scale(1e3, 999.5, "kB"),
    scale(1e6, 999.5e3, "MB"),
    scale(1e9, 999.5e6, "GB"),
    scale(1e12, 999.5e9, "TB"),
];
const PLAIN: &[Scale] = &[
    scale(1.0, 0.0, ""),
    scale(1e3, 999.5, "k"),
    scale(1e6, 999.5e3, "M"),
    scale(1e9, 999.5e6, "G"),
    scale(1e12, 999.5e9, "T"),
];
const RATIO: &[Scale] = &[scale(0.01, 0.0, "%")];
const COUNT: &[Scale] = &[scale(1.0, 0.0, "")];
const CPU: &[Scale] = &[scale(1e-6, 0.0, "us"), scale(1e-3, 999.5e-6, "ms"), scale(1.0, 0.9995, "s")];

fn scales(unit: Unit) -> &'static [Scale] {
    match unit {
        Unit::Nanoseconds => DURATIONS,
        Unit::Bytes => BYTES,
        Unit::BitsPerSecond | Unit::PerSecond => PLAIN,
        Unit::Ratio => RATIO,
        Unit::Count => COUNT,
        Unit::CpuSeconds => CPU,
    }
}

/// The natural scale of one value (base units).
pub fn natural(unit: Unit, value: f64) -> Scale {
    let scales = scales(unit);
    scales.iter().rev().find(|scale| value.abs() >= scale.from).copied().unwrap_or(scales[0])
}

/// One scale for all values of a column (base units), if there is one in which the smallest keeps its three
/// digits and the largest does not grow too long; otherwise each keeps its own. Durations always keep their own,
/// so that a table and the sentence below it write the same.
pub fn shared(unit: Unit, values: impl IntoIterator<Item = f64>) -> Option<Scale> {
    let longest = match unit {
        Unit::Nanoseconds => return None,
        Unit::Bytes => 99_999.5,
        _ => 9_999.5,
    };
    let values: Vec<f64> = values.into_iter().filter(|v| v.is_finite() && *v > 0.0).collect();
    let most = values.iter().copied().reduce(f64::max)?;
    let least = values.iter().copied().reduce(f64::min)?;
    let scales = scales(unit);
    // Below the least of the scales there is nothing to turn to.
    let keeps = |s: &Scale| least >= s.from || s.factor == scales[0].factor;
    scales.iter().rev().find(|s| keeps(s) && most / s.factor < longest).copied()
}

/// A value (base units) in `scale`, or in its own; `-` for what was not measured.
pub fn show(unit: Unit, value: Option<f64>, scale: Option<Scale>) -> Shown {
    let Some(value) = value.filter(|v| v.is_finite()) else {
        return Shown { number: "-".to_owned(), unit: "" };
    };
    if unit == Unit::Count {
        return Shown { number: grouped(value.round().max(0.0) as u64), unit: "" };
    }
    let scale = match scale {
        Some(scale) if value != 0.0 => scale,
        Some(scale) => return Shown { number: "0".to_owned(), unit: scale.suffix },
        None => natural(unit, value),
    };
    Shown { number: digits(value / scale.factor), unit: scale.suffix }
}

/// A value (base units) with its unit, for prose: `0.31 ms`, `72.7 Mbit/s`, `9.1 kB`.
pub fn text(unit: Unit, value: f64) -> String {
    let shown = show(unit, Some(value), None);
    let tail = match unit {
        Unit::BitsPerSecond => "bit/s",
        Unit::PerSecond => "/s",
        _ => "",
    };
    match (shown.unit, tail) {
        ("", "" | "/s") => shown.number + tail,
        (unit, tail) => format!("{} {unit}{tail}", shown.number),
    }
}

/// How many times: `40x`, `8.6x`.
pub fn times(ratio: f64) -> String {
    if ratio >= 1_000.0 {
        return format!("{}x", grouped(ratio.round() as u64));
    }
    if ratio >= 9.95 { format!("{ratio:.0}x") } else { format!("{ratio:.1}x") }
}

/// Three digits, two behind the point at most; a whole number without a point; `10,700` with one behind three.
fn digits(value: f64) -> String {
    let size = value.abs();
    if !(9_999.5..99_999.5).contains(&size) && (value - value.round()).abs() < 1e-9 * size.max(1.0) {
        return format!("{:.0}", value.round() + 0.0);
    }
    match size {
        _ if (9_999.5..99_999.5).contains(&size) => grouped(size.round() as u64),
        _ if size >= 99.95 => format!("{value:.0}"),
        _ if size >= 9.995 => format!("{value:.1}"),
        _ if size >= 0.005 => format!("{value:.2}"),
        _ => "<0.01".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose() {
        let table = [
            (Unit::Nanoseconds, 310_000.0, "0.31 ms"),
            (Unit::Nanoseconds, 94_000.0, "94 us"),
            (Unit::Nanoseconds, 7.0, "7 ns"),
            (Unit::Nanoseconds, 501_219_327.0, "501 ms"),
            (Unit::Nanoseconds, 999_600_000.0, "1.00 s"),
            (Unit::Nanoseconds, 0.0, "0 ns"),
            (Unit::Bytes, 23.0, "23 B"),
            (Unit::Bytes, 23.04, "23.0 B"),
            (Unit::Bytes, 930.0, "930 B"),
            (Unit::Bytes, 999.7, "1.00 kB"),
            (Unit::Bytes, 9_100.0, "9.10 kB"),
            (Unit::Bytes, 1.5e15, "1500 TB"),
            (Unit::BitsPerSecond, 72_720_000.0, "72.7 Mbit/s"),
            (Unit::BitsPerSecond, 160_000.0, "160 kbit/s"),
            (Unit::BitsPerSecond, 12.0, "12 bit/s"),
            (Unit::PerSecond, 12.0, "12/s"),
            (Unit::PerSecond, 12_345.0, "12.3 k/s"),
            (Unit::Ratio, 0.31, "31 %"),
            (Unit::Ratio, 1.5, "150 %"),
            (Unit::Ratio, 0.000_001, "<0.01 %"),
            (Unit::Count, 1_234_567.0, "1,234,567"),
            (Unit::CpuSeconds, 0.0042, "4.20 ms"),
        ];
        for (unit, value, expected) in table {
            assert_eq!(text(unit, value), expected, "{unit:?} {value}");
        }
    }

    #[test]
    fn one_unit_down_a_column_where_values_compare() {
        let table: [(Unit, &[f64], &[&str]); 11] = [
            (Unit::Nanoseconds, &[5.01e8, 3e5], &["501 ms", "0.30 ms"]),
            (Unit::Nanoseconds, &[2.494e9, 3e5], &["2.49 s", "0.30 ms"]),
            (Unit::Nanoseconds, &[9.9e8, 4e4], &["990 ms", "40 us"]),
            (Unit::BitsPerSecond, &[7.27e7, 1.6e5], &["72.7 M", "160 k"]),
            (Unit::BitsPerSecond, &[3.636e6, 8e3], &["3636 k", "8 k"]),
            (Unit::BitsPerSecond, &[7.27e7, 1.6e4], &["72.7 M", "16 k"]),
            (Unit::Bytes, &[930.0, 0.0], &["930 B", "0 B"]),
            (Unit::Bytes, &[204.0, 862.0, 1_340.0], &["204 B", "862 B", "1340 B"]),
            (Unit::Bytes, &[204.0, 10_700.4], &["204 B", "10,700 B"]),
            (Unit::Bytes, &[1_990.0, 10_700.4], &["1.99 kB", "10.7 kB"]),
            (Unit::Bytes, &[23.0, 1.2e6], &["23 B", "1.20 MB"]),
        ];
        for (unit, values, expected) in table {
            let scale = shared(unit, values.iter().copied());
            let shown: Vec<String> = values
                .iter()
                .map(|&v| show(unit, Some(v), scale))
                .map(|s| format!("{} {}", s.number, s.unit))
                .collect();
            assert_eq!(shown, expected, "{values:?}");
        }
    }

    #[test]
    fn nothing_measured_is_a_dash() {
        for nothing in [None, Some(f64::NAN), Some(f64::INFINITY)] {
            assert_eq!(show(Unit::Bytes, nothing, None).number, "-");
        }
        assert_eq!(shared(Unit::Bytes, []), None);
        assert_eq!(
            (times(40.43), times(8.55), times(1_234.5)),
            ("40x".into(), "8.6x".into(), "1,235x".into())
        );
    }
}
