//! From results to artifacts: renderers return bytes, one function writes files.
//!
//! It must not know how results were obtained; its only input is a [`Report`]. A format is one file and one
//! entry in [`FORMATS`].

mod capacity;
pub mod chart;
mod columns;
mod csv;
pub mod escape;
mod fields;
mod finding;
mod hlog;
pub mod json;
mod markdown;
mod ndjson;
pub mod notes;
mod runs;
mod side_by_side;
pub mod terminal;
mod totals;
mod write;

pub use finding::finding;
pub use write::{Earlier, Unsaved, save, write};

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
    /// Whether it is text that one prints; if not it is for files alone.
    fn printable(&self) -> bool {
        true
    }
    /// Names of all files that it may write and that can be written again from results: what an earlier run has left
    /// under them is stale.
    fn renderings(&self) -> Vec<String>;
    /// Renders one report, or several side by side.
    fn render(&self, reports: &[Report]) -> anyhow::Result<Vec<Artifact>>;
}

/// Every format, in the order of `wsbench list`.
pub const FORMATS: &[&dyn Format] = &[
    &terminal::Text,
    &json::Json,
    &ndjson::Ndjson,
    &csv::Csv,
    &hlog::Hlog,
    &markdown::Markdown,
    &chart::Chart,
];
