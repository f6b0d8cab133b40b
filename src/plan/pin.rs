//! `pin`: each shard on a core of its own, a target of ours on those that are left. Are there enough?
//!
//! By default that is so wherever it can be: left to the kernel, the two push each other about, and what a server bears
//! is another number every time. A server by URL is not ours to place, and then the kernel places all.
//!
//! Pure: which cores these are is asked where the processes are started (`run::cores`).

use super::check::{Errors, error};
use super::{Machine, Trial, Where, in_order};
use crate::scenario::Scenario;

/// Whether a trial that nobody has said anything about is pinned.
pub(super) fn fits(target: &Where, shards: u32, machine: Machine) -> bool {
    target.started_here() && shards < machine.cores
}

/// Cores that a pinned trial takes at the least.
fn needed(trial: &Trial) -> u32 {
    trial.shards + u32::from(trial.target.started_here())
}

/// Fewer cores than that would have processes wait for each other, and nobody would see why.
pub(super) fn check(scenario: &Scenario, machine: Machine, errors: &mut Errors) {
    if scenario.pin != Some(true) {
        return;
    }
    let trials = in_order(scenario, machine);
    let Some(most) = trials.iter().max_by_key(|trial| needed(trial)) else { return };
    if needed(most) <= machine.cores {
        return;
    }
    let shards = match most.shards {
        1 => "the shard".to_owned(),
        more => format!("each of {more} shards"),
    };
    let target = if most.target.started_here() { " and one for the target" } else { "" };
    let (label, cores) = (most.label(), machine.cores);
    let message = format!("pin = true takes a core for {shards}{target} ({label}); cores here: {cores}");
    error(errors, message, "fewer `shards`, or pin = false");
}

/// What comes of it, for who asked for it.
pub(super) fn note(scenario: &Scenario) -> Option<String> {
    let target = match scenario.target {
        None => "the target those that are left",
        Some(_) => "an external server is not pinned",
    };
    (scenario.pin == Some(true)).then(|| format!("pin: each shard has a core of its own, {target}"))
}
