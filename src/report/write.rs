//! The one place that writes artifacts, and removes those of an earlier run: into a temporary file beside the final one,
//! then renamed, so that a crash or a full disk never leaves half a `results.json`.
//!
//! It must not know what is in them. Its other end is [`super::Format::render`].

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, Result, ensure};

use super::{Artifact, FORMATS, json};

/// Writes the artifacts into `folder`, which is made when it is not there. Answers where they are.
pub fn write(folder: &Path, artifacts: &[Artifact]) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    artifacts.iter().map(|artifact| write_one(folder, artifact)).collect()
}

/// Files that could not be written, and why; said together, for a full disk fails them all alike.
#[derive(Debug, Default)]
pub struct Unsaved(Vec<(String, Vec<String>)>);

impl Unsaved {
    /// One more; `why` is shown as the innermost cause alone.
    pub fn add(&mut self, name: &str, why: &Error) {
        let why = why.root_cause().to_string();
        match self.0.iter_mut().find(|(other, _)| *other == why) {
            Some((_, names)) => names.push(name.to_owned()),
            None => self.0.push((why, vec![name.to_owned()])),
        }
    }

    /// An error that names them, if there are any.
    pub fn told(self, folder: &Path) -> Result<()> {
        let each: Vec<String> =
            self.0.iter().map(|(why, names)| format!("{} ({why})", names.join(", "))).collect();
        ensure!(each.is_empty(), "not saved in {}: {}", folder.display(), each.join("; "));
        Ok(())
    }
}

/// Removes from `folder` what an earlier run or rendering has left: a run that draws fewer charts must not stand beside
/// charts of another. Only where results of wsbench lie, and only what goes by the name of one of our renderings;
/// results stay.
pub fn clear(folder: &Path) -> Result<()> {
    if !json::lie_in(folder) {
        return Ok(());
    }
    for name in FORMATS.iter().flat_map(|format| format.renderings()) {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => {
                return Err(e).with_context(|| format!("removing the earlier run's {}", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn write_one(folder: &Path, artifact: &Artifact) -> Result<PathBuf> {
    let name = &artifact.name;
    ensure!(Path::new(name).file_name() == Some(name.as_ref()), "`{name}` is not a plain file name");
    let path = folder.join(name);
    let passing = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = fill(&passing, &artifact.bytes).and_then(|()| fs::rename(&passing, &path));
    if written.is_err() && passing.exists() {
        // The first error is the one to tell; a leftover is only untidy.
        drop(fs::remove_file(&passing));
    }
    written.with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

fn fill(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
