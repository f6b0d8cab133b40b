//! Thresholds on percentiles that a run will not have, as too few samples would be taken for them, or that would rest on
//! too few events.
//!
//! Pure arithmetic on the schedule. It must not know histograms; that a percentile p needs 10 / (1 - p) samples is theirs.

use std::time::Duration;

use crate::scenario::{Metric, Scenario, Threshold, Times};
use crate::text::grouped;
use crate::transport::Transport;

/// One note for each threshold that will not be measured somewhere, or by too few events.
pub(super) fn notes(scenario: &Scenario) -> Vec<String> {
    let note = |threshold| note(scenario, threshold).or_else(|| few_events(scenario, threshold));
    scenario.thresholds.iter().filter_map(note).collect()
}

/// A message that goes to all clients is one event, however many samples it gives: what delays it delays it for all.
fn few_events(scenario: &Scenario, threshold: &Threshold) -> Option<String> {
    let needed = needed(threshold.metric)?;
    let profile = scenario.load.profile();
    let latency = threshold.metric.family().source.times() == Some(Times::Latency);
    let events = times(scenario, profile.interval.filter(|_| profile.to_all && latency)?)?;
    (events + 1.0 < needed).then(|| {
        format!(
            "the threshold on {} will rest on {} broadcasts, and needs {} independent ones: use a longer `measure`, or a \
             lower percentile",
            threshold.metric.name(),
            grouped(events.round() as u64),
            grouped(needed as u64),
        )
    })
}

fn note(scenario: &Scenario, threshold: &Threshold) -> Option<String> {
    let needed = needed(threshold.metric)?;
    let concerned = scenario.transports.iter().filter(|transport| threshold.concerns(transport));
    let each =
        concerned.filter_map(|transport| Some((transport, lacking(scenario, transport, threshold, needed)?)));
    // The one that lacks most speaks for all.
    let least = |lacking: &[(u32, f64)]| lacking.iter().map(|(_, most)| *most).fold(f64::INFINITY, f64::min);
    let (transport, sizes) = each.min_by(|a, b| least(&a.1).total_cmp(&least(&b.1)))?;
    let sizes: Vec<String> = sizes
        .into_iter()
        .map(|(clients, most)| {
            format!("{} with {} clients", grouped(most.round() as u64), grouped(u64::from(clients)))
        })
        .collect();
    Some(format!(
        "the threshold on {} needs {} samples, and {} takes at most {}: it will not be measured, and such a run ends \
         with 99; use more clients, a longer `measure`, or a lower percentile",
        threshold.metric.name(),
        grouped(needed as u64),
        transport.label(),
        sizes.join(", "),
    ))
}

/// The sizes that lack samples, and how many each takes at the most; `None` where none does.
fn lacking(
    scenario: &Scenario,
    transport: &Transport,
    threshold: &Threshold,
    needed: f64,
) -> Option<Vec<(u32, f64)>> {
    let each = scenario.clients.iter().filter_map(|&clients| {
        let most = most(scenario, transport, threshold.metric, f64::from(clients))?;
        // The schedule begins somewhere: one more or less is no reason to speak.
        (most + 1.0 < needed).then_some((clients, most))
    });
    Some(each.collect()).filter(|sizes: &Vec<_>| !sizes.is_empty())
}

/// Samples that a percentile needs; `None` for what is none.
fn needed(metric: Metric) -> Option<f64> {
    let (_, share) = metric.family().source.percentile()?;
    Some((10.0 / (1.0 - share)).round())
}

/// Samples at the most; `None` where a server or a closed loop decides.
fn most(scenario: &Scenario, transport: &Transport, metric: Metric, clients: f64) -> Option<f64> {
    let connections = connections(scenario);
    match metric.family().source.times()? {
        Times::Latency => connections.or_else(|| messages(scenario, transport, clients)),
        // Of those that break there are more; nobody plans for that.
        Times::Connect | Times::ConnectTcp | Times::ConnectTls | Times::ConnectAnswer => {
            stays(scenario, transport).then_some(clients * f64::from(scenario.repeat))
        }
        Times::Response => polls(scenario, transport, clients),
        Times::Lateness if scenario.load.profile().clients_schedule() => {
            messages(scenario, transport, clients)
        }
        Times::Lateness => connections.or_else(|| polls(scenario, transport, clients)),
        // Each message that comes is displayed.
        Times::Age => messages(scenario, transport, clients),
        Times::Gap => None,
    }
}

fn messages(scenario: &Scenario, transport: &Transport, clients: f64) -> Option<f64> {
    let due = clients * times(scenario, scenario.load.profile().interval?)? / groups(scenario, clients);
    // Of several messages between two polls one is seen.
    let seen = if transport.keeps_all() { None } else { polls(scenario, transport, clients) };
    Some(seen.map_or(due, |polls| polls.min(due)))
}

/// By how many a message to all is heard less often, where it goes to one group of several.
fn groups(scenario: &Scenario, clients: f64) -> f64 {
    let publishes = scenario.load.publish().is_some();
    let groups = publishes.then(|| super::rooms::groups(scenario, clients as u32)).flatten();
    groups.map_or(1.0, |groups| f64::from(groups.number()))
}

fn polls(scenario: &Scenario, transport: &Transport, clients: f64) -> Option<f64> {
    let every = transport.poll_interval().filter(|_| !scenario.load.profile().connects())?;
    Some(clients * times(scenario, every)?)
}

fn connections(scenario: &Scenario) -> Option<f64> {
    Some(scenario.load.profile().connections? * measured(scenario))
}

/// Seconds in the windows of a cell, all its repeats together.
fn measured(scenario: &Scenario) -> f64 {
    scenario.measure.as_secs_f64() * f64::from(scenario.repeat)
}

/// How often in the windows of a cell; `None` for what has no interval.
fn times(scenario: &Scenario, every: Duration) -> Option<f64> {
    (!every.is_zero()).then(|| measured(scenario) / every.as_secs_f64())
}

/// Whether a client connects once.
fn stays(scenario: &Scenario, transport: &Transport) -> bool {
    !scenario.load.profile().connects() && transport.connects_once()
}

/// Whether clients send on a schedule, and so may be late.
pub(super) fn sends(scenario: &Scenario, transport: &Transport) -> bool {
    let profile = scenario.load.profile();
    profile.clients_schedule() || profile.connects() || transport.poll_interval().is_some()
}
