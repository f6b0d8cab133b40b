//! Every metric of every row, for programs that keep them over time.
//!
//! It must not know a format.

use super::names;
use crate::results::{Report, Server, Status};
use crate::scenario::Metric;

/// One number of a row.
pub struct Point {
    /// `overhead`.
    pub scenario: String,
    /// `websocket`, and the number of the run where there are several.
    pub row: String,
    /// `push`.
    pub load: &'static str,
    /// How many.
    pub clients: u32,
    /// Whether to believe it.
    pub status: Status,
    /// How the server did.
    pub server: Server,
    /// What it is.
    pub metric: Metric,
    /// All repeats together, in the base unit.
    pub value: f64,
    /// Least and most of the repeats, where there are several.
    pub spread: Option<(f64, f64)>,
}

impl Point {
    /// `overhead · websocket · push · 1,000 clients`: the same from run to run.
    pub fn name(&self) -> String {
        let clients = crate::text::count(self.clients, "client");
        format!("{} · {} · {} · {clients}", self.scenario, self.row, self.load)
    }
}

/// All of them but what the generator says of itself; by rows.
pub fn points(reports: &[Report]) -> Vec<Point> {
    let metrics = || Metric::ALL.iter().filter(|metric| !metric.family().source.of_the_generator());
    let mut points = Vec::new();
    for cell in names::cells(reports) {
        for metric in metrics() {
            let Some(value) = cell.value(*metric).filter(|value| value.is_finite()) else { continue };
            points.push(Point {
                scenario: reports[cell.run].name.clone(),
                row: names::row(&cell, reports.len()),
                load: cell.trial().load.name(),
                clients: cell.clients(),
                status: cell.status(),
                server: cell.server(),
                metric: *metric,
                value,
                spread: cell.spread(|trial| trial.value(*metric)),
            });
        }
    }
    points
}
