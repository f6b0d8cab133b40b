//! The one place that writes artifacts: into a temporary file beside the final one, then renamed, so that a
//! crash never leaves half a `results.json`.
//!
//! It must not know what is in them. Its other end is [`super::Format::render`].

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::Artifact;

/// Writes the artifacts into `folder`, which is made when it is not there. Answers where they are.
pub fn write(folder: &Path, artifacts: &[Artifact]) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    artifacts.iter().map(|artifact| write_one(folder, artifact)).collect()
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
