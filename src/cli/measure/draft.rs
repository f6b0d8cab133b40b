//! A scenario that is written from flags, line by line: each line knows its flag, so that what is wrong with the line is
//! said of the flag, and what in it must not be kept.
//!
//! It must not know any flag or key by name; `write` does. Reading is the scenario's own affair.

use std::fmt::Display;

use toml::Value;

use crate::report::escape::terminal;
use crate::scenario::{ScenarioError, ScenarioErrors};
use crate::secret::{REDACTED, redacted};

/// Above what is kept.
const HEAD: &str = "# Written by `wsbench measure`; `wsbench run FILE` holds it again.\n";

/// Lines in their order.
#[derive(Default)]
pub(super) struct Draft {
    lines: Vec<Line>,
}

struct Line {
    /// TOML; several lines if a text in it has several.
    text: String,
    key: String,
    /// What the user wrote: `--rate`, `--header Accept`.
    flag: String,
    /// The environment variable that stands for what is secret in it.
    variable: Option<String>,
}

impl Draft {
    /// A table begins: `[target]`.
    pub(super) fn table(&mut self, name: &str, flag: &str) {
        let gap = if self.lines.is_empty() { "" } else { "\n" };
        self.push(format!("{gap}{name}"), name, flag);
    }

    /// `path = value` from `flag`, a key or several with dots between; the value is TOML.
    pub(super) fn key(&mut self, flag: &str, path: &[&str], value: impl Display) {
        let names: Vec<String> = path.iter().map(|name| key(name)).collect();
        let last = path.last().copied().unwrap_or_default();
        self.push(format!("{} = {value}", names.join(".")), last, flag);
    }

    /// The same where a secret may be part of the value: in what is kept, `${variable}` stands for it.
    pub(super) fn secret(&mut self, flag: &str, name: &str, value: impl Display, variable: &str) {
        self.key(flag, &[name], value);
        if let Some(line) = self.lines.last_mut() {
            line.variable = Some(variable.to_owned());
        }
    }

    fn push(&mut self, text: String, key: &str, flag: &str) {
        self.lines.push(Line { text, key: key.to_owned(), flag: flag.to_owned(), variable: None });
    }

    /// All of it, with its secrets: to be read, and shown to nobody.
    pub(super) fn text(&self) -> String {
        self.lines.iter().fold(String::new(), |text, line| text + &line.text + "\n")
    }

    /// What may be printed and kept.
    pub(super) fn kept(&self) -> String {
        let (mut names, mut body) = (Vec::new(), String::new());
        for line in &self.lines {
            body += &line.kept(&mut names);
            body.push('\n');
        }
        let mut head = HEAD.to_owned();
        if !names.is_empty() {
            let names = names.join(", ");
            head += &format!("# Secrets are not kept: set {names} in the environment before a run.\n");
        }
        if body.contains(REDACTED) {
            head += &format!("# Secrets are not kept: write the value again where {REDACTED} stands.\n");
        }
        head + "\n" + &body
    }

    /// What is wrong with the flags, from what is wrong with the lines.
    pub(super) fn blame(&self, errors: &ScenarioErrors) -> String {
        let each: Vec<String> = errors.0.iter().map(|error| self.one(error)).collect();
        each.join("\n\n")
    }

    fn one(&self, error: &ScenarioError) -> String {
        let Some(line) = error.place.as_ref().and_then(|place| self.at(place.line)) else {
            return error.to_string();
        };
        let (key, flag) = (format!("`{}`", line.key), format!("`{}`", line.flag));
        let what = match error.message.contains(&key) {
            true => error.message.replace(&key, &flag),
            false => format!("{flag}: {}", error.message),
        };
        let mut said = format!("error: {}", terminal(&what));
        for help in [&error.label, &error.help].into_iter().filter(|help| !help.is_empty()) {
            said += &format!("\n  = help: {}", terminal(help));
        }
        said
    }

    /// Where line `number`, from 1, comes from.
    fn at(&self, number: usize) -> Option<&Line> {
        let mut last = 0;
        self.lines.iter().find(|line| {
            last += line.text.split('\n').count();
            last >= number
        })
    }
}

impl Line {
    /// The line without its secrets; `names` gets the variables that stand for them.
    fn kept(&self, names: &mut Vec<String>) -> String {
        let mut text = redacted(&self.text);
        let Some(variable) = &self.variable else { return text };
        for nth in 1.. {
            if !text.contains(REDACTED) {
                break;
            }
            let name = if nth == 1 { variable.clone() } else { format!("{variable}_{nth}") };
            text = text.replacen(REDACTED, &format!("${{{name}}}"), 1);
            names.push(name);
        }
        text
    }
}

/// A key in TOML.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if bare { name.to_owned() } else { Value::from(name).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn draft() -> Draft {
        let mut draft = Draft::default();
        draft.key("--clients", &["clients"], 0);
        draft.table("[target]", "URL");
        draft.secret("URL", "url", "\"ws://h/?a=1&key=s3cret&sig=other\"", "URL_SECRET");
        draft.secret("--header Cookie", "Cookie", "\"s3cret\"", "COOKIE");
        draft.secret("--header Accept", "Accept", "\"\"\"\na\nb\"\"\"", "ACCEPT");
        draft.key("--option auth", &["auth"], "'{}'");
        draft.key("--option x.y", &["polling", "x.y"], 7);
        draft
    }

    #[test]
    fn secrets_are_read_and_not_kept() {
        let (text, kept) = (draft().text(), draft().kept());
        assert_eq!(text.matches("s3cret").count(), 2);
        assert!(!kept.contains("s3cret") && !kept.contains("other"), "{kept}");
        assert!(kept.contains("url = \"ws://h/?a=1&key=${URL_SECRET}&sig=${URL_SECRET_2}\"\n"), "{kept}");
        assert!(kept.contains("Cookie = \"${COOKIE}\"\n"), "{kept}");
        assert!(kept.contains("set URL_SECRET, URL_SECRET_2, COOKIE in the environment"), "{kept}");
        let again = "write the value again where [redacted] stands";
        assert!(kept.contains(again) && kept.contains("auth = '[redacted]'\n"), "{kept}");
        // The rest is kept as it was written.
        assert!(
            kept.contains("\nclients = 0\n\n[target]\n") && kept.contains("Accept = \"\"\"\na\nb\"\"\"\n")
        );
    }

    #[test]
    fn every_line_knows_its_flag_also_behind_texts_of_several() {
        let draft = draft();
        let flags: Vec<&str> = (1..=8).filter_map(|line| Some(draft.at(line)?.flag.as_str())).collect();
        let accept = "--header Accept";
        assert_eq!(flags, ["--clients", "URL", "URL", "URL", "--header Cookie", accept, accept, accept]);
        assert_eq!(draft.at(10).map(|line| line.flag.as_str()), Some("--option x.y"));
        assert!(draft.at(11).is_none());
    }

    #[test]
    fn what_is_wrong_is_said_of_the_flag() {
        assert!(draft().text().contains("polling.\"x.y\" = 7\n"), "{}", draft().text());
        let errors = Scenario::parse("flags", draft().text().as_bytes()).unwrap_err();
        let said = draft().blame(&errors);
        assert!(
            said.contains("error: `--clients` is out of range\n  = help: expected 1 to 1_000_000"),
            "{said}"
        );
    }
}
