//! `wsbench check`: the plan and what it needs, without any load.

use anyhow::Result;

use super::output::Output;
use super::{Exit, Wrong, args::CheckArgs, args::ScenarioArgs};
use crate::os::machine_snapshot::MachineSnapshot;
use crate::os::{limits, system};
use crate::plan::{Limits, Machine, Needs, Plan, describe};
use crate::report::escape::terminal;
use crate::run::foreign::word;
use crate::run::third_party;
use crate::scenario::builtin::{self, Loaded};

/// What is to be held, and where it comes from.
pub(super) struct Planned {
    pub(super) loaded: Loaded,
    pub(super) plan: Plan,
    /// What the flags have changed besides.
    pub(super) notes: Vec<String>,
    /// The flags as written, for the report.
    pub(super) overrides: Vec<String>,
}

/// Prints the plan, and what of it this machine cannot hold.
pub(super) fn check(args: &CheckArgs, output: &Output) -> Result<Exit> {
    let planned = planned(&args.scenario)?;
    output.say(&describe(&planned.plan))?;
    let template = template(&planned.loaded);
    template.iter().for_each(|why| output.note(&format!("error: {why}")));
    planned.notes.iter().for_each(|note| output.note(&format!("note: {note}")));
    let (fits, allowed) = (fits(&planned.plan, output)?, allowed(&planned.plan, output));
    Ok(if fits && allowed && template.is_none() { Exit::Good } else { Exit::Failed })
}

/// Whether the server by URL may be loaded, as far as its name tells; a run would look its address up, and refuse.
fn allowed(plan: &Plan, output: &Output) -> bool {
    let Some((_, url)) = plan.by_url().filter(|(_, url)| !url.allowed_by_name()) else { return true };
    let (host, _) = url.aim();
    output.note(&format!(
        "error: {host} is not on this machine by its name (it was not looked up), and nobody has said that you may load \
         it: a run would be refused\n  = help: {}",
        word(host)
    ));
    false
}

/// Why a scenario is not to be run as it is: its URL is an example, and whoever answers there was never asked.
pub(super) fn template(loaded: &Loaded) -> Option<String> {
    let name = &loaded.path;
    loaded.template().then(|| {
        format!(
            "{name} is a template for a server of your own, its URL is an example, and a run is refused\n  = help: `wsbench \
             init` writes {name}.toml: change what is marked there and run that file; `wsbench measure URL` needs no file"
        )
    })
}

/// The scenario with its overrides, and the plan that follows from it.
pub(super) fn planned(args: &ScenarioArgs) -> Result<Planned> {
    let mut flags = args.keys.0.overrides().map_err(Wrong::from)?;
    flags.keep(&args.transport);
    let (loaded, notes) = builtin::load_with(&args.scenario, &flags).map_err(Wrong::from)?;
    let plan = Plan::of(&loaded.scenario, machine()).map_err(Wrong::from)?;
    Ok(Planned { loaded, plan, notes, overrides: flags.written() })
}

/// The machine that a plan is made for.
pub(super) fn machine() -> Machine {
    Machine { cores: system::cores(), files: limits::files() }
}

/// Whether this machine can hold the plan; what does not fit has been said.
///
/// # Errors
/// What the plan starts is not there or not installed.
pub(super) fn fits(plan: &Plan, output: &Output) -> Result<bool> {
    ready(plan)?;
    let complaints = complaints(plan);
    complaints.iter().for_each(|complaint| output.note(&format!("error: {complaint}")));
    Ok(complaints.is_empty())
}

/// Whether what the plan starts is there and installed; else it is wrong to ask for it.
fn ready(plan: &Plan) -> Result<()> {
    third_party::check(plan).map_err(|why| {
        // Its help is on a line of its own.
        let lines: Vec<String> = format!("{why:#}").lines().map(terminal).collect();
        Wrong::from(format!("error: {}", lines.join("\n")))
    })
}

/// What does not fit into this machine.
fn complaints(plan: &Plan) -> Vec<String> {
    let machine = MachineSnapshot::take();
    // Where the system tells nothing, nothing is refused.
    let (free, group) = (machine.memory_available.unwrap_or(u64::MAX), machine.group_memory_left);
    let here = Limits {
        files_hard: limits::files(),
        ports: u64::from(system::ports()),
        memory: free.min(group.unwrap_or(u64::MAX)),
        of_group: group.is_some_and(|left| left < free),
    };
    Needs::of_run(plan).complaints(&here)
}
