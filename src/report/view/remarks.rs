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
    handshakes(cells).into_iter().chain(socket_memory(reports, cells)).chain(places).collect()
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
        let parts =
            if sessions { u64::from(cell.trial().clients) * repeats(cell) } else { phase.connections };
        Share { bytes, parts, error: 0 }
    });
    let what = if sessions { "Handshakes and session steps" } else { "Handshakes" };
    let of = if sessions { "client" } else { "connection" };
    each.map(|each| format!("{what}, not counted above, per {of}: {each}."))
}

/// By how much the kernel's count may be off for each core, which keeps so much aside (SK_MEMORY_PCPU_RESERVE).
const PER_CORE: u64 = 1 << 20;

/// What the kernel held for sockets; `None` where nobody knows, it was nothing, or too little for how it is counted.
fn socket_memory(reports: &[Report], cells: &[Cell<'_>]) -> Option<String> {
    let each = bytes_each(cells, |cell| {
        let error = PER_CORE * u64::from(reports[cell.run].environment.cores);
        let known = cell.repeats.iter().filter_map(|m| Some((m.socket_memory?, m.trial.clients.into())));
        known.fold(Share::default(), |sum, (bytes, clients): (u64, u64)| Share {
            bytes: sum.bytes + bytes,
            parts: sum.parts + clients,
            error: sum.error + error,
        })
    });
    let some = cells.iter().flat_map(|cell| &cell.repeats).any(|m| m.socket_memory > Some(0));
    each.filter(|_| some).map(|each| {
        format!(
            "Kernel memory of TCP sockets, per client, of both ends where both are here (counted for the whole machine, to 1 \
             MiB per core): {each}."
        )
    })
}

/// Bytes of so many parts, known up to an error.
#[derive(Clone, Copy, Default)]
struct Share {
    bytes: u64,
    parts: u64,
    error: u64,
}

/// An error that is less of the whole shows in none of three digits.
const EXACT: f64 = 0.005;

impl Share {
    /// `6.12 kB`, `12.9 kB ± 2.10 kB`; `None` where the error is as large, or there are no parts.
    fn each(self) -> Option<String> {
        let per_part = |bytes: u64| bytes as f64 / self.parts as f64;
        let (bytes, error) = (per_part(self.bytes), per_part(self.error));
        let known = self.parts > 0 && (self.error == 0 || self.bytes > self.error);
        known.then(|| match text(Unit::Bytes, bytes) {
            bytes if error > EXACT * per_part(self.bytes) => {
                format!("{bytes} ± {}", text(Unit::Bytes, error))
            }
            bytes => bytes,
        })
    }
}

/// `polling 1s 930 B, websocket 23 B`: bytes by what they are of, for each row that has any of it, all its sizes together.
fn bytes_each(cells: &[Cell<'_>], of: impl Fn(&Cell<'_>) -> Share) -> Option<String> {
    let runs = cells.iter().map(|cell| cell.run + 1).max().unwrap_or(0);
    let mut rows: Vec<(String, Share)> = Vec::new();
    for cell in cells {
        let (label, of) = (row(cell, runs), of(cell));
        match rows.iter_mut().find(|row| row.0 == label) {
            Some((_, sum)) => {
                (sum.bytes, sum.parts) = (sum.bytes + of.bytes, sum.parts + of.parts);
                sum.error += of.error;
            }
            None => rows.push((label, of)),
        }
    }
    let each: Vec<String> =
        rows.iter().filter_map(|(label, share)| Some(format!("{label} {}", share.each()?))).collect();
    (!each.is_empty()).then(|| each.join(", "))
}
