//! Was done what was asked for, and do the accounts of it agree?

use wsbench_targets::wire::Audience;

use super::rules::{
    ACHIEVED, CUT_SHORT, FAILURES, KERNEL_SILENT, LEDGER, LOSS, NOT_PUBLISHED, NOTHING_DUE, OVERRUN,
    UNREACHABLE,
};
use crate::meter::{Dials, Flow};
use crate::plan::grouped;
use crate::results::{Measurement, Severity, Verdict, said};
use crate::scenario::{Metric, Sender, Timing};

/// What is due so close to the window's edges may leave on their other side; seconds.
const EDGE: f64 = 0.002;

pub(super) fn judge(m: &Measurement, unanswered: u64, verdict: &mut Verdict) {
    failures(m, verdict);
    nothing_due(m, verdict);
    delivered(m, verdict);
    unpublished(m, verdict);
    achieved(m, verdict);
    CUT_SHORT.judge(Some(1.0 - held(m)), verdict, |_| {
        format!("the window was held for {:.1} of {:.1} s", m.window_s, m.trial.measure.as_secs_f64())
    });
    OVERRUN.judge(Some(m.window_s / m.trial.measure.as_secs_f64().max(1e-9) - 1.0), verdict, |_| {
        let asked = m.trial.measure.as_secs_f64();
        format!(
            "the window ended after {:.2} s instead of {asked:.2} s: the generator was short of CPU",
            m.window_s
        )
    });
    ledger(m, unanswered, verdict);
}

/// The trial was given up.
pub(super) fn unreached(dials: Option<Dials>, verdict: &mut Verdict) {
    let failed = dials.and_then(|dials| share(dials.failed, dials.tried));
    UNREACHABLE.fact(failed.is_some(), verdict, || dials.map_or_else(String::new, unreachable));
}

/// That a server cannot be reached, in words.
pub fn unreachable(dials: Dials) -> String {
    let (failed, tried) = (grouped(dials.failed), grouped(dials.tried));
    format!("more than half of the connections failed for ten seconds, {failed} of {tried} in all: stopped")
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

/// The part of the window that was held.
fn held(m: &Measurement) -> f64 {
    let asked = m.trial.measure.as_secs_f64();
    if asked > 0.0 { (m.window_s / asked).min(1.0) } else { 1.0 }
}

/// Whether it was held to its end.
fn whole(m: &Measurement) -> bool {
    CUT_SHORT.severity(1.0 - held(m)).is_none()
}

/// A random schedule may have nothing in a short window. Where clients or the publisher could not send, or the window was
/// not held, nothing was sent either, and that is said of them.
fn nothing_due(m: &Measurement, verdict: &mut Verdict) {
    let unsent = m.published.as_ref().is_some_and(|published| published.failed > 0);
    let failed = m.tally.counts.connected == 0 || m.tally.failures.total() > 0 || unsent;
    let nothing = m.trial.load.profile().scheduled() && !failed && whole(m) && m.tally.counts.sent == 0;
    NOTHING_DUE.fact(nothing, verdict, || {
        "no message was due in the window, and nothing was measured; a longer `measure`, or more messages"
            .to_owned()
    });
}

fn delivered(m: &Measurement, verdict: &mut Verdict) {
    let counts = &m.tally.counts;
    let lost = m.value(Metric::LostRatio).filter(|_| m.trial.transport.keeps_all());
    LOSS.judge(lost, verdict, |ratio| {
        let (lost, sent) = (grouped(counts.lost), grouped(counts.sent));
        format!("{lost} of {sent} messages were lost ({:.2} %)", ratio * 100.0)
    });
}

/// The schedule is the publisher's: what it did not put out was never sent, whatever the clients expected.
fn unpublished(m: &Measurement, verdict: &mut Verdict) {
    let (Some(published), Some(publication)) = (&m.published, m.trial.load.publication()) else { return };
    let hearers = match publication.audience {
        Audience::Each => 1,
        Audience::All => u64::from(m.trial.clients),
    };
    let missing = m.tally.counts.sent.saturating_sub(published.messages.saturating_mul(hearers));
    // Who is stopped early has published less than the schedule of the whole window.
    NOT_PUBLISHED.judge(whole(m).then_some(missing as f64), verdict, |_| {
        format!("the target published {} messages fewer than scheduled", grouped(missing))
    });
}

/// Polls have slots, echoes and connections a schedule: what of it was not even tried?
fn achieved(m: &Measurement, verdict: &mut Verdict) {
    let counts = &m.tally.counts;
    let slots = counts.missed_slots + m.window().requests;
    ACHIEVED.judge(share(counts.missed_slots, slots), verdict, |ratio| {
        let why = if m.tally.failures.total() > 0 { "or its connection had failed" } else { "" };
        let why = format!("the one before was still out {why}");
        format!("{:.1} % of the polls could not be made: {}", ratio * 100.0, why.trim_end())
    });
    let profile = m.trial.load.profile();
    if let (Sender::Publisher, Some(published)) = (profile.sender, &m.published) {
        let scheduled = published.messages + published.failed;
        ACHIEVED.judge(share(published.failed, scheduled), verdict, |_| {
            let (failed, of) = (grouped(published.failed), grouped(scheduled));
            format!("our publisher could not send {failed} of {of} messages")
        });
    }
    let (what, left) = match profile.timing {
        Timing::RoundTrip if profile.scheduled() => ("messages were sent", m.window().messages_up),
        Timing::Connection => ("connections were begun", m.tally.lateness.count()),
        _ => return,
    };
    let edge = 2 + (counts.sent as f64 / m.window_s.max(EDGE) * EDGE) as u64;
    let missing = counts.sent.saturating_sub(left.saturating_add(edge));
    ACHIEVED.judge(share(missing, counts.sent), verdict, |_| {
        format!("only {} of {} scheduled {what} in the window", grouped(left), grouped(counts.sent))
    });
}

fn failures(m: &Measurement, verdict: &mut Verdict) {
    let counts = &m.tally.counts;
    let tries = counts.sent.max(m.window().requests).max(counts.clients);
    FAILURES.judge(share(m.tally.failures.total(), tries), verdict, |_| {
        format!("connections or requests failed: {}", said(&m.tally.failures))
    });
}

/// Wrapper, drivers and kernel must agree to the byte over the whole trial.
fn ledger(m: &Measurement, unanswered: u64, verdict: &mut Verdict) {
    let total = m.tally.traffic.total();
    for (way, flow) in [("up", &total.up), ("down", &total.down)] {
        let Some(severity) = LEDGER.severity(apart(flow) as f64) else { continue };
        // A connection that broke takes unread bytes with it; without a failure there is no excuse.
        let severity = if m.tally.failures.total() > 0 { severity.min(Severity::Suspect) } else { severity };
        let [socket, attributed, kernel] = [flow.counted, flow.attributed(), flow.kernel].map(grouped);
        let text = format!(
            "the byte accounts differ ({way}): socket {socket}, attributed {attributed}, kernel {kernel}"
        );
        verdict.doubt(severity, LEDGER.code, text);
    }
    KERNEL_SILENT.judge(Some(unanswered as f64), verdict, |_| {
        format!("TCP_INFO was refused {} times", grouped(unanswered))
    });
}

fn apart(flow: &Flow) -> u64 {
    flow.counted.abs_diff(flow.attributed()).max(flow.counted.abs_diff(flow.kernel))
}
