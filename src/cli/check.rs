//! `wsbench check`: the plan and what it needs, without any load.

use anyhow::Result;

use super::output::Output;
use super::{Exit, Wrong, args::CheckArgs, args::OverrideArgs};
use crate::os::pulse::pulse;
use crate::os::{limits, system};
use crate::plan::{Limits, Machine, Needs, Plan, describe};
use crate::report::escape::terminal;
use crate::run::third_party;
use crate::scenario::builtin::{self, Loaded};

/// Prints the plan, and what of it this machine cannot hold.
pub(super) fn check(args: &CheckArgs, output: &Output) -> Result<Exit> {
    let (_, plan, notes) = planned(&args.scenario, &args.overrides)?;
    output.say(&describe(&plan))?;
    notes.iter().for_each(|note| output.note(&format!("note: {note}")));
    ready(&plan)?;
    let complaints = complaints(&plan);
    complaints.iter().for_each(|complaint| output.note(&format!("error: {complaint}")));
    Ok(if complaints.is_empty() { Exit::Good } else { Exit::Failed })
}

/// The scenario with its overrides, the plan that follows from it, and what the flags have changed besides.
pub(super) fn planned(name: &str, flags: &OverrideArgs) -> Result<(Loaded, Plan, Vec<String>)> {
    let mut loaded = builtin::load(name).map_err(Wrong::from)?;
    let notes = flags.overrides().apply(&mut loaded.scenario).map_err(Wrong::from)?;
    let machine = Machine { cores: system::cores(), files: limits::files() };
    let plan = Plan::of(&loaded.scenario, machine).map_err(Wrong::from)?;
    Ok((loaded, plan, notes))
}

/// Whether what the plan starts is there and installed; else it is wrong to ask for it.
pub(super) fn ready(plan: &Plan) -> Result<()> {
    third_party::check(plan).map_err(|why| {
        // Its help is on a line of its own.
        let lines: Vec<String> = format!("{why:#}").lines().map(terminal).collect();
        Wrong::from(format!("error: {}", lines.join("\n")))
    })
}

/// What does not fit into this machine.
pub(super) fn complaints(plan: &Plan) -> Vec<String> {
    let free = pulse().memory_available.unwrap_or_else(system::memory);
    let here = Limits { files_hard: limits::files(), ports: u64::from(system::ports()), memory: free };
    Needs::of_run(plan).complaints(&here)
}
