//! Sentences beside the finding: what opening a connection cost, memory of the kernel, where the server was.
//!
//! It must not know a format; names inside are as they came, formats escape them.

use super::names::{number, row};
use crate::meter::Flow;
use crate::plan::Where;
use crate::results::{Cell, Report};
use crate::text::{Unit, text};

/// All of them, in the order in which they are shown.
pub fn remarks(reports: &[Report], cells: &[Cell<'_>]) -> Vec<String> {
    let place = |(run, report)| Some(number(run, reports.len()) + &whereabouts(report)?);
    let places = reports.iter().enumerate().filter_map(place);
    handshakes(cells).into_iter().chain(socket_memory(cells)).chain(places).collect()
}

/// Where a run's server by URL was found; `None` for a reference target.
fn whereabouts(report: &Report) -> Option<String> {
    let found = report.measurements.iter().find_map(|m| match &m.trial.target {
        Where::Url(url) => Some((url, m.address?)),
        Where::Reference | Where::ThirdParty(_) => None,
    });
    found.map(|(url, address)| format!("Measured at {url}, found at {address}."))
}

/// Bytes per connection of the connect phase, transport by transport; where there are sessions, per client, as the steps are
/// part of it. `None` when none was counted.
fn handshakes(cells: &[Cell<'_>]) -> Option<String> {
    let repeats = |cell: &Cell<'_>| cell.repeats.len() as u64;
    let sessions = cells.iter().any(|cell| cell.trial().session.is_some());
    let each = bytes_each(cells, |cell| {
        let phase = &cell.tally().traffic.connect;
        let bytes = Flow::attributed(&phase.up) + Flow::attributed(&phase.down);
        (bytes, if sessions { u64::from(cell.trial().clients) * repeats(cell) } else { phase.connections })
    });
    let what = if sessions { "Handshakes and session steps" } else { "Handshakes" };
    let of = if sessions { "client" } else { "connection" };
    each.map(|each| format!("{what}, not counted above, per {of}: {each}."))
}

/// What the kernel held for sockets; `None` where nobody knows, or it was nothing.
fn socket_memory(cells: &[Cell<'_>]) -> Option<String> {
    let each = bytes_each(cells, |cell| {
        let known = cell.repeats.iter().filter_map(|m| Some((m.socket_memory?, m.trial.clients.into())));
        known.fold((0, 0), |(bytes, clients), one: (u64, u64)| (bytes + one.0, clients + one.1))
    });
    let some = cells.iter().flat_map(|cell| &cell.repeats).any(|m| m.socket_memory > Some(0));
    each.filter(|_| some).map(|each| {
        format!(
            "Kernel memory of TCP sockets, per client, of both ends where both are here (counted for the whole machine, to 1 \
             MiB per core): {each}."
        )
    })
}

/// `polling 1s 930 B, websocket 23 B`: bytes by what they are of, for each row that has any of it, all its sizes together.
fn bytes_each(cells: &[Cell<'_>], of: impl Fn(&Cell<'_>) -> (u64, u64)) -> Option<String> {
    let runs = cells.iter().map(|cell| cell.run + 1).max().unwrap_or(0);
    let mut rows: Vec<(String, u64, u64)> = Vec::new();
    for cell in cells {
        let (label, (bytes, parts)) = (row(cell, runs), of(cell));
        match rows.iter_mut().find(|row| row.0 == label) {
            Some(row) => (row.1, row.2) = (row.1 + bytes, row.2 + parts),
            None => rows.push((label, bytes, parts)),
        }
    }
    let rows = rows.into_iter().filter(|(_, _, parts)| *parts > 0);
    let each: Vec<String> = rows
        .map(|(label, bytes, parts)| format!("{label} {}", text(Unit::Bytes, bytes as f64 / parts as f64)))
        .collect();
    (!each.is_empty()).then(|| each.join(", "))
}
