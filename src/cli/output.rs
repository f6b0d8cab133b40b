//! Where words go: results on stdout, the rest on stderr; colour where it is wanted; a reader that has gone is no error.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use anyhow::Result;

use super::args::Color;
use crate::os::terminal;
use crate::report::terminal::Style;
use crate::secret::redacted;
use crate::text::lines::{width, wrap};

/// Narrower than this no table fits, and longer lines than this nobody reads.
const LEAST: usize = 40;
const MOST: usize = 120;

/// The two streams, and how to write to them.
pub(super) struct Output {
    color: Color,
    pub(super) verbose: bool,
}

impl Output {
    pub(super) fn new(color: Color, verbose: bool) -> Output {
        Output { color, verbose }
    }

    /// Writes results. A reader that has left has read what it wanted (`wsbench … | head`): what the command found out
    /// is still its exit code.
    pub(super) fn say(&self, text: &str) -> Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    /// Writes what is no result: a line on stderr. When even that cannot be written there is nobody to tell. Whoever
    /// made up the text, no secret goes through here.
    pub(super) fn note(&self, text: &str) {
        let text = redacted(text);
        let mut err = io::stderr().lock();
        // A terminal would break a line inside a word; who reads a file wants it whole.
        match err.is_terminal() {
            true => drop(writeln!(err, "{}", folded(&text, columns(io::stderr())))),
            false => drop(writeln!(err, "{text}")),
        }
    }

    /// A note that nobody should overlook.
    pub(super) fn alarm(&self, text: &str) {
        match self.colored(io::stderr().is_terminal()) {
            true => self.note(&format!("\u{1b}[1;31m{text}\u{1b}[0m")),
            false => self.note(text),
        }
    }

    /// How to write on stdout.
    pub(super) fn style(&self) -> Style {
        Style { color: self.colored(io::stdout().is_terminal()), width: columns(io::stdout()) }
    }

    fn colored(&self, terminal: bool) -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self.color {
            Color::Always => true,
            Color::Never => false,
            // https://no-color.org
            Color::Auto => {
                terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
            }
        }
    }
}

/// Long lines in several, those that follow behind the indent of the first and two columns more.
fn folded(text: &str, columns: usize) -> String {
    let fold = |line: &str| {
        let indent = " ".repeat(line.len() - line.trim_start().len());
        wrap(line.trim_start(), columns, &indent, &format!("{indent}  "))
    };
    let lines =
        text.lines().flat_map(|line| if width(line) > columns { fold(line) } else { vec![line.to_owned()] });
    lines.collect::<Vec<_>>().join("\n")
}

/// Columns of what is written there: COLUMNS, or what the terminal says, or 80.
pub(super) fn columns(stream: impl AsFd) -> usize {
    let set = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    set.or_else(|| terminal::columns(stream)).map_or(80, |columns: usize| columns.clamp(LEAST, MOST))
}

/// How a child of `run` ends: that its coordinator has gone is no error, for there is nobody to tell.
pub(super) fn child(ended: Result<()>) -> Result<()> {
    let gone = |error: &anyhow::Error| {
        let kind = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
        kind == Some(io::ErrorKind::BrokenPipe)
    };
    match ended {
        Err(error) if gone(&error) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words() {
        let text = "error: a b\n  = help: write this instead\n\nend";
        assert_eq!(folded(text, 16), "error: a b\n  = help: write\n    this instead\n\nend");
    }
}
