//! From results to artifacts: a view says what there is to say, renderers return bytes, one function writes files.
//!
//! It must not know how results were obtained; its only input are [`crate::results::Report`]s.

mod benchmark;
pub mod chart;
mod compared;
mod csv;
pub mod escape;
mod fields;
mod followed;
mod format;
mod formats;
mod github;
mod hlog;
pub mod html;
pub mod json;
mod junit;
mod markdown;
mod ndjson;
mod openmetrics;
pub mod terminal;
pub mod view;
mod write;

pub use format::{Artifact, Format};
pub use formats::FORMATS;
pub use view::View;
pub use write::{Earlier, Unsaved, save, write};
