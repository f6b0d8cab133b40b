//! `wsbench list`: what there is, from the code itself.

use std::fmt::Write;

use anyhow::Result;
use wsbench_targets::headers::PROFILES;

use super::Exit;
use super::args::Plain;
use super::output::Output;
use crate::report::FORMATS;
use crate::results::Severity;
use crate::run::verdict::{RULES, Rule, SERVER_RULES};
use crate::scenario::{Load, Metric, builtin};
use crate::transport::Transport;

/// Prints the list.
pub(super) fn list(_format: Plain, output: &Output) -> Result<Exit> {
    let mut text = String::new();
    let transports = Transport::all();
    section(&mut text, "transports", transports.iter().map(|t| (t.name(), t.about().to_owned())))?;
    section(&mut text, "loads", Load::ALL.iter().map(|&(name, about)| (name, about.to_owned())))?;
    section(&mut text, "header profiles", PROFILES.iter().map(|&name| (name, String::new())))?;
    section(&mut text, "formats", FORMATS.iter().map(|f| (f.name(), f.about().to_owned())))?;
    let metrics = "metrics, with how thresholds and conditions write a limit";
    section(&mut text, metrics, Metric::ALL.iter().map(|m| (m.name(), measured(*m))))?;
    section(&mut text, "checks of the measurement", RULES.iter().map(|rule| (rule.code, check(rule))))?;
    section(&mut text, "checks of the server", SERVER_RULES.iter().map(|rule| (rule.code, check(rule))))?;
    let scenarios = builtin::ALL.iter().map(|b| (b.name, question(b.text)));
    section(&mut text, "built-in scenarios", scenarios)?;
    output.say(&text)?;
    Ok(Exit::Good)
}

/// `duration, "5ms"          delivery latency that half of the messages keep to`.
fn measured(metric: Metric) -> String {
    let (kind, example) = metric.unit().limit();
    format!("{:24} {}", format!("{kind}, {example}"), metric.about())
}

/// `the generator's own sends, p99: suspect from 20 ms, invalid from 200 ms`.
fn check(rule: &Rule) -> String {
    let from = |severity: Severity| match rule.threshold(severity) {
        threshold if threshold.is_empty() => None,
        threshold if threshold == "always" || threshold == "any" => {
            Some(format!("{} if {threshold}", severity.name()).replace(" if always", ""))
        }
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

fn section<'a>(
    text: &mut String,
    title: &str,
    lines: impl Iterator<Item = (&'a str, String)>,
) -> std::fmt::Result {
    if !text.is_empty() {
        writeln!(text)?;
    }
    writeln!(text, "{title}")?;
    for (name, about) in lines {
        writeln!(text, "{}", format!("  {name:24} {about}").trim_end())?;
    }
    Ok(())
}
