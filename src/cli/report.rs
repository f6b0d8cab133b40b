//! `wsbench report`: renders results again, or several runs side by side. `run` ends in the same code.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow, bail};

use super::args::{PrintArgs, ReportArgs};
use super::output::Output;
use super::{Exit, Wrong, export, folder};
use crate::plan::Trial;
use crate::report::{Earlier, FORMATS, View, escape, json, save, terminal};
use crate::results::Report;
use crate::scenario::builtin;

/// Runs of a folder that are named, where a folder of runs was given.
const MOST_NAMED: usize = 5;

/// Renders and prints.
pub(super) fn report(args: &ReportArgs, output: &Output) -> Result<Exit> {
    let runs = args.runs.iter().flat_map(|run| rendered_together(run));
    let reports: Vec<Report> = runs.map(|run| read(&run)).collect::<Result<_>>()?;
    if args.trend {
        return trend(&reports, args, output);
    }
    baseline(&args.printed, reports.iter().flat_map(|report| &report.measurements).map(|m| &m.trial))?;
    if args.no_files {
        let view = View::of(&reports, args.printed.baseline.as_deref());
        print(&view, &args.printed.format, output)?;
        export::write_all(&args.printed.export, &view)?;
        return Ok(Exit::Good);
    }
    let own = args.out.is_none() && matches!(&args.runs[..], [run] if run.is_dir() || named_as_results(run));
    let claimed = match (&args.out, &args.runs[..]) {
        (Some(out), _) => folder::claim(out)?,
        (None, [run]) if run.is_dir() => folder::claim(run)?,
        (None, [run]) => folder::claim(&beside(run, output))?,
        (None, _) => folder::claim_fresh("comparison", SystemTime::now())?,
    };
    if let ([_, _, ..], true) = (&reports[..], !own && claimed.path.join(json::FILE).exists()) {
        let folder = escape::path(&claimed.path);
        return Err(Wrong::from(format!(
            "error: {folder} holds the results of a run, which others are not written beside\n  = help: name another \
             folder by --out"
        )));
    }
    let earlier = Earlier::of(&claimed.path);
    let shown = Shown { printed: &args.printed, quiet: false, measured: !own };
    let written = finish(&reports, shown, &claimed.path, output)?;
    earlier.remove(&written, |name| own && json::is_results(name))?;
    Ok(Exit::Good)
}

/// Metrics over runs: printed, and written where that was asked for.
fn trend(reports: &[Report], args: &ReportArgs, output: &Output) -> Result<Exit> {
    let view = View::trend(reports, &args.metric);
    print(&view, &args.printed.format, output)?;
    export::write_all(&args.printed.export, &view)?;
    if let Some(out) = args.out.as_ref().filter(|_| !args.no_files) {
        let claimed = folder::claim(out)?;
        let (_, unsaved) = save(FORMATS, &view, &claimed.path, |name| !json::is_results(name));
        unsaved.told(&claimed.path)?;
    }
    Ok(Exit::Good)
}

/// The runs that a folder of several side by side holds; any other is itself.
pub(super) fn rendered_together(run: &Path) -> Vec<PathBuf> {
    let numbered = (1..).map(|n| run.join(json::numbered(n))).take_while(|file| file.exists());
    let numbered: Vec<PathBuf> = if run.join(json::FILE).exists() { vec![] } else { numbered.collect() };
    if numbered.is_empty() { vec![run.to_owned()] } else { numbered }
}

fn named_as_results(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == json::FILE)
}

/// Where a file of results is rendered. `results.json` has a folder of its own. Any other name may lie beside somebody
/// else's results, which what is written here would replace.
fn beside(file: &Path, output: &Output) -> PathBuf {
    let parent = file.parent().map(Path::to_owned).unwrap_or_default();
    if named_as_results(file) {
        return parent;
    }
    let stem =
        file.file_stem().map_or_else(|| "report".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let numbered = (2..).map(|n| parent.join(format!("{stem}-{n}")));
    let plain = parent.join(&stem);
    let folder = std::iter::once(plain.clone()).chain(numbered).find(|path| !path.exists()).unwrap_or(plain);
    let (shown, place) = (escape::path(file), escape::path(&folder));
    output.note(&format!("note: {shown} is no {}: rendering it in {place}", json::FILE));
    folder
}

/// The results of a run; a folder of runs is told from them by what lies inside.
pub(super) fn read(run: &Path) -> Result<Report> {
    let inside = if run.join(json::FILE).exists() { vec![] } else { runs_in(run) };
    if !run.exists() {
        return json::read(run).map_err(|why| anyhow!("{why:#}{}", instead(run)));
    }
    if inside.is_empty() {
        return json::read(run);
    }
    let more = match inside.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named: Vec<String> = inside.iter().take(MOST_NAMED).map(|run| run.display().to_string()).collect();
    bail!("{}: a folder of runs, not a run: name one or several of {}{more}", run.display(), named.join(", "))
}

/// What to do where there is no such run: its name may be that of a scenario.
fn instead(run: &Path) -> String {
    let name = run.display().to_string();
    let of_it = |path: &PathBuf| {
        path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&format!("{name}-")))
    };
    let runs = runs_in(Path::new(folder::REPORTS));
    match runs.iter().find(|path| of_it(path)).or_else(|| runs.first()) {
        Some(newest) => format!("\n  = help: the newest run is {}", newest.display()),
        None if builtin::ALL.iter().any(|scenario| scenario.name == name) => {
            format!(
                "\n  = help: {name} is a scenario; `wsbench run {name}` runs it and says where the results are"
            )
        }
        None => "\n  = help: name the folder that `wsbench run` said in the end".to_owned(),
    }
}

/// The runs in a folder, the newest first.
pub(super) fn runs_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let written = |run: &Path| run.join(json::FILE).metadata().and_then(|results| results.modified()).ok();
    let mut runs: Vec<(SystemTime, PathBuf)> =
        entries.filter_map(|entry| Some((written(&entry.path())?, entry.path()))).collect();
    runs.sort_by(|a, b| b.cmp(a));
    runs.into_iter().map(|(_, run)| run).collect()
}

/// Whether there is what `--baseline` names.
///
/// # Errors
/// There is not.
pub(super) fn baseline<'a>(printed: &PrintArgs, trials: impl Iterator<Item = &'a Trial>) -> Result<()> {
    match rows_without(printed, trials) {
        None => Ok(()),
        Some((name, rows)) => {
            Err(Wrong::from(format!("error: --baseline {name}: there is {}", rows.join(", "))))
        }
    }
}

/// What `--baseline` names, and the rows that there are, where it names none of them.
pub(super) fn rows_without<'a, 'p>(
    printed: &'p PrintArgs,
    trials: impl Iterator<Item = &'a Trial>,
) -> Option<(&'p str, Vec<String>)> {
    let name = printed.baseline.as_deref()?;
    let mut rows: Vec<String> = Vec::new();
    for trial in trials {
        if trial.is_called(name) {
            return None;
        }
        rows.extend(Some(trial.row_name()).filter(|row| !rows.contains(row)));
    }
    Some((name, rows))
}

/// What is printed in the end.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) printed: &'a PrintArgs,
    /// Nothing on stderr.
    pub(super) quiet: bool,
    /// What was measured is written, too; not where it was read from.
    pub(super) measured: bool,
}

/// Writes every format into `folder`, prints the asked one, and last the path. What was measured is printed whether or not
/// it can be saved. Answers what was written.
///
/// # Errors
/// What could not be saved, or printed.
pub(super) fn finish(
    reports: &[Report],
    shown: Shown<'_>,
    folder: &Path,
    output: &Output,
) -> Result<Vec<PathBuf>> {
    finish_view(&View::of(reports, shown.printed.baseline.as_deref()), shown, folder, output)
}

/// The same of a view that is made already.
pub(super) fn finish_view(
    view: &View<'_>,
    shown: Shown<'_>,
    folder: &Path,
    output: &Output,
) -> Result<Vec<PathBuf>> {
    let (written, unsaved) = save(FORMATS, view, folder, |name| shown.measured || !json::is_results(name));
    print(view, &shown.printed.format, output)?;
    let path = highlights(folder, &written);
    // The table is for people, and the path is its last line; machines read their format alone.
    if shown.printed.format == "text" {
        output.say(&format!("\n{path}\n"))?;
    } else if !shown.quiet {
        output.note(&path);
    }
    let exported = export::write_all(&shown.printed.export, view);
    unsaved.told(folder)?;
    exported.map(|()| written)
}

pub(super) fn print(view: &View<'_>, name: &str, output: &Output) -> Result<()> {
    if name == "text" {
        return output.say(&terminal::render(view, output.style()));
    }
    let format = FORMATS.iter().find(|format| format.name() == name).context("no such format")?;
    if name == "json" && view.reports.len() > 1 && view.comparison.is_none() && view.trend.is_none() {
        return output.say(&json::together(view.reports)?);
    }
    let artifacts = format.render(view)?;
    // Of several files the first is the summary.
    let text = artifacts.first().map_or_else(Default::default, |a| String::from_utf8_lossy(&a.bytes));
    output.say(&text)
}

/// What to open first, where it was drawn: charts that say something of this run alone come before those of every run.
const CHARTS_FIRST: [&str; 6] =
    ["comparison.png", "capacity.png", "traffic.png", "age.png", "overhead.png", "latency.png"];
/// So many of them are named.
const MOST_CHARTS: usize = 3;

/// The folder, and what to open first of what was written.
fn highlights(folder: &Path, written: &[PathBuf]) -> String {
    let is_there = |name: &&str| written.contains(&folder.join(name));
    let charts = CHARTS_FIRST.into_iter().filter(is_there).take(MOST_CHARTS);
    let page = Some("report.html").filter(is_there);
    let tables = ["comparison.csv", "capacity.csv", "summary.csv"].into_iter().filter(is_there);
    // Results that were read are there, and were not written.
    let results = Some(json::FILE).filter(|name| is_there(name) || folder.join(name).exists());
    let names: Vec<&str> = page.into_iter().chain(charts).chain(tables).chain(results).collect();
    // Who types a folder may end it with a slash.
    let folder: PathBuf = folder.components().collect();
    format!("{}/  {}", escape::path(&folder), names.join("  "))
}
