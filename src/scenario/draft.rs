//! Lines of a scenario that come from flags: each line knows its flag, so that what is wrong with the line is said of the
//! flag, and what in it must not be kept.
//!
//! It must not know any flag or key by name; `flags` does. Reading is the scenario's own affair.

use toml::Value;

use super::{ScenarioError, ScenarioErrors};
use crate::secret::{REDACTED, redacted};

/// Above what is kept.
const HEAD: &str = "# Written by `wsbench measure`; `wsbench run FILE` runs it again.\n";

/// A value for one key.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// What the user wrote: `--rate`, `--header Accept`, or the variable that stood for it.
    pub flag: String,
    /// The table's line, `[target]`; empty for the top of the file.
    pub head: String,
    /// The key, or several with dots between; none where the table alone is asked for.
    pub key: Vec<String>,
    /// What it is.
    pub value: Value,
    /// The environment variable that stands for what is secret in it.
    pub variable: Option<String>,
    /// Whether it begins a table of its own: `[[threshold]]`.
    pub fresh: bool,
}

impl Setting {
    /// One without a secret, in the table that is there.
    pub fn new(flag: &str, head: &str, key: &[&str], value: impl Into<Value>) -> Setting {
        let key = key.iter().map(|&name| name.to_owned()).collect();
        let (flag, head) = (flag.to_owned(), head.to_owned());
        Setting { flag, head, key, value: value.into(), variable: None, fresh: false }
    }

    /// The key in TOML.
    fn path(&self) -> String {
        self.key.iter().map(|name| key(name)).collect::<Vec<_>>().join(".")
    }
}

/// Lines in their order: the top of the file, then table by table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq)]
struct Line {
    /// TOML; several lines if a text in it has several.
    text: String,
    head: String,
    key: String,
    flag: String,
    variable: Option<String>,
}

impl Draft {
    /// Of two settings of a key the later one counts, in the place of the earlier.
    pub fn of(settings: &[Setting]) -> Draft {
        let mut tables: Vec<Vec<&Setting>> = vec![vec![]];
        for setting in settings {
            let same = |table: &Vec<&Setting>| table.first().is_some_and(|first| first.head == setting.head);
            let table = match setting.head.as_str() {
                "" => Some(0),
                _ if setting.fresh => None,
                _ => tables.iter().rposition(same),
            };
            let table = table.unwrap_or_else(|| {
                tables.push(vec![]);
                tables.len() - 1
            });
            match tables[table].iter_mut().find(|other| other.key == setting.key) {
                Some(earlier) => *earlier = setting,
                None => tables[table].push(setting),
            }
        }
        let mut draft = Draft::default();
        tables.iter().filter(|table| !table.is_empty()).for_each(|table| draft.table(table));
        draft
    }

    fn table(&mut self, settings: &[&Setting]) {
        let Some(first) = settings.first().filter(|first| !first.head.is_empty()) else {
            return settings.iter().for_each(|setting| self.key(setting));
        };
        let gap = if self.lines.is_empty() { "" } else { "\n" };
        self.push(first, format!("{gap}{}", first.head.replace('*', "\"*\"")), &first.head);
        settings.iter().filter(|setting| !setting.key.is_empty()).for_each(|setting| self.key(setting));
    }

    fn key(&mut self, setting: &Setting) {
        let text = format!("{} = {}", setting.path(), setting.value);
        self.push(setting, text, setting.key.last().map_or("", String::as_str));
    }

    fn push(&mut self, setting: &Setting, text: String, key: &str) {
        let Setting { flag, head, variable, .. } = setting.clone();
        self.lines.push(Line { text, head, key: key.to_owned(), flag, variable });
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// All of it, with its secrets: to be read, and shown to nobody.
    pub fn text(&self) -> String {
        self.lines.iter().fold(String::new(), |text, line| text + &line.text + "\n")
    }

    /// What may be printed and kept.
    pub fn kept(&self) -> String {
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

    /// What is wrong with the flags, from what is wrong with the lines; above them stand `before` lines of `file`. What is
    /// wrong with another file, a dialect's, stays as it is.
    pub fn blame(&self, file: &str, before: usize, errors: ScenarioErrors) -> ScenarioErrors {
        let blame = |error: ScenarioError| {
            if error.file != file {
                return error;
            }
            let number = error.place.as_ref().and_then(|place| place.line.checked_sub(before));
            match number.and_then(|number| self.at(number)) {
                Some(line) => line.blame(error),
                None => error,
            }
        };
        ScenarioErrors(errors.0.into_iter().map(blame).collect())
    }

    /// Where line `number`, from 1, comes from.
    fn at(&self, number: usize) -> Option<&Line> {
        let mut last = 0;
        let mut lines = self.lines.iter().filter(|_| number > 0);
        lines.find(|line| {
            last += line.text.split('\n').count();
            last >= number
        })
    }
}

impl Line {
    fn blame(&self, error: ScenarioError) -> ScenarioError {
        let (key, flag) = (format!("`{}`", self.key), format!("`{}`", self.flag));
        let message = if error.message.starts_with("unknown key") && self.head.starts_with("[load") {
            format!("{flag} has no use with this load")
        } else if error.message.contains(&key) {
            error.message.replace(&key, &flag)
        } else {
            format!("{flag}: {}", error.message)
        };
        ScenarioError { file: String::new(), place: None, message, ..error }
    }

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

    fn secret(flag: &str, head: &str, key: &str, value: &str, variable: &str) -> Setting {
        Setting { variable: Some(variable.to_owned()), ..Setting::new(flag, head, &[key], value) }
    }

    fn draft() -> Draft {
        Draft::of(&[
            Setting::new("", "", &["clients"], 1),
            secret("URL", "[target]", "url", "ws://h/?a=1&key=s3cret&sig=other", "URL_SECRET"),
            secret("--header Cookie", "[target]", "Cookie", "s3cret", "COOKIE"),
            secret("--header Accept", "[target]", "Accept", "a\nb", "ACCEPT"),
            Setting::new("--option auth", "[target]", &["auth"], "{}"),
            Setting::new("--option x.y", "[target]", &["polling", "x.y"], 7),
            Setting::new("--clients", "", &["clients"], 0),
        ])
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
        assert!(kept.contains(again) && kept.contains("auth = \"[redacted]\"\n"), "{kept}");
        // The rest is kept as it was written.
        assert!(kept.contains("\nclients = 0\n\n[target]\n"), "{kept}");
        assert!(kept.contains("Accept = \"\"\"\na\nb\"\"\"\n"), "{kept}");
    }

    #[test]
    fn every_line_knows_its_flag_also_behind_texts_of_several() {
        let draft = draft();
        let flags: Vec<&str> = (1..=8).filter_map(|line| Some(draft.at(line)?.flag.as_str())).collect();
        let accept = "--header Accept";
        assert_eq!(flags, ["--clients", "URL", "URL", "URL", "--header Cookie", accept, accept, accept]);
        assert_eq!(draft.at(10).map(|line| line.flag.as_str()), Some("--option x.y"));
        assert!(draft.at(11).is_none() && draft.at(0).is_none());
    }

    #[test]
    fn what_is_wrong_is_said_of_the_flag() {
        assert!(draft().text().contains("polling.\"x.y\" = 7\n"), "{}", draft().text());
        let errors = Scenario::parse("flags", draft().text().as_bytes()).unwrap_err();
        let said = draft().blame("flags", 0, errors).to_string();
        assert!(
            said.contains("error: `--clients` = 0 is out of range\n  = help: expected 1 to 1_000_000"),
            "{said}"
        );
    }
}
