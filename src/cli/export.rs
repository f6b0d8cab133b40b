//! `--export FILE`: one file more, in the format of its extension.
//!
//! It must not know any format by name: what may be written is what the formats write into a folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::report::{Artifact, FORMATS, View, escape, json, write};

/// Reads the flag; a wrong extension is said before a run, not after it.
pub(super) fn export(text: &str) -> Result<PathBuf, String> {
    let (path, known) = (PathBuf::from(text), extensions());
    match extension(&path).filter(|extension| known.contains(extension)) {
        Some(_) => Ok(path),
        None => Err(format!("its extension is none of {}", known.join(", "))),
    }
}

/// What a file may end with.
fn extensions() -> Vec<String> {
    let names = FORMATS.iter().flat_map(|format| format.renderings()).chain([json::FILE.to_owned()]);
    let mut all: Vec<String> = names.filter_map(|name| extension(Path::new(&name))).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_lowercase())
}

/// Writes each of the files.
///
/// # Errors
/// One that cannot be drawn or written.
pub(super) fn write_all(files: &[PathBuf], view: &View<'_>) -> Result<()> {
    files
        .iter()
        .try_for_each(|file| one(file, view).with_context(|| format!("writing {}", escape::path(file))))
}

fn one(file: &Path, view: &View<'_>) -> Result<()> {
    let name = file.file_name().and_then(|name| name.to_str()).context("it has no file name")?;
    let artifact = Artifact { name: name.to_owned(), bytes: content(file, name, view)? };
    write(file.parent().unwrap_or(Path::new("")), &[artifact]).map(drop)
}

/// Of several files with that extension the one of the same name, such as `timeline.csv`, or else the first.
fn content(file: &Path, name: &str, view: &View<'_>) -> Result<Vec<u8>> {
    let wanted = extension(file);
    if wanted == extension(Path::new(json::FILE))
        && view.reports.len() > 1
        && view.comparison.is_none()
        && view.trend.is_none()
    {
        return Ok(json::together(view.reports)?.into_bytes());
    }
    let mut all = Vec::new();
    for format in FORMATS.iter().filter(|format| makes(&format.renderings(), format.name(), &wanted)) {
        all.extend(format.render(view)?);
    }
    all.retain(|artifact| extension(Path::new(&artifact.name)) == wanted);
    let same = all.iter().position(|artifact| artifact.name == name).unwrap_or(0);
    let found = all.into_iter().nth(same);
    Ok(found.context("these results have nothing to draw for it")?.bytes)
}

/// Whether a format writes files of that kind. Results are none of its renderings, for they are never stale.
fn makes(renderings: &[String], format: &str, wanted: &Option<String>) -> bool {
    renderings.iter().any(|name| extension(Path::new(name)) == *wanted) || wanted.as_deref() == Some(format)
}
