//! Two arms of runs against each other, as data: for each row of transport, load and clients that both have, every metric with
//! its ratio, the interval of that, and what can be told.
//!
//! It must not know a format; names inside are as they came. What an interval says is [`crate::statistics`]' own.

mod arm;
mod gate;
mod metrics;
mod notes;
mod pair;
mod row;
mod words;

use serde::Serialize;

pub use arm::Arm;
pub use gate::{Gate, Judged, State};
pub use row::{Change, Row};
pub use words::{interval, ratio, repeats_needed, verdict};

use super::names::is_search;
use crate::results::Report;
use crate::scenario::Metric;
use crate::statistics::{LEVEL, MARGIN, joint};
use crate::text::count;
use pair::{Found, Pair, pairs};

/// Of `comparison.json`.
const VERSION: u32 = 1;

/// What is asked of a comparison.
#[derive(Clone, Copy, Default)]
pub struct Asked<'a> {
    /// These metrics alone; without any, those that matter under the load, and those of gates and thresholds.
    pub metrics: &'a [Metric],
    /// What must hold.
    pub gates: &'a [Gate],
}

/// Two arms, compared.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Of this format.
    version: u32,
    /// What is compared with.
    pub base: Arm,
    /// What is compared.
    pub new: Arm,
    /// Trials of both arms alternated, and are compared as pairs.
    pub paired: bool,
    /// With which probability nothing that is told of one row is chance.
    pub level: f64,
    /// Ratios within this share of 1 are the same.
    pub margin: f64,
    /// What both have.
    pub cells: Vec<Cell>,
    /// What is not compared, and why.
    pub left_out: Vec<String>,
    /// A row is left out because one of the arms has no valid measurement of it.
    pub invalid: bool,
    /// What must hold, and whether it does.
    pub gates: Vec<Judged>,
    /// What else must be known.
    pub notes: Vec<String>,
}

/// One row of a scenario in both arms.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    /// `websocket, 1,000 clients`.
    pub label: String,
    /// `websocket`.
    pub transport: String,
    /// `push`.
    pub load: &'static str,
    /// How many.
    pub clients: u32,
    /// One a metric.
    pub rows: Vec<Row>,
}

impl Comparison {
    /// The first `base` of `reports` are the base.
    pub fn of(reports: &[Report], base: usize, asked: Asked<'_>) -> Comparison {
        let (base, new) = reports.split_at(base.min(reports.len()));
        let paired = alternation(base).is_some_and(|one| alternation(new) == Some(one));
        let Found { pairs, mut left_out, invalid } = pairs(base, new, paired);
        let thresholds: Vec<_> = reports.iter().flat_map(|report| &report.thresholds).collect();
        let cells: Vec<Cell> = pairs.iter().map(|pair| cell(pair, asked, &thresholds)).collect();
        let searches = reports.iter().filter(|report| is_search(report)).count();
        left_out
            .extend((searches > 0).then(|| format!("{}: not compared", count(searches, "capacity search"))));
        let gates = asked.gates.iter().flat_map(|gate| gate::judge(gate, &pairs, &cells)).collect();
        Comparison {
            version: VERSION,
            base: Arm::of(base),
            new: Arm::of(new),
            paired,
            level: LEVEL,
            margin: MARGIN,
            invalid,
            notes: notes::notes(base, new, paired, &pairs),
            cells: cells.into_iter().filter(|cell| !cell.rows.is_empty()).collect(),
            left_out,
            gates,
        }
    }

    /// All metrics of all rows.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.cells.iter().flat_map(|cell| &cell.rows)
    }

    /// What it comes to, in sentences.
    pub fn summary(&self) -> String {
        words::summary(self)
    }
}

/// Which alternation an arm is one half of.
fn alternation(arm: &[Report]) -> Option<&str> {
    match arm {
        [one] => one.alternation.as_ref().map(|half| half.id.as_str()),
        _ => None,
    }
}

fn cell(pair: &Pair<'_>, asked: Asked<'_>, thresholds: &[&crate::results::Outcome]) -> Cell {
    let trial = pair.trial();
    let metrics = metrics::of(pair, asked, thresholds);
    let has = |metric: &&Metric| pair.base.value(**metric).is_some() || pair.new.value(**metric).is_some();
    let shown: Vec<Metric> = metrics.iter().filter(has).copied().collect();
    let uncertain = shown.iter().filter(|metric| !row::is_exact(pair, **metric)).count();
    let level = joint(LEVEL, uncertain);
    Cell {
        label: trial.cell_label(),
        transport: trial.row_name(),
        load: trial.load.name(),
        clients: trial.clients,
        rows: shown.into_iter().map(|metric| row::row(pair, metric, level)).collect(),
    }
}
