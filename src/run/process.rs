//! One child process, as its coordinator sees it: a stdin to speak to, lines that come back, and its end. What was not
//! expected of it comes with a reason. Most are of this very program; of another one, its whole process group is meant.
//!
//! It must not know what is said. Dropping it ends the child.

use std::process::{ExitStatus, Stdio};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::os::environment::is_ours;

/// What a child does.
#[derive(Debug)]
pub(super) enum ChildEvent {
    /// A line on its stdout.
    Line(String),
    /// It has ended: how, and the end of what it wrote on stderr.
    Ended(String),
}

/// A child process.
pub(super) struct Process {
    /// Process id, for /proc.
    pub(super) pid: u32,
    /// Whether its group may hold children of its own, that would outlive it.
    group: bool,
    stdin: Option<ChildStdin>,
    follower: JoinHandle<()>,
}

/// So much of a child's stderr is kept for the reason of its end.
const LAST_WORDS: usize = 2048;

impl Process {
    /// Starts `wsbench <arguments>`; what it does comes through `events` under the name `who`.
    pub(super) fn start<W: Clone + Send + 'static>(
        arguments: &[&str],
        who: W,
        events: mpsc::UnboundedSender<(W, ChildEvent)>,
    ) -> Result<Process> {
        let program = std::env::current_exe().context("finding this program's own file")?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped());
        Process::spawn(command, who, events)
    }

    /// Starts another program, which may have children of its own: they end with it.
    pub(super) fn with_group<W: Clone + Send + 'static>(
        command: Command,
        who: W,
        events: mpsc::UnboundedSender<(W, ChildEvent)>,
    ) -> Result<Process> {
        let mut process = Process::spawn(command, who, events)?;
        process.group = true;
        Ok(process)
    }

    fn spawn<W: Clone + Send + 'static>(
        mut command: Command,
        who: W,
        events: mpsc::UnboundedSender<(W, ChildEvent)>,
    ) -> Result<Process> {
        // A variable stands for a flag of the command that a user typed, and for none of its children.
        std::env::vars_os().filter(|(name, _)| is_ours(name)).for_each(|(name, _)| {
            command.env_remove(name);
        });
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C reaches a terminal's foreground group: only the coordinator decides what it means.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {:?}", command.as_std()))?;
        let pid = child.id().context("a child without a process id")?;
        let stdin = child.stdin.take();
        let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
            anyhow::bail!("a child without pipes");
        };
        let follower =
            tokio::spawn(follow(child, out, err, move |event| events.send((who.clone(), event)).is_ok()));
        Ok(Process { pid, group: false, stdin, follower })
    }

    /// Says a line. A child that has gone is no error here: its end comes through its events.
    pub(super) async fn say<T: serde::Serialize>(&mut self, what: &T) -> Result<()> {
        let mut line = serde_json::to_vec(what)?;
        line.push(b'\n');
        let Some(stdin) = &mut self.stdin else { return Ok(()) };
        match stdin.write_all(&line).await {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(e).context("writing to a child process")
            }
            _ => Ok(stdin.flush().await.or_else(ignore_broken_pipe)?),
        }
    }

    /// A signal to its whole group; that there is nobody left is no error.
    pub(super) fn signal_group(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) {
            // ESRCH is all that can go wrong with a group of our own.
            let _ = kill_process_group(pid, signal);
        }
    }

    /// Its group is known to be empty: the number may be somebody else's from now on.
    pub(super) fn has_gone(&mut self) {
        self.group = false;
    }

    /// Closes its stdin: it will end in good order.
    pub(super) fn let_go(&mut self) {
        self.stdin = None;
    }
}

fn ignore_broken_pipe(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.group {
            self.signal_group(Signal::KILL);
        }
        // Its child goes with it (kill_on_drop).
        self.follower.abort();
    }
}

async fn follow(mut child: Child, out: ChildStdout, err: ChildStderr, event: impl Fn(ChildEvent) -> bool) {
    let last_words = tokio::spawn(last_words(err));
    let mut lines = BufReader::new(out).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if !event(ChildEvent::Line(line)) {
            return;
        }
    }
    let how = match child.wait().await {
        Ok(status) => fate(status),
        Err(error) => format!("could not be waited for: {error}"),
    };
    let words = last_words.await.unwrap_or_default();
    // When nobody listens any more, nobody needs to know.
    event(ChildEvent::Ended(if words.is_empty() { how } else { format!("{how}: {words}") }));
}

/// The end of a stderr, on one line, without control characters: it may end up in a report.
async fn last_words(mut err: ChildStderr) -> String {
    let (mut kept, mut piece) = (Vec::new(), [0; 512]);
    while let Ok(read @ 1..) = err.read(&mut piece).await {
        kept.extend_from_slice(&piece[..read]);
        let surplus = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..surplus);
    }
    let text = String::from_utf8_lossy(&kept).replace('\n', "; ");
    text.trim_end_matches("; ").chars().filter(|c| !c.is_control()).collect()
}

fn fate(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(0), _) => "ended".to_owned(),
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "ended for an unknown reason".to_owned(),
    }
}
