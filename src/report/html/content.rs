//! What a page says, ready to be put into it; and what changes on it while its run is under way.
//!
//! It must not know where it comes from, nor what is around it.

use serde::Serialize;

/// All that differs from page to page.
#[derive(Serialize)]
pub struct Content {
    /// Of the window.
    pub(super) title: String,
    /// The markup of all that it says.
    pub(super) main: String,
    /// The JSON of what is drawn.
    pub(super) plots: String,
}
