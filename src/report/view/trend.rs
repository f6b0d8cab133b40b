//! Metrics over runs, with the runs at which their level changed.
//!
//! It must not know a format; names inside are as they came.

use serde::Serialize;

use super::names;
use crate::plan::Trial;
use crate::results::{Cell, Report, Status};
use crate::scenario::Metric;
use crate::statistics::{MARGIN, changes};
use crate::text::{Shown, Unit, alone, count, factor, list};

/// What is followed where nobody says.
const USUAL: [Metric; 6] = [
    Metric::BytesPerMessage,
    Metric::WireRate,
    Metric::LatencyP50,
    Metric::LatencyP99,
    Metric::TargetCpuPerThousand,
    Metric::TargetMemoryPerClient,
];

/// So many changes are told in a sentence; the tables have all of them.
const MOST_TOLD: usize = 4;

/// All of them.
#[derive(Clone, Debug, Serialize)]
pub struct Trend {
    /// What was run.
    pub scenarios: Vec<String>,
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
    metric_of: Metric,
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    /// RFC 3339, UTC.
    pub started: String,
    /// In the base unit.
    pub value: f64,
    /// A check of that run found what may have changed the value.
    pub suspect: bool,
    /// Of the runs of its level, their geometric mean; `None` where there is none.
    pub level: Option<f64>,
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
            let point = |cell: &Cell<'_>| {
                let suspect = cell.status() == Status::Suspect;
                let started = reports[cell.run].started.clone();
                Some(Point { started, value: cell.value(metric)?, suspect, level: None, change: None })
            };
            Series::of(row, metric, of.filter_map(point).collect())
        };
        let all = rows.iter().flat_map(|row| metrics.iter().map(move |metric| series(row, *metric)));
        let mut scenarios: Vec<String> = reports.iter().map(|report| report.name.clone()).collect();
        scenarios.sort();
        scenarios.dedup();
        let series = all.filter(|series| series.points.len() > 1).collect();
        Trend { scenarios, runs: reports.len(), series }
    }

    /// `overhead: 10 runs`.
    pub fn title(&self) -> String {
        format!("{}: {}", list(&self.scenarios), count(self.runs, "run"))
    }

    /// That some values may be off, in a sentence.
    pub fn suspect(&self) -> Option<String> {
        let all = || self.series.iter().flat_map(|series| &series.points);
        let suspect = all().filter(|point| point.suspect).count();
        (suspect > 0)
            .then(|| format!("{} of {} are of suspect trials.", suspect, count(all().count(), "value")))
    }

    /// What it comes to, in sentences.
    pub fn summary(&self) -> String {
        if self.series.is_empty() {
            return "There are no two valid runs of one transport, load and number of clients.".to_owned();
        }
        let changed = || self.series.iter().flat_map(|series| series.changes().map(move |by| (series, by)));
        let told = changed().take(MOST_TOLD).map(|(series, (point, by))| {
            let (metric, row, since) = (series.metric, &series.row, &point.started);
            format!("{metric} changed to {} at the run of {since} ({row}).", factor(by))
        });
        let mut sentences: Vec<String> = told.collect();
        let untold = changed().count().saturating_sub(MOST_TOLD);
        sentences.extend((untold > 0).then(|| format!("{} more in the tables.", count(untold, "change"))));
        if sentences.is_empty() {
            sentences.push("No change is found; it takes nine runs to find one.".to_owned());
        }
        sentences.join(" ")
    }
}

impl Series {
    fn of(row: &Trial, metric: Metric, mut points: Vec<Point>) -> Series {
        let values: Vec<f64> = points.iter().map(|point| point.value).collect();
        // Where levels begin, and the end of the last.
        let begins: Vec<usize> = std::iter::once(0).chain(changes(&values)).chain([values.len()]).collect();
        let mut before = None;
        for ends in begins.windows(2) {
            let level = level(&values[ends[0]..ends[1]]);
            points[ends[0]..ends[1]].iter_mut().for_each(|point| point.level = level);
            let by = before.zip(level).map(|(before, level): (f64, f64)| level / before);
            // What does not matter is none, as in a comparison.
            let matters = |by: &f64| by.ln().abs() > MARGIN.ln_1p();
            if let (Some(first), Some(by)) = (points.get_mut(ends[0]), by.filter(matters)) {
                first.change = Some(by);
            }
            before = level;
        }
        Series {
            row: row.cell_label(),
            metric: metric.name(),
            unit: metric.unit().sign(),
            points,
            metric_of: metric,
        }
    }

    /// Of its values.
    pub fn written(&self) -> Unit {
        self.metric_of.unit()
    }

    /// Whether a change by so many times is one for the worse.
    pub fn worse(&self, by: f64) -> bool {
        (by > 1.0) != self.metric_of.more_is_better()
    }

    /// The first and the last value as text.
    pub fn ends(&self) -> [Shown; 2] {
        [self.points.first(), self.points.last()]
            .map(|point| alone(self.written(), point.map(|point| point.value)))
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

/// The geometric mean, as in a comparison; `None` where a value has no logarithm.
fn level(values: &[f64]) -> Option<f64> {
    let logs: f64 = values.iter().map(|value| value.ln()).sum();
    Some((logs / values.len() as f64).exp()).filter(|level| level.is_finite() && *level > 0.0)
}
