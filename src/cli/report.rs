//! `wsbench report`: renders results again, or several runs side by side. `run` ends in the same code.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

use super::args::ReportArgs;
use super::output::Output;
use super::{Exit, folder};
use crate::report::{FORMATS, clear, json, terminal, write};
use crate::results::Report;

/// Renders and prints.
pub(super) fn report(args: &ReportArgs, output: &Output) -> Result<Exit> {
    let reports: Vec<Report> = args.runs.iter().map(|run| json::read(run)).collect::<Result<_>>()?;
    if args.no_files {
        print(&reports, &args.format, output)?;
        return Ok(Exit::Good);
    }
    let folder = match (&args.out, &args.runs[..]) {
        (Some(out), _) => out.clone(),
        (None, [run]) if run.is_dir() => run.clone(),
        (None, [run]) => run.parent().map(Path::to_owned).unwrap_or_default(),
        (None, _) => folder::fresh("side-by-side", SystemTime::now()),
    };
    clear(&folder)?;
    finish(&reports, &args.format, &folder, output)?;
    Ok(Exit::Good)
}

/// Writes every format into `folder`, prints the asked one, and last the path.
pub(super) fn finish(reports: &[Report], format: &str, folder: &Path, output: &Output) -> Result<()> {
    let mut written = Vec::new();
    for format in FORMATS {
        let artifacts = format.render(reports).with_context(|| format!("rendering {}", format.name()))?;
        written.extend(write(folder, &artifacts)?);
    }
    print(reports, format, output)?;
    let path = format!("\n{}", highlights(folder, &written));
    // The table is for people, and the path is its last line; machines read their format alone.
    if format == "text" {
        return output.say(&format!("{path}\n"));
    }
    output.note(path.trim_start());
    Ok(())
}

fn print(reports: &[Report], name: &str, output: &Output) -> Result<()> {
    if name == "text" {
        return output.say(&terminal::render(reports, &output.style()));
    }
    let format = FORMATS.iter().find(|format| format.name() == name).context("no such format")?;
    let artifacts = format.render(reports)?;
    // Of several files the first is the summary.
    let text = artifacts.first().map_or_else(Default::default, |a| String::from_utf8_lossy(&a.bytes));
    output.say(&text)
}

/// The folder, and what to open first of what was written.
fn highlights(folder: &Path, written: &[PathBuf]) -> String {
    let there = ["capacity.png", "overhead.png", "latency.png", "summary.csv", "results.json"];
    let names: Vec<&str> = there.into_iter().filter(|name| written.contains(&folder.join(name))).collect();
    format!("{}/  {}", folder.display(), names.join("  "))
}
