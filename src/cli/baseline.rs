//! `wsbench baseline`: results that are kept by a name, in a folder that a CI cache can keep, and what runs are compared with.
//!
//! It must not know how they are compared.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde_json::json;

use super::args::{BaselineArgs, BaselineCommand, Plain};
use super::output::Output;
use super::report::{read, rendered_together, runs_in};
use super::{Exit, Wrong, folder};
use crate::report::{Artifact, escape, json as results, write};
use crate::results::{Report, Status};
use crate::text::count;

/// The file that names the one in use.
const CURRENT: &str = "current";

/// Saves, lists, or chooses.
pub(super) fn baseline(args: &BaselineArgs, output: &Output) -> Result<Exit> {
    let kept = Baselines(args.folder.clone());
    match &args.command {
        BaselineCommand::Save { name, runs } => kept.save(name, runs, output)?,
        BaselineCommand::List { format } => kept.list(format.format, output)?,
        BaselineCommand::Use { name } => {
            kept.named(name)?;
            kept.choose(name)?;
            output.note(&format!("note: {name} is what `wsbench compare RUN` compares with"));
        }
    }
    Ok(Exit::Good)
}

/// A folder of them.
pub(super) struct Baselines(pub(super) PathBuf);

impl Baselines {
    /// The runs of one.
    ///
    /// # Errors
    /// There is none of that name, and which there are; it cannot be read.
    pub(super) fn named(&self, name: &str) -> Result<Vec<Report>> {
        if !self.has(name) {
            let names = self.names();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(anyhow!(
                "there is no baseline {}: in {} there is {names}\n  = help: `wsbench baseline save NAME RUN` keeps one",
                escape::terminal(name),
                escape::path(&self.0)
            ));
        }
        rendered_together(&self.0.join(name)).iter().map(|run| read(run)).collect()
    }

    /// Whether there is one of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        is_name(name)
            && !rendered_together(&self.0.join(name)).iter().all(|run| !run.exists())
            && results::lie_in(&self.0.join(name))
    }

    /// The runs of the one in use; `None` where none was chosen.
    pub(super) fn current(&self) -> Result<Option<Vec<Report>>> {
        let Ok(name) = std::fs::read_to_string(self.0.join(CURRENT)) else { return Ok(None) };
        self.named(name.trim()).map(Some)
    }

    fn choose(&self, name: &str) -> Result<()> {
        let artifact = Artifact { name: CURRENT.to_owned(), bytes: format!("{name}\n").into_bytes() };
        write(&self.0, &[artifact]).map(drop).context("choosing the baseline")
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| self.has(name)).collect();
        names.sort();
        names
    }

    /// Replaces one of that name; the first is in use.
    fn save(&self, name: &str, runs: &[PathBuf], output: &Output) -> Result<()> {
        if !is_name(name) {
            return Err(Wrong::from(format!(
                "error: {} is no name of a baseline: letters, digits, `-`, `_` and `.`, and not `{CURRENT}`",
                escape::terminal(name)
            )));
        }
        let runs = if runs.is_empty() { newest()? } else { runs.to_vec() };
        let runs = runs.iter().flat_map(|run| rendered_together(run));
        let reports: Vec<Report> = runs.map(|run| read(&run)).collect::<Result<_>>()?;
        let (folder, artifacts) = (self.0.join(name), results::artifacts(&reports)?);
        let written = write(&folder, &artifacts).context("saving the baseline")?;
        stale(&folder, &written)?;
        if self.current().ok().flatten().is_none() {
            self.choose(name)?;
        }
        for report in reports.iter().filter(|report| report.status() == Status::Invalid) {
            let run = escape::terminal(&crate::report::view::names::run(report));
            output
                .note(&format!("warning: {run} is INVALID: what is invalid in it is compared with nothing"));
        }
        output.note(&format!("note: {} saved as {name}", count(reports.len(), "run")));
        Ok(())
    }

    fn list(&self, format: Plain, output: &Output) -> Result<()> {
        let current = std::fs::read_to_string(self.0.join(CURRENT)).unwrap_or_default();
        let mut all = Vec::new();
        for name in self.names() {
            let reports = self.named(&name)?;
            let Some(first) = reports.first() else { continue };
            let trials: usize = reports.iter().map(|report| report.measurements.len()).sum();
            all.push(json!({
                "name": name, "current": name == current.trim(), "scenario": first.name, "started": first.started,
                "runs": reports.len(), "trials": trials,
                "status": reports.iter().map(Report::status).max().map(Status::name),
            }));
        }
        if format == Plain::Json {
            return output.say(&format!("{:#}\n", serde_json::Value::from(all)));
        }
        for one in &all {
            let text = |key: &str| escape::terminal(one[key].as_str().unwrap_or_default());
            let number = |key: &str, what: &str| count(one[key].as_u64().unwrap_or_default(), what);
            let mark = if one["current"] == true { "*" } else { " " };
            output.say(&format!(
                "{mark} {:20} {} {}, {}, {}, {}\n",
                text("name"),
                text("scenario"),
                text("started"),
                number("runs", "run"),
                number("trials", "trial"),
                text("status")
            ))?;
        }
        Ok(())
    }
}

/// The newest run there is.
fn newest() -> Result<Vec<PathBuf>> {
    let newest = runs_in(Path::new(folder::REPORTS)).into_iter().next();
    newest.map(|run| vec![run]).ok_or_else(|| anyhow!("there is no run in {}: name one", folder::REPORTS))
}

/// Results that one of more runs has left under the same name.
fn stale(folder: &Path, written: &[PathBuf]) -> Result<()> {
    for entry in std::fs::read_dir(folder)?.flatten() {
        let ours = results::is_results(&entry.file_name().to_string_lossy());
        if ours && !written.contains(&entry.path()) {
            std::fs::remove_file(entry.path()).context("removing the former baseline")?;
        }
    }
    Ok(())
}

/// It is a folder's name: nothing in it may climb out.
fn is_name(name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    plain && !name.is_empty() && !name.starts_with(['.', '-']) && name != CURRENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, is) in [
            ("main", true),
            ("v0.1_a-b", true),
            ("..", false),
            ("a/b", false),
            ("", false),
            ("current", false),
        ] {
            assert_eq!(is_name(name), is, "{name}");
        }
    }
}
