//! Another program of wsbench, of whatever version, that runs a trial by its own command line and leaves its results in a folder.
//!
//! It must not know which version it is: command line and results are what versions have in common.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::{mpsc, watch};

use super::process::{ChildEvent, Process};
use crate::os::file;
use crate::plan::Trial;
use crate::results::{Environment, Measurement, Report};

/// A program, and what it is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Itself, with arguments that stand before ours: `./wsbench-old`, `docker run -i wsbench:0.1`.
    pub command: Vec<String>,
    /// The scenario as it was named, and the flags over it.
    pub scenario: Vec<String>,
}

/// Where it leaves what it measured.
const RESULTS: &str = "results.json";
/// One trial has no more.
const MAX_BYTES: u64 = 1 << 28;

impl Program {
    /// Has it run one trial; `None` when the user stopped it. And where it says that it ran.
    pub(super) async fn measure(
        &self,
        trial: &Trial,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<(Measurement, Environment)>> {
        let folder = tempfile::tempdir().context("making a folder for its results")?;
        let how = self.run(trial, &folder, stop).await?;
        if *stop.borrow() {
            return Ok(None);
        }
        let report =
            results(&folder.path().join(RESULTS)).with_context(|| format!("`{}` {how}", self.name()))?;
        let found = report.measurements.into_iter().find(|m| m.trial.compares(trial));
        let Some(mut measurement) = found else {
            let why = report.failed.first().map_or("it measured another trial", |failed| &failed.reason);
            bail!("`{}`: {why}", self.name());
        };
        (measurement.trial.number, measurement.trial.repeat) = (trial.number, trial.repeat);
        Ok(Some((measurement, report.environment)))
    }

    /// What it is called.
    pub fn name(&self) -> String {
        self.command.join(" ")
    }

    /// Runs it to its end; how it ended.
    async fn run(&self, trial: &Trial, folder: &TempDir, stop: &mut watch::Receiver<bool>) -> Result<String> {
        let (program, first) = self.command.split_first().context("there is no program")?;
        let mut command = Command::new(path(program));
        command.args(first).arg("run").args(&self.scenario);
        command.args(["--transport", &trial.transport.label(), "--repeat", "1", "--quiet"]);
        command.args(["--clients", &trial.clients.to_string(), "--seed", &trial.seed.to_string()]);
        command.arg("--out").arg(folder.path()).stdin(std::process::Stdio::null());
        let (sender, mut events) = mpsc::unbounded_channel();
        let process = Process::with_group(command, (), sender)?;
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(((), ChildEvent::Line(_))) => {}
                    Some(((), ChildEvent::Ended(how))) => return Ok(how),
                    None => bail!("`{}` stopped responding", self.name()),
                },
                changed = stop.changed() => {
                    ensure!(changed.is_ok(), "the run has been given up");
                    process.signal_group(Signal::INT);
                }
            }
        }
    }
}

/// A path is one from here, wherever its process begins.
fn path(program: &str) -> PathBuf {
    if program.contains('/') {
        std::path::absolute(program).unwrap_or_else(|_| program.into())
    } else {
        program.into()
    }
}

fn results(path: &Path) -> Result<Report> {
    let bytes = file::read_regular(path, MAX_BYTES).context("it left no results")?;
    serde_json::from_slice(&bytes).context("its results cannot be read")
}
