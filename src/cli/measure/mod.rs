//! `wsbench measure URL`: no file needed. Flags become a scenario, and that is run as any other: there is nothing here
//! that `wsbench run` does not do, too.

pub(super) mod args;
mod write;

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

use self::args::MeasureArgs;
use super::check::{Planned, machine};
use super::output::Output;
use super::run::carry_out;
use super::{Exit, Wrong};
use crate::plan::Plan;
use crate::report::escape;
use crate::scenario::draft::Draft;
use crate::scenario::{Loaded, Scenario};

/// What the report calls the scenario's file.
const NAME: &str = "wsbench measure";
/// The plan speaks of tables.
const IN_FLAGS: &str = "in flags: [target] is URL, [[transport]] is --as and --option, [load.*] is --load, `measure` is --duration, [[threshold]] is --threshold";

/// Writes the scenario, runs it, and says or saves what it was.
pub(super) fn measure(args: &MeasureArgs, output: &Output) -> Result<Exit> {
    let mut planned = planned(&write::draft(args)?)?;
    planned.notes.extend(write::usual_rate(args)?);
    let kept = planned.loaded.text.clone();
    if let Some(path) = &args.save {
        save(path, &kept)?;
    }
    let Some(exit) = carry_out(planned, &args.results, output)? else { return Ok(Exit::Failed) };
    match &args.save {
        Some(path) if !args.results.quiet => {
            output.note(&format!("the scenario is kept: wsbench run {}", escape::path(path)));
        }
        None if args.results.printed.format == "text" => output.say(&format!("\n{kept}"))?,
        // A machine reads one format, and nothing else.
        _ => {}
    }
    Ok(exit)
}

fn planned(draft: &Draft) -> Result<Planned> {
    let scenario = Scenario::parse(NAME, draft.text().as_bytes())
        .map_err(|errors| Wrong::from(draft.blame(NAME, 0, errors)))?;
    let plan = Plan::of(&scenario, machine())
        .map_err(|errors| Wrong::from(format!("{errors}\n  = help: {IN_FLAGS}")))?;
    let loaded = Loaded { path: NAME.to_owned(), text: draft.kept(), scenario };
    Ok(Planned { loaded, plan, notes: vec![], overrides: vec![] })
}

/// Before the load, so that it is not in vain; what is there already may be somebody's work.
fn save(path: &Path, text: &str) -> Result<()> {
    let mut file = match File::create_new(path) {
        Err(why) if why.kind() == std::io::ErrorKind::AlreadyExists => {
            let path = escape::path(path);
            return Err(Wrong::from(format!(
                "error: `--save {path}`: it is there already; name another file"
            )));
        }
        other => other.with_context(|| format!("saving the scenario in {}", path.display()))?,
    };
    file.write_all(text.as_bytes()).with_context(|| format!("saving the scenario in {}", path.display()))
}
