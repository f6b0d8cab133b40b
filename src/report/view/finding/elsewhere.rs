//! What the row with the fewest bytes costs more of elsewhere: whoever takes it for its bytes must know.
//!
//! It must not know a format; names inside are as they came.

use serde::Serialize;

use super::super::names::row;
use crate::results::Cell;
use crate::scenario::Metric;
use crate::text::{Unit, list, text, times};

/// More than so many times the least of it is worth a sentence.
const MUCH: f64 = 1.5;

const PAID: [(Metric, &str); 2] = [
    (Metric::TargetMemoryPerClient, "of server memory per client"),
    (Metric::TargetCpuPerThousand, "of server CPU per 1,000 messages"),
];

/// A row, and what it needs more of than others.
#[derive(Debug, Serialize)]
pub struct Elsewhere {
    row: String,
    parts: Vec<Part>,
}

/// One thing, base units.
#[derive(Debug, Serialize)]
struct Part {
    of: &'static str,
    #[serde(skip)]
    unit: Unit,
    own: f64,
    least: f64,
    /// Who needs the least.
    by: String,
}

/// What `cheapest` of these rows needs more of; `None` where that is nothing to speak of.
pub fn elsewhere(cheapest: &Cell<'_>, block: &[&Cell<'_>], runs: usize) -> Option<Elsewhere> {
    let parts: Vec<Part> = PAID.iter().filter_map(|paid| part(cheapest, block, runs, paid)).collect();
    (!parts.is_empty()).then(|| Elsewhere { row: row(cheapest, runs), parts })
}

fn part(
    cheapest: &Cell<'_>,
    block: &[&Cell<'_>],
    runs: usize,
    &(metric, of): &(Metric, &'static str),
) -> Option<Part> {
    let own = cheapest.value(metric)?;
    let valued =
        block.iter().filter_map(|cell| Some((cell, cell.value(metric).filter(|value| *value > 0.0)?)));
    let (by, least) = valued.min_by(|a, b| a.1.total_cmp(&b.1))?;
    (own > MUCH * least).then(|| Part { of, unit: metric.family().unit, own, least, by: row(by, runs) })
}

impl Elsewhere {
    /// In a sentence.
    pub fn sentence(&self) -> String {
        let part = |part: &Part| {
            let (own, least) = (text(part.unit, part.own), text(part.unit, part.least));
            format!("{own} {}, {} the {least} of {}", part.of, times(part.own / part.least), part.by)
        };
        let parts: Vec<String> = self.parts.iter().map(part).collect();
        format!("But {} needs {}.", self.row, list(&parts))
    }
}
