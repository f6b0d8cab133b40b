//! `wsbench run --against OTHER`: trials of two arms alternate, and end as a comparison of pairs. OTHER is the
//! base, as in any sentence with "against".
//!
//! It must not know how a trial is run: `run::against` does both arms alike.

use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use tokio::sync::watch;

use super::args::{RunArgs, ScenarioArgs};
use super::check::{Planned, fits, planned_with, template};
use super::output::Output;
use super::progress::Progress;
use super::report::{Shown, finish_view};
use super::run::{blank, signals};
use super::{Exit, Wrong, calibrate, compare, folder, probe};
use crate::os::file::is_program;
use crate::plan::{Turn, turns};
use crate::report::escape::terminal;
use crate::report::view::Asked;
use crate::report::{Earlier, View, json, write};
use crate::results::{Alternation, Report, outcomes};
use crate::run::{self, Interleaved, Other, Program, third_party};
use crate::scenario::builtin;
use crate::scenario::flags::{THIRD_PARTY, URL};
use crate::secret::redacted;
use crate::statistics::FEWEST;

/// A scenario of this name is read once.
const STDIN: &str = "-";

/// The other arm: what it is called, what is planned of it, and who else runs it, if so.
struct Arm {
    name: String,
    planned: Planned,
    program: Option<Program>,
}

/// Measures both arms in turn, and says what differs.
pub(super) fn run(new: Planned, other: &str, args: &RunArgs, output: &Output) -> Result<Exit> {
    let other = arm(other, &args.scenario)?;
    if let Some(why) = template(&other.planned) {
        return Err(Wrong::from(format!("error: {why}")));
    }
    let turns = turns(&other.planned.plan, &new.plan)
        .map_err(|why| Wrong::from(format!("error: --against {}: {why}", terminal(&other.name))))?;
    if !args.results.quiet {
        notes(&new, &turns).iter().for_each(|note| output.note(&format!("note: {}", terminal(note))));
    }
    if !fits(&new.plan, output)? || (other.program.is_none() && !fits(&other.planned.plan, output)?) {
        return Ok(Exit::Failed);
    }
    let began = SystemTime::now();
    let claimed = match &args.results.out {
        Some(out) => folder::claim(out),
        None => folder::claim_fresh(&format!("{}-against", new.plan.name), began),
    };
    let claimed = claimed.context("saving the results")?;
    let mut reports = reports(&new, &other, began);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(args, (&new, &other), &turns, &mut reports, (&claimed.path, output)))?;
    end(&mut reports, [&other.planned, &new], args, &claimed.path, output)
}

/// What somebody means by a word behind `--against`: a URL, a scenario, a third-party server, or a program.
fn arm(text: &str, args: &ScenarioArgs) -> Result<Arm> {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let first = words.first().map_or("", String::as_str);
    let scenario = builtin::ALL.iter().any(|builtin| builtin.name == text) || text.ends_with(".toml");
    let (scenario, more) = match () {
        () if text.contains("://") => (args.scenario.as_str(), Some((&URL, text))),
        () if scenario => (text, None),
        () if third_party::is_known(text) => (args.scenario.as_str(), Some((&THIRD_PARTY, text))),
        () if is_program(first) => (args.scenario.as_str(), None),
        () => {
            return Err(Wrong::from(format!(
                "error: --against {}: it is no URL, scenario, third-party server or program",
                terminal(text)
            )));
        }
    };
    if scenario == STDIN {
        return Err(Wrong::from("error: --against: a scenario from stdin is read once; name a file"));
    }
    let planned = planned_with(scenario, args, more.as_slice())?;
    let elsewhere = more.is_none() && scenario != text;
    let program = elsewhere.then(|| Program { command: words, scenario: typed(args) });
    Ok(Arm { name: text.to_owned(), planned, program })
}

/// The scenario and its flags as they were typed, but for those that each trial has of its own.
fn typed(args: &ScenarioArgs) -> Vec<String> {
    const OF_EACH: [&str; 3] = ["clients", "repeat", "seed"];
    let mut words = vec![args.scenario.clone()];
    for given in args.keys.0.iter().filter(|given| !OF_EACH.contains(&given.flag.name)) {
        let values =
            if given.flag.repeatable() { given.values.clone() } else { vec![given.values.join(",")] };
        words.extend(values.iter().map(|value| format!("--{}={value}", given.flag.name)));
    }
    words
}

fn notes(new: &Planned, turns: &[Turn]) -> Vec<String> {
    let repeats = new.plan.trials.iter().map(|trial| trial.repeat + 1).max().unwrap_or(0) as usize;
    let few = repeats < FEWEST;
    let few =
        few.then(|| format!("{repeats} of each trial: it takes {FEWEST} to tell anything; add --repeat 5"));
    let both = format!("{} trials, those of both arms in turn", turns.len());
    new.notes.iter().chain(&new.plan.notes).cloned().chain([both]).chain(few).collect()
}

/// To be filled; what they share is named by its begin and its seed.
fn reports(new: &Planned, other: &Arm, began: SystemTime) -> [Report; 2] {
    let id = format!("{} {}", humantime::format_rfc3339_nanos(began), new.plan.seed);
    [(&other.planned, redacted(&other.name)), (new, String::new())].map(|(planned, arm)| {
        let mut report = blank(&planned.loaded, &planned.plan, began, planned.overrides.clone());
        report.environment.floor = calibrate::floor(&report.environment);
        report.alternation = Some(Alternation { id: id.clone(), arm });
        report
    })
}

async fn measure(
    args: &RunArgs,
    (new, other): (&Planned, &Arm),
    turns: &[Turn],
    reports: &mut [Report; 2],
    (folder, output): (&Path, &Output),
) -> Result<()> {
    let quiet = args.results.quiet;
    probe::probe(&new.plan, quiet, output).await?;
    if other.program.is_none() {
        probe::probe(&other.planned.plan, quiet, output).await?;
    }
    let save =
        |reports: &[Report; 2]| write(folder, &json::artifacts(reports)?).context("saving the results");
    let earlier = Earlier::of(folder);
    earlier.remove(&save(reports)?, |_| false)?;
    let (stopper, stop) = watch::channel(false);
    let progress = Progress::new(quiet, output);
    let tell = |event: run::Event<'_>| progress.tell(&event);
    let mut try_save = |reports: &[Report; 2]| {
        if let Err(why) = save(reports) {
            progress.say(&format!("not saved so far: {}", terminal(&format!("{why:#}"))));
        }
    };
    let what = Interleaved {
        turns,
        base: other.program.as_ref().map_or(Other::Here, Other::Program),
        thresholds: [&other.planned.plan.thresholds, &new.plan.thresholds],
        names: ["base", "new"],
    };
    tokio::select! {
        () = run::against(&what, reports, stop, &tell, &mut try_save) => {}
        outcome = signals(&stopper, &progress) => outcome?,
    }
    progress.end();
    Ok(())
}

/// Compares, writes, prints; and the exit code: that a run could not be made says more than what it was compared with.
fn end(
    reports: &mut [Report; 2],
    planned: [&Planned; 2],
    args: &RunArgs,
    folder: &Path,
    output: &Output,
) -> Result<Exit> {
    for (report, planned) in reports.iter_mut().zip(planned) {
        report.thresholds = outcomes(report, &planned.plan.thresholds);
    }
    let saved = write(folder, &json::artifacts(reports)?);
    let asked = Asked { metrics: &[], gates: &args.results.fail_on };
    let view = View::compare(reports, 1, asked);
    let shown = Shown { printed: &args.results.printed, quiet: args.results.quiet, measured: false };
    finish_view(&view, shown, folder, output)?;
    saved.context("saving the results")?;
    let compared =
        view.comparison.as_ref().map_or(Exit::Failed, |found| compare::exit(found, args.results.strict));
    Ok(match () {
        () if reports.iter().any(|report| report.interrupted) => Exit::Interrupted,
        () if reports.iter().any(|report| !report.failed.is_empty()) => Exit::Failed,
        () => compared,
    })
}
