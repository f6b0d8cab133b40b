//! Results come from a file, and a file may say anything: each of its numbers at its extremes, and each of its texts with
//! commands to a terminal in it. It is refused, or every format renders it; nothing panics, and no command comes through.

use std::fs;
use std::panic::catch_unwind;

use serde_json::Value;
use tempfile::TempDir;
use wsbench::report::terminal::{self, Style};
use wsbench::report::view::Asked;
use wsbench::report::{FORMATS, View, json};
use wsbench::results::Report;

use crate::sample::{cases, search};

/// Colours, a title, an erased screen, and a direction of writing.
const COMMANDS: &str = "x\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}";

/// Charts take longer; their own tests draw odd numbers and hostile texts. A page has all of them, and no number of its own.
const DRAWN: [&str; 2] = ["chart", "html"];

/// Small ones that have everything between them: a timeline, warnings, ages, a search.
fn victims() -> Vec<Report> {
    let mut victims = vec![search::search(), cases::ticker()];
    for victim in &mut victims {
        victim.measurements.truncate(1);
        victim.measurements.iter_mut().for_each(|m| m.tally.timeline.truncate(1));
        victim.capacity.iter_mut().for_each(|capacity| capacity.steps.truncate(1));
    }
    victims
}

/// The places of all leaves for which `is` is true, as JSON pointers.
fn leaves(value: &Value, is: fn(&Value) -> bool) -> Vec<String> {
    let below = |name: String, value: &Value| {
        leaves(value, is).into_iter().map(move |rest| format!("/{name}{rest}")).collect::<Vec<_>>()
    };
    match value {
        Value::Array(list) => list.iter().enumerate().flat_map(|(n, v)| below(n.to_string(), v)).collect(),
        Value::Object(map) => {
            map.iter().flat_map(|(name, v)| below(name.replace('~', "~0").replace('/', "~1"), v)).collect()
        }
        leaf if is(leaf) => vec![String::new()],
        _ => vec![],
    }
}

/// What is rendered of the results with `value` at `place`; `None` where they are refused.
fn rendered(
    results: &Value,
    (place, value): (&str, &Value),
    left_out: &[&str],
    folder: &TempDir,
) -> Option<Vec<(String, Vec<u8>)>> {
    let mut results = results.clone();
    *results.pointer_mut(place).unwrap() = value.clone();
    let path = folder.path().join("results.json");
    fs::write(&path, results.to_string()).unwrap();
    let reports = [json::read(&path).ok()?];
    let twice = [reports[0].clone(), reports[0].clone()];
    let mut texts = Vec::new();
    for view in [View::of(&reports, None), View::compare(&twice, 1, Asked::default())] {
        texts.push(("terminal".to_owned(), terminal::render(&view, Style::default()).into_bytes()));
        for format in FORMATS.iter().filter(|format| !left_out.contains(&format.name())) {
            let artifacts = format.render(&view).into_iter().flatten();
            texts.extend(artifacts.map(|artifact| (artifact.name, artifact.bytes)));
        }
    }
    Some(texts)
}

#[test]
fn no_number_makes_a_report_panic() {
    let folder = TempDir::new().unwrap();
    let (mut taken, mut panicked) = (0, Vec::new());
    for victim in victims() {
        let results = serde_json::to_value(victim).unwrap();
        for place in leaves(&results, Value::is_number) {
            // A whole number may be as large as its type, and no span is longer than a hundred years.
            let whole = results.pointer(&place).is_some_and(Value::is_u64);
            let value = if whole { Value::from(u32::MAX) } else { Value::from(3_153_600_000.0) };
            let found = catch_unwind(|| rendered(&results, (&place, &value), &DRAWN, &folder).is_some());
            taken += usize::from(matches!(found, Ok(true)));
            panicked.extend(found.is_err().then(|| format!("{place} = {value}")));
        }
    }
    assert!(panicked.is_empty(), "{}", panicked.join("\n"));
    assert!(taken > 100, "{taken}: what is all refused tests no format");
}

#[test]
fn no_text_commands_a_terminal() {
    let folder = TempDir::new().unwrap();
    let mut told = Vec::new();
    for victim in victims() {
        let results = serde_json::to_value(&victim).unwrap();
        let told_by = |place: &str| {
            rendered(&results, (place, &COMMANDS.into()), &DRAWN[..1], &folder).into_iter().flatten()
        };
        for place in leaves(&results, Value::is_string) {
            for (name, bytes) in told_by(&place) {
                let text = String::from_utf8(bytes).unwrap();
                let command = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
                if text.contains(command) {
                    told.push(format!("{place} in {name}"));
                }
            }
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}
