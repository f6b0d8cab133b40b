//! What passed and what did not, as cases of a test: one for each row's measurement, for each row's server, for each threshold,
//! and of a comparison one for each rule.
//!
//! It must not know a format.

use super::compare::{Comparison, State};
use super::{names, thresholds};
use crate::results::{Blame, Cell, Measurement, Report, Server, Severity, Status};

/// The cases of one run.
pub struct Suite {
    /// `overhead 2026-11-22T10:42:00Z`.
    pub name: String,
    /// RFC 3339, UTC.
    pub began: String,
    /// Seconds that it took.
    pub took_s: f64,
    /// All of them.
    pub cases: Vec<Case>,
}

/// One case.
pub struct Case {
    /// What it is of: `websocket, 1,000 clients`.
    pub of: String,
    /// What is looked at: `measurement`, `server`, `latency.p99 at most 5 ms`.
    pub name: String,
    /// Seconds that were measured for it.
    pub seconds: f64,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a case.
pub enum Outcome {
    /// Nothing speaks against it.
    Passed,
    /// The server is at fault, or a limit was crossed.
    Failed(String),
    /// It could not be measured.
    Error(String),
    /// Nothing can be told.
    Skipped(String),
}

/// A suite for each run; of a comparison one alone.
pub fn suites(reports: &[Report], comparison: Option<&Comparison>) -> Vec<Suite> {
    match comparison {
        Some(comparison) => vec![compared(reports, comparison)],
        None => reports.iter().map(suite).collect(),
    }
}

fn suite(report: &Report) -> Suite {
    let mut cases: Vec<Case> = names::cells(std::slice::from_ref(report)).iter().flat_map(verdicts).collect();
    let failed = report.failed.iter().filter(|_| !names::is_search(report));
    cases.extend(failed.map(|failed| Case {
        of: failed.trial.label(),
        name: "measurement".to_owned(),
        seconds: 0.0,
        outcome: Outcome::Error(format!("failed to run: {}", failed.reason)),
    }));
    cases.extend(report.thresholds.iter().map(|outcome| Case {
        of: outcome.trial.clone(),
        name: thresholds::must_hold(&outcome.threshold),
        seconds: 0.0,
        outcome: match outcome.value {
            _ if outcome.holds => Outcome::Passed,
            Some(_) => Outcome::Failed(thresholds::sentence(outcome)),
            None => Outcome::Error(thresholds::sentence(outcome)),
        },
    }));
    Suite { name: names::run(report), began: report.started.clone(), took_s: report.took_s, cases }
}

/// Two cases of a row: the measurement's and the server's.
fn verdicts(cell: &Cell<'_>) -> [Case; 2] {
    let seconds: f64 = cell.repeats.iter().map(|m| m.window_s).sum();
    let case = |name: &str, seconds: f64, outcome: Outcome| Case {
        of: cell.label(),
        name: name.to_owned(),
        seconds,
        outcome,
    };
    let measurement = match cell.status() {
        Status::Invalid => Outcome::Error(why(&cell.repeats, Blame::Measurement, Severity::Invalid)),
        Status::Valid | Status::Suspect => Outcome::Passed,
    };
    let server = match cell.server() {
        Server::Failed => Outcome::Failed(why(&cell.repeats, Blame::Server, Severity::Failed)),
        Server::Unknown => Outcome::Skipped("its measurement is invalid".to_owned()),
        Server::Ok => Outcome::Passed,
    };
    [case("measurement", seconds, measurement), case("server", 0.0, server)]
}

/// What was found, each text once.
fn why(repeats: &[&Measurement], blames: Blame, severity: Severity) -> String {
    let found = repeats.iter().flat_map(|m| &m.verdict.warnings);
    let found = found.filter(|found| found.blames == blames && found.severity >= severity);
    let mut texts: Vec<String> =
        found.map(|found| format!("{}: {}", found.check.name(), found.text)).collect();
    texts.dedup();
    texts.join("; ")
}

fn compared(reports: &[Report], comparison: &Comparison) -> Suite {
    let case = |judged: &super::compare::Judged| Case {
        of: judged.row.clone(),
        name: judged.gate.clone(),
        seconds: 0.0,
        outcome: match judged.state {
            State::Holds => Outcome::Passed,
            State::Crossed => Outcome::Failed(judged.text.clone()),
            State::NotMeasured => Outcome::Error(judged.text.clone()),
            State::CannotTell => Outcome::Skipped(judged.text.clone()),
        },
    };
    Suite {
        name: format!("{} against {}", comparison.new.label(), comparison.base.label()),
        began: reports.last().map(|report| report.started.clone()).unwrap_or_default(),
        took_s: reports.iter().map(|report| report.took_s).sum(),
        cases: comparison.gates.iter().map(case).collect(),
    }
}
