//! The verdict: when do we not believe our own numbers, and how did the server do? `rules` is the table; the other files
//! find the values.
//!
//! Pure: evidence in, checks out. It must not ask the machine anything; `run::trial` does that.

mod generator;
mod machine;
mod others;
mod rules;
mod server;
mod steady;
mod work;

pub(super) use machine::grown;
pub use machine::{Surroundings, is_fast, steal};
pub use others::{busiest, how_busy, processes, took};
pub use rules::{RULES, Rule, SERVER_RULES, rules};
pub use server::unreachable;

use crate::meter::Dials;
use crate::results::{Measurement, OF_THE_GENERATOR, Severity, Verdict};
use crate::scenario::Threshold;

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
    /// What the user allows: it takes the place of a rule's own limit.
    pub thresholds: &'a [Threshold],
}

/// All that is to be said of a trial.
pub fn judge(evidence: &Evidence<'_>) -> Verdict {
    let (m, mut own) = (evidence.measurement, Verdict::default());
    work::judge(m, evidence.unanswered, &mut own);
    generator::judge(m, &mut own);
    steady::judge(m, &mut own);
    generator::floor(m, evidence.floor, &mut own);
    machine::judge(m, evidence.surroundings, &mut own);
    // What failed comes first: it explains much of what follows.
    others::judge(m, evidence.surroundings, &mut own);
    let mut verdict = Verdict::default();
    server::judge(evidence, in_order(&own), &mut verdict);
    verdict.warnings.extend(own.warnings);
    verdict
}

/// Whether nothing says that the generator, or the machine under it, was short of anything.
fn in_order(verdict: &Verdict) -> bool {
    let mut serious = verdict.warnings.iter().filter(|found| found.severity >= Severity::Suspect);
    serious.all(|found| !OF_THE_GENERATOR.contains(&found.check))
}
