//! How a number is written: three significant digits, the SI prefix that keeps them, one unit down a column where the values
//! compare.
//!
//! It must not know which number it writes.

use std::time::Duration;

use super::words::grouped;

/// The base unit of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds.
    Nanoseconds,
    /// Bytes.
    Bytes,
    /// Bits per second.
    BitsPerSecond,
    /// A share: 1.0 is all of it.
    Ratio,
    /// A number of things.
    Count,
    /// Things per second.
    PerSecond,
    /// CPU seconds.
    CpuSeconds,
}

impl Unit {
    /// The base unit's sign, beside numbers in JSON.
    pub fn sign(self) -> &'static str {
        match self {
            Unit::Nanoseconds => "ns",
            Unit::CpuSeconds => "s",
            Unit::Bytes => "B",
            Unit::BitsPerSecond => "bit/s",
            Unit::Ratio => "ratio",
            Unit::Count => "count",
            Unit::PerSecond => "1/s",
        }
    }
}

/// One way to scale a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// One of it in base units: 1e6 for ms in ns.
    pub factor: f64,
    /// What stands behind the number in a table: `ms`, `kB`, `M`.
    pub suffix: &'static str,
}

/// A number and what stands behind it, apart, so that a table can line them up.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Shown {
    /// `72.7`, or `-` where nothing was measured.
    pub number: String,
    /// `M`, or empty.
    pub unit: &'static str,
}

impl Shown {
    /// Of what was not measured.
    pub fn nothing() -> Shown {
        Shown { number: "-".to_owned(), unit: "" }
    }

    /// Both, with a space between where there is a unit.
    pub fn joined(&self) -> String {
        if self.unit.is_empty() { self.number.clone() } else { format!("{} {}", self.number, self.unit) }
    }
}

const fn scale(factor: f64, suffix: &'static str) -> Scale {
    Scale { factor, suffix }
}

const TIMES: &[Scale] = &[scale(1.0, "ns"), scale(1e3, "µs"), scale(1e6, "ms"), scale(1e9, "s")];
/// From ten of them on, people count in these.
const LONG_TIMES: [Scale; 2] = [scale(3_600e9, "h"), scale(60e9, "min")];
const BYTES: &[Scale] =
    &[scale(1.0, "B"), scale(1e3, "kB"), scale(1e6, "MB"), scale(1e9, "GB"), scale(1e12, "TB")];
const PLAIN: &[Scale] =
    &[scale(1.0, ""), scale(1e3, "k"), scale(1e6, "M"), scale(1e9, "G"), scale(1e12, "T")];
const RATIO: &[Scale] = &[scale(0.01, "%")];
const COUNT: &[Scale] = &[scale(1.0, "")];
const CPU: &[Scale] = &[scale(1e-6, "µs"), scale(1e-3, "ms"), scale(1.0, "s")];

fn scales(unit: Unit) -> &'static [Scale] {
    match unit {
        Unit::Nanoseconds => TIMES,
        Unit::Bytes => BYTES,
        Unit::BitsPerSecond | Unit::PerSecond => PLAIN,
        Unit::Ratio => RATIO,
        Unit::Count => COUNT,
        Unit::CpuSeconds => CPU,
    }
}

/// The natural scale of one value (base units): the largest of which it is one, once it is rounded to three digits.
pub fn natural(unit: Unit, value: f64) -> Scale {
    let long =
        LONG_TIMES.iter().find(|scale| unit == Unit::Nanoseconds && value.abs() >= 10.0 * scale.factor);
    let scales = scales(unit);
    let fits = |scale: &&Scale| value.abs() >= 0.9995 * scale.factor;
    *long.or_else(|| scales.iter().rev().find(fits)).unwrap_or(&scales[0])
}

/// One scale for all values of a column (base units), if there is one in which the smallest keeps its three digits; otherwise
/// each keeps its own. Durations always keep their own, so that a table and the sentence below it write the same.
pub fn shared(unit: Unit, values: impl IntoIterator<Item = f64>) -> Option<Scale> {
    let values: Vec<f64> = values.into_iter().filter(|v| v.is_finite() && *v > 0.0).collect();
    let most = values.iter().copied().reduce(f64::max)?;
    let least = values.iter().copied().reduce(f64::min)?;
    let scale = natural(unit, most);
    (unit != Unit::Nanoseconds && (least >= 0.1 * scale.factor || scale == scales(unit)[0])).then_some(scale)
}

/// A value (base units) in `scale`, or in its own; `-` for what was not measured.
pub fn show(unit: Unit, value: Option<f64>, scale: Option<Scale>) -> Shown {
    let Some(value) = value.filter(|v| v.is_finite()) else { return Shown::nothing() };
    if unit == Unit::Count {
        return Shown { number: grouped(value.round().max(0.0) as u64), unit: "" };
    }
    let own = natural(unit, value);
    match scale {
        Some(scale) => Shown { number: in_column(value / scale.factor), unit: scale.suffix },
        None => Shown { number: significant(value / own.factor), unit: own.suffix },
    }
}

/// A value (base units) in its own scale, with its whole unit: for a table in which no head says the unit.
pub fn alone(unit: Unit, value: Option<f64>) -> Shown {
    let shown = show(unit, value, None);
    let whole = match (unit, shown.unit) {
        _ if shown.number == "-" => "",
        (Unit::BitsPerSecond, "") => "bit/s",
        (Unit::BitsPerSecond, "k") => "kbit/s",
        (Unit::BitsPerSecond, "M") => "Mbit/s",
        (Unit::BitsPerSecond, "G") => "Gbit/s",
        (Unit::BitsPerSecond, "T") => "Tbit/s",
        (Unit::PerSecond, "") => "/s",
        (Unit::PerSecond, "k") => "k/s",
        (Unit::PerSecond, "M") => "M/s",
        (Unit::PerSecond, "G") => "G/s",
        (Unit::PerSecond, "T") => "T/s",
        (_, other) => other,
    };
    Shown { unit: whole, ..shown }
}

/// A value (base units) with its unit, for prose: `310 µs`, `72.7 Mbit/s`, `9.10 kB`.
pub fn text(unit: Unit, value: f64) -> String {
    // No three digits of a share so small are worth reading.
    if unit == Unit::Ratio && value > 0.0 && value < 1e-4 {
        return "<0.01 %".to_owned();
    }
    with_sign(unit, &show(unit, Some(value), None))
}

/// A value (base units) that somebody has chosen, with all its digits: `1.05 s`, `0.1 %`, `12,000`.
pub fn exact(unit: Unit, value: f64) -> String {
    if unit == Unit::Count && value.fract() == 0.0 {
        return text(unit, value);
    }
    let scale = natural(unit, value);
    // What is left of a division by 0.01 or 1e6 is no digit of anybody's.
    let number = ((value / scale.factor) * 1e9).round() / 1e9;
    with_sign(unit, &Shown { number: number.to_string(), unit: scale.suffix })
}

fn with_sign(unit: Unit, shown: &Shown) -> String {
    match unit {
        Unit::BitsPerSecond => format!("{} {}bit/s", shown.number, shown.unit),
        Unit::PerSecond => shown.joined() + "/s",
        _ => shown.joined(),
    }
}

/// A duration, for prose: `333 ms`, `1.05 s`, `20 min`.
pub fn time(time: Duration) -> String {
    text(Unit::Nanoseconds, time.as_nanos() as f64)
}

/// A duration in seconds, for prose.
pub fn seconds(s: f64) -> String {
    text(Unit::Nanoseconds, s * 1e9)
}

/// A duration in nanoseconds, for prose.
pub fn nanos(ns: f64) -> String {
    text(Unit::Nanoseconds, ns)
}

/// A share of 1, for prose: `31 %`.
pub fn percent(share: f64) -> String {
    text(Unit::Ratio, share)
}

/// How many times: `40x`, `8.6x`.
pub fn times(ratio: f64) -> String {
    match ratio {
        ratio if ratio >= 1_000.0 => format!("{}x", grouped(ratio.round() as u64)),
        ratio if ratio >= 9.95 => format!("{ratio:.0}x"),
        ratio => format!("{ratio:.1}x"),
    }
}

/// How many times, where it may be about once: `1.00x`, `2.13x`, `40x`.
pub fn factor(ratio: f64) -> String {
    if ratio >= 9.995 { times(ratio) } else { format!("{ratio:.2}x") }
}

/// What part or how many times another number is: `1/455`, `0.148`, `1`, `2.13`, `40`.
pub fn ratio(ratio: f64) -> String {
    let whole = |ratio: f64| times(ratio).trim_end_matches('x').to_owned();
    match ratio {
        ratio if ratio <= 0.0 => "0".to_owned(),
        ratio if ratio < 0.1 => format!("1/{}", whole(1.0 / ratio)),
        ratio if ratio < 9.995 => significant(ratio),
        ratio => whole(ratio),
    }
}

/// Three significant digits without a unit: `0.0247`, `1`, `12.5`, `1,230`.
pub fn significant(value: f64) -> String {
    let size = value.abs();
    if size >= 999.5 {
        return grouped(size.round() as u64);
    }
    if (value - value.round()).abs() < 1e-9 {
        return format!("{:.0}", value.round() + 0.0);
    }
    // The decade of the value once it is rounded: 0.9996 is 1.00.
    let decade = (size * 1.0005).log10().floor();
    let decimals = (2.0 - decade).clamp(0.0, 9.0) as usize;
    format!("{value:.decimals$}")
}

/// Three digits, three behind the point at most; a whole number without a point.
fn in_column(value: f64) -> String {
    match value.abs() {
        size if size > 0.0 && size < 0.0005 => "<0.001".to_owned(),
        size if size > 0.0 && size < 0.09995 => format!("{value:.3}"),
        _ => significant(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose() {
        let table = [
            (Unit::Nanoseconds, 310_000.0, "310 µs"),
            (Unit::Nanoseconds, 94_000.0, "94 µs"),
            (Unit::Nanoseconds, 7.0, "7 ns"),
            (Unit::Nanoseconds, 501_219_327.0, "501 ms"),
            (Unit::Nanoseconds, 999_600_000.0, "1.00 s"),
            (Unit::Nanoseconds, 90e9, "90 s"),
            (Unit::Nanoseconds, 1_200e9, "20 min"),
            (Unit::Nanoseconds, 36_000e9, "10 h"),
            (Unit::Nanoseconds, 0.0, "0 ns"),
            (Unit::Bytes, 23.0, "23 B"),
            (Unit::Bytes, 23.04, "23.0 B"),
            (Unit::Bytes, 930.0, "930 B"),
            (Unit::Bytes, 999.7, "1.00 kB"),
            (Unit::Bytes, 9_100.0, "9.10 kB"),
            (Unit::Bytes, 1.5e15, "1,500 TB"),
            (Unit::BitsPerSecond, 7_200_000.0, "7.20 Mbit/s"),
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
        let chosen = [
            (Unit::Ratio, 1e-6, "0.0001 %"),
            (Unit::Count, 1.1, "1.1"),
            (Unit::Nanoseconds, 1.05e9, "1.05 s"),
        ];
        for (unit, value, expected) in chosen {
            assert_eq!(exact(unit, value), expected);
        }
        assert_eq!(time(Duration::from_nanos(333_333_333)), "333 ms");
    }

    #[test]
    fn one_unit_down_a_column_where_values_compare() {
        let table: [(Unit, &[f64], &[&str]); 9] = [
            (Unit::Nanoseconds, &[5.01e8, 3e5], &["501 ms", "300 µs"]),
            (Unit::Nanoseconds, &[9.9e8, 4e4], &["990 ms", "40 µs"]),
            (Unit::BitsPerSecond, &[7.27e7, 1.6e5], &["72.7 M", "0.160 M"]),
            (Unit::BitsPerSecond, &[3.636e6, 8e3], &["3.64 M", "8 k"]),
            (Unit::Bytes, &[930.0, 0.0], &["930 B", "0 B"]),
            (Unit::Bytes, &[204.0, 862.0, 1_340.0], &["0.204 kB", "0.862 kB", "1.34 kB"]),
            (Unit::Bytes, &[23.0, 1_340.0], &["23 B", "1.34 kB"]),
            (Unit::Bytes, &[1_990.0, 10_700.4], &["1.99 kB", "10.7 kB"]),
            (Unit::Ratio, &[0.491, 0.000_7, 1e-6], &["49.1 %", "0.070 %", "<0.001 %"]),
        ];
        for (unit, values, expected) in table {
            let scale = shared(unit, values.iter().copied());
            let shown: Vec<String> = values.iter().map(|&v| show(unit, Some(v), scale).joined()).collect();
            assert_eq!(shown, expected, "{values:?}");
        }
    }

    #[test]
    fn a_number_alone_has_its_whole_unit() {
        let table = [
            (Unit::BitsPerSecond, Some(1.016e6), "1.02 Mbit/s"),
            (Unit::BitsPerSecond, Some(12.0), "12 bit/s"),
            (Unit::PerSecond, Some(12_345.0), "12.3 k/s"),
            (Unit::Bytes, Some(930.0), "930 B"),
            (Unit::Ratio, Some(0.31), "31 %"),
            (Unit::Count, Some(7.0), "7"),
            (Unit::BitsPerSecond, None, "-"),
        ];
        for (unit, value, expected) in table {
            assert_eq!(alone(unit, value).joined(), expected, "{unit:?} {value:?}");
        }
        // In every scale there is.
        for unit in [Unit::BitsPerSecond, Unit::PerSecond] {
            for value in [1.0, 1e3, 1e6, 1e9, 1e12] {
                assert!(alone(unit, Some(value)).unit.ends_with("/s"), "{unit:?} {value}");
            }
        }
    }

    #[test]
    fn nothing_measured_is_a_dash() {
        for nothing in [None, Some(f64::NAN), Some(f64::INFINITY)] {
            assert_eq!(show(Unit::Bytes, nothing, None).number, "-");
        }
        assert_eq!(shared(Unit::Bytes, []), None);
    }

    #[test]
    fn ratios() {
        let shown = [40.43, 8.55, 1_234.5].map(times);
        assert_eq!(shown, ["40x", "8.6x", "1,235x"]);
        assert_eq!([1.0, 2.126, 40.4].map(factor), ["1.00x", "2.13x", "40x"]);
        assert_eq!(
            [0.0022, 0.0999, 0.148, 1.0, 2.126, 40.4, 0.0].map(ratio),
            ["1/455", "1/10", "0.148", "1", "2.13", "40", "0"]
        );
        let shown = [1.0, 0.024_73, 12.499, 0.9997, 1_234.5, 0.0, 99.97].map(significant);
        assert_eq!(shown, ["1", "0.0247", "12.5", "1.00", "1,235", "0", "100"]);
    }

    proptest::proptest! {
        /// A natural scale leaves one to three digits before the point, and no fourth by rounding.
        #[test]
        fn three_digits_are_enough(value in 1.0_f64..9e14) {
            for unit in [Unit::Bytes, Unit::BitsPerSecond] {
                let shown = show(unit, Some(value), None);
                let significant = shown.number.chars().filter(char::is_ascii_digit).count();
                proptest::prop_assert!(significant <= 3 && !shown.number.contains(','), "{value}: {shown:?}");
            }
        }
    }
}
