//! Units as people write them: "250ms", "4KiB", "100/s", "10k"; reading and writing side by side.
//!
//! Exact arithmetic on decimals, so "0.1s" is 100 ms and nothing else. It must not know which key a text
//! belongs to; errors are half sentences that follow "is not a duration: ".

use std::time::Duration;

/// A decimal number as written: `digits / 10^scale`.
#[derive(Clone, Copy)]
struct Decimal {
    digits: u128,
    scale: u32,
}

/// More digits than any quantity here needs, few enough for the product with any unit to fit.
const MOST_DIGITS: u32 = 20;

const NANOSECONDS: &[(&str, u128)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("sec", SECOND),
    ("m", 60 * SECOND),
    ("min", 60 * SECOND),
    ("h", 3_600 * SECOND),
    ("d", 86_400 * SECOND),
    ("day", 86_400 * SECOND),
    ("days", 86_400 * SECOND),
];
const SECOND: u128 = 1_000_000_000;

const BYTES: &[(&str, u128)] = &[
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

const THINGS: &[(&str, u128)] = &[("", 1), ("k", 1_000), ("K", 1_000), ("M", 1_000_000)];

/// Seconds in the period behind the stroke of a rate.
const PERIODS: &[(&str, f64)] =
    &[("s", 1.0), ("sec", 1.0), ("m", 60.0), ("min", 60.0), ("h", 3_600.0), ("hour", 3_600.0)];

impl Decimal {
    /// The number at the head of `text`, and what follows it.
    fn read(text: &str) -> Result<(Decimal, &str), String> {
        let (mut number, mut seen, mut point) = (Decimal { digits: 0, scale: 0 }, 0, false);
        let mut end = text.len();
        for (at, c) in text.char_indices() {
            match c.to_digit(10) {
                Some(digit) => {
                    seen += 1;
                    number.digits = number.digits * 10 + u128::from(digit);
                    number.scale += u32::from(point);
                }
                None if c == '.' && seen > 0 && !point => point = true,
                None if c == '_' && seen > 0 => {}
                None => {
                    end = at;
                    break;
                }
            }
            if seen > MOST_DIGITS {
                return Err(format!("more than {MOST_DIGITS} digits"));
            }
        }
        let (head, rest) = text.split_at(end);
        match (seen, head.ends_with(['.', '_'])) {
            (0, _) if text.starts_with('-') => Err("it is negative".to_owned()),
            (0, _) => Err("it does not begin with a number".to_owned()),
            (_, true) => Err("a digit is missing".to_owned()),
            _ => Ok((number, rest)),
        }
    }

    /// The whole number of `unit`s' parts; `None` when it is not whole.
    fn times(self, unit: u128) -> Option<u128> {
        let (product, divisor) = (self.digits * unit, 10u128.pow(self.scale));
        product.is_multiple_of(divisor).then_some(product / divisor)
    }

    fn value(self) -> f64 {
        self.digits as f64 / 10f64.powi(self.scale.cast_signed())
    }
}

fn units(known: &[(&str, u128)]) -> String {
    // The first spelling of each is enough.
    let first = |i: &usize| !known[..*i].iter().any(|(_, factor)| *factor == known[*i].1);
    let names = (0..known.len()).filter(first).map(|i| known[i].0).filter(|name| !name.is_empty());
    names.collect::<Vec<_>>().join(", ")
}

/// One number with its unit, and what follows.
fn part<'a>(text: &'a str, known: &[(&str, u128)], smallest: &str) -> Result<(u128, &'a str), String> {
    let (number, rest) = Decimal::read(text)?;
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    let Some((_, factor)) = known.iter().find(|(name, _)| *name == unit) else {
        let what =
            if unit.is_empty() { "the unit is missing".to_owned() } else { format!("no unit `{unit}`") };
        return Err(format!("{what} (units: {})", units(known)));
    };
    let value = number.times(*factor).ok_or_else(|| format!("it is finer than {smallest}"))?;
    Ok((value, rest.trim_start()))
}

fn whole(text: &str, known: &[(&str, u128)], smallest: &str) -> Result<u64, String> {
    let (value, rest) = part(text.trim(), known, smallest)?;
    if !rest.is_empty() {
        return Err(format!("nothing was expected behind the unit, but there is `{rest}`"));
    }
    u64::try_from(value).map_err(|_| "it is too large".to_owned())
}

/// Reads "250ms", "0.5s", "1h 30m".
///
/// # Errors
/// No number, no or an unknown unit, finer than a nanosecond, longer than 584 years.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (mut sum, mut rest) = part(text.trim(), NANOSECONDS, "a nanosecond")?;
    while !rest.is_empty() {
        let (more, behind) = part(rest, NANOSECONDS, "a nanosecond")?;
        sum = sum.checked_add(more).ok_or("it is too large")?;
        rest = behind;
    }
    let nanos = u64::try_from(sum).map_err(|_| "it is too large".to_owned())?;
    Ok(Duration::from_nanos(nanos))
}

/// Reads "21B", "4KiB", "1.5MB" as bytes.
///
/// # Errors
/// No number, no or an unknown unit, not a whole number of bytes, too large.
pub fn size(text: &str) -> Result<u64, String> {
    whole(text, BYTES, "a byte")
}

/// Reads "10k", "1_000", "1.5M".
///
/// # Errors
/// No number, an unknown unit, not a whole number, too large.
pub fn count(text: &str) -> Result<u64, String> {
    whole(text, THINGS, "one")
}

/// Reads "100/s", "5k/s", "30/min" as things a second.
///
/// # Errors
/// No number, no "/s" behind it.
pub fn rate(text: &str) -> Result<f64, String> {
    let missing = || "\"/s\" is missing (or /min, /h)".to_owned();
    let (amount, period) = text.trim().split_once('/').ok_or_else(missing)?;
    let (number, prefix) = Decimal::read(amount.trim())?;
    let (_, factor) = find(THINGS, prefix.trim())?;
    let (_, seconds) = find(PERIODS, period.trim())?;
    Ok(number.value() * *factor as f64 / seconds)
}

/// Reads "1 %" or "0.01" as a share of 1.
///
/// # Errors
/// No number, something else than "%" behind it.
pub fn ratio(text: &str) -> Result<f64, String> {
    let (number, unit) = Decimal::read(text.trim())?;
    let (_, divisor) = find(&[("", 1.0), ("%", 100.0)], unit.trim())?;
    Ok(number.value() / divisor)
}

/// Reads "160kbit/s", "10 Mbit/s" as bits a second.
///
/// # Errors
/// No number, an unknown unit.
pub fn bit_rate(text: &str) -> Result<f64, String> {
    let (number, unit) = Decimal::read(text.trim())?;
    let known = &[("bit/s", 1.0), ("kbit/s", 1e3), ("Mbit/s", 1e6), ("Gbit/s", 1e9)];
    Ok(number.value() * find(known, unit.trim())?.1)
}

fn find<'a, T>(known: &'a [(&str, T)], unit: &str) -> Result<&'a (&'a str, T), String> {
    let names =
        || known.iter().map(|(name, _)| *name).filter(|n| !n.is_empty()).collect::<Vec<_>>().join(", ");
    known.iter().find(|(name, _)| *name == unit).ok_or_else(|| match unit {
        "" => format!("the unit is missing (units: {})", names()),
        _ => format!("no unit `{unit}` (units: {})", names()),
    })
}

/// Writes a duration so that [`duration`] reads it back, with all its digits: "1.05s", "1m 30s", "7d".
pub fn show_duration(value: Duration) -> String {
    let (mut rest, mut parts) = (value.as_nanos(), Vec::new());
    for name in ["d", "h", "m"] {
        let unit = nanoseconds(name);
        if rest >= unit {
            parts.push(format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    if rest > 0 {
        let below = ["s", "ms", "us"].into_iter().find(|name| rest >= nanoseconds(name)).unwrap_or("ns");
        parts.push(decimal(rest, nanoseconds(below)) + below);
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

fn nanoseconds(name: &str) -> u128 {
    NANOSECONDS.iter().find(|(unit, _)| *unit == name).map_or(1, |(_, factor)| *factor)
}

/// `value / unit` in decimal; a unit is a power of ten.
fn decimal(value: u128, unit: u128) -> String {
    let digits = unit.ilog10() as usize;
    let text = format!("{}.{:0digits$}", value / unit, value % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Writes bytes so that [`size`] reads them back, in the largest unit that divides them: "4KiB".
pub fn show_size(bytes: u64) -> String {
    let divides = |(_, unit): &&(&str, u128)| u128::from(bytes).is_multiple_of(*unit);
    match BYTES.iter().rev().find(divides) {
        Some((name, unit)) if bytes > 0 => format!("{}{name}", u128::from(bytes) / unit),
        _ => format!("{bytes}B"),
    }
}

/// Writes a count so that [`count`] reads it back: "1_000_000".
pub fn show_count(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join("_")
}

/// Writes a rate so that [`rate`] reads it back: "5000/s".
pub fn show_rate(per_second: f64) -> String {
    format!("{per_second}/s")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations() {
        let good = [("250ms", 250_000_000), ("0.5s", 500_000_000), ("1h 30m", 5_400_000_000_000), ("0s", 0)];
        for (text, ns) in good {
            assert_eq!(duration(text), Ok(Duration::from_nanos(ns)), "{text}");
        }
        for bad in [
            "",
            "1",
            "s",
            "-1s",
            "1.s",
            "1_s",
            "0.5ns",
            "1fortnight",
            "nan",
            "inf",
            "1s x",
            "999999999d",
            "1e9s",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_are_written_as_people_write_them() {
        let shown = [
            (0, "0s"),
            (5, "5ns"),
            (333_333_333, "333.333333ms"),
            (1_050_000_000, "1.05s"),
            (90_000_000_000, "1m 30s"),
            (90_500_000_000, "1m 30.5s"),
            (604_800_000_000_000, "7d"),
        ];
        for (ns, text) in shown {
            assert_eq!(show_duration(Duration::from_nanos(ns)), text);
        }
    }

    #[test]
    fn sizes_rates_counts() {
        assert_eq!(size("4KiB"), Ok(4096));
        assert_eq!(size("1.5MB"), Ok(1_500_000));
        assert_eq!(size("1.5B").unwrap_err(), "it is finer than a byte");
        assert_eq!(rate("30/min"), Ok(0.5));
        assert_eq!(rate("5k/s"), Ok(5_000.0));
        assert_eq!(rate("5").unwrap_err(), "\"/s\" is missing (or /min, /h)");
        assert_eq!(count("10k"), Ok(10_000));
        assert_eq!(count("1_000"), Ok(1_000));
        assert_eq!(ratio("1 %"), Ok(0.01));
        assert_eq!(bit_rate("160kbit/s"), Ok(160_000.0));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = (duration(&text), size(&text), rate(&text), count(&text), ratio(&text), bit_rate(&text));
        }

        #[test]
        fn what_is_shown_is_read_back(n: u64) {
            let below_a_month = Duration::from_nanos(n % 2_600_000_000_000_000);
            prop_assert_eq!(duration(&show_duration(below_a_month)), Ok(below_a_month));
            prop_assert_eq!(size(&show_size(n)), Ok(n));
        }
    }
}
