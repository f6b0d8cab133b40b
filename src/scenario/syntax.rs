//! Bytes that are no text, and text that is no TOML.
//!
//! It must not know any key. The TOML parser recovers and goes on; what it says of one slip is made one fault.

use std::collections::HashSet;

use crate::keys::error::{Fault, Faults, ScenarioErrors};
use crate::keys::limits;

/// More slips than these are a file of another kind.
const MOST: usize = 20;

/// The text without a byte order mark.
pub(super) fn text<'t>(file: &str, bytes: &'t [u8]) -> Result<&'t str, ScenarioErrors> {
    if bytes.len() as u64 > limits::FILE {
        let help = "a scenario is a page of TOML; is this the file that you meant?";
        return Err(ScenarioErrors::whole(file, "the file is larger than 1 MiB", help));
    }
    let text = str::from_utf8(bytes).map_err(|why| {
        let (good, rest) = bytes.split_at(why.valid_up_to());
        let readable = format!("{}\u{fffd}", str::from_utf8(good).unwrap_or_default());
        let bad = rest.first().copied().unwrap_or_default();
        let faults = Faults::default();
        faults.push(
            Fault::at(good.len()..readable.len(), format!("the file is not UTF-8: byte 0x{bad:02x}"))
                .label("not a valid first byte of a character")
                .help("save the file as UTF-8, or name a text file"),
        );
        let fallback = || ScenarioErrors::whole(file, "the file is not UTF-8", "");
        faults.placed(file, &readable).unwrap_or_else(fallback)
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// What the parser found wrong: the first slip of each line, and of a broken list only the first. And the place
/// behind which nothing is what it seems, because a bracket that was opened before it is never closed.
pub(super) fn faults(text: &str, mut errors: Vec<toml::de::Error>) -> (Vec<Fault>, usize) {
    errors.sort_by_key(start);
    let mut torn = usize::MAX;
    if errors.iter().any(|error| error.message().contains("unclosed") && of_list(error))
        && let Some(first) = errors.iter().position(of_list)
    {
        errors.truncate(first + 1);
        torn = errors.last().map_or(torn, start);
    }
    let (mut lines, mut in_list) = (HashSet::new(), false);
    let mut faults = Vec::new();
    for error in errors {
        let line = text[..floor(text, start(&error))].rfind('\n');
        let of_list = of_list(&error);
        if faults.len() < MOST && !(in_list && of_list) && lines.insert(line) {
            faults.push(fault(text, &error));
        }
        in_list |= of_list;
    }
    (faults, torn)
}

fn start(error: &toml::de::Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

fn of_list(error: &toml::de::Error) -> bool {
    ["array", "inline table", "key-value pairs"].iter().any(|what| error.message().contains(what))
}

fn fault(text: &str, error: &toml::de::Error) -> Fault {
    let span = error.span().unwrap_or(0..0);
    let (message, expected) = match error.message().split_once(", expected ") {
        Some((message, expected)) => (message, format!("expected {expected}")),
        None => (error.message(), String::new()),
    };
    let rest = &text[floor(text, span.start)..];
    let word = rest.split([',', '}', ']', '#', '\n', '\r']).next().unwrap_or_default().trim_end();
    let plain = |word: &str| {
        word.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '%' | ' '))
    };
    let fault = Fault::at(span.clone(), format!("not TOML: {message}"));
    match message {
        "string values must be quoted" if word.is_empty() => {
            Fault::at(span, "not TOML: the value is missing").label("expected a value behind the `=`")
        }
        "string values must be quoted" if plain(word) => {
            let end = span.start + word.len();
            Fault::at(span.start..end, format!("not TOML: {message}")).label(format!("write \"{word}\""))
        }
        "string values must be quoted" => fault.label("expected a value; text stands in quotes"),
        "missing comma between array elements" => {
            fault.label("expected a comma, or the `]` that ends the list")
        }
        "missing key for inline table element" | "missing comma between key-value pairs" => {
            fault.label("expected a comma, or the `}` that ends the table")
        }
        _ if expected.contains("visible characters") => {
            fault.label("no control characters here").help("in double quotes, \\u001b stands for one")
        }
        "duplicate key" => fault.label("already defined above"),
        _ => fault.label(expected),
    }
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}
