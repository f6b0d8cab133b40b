//! Was the generator fast enough, and are its samples enough? The target's publisher is judged alike.

use wsbench_targets::hist::Hist;

use super::rules::{
    FEW_SAMPLES, FLOOR, GENERATOR_CPU, LAG, LATENESS, PUBLISHER, RELATIVE_LAG, SATURATED, USAGE_SPAN,
};
use crate::meter::Usage;
use crate::results::{Measurement, Verdict};
use crate::scenario::Metric;
use crate::text::{grouped, nanos, percent, seconds};

/// What a p99 needs.
const SAMPLES: u64 = 1_000;
/// The generator's own delays below this are no part of a latency that is worth a word, ns.
const LEAST_DELAY: f64 = 2e6;

pub(super) fn judge(m: &Measurement, verdict: &mut Verdict) {
    GENERATOR_CPU.judge(m.value(Metric::HarnessCpu), verdict, |cores| {
        let share = percent(cores);
        format!("a generator process kept {share} of a core busy; use more shards or fewer clients")
    });
    spans(m, verdict);
    LATENESS.judge(tail(&m.tally.lateness), verdict, |ns| {
        format!("the generator's own sends were up to {} late (p99)", nanos(ns))
    });
    LAG.judge(tail(&m.tally.lag), verdict, |ns| {
        format!("the generator was up to {} behind its schedule (p99): it was short of CPU", nanos(ns))
    });
    let published = m.published.as_ref().map(|p| &p.lateness);
    PUBLISHER.judge(published.and_then(tail), verdict, |ns| {
        format!("the publisher was up to {} late (p99): it was short of CPU", nanos(ns))
    });
    relative(m, verdict);
    samples(m, verdict);
}

/// Third-party servers are looked at by the coordinator: if it comes late, over another time than the window's.
fn spans(m: &Measurement, verdict: &mut Verdict) {
    let apart = |usage: &Usage| (usage.over_s / m.window_s.max(1e-9) - 1.0).abs();
    let usages = m.target.iter().chain(&m.harness);
    let worst = usages.max_by(|a, b| apart(a).total_cmp(&apart(b)));
    USAGE_SPAN.judge(worst.map(apart), verdict, |_| {
        let over_s = worst.map_or(0.0, |usage| usage.over_s);
        format!(
            "CPU and memory were read over {}, but the window is {}: the process that read them was \
             stopped or short of CPU, so these values are not the window's",
            seconds(over_s),
            seconds(m.window_s)
        )
    });
}

/// A delay of our own that is small by itself may be most of a small latency. It speaks of the percentiles alone; of bytes
/// and losses it says nothing, so that it never makes a measurement invalid.
fn relative(m: &Measurement, verdict: &mut Verdict) {
    let published = m.published.as_ref().map(|p| &p.lateness);
    let own = [
        ("the generator came", Some(&m.tally.lag)),
        ("the generator's sends were", Some(&m.tally.lateness)),
        ("the publisher was", published),
    ];
    let late = own.into_iter().filter_map(|(who, hist)| Some((who, tail(hist?)?)));
    let Some((who, delay)) = late.max_by(|a, b| a.1.total_cmp(&b.1)) else { return };
    let Some(latency) = tail(&m.tally.latency).or_else(|| tail(&m.tally.response)) else { return };
    // Beyond the absolute limit that one has spoken.
    let small = delay >= LEAST_DELAY && LAG.severity(delay).is_none();
    let share = small.then(|| delay / latency.max(1.0));
    RELATIVE_LAG.judge(share, verdict, |share| {
        format!(
            "{who} up to {} late (p99), and the latency p99 is {}: up to {} of it is wsbench's own delay",
            nanos(delay),
            nanos(latency),
            percent(share.min(1.0))
        )
    });
}

fn samples(m: &Measurement, verdict: &mut Verdict) {
    let latency = &m.tally.latency;
    // A message that goes to all is one event, however many hear it: a delay of it is a delay for all.
    let hearers = if m.trial.load.profile().to_all { m.tally.counts.connected.max(1) } else { 1 };
    let hearers = hearers.div_ceil(u64::from(m.trial.groups.unwrap_or(1)).max(1));
    let events = latency.count().div_ceil(hearers);
    let missing = SAMPLES.saturating_sub(events) as f64 / SAMPLES as f64;
    FEW_SAMPLES.judge((events > 0).then_some(missing), verdict, |_| {
        let all =
            if hearers > 1 { format!(", each to {} clients,", grouped(hearers)) } else { String::new() };
        format!("{} messages{all} are too few for a p99: measure longer", grouped(events))
    });
    SATURATED.judge(Some(latency.saturated() as f64), verdict, |_| {
        format!("{} latencies over one hour were recorded as one hour", grouped(latency.saturated()))
    });
}

/// A latency near what an empty loop takes says more about the harness than about the server.
pub(super) fn floor(m: &Measurement, floor: Option<u64>, verdict: &mut Verdict) {
    let (Some(floor), Some(median)) = (floor, m.tally.latency.percentile(0.5)) else { return };
    FLOOR.judge(Some(floor as f64 / median as f64), verdict, |_| {
        format!(
            "the latency p50 ({}) is less than twice this machine's floor ({}): it mostly measures wsbench itself",
            nanos(median as f64),
            nanos(floor as f64)
        )
    });
}

/// p99; of few, one of the largest. A short window must not hide a stall.
fn tail(hist: &Hist) -> Option<f64> {
    hist.tail().map(|ns| ns as f64)
}
