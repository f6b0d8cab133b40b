//! A cell of the scenario: transport x load x clients, all its repeats together. Every output that shows one
//! row for several repeats asks here.
//!
//! It must not know how a row looks. Repeats are added up as if they were one longer trial, and metrics are computed of that sum:
//! histograms are merged, percentiles never averaged, ratios are ratios of sums.

use std::borrow::Cow;

use super::{Measurement, Report, Server, Status};
use crate::meter::Tally;
use crate::plan::Trial;
use crate::scenario::Metric;

/// All repeats of one cell, at least one.
#[derive(Clone, Debug)]
pub struct Cell<'a> {
    /// Which run it is of: its place among the reports.
    pub run: usize,
    /// In the order of the repeats.
    pub repeats: Vec<&'a Measurement>,
    /// The repeats, added up; its verdict is the first one's.
    pub sum: Cow<'a, Measurement>,
}

/// The cells of one or several runs: by size and load, then in the order of the scenario; the same transport of
/// several runs one after the other.
pub fn cells(reports: &[Report]) -> Vec<Cell<'_>> {
    cells_of(reports, |report| report.measurements.iter().collect())
}

/// The same of some measurements of each run.
pub fn cells_of(reports: &[Report], of: fn(&Report) -> Vec<&Measurement>) -> Vec<Cell<'_>> {
    let mut cells: Vec<Cell<'_>> = Vec::new();
    for (run, report) in reports.iter().enumerate() {
        let mut measurements = of(report);
        measurements.sort_by_key(|m| (m.trial.clients, m.trial.number, m.trial.repeat));
        for measurement in measurements {
            match cells.iter_mut().find(|cell| cell.run == run && same(cell.trial(), &measurement.trial)) {
                Some(cell) => cell.add(measurement),
                None => cells.push(Cell::new(run, measurement)),
            }
        }
    }
    let mut order: Vec<String> = Vec::new();
    for label in cells.iter().map(|cell| cell.trial().row_name()) {
        if !order.contains(&label) {
            order.push(label);
        }
    }
    let place = |cell: &Cell<'_>| order.iter().position(|label| *label == cell.trial().row_name());
    cells.sort_by_key(|cell| (cell.clients(), cell.trial().load.name(), place(cell), cell.run));
    cells
}

/// Whether two trials are repeats of each other.
fn same(a: &Trial, b: &Trial) -> bool {
    a.clients == b.clients && a.transport == b.transport && a.load == b.load && a.target == b.target
}

impl<'a> Cell<'a> {
    /// Of trials that are repeats of each other, in whichever runs; `None` without any.
    pub fn of(run: usize, trials: &[&'a Measurement]) -> Option<Cell<'a>> {
        let (first, more) = trials.split_first()?;
        let mut cell = Cell::new(run, first);
        more.iter().for_each(|repeat| cell.add(repeat));
        Some(cell)
    }

    fn new(run: usize, first: &'a Measurement) -> Cell<'a> {
        Cell { run, repeats: vec![first], sum: Cow::Borrowed(first) }
    }

    fn add(&mut self, repeat: &'a Measurement) {
        self.sum.to_mut().add_repeat(repeat);
        self.repeats.push(repeat);
    }

    /// The trial that its repeats share, but for number and repeat.
    pub fn trial(&self) -> &'a Trial {
        &self.repeats[0].trial
    }

    /// What the clients of all repeats saw.
    pub fn tally(&self) -> &Tally {
        &self.sum.tally
    }

    /// How many clients.
    pub fn clients(&self) -> u32 {
        self.trial().clients
    }

    /// `polling 1s, 1,000 clients`.
    pub fn label(&self) -> String {
        self.trial().cell_label()
    }

    /// The share of its messages that newer ones overwrote, by design, where it is one to speak of.
    pub fn overwritten(&self) -> Option<f64> {
        self.sum.overwritten()
    }

    /// The worst verdict of its repeats.
    pub fn status(&self) -> Status {
        self.repeats.iter().map(|m| m.verdict.status()).max().unwrap_or(Status::Invalid)
    }

    /// How the server did in the worst of its repeats.
    pub fn server(&self) -> Server {
        self.repeats.iter().map(|m| m.verdict.server()).max().unwrap_or(Server::Unknown)
    }

    /// The metric of all repeats together, in its base unit.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        self.sum.value(metric)
    }

    /// Least and most of the repeats that have this number; `None` with fewer than two of them.
    pub fn spread(&self, of: impl Fn(&Measurement) -> Option<f64>) -> Option<(f64, f64)> {
        let values = || self.repeats.iter().filter_map(|m| of(m));
        let least = values().reduce(f64::min).filter(|_| values().count() > 1)?;
        Some((least, values().reduce(f64::max)?))
    }
}
