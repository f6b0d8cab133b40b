//! The plan of a search: its range, its conditions, and the trial that tries a size.
//!
//! Pure. It must not know what becomes of a trial; which size comes next is the [`Ladder`]'s affair, and `run` holds
//! both ends together.

use std::time::Duration;

use crate::transport::Transport;

use super::check::{Errors, error};
use super::ladder::Range;
use super::{Machine, Trial, Where, targets, trial};
use crate::scenario::{Load, Metric, Over, Scenario, Threshold, limits};

/// A search over sizes, for each transport of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// What is raised.
    pub over: Over,
    /// From where to where.
    pub range: Range,
    /// Its load, with sizes to be put in.
    scenario: Scenario,
    machine: Machine,
}

/// Where nothing is said, the search goes up to so many times its first size.
const REACH: f64 = 100.0;
/// What delivery may take beyond what a transport waits by design, where nothing is said.
const LATENCY: Duration = Duration::from_millis(50);

impl Search {
    /// The search that a scenario asks for, if it does.
    pub(super) fn of(scenario: &Scenario, machine: Machine) -> Option<Search> {
        let asked = scenario.search.as_ref()?;
        let sizes = || scenario.clients.iter().copied().map(f64::from);
        let own = match asked.over {
            Over::Clients => (sizes().fold(f64::INFINITY, f64::min), sizes().fold(0.0, f64::max)),
            Over::Rate => (rate(&scenario.load).unwrap_or(1.0), 0.0),
        };
        let most = match asked.over {
            Over::Clients => limits::CLIENTS.1 as f64,
            Over::Rate => limits::RATE.1,
        };
        let from = asked.from.unwrap_or_else(|| own.0.min(asked.to.unwrap_or(f64::INFINITY)));
        let usual = if own.1 > from { own.1 } else { (from * REACH).min(most) };
        let to = asked.to.unwrap_or(usual).max(from);
        let whole = asked.over == Over::Clients;
        let (factor, precision, tries) = (asked.factor, asked.precision, asked.tries);
        let range = Range { from, to, factor, precision, tries, whole };
        Some(Search { over: asked.over, range, scenario: scenario.clone(), machine })
    }

    /// The transports, in the order of the scenario.
    pub fn transports(&self) -> &[Transport] {
        &self.scenario.transports
    }

    /// The name of a transport's trials in reports: with what the server stands behind.
    pub fn row_name(&self, transport: &Transport) -> String {
        self.trial(transport, self.range.from, 0, 0).row_name()
    }

    /// The scenario at one size.
    pub(super) fn at(&self, size: f64) -> Scenario {
        let mut scenario = self.scenario.clone();
        match self.over {
            Over::Clients => scenario.clients = vec![size.round() as u32],
            Over::Rate => scenario.load.set_interval(Duration::from_secs_f64(1.0 / size.max(limits::RATE.0))),
        }
        scenario
    }

    /// The trial that tries a size: the `number`th of the run, behind so many at this size. All sizes are held by the
    /// processes and from the addresses that the largest needs: a size must not fail, or pass, because it is split
    /// otherwise than the one before it. Only of processes there are never more than clients.
    pub fn trial(&self, transport: &Transport, size: f64, number: u32, again: u32) -> Trial {
        let (own, largest) = (self.apart(transport, size, number, again), self.largest_of(transport));
        let (shards, targets) = (largest.shards.min(own.clients), largest.targets.min(own.clients));
        Trial { shards, targets, pin: largest.pin, addresses: largest.addresses, ..own }
    }

    /// The trial at a size, as it would be for itself.
    fn apart(&self, transport: &Transport, size: f64, number: u32, again: u32) -> Trial {
        let scenario = self.at(size);
        let clients = scenario.clients.first().copied().unwrap_or(1);
        // A server behind several things is refused in a search.
        let target = targets(&scenario, transport).into_iter().next().unwrap_or(Where::Reference);
        trial(&scenario, self.machine, number, ((transport, &target), clients, again))
    }

    fn largest_of(&self, transport: &Transport) -> Trial {
        self.apart(transport, self.range.to, 0, 0)
    }

    /// Transports whose first sizes have fewer clients than the largest has processes, and how many that are.
    fn spread_thin(&self) -> impl Iterator<Item = (&Transport, u32)> {
        let thin = |transport| {
            let (largest, first) = (self.largest_of(transport), self.apart(transport, self.range.from, 0, 0));
            let processes = largest.shards.max(largest.targets);
            (first.clients < processes).then_some((transport, processes))
        };
        self.transports().iter().filter_map(thin)
    }

    /// The largest trial of each transport: what the search may need of the machine.
    pub(super) fn largest(&self) -> Vec<Trial> {
        let trials = self.transports().iter().zip(0..);
        trials.map(|(transport, number)| Trial { number, ..self.largest_of(transport) }).collect()
    }

    /// What must hold for a transport: the search's own conditions, else the scenario's thresholds, else the usual.
    pub fn conditions(&self, transport: &Transport) -> Vec<Threshold> {
        let own = self.scenario.search.as_ref().map_or(&[][..], |search| &search.conditions[..]);
        let written = if own.is_empty() { &self.scenario.thresholds[..] } else { own };
        let concerned: Vec<_> = written.iter().filter(|c| c.concerns(transport)).cloned().collect();
        if concerned.is_empty() { usual(&self.scenario.load, transport) } else { concerned }
    }
}

/// Delivery in good time and nothing lost; where there are no messages, no failures.
fn usual(load: &Load, transport: &Transport) -> Vec<Threshold> {
    let at_most = |metric, most| Threshold { metric, transport: None, max: Some(most), min: None };
    if !load.profile().stamped() {
        return vec![at_most(Metric::Failures, 0.0)];
    }
    let latency = (LATENCY + transport.longest_wait()).as_nanos() as f64;
    let mut conditions = vec![at_most(Metric::LatencyP99, latency)];
    if transport.keeps_all() {
        conditions.push(at_most(Metric::LostRatio, 0.0));
    }
    conditions
}

/// Messages a second and client, where a schedule says so.
fn rate(load: &Load) -> Option<f64> {
    let every = load.profile().interval.filter(|every| !every.is_zero());
    every.map(|every| 1.0 / every.as_secs_f64())
}

/// What of a search does not go together.
pub(super) fn check(search: &Search, errors: &mut Errors) {
    let scenario = &search.scenario;
    if search.over == Over::Rate && rate(&scenario.load).is_none() {
        let message = format!("[load.{}] has no message rate to raise", scenario.load.name());
        error(errors, message, "[search] over = \"clients\", or a load with `every`");
    }
    if search.over == Over::Rate && scenario.clients.len() > 1 {
        let message = "a search over the rate takes one number of clients, and there are several";
        error(errors, message, "one number in `clients`, or over = \"clients\"");
    }
}

/// What is worth knowing before a search.
pub(super) fn notes(search: &Search) -> Vec<String> {
    let scenario = &search.scenario;
    let own = scenario.search.as_ref().is_some_and(|search| !search.conditions.is_empty());
    let mut notes = Vec::new();
    if scenario.repeat > 1 {
        let tries = search.range.tries;
        notes.push(format!(
            "`repeat` has no effect in a search: each step has at most {tries} attempts (`tries`)"
        ));
    }
    for (transport, processes) in search.spread_thin() {
        notes.push(format!(
            "{}: fewer than {} clients are not spread over as many processes as the rest of the search",
            search.row_name(transport),
            Over::Clients.show(f64::from(processes))
        ));
    }
    if own && !scenario.thresholds.is_empty() {
        notes.push("thresholds are not used in a search that has its own conditions".to_owned());
    }
    notes
}
