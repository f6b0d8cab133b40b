//! Lines of a given width: wrapping prose, padding by the width that a terminal shows.
//!
//! It must not know what the words mean. Text comes here escaped.

use unicode_width::UnicodeWidthStr as _;

/// Columns that a terminal takes for `text`.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` with spaces before it, `columns` wide at least.
pub fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` with spaces behind it, `columns` wide at least.
pub fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` in the middle of `columns`.
pub fn centred(text: &str, columns: usize) -> String {
    let before = columns.saturating_sub(width(text)) / 2;
    left(&format!("{}{text}", " ".repeat(before)), columns)
}

/// Breaks at spaces, so that no line is wider than `columns`, but for a single word that is. The first line
/// begins with `first`, the others with `rest`.
pub fn wrap(text: &str, columns: usize, first: &str, rest: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in words(text) {
        if !empty && width(&line) + 1 + width(&word) > columns {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(&word);
        empty = false;
    }
    lines.push(line);
    lines
}

/// What a number keeps to its right.
const UNITS: [&str; 12] = ["ns", "us", "ms", "s", "B", "kB", "MB", "GB", "%", "kbit/s", "Mbit/s", "Gbit/s"];

/// The words of a text; a number and its unit are one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let bare = word.trim_end_matches(['.', ',', ';', ':', ')']);
        match words.last_mut() {
            Some(number) if UNITS.contains(&bare) && number.ends_with(|c: char| c.is_ascii_digit()) => {
                *number += &format!(" {word}");
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_the_width_that_is_shown() {
        assert_eq!(wrap("ab cd ef", 7, "- ", "  "), ["- ab cd", "  ef"]);
        assert_eq!(wrap("verylongword x", 4, "", ""), ["verylongword", "x"]);
        assert_eq!(wrap("within 99 %, 5 ms", 9, "", ""), ["within", "99 %,", "5 ms"]);
        assert_eq!(wrap("", 4, "", ""), [""]);
        assert_eq!(
            (right("é", 3), left("–", 2), centred("p", 4)),
            ("  é".into(), "– ".into(), " p  ".into())
        );
    }
}
