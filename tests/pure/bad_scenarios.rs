//! Bad scenarios and flags, each with the whole message that it gets: tests/pure/bad_scenarios.txt.
//!
//! A case is `=== name`, perhaps `$ --flags`, the file (`\xNN` is that byte), `---`, the message.
//! `WSBENCH_BLESS=1 cargo test --test pure bad_scenarios` writes the messages anew; read them as a user would before you
//! commit them.

use std::fmt::Write;
use std::path::Path;

use wsbench::plan::{Machine, Plan};
use wsbench::scenario::Overrides;
use wsbench::scenario::flags::FLAGS;

/// Two cores, and files for 10,000 clients a process.
const MACHINE: Machine = Machine { cores: 2, files: 20_000 };

struct Case {
    name: String,
    flags: String,
    file: String,
    message: String,
}

fn cases(text: &str) -> Vec<Case> {
    let case = |section: &str| {
        let (name, rest) = section.split_once('\n').unwrap();
        let (input, message) = rest.split_once("---\n").unwrap_or((rest, ""));
        let (flags, file) = match input.strip_prefix("$ ").and_then(|rest| rest.split_once('\n')) {
            Some((flags, file)) => (flags, file),
            None => ("", input),
        };
        let owned = |s: &str| s.to_owned();
        Case { name: owned(name), flags: owned(flags), file: owned(file), message: owned(message.trim_end()) }
    };
    text.split("=== ").skip(1).map(case).collect()
}

/// `\xNN` as that byte.
fn bytes(text: &str) -> Vec<u8> {
    let mut parts = text.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    bytes
}

fn overrides(flags: &str) -> Result<Overrides, String> {
    let mut overrides = Overrides::default();
    let mut words = flags.split_whitespace();
    while let (Some(word), Some(value)) = (words.next(), words.next()) {
        let values: Vec<String> = value.split(',').map(str::to_owned).collect();
        match FLAGS.iter().find(|flag| format!("--{}", flag.name) == word) {
            Some(flag) => overrides.add(flag, word, &values)?,
            None if word == "--transport" => overrides.keep(&values),
            None => panic!("no such flag: {word}"),
        }
    }
    Ok(overrides)
}

fn message(case: &Case) -> String {
    let overrides = match overrides(&case.flags) {
        Ok(overrides) => overrides,
        Err(error) => return error,
    };
    let scenario = match overrides.read("my.toml", &bytes(&case.file)) {
        Ok((scenario, _)) => scenario,
        Err(errors) => return errors.to_string(),
    };
    match Plan::of(&scenario, MACHINE) {
        Ok(_) => "NOTHING IS WRONG".to_owned(),
        Err(errors) => errors.to_string(),
    }
}

#[test]
fn every_bad_scenario_gets_its_message() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pure/bad_scenarios.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let cases = cases(&text);
    assert!(cases.len() >= 40, "{} cases", cases.len());
    let (mut anew, mut wrong) = (String::new(), String::new());
    for case in &cases {
        let found = message(case);
        assert_ne!(found, "NOTHING IS WRONG", "{}", case.name);
        let flags = if case.flags.is_empty() { String::new() } else { format!("$ {}\n", case.flags) };
        write!(anew, "=== {}\n{flags}{}---\n{found}\n\n", case.name, case.file).unwrap();
        if found != case.message {
            write!(wrong, "\n=== {}\n-- expected\n{}\n-- found\n{found}\n", case.name, case.message).unwrap();
        }
    }
    if std::env::var_os("WSBENCH_BLESS").is_some() {
        std::fs::write(&path, anew).unwrap();
        return;
    }
    assert!(wrong.is_empty(), "{wrong}");
}
