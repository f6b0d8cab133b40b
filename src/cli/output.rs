//! Where words go: results on stdout, the rest on stderr; colour where it is wanted; a reader that has gone is no error.

use std::io::{self, IsTerminal, Write};

use anyhow::Result;

use super::args::Color;
use crate::report::terminal::Style;
use crate::secret::redacted;

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
        drop(writeln!(io::stderr().lock(), "{}", redacted(text)));
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
        Style { color: self.colored(io::stdout().is_terminal()), ..Style::default() }
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
