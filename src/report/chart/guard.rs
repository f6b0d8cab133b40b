//! What may reach a drawing: finite numbers, non-empty ranges, short and harmless text. plotters never ends on
//! an empty log range or an infinite axis, so no chart makes a range without these.
//!
//! It must not know what is drawn. Its other ends are `scale` (ranges) and `sheet` (text, coordinates).

use crate::scenario::is_invisible;

/// The largest number that an axis may carry; far above any measurement, far below overflow.
const MOST: f64 = 1e21;
/// The smallest positive number on a log axis.
const LEAST: f64 = 1e-9;

/// `value`, if it is a number that can be drawn: finite, not negative, not absurd.
pub fn sane(value: f64) -> Option<f64> {
    (value.is_finite() && (0.0..=MOST).contains(&value)).then_some(value)
}

/// 0 to the largest sane value; 0 to 1 when there is none above 0.
pub fn linear_range(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let top = values.into_iter().filter_map(sane).fold(0.0, f64::max);
    (0.0, if top > 0.0 { top } else { 1.0 })
}

/// The smallest and the largest positive sane value, widened where they lie too close for an axis; 1 to 10
/// when there is none.
pub fn log_range(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let positive = values.into_iter().filter_map(sane).filter(|&v| v >= LEAST);
    let (low, high) = positive.fold((f64::INFINITY, 0.0), |(low, high), v| (v.min(low), v.max(high)));
    if low > high {
        return (1.0, 10.0);
    }
    if high / low < 3.0 { (low / 2.0, high * 2.0) } else { (low, high) }
}

/// `text` fit for an image: nothing that XML forbids, no control or direction marks, spaces folded but for those at which no
/// line is broken, at most `most` characters.
pub fn clean(text: &str, most: usize) -> String {
    let shown: String = text
        .chars()
        .map(|c| if c.is_whitespace() && c != '\u{a0}' { ' ' } else { c })
        .filter(|&c| visible(c))
        .collect();
    let folded = shown.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if folded.chars().count() <= most {
        return folded;
    }
    let cut: String = folded.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

/// `text`, clean; of a longer one its begin and its end, for names differ in either.
pub fn shortened(text: &str, most: usize) -> String {
    let whole: Vec<char> = clean(text, usize::MAX).chars().collect();
    if whole.len() <= most {
        return whole.into_iter().collect();
    }
    let (begin, end) = (&whole[..most / 2], &whole[whole.len() - most.saturating_sub(1) / 2..]);
    begin.iter().chain(&['…']).chain(end).collect()
}

fn visible(c: char) -> bool {
    // The last two of each plane are no characters; XML 1.0 refuses U+FFFE and U+FFFF.
    let nothing = (c as u32) & 0xFFFE == 0xFFFE || ('\u{FDD0}'..='\u{FDEF}').contains(&c);
    !c.is_control() && !is_invisible(c) && !nothing
}

/// `text` as XML character data.
pub fn escape_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: [f64; 6] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, f64::MAX, f64::MIN_POSITIVE];

    #[test]
    fn every_range_can_be_drawn() {
        let lists: [&[f64]; 5] = [&[], &[0.0], &[5.0, 5.0], &[1e-300, 1e300], &HOSTILE];
        for list in lists {
            let (low, high) = linear_range(list.iter().copied());
            assert!(low == 0.0 && high > 0.0 && high.is_finite(), "{list:?}");
            let (low, high) = log_range(list.iter().copied());
            assert!(low > 0.0 && high / low >= 2.0 && high.is_finite(), "{list:?}");
        }
        assert_eq!(log_range([2.0, 300.0, f64::NAN]), (2.0, 300.0));
    }

    #[test]
    fn text_is_short_and_harmless() {
        assert_eq!(clean("a\u{0}b\tc\r\n  d\u{202E}\u{61C}\u{AD}e\u{FFFE}", 99), "ab c de");
        assert_eq!((clean("abcdefgh", 5), shortened("abcdefgh", 5)), ("abcd…".into(), "ab…gh".into()));
        assert_eq!(clean("\u{1b}[31mred", 99), "[31mred");
        assert_eq!(escape_xml("<a&b>"), "&lt;a&amp;b&gt;");
    }
}
