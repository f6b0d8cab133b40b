//! Was the generator fast enough, and are its samples enough? The target's publisher is judged alike.

use wsbench_targets::hist::Hist;

use super::rules::{FEW_SAMPLES, FLOOR, GENERATOR_CPU, LAG, LATENESS, PUBLISHER, SATURATED, USAGE_SPAN};
use crate::meter::Usage;
use crate::plan::grouped;
use crate::results::{Measurement, Verdict};
use crate::scenario::Metric;

/// What a p99 needs.
const SAMPLES: u64 = 1_000;

pub(super) fn judge(m: &Measurement, verdict: &mut Verdict) {
    GENERATOR_CPU.judge(m.value(Metric::HarnessCpu), verdict, |cores| {
        format!(
            "a generator process kept {:.0} % of a core busy; use more shards or fewer clients",
            cores * 100.0
        )
    });
    spans(m, verdict);
    LATENESS.judge(tail(&m.tally.lateness), verdict, |ns| {
        format!("the generator's own sends were up to {:.0} ms late (p99)", ns / 1e6)
    });
    LAG.judge(tail(&m.tally.lag), verdict, |ns| {
        format!("the generator came up to {:.0} ms late to what was due (p99): it was short of CPU", ns / 1e6)
    });
    let published = m.published.as_ref().map(|p| &p.lateness);
    PUBLISHER.judge(published.and_then(tail), verdict, |ns| {
        format!("the publisher was up to {:.0} ms late (p99): it was short of CPU", ns / 1e6)
    });
    samples(&m.tally.latency, verdict);
}

/// Servers of other makers are looked at by the coordinator: if it comes late, over another time than the window's.
fn spans(m: &Measurement, verdict: &mut Verdict) {
    let apart = |usage: &Usage| (usage.over_s / m.window_s.max(1e-9) - 1.0).abs();
    let usages = m.target.iter().chain(&m.harness);
    let worst = usages.max_by(|a, b| apart(a).total_cmp(&apart(b)));
    USAGE_SPAN.judge(worst.map(apart), verdict, |_| {
        let over_s = worst.map_or(0.0, |usage| usage.over_s);
        format!(
            "CPU and memory were read over {over_s:.2} s for a window of {:.2} s: whoever read them was stopped or \
             short of CPU, and they are not the window's",
            m.window_s
        )
    });
}

fn samples(latency: &Hist, verdict: &mut Verdict) {
    let missing = SAMPLES.saturating_sub(latency.count()) as f64 / SAMPLES as f64;
    FEW_SAMPLES.judge((latency.count() > 0).then_some(missing), verdict, |_| {
        format!("{} messages are too few for a p99: measure longer", latency.count())
    });
    SATURATED.judge(Some(latency.saturated() as f64), verdict, |_| {
        format!("{} latencies over one hour stand as one hour", grouped(latency.saturated()))
    });
}

/// A latency near what an empty loop takes says more about the harness than about the server.
pub(super) fn floor(m: &Measurement, floor: Option<u64>, verdict: &mut Verdict) {
    let (Some(floor), Some(median)) = (floor, m.tally.latency.percentile(0.5)) else { return };
    FLOOR.judge(Some(floor as f64 / median as f64), verdict, |_| {
        let us = |ns: u64| ns as f64 / 1e3;
        format!(
            "the latency p50 ({:.0} us) is less than twice this machine's floor ({:.0} us): mostly the harness",
            us(median),
            us(floor)
        )
    });
}

/// p99; of few, one of the largest. A short window must not hide a stall.
fn tail(hist: &Hist) -> Option<f64> {
    hist.tail().map(|ns| ns as f64)
}
