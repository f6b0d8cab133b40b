//! How runs, rows and amounts are called, when one or several runs are shown together.
//!
//! It must not know a format. Text is returned as it came; each format escapes it for its place.

use crate::results::{self, Cell, Report, Server, Status};
use crate::scenario::{Load, Metric, Timing};
use crate::text::{count, grouped};

/// Ratios below this, and above its inverse, are "about the same".
pub const SAME: f64 = 1.05;

/// `overhead 2026-11-22T10:42:00Z`.
pub fn run(report: &Report) -> String {
    format!("{} {}", report.name, report.started)
}

/// `polling 1s`, and the number of the run when there are several: `polling 1s [2]`.
pub fn row(cell: &Cell<'_>, runs: usize) -> String {
    let label = cell.trial().row_name();
    if runs > 1 { format!("{label} [{}]", cell.run + 1) } else { label }
}

/// `[2] ` before what is of the second of several runs; nothing when there is one.
pub fn number(run: usize, runs: usize) -> String {
    if runs > 1 { format!("[{}] ", run + 1) } else { String::new() }
}

/// `server OK`, `server FAILED`: how it did, behind the word on the measurement.
pub fn server(server: Server) -> String {
    format!("server {}", server.name())
}

/// What the word on a measurement means for whoever wants to use its numbers.
pub fn believed(status: Status, notes: bool) -> &'static str {
    match status {
        Status::Valid if notes => {
            "No quality check speaks against using these numbers; the notes of the checks, below, say where to be careful."
        }
        Status::Valid => "No quality check speaks against these numbers.",
        Status::Suspect => {
            "A quality check found what may have changed the numbers marked suspect: read it before you use them."
        }
        Status::Invalid => {
            "What is marked invalid must not be used: it is wrong, or it is not what was asked for."
        }
    }
}

/// What the word on a server means.
pub fn did(server: Server) -> &'static str {
    match server {
        Server::Ok => "The server did what was asked of it.",
        Server::Failed => "The server did not do all that was asked of it.",
        Server::Unknown => "Of the server nothing can be said.",
    }
}

/// Whether the run was a capacity search.
pub fn is_search(report: &Report) -> bool {
    !report.capacity.is_empty()
}

/// The cells of all ordinary runs; the steps of a search are no cells to compare.
pub fn cells(reports: &[Report]) -> Vec<Cell<'_>> {
    let mut cells = results::cells(reports);
    cells.retain(|cell| !is_search(&reports[cell.run]));
    cells
}

/// Cells of one load and number of clients.
pub fn blocks<'a, 'b>(cells: &'a [&'b Cell<'b>]) -> Vec<&'a [&'b Cell<'b>]> {
    let load = |cell: &Cell<'_>| cell.trial().load.name();
    cells.chunk_by(|a, b| a.clients() == b.clients() && load(a) == load(b)).collect()
}

/// The rows of one load and number of clients that compare the most; of these the largest.
pub fn largest<'a, 'b>(sound: &'a [&'b Cell<'b>]) -> Option<&'a [&'b Cell<'b>]> {
    blocks(sound).into_iter().max_by_key(|block| block.len())
}

/// The row that others are compared with: of its own run the one that `baseline` names, else the first in the file.
pub fn base<'b>(block: &[&'b Cell<'b>], run: usize, baseline: Option<&str>) -> Option<&'b Cell<'b>> {
    let of_run = || block.iter().copied().filter(|cell| cell.run == run);
    let named = |cell: &&Cell<'_>| baseline.is_some_and(|name| cell.trial().is_called(name));
    of_run().find(named).or_else(|| of_run().min_by_key(|cell| cell.trial().number))
}

/// `3 transports · 1k–10k clients`; repeats only when there are any. Of a search, what was raised and how often.
pub fn extent(report: &Report) -> String {
    if let Some(first) = report.capacity.first() {
        let steps: usize = report.capacity.iter().map(|capacity| capacity.steps.len()).sum();
        let (over, transports) = (first.over.name(), count(report.capacity.len(), "transport"));
        return format!("search over {over} · {transports} · {}", count(steps, "step"));
    }
    let trials = || {
        report.measurements.iter().map(|m| &m.trial).chain(report.failed.iter().map(|failed| &failed.trial))
    };
    let mut transports: Vec<String> = trials().map(|t| t.row_name()).collect();
    let mut clients: Vec<u32> = trials().map(|t| t.clients).collect();
    transports.sort();
    transports.dedup();
    clients.sort_unstable();
    clients.dedup();
    let repeats = trials().map(|t| t.repeat + 1).max().unwrap_or(1);
    let again = if repeats > 1 { format!(" · {repeats} repeats") } else { String::new() };
    let clients = match clients[..] {
        [least, .., most] => format!("{}–{} clients", brief(least), brief(most)),
        _ => count(clients.first().copied().unwrap_or(0), "client"),
    };
    format!("{} · {clients}{again}", count(transports.len(), "transport"))
}

/// `10k`, `1,500`.
fn brief(clients: u32) -> String {
    if clients.is_multiple_of(1_000) { format!("{}k", clients / 1_000) } else { grouped(clients.into()) }
}

/// Whether the load has messages that are delivered; else a latency is one of connections, or there is none.
pub fn carries_messages(load: &Load) -> bool {
    load.profile().carries_messages()
}

/// What a cell's bytes are counted by: a message; where none is carried, a connection, or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// A message received.
    Message,
    /// A connection opened.
    Connection,
    /// A second of the window and client.
    SecondAndClient,
}

impl Per {
    /// Of a load.
    pub fn of(load: &Load) -> Per {
        match load.profile().timing {
            Timing::Nothing => Per::SecondAndClient,
            Timing::Connection => Per::Connection,
            Timing::Delivery | Timing::RoundTrip | Timing::Gap => Per::Message,
        }
    }

    /// The bytes above TCP, both directions.
    pub fn bytes(self, cell: &Cell<'_>) -> Option<f64> {
        match self {
            // A session is what a message is elsewhere.
            Per::Message | Per::Connection => cell.value(Metric::BytesPerMessage),
            Per::SecondAndClient => cell.sum.bytes_per_second_and_client(),
        }
    }

    /// In a sentence, behind a number of bytes.
    pub fn words(self) -> &'static str {
        match self {
            Per::Message => "per message",
            Per::Connection => "per connection",
            Per::SecondAndClient => "per second and client",
        }
    }
}
