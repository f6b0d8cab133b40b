//! The folder of a run: `reports/<name>-<UTC time>` unless told otherwise; and that nobody else writes into it meanwhile.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Result, anyhow, bail};

use crate::os::file::lock;

/// Where the folders of runs are.
pub(super) const REPORTS: &str = "reports";

/// A folder that no other wsbench writes into as long as this is there.
pub(super) struct Claimed {
    pub(super) path: PathBuf,
    /// The folders that were made for it, the innermost first.
    made: Vec<PathBuf>,
    _lock: File,
}

/// A run that was refused leaves no empty folder behind.
impl Drop for Claimed {
    fn drop(&mut self) {
        // One that has something in it is not removed.
        self.made.iter().for_each(|folder| drop(std::fs::remove_dir(folder)));
    }
}

/// Claims a folder that was named; it is made when it is not there.
///
/// # Errors
/// It cannot be made; or another wsbench is at work in it, whose files would be mixed with ours.
pub(super) fn claim(path: &Path) -> Result<Claimed> {
    match claimed(path)? {
        Some(claimed) => Ok(claimed),
        None => bail!(
            "another wsbench is writing into {}: wait for its end, or name another folder by --out",
            path.display()
        ),
    }
}

/// Claims a folder with a name that nobody has.
pub(super) fn claim_fresh(name: &str, at: SystemTime) -> Result<Claimed> {
    // Two that begin in the same second may choose the same: one of them chooses again.
    loop {
        if let Some(claimed) = claimed(&fresh(name, at))? {
            return Ok(claimed);
        }
    }
}

fn claimed(path: &Path) -> Result<Option<Claimed>> {
    let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let made = path.ancestors().take_while(missing).map(Path::to_owned).collect();
    let locked = std::fs::create_dir_all(path).and_then(|()| lock(path));
    let lock = locked.map_err(|why| {
        let locked = matches!(why.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem);
        let help = if locked { "\n  = help: name a folder that you may write into by --out" } else { "" };
        anyhow!("making the folder {}: {why}{help}", path.display())
    })?;
    Ok(lock.map(|lock| Claimed { path: path.to_owned(), made, _lock: lock }))
}

/// `reports/<name>-20261122T104200Z`, with a number behind it when that is taken.
fn fresh(name: &str, at: SystemTime) -> PathBuf {
    let stamp: String = humantime::format_rfc3339_seconds(at)
        .to_string()
        .chars()
        .filter(|c| !matches!(c, '-' | ':'))
        .collect();
    let plain = PathBuf::from(REPORTS).join(format!("{name}-{stamp}"));
    let numbered = (2..).map(|n| PathBuf::from(REPORTS).join(format!("{name}-{stamp}-{n}")));
    std::iter::once(plain.clone()).chain(numbered).find(|path| !path.exists()).unwrap_or(plain)
}
