//! Where a calibration is kept: `$XDG_CACHE_HOME/wsbench/calibration.json`, or below `~/.cache`.

use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::os::file;
use crate::report::{Artifact, write};
use crate::results::{Calibration, Environment, Floor};

const FILE: &str = "calibration.json";
/// A calibration has 2 kB.
const MAX_BYTES: u64 = 1 << 20;

/// The XDG rule: an absolute path, or `~/.cache`.
fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(cache.join("wsbench"))
}

/// Keeps it; where.
pub(super) fn keep(calibration: &Calibration) -> Result<PathBuf> {
    let folder =
        folder().context("the calibration could not be kept: neither XDG_CACHE_HOME nor HOME is set")?;
    let mut bytes = serde_json::to_vec_pretty(calibration)?;
    bytes.push(b'\n');
    write(&folder, &[Artifact { name: FILE.to_owned(), bytes }])
        .context("the calibration could not be kept")?;
    Ok(folder.join(FILE))
}

/// The floor under what is measured `here`, now. One that cannot be read is like none: it is only a line in a chart.
pub(in crate::cli) fn floor(here: &Environment) -> Option<Floor> {
    let bytes = file::read_regular(&folder()?.join(FILE), MAX_BYTES).ok()?;
    let calibration: Calibration = serde_json::from_slice(&bytes).ok()?;
    calibration.floor(here, SystemTime::now())
}
