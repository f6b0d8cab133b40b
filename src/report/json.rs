//! `results.json`: the report itself, and the way back. `report RUN…` begins with [`read`].
//!
//! It must not know what a report is for; [`crate::results`] says what is in it.

mod plausible;

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::escape;
use super::format::{Artifact, Format};
use super::view::View;
use crate::os::file;
use crate::results::{Report, VERSION};

/// The name of the file.
pub const FILE: &str = "results.json";
/// What a comparison says, for programs.
pub const COMPARISON: &str = "comparison.json";
/// Metrics over runs, for programs.
pub const TREND: &str = "trend.json";
/// A week's run at a kilobyte a second has 600 MB.
const MAX_BYTES: u64 = 1 << 30;

/// Its name where several runs lie side by side; the first is 1.
pub fn numbered(run: usize) -> String {
    format!("results-{run}.json")
}

/// Whether a file's name is that of results: of a run, or of one of several side by side.
pub fn is_results(name: &str) -> bool {
    let number = name.strip_prefix("results-").and_then(|rest| rest.strip_suffix(".json"));
    name == FILE || number.is_some_and(|n| n.parse::<usize>().is_ok_and(|n| numbered(n) == name))
}

/// Several runs as one JSON array, for stdout: there each cannot have a file of its own.
pub fn together(reports: &[Report]) -> Result<String> {
    pretty(reports)
}

fn pretty<T: Serialize + ?Sized>(what: &T) -> Result<String> {
    Ok(escape::json(serde_json::to_string_pretty(what).context("writing results as JSON")?) + "\n")
}

/// The format `json`.
pub struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "results.json: everything, histograms whole; `wsbench report` reads it again"
    }

    /// Results are none of them: they are what the others are written from, and are only ever replaced.
    fn renderings(&self) -> Vec<String> {
        vec![COMPARISON.to_owned(), TREND.to_owned()]
    }

    fn render(&self, view: &View<'_>) -> Result<Vec<Artifact>> {
        let one =
            |name: &str, text: String| vec![Artifact { name: name.to_owned(), bytes: text.into_bytes() }];
        match (&view.comparison, &view.trend) {
            (Some(comparison), _) => Ok(one(COMPARISON, pretty(comparison)?)),
            (None, Some(trend)) => Ok(one(TREND, pretty(trend)?)),
            (None, None) => artifacts(view.reports),
        }
    }
}

/// A file for each run.
pub fn artifacts(reports: &[Report]) -> Result<Vec<Artifact>> {
    let name = |run: usize| match reports.len() {
        1 => FILE.to_owned(),
        _ => numbered(run + 1),
    };
    let one = |(run, report): (usize, &Report)| -> Result<Artifact> {
        Ok(Artifact { name: name(run), bytes: pretty(report)?.into_bytes() })
    };
    reports.iter().enumerate().map(one).collect()
}

/// What every version has.
#[derive(Deserialize)]
struct Head {
    version: u32,
}

/// What every version has and hardly another program's file.
#[derive(Deserialize)]
struct Ours {
    #[serde(rename = "version")]
    _version: u32,
    #[serde(rename = "measurements")]
    _measurements: Vec<IgnoredAny>,
}

/// Reads a `results.json`, or the one in a folder. A newer version, half a file and a file that is something
/// else are each refused in words of their own.
pub fn read(path: &Path) -> Result<Report> {
    let path = if path.is_dir() { path.join(FILE) } else { path.to_owned() };
    let shown = path.display();
    let text = text(&path).with_context(|| format!("reading results {shown}"))?;
    let head: Head = serde_json::from_str(&text).map_err(|e| refused(&e, &shown.to_string()))?;
    if !(1..=VERSION).contains(&head.version) {
        let theirs = head.version;
        bail!(
            "{shown}: results of version {theirs}; this wsbench reads version {VERSION} and older: render it with the wsbench \
             that wrote it, or a newer one"
        );
    }
    if let Some(why) = plausible::implausible(&text) {
        bail!("{shown}: no run leaves such results: {why}");
    }
    serde_json::from_str(&text).map_err(|e| refused(&e, &shown.to_string()))
}

fn text(path: &Path) -> Result<String> {
    let bytes = file::read(path, MAX_BYTES)?;
    ensure!(bytes.len() as u64 <= MAX_BYTES, "it is larger than {} GiB", MAX_BYTES >> 30);
    Ok(String::from_utf8(bytes)?)
}

/// Whether results of wsbench, of whatever version, lie in `folder`: those of a run, or of several side by side.
pub fn lie_in(folder: &Path) -> bool {
    let ours = |name: &&str| {
        let text = file::read_regular(&folder.join(name), MAX_BYTES).unwrap_or_default();
        serde_json::from_slice::<Ours>(&text).is_ok()
    };
    [FILE, "results-1.json"].iter().any(ours)
}

fn refused(error: &serde_json::Error, path: &str) -> anyhow::Error {
    if error.is_eof() {
        return anyhow::anyhow!("{path}: cut off in the middle ({error}); was it copied whole?");
    }
    anyhow::anyhow!("{path}: not results of wsbench: {error}; give the results.json of a run, or its folder")
}
