//! What a format is: from a [`View`] to the bytes of files.
//!
//! It must not know any format; [`super::FORMATS`] lists them.

use super::view::View;

/// A file to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// File name without folder.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// One way to render reports.
pub trait Format: Sync {
    /// Its name in `wsbench list` and `--format`.
    fn name(&self) -> &'static str;
    /// One line for `wsbench list`.
    fn about(&self) -> &'static str;
    /// Whether it is text that one prints; if not it is for files alone.
    fn printable(&self) -> bool {
        true
    }
    /// Whether it is written only where it is asked for, by `--format` or `--export`; every run's folder has the others.
    fn on_request(&self) -> bool {
        false
    }
    /// Names of all files that it may write and that can be written again from results: what an earlier run has left
    /// under them is stale.
    fn renderings(&self) -> Vec<String>;
    /// Renders one report, or several together.
    fn render(&self, view: &View<'_>) -> anyhow::Result<Vec<Artifact>>;
}
