//! From results to artifacts: renderers return bytes, one function writes files.
//!
//! It must not know how results were obtained; its only input is a [`Report`].

pub mod chart;

use crate::results::Report;

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
    /// Renders one report, or several side by side.
    fn render(&self, reports: &[Report]) -> anyhow::Result<Vec<Artifact>>;
}
