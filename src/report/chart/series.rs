//! Who is drawn, and how each looks: a series is one transport of one run; a cell is it at one number of
//! clients, all repeats together.
//!
//! It must not know charts. Its other end is `results`; every chart starts from [`series`].

use std::collections::HashMap;

use super::guard::{clean, sane};
use super::sheet::Ink;
use super::stroke::Marker;
use super::units::in_words;
use crate::results::{Measurement, Report, Server, Status};
use crate::scenario::Metric;
use crate::transport::Transport;

/// More lines than this on one chart nobody tells apart.
pub const MOST: usize = 12;

/// How a series looks, on every chart of a report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub ink: Ink,
    /// Lengths on and off; solid when empty.
    pub dash: &'static [f64],
    pub marker: Marker,
    pub hollow: bool,
}

impl Look {
    fn paler(self) -> Look {
        Look { ink: self.ink.mixed(Ink::WHITE, 0.55), ..self }
    }
}

/// Stands behind the name of what is drawn, but not to be used.
pub const INVALID: &str = " † invalid";
/// Stands behind the name of what is drawn like the others, though its server failed; the banner says how.
const FAILED: &str = " † failed";

/// One transport of one run.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    /// `polling 1s`, and the run's number behind it when there are several: `polling 1s [2]`.
    pub label: String,
    /// How its messages travel.
    pub transport: &'a Transport,
    pub look: Look,
    /// By clients, ascending; at least one.
    pub cells: Vec<Cell<'a>>,
}

/// All repeats of one transport at one size.
#[derive(Clone, Debug)]
pub struct Cell<'a> {
    pub clients: u32,
    /// At least one.
    pub runs: Vec<&'a Measurement>,
}

impl Cell<'_> {
    /// Whether its numbers may be used: no repeat is invalid.
    pub fn sound(&self) -> bool {
        self.runs.iter().all(|run| run.verdict.status() != Status::Invalid)
    }

    /// What stands behind its name.
    pub fn mark(&self) -> &'static str {
        let failed = self.runs.iter().any(|run| run.verdict.server() == Server::Failed);
        match self.sound() {
            false => INVALID,
            true if failed => FAILED,
            true => "",
        }
    }

    /// Whether messages were left out by design: what is divided by those that came compares nothing then.
    pub fn overwritten(&self) -> bool {
        self.runs.iter().any(|run| run.overwritten().is_some())
    }

    /// The repeats' values of a metric, ascending.
    fn values(&self, of: impl Fn(&Measurement) -> Option<f64>) -> Vec<f64> {
        let mut values: Vec<f64> = self.runs.iter().filter_map(|run| of(run)).filter_map(sane).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    /// The median over the repeats of any number of a measurement.
    pub fn median(&self, of: impl Fn(&Measurement) -> Option<f64>) -> Option<f64> {
        let values = self.values(of);
        let (low, high) = (values.get(values.len().saturating_sub(1) / 2)?, values.get(values.len() / 2)?);
        Some(f64::midpoint(*low, *high))
    }

    /// The median over the repeats of a metric, in its base unit.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        self.median(|run| run.value(metric))
    }

    /// The least and the most of the repeats, when there are several.
    pub fn spread(&self, metric: Metric) -> Option<(f64, f64)> {
        let values = self.values(|run| run.value(metric));
        (values.len() > 1).then_some((*values.first()?, *values.last()?))
    }
}

impl<'a> Series<'a> {
    /// Whether messages were left out by design, at any size.
    pub fn overwritten(&self) -> bool {
        self.cells.iter().any(Cell::overwritten)
    }

    /// The cell with the most clients of which something may be claimed.
    pub fn largest_sound(&self) -> Option<&Cell<'a>> {
        self.cells.iter().rev().find(|cell| cell.sound())
    }

    /// The cell with so many clients, if something may be claimed of it.
    pub fn sound_at(&self, clients: u32) -> Option<&Cell<'a>> {
        self.at(clients).filter(|cell| cell.sound())
    }

    /// `websocket, 1,000 clients`, and that it is invalid, or its server failed.
    pub fn name_of(&self, cell: &Cell<'_>) -> String {
        format!("{}, {}{}", self.label, in_words(cell.clients), cell.mark())
    }

    /// How a cell looks: paler when it is invalid, so that no eye compares it with the others.
    pub fn look_of(&self, cell: &Cell<'_>) -> Look {
        if cell.sound() { self.look } else { self.look.paler() }
    }

    /// The cell with so many clients.
    pub fn at(&self, clients: u32) -> Option<&Cell<'a>> {
        self.cells.iter().find(|cell| cell.clients == clients)
    }
}

/// The largest size at which several series can be compared, invalid ones left out; or else at which there is one.
pub fn size_to_compare(all: &[Series<'_>], metric: Metric) -> u32 {
    let has = |s: &&Series<'_>, size| s.sound_at(size).and_then(|cell| cell.value(metric)).is_some();
    let sizes = all.iter().flat_map(|s| &s.cells).map(|cell| cell.clients);
    let most = sizes.max_by_key(|&size| (all.iter().filter(|s| has(s, size)).count().min(2), size));
    most.unwrap_or(0)
}

/// Every transport of every run, in the order of the scenarios; at most [`MOST`], and how many were left out.
/// Of a search that is each transport at its capacity.
pub fn series(reports: &[Report]) -> (Vec<Series<'_>>, usize) {
    gathered(reports, |report| report.answering().collect())
}

/// The same with every step of a search.
pub fn with_all_steps(reports: &[Report]) -> Vec<Series<'_>> {
    gathered(reports, |report| report.measurements.iter().collect()).0
}

fn gathered(reports: &[Report], of: fn(&Report) -> Vec<&Measurement>) -> (Vec<Series<'_>>, usize) {
    // Under its whole name, for two that are cut for the sheet may begin alike.
    let mut all: Vec<((usize, String), Series<'_>)> = Vec::new();
    for (number, report) in reports.iter().enumerate() {
        let run = if reports.len() > 1 { format!(" [{}]", number + 1) } else { String::new() };
        for measurement in of(report) {
            let whole = (number, measurement.trial.way());
            let place = all.iter().position(|(of, _)| *of == whole);
            let place = place.unwrap_or_else(|| {
                let label = clean(&whole.1, 36) + &run;
                all.push((whole, unseen(label, &measurement.trial.transport)));
                all.len() - 1
            });
            if let Some((_, series)) = all.get_mut(place) {
                add(series, measurement);
            }
        }
    }
    let left_out = all.len().saturating_sub(MOST);
    let mut all: Vec<Series<'_>> = all.into_iter().take(MOST).map(|(_, series)| series).collect();
    dress(&mut all);
    (all, left_out)
}

fn unseen(label: String, transport: &Transport) -> Series<'_> {
    Series { label, transport, look: look(transport, 0), cells: Vec::new() }
}

fn add<'a>(series: &mut Series<'a>, measurement: &'a Measurement) {
    let clients = measurement.trial.clients;
    match series.cells.iter_mut().find(|cell| cell.clients == clients) {
        Some(cell) => cell.runs.push(measurement),
        None => series.cells.push(Cell { clients, runs: vec![measurement] }),
    }
    series.cells.sort_by_key(|cell| cell.clients);
}

/// Looks by transport; variants of one transport keep its hue.
fn dress(all: &mut [Series<'_>]) {
    let mut variants: HashMap<&'static str, usize> = HashMap::new();
    for series in all {
        let variant = variants.entry(series.transport.name()).or_default();
        series.look = look(series.transport, *variant);
        *variant += 1;
    }
}

const MARKERS: [Marker; 4] = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];
const DASHES: [&[f64]; 5] = [&[], &[22.0, 8.0], &[7.0, 6.0], &[22.0, 6.0, 6.0, 6.0], &[12.0, 10.0]];
/// What a variant's hue is mixed with, and how much of it.
const TINTS: [(Ink, f64); 5] =
    [(Ink::WHITE, 0.0), (Ink::WHITE, 0.42), (Ink::BLACK, 0.45), (Ink::WHITE, 0.65), (Ink::BLACK, 0.7)];

/// The hue is the transport's own, marker and dash follow from its place: the same in every chart, whatever stands beside
/// it.
fn look(transport: &Transport, variant: usize) -> Look {
    let ([red, green, blue], place) = (transport.colour(), transport.place());
    let (toward, share) = TINTS[variant % TINTS.len()];
    Look {
        ink: Ink(red, green, blue).mixed(toward, share),
        dash: DASHES[(place + variant) % DASHES.len()],
        marker: MARKERS[place % MARKERS.len()],
        hollow: variant % 2 == 1,
    }
}
