//! A comparison in lines for a terminal: each metric of a row one line, the verdict at its end. And the same for programs.
//!
//! It must not know colours: it tells where the verdict begins, and [`super::terminal`] paints it.

use serde_json::{Value, json};

use super::escape::terminal as safe;
use super::fields::number;
use super::view::compare::{self, Cell, Change, Comparison, Row};
use crate::text::lines::{left, right, width};

/// One line: what stands before the verdict, the verdict, and what it means.
pub struct Line {
    /// Up to the verdict.
    pub before: String,
    /// At the end of the line.
    pub verdict: String,
    /// For the better or the worse; `None` of a head.
    pub change: Option<Change>,
}

/// What stands over the columns.
const HEADS: [&str; 4] = ["base", "new", "ratio", "interval"];

/// The lines of one row of the scenario, in columns that are as wide for all.
pub fn lines(comparison: &Comparison, cell: &Cell) -> Vec<Line> {
    let names = comparison.rows().map(|row| width(row.metric) + 1);
    let labels = comparison.cells.iter().map(|cell| width(&safe(&cell.label)));
    let name = names.chain(labels).max().unwrap_or(0);
    let widths: Vec<usize> = HEADS
        .iter()
        .enumerate()
        .map(|(column, head)| {
            comparison.rows().map(|row| width(&columns(row)[column])).fold(width(head), usize::max)
        })
        .collect();
    let line = |label: &str, cells: &[String; 4]| {
        let cells: Vec<String> = cells.iter().zip(&widths).map(|(cell, wide)| right(cell, *wide)).collect();
        format!(" {}  {}  ", left(label, name), cells.join("  "))
    };
    let head = Line {
        before: line(&safe(&cell.label), &HEADS.map(str::to_owned)),
        verdict: "verdict".to_owned(),
        change: None,
    };
    let row = |row: &Row| Line {
        before: line(&format!(" {}", row.metric), &columns(row)),
        verdict: compare::verdict(row),
        change: Some(row.change),
    };
    std::iter::once(head).chain(cell.rows.iter().map(row)).collect()
}

fn columns(row: &Row) -> [String; 4] {
    let [base, new] = row.values().map(|shown| shown.joined());
    [base, new, compare::ratio(row), compare::interval(row)]
}

/// (name, value) of everything that is known of a metric, flat: a row of a table, a line of JSON.
pub fn fields(cell: &Cell, row: &Row) -> Vec<(&'static str, Value)> {
    let end = |of: fn(&crate::statistics::Interval) -> f64| number(row.interval.as_ref().map(of));
    vec![
        ("transport", cell.transport.clone().into()),
        ("load", cell.load.into()),
        ("clients", cell.clients.into()),
        ("metric", row.metric.into()),
        ("unit", row.unit.into()),
        ("base", number(row.base)),
        ("new", number(row.new)),
        ("base_repeats", row.repeats.0.into()),
        ("new_repeats", row.repeats.1.into()),
        ("ratio", number(row.ratio)),
        ("low", end(|interval| interval.low)),
        ("high", end(|interval| interval.high)),
        ("level", end(|interval| interval.level)),
        ("exact", row.exact.into()),
        ("verdict", row.verdict.into()),
        ("change", json!(row.change)),
        ("repeats_needed", number(row.repeats_needed.map(f64::from))),
    ]
}

/// All of them, row after row.
pub fn records(comparison: &Comparison) -> impl Iterator<Item = Vec<(&'static str, Value)>> {
    comparison.cells.iter().flat_map(|cell| cell.rows.iter().map(move |row| fields(cell, row)))
}
