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

/// Breaks at spaces, so that no line is wider than `columns`, but for a single word that is; a number keeps its unit. The first
/// line begins with `first`, the others with `rest`.
pub fn wrap(text: &str, columns: usize, first: &str, rest: &str) -> Vec<String> {
    let options = textwrap::Options::new(columns)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    if words.is_empty() {
        return vec![first.to_owned()];
    }
    textwrap::wrap(&glued(&words), options).iter().map(|line| line.replace(GLUE, " ")).collect()
}

/// A space at which no line is broken.
const GLUE: char = '\u{a0}';

/// What a number keeps to its right.
const UNITS: [&str; 15] =
    ["ns", "µs", "ms", "s", "min", "h", "B", "kB", "MB", "GB", "%", "bit/s", "kbit/s", "Mbit/s", "Gbit/s"];

fn glued(words: &[&str]) -> String {
    let mut text = String::new();
    for word in words {
        let bare = word.trim_end_matches(['.', ',', ';', ':', ')']);
        match text.chars().last() {
            Some(last) if last.is_ascii_digit() && UNITS.contains(&bare) => text.push(GLUE),
            Some(_) => text.push(' '),
            None => {}
        }
        text += word;
    }
    text
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
        assert_eq!(wrap("", 4, "- ", ""), ["- "]);
        assert_eq!(
            (right("é", 3), left("–", 2), centred("p", 4)),
            ("  é".into(), "– ".into(), " p  ".into())
        );
    }
}
