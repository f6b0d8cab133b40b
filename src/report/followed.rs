//! Metrics over runs, in lines: for a terminal, and as a table for programs.
//!
//! It must not know how changes are found.

use serde_json::Value;

use super::escape::terminal as safe;
use super::fields::number;
use super::view::trend::{Series, Trend};
use crate::text::factor;
use crate::text::lines::{left, right, width};

/// So many runs are drawn.
const DRAWN: usize = 26;

/// The lines of a terminal, without colour.
pub fn lines(trend: &Trend) -> Vec<String> {
    let mut out = vec![format!("{}, the oldest first", safe(&trend.title()))];
    let values = || trend.series.iter().flat_map(Series::ends);
    let wide = values().map(|shown| width(&shown.joined())).fold(8, usize::max);
    let drawn = trend.series.iter().map(|series| series.points.len().min(DRAWN)).max().unwrap_or(0);
    for series in trend.series.chunk_by(|a, b| a.row == b.row) {
        out.extend([String::new(), format!(" {}", safe(&series[0].row))]);
        for one in series {
            let [first, last] = one.ends().map(|shown| right(&shown.joined(), wide));
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
    // What changed stands in its place above.
    if trend.series.iter().all(|series| series.changes().next().is_none()) {
        out.extend([String::new(), safe(&trend.summary())]);
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
                ("suspect", point.suspect.into()),
                ("level", number(point.level)),
                ("change", number(point.change)),
            ]
        };
        series.points.iter().map(row).collect::<Vec<_>>()
    };
    trend.series.iter().flat_map(of)
}
