//! Who is drawn: a series is one transport of one run, with its cells by number of clients.
//!
//! It must not know charts. Its other end is `results::Cell`, from which tables have their numbers too; every chart starts
//! from a [`Subject`].

use super::guard::{sane, shortened};
use super::look::{Look, looks};
use super::units::{count, listed, text};
use crate::results::{Cell, Measurement, Report, Server, Status, cells_of};
use crate::scenario::Metric;
use crate::transport::Transport;

/// More lines than this on one chart cannot be told apart.
const MOST: usize = 12;

/// What a set of charts is about.
pub struct Subject<'a> {
    pub reports: &'a [Report],
    /// In the order of the scenarios.
    pub all: Vec<Series<'a>>,
    /// The place of the one with which others are compared.
    pub base: usize,
    /// Names of what found no place.
    pub left_out: Vec<String>,
}

impl<'a> Subject<'a> {
    /// Every transport of every run, of a search each at its capacity, against the one of that name, or the first.
    pub fn new(reports: &'a [Report], baseline: Option<&str>) -> Subject<'a> {
        let mut all = series(reports, |report| report.answering().collect());
        let left_out = all.drain(all.len().min(MOST)..).map(|series| series.label).collect();
        dress(&mut all);
        let named = |series: &Series<'_>| {
            let first = series.cells.first().map(Cell::trial);
            first.zip(baseline).is_some_and(|(trial, name)| trial.is_called(name))
        };
        let base = all.iter().position(named).unwrap_or(0);
        Subject { reports, all, base, left_out }
    }

    /// All cells of all series.
    pub fn cells(&self) -> impl Iterator<Item = &Cell<'a>> {
        self.all.iter().flat_map(|series| &series.cells)
    }

    /// Whether messages were left out by design, somewhere: what is divided by those that came compares nothing then.
    pub fn overwritten(&self) -> bool {
        self.cells().any(|cell| cell.overwritten().is_some())
    }

    /// Whether there is more than nothing of a metric.
    pub fn has(&self, metric: Metric) -> bool {
        self.cells().any(|cell| value(cell, metric).is_some_and(|value| value > 0.0))
    }

    /// The largest size at which several series can be compared, invalid ones left out; or else at which there is one.
    pub fn size_to_compare(&self, metric: Metric) -> u32 {
        let has = |series: &&Series<'_>, size| series.sound_at(size, metric).is_some();
        let sizes = self.cells().map(Cell::clients);
        let most = sizes.max_by_key(|&size| (self.all.iter().filter(|s| has(s, size)).count().min(2), size));
        most.unwrap_or(0)
    }

    /// What each series has of a metric at one size, the least first; only what may be claimed.
    pub fn ranked(&self, metric: Metric, clients: u32) -> Vec<(f64, &str)> {
        let each = self.all.iter().filter_map(|s| Some((s.sound_at(clients, metric)?, s.label.as_str())));
        let mut each: Vec<(f64, &str)> = each.collect();
        each.sort_by(|a, b| a.0.total_cmp(&b.0));
        each
    }

    /// `words` with the number of clients and what each series has there; empty where nothing can be said.
    pub fn finding(&self, words: &str, metric: Metric) -> String {
        let clients = self.size_to_compare(metric);
        match &self.ranked(metric, clients)[..] {
            [] => String::new(),
            each => {
                format!("{words} {}: {}", count(clients, "client"), listed(each, |v| text(metric.unit(), v)))
            }
        }
    }
}

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

impl<'a> Series<'a> {
    /// The cell with the most clients of which something may be claimed.
    pub fn largest_sound(&self) -> Option<&Cell<'a>> {
        self.cells.iter().rev().find(|cell| sound(cell))
    }

    /// The metric at so many clients, if something may be claimed of it.
    pub fn sound_at(&self, clients: u32, metric: Metric) -> Option<f64> {
        self.at(clients).filter(|cell| sound(cell)).and_then(|cell| value(cell, metric))
    }

    /// The cell with so many clients.
    pub fn at(&self, clients: u32) -> Option<&Cell<'a>> {
        self.cells.iter().find(|cell| cell.clients() == clients)
    }

    /// Its look, paler where a cell is invalid, so that no eye compares it with the others.
    pub fn look_of(&self, cell: &Cell<'_>) -> Look {
        if sound(cell) { self.look } else { self.look.paler() }
    }

    /// The largest cell of which `of` has something, and that.
    pub fn largest<T>(&self, of: impl Fn(&Cell<'_>) -> Option<T>) -> Option<(&Cell<'a>, T)> {
        self.cells.iter().rev().find_map(|cell| Some((cell, of(cell)?)))
    }
}

/// The metric of a cell in its base unit, if it can be drawn.
pub fn value(cell: &Cell<'_>, metric: Metric) -> Option<f64> {
    cell.value(metric).and_then(sane)
}

/// `, 1,000 clients`, for a title, where all are of one size.
pub fn common_size<'a>(cells: impl Iterator<Item = &'a Cell<'a>> + Clone) -> Option<String> {
    let first = cells.clone().next()?.clients();
    cells.clone().all(|cell| cell.clients() == first).then(|| size(first))
}

/// `, 1,000 clients`.
pub fn size(clients: u32) -> String {
    format!(", {}", count(clients, "client"))
}

/// Whether a cell's numbers may be used: no repeat is invalid.
pub fn sound(cell: &Cell<'_>) -> bool {
    cell.status() != Status::Invalid
}

/// What stands behind a cell's name: that it is not to be used, or that its server failed; the banner says how.
pub fn mark(cell: &Cell<'_>) -> &'static str {
    match cell.server() {
        _ if !sound(cell) => " † invalid",
        Server::Failed => " † failed",
        Server::Ok | Server::Unknown => "",
    }
}

/// Tells variants of one transport apart.
pub fn dress(all: &mut [Series<'_>]) {
    let transports: Vec<&Transport> = all.iter().map(|series| series.transport).collect();
    all.iter_mut().zip(looks(&transports)).for_each(|(series, look)| series.look = look);
}

/// Every transport of every run, with those of its measurements.
pub fn series(reports: &[Report], of: fn(&Report) -> Vec<&Measurement>) -> Vec<Series<'_>> {
    // Under its whole name, for two that are cut for the sheet may begin alike.
    let mut all: Vec<((usize, String, u32), Series<'_>)> = Vec::new();
    for cell in cells_of(reports, of) {
        let (trial, run) = (cell.trial(), cell.run);
        let number = if reports.len() > 1 { format!(" [{}]", run + 1) } else { String::new() };
        let label = shortened(&trial.row_name(), 36) + &number;
        match all.iter_mut().find(|((of, way, _), _)| (*of, way.as_str()) == (run, &trial.row_name())) {
            Some(((_, _, first), series)) => {
                *first = trial.number.min(*first);
                series.cells.push(cell);
            }
            None => {
                let look = Look::of(&trial.transport);
                let key = (run, trial.row_name(), trial.number);
                all.push((key, Series { label, transport: &trial.transport, look, cells: vec![cell] }));
            }
        }
    }
    all.sort_by_key(|((run, _, first), _)| (*run, *first));
    let ways: Vec<String> = all.iter().map(|((_, way, _), _)| way.clone()).collect();
    // The same transport of several runs one after the other.
    all.sort_by_key(|((_, way, _), _)| ways.iter().position(|other| other == way));
    all.into_iter().map(|(_, series)| series).collect()
}
