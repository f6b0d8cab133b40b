//! Numbers as charts print them: three digits, SI prefixes.
//!
//! It must not know axes or metrics.

use crate::text::grouped;

/// Three significant digits without idle zeros: `72.7`, `160`, `2`, `0.05`.
pub fn short(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 99.95 || v == 0.0 => 0,
        v if v >= 9.995 => 1,
        v if v >= 0.9995 => 2,
        v => (2.0 - v.log10().floor()).clamp(2.0, 6.0) as usize,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// `72.7 M`, `160 k`, `2`: to be followed by a unit.
pub fn si(value: f64) -> String {
    const PREFIXES: [&str; 7] = ["", " k", " M", " G", " T", " P", " E"];
    let (mut scaled, mut step) = (value, 0);
    while scaled.abs() >= 999.5 && step + 1 < PREFIXES.len() {
        scaled /= 1_000.0;
        step += 1;
    }
    format!("{}{}", short(scaled), PREFIXES[step])
}

/// `si` with a unit: `72.7 Mbit/s`, `23 B`.
pub fn si_unit(value: f64, unit: &str) -> String {
    let text = si(value);
    if text.contains(' ') { format!("{text}{unit}") } else { format!("{text} {unit}") }
}

/// Bytes: `9.1 kB`.
pub fn bytes(value: f64) -> String {
    si_unit(value, "B")
}

/// A share: `12.5 %`.
pub fn percent(share: f64) -> String {
    format!("{} %", short(share * 100.0))
}

/// A duration given in ns: `501 ms`, `1.2 s`, `20 min`, `1 h`.
pub fn duration(ns: f64) -> String {
    const MINUTE: f64 = 60e9;
    match ns {
        v if v < 999.5 => format!("{} ns", short(v)),
        v if v < 999.5e3 => format!("{} µs", short(v / 1e3)),
        v if v < 999.5e6 => format!("{} ms", short(v / 1e6)),
        v if v < 10.0 * MINUTE => format!("{} s", short(v / 1e9)),
        v if v < 60.0 * MINUTE => format!("{} min", short(v / MINUTE)),
        v => format!("{} h", short(v / 60.0 / MINUTE)),
    }
}

/// A duration given in seconds.
pub fn seconds(s: f64) -> String {
    if s == 0.0 { "0".to_owned() } else { duration(s * 1e9) }
}

/// `1 client`, `10,000 clients`.
pub fn in_words(clients: u32) -> String {
    format!("{} client{}", grouped(u64::from(clients)), if clients == 1 { "" } else { "s" })
}

/// A list of at most so many as a line has room for; of more it says how many.
pub fn few(all: &[String]) -> String {
    const ROOM: usize = 4;
    let (shown, rest) = all.split_at(all.len().min(ROOM));
    let more = if rest.is_empty() { String::new() } else { format!(", and {} more", rest.len()) };
    shown.join(", ") + &more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_prefix() {
        let shown: Vec<String> =
            [0.0, 2.0, 16_000.0, 72_720_000.0, 999_999.0, 0.0421].into_iter().map(si).collect();
        assert_eq!(shown, ["0", "2", "16 k", "72.7 M", "1 M", "0.0421"]);
        assert_eq!((si_unit(160e3, "bit/s"), bytes(930.0)), ("160 kbit/s".to_owned(), "930 B".to_owned()));
    }

    #[test]
    fn durations_from_ns_to_hours() {
        let shown: Vec<String> =
            [1.0, 1_500.0, 2e6, 501e6, 1.2e9, 3600e9].into_iter().map(duration).collect();
        assert_eq!(shown, ["1 ns", "1.5 µs", "2 ms", "501 ms", "1.2 s", "1 h"]);
    }
}
