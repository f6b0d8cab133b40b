//! `wsbench doctor`: what would spoil a measurement on this machine, and the line that mends it. It looks and changes
//! nothing; no root is needed.
//!
//! `facts` reads, `findings` judges (pure), this file prints.

mod facts;
mod findings;

use anyhow::Result;
use serde::Serialize;

use super::Exit;
use super::args::{FormatArgs, Plain};
use super::output::Output;
use crate::report::terminal::Style;
use facts::Facts;
use findings::{Finding, Level};

/// The whole answer, as JSON.
#[derive(Serialize)]
struct Diagnosis<'a> {
    facts: &'a Facts,
    findings: &'a [Finding],
}

/// Looks, says, and fails when there is a problem.
pub(super) fn doctor(args: &FormatArgs, output: &Output) -> Result<Exit> {
    let facts = facts::here();
    let findings = findings::of(&facts);
    match args.format {
        Plain::Text => output.say(&text(&findings, output.style()))?,
        Plain::Json => {
            let diagnosis = Diagnosis { facts: &facts, findings: &findings };
            output.say(&format!("{}\n", serde_json::to_string_pretty(&diagnosis)?))?;
        }
    }
    let problem = findings.iter().any(|finding| finding.level == Level::Problem);
    Ok(if problem { Exit::Failed } else { Exit::Good })
}

/// A line a finding, what it means below it where it is not simply well.
fn text(findings: &[Finding], style: Style) -> String {
    let mut text = String::new();
    for finding in findings {
        let level = style.level(finding.level.name(), finding.level.code(), 8);
        text +=
            &format!("{level} {:20} {}\n", finding.topic, crate::report::escape::terminal(&finding.found));
        if finding.level != Level::Ok {
            let indent = " ".repeat(9);
            let means = crate::report::escape::terminal(&finding.means);
            text += &(style.wrapped(&means, &indent).join("\n") + "\n");
            finding.mend.iter().for_each(|mend| text += &format!("{indent}$ {mend}\n"));
        }
    }
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let (problems, notes) = (count(Level::Problem), count(Level::Note));
    text + &format!("\n{problems} problems, {notes} notes, {} ok\n", count(Level::Ok))
}
