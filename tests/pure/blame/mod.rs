//! Who is to blame? Every situation with its two outcomes, the measurement's and the server's, and its exit code, without
//! and with `--strict`: here by evidence made by arithmetic, in `measuring/blame.rs` by servers and the program itself. The
//! table of exit codes in docs/exit-codes.md is the summary of this one.

mod table;

use std::collections::BTreeSet;

use crate::sample::{self, scenery};
use table::{SITUATIONS, Situation};
use wsbench::cli::exit::{self, TABLE};
use wsbench::results::{Report, Severity, outcomes};

impl Situation {
    /// The run of this one trial, judged.
    fn report(&self) -> Report {
        let mut scenery = scenery::quiet();
        (self.spoil)(&mut scenery);
        scenery.m.verdict = scenery.judged();
        let mut report = Report { interrupted: scenery.interrupted, planned: 1, ..sample::report() };
        report.measurements = vec![scenery.m];
        report.thresholds = outcomes(&report, &scenery.thresholds);
        report
    }
}

#[test]
fn every_situation_has_its_outcomes_and_its_exit_codes() {
    assert!(SITUATIONS.len() >= 40, "{}", SITUATIONS.len());
    let mut wrong = Vec::new();
    for situation in SITUATIONS {
        let (report, what) = (situation.report(), situation.what);
        let verdict = &report.measurements[0].verdict;
        let exits = (exit::of(&report, false) as u8, exit::of(&report, true) as u8);
        let found = (report.status(), report.server(), exits.0, exits.1);
        if found != situation.outcome {
            wrong.push(format!("{what}: {found:?} instead of {:?}: {verdict:#?}", situation.outcome));
        }
        let serious = |code: &str| {
            verdict.warnings.iter().any(|found| found.check == code && found.severity >= Severity::Note)
        };
        if !situation.because.is_empty() && !serious(situation.because) {
            wrong.push(format!("{what}: nothing of {}: {verdict:#?}", situation.because));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// docs/exit-codes.md prints it (`docs.rs`).
#[test]
fn the_table_of_exit_codes_is_the_summary() {
    // 1 and 2 are of runs that do not end with a verdict.
    let met: BTreeSet<u8> =
        SITUATIONS.iter().flat_map(|s| [s.outcome.2, s.outcome.3]).chain([1, 2]).collect();
    let known: BTreeSet<u8> = TABLE.iter().map(|(exit, _)| *exit as u8).collect();
    assert_eq!(met, known);
}
