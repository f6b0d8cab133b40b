//! A place in a text, as a person looks for it: line, column, and the line itself with room for a caret.
//!
//! Text from a file goes to a terminal here, so whatever could command one is escaped. It must not know
//! what is wrong there.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

/// Line, column and the line's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// The line, escaped, cut around the place when it is long.
    pub snippet: String,
    /// Terminal columns before the caret.
    pub indent: usize,
    /// Terminal columns of the caret line, at least 1.
    pub width: usize,
}

/// Terminal columns of a snippet, and those before the caret when the line is cut.
const ROOM: usize = 72;
const BEFORE: usize = 30;
const TAB: &str = "    ";

impl Span {
    /// The place of these bytes of `text`; a span over several lines is cut at the end of the first.
    pub fn of(text: &str, span: Range<usize>) -> Span {
        let start = floor_boundary(text, span.start);
        let end = floor_boundary(text, span.end.max(start));
        let begin = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let rest = text[start..].find('\n').map_or(&text[start..], |at| &text[start..start + at]);
        let rest = rest.strip_suffix('\r').unwrap_or(rest);
        let (lead, marked) = (&text[begin..start], &rest[..(end - start).min(rest.len())]);
        let fits = lead.chars().chain(rest.chars()).map(shown_columns).take(ROOM + 1).sum::<usize>() <= ROOM;
        let (mut snippet, cut) = tail(lead, if fits { ROOM } else { BEFORE });
        let indent = cut + snippet.chars().map(columns).sum::<usize>();
        if cut > 0 {
            snippet.insert(0, '…');
        }
        let (shown, whole) = head(rest, ROOM.saturating_sub(indent));
        let width = head(marked, ROOM.saturating_sub(indent)).0.chars().map(columns).sum::<usize>();
        snippet += &shown;
        if !whole {
            snippet.push('…');
        }
        Span {
            line: text[..begin].matches('\n').count() + 1,
            column: lead.chars().count() + 1,
            snippet: snippet.trim_end().to_owned(),
            indent,
            width: width.max(1),
        }
    }
}

/// The last part of what stands before the caret, and 1 if something was left out.
fn tail(lead: &str, mut room: usize) -> (String, usize) {
    let mut parts = Vec::new();
    for c in lead.chars().rev() {
        let part = in_snippet(c);
        let width = shown_columns(c);
        if width > room {
            return (parts.into_iter().rev().collect(), 1);
        }
        room -= width;
        parts.push(part);
    }
    (parts.into_iter().rev().collect(), 0)
}

/// The first part of `text` that fits into `room` columns, and whether it is all of it.
fn head(text: &str, mut room: usize) -> (String, bool) {
    let mut shown = String::new();
    for c in text.chars() {
        let part = in_snippet(c);
        let width = shown_columns(c);
        if width > room {
            return (shown, false);
        }
        room -= width;
        shown += &part;
    }
    (shown, true)
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

fn columns(c: char) -> usize {
    c.width().unwrap_or(0)
}

fn shown_columns(c: char) -> usize {
    in_snippet(c).chars().map(columns).sum()
}

fn in_snippet(c: char) -> String {
    if c == '\t' { TAB.to_owned() } else { harmless(c) }
}

/// Whether it cannot be seen, or turns or is_invisible the text around it: zero width, direction, tags, line separators.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Control characters, and those that turn or hide the text around them.
fn harmless(c: char) -> String {
    if c.is_control() || is_invisible(c) { c.escape_default().to_string() } else { c.to_string() }
}

/// `text` without anything that a terminal would obey.
pub fn escaped(text: &str) -> String {
    text.chars().map(harmless).collect()
}

/// `text` from a file, in a sentence: in back-ticks, not too long.
pub fn quoted(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("`{}…`", &text[..at]),
        None => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tabs_and_wide_characters_do_not_move_the_caret() {
        let text = "a = 1\n\t名 = 2\r\n";
        let at = text.find('2').unwrap();
        let place = Span::of(text, at..at + 1);
        assert_eq!((place.line, place.column), (2, 6));
        assert_eq!(place.snippet, "    名 = 2");
        assert_eq!((place.indent, place.width), (9, 1));
    }

    #[test]
    fn long_lines_are_cut_on_both_sides() {
        let text = "x".repeat(500);
        let place = Span::of(&text, 250..260);
        assert_eq!((place.column, place.indent, place.width), (251, 31, 10));
        assert_eq!(place.snippet.chars().count(), 73);
        assert!(place.snippet.starts_with('…') && place.snippet.ends_with('…'));
    }

    #[test]
    fn nothing_reaches_the_terminal_that_it_would_obey() {
        assert_eq!(escaped("a\u{1b}[2J\u{202e}b\0"), "a\\u{1b}[2J\\u{202e}b\\u{0}");
    }

    proptest! {
        #[test]
        fn any_span_has_a_place(text: String, start in 0..300usize, length in 0..300usize) {
            let place = Span::of(&text, start..start + length);
            prop_assert!(place.line >= 1 && place.column >= 1 && place.width >= 1);
            prop_assert!(!place.snippet.chars().any(char::is_control));
        }
    }
}
