//! One arm of a comparison: a run, or several of the same.
//!
//! It must not know the other arm.

use serde::Serialize;

use crate::report::view::names;
use crate::results::{Report, Server, Status};
use crate::text::count;

/// What an arm is, and whether to believe it.
#[derive(Clone, Debug, Serialize)]
pub struct Arm {
    /// `overhead 2026-11-22T10:42:00Z`; of several runs the first.
    pub name: String,
    /// How many.
    pub runs: usize,
    /// The worst of them.
    pub status: Status,
    /// The worst of them.
    pub server: Server,
    /// The versions of wsbench that measured it.
    pub wsbench: Vec<String>,
}

impl Arm {
    /// Of its runs.
    pub fn of(reports: &[Report]) -> Arm {
        let mut wsbench: Vec<String> =
            reports.iter().map(|report| report.environment.wsbench.clone()).collect();
        wsbench.sort();
        wsbench.dedup();
        Arm {
            name: reports.first().map(name).unwrap_or_default(),
            runs: reports.len(),
            status: reports.iter().map(Report::status).max().unwrap_or(Status::Invalid),
            server: reports.iter().map(Report::server).max().unwrap_or(Server::Unknown),
            wsbench,
        }
    }

    /// The name, and how many runs, where there are several.
    pub fn label(&self) -> String {
        match self.runs {
            0 => "no run".to_owned(),
            1 => self.name.clone(),
            runs => format!("{} and {}", self.name, count(runs - 1, "more run")),
        }
    }
}

/// Of two arms whose trials alternated what they have in common says nothing.
fn name(report: &Report) -> String {
    let arm = report.alternation.as_ref().map(|half| half.arm.as_str()).filter(|arm| !arm.is_empty());
    arm.map_or_else(|| names::run(report), |arm| format!("{arm}, {}", names::run(report)))
}
