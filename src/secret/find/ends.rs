//! Where values end: at a character, at the quote that closes, at the bracket that does.
//!
//! It must not know what is secret. A hostile text has a value at every word: an end is looked for once, and is the end of
//! all values that begin before it. Its other end is `find`, which reads from left to right.

use std::collections::HashMap;
use std::ops::Range;

/// Backslashes of a quote that is understood: six strings in one another. A string behind more ends with its line.
const DEEPEST: usize = 63;

/// What opens a string, and closes it: a quote or three, behind so many backslashes where the whole stands in another
/// string.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Quote {
    mark: &'static str,
    backslashes: usize,
    pub(super) length: usize,
}

impl Quote {
    /// The quote that `text` begins with.
    pub(super) fn at(text: &str) -> Option<Quote> {
        let backslashes = backslashes(text);
        let marks = &text[backslashes..];
        // Within a string an empty one is closed at once: `\"\"\"` is no quote of three.
        let kinds: &[&str] = if backslashes > 0 { &["\"", "'"] } else { &["\"\"\"", "'''", "\"", "'"] };
        let mark = kinds.iter().find(|mark| marks.starts_with(**mark))?;
        Some(Quote { mark, backslashes, length: backslashes + mark.len() })
    }

    /// Bytes up to the one that closes; where there is none, up to the end of the line, or of all for three quotes.
    fn inside(self, text: &str) -> usize {
        let (mut run, basic) = (0, self.mark.starts_with('"'));
        let understood = self.backslashes <= DEEPEST;
        for (at, c) in text.char_indices() {
            if understood && text[at..].starts_with(self.mark) && (!basic || closes(run, self.backslashes)) {
                return at - self.backslashes.min(run);
            }
            if self.mark.len() == 1 && c == '\n' {
                return at;
            }
            run = if c == '\\' { run + 1 } else { 0 };
        }
        text.len()
    }

    /// Bytes of the quote at the front that closes: perhaps fewer backslashes than opened it, none where it is torn.
    fn closing(self, text: &str) -> usize {
        let backslashes = backslashes(text);
        if text[backslashes..].starts_with(self.mark) { backslashes + self.mark.len() } else { 0 }
    }
}

/// How many backslashes `text` begins with.
fn backslashes(text: &str) -> usize {
    text.len() - text.trim_start_matches('\\').len()
}

/// Whether a quote behind `run` backslashes ends a string that began behind so many. Each level of strings within
/// strings doubles them and adds one for the quote.
fn closes(run: usize, began: usize) -> bool {
    match began {
        0 => run.is_multiple_of(2),
        _ => !run.is_multiple_of(2) && closes(run / 2, began / 2),
    }
}

/// What ends a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Stop {
    Parameter,
    Line,
    Scalar,
    Quote(&'static str, usize),
}

/// The ends in one text, each looked for once.
pub(super) struct Ends<'a> {
    pub(super) text: &'a str,
    /// From where each was looked for last, and where it was.
    known: HashMap<Stop, Range<usize>>,
    /// For a bracket in a text of these quotes, the place behind the one that closes it.
    closed: HashMap<(Quote, usize), usize>,
}

impl<'a> Ends<'a> {
    pub(super) fn of(text: &'a str) -> Ends<'a> {
        Ends { text, known: HashMap::new(), closed: HashMap::new() }
    }

    /// Of the value of a query parameter.
    pub(super) fn parameter(&mut self, from: usize) -> usize {
        let ends = |c: char| c.is_whitespace() || "&#\"'`<>)".contains(c);
        self.look(Stop::Parameter, from, |text| text.find(ends))
    }

    /// Of a line, or of the string that it stands in.
    pub(super) fn line(&mut self, from: usize) -> usize {
        self.look(Stop::Line, from, |text| text.find(['"', '\n']))
    }

    /// Of a number or a word of JSON.
    pub(super) fn scalar(&mut self, from: usize) -> usize {
        self.look(Stop::Scalar, from, |text| text.find([',', '}', ']', '\n']))
    }

    /// Of the string that begins at `from`, behind its quote.
    pub(super) fn inside(&mut self, quote: Quote, from: usize) -> usize {
        // Those that are not understood end alike.
        let stop = Stop::Quote(quote.mark, quote.backslashes.min(DEEPEST + 1));
        self.look(stop, from, |text| Some(quote.inside(text)))
    }

    /// The first end from `from` on: the known one, if it was looked for from here or before and lies behind.
    fn look(&mut self, stop: Stop, from: usize, find: impl FnOnce(&str) -> Option<usize>) -> usize {
        match self.known.get(&stop) {
            Some(known) if known.start <= from && from <= known.end => known.end,
            _ => {
                let end = find(&self.text[from..]).map_or(self.text.len(), |bytes| from + bytes);
                self.known.insert(stop, from..end);
                end
            }
        }
    }

    /// Of the object or list that begins at `from`, in a text whose strings have this `quote`: behind its last bracket,
    /// or the end of all where that is missing.
    pub(super) fn bracketed(&mut self, from: usize, quote: Quote) -> usize {
        let (mut open, mut at) = (Vec::new(), from);
        while let Some(c) = self.text[at..].chars().next() {
            at = match (c, self.closed.get(&(quote, at))) {
                (_, Some(&end)) => end,
                ('{' | '[', None) => {
                    open.push(at);
                    at + 1
                }
                ('}' | ']', None) => {
                    let began = open.pop();
                    self.closed.extend(began.map(|began| ((quote, began), at + 1)));
                    at + 1
                }
                _ => self.behind_string(at, quote).unwrap_or(at + c.len_utf8()),
            };
            if open.is_empty() {
                return at;
            }
        }
        self.closed.extend(open.into_iter().map(|began| ((quote, began), at)));
        at
    }

    /// Behind the string that begins at `at` with this quote; or where it may begin, in a run of backslashes.
    fn behind_string(&mut self, at: usize, quote: Quote) -> Option<usize> {
        let run = backslashes(&self.text[at..]);
        if run > quote.backslashes {
            // Not one by one: each would be counted to the end of the run.
            return Some(at + run - quote.backslashes);
        }
        let open = Quote::at(&self.text[at..]).filter(|open| *open == quote)?;
        let end = self.inside(open, at + open.length);
        Some(end + open.closing(&self.text[end..]))
    }
}
