//! Which metrics of a row are compared: those that matter under its load, and those that somebody gates on. Few, for each one
//! more makes all intervals of the row wider.
//!
//! It must not know what became of them.

use super::Asked;
use super::pair::Pair;
use crate::results::Outcome;
use crate::scenario::{Metric, Timing};

const MESSAGES: &[Metric] = &[
    Metric::BytesPerMessage,
    Metric::LatencyP50,
    Metric::LatencyP99,
    Metric::TargetCpuPerThousand,
    Metric::TargetMemoryPerClient,
];
/// Where each message is the answer to the last, the rate is a result.
const CLOSED_LOOP: &[Metric] = &[
    Metric::Received,
    Metric::BytesPerMessage,
    Metric::LatencyP50,
    Metric::LatencyP99,
    Metric::TargetCpuPerThousand,
];
/// Where messages are left out by design, what is divided by the others compares nothing.
const DISPLAYED: &[Metric] =
    &[Metric::WireRate, Metric::AgeMean, Metric::AgeP99, Metric::TargetCpu, Metric::TargetMemoryPerClient];
const CONNECTIONS: &[Metric] = &[
    Metric::Received,
    Metric::BytesPerMessage,
    Metric::LatencyP50,
    Metric::LatencyP99,
    Metric::TargetCpuPerThousand,
];
const STANDING_BY: &[Metric] = &[
    Metric::WireRatePerClient,
    Metric::ResponseP50,
    Metric::ResponseP99,
    Metric::TargetCpu,
    Metric::TargetMemoryPerClient,
];
const LISTENING: &[Metric] =
    &[Metric::Received, Metric::WireRatePerClient, Metric::GapP50, Metric::GapP99, Metric::ResponseP99];

/// In the order in which they are shown.
pub fn of(pair: &Pair<'_>, asked: Asked<'_>, thresholds: &[&Outcome]) -> Vec<Metric> {
    let trial = pair.trial();
    let mut metrics = if asked.metrics.is_empty() { usual(pair).to_vec() } else { asked.metrics.to_vec() };
    let gates = asked.gates.iter().filter(|gate| gate.concerns(trial)).map(|gate| gate.metric);
    let limits = thresholds.iter().filter(|_| asked.metrics.is_empty());
    let limits = limits.map(|outcome| &outcome.threshold).filter(|limit| limit.concerns(&trial.transport));
    for metric in gates.chain(limits.map(|limit| limit.metric)) {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    metrics
}

fn usual(pair: &Pair<'_>) -> &'static [Metric] {
    if [&pair.base, &pair.new].iter().any(|side| side.cell().overwritten().is_some()) {
        return DISPLAYED;
    }
    let profile = pair.trial().load.profile();
    match profile.timing {
        Timing::RoundTrip if profile.closed_loop() => CLOSED_LOOP,
        Timing::Delivery | Timing::RoundTrip => MESSAGES,
        Timing::Connection => CONNECTIONS,
        Timing::Nothing => STANDING_BY,
        Timing::Gap => LISTENING,
    }
}
