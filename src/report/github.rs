//! For GitHub Actions: `step-summary.md`, to be appended to `$GITHUB_STEP_SUMMARY`, and `annotations.txt`, commands that the
//! runner turns into annotations where they are printed.
//!
//! It must not know what to say. Text is escaped for workflow commands as the toolkit does it (actions/toolkit,
//! packages/core/src/command.ts).

use super::escape::terminal as safe;
use super::format::{Artifact, Format};
use super::markdown;
use super::view::cases::{Outcome, suites};
use super::view::{Run, View};
use crate::results::Severity;

/// The format `step-summary`.
pub struct StepSummary;

const SUMMARY: &str = "step-summary.md";

impl Format for StepSummary {
    fn name(&self) -> &'static str {
        "step-summary"
    }

    fn about(&self) -> &'static str {
        "step-summary.md: verdict, finding and tables, short, for $GITHUB_STEP_SUMMARY"
    }

    fn on_request(&self) -> bool {
        true
    }

    fn renderings(&self) -> Vec<String> {
        vec![SUMMARY.to_owned()]
    }

    fn render(&self, view: &View<'_>) -> anyhow::Result<Vec<Artifact>> {
        Ok(vec![Artifact { name: SUMMARY.to_owned(), bytes: markdown::short(view).into_bytes() }])
    }
}

/// The format `annotations`.
pub struct Annotations;

const ANNOTATIONS: &str = "annotations.txt";

impl Format for Annotations {
    fn name(&self) -> &'static str {
        "annotations"
    }

    fn about(&self) -> &'static str {
        "GitHub workflow commands: an error or a warning for whatever was found"
    }

    fn on_request(&self) -> bool {
        true
    }

    fn renderings(&self) -> Vec<String> {
        vec![ANNOTATIONS.to_owned()]
    }

    fn render(&self, view: &View<'_>) -> anyhow::Result<Vec<Artifact>> {
        let lines: String = match &view.comparison {
            Some(_) => rules(view),
            None => {
                view.runs.iter().flat_map(warnings).chain(view.failed.iter().map(|why| failed(why))).collect()
            }
        };
        Ok(vec![Artifact { name: ANNOTATIONS.to_owned(), bytes: lines.into_bytes() }])
    }
}

fn warnings(run: &Run) -> impl Iterator<Item = String> {
    let told = run.warnings.iter().filter_map(|warning| {
        let level = match warning.severity {
            Severity::Note => return None,
            Severity::Suspect => "warning",
            Severity::Failed | Severity::Invalid => "error",
        };
        Some(command(level, &run.name, &format!("{}: {}", warning.severity.name(), warning.text)))
    });
    let cut = run.cut_short.iter().map(|short| command("error", &run.name, short));
    told.chain(cut)
}

fn failed(why: &str) -> String {
    command("error", "failed to run", why)
}

fn rules(view: &View<'_>) -> String {
    let cases = suites(view.reports, view.comparison.as_ref()).into_iter().flat_map(|suite| suite.cases);
    let told = cases.filter_map(|case| match case.outcome {
        Outcome::Passed => None,
        Outcome::Failed(why) | Outcome::Error(why) => Some(command("error", "comparison", &why)),
        Outcome::Skipped(why) => Some(command("warning", "comparison", &why)),
    });
    told.collect()
}

fn command(level: &str, title: &str, text: &str) -> String {
    let data = |text: &str| safe(text).replace('%', "%25");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} title={}::{}\n", property(&format!("wsbench {title}")), data(text))
}
