//! What is wrong with a scenario file, told so that one knows what to do: all of it at once, each with its
//! place, a caret, and a way out.
//!
//! It must not know keys or kinds. Faults come from `fields` and `kinds`; places from `span`.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use super::span::{Span, escaped};
use crate::secret::{blotted, redacted};

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// The file as it was named.
    pub file: String,
    /// Where; `None` when it is the file as a whole.
    pub place: Option<Span>,
    /// What is wrong.
    pub message: String,
    /// Said at the caret: what was expected, or a suggestion; may be empty.
    pub label: String,
    /// A way out; may be empty.
    pub help: String,
}

/// All that is wrong with a file; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioErrors(pub Vec<ScenarioError>);

/// More than anybody reads.
const MOST_SHOWN: usize = 20;
/// More than anybody has; keeps a hostile file from filling the memory.
pub const MOST_KEPT: usize = 200;

impl std::error::Error for ScenarioError {}
impl std::error::Error for ScenarioErrors {}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = escaped(&self.file);
        // What is wrong with a flag has no file.
        let whose = if file.is_empty() { String::new() } else { format!("{file}: ") };
        write!(f, "error: {whose}{}", escaped(&self.message))?;
        let mut margin = String::from("  ");
        if let Some(place) = &self.place {
            let line = place.line.to_string();
            margin = " ".repeat(line.len() + 2);
            let (before, carets) = (" ".repeat(place.indent), "^".repeat(place.width));
            let label = escaped(&self.label);
            let pointer = format!("{before}{carets} {label}");
            write!(f, "\n{}--> {file}:{line}:{}", " ".repeat(line.len() + 1), place.column)?;
            write!(f, "\n{margin}|\n {line} | {}", place.snippet)?;
            write!(f, "\n{margin}| {}", pointer.trim_end())?;
            if !self.help.is_empty() {
                write!(f, "\n{margin}|")?;
            }
        }
        let label = if self.place.is_none() { self.label.as_str() } else { "" };
        for help in [label, &self.help].into_iter().filter(|help| !help.is_empty()) {
            write!(f, "\n{margin}= help: {}", escaped(help))?;
        }
        Ok(())
    }
}

impl fmt::Display for ScenarioErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut helps: Vec<&str> = Vec::new();
        for (i, error) in self.0.iter().take(MOST_SHOWN).enumerate() {
            let said = helps.contains(&error.help.as_str());
            helps.push(&error.help);
            let gap = if i == 0 { "" } else { "\n\n" };
            match said {
                true => write!(f, "{gap}{}", ScenarioError { help: String::new(), ..error.clone() })?,
                false => write!(f, "{gap}{error}")?,
            }
        }
        match self.0.len().saturating_sub(MOST_SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n\nand {more} more"),
        }
    }
}

impl ScenarioErrors {
    /// One error about the file as a whole.
    pub fn whole(file: &str, message: impl Into<String>, help: impl Into<String>) -> ScenarioErrors {
        let (message, help) = (message.into(), help.into());
        ScenarioErrors(vec![ScenarioError {
            file: file.to_owned(),
            place: None,
            message,
            label: String::new(),
            help,
        }])
    }
}

/// Something wrong, before its place in the text is looked up.
#[derive(Clone, Debug)]
pub struct Fault {
    span: Option<Range<usize>>,
    message: String,
    label: String,
    help: String,
    absence: bool,
}

impl Fault {
    /// Wrong at these bytes.
    pub fn at(span: Range<usize>, message: impl Into<String>) -> Fault {
        Fault { span: Some(span), absence: false, ..Fault::missing(None, message) }
    }

    /// Something is not there; the span, if any, is that of the table that lacks it.
    pub fn missing(span: Option<Range<usize>>, message: impl Into<String>) -> Fault {
        let message = message.into();
        Fault { span, message, label: String::new(), help: String::new(), absence: true }
    }

    /// With words at the caret.
    pub fn label(self, label: impl Into<String>) -> Fault {
        Fault { label: label.into(), ..self }
    }

    /// With a way out.
    pub fn help(self, help: impl Into<String>) -> Fault {
        Fault { help: help.into(), ..self }
    }

    fn line(&self, text: &str) -> usize {
        let start = self.span.as_ref().map_or(0, |span| span.start);
        text.as_bytes().iter().take(start).filter(|&&b| b == b'\n').count()
    }

    fn placed(self, file: &str, text: &str) -> ScenarioError {
        let place = self.span.map(|span| Span::of(text, span));
        ScenarioError {
            file: file.to_owned(),
            place,
            message: redacted(&self.message),
            label: redacted(&self.label),
            help: redacted(&self.help),
        }
    }
}

/// The faults found so far. Shared by all readers of one file.
#[derive(Default)]
pub struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    /// One more.
    pub fn push(&self, fault: Fault) {
        let mut faults = self.0.borrow_mut();
        if faults.len() < MOST_KEPT {
            faults.push(fault);
        }
    }

    /// Takes `syntax` in, and drops what only follows from it: a key on a line that is not TOML is neither
    /// wrong nor absent, and behind `torn` nothing is what it seems.
    pub fn beside(&self, syntax: Vec<Fault>, torn: usize, text: &str) {
        let behind = |fault: &Fault| fault.span.as_ref().is_some_and(|span| span.end >= torn);
        if syntax.is_empty() {
            return;
        }
        let lines: Vec<usize> = syntax.iter().map(|fault| fault.line(text)).collect();
        let mut faults = self.0.borrow_mut();
        faults.retain(|fault| !fault.absence && !behind(fault) && !lines.contains(&fault.line(text)));
        faults.extend(syntax);
    }

    /// All, in the order of the text; `None` when there are none.
    pub fn placed(self, file: &str, text: &str) -> Option<ScenarioErrors> {
        let mut faults = self.0.into_inner();
        // What is shown around a caret may hold a secret.
        let text = &blotted(text);
        faults.sort_by_key(|fault| fault.span.as_ref().map_or(0, |span| span.start));
        let errors: Vec<_> = faults.into_iter().map(|fault| fault.placed(file, text)).collect();
        (!errors.is_empty()).then_some(ScenarioErrors(errors))
    }
}
