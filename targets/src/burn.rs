//! A slowdown made on purpose, for `scripts/null-experiment`: is one of a known size found? Only in a build that asks for it
//! (`--features burn`), never in one that measures.
//!
//! It must not know what a message is.

use std::sync::OnceLock;
use std::time::Duration;

use crate::clock::now;

/// How many ns of CPU time a message costs more.
const VARIABLE: &str = "BURN_NS";

/// Takes that long, on the CPU.
pub(crate) fn burn() {
    static COST: OnceLock<Duration> = OnceLock::new();
    let cost = COST.get_or_init(|| {
        let ns = std::env::var(VARIABLE).ok().and_then(|text| text.parse().ok());
        Duration::from_nanos(ns.unwrap_or(0))
    });
    let end = now() + *cost;
    while now() < end {
        std::hint::spin_loop();
    }
}
