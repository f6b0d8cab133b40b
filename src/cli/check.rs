//! `wsbench check`: the plan and what it needs, without any load.

use anyhow::Result;
use serde_json::{Value, json};

use super::args::{CheckArgs, Plain, ScenarioArgs};
use super::output::Output;
use super::{Exit, Wrong};
use crate::os::machine_snapshot::MachineSnapshot;
use crate::os::{limits, system};
use crate::plan::{Limits, Machine, Needs, Plan, Rooms, Trial, describe};
use crate::report::escape::terminal;
use crate::run::foreign::word;
use crate::run::third_party;
use crate::scenario::builtin::{self, Loaded};
use crate::scenario::flags::Flag;

/// What is to be held, and where it comes from.
pub(super) struct Planned {
    pub(super) loaded: Loaded,
    pub(super) plan: Plan,
    /// What the flags have changed besides.
    pub(super) notes: Vec<String>,
    /// The flags as written, for the report.
    pub(super) overrides: Vec<String>,
}

/// Prints the plan, and why this machine could not run it.
pub(super) fn check(args: &CheckArgs, output: &Output) -> Result<Exit> {
    let planned = planned(&args.scenario)?;
    let plan = &planned.plan;
    ready(plan)?;
    let problems: Vec<String> =
        template(&planned).into_iter().chain(complaints(plan)).chain(refused(plan)).collect();
    match args.format.format {
        Plain::Json => output.say(&format!("{:#}\n", as_json(&planned, &problems)))?,
        Plain::Text => {
            output.say(&describe(plan, output.style().width))?;
            planned.notes.iter().for_each(|note| output.note(&format!("note: {}", terminal(note))));
            problems.iter().for_each(|problem| output.note(&format!("error: {problem}")));
        }
    }
    Ok(if problems.is_empty() { Exit::Good } else { Exit::Failed })
}

fn as_json(planned: &Planned, problems: &[String]) -> Value {
    let plan = &planned.plan;
    let trial = |trial: &Trial| {
        json!({
            "transport": trial.row_name(), "load": trial.load.name(), "clients": trial.clients, "repeat": trial.repeat + 1,
            "shards": trial.shards, "groups": Rooms::of(trial).map(rooms), "needs": needs(&Needs::of(trial)),
        })
    };
    json!({
        "name": plan.name, "about": plan.about, "seed": plan.seed, "overrides": planned.overrides,
        "search": plan.search.as_ref().map(|search| search.over.name()),
        "trials": plan.trials.iter().map(trial).collect::<Vec<_>>(),
        "needs": needs(&Needs::of_run(plan)),
        "notes": planned.notes.iter().chain(&plan.notes).collect::<Vec<_>>(),
        "problems": problems,
    })
}

fn rooms(rooms: Rooms) -> Value {
    json!({
        "number": rooms.groups, "members_min": rooms.smallest, "members_max": rooms.largest,
        "publishers": rooms.publishers, "expected_per_second": rooms.expected_per_second,
    })
}

fn needs(needs: &Needs) -> Value {
    json!({
        "target_files": needs.target_files, "shard_files": needs.shard_files, "ports": needs.ports,
        "addresses": needs.addresses, "memory_bytes": needs.memory, "traffic_bytes": needs.traffic,
        "wire_bytes": needs.wire, "time_s": needs.time.as_secs_f64(),
    })
}

/// Why an external server may not be loaded, as far as its name tells; a run would look its address up.
fn refused(plan: &Plan) -> Option<String> {
    let (_, url) = plan.by_url().filter(|(_, url)| !url.allowed_by_name())?;
    let (host, _) = url.aim();
    Some(format!(
        "{host} is not on this machine by its name (it was not looked up): a run would be refused\n  = help: {}",
        word(host)
    ))
}

/// Why a scenario is not to be run as it is: its URL is an example, and whoever answers there was never asked.
pub(super) fn template(planned: &Planned) -> Option<String> {
    let name = &planned.loaded.path;
    let another = planned.overrides.iter().any(|flag| flag.starts_with("--url "));
    (planned.loaded.template() && !another).then(|| {
        format!(
            "{name} is a template for a server of your own, its URL is an example, and a run is refused\n  = help: name \
             your server by --url; or `wsbench init` writes {name}.toml: change what is marked there and run that file"
        )
    })
}

/// The scenario with its overrides, and the plan that follows from it.
pub(super) fn planned(args: &ScenarioArgs) -> Result<Planned> {
    planned_with(&args.scenario, args, &[])
}

/// The same of another scenario, with more flags over those that were given.
pub(super) fn planned_with(scenario: &str, args: &ScenarioArgs, more: &[(&Flag, &str)]) -> Result<Planned> {
    let mut flags = args.keys.overrides().map_err(Wrong::from)?;
    for (flag, value) in more {
        flags.add(flag, "--against", &[(*value).to_owned()]).map_err(Wrong::from)?;
    }
    flags.keep(&args.transport);
    let (loaded, notes) = builtin::load_with(scenario, &flags).map_err(Wrong::from)?;
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
