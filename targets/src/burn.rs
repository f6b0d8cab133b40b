//! A slowdown made on purpose, for `scripts/null-experiment`: is one of a known size found? Only in a build that asks for it
//! (`--features burn`), never in one that measures.
//!
//! It must not know what a message is.

use std::cell::Cell;
use std::sync::OnceLock;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What part of its CPU time a message costs more.
const VARIABLE: &str = "BURN_SHARE";

thread_local! {
    /// The CPU time that this thread had taken when it had burnt last.
    static BURNT: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Takes that part of the CPU time since the last call. In proportion, as what a message costs differs from one minute to the
/// next.
pub(crate) fn burn() {
    static SHARE: OnceLock<f64> = OnceLock::new();
    let text = || std::env::var(VARIABLE).ok().and_then(|text| text.parse().ok());
    let share = *SHARE.get_or_init(|| text().unwrap_or(0.0));
    let began = taken();
    let own = BURNT.get().map_or(Duration::ZERO, |burnt| began.saturating_sub(burnt));
    let end = began + own.mul_f64(share);
    while taken() < end {
        std::hint::spin_loop();
    }
    BURNT.set(Some(taken()));
}

/// CPU time of this thread.
fn taken() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
