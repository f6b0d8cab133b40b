//! The measured interval of a trial.
//!
//! It must not know what is measured in it.

use wsbench_targets::clock::Tick;

/// The measured interval: messages *due* in `[begin, end)` are the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first tick of it.
    pub begin: Tick,
    /// The first tick after it.
    pub end: Tick,
}

impl Window {
    /// Before the word to start nothing is in the window.
    pub const NEVER: Window = Window { begin: Tick(u64::MAX), end: Tick(u64::MAX) };

    /// Whether `due` lies in it.
    pub fn holds(&self, due: Tick) -> bool {
        self.begin <= due && due < self.end
    }
}
