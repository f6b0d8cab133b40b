//! `wsbench list`: what there is, from the code itself.

use anyhow::Result;
use serde_json::{Map, Value, json};
use wsbench_targets::headers::PROFILES;

use super::Exit;
use super::args::Plain;
use super::output::Output;
use crate::report::FORMATS;
use crate::results::Severity;
use crate::run::verdict::{RULES, Rule, SERVER_RULES};
use crate::scenario::{Load, Metric, builtin, dialect};
use crate::text::lines::wrap;
use crate::transport::Transport;

/// Things of a kind: the name for programs, the title, and of each its name and what it is.
type Section = (&'static str, &'static str, Vec<(&'static str, String)>);

/// Columns of a name, with the space before and behind it.
const NAME: usize = 27;

/// Prints the list.
pub(super) fn list(format: Plain, output: &Output) -> Result<Exit> {
    match format {
        Plain::Text => output.say(&text(&sections(), output.style().width))?,
        Plain::Json => output.say(&format!("{:#}\n", as_json(&sections())))?,
    }
    Ok(Exit::Good)
}

fn sections() -> Vec<Section> {
    let metrics = "metrics, with an example of a limit";
    let checks = |rules: &[Rule]| rules.iter().map(|rule| (rule.check.name(), check(rule))).collect();
    vec![
        (
            "transports",
            "transports",
            Transport::all().iter().map(|t| (t.name(), t.about().to_owned())).collect(),
        ),
        ("loads", "loads", Load::ALL.iter().map(|&(name, about)| (name, about.to_owned())).collect()),
        ("dialects", "dialects", dialect::ALL.iter().map(|(name, text)| (*name, spoken(text))).collect()),
        ("header_profiles", "header profiles", PROFILES.iter().map(|&name| (name, String::new())).collect()),
        ("formats", "formats", FORMATS.iter().map(|f| (f.name(), f.about().to_owned())).collect()),
        ("metrics", metrics, Metric::ALL.iter().map(|m| (m.name(), measured(*m))).collect()),
        ("checks", "checks of the measurement", checks(RULES)),
        ("server_checks", "checks of the server", checks(SERVER_RULES)),
        (
            "scenarios",
            "built-in scenarios",
            builtin::ALL.iter().map(|b| (b.name, question(b.text))).collect(),
        ),
    ]
}

fn text(sections: &[Section], columns: usize) -> String {
    let line = |(name, about): &(&str, String)| {
        if about.is_empty() {
            return format!("  {name}\n");
        }
        let lines = wrap(about, columns, &format!("  {name:24} "), &" ".repeat(NAME));
        lines.join("\n") + "\n"
    };
    let section =
        |(_, title, lines): &Section| format!("{title}\n{}", lines.iter().map(line).collect::<String>());
    sections.iter().map(section).collect::<Vec<_>>().join("\n")
}

fn as_json(sections: &[Section]) -> Value {
    let each = |(name, about): &(&str, String)| json!({ "name": name, "about": about });
    let section = |(key, _, lines): &Section| ((*key).to_owned(), lines.iter().map(each).collect());
    Value::Object(sections.iter().map(section).collect::<Map<_, _>>())
}

/// `median delivery latency; "5ms"`.
fn measured(metric: Metric) -> String {
    format!("{}; {}", metric.about(), metric.unit().limit().1)
}

/// `the generator's own sends, p99: suspect from 20 ms, invalid from 200 ms`.
fn check(rule: &Rule) -> String {
    let from = |severity: Severity| match rule.threshold(severity) {
        threshold if threshold.is_empty() => None,
        threshold if threshold == "always" => Some(severity.name().to_owned()),
        threshold if threshold == "any" => Some(format!("{} if any", severity.name())),
        threshold => Some(format!("{} from {threshold}", severity.name())),
    };
    let all =
        [Severity::Note, Severity::Suspect, Severity::Failed, Severity::Invalid].into_iter().filter_map(from);
    format!("{}: {}", rule.about, all.collect::<Vec<_>>().join(", "))
}

/// Each scenario begins with the question that it answers, in a comment.
fn question(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_start_matches('#').trim().to_owned()
}

/// What a dialect is.
fn spoken(text: &str) -> String {
    let about = text.lines().find_map(|line| line.strip_prefix("about = "));
    about.unwrap_or_default().trim_matches('"').to_owned()
}
