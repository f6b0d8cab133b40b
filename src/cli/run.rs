//! `wsbench run`: from a scenario to charts. The story of a run in one screen.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::args::{ResultArgs, RunArgs};
use super::baseline::Baselines;
use super::check::{Planned, fits, planned, template};
use super::exit::{self, Exit};
use super::live::Live;
use super::output::Output;
use super::progress::Progress;
use super::report::{Shown, finish, rows_without};
use super::{Wrong, against, calibrate, compare, folder, probe};
use crate::os::signal::ignores_hangup;
use crate::plan::Plan;
use crate::report::escape::terminal;
use crate::report::view::warnings::warnings;
use crate::report::{Earlier, escape, json, write};
use crate::results::{Report, Severity, Source, Status, VERSION, outcomes};
use crate::run::{self, environment};
use crate::scenario::builtin::Loaded;

/// Measures, draws, and says what was found.
pub(super) fn run(args: &RunArgs, output: &Output) -> Result<Exit> {
    let planned = planned(&args.scenario)?;
    if let Some(why) = template(&planned) {
        return Err(Wrong::from(format!("error: {why}")));
    }
    if let Some(other) = &args.against {
        return against::run(planned, other, args, output);
    }
    Ok(carry_out(planned, &args.results, output)?.unwrap_or(Exit::Failed))
}

/// Carries out what is planned; `None` if this machine cannot, and that has been said.
pub(super) fn carry_out(planned: Planned, args: &ResultArgs, output: &Output) -> Result<Option<Exit>> {
    let Planned { loaded, plan, notes, overrides } = planned;
    if !args.quiet {
        notes.iter().chain(&plan.notes).for_each(|note| output.note(&format!("note: {}", terminal(note))));
    }
    if !fits(&plan, output)? {
        return Ok(None);
    }
    let saved = saved(args, &plan)?;
    let began = SystemTime::now();
    let claimed = match &args.out {
        Some(out) => folder::claim(out).context("saving the results")?,
        None => folder::claim_fresh(&plan.name, began).context("saving the results")?,
    };
    let folder = &claimed.path;
    let mut report = blank(&loaded, &plan, began, overrides);
    report.environment.floor = calibrate::floor(&report.environment);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let live = runtime.block_on(Live::start(args, output))?;
    runtime.block_on(measure(args, &plan, &mut report, folder, (output, live.as_ref())))?;

    report.thresholds = outcomes(&report, &plan.thresholds);
    let exit = exit::of(&report, args.strict);
    let shown = Shown { printed: &args.printed, quiet: args.quiet, measured: true };
    let written = finish(std::slice::from_ref(&report), shown, folder, output);
    if let Some(live) = &live {
        runtime.block_on(live.end(&report));
    }
    // The table says it at length; who reads another format would have a bare number.
    if args.printed.format != "text" {
        reason(exit, &report)
            .iter()
            .for_each(|why| output.note(&format!("error: exit code {}: {why}", exit as u8)));
    }
    written?;
    let compared = saved.map(|base| compare::with_saved(base, report, args, folder, output)).transpose()?;
    Ok(Some(if exit == Exit::Good { compared.unwrap_or(exit) } else { exit }))
}

/// The runs of the baseline that `--baseline` names, where it names no row of this run.
fn saved(args: &ResultArgs, plan: &Plan) -> Result<Option<Vec<Report>>> {
    let kept = Baselines(args.baselines.baselines.clone());
    let saved = match rows_without(&args.printed, plan.trials.iter()) {
        None => None,
        Some((name, _)) if kept.has(name) => Some(kept.named(name)?),
        Some((name, rows)) => {
            let (name, folder) = (terminal(name), escape::path(&kept.0));
            return Err(Wrong::from(format!(
                "error: --baseline {name}: there is {}, and no saved baseline of that name in {folder}",
                rows.join(", ")
            )));
        }
    };
    if saved.is_none() && !args.fail_on.is_empty() {
        return Err(Wrong::from(
            "error: --fail-on is a rule of a comparison\n  = help: it needs --against, or --baseline with the name of a saved one",
        ));
    }
    Ok(saved)
}

/// Why a run that has ended is not good, in a line.
fn reason(exit: Exit, report: &Report) -> Option<String> {
    let found = |severity: Severity| {
        let all = warnings(report).into_iter().filter(move |said| said.severity == severity);
        all.map(|said| said.text)
    };
    let said: Vec<String> = match exit {
        Exit::Failed => report.failed.iter().map(|f| format!("{}: {}", f.trial.label(), f.reason)).collect(),
        Exit::Invalid if report.status() == Status::Suspect => {
            found(Severity::Suspect).map(|text| format!("suspect, and --strict: {text}")).collect()
        }
        Exit::Invalid => found(Severity::Invalid).collect(),
        Exit::Crossed => {
            let without = report.capacity.iter().filter(|capacity| capacity.passed.is_none());
            let nothing = without.map(|capacity| format!("{}: nothing passed", capacity.transport));
            found(Severity::Failed).map(|text| format!("failed: {text}")).chain(nothing).collect()
        }
        Exit::Good | Exit::Usage | Exit::Interrupted => return None,
    };
    let line = if said.is_empty() { "nothing was measured".to_owned() } else { said.join("; ") };
    Some(terminal(&line.split_whitespace().collect::<Vec<_>>().join(" ")))
}

/// A report to be filled.
pub(super) fn blank(loaded: &Loaded, plan: &Plan, began: SystemTime, overrides: Vec<String>) -> Report {
    let sha256 = Sha256::digest(loaded.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    Report {
        version: VERSION,
        name: plan.name.clone(),
        about: plan.about.clone(),
        started: humantime::format_rfc3339_seconds(began).to_string(),
        took_s: 0.0,
        seed: plan.seed,
        scenario: Source { path: loaded.path.clone(), text: loaded.text.clone(), sha256, overrides },
        environment: environment::here(),
        planned: u32::try_from(plan.trials.len()).unwrap_or(u32::MAX),
        interrupted: false,
        measurements: vec![],
        failed: vec![],
        thresholds: vec![],
        capacity: vec![],
        alternation: None,
    }
}

/// Runs all trials; results.json is written before the first and after each, so that a crash loses one at the most. Where
/// that fails after a trial, the run goes on: the trial is measured, and its end writes everything again.
async fn measure(
    args: &ResultArgs,
    plan: &Plan,
    report: &mut Report,
    folder: &Path,
    (output, live): (&Output, Option<&Live>),
) -> Result<()> {
    probe::probe(plan, args.quiet, output).await?;
    let save = |report: &Report| -> Result<Vec<PathBuf>> {
        let artifacts = json::artifacts(std::slice::from_ref(report))?;
        write(folder, &artifacts).context("saving the results")
    };
    let earlier = Earlier::of(folder);
    earlier.remove(&save(report)?, |_| false)?;
    let (stopper, stop) = watch::channel(false);
    let progress = Progress::new(args.quiet, output);
    live.iter().for_each(|live| live.show(report));
    let tell = |event: run::Event<'_>| {
        progress.tell(&event);
        live.iter().for_each(|live| live.tell(&event));
    };
    let mut try_save = |report: &Report| {
        live.iter().for_each(|live| live.show(report));
        if let Err(why) = save(report) {
            progress.say(&format!("not saved so far: {}", terminal(&format!("{why:#}"))));
        }
    };
    tokio::select! {
        () = run::run(plan, report, stop, &tell, &mut try_save) => {}
        outcome = signals(&stopper, &progress) => outcome?,
    }
    progress.end();
    Ok(())
}

/// The first Ctrl-C, SIGTERM or SIGHUP (the terminal or the ssh connection has gone) ends the load and saves everything; a
/// second one ends at once. SIGHUP counts once: a lost terminal sends it twice, by the kernel and by the shell. SIGQUIT is
/// left to the system, which ends the process at once.
pub(super) async fn signals(stopper: &watch::Sender<bool>, progress: &Progress<'_>) -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    // What `nohup` has asked for stays so.
    let mut hangup = if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) };
    for first in [true, false] {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = lost(&mut hangup), if first => {}
        }
        if first {
            progress.say("stopping the load and saving what was measured; once more ends at once");
            stopper.send_replace(true);
        }
    }
    Err(super::StoppedAtOnce.into())
}

/// Waits for SIGHUP, where it is listened for.
async fn lost(hangup: &mut Option<Signal>) {
    match hangup {
        Some(hangup) => drop(hangup.recv().await),
        None => std::future::pending().await,
    }
}
