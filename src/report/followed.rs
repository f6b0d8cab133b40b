//! Metrics over runs, in lines: for a terminal, and as a table for programs.
//!
//! It must not know how changes are found.

use serde_json::Value;

use super::escape::terminal as safe;
use super::fields::number;
use super::view::trend::{Series, Trend};
use crate::text::lines::{left, right, width};
use crate::text::{count, factor};

/// So many runs are drawn.
const DRAWN: usize = 30;

/// The lines of a terminal, without colour.
pub fn lines(trend: &Trend) -> Vec<String> {
    let mut out = vec![format!("{}, the oldest first", count(trend.runs, "run"))];
    let drawn = trend.series.iter().map(|series| series.points.len().min(DRAWN)).max().unwrap_or(0);
    for series in trend.series.chunk_by(|a, b| a.row == b.row) {
        out.extend([String::new(), format!(" {}", safe(&series[0].row))]);
        for one in series {
            let [first, last] = one.ends().map(|shown| right(&shown.joined(), 8));
            let course = one.line(DRAWN);
            let pad = " ".repeat(drawn.saturating_sub(width(&course)));
            out.push(
                format!("  {}{first}  {course}{pad}  {last}", left(one.metric, 26)).trim_end().to_owned(),
            );
            out.extend(one.changes().map(|(point, ratio)| {
                format!("    changed to {} at the run of {}", factor(ratio), safe(&point.started))
            }));
        }
    }
    if trend.series.is_empty() {
        out.push("There are no two valid runs of one transport, load and number of clients.".to_owned());
    } else if trend.series.iter().all(|series| series.changes().next().is_none()) {
        out.extend([String::new(), "No change is found; it takes nine runs to find one.".to_owned()]);
    }
    out
}

/// (name, value) of each point.
pub fn records(trend: &Trend) -> impl Iterator<Item = Vec<(&'static str, Value)>> {
    let of = |series: &Series| {
        let row = |point: &super::view::trend::Point| {
            vec![
                ("row", series.row.clone().into()),
                ("metric", series.metric.into()),
                ("unit", series.unit.into()),
                ("started", point.started.clone().into()),
                ("value", number(Some(point.value))),
                ("change", number(point.change)),
            ]
        };
        series.points.iter().map(row).collect::<Vec<_>>()
    };
    trend.series.iter().flat_map(of)
}
