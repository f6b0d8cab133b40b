//! The command line: one file a command. It reads flags and speaks to the user; the work is done elsewhere.

mod against;
mod args;
mod baseline;
mod calibrate;
mod check;
mod compare;
mod doctor;
pub mod exit;
mod export;
mod folder;
mod help;
mod init;
mod keys;
mod list;
mod live;
mod man;
mod measure;
mod output;
mod probe;
mod progress;
mod report;
mod run;
mod serve;
mod standing;
mod usage;
mod variables;

use std::process::ExitCode;

use anyhow::Error;
use clap::{CommandFactory, FromArgMatches};

use args::{Args, Command};
use exit::Exit;
use output::Output;

use crate::os::environment::{forget_empty, is_ours, rename};
use crate::os::signal::report_large_files;

/// Between an error and what to do about it.
const HELP: &str = "\n  = help: ";
/// Columns of help: longer lines are hard to read.
const MOST_HELP: usize = 100;

/// What is wrong with what the user wrote: its text is complete, and the exit code is 2.
#[derive(Debug)]
struct Wrong(String);

impl std::error::Error for Wrong {}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Wrong {
    /// From an error whose text begins with `error: ` and says where.
    fn from(error: impl std::fmt::Display) -> Error {
        Error::new(Wrong(error.to_string()))
    }
}

/// The second Ctrl-C: no report, but what had been saved is there.
#[derive(Debug)]
struct StoppedAtOnce;

impl std::error::Error for StoppedAtOnce {}

impl std::fmt::Display for StoppedAtOnce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stopped at once; results.json has the trials that had ended")
    }
}

/// Reads the command line, does what it says, and answers with the exit code.
pub fn main() -> ExitCode {
    report_large_files();
    // So a script or a CI job takes a variable back.
    forget_empty();
    rename("WSBENCH_MEASURE", "WSBENCH_DURATION");
    let parsed = command().try_get_matches().and_then(|matches| Args::from_arg_matches(&matches));
    let args = match parsed {
        Ok(args) => args,
        Err(error) => return usage(&usage::visible(usage::sourced(usage::advised(error)))),
    };
    let output = Output::new(args.color, args.verbose);
    unknown_variables(&output);
    match dispatch(args.command, &output) {
        Ok(exit) => exit.into(),
        Err(error) => fail(&error, &output).into(),
    }
}

/// The command line, as clap knows it, with help for this terminal.
fn command() -> clap::Command {
    command_in(output::columns(std::io::stdout()).min(MOST_HELP))
}

/// The same in lines of so many columns.
fn command_in(columns: usize) -> clap::Command {
    help::with_more(help::shortened(variables::assign(Args::command())), columns)
}

/// What docs/command-line.md says.
pub fn reference() -> anyhow::Result<String> {
    man::reference(command_in(80))
}

/// A variable that stands for no flag changes nothing, and whoever set it believes that it does.
fn unknown_variables(output: &Output) {
    let command = command();
    let ours = std::env::vars_os().filter(|(name, _)| is_ours(name));
    let ours = ours.filter_map(|(name, _)| name.into_string().ok());
    for name in ours.filter(|name| !variables::known(&command, name)) {
        let name = crate::report::escape::terminal(&name);
        output.note(&format!(
            "warning: {name} stands for no flag and changes nothing; `--help` names those that do"
        ));
    }
}

fn dispatch(command: Command, output: &Output) -> anyhow::Result<Exit> {
    match command {
        Command::Run(args) => run::run(&args, output),
        Command::Measure(args) => measure::measure(&args, output),
        Command::Check(args) => check::check(&args, output),
        Command::Report(args) => report::report(&args, output),
        Command::Baseline(args) => baseline::baseline(&args, output),
        Command::Compare(args) => compare::compare(&args, output),
        Command::Serve(args) => serve::serve(&args, output),
        Command::List(args) => list::list(args.format, output),
        Command::Doctor(args) => doctor::doctor(&args, output),
        Command::Calibrate(args) => calibrate::calibrate(&args, output),
        Command::Init(args) => init::init(&args, output),
        Command::Schema { of, .. } => init::schema(of, output),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut self::command(), "wsbench", &mut script);
            output.say(&String::from_utf8_lossy(&script))?;
            Ok(Exit::Good)
        }
        Command::Man { folder } => man::man(&folder, command_in(80), output),
        Command::Target => serve::target(),
        Command::Shard => output::child(crate::shard::run()).map(|()| Exit::Good),
    }
}

/// clap's own words, with its exit code: 0 for help and version, 2 for wrong usage.
fn usage(error: &clap::Error) -> ExitCode {
    // Nowhere to complain to when even this cannot be printed.
    drop(error.print());
    ExitCode::from(if error.use_stderr() { Exit::Usage as u8 } else { Exit::Good as u8 })
}

/// Prints an error with its causes.
fn fail(error: &Error, output: &Output) -> Exit {
    if let Some(wrong) = error.downcast_ref::<Wrong>() {
        output.note(&wrong.0);
        return Exit::Usage;
    }
    if error.is::<StoppedAtOnce>() {
        output.note(&error.to_string());
        return Exit::Interrupted;
    }
    // Help is on lines of its own; any other line break came with somebody else's text.
    let text = format!("error: {error:#}");
    let parts: Vec<String> = text.split(HELP).map(crate::report::escape::terminal).collect();
    output.note(&parts.join(HELP));
    Exit::Failed
}
