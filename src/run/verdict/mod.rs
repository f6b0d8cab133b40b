//! The verdict: when do we not believe our own numbers? `rules` is the table; the other files find the values.
//!
//! Pure: evidence in, doubts out. It must not ask the machine anything; `run::trial` does that.

mod generator;
mod machine;
mod others;
mod rules;
mod steady;
mod work;

pub(super) use machine::grown;
pub use machine::{Surroundings, is_fast, steal};
pub use others::{busiest, how_busy, took};
pub use rules::{RULES, Rule};
pub use work::unreachable;

use crate::meter::Dials;
use crate::results::{Measurement, Verdict};

/// All that a trial is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// What came of it.
    pub measurement: &'a Measurement,
    /// Questions about sockets that the kernel did not answer.
    pub unanswered: u64,
    /// The machine while it ran.
    pub surroundings: &'a Surroundings,
    /// What this machine's empty loop takes for such a message, ns, if somebody has measured it.
    pub floor: Option<u64>,
    /// Connections tried, when so many failed that the trial was stopped.
    pub unreachable: Option<Dials>,
}

/// All doubts about a trial.
pub fn judge(evidence: &Evidence<'_>) -> Verdict {
    let (m, mut verdict) = (evidence.measurement, Verdict::default());
    // What failed comes first: it explains much of what follows.
    work::unreached(evidence.unreachable, &mut verdict);
    work::judge(m, evidence.unanswered, &mut verdict);
    generator::judge(m, &mut verdict);
    steady::judge(m, &mut verdict);
    generator::floor(m, evidence.floor, &mut verdict);
    machine::judge(m, evidence.surroundings, &mut verdict);
    others::judge(m, evidence.surroundings, &mut verdict);
    verdict
}
