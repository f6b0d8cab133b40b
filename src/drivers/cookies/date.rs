//! The date of a cookie's end, as browsers read it (RFC 6265 §5.1.1): tokens in any order, most of them optional.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// Between the tokens: all but digits, letters, `:` and what is beyond ASCII.
fn separates(c: char) -> bool {
    c.is_ascii() && !c.is_ascii_alphanumeric() && c != ':'
}

/// How far off that date is; `Some(None)` where it is past, `None` where it is no date.
pub(super) fn from_now(text: &str) -> Option<Option<Duration>> {
    let ends = seconds(text)?;
    #[allow(clippy::disallowed_methods, reason = "a server names a date; nothing is measured by it")]
    let today = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let left = u64::try_from(ends).unwrap_or_default().saturating_sub(today);
    Some((left > 0).then(|| Duration::from_secs(left)))
}

/// Seconds since 1970.
fn seconds(text: &str) -> Option<i64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(separates).filter(|token| !token.is_empty()) {
        if time.is_none() && token.contains(':') {
            time = Some(clock(token)?);
        } else if day.is_none() && digits(token) <= 2 && digits(token) > 0 {
            day = number(token);
        } else if month.is_none() && month_of(token).is_some() {
            month = month_of(token);
        } else if year.is_none() && digits(token) >= 2 {
            year = number(token);
        }
    }
    let year = match year? {
        year @ 70..=99 => year + 1900,
        year @ 0..=69 => year + 2000,
        year => year,
    };
    let (day, month) = (day?, month?);
    let good = (1..=31).contains(&day) && (1601..=9999).contains(&year);
    good.then_some(days(year, month, day) * 86_400 + time?)
}

/// How many digits a token begins with.
fn digits(token: &str) -> usize {
    token.bytes().take_while(u8::is_ascii_digit).count()
}

fn number(token: &str) -> Option<i64> {
    token.get(..digits(token).min(4))?.parse().ok()
}

fn month_of(token: &str) -> Option<i64> {
    let word = token.get(..3)?.to_ascii_lowercase();
    Some(MONTHS.iter().position(|month| *month == word)? as i64 + 1)
}

/// `hh:mm:ss`, in seconds.
fn clock(token: &str) -> Option<i64> {
    let mut parts = token.split(':').map(number);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let good = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    good.then_some((hour * 60 + minute) * 60 + second)
}

/// Days from 1970 to a date of the Gregorian calendar; years begin in March, so that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_servers_write_them() {
        for (text, expected) in [
            ("Wed, 09 Jun 2021 10:18:14 GMT", Some(1_623_233_894)),
            ("Wed, 09-Jun-21 10:18:14 GMT", Some(1_623_233_894)),
            ("Wed Jun  9 10:18:14 2021", Some(1_623_233_894)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Thu, 29 Feb 2024 00:00:00 GMT", Some(1_709_164_800)),
            ("Fri, 31 Dec 1999 23:59:59 GMT", Some(946_684_799)),
            ("09 Jun 2021", None),
            ("10:18:14", None),
            ("32 Jun 2021 10:18:14", None),
            ("9 Jun 2021 25:18:14", None),
            ("0", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
        assert_eq!(from_now("Thu, 01 Jan 1970 00:00:00 GMT"), Some(None));
        assert!(from_now("Fri, 31 Dec 9999 23:59:59 GMT").flatten().is_some());
    }
}
