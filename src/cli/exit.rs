//! How a command ends: the exit codes, what each means, and which one a run has earned.
//!
//! It must not know how a verdict is found. docs/exit-codes.md prints the table; `tests/pure/blame/mod.rs` holds it against what happens.

use std::process::ExitCode;

use crate::results::{Report, Server, Status};

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Good = 0,
    /// A trial failed to run, or `doctor` found a problem.
    Failed = 1,
    /// Wrong usage, or a wrong scenario.
    Usage = 2,
    /// Finished, but a measurement is invalid; with `--strict`, or suspect.
    Invalid = 4,
    /// The server failed, or a threshold was crossed.
    Crossed = 99,
    /// Stopped by the user after saving.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// (exit code, what it means), as docs/exit-codes.md prints them.
pub const TABLE: [(Exit, &str); 8] = [
    (Exit::Good, "good: every measurement VALID, the server OK"),
    (Exit::Good, "finished, and a measurement is SUSPECT: its numbers may be off; with `--strict` this is 4"),
    (
        Exit::Failed,
        "a trial failed to run (the others are saved), or what was asked for cannot be reached, read or written",
    ),
    (Exit::Usage, "wrong usage, a wrong scenario, or a third-party server that is not installed"),
    (
        Exit::Invalid,
        "finished, but a measurement is INVALID: nothing is known of it, nor of its server; of `compare --strict` also a rule that cannot be told",
    ),
    (
        Exit::Crossed,
        "the server FAILED: messages lost, repeated, changed, leaked or invented; connections refused, reset or closed; no answer, or nothing sent",
    ),
    (
        Exit::Crossed,
        "a threshold, or a rule of `compare --fail-on`, was crossed, or could not be measured (no percentile without the samples for it)",
    ),
    (
        Exit::Interrupted,
        "stopped by Ctrl-C, SIGTERM or SIGHUP (a terminal or an ssh connection that has gone), after saving",
    ),
];

/// What a run that has ended has earned. `strict`: numbers that may be off are as bad as wrong ones.
pub fn of(report: &Report, strict: bool) -> Exit {
    let search = !report.capacity.is_empty();
    // Steps that fail are how a search finds its limit; only that nothing was measured at all is no good end.
    let failed = if search { report.measurements.is_empty() } else { !report.failed.is_empty() };
    let crossed = if search { nothing_held(report) } else { beyond_limits(report) };
    if report.interrupted {
        Exit::Interrupted
    } else if failed {
        Exit::Failed
    } else if report.status() == Status::Invalid || strict && report.status() == Status::Suspect {
        Exit::Invalid
    } else if crossed {
        Exit::Crossed
    } else {
        Exit::Good
    }
}

fn beyond_limits(report: &Report) -> bool {
    report.server() == Server::Failed || report.thresholds.iter().any(|outcome| !outcome.holds)
}

fn nothing_held(report: &Report) -> bool {
    report.capacity.iter().any(|capacity| capacity.passed.is_none())
}
