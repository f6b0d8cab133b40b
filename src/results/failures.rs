//! Failures in words: kinds, what exactly they were, what to do about it. The verdict and every format say it so.

use crate::meter::Failures;
use crate::text::grouped;

/// `20 status, 3 tls (20 x 401, 3 x certificate expired): what to do about it`; empty when nothing failed. Names may hold
/// what a server said: whoever shows it escapes it.
pub fn said(failures: &Failures) -> String {
    let kinds = failures.each().filter(|(_, count)| *count > 0);
    let kinds: Vec<String> =
        kinds.map(|(kind, count)| format!("{} {}", grouped(count), kind.name())).collect();
    let exactly: Vec<String> =
        failures.each_in_words().map(|(name, count)| format!("{} x {name}", grouped(count))).collect();
    let mut words = kinds.join(", ");
    if !exactly.is_empty() {
        words += &format!(" ({})", exactly.join(", "));
    }
    match failures.reasons.remedy() {
        Some(remedy) => words + ": " + remedy,
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_then_what_exactly_then_the_remedy() {
        let mut failures = Failures { status: 1_234, timeout: 2, ..Failures::default() };
        assert_eq!(said(&failures), "2 timeout, 1,234 status");
        (0..2).for_each(|_| failures.reasons.add("429"));
        let expected =
            "2 timeout, 1,234 status (2 x 429): the server limits the rate: a smaller load, or another limit";
        assert_eq!(said(&failures), expected);
    }
}
