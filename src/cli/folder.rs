//! The folder of a run: `reports/<name>-<UTC time>` unless told otherwise.

use std::path::PathBuf;
use std::time::SystemTime;

/// `reports/<name>-20261122T104200Z`, with a number behind it when that is taken.
pub(super) fn fresh(name: &str, at: SystemTime) -> PathBuf {
    let stamp: String = humantime::format_rfc3339_seconds(at)
        .to_string()
        .chars()
        .filter(|c| !matches!(c, '-' | ':'))
        .collect();
    let plain = PathBuf::from("reports").join(format!("{name}-{stamp}"));
    let numbered = (2..).map(|n| PathBuf::from("reports").join(format!("{name}-{stamp}-{n}")));
    std::iter::once(plain.clone()).chain(numbered).find(|path| !path.exists()).unwrap_or(plain)
}
