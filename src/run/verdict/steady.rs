//! Was the window one state, or did it begin as one thing and end as another? First and last third are compared.
//!
//! Chance is not suspected: what a schedule's clumps and a Poisson process may do in a third is taken off.

use wsbench_targets::hist::Hist;

use super::rules::{DRIFT, NOT_STEADY};
use crate::meter::Interval;
use crate::results::{Measurement, Verdict};
use crate::scenario::Timing;
use crate::text::{nanos, percent, significant};

/// Less is not worth a word, ns.
const LEAST: u64 = 1_000_000;
/// Of a count that chance decides.
const SIGMAS: f64 = 4.0;
/// A tick of the clock between two edges.
const HAIR: f64 = 0.01;

/// Some intervals together.
#[derive(Default)]
struct Third {
    seconds: f64,
    received: u64,
    latency: Hist,
}

pub(super) fn judge(m: &Measurement, verdict: &mut Verdict) {
    // Before the longest wait is over, only messages that waited less can be in.
    let from = m.trial.transport.longest_wait().as_secs_f64();
    let inside = |i: &&Interval| i.from_s >= from - HAIR && i.from_s + i.length_s <= m.window_s + HAIR;
    let mut intervals: Vec<&Interval> = m.tally.timeline.iter().filter(inside).collect();
    // What is left between the last edge and the end of the window is no sample of anything. The drain is an interval too,
    // of any length, and no measure of the others.
    let usual = intervals.iter().map(|i| i.length_s).fold(0.0, f64::max);
    intervals.retain(|i| i.length_s >= usual / 2.0);
    let third = intervals.len() / 3;
    if third == 0 {
        return;
    }
    let (first, last) = (sum(&intervals[..third]), sum(&intervals[intervals.len() - third..]));
    NOT_STEADY.judge(change(m, &first, &last), verdict, |change| {
        let rate = |third: &Third| third.received as f64 / third.seconds;
        format!(
            "messages received per second changed by {}: {} in the first third of the window, {} in the last",
            percent(change),
            significant(rate(&first)),
            significant(rate(&last))
        )
    });
    let medians = first.latency.percentile(0.5).zip(last.latency.percentile(0.5));
    let Some((a, b)) = medians.filter(|(a, b)| a.abs_diff(*b) > LEAST) else { return };
    DRIFT.judge(Some(a.max(b) as f64 / a.min(b) as f64), verdict, |_| {
        let (first, last) = (nanos(a as f64), nanos(b as f64));
        format!("latency p50 went from {first} (first third of the window) to {last} (last)")
    });
}

fn sum(intervals: &[&Interval]) -> Third {
    let mut third = Third::default();
    for interval in intervals {
        third.seconds += interval.length_s;
        third.received += interval.received;
        third.latency += &interval.latency;
    }
    third
}

/// By which share the rate changed, beyond what chance may do; `None` when too little came to tell.
fn change(m: &Measurement, first: &Third, last: &Third) -> Option<f64> {
    let seconds = first.seconds.min(last.seconds);
    let count = |third: &Third| third.received as f64 / third.seconds * seconds;
    let (a, b) = (count(first), count(last));
    let (clump, random) = clump(m);
    let chance = SIGMAS * ((a + b) * if random { clump } else { 1.0 }).sqrt() + 2.0 * clump;
    let change = (a - b).abs() / a.max(b);
    (a.max(b) > 0.0 && (a - b).abs() > chance).then_some(change)
}

/// How many messages arrive at once, and whether chance says when.
fn clump(m: &Measurement) -> (f64, bool) {
    let profile = m.trial.load.profile();
    // What is delivered waits for the next poll, and comes with what waited too.
    let waiting = match (profile.timing, profile.interval) {
        (Timing::Delivery, Some(every)) => {
            m.trial.transport.longest_wait().as_secs_f64() / every.as_secs_f64().max(1e-9)
        }
        _ => 1.0,
    };
    (m.trial.hearers() * waiting.max(1.0), profile.random)
}
