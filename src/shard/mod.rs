//! The shard: a single-threaded process that drives a slice of the clients and sends their tally.
//!
//! Its whole conversation is JSON lines: an assignment and commands in, events out; when stdin ends, so does it. It
//! must not know of other shards, of the target's process or of reports. Its other end is `run::processes`.

mod clients;
mod expected;
mod life;
mod publishers;
mod run;
mod tasks;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::ops::Range;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncBufReadExt;
use tokio::runtime::{Builder, LocalOptions};
use wsbench_targets::clock::Tick;
use wsbench_targets::hist::Packed;
use wsbench_targets::own_usage::OwnUsage;
use wsbench_targets::stdin::Stdin;
use wsbench_targets::wire::{Headers, Published};

use crate::drivers::Endpoint;
use crate::meter::{Dials, Failures, Tally};
use crate::plan::Trial;
use crate::scenario::{Groups, Values};
use crate::session::Session;

/// What a shard is to do: the first line on its stdin, once it has said [`Event::Up`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The trial.
    pub trial: Trial,
    /// Which of its clients.
    pub slice: Range<u32>,
    /// Where which of the trial's clients connect.
    pub targets: Vec<TargetSlice>,
    /// Header profile, with its secrets: what is written of a trial has none.
    pub headers: Headers,
    /// What its clients, and the publishers, have of their own.
    pub values: Option<Values>,
    /// What they say and hear besides the load, with its secrets.
    pub session: Option<Session>,
    /// Where the publishers post, with its secrets.
    pub post: Option<Endpoint>,
}

impl Assignment {
    /// The groups that all clients of the trial are in, if they are in some.
    fn groups(&self) -> Option<&Groups> {
        self.values.as_ref()?.groups()
    }
}

/// A slice of the clients and the process of the target that serves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetSlice {
    /// Which clients.
    pub clients: Range<u32>,
    /// Where they connect.
    pub endpoint: Endpoint,
}

/// What the coordinator says afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// The load begins at `start`; what is due in the window is measured.
    Begin {
        /// First tick of the schedules.
        start: Tick,
        /// First tick of the window.
        begin: Tick,
        /// First tick after it.
        end: Tick,
    },
    /// End the window now, keep what was measured.
    Stop,
}

/// What a shard says: JSON lines on its stdout.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The first event: the process runs and has done nothing yet, so that its memory now is what it began with.
    Up,
    /// Every tenth of a second.
    Progress(Progress),
    /// All clients are connected, or have given up.
    Ready(Progress),
    /// The end of the trial.
    Done(Box<Done>),
    /// The shard cannot go on; why.
    Failed(String),
}

/// How far a shard is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Clients connected.
    pub connected: u64,
    /// Messages arrived so far.
    pub arrived: u64,
    /// Failures so far, by kind.
    pub failures: Failures,
    /// Connections tried so far.
    pub dials: Dials,
    /// Latencies of the interval that has just ended: about 1 KB each second, and packed as they lie: compressing them would stop the load for 0.3 ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Packed>,
}

/// The last event of a shard.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// What its clients saw.
    pub tally: Tally,
    /// Seconds of the window as it was held.
    pub window_s: f64,
    /// What this process cost over the window; `None` where it could not be read.
    #[serde(default)]
    pub usage: Option<OwnUsage>,
    /// What our own publisher did, if it lived here.
    #[serde(default)]
    pub published: Option<Published>,
    /// Questions about sockets that the kernel did not answer.
    pub unanswered: u64,
    /// Which of several addresses of the server answered last.
    #[serde(default)]
    pub answered: Option<SocketAddr>,
}

/// The body of `wsbench shard`.
///
/// # Errors
/// When the assignment cannot be read, or stdin or stdout break.
pub fn run() -> Result<()> {
    crate::os::limits::raise_files().context("raising the limit of open files")?;
    crate::os::heap::map_large_blocks();
    // Not a LocalSet in a runtime: each wake-up would go through two queues.
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?;
    let outcome = runtime.block_on(converse());
    // Clients that are still closing are cut off: the tally is out.
    runtime.shutdown_background();
    outcome
}

async fn converse() -> Result<()> {
    say(&Event::Up)?;
    let mut lines = Stdin::open().context("waiting for commands on stdin")?.lines();
    let assignment: Assignment = {
        // It has the values of all clients: nobody needs it twice.
        let first = lines.next_line().await?.context("no assignment on stdin")?;
        serde_json::from_str(&first).context("reading the assignment")?
    };
    if let Err(error) = run::run(assignment, lines).await {
        say(&Event::Failed(format!("{error:#}")))?;
    }
    Ok(())
}

/// Says one event.
fn say(event: &Event) -> Result<()> {
    use io::Write;
    let mut line = serde_json::to_string(event)?;
    line.push('\n');
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes())?;
    Ok(out.flush()?)
}
