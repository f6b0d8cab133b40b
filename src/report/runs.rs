//! How runs are named, when one or several of them are rendered together.
//!
//! It must not know a format. Text is returned as it came; each format escapes it for its place.

use super::capacity::is_search;
use crate::results::{self, Cell, Report, Server};
use crate::scenario::{Load, Metric, Timing};
use crate::text::count;

/// `overhead 2026-11-22T10:42:00Z`.
pub fn name(report: &Report) -> String {
    format!("{} {}", report.name, report.started)
}

/// `polling 1s`, and the number of the run when there are several: `polling 1s [2]`.
pub fn row(cell: &Cell<'_>, runs: usize) -> String {
    let label = cell.trial().way();
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

/// Cells of one load and size: one block of a table.
pub fn blocks<'a, 'b>(cells: &'a [&'b Cell<'b>]) -> Vec<&'a [&'b Cell<'b>]> {
    cells.chunk_by(|a, b| a.clients() == b.clients() && kind(a) == kind(b)).collect()
}

fn kind(cell: &Cell<'_>) -> &'static str {
    cell.trial().load.name()
}

/// The cells of all ordinary runs; the steps of a search are no cells to compare.
pub fn cells(reports: &[Report]) -> Vec<Cell<'_>> {
    let mut cells = results::cells(reports);
    cells.retain(|cell| !is_search(&reports[cell.run]));
    cells
}

/// `3 transports x 2 sizes`; repeats only when there are any. Of a search, what was raised and how often.
pub fn extent(report: &Report) -> String {
    if let Some(first) = report.capacity.first() {
        let steps: usize = report.capacity.iter().map(|capacity| capacity.steps.len()).sum();
        let (over, transports) = (first.over.name(), count(report.capacity.len(), "transport"));
        return format!("search over {over} · {transports} · {}", count(steps, "step"));
    }
    let trials = || {
        report.measurements.iter().map(|m| &m.trial).chain(report.failed.iter().map(|failed| &failed.trial))
    };
    let mut transports: Vec<String> = trials().map(|t| t.way()).collect();
    let mut sizes: Vec<u32> = trials().map(|t| t.clients).collect();
    transports.sort();
    transports.dedup();
    sizes.sort_unstable();
    sizes.dedup();
    let repeats = trials().map(|t| t.repeat + 1).max().unwrap_or(1);
    let again = if repeats > 1 { format!(" x {repeats} repeats") } else { String::new() };
    let what = format!("{} x {}", count(transports.len(), "transport"), count(sizes.len(), "size"));
    format!("{what}{again}")
}

/// Why fewer trials than planned were measured, if so.
pub fn cut_short(report: &Report) -> Option<String> {
    let (measured, planned) = (report.measurements.len(), report.planned);
    if report.interrupted && is_search(report) {
        return Some("stopped early: the search has not come to its end".to_owned());
    }
    if report.interrupted {
        return Some(format!(
            "stopped early: {measured} of {planned} trials were measured{}",
            last_cut(report)
        ));
    }
    (!report.complete()).then(|| format!("{measured} of {planned} trials were measured"))
}

/// That the last trial was cut, when it was: its window is shorter than was asked for.
fn last_cut(report: &Report) -> String {
    let last = report.measurements.iter().max_by(|a, b| a.window_began.cmp(&b.window_began));
    let cut = last.filter(|m| m.window_s < 0.99 * m.trial.measure.as_secs_f64());
    cut.map_or_else(String::new, |m| match report.measurements.len() {
        1 => format!(", cut to {:.1} s", m.window_s),
        _ => format!(", the last one cut to {:.1} s", m.window_s),
    })
}

/// Whether the load has messages that are delivered; else a latency is one of connections, or there is none.
pub fn carries_messages(load: &Load) -> bool {
    load.profile().carries_messages()
}

/// What a cell's bytes are counted by: a message; where none is carried, a connection, or time.
#[derive(Clone, Copy, PartialEq, Eq)]
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

    /// In a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Per::Message => "a message",
            Per::Connection => "a connection",
            Per::SecondAndClient => "a second and client",
        }
    }
}
