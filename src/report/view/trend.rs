//! Metrics over runs, with the runs at which their level changed.
//!
//! It must not know a format; names inside are as they came.

use serde::Serialize;

use super::names;
use crate::plan::Trial;
use crate::results::{Report, Status};
use crate::scenario::Metric;
use crate::statistics::{MARGIN, changes};
use crate::text::{Shown, Unit, show};

/// What is followed where nobody says.
const USUAL: [Metric; 6] = [
    Metric::BytesPerMessage,
    Metric::WireRate,
    Metric::LatencyP50,
    Metric::LatencyP99,
    Metric::TargetCpuPerThousand,
    Metric::TargetMemoryPerClient,
];

/// All of them.
#[derive(Clone, Debug, Serialize)]
pub struct Trend {
    /// How many runs.
    pub runs: usize,
    /// One a row and metric.
    pub series: Vec<Series>,
}

/// One metric of one row, run by run.
#[derive(Clone, Debug, Serialize)]
pub struct Series {
    /// `websocket, 1,000 clients`.
    pub row: String,
    /// Its name.
    pub metric: &'static str,
    /// Of its values.
    pub unit: &'static str,
    /// The oldest first.
    pub points: Vec<Point>,
    #[serde(skip)]
    written: Unit,
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    /// RFC 3339, UTC.
    pub started: String,
    /// In the base unit.
    pub value: f64,
    /// Where another level begins here: how many times the one before.
    pub change: Option<f64>,
}

impl Trend {
    /// Of runs, in whichever order; invalid rows are left out.
    pub fn of(reports: &[Report], metrics: &[Metric]) -> Trend {
        let metrics = if metrics.is_empty() { &USUAL[..] } else { metrics };
        let mut cells = names::cells(reports);
        cells.retain(|cell| cell.status() != Status::Invalid);
        cells.sort_by(|a, b| reports[a.run].started.cmp(&reports[b.run].started));
        let mut rows: Vec<&Trial> = Vec::new();
        for cell in &cells {
            if !rows.iter().any(|row| row.compares(cell.trial())) {
                rows.push(cell.trial());
            }
        }
        let series = |row: &&Trial, metric: Metric| {
            let of = cells.iter().filter(|cell| cell.trial().compares(row));
            let points =
                of.filter_map(|cell| Some((&*reports[cell.run].started, cell.value(metric)?))).collect();
            Series::of(row, metric, points)
        };
        let all = rows.iter().flat_map(|row| metrics.iter().map(move |metric| series(row, *metric)));
        Trend { runs: reports.len(), series: all.filter(|series| series.points.len() > 1).collect() }
    }
}

impl Series {
    fn of(row: &Trial, metric: Metric, points: Vec<(&str, f64)>) -> Series {
        let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
        let places = changes(&values);
        let level = |from: usize, to: usize| {
            let logs: f64 = values[from..to].iter().map(|value| value.ln()).sum();
            (logs / (to - from) as f64).exp()
        };
        let change = |place: usize| {
            let nth = places.iter().position(|other| *other == place)?;
            let before = nth.checked_sub(1).map_or(0, |nth| places[nth]);
            let behind = places.get(nth + 1).copied().unwrap_or(values.len());
            let by = level(place, behind) / level(before, place);
            // What does not matter is none, as in a comparison.
            (by.ln().abs() > MARGIN.ln_1p()).then_some(by)
        };
        let point = |(place, (started, value)): (usize, &(&str, f64))| Point {
            started: (*started).to_owned(),
            value: *value,
            change: change(place),
        };
        Series {
            row: row.cell_label(),
            metric: metric.name(),
            unit: metric.unit().sign(),
            points: points.iter().enumerate().map(point).collect(),
            written: metric.unit(),
        }
    }

    /// The first and the last value as text.
    pub fn ends(&self) -> [Shown; 2] {
        [self.points.first(), self.points.last()]
            .map(|point| show(self.written, point.map(|point| point.value), None))
    }

    /// The points at which another level begins.
    pub fn changes(&self) -> impl Iterator<Item = (&Point, f64)> {
        self.points.iter().filter_map(|point| Some((point, point.change?)))
    }

    /// Its course in as many characters, the last ones where there are more than `most`.
    pub fn line(&self, most: usize) -> String {
        const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let shown = &self.points[self.points.len().saturating_sub(most)..];
        let top = shown.iter().map(|point| point.value).fold(0.0, f64::max);
        let step = |value: f64| if top > 0.0 { (value / top * 7.0).round() as usize } else { 0 };
        shown.iter().map(|point| STEPS[step(point.value).min(7)]).collect()
    }
}
