//! How did the server do? What it lost, refused, repeated, changed or never said.
//!
//! It must not know whether the measurement may be believed: that is said beside it, and an invalid one leaves the server
//! unjudged. Where a user's threshold speaks of the same thing, that one decides.

use wsbench_targets::wire::Audience;

use super::Evidence;
use super::rules::{
    ACHIEVED, ALTERED, DUPLICATED, FAILURES, INVENTED, LEAKED, LOSS, NOT_ACHIEVED, NOT_PUBLISHED, REORDERED,
    Rule, SILENCE, UNREACHABLE,
};
use super::work::{expected, share, silent, tries, whole};
use crate::meter::{Dials, Failures};
use crate::results::{Measurement, Severity, Verdict, said};
use crate::scenario::{Metric, Sender, Threshold, Timing};
use crate::text::{grouped, percent, seconds};

/// What is due so close to the window's edges may leave on their other side; seconds.
const EDGE: f64 = 0.002;

/// `in_order`: the generator did what it should, so that what was not done is the server's.
pub(super) fn judge(evidence: &Evidence<'_>, in_order: bool, verdict: &mut Verdict) {
    let m = evidence.measurement;
    unreached(evidence.unreachable, verdict);
    failures(evidence, verdict);
    silence(evidence, verdict);
    delivered(evidence, verdict);
    unpublished(m, verdict);
    let local = m.tally.failures.local > 0;
    // What was refused was refused, however busy the generator was; what was not tried may have been its fault.
    published(m, if local { NOT_ACHIEVED } else { ACHIEVED }, verdict);
    // Nor is it the generator's that nothing leaves where a connection has broken.
    let theirs = in_order || m.tally.failures.total() > 0;
    achieved(m, if theirs && !local { ACHIEVED } else { NOT_ACHIEVED }, verdict);
}

/// The trial was given up.
fn unreached(dials: Option<Dials>, verdict: &mut Verdict) {
    let failed = dials.and_then(|dials| share(dials.failed, dials.tried));
    UNREACHABLE.fact(failed.is_some(), verdict, || dials.map_or_else(String::new, unreachable));
}

/// That a server cannot be reached, in words.
pub fn unreachable(dials: Dials) -> String {
    let (failed, tried) = (grouped(dials.failed), grouped(dials.tried));
    format!("more than half of the connections failed for ten seconds, {failed} of {tried} in all: stopped")
}

/// What is counted under a user's own thresholds is judged by them, and is noted where they allow it.
fn limited(
    rule: Rule,
    metrics: &[Metric],
    value: Option<f64>,
    (evidence, verdict): (&Evidence<'_>, &mut Verdict),
    text: impl FnOnce(f64) -> String,
) {
    let Some(value) = value.filter(|&value| rule.severity(value).is_some()) else { return };
    let m = evidence.measurement;
    let of = |threshold: &&Threshold| {
        // One that asks for so much at the least allows nothing.
        let limits = threshold.max.is_some();
        limits && metrics.contains(&threshold.metric) && threshold.concerns(&m.trial.transport)
    };
    let own: Vec<(&Threshold, f64)> = evidence
        .thresholds
        .iter()
        .filter(of)
        .filter_map(|threshold| Some((threshold, m.value(threshold.metric)?)))
        .collect();
    let crossed = own.iter().find(|(threshold, value)| !threshold.holds(*value));
    match (crossed, own.first()) {
        (Some((threshold, _)), _) => {
            let text =
                format!("{}, more than the threshold on {} allows", text(value), threshold.metric.name());
            rule.say(Severity::Failed, verdict, text);
        }
        (None, Some((threshold, _))) => {
            let text = format!("{}, which the threshold on {} allows", text(value), threshold.metric.name());
            rule.say(Severity::Note, verdict, text);
        }
        (None, None) => rule.judge(Some(value), verdict, text),
    }
}

/// All kinds but those of this machine.
fn failures(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let m = evidence.measurement;
    let theirs = Failures { local: 0, ..m.tally.failures.clone() };
    let failed = share(theirs.total(), tries(m));
    limited(FAILURES, &[Metric::Failures], failed, (evidence, verdict), |_| {
        format!("connections or requests failed: {}", said(&theirs))
    });
}

fn silence(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let m = evidence.measurement;
    let counts = &m.tally.counts;
    // A window that its user has cut says nothing of a server that speaks now and then.
    let long_enough = whole(m) || evidence.unreachable.is_some() || counts.sent > 0;
    SILENCE.fact(silent(m) && long_enough, verdict, || {
        let what = match m.trial.load.profile().timing {
            Timing::Connection => "no connection could be used".to_owned(),
            Timing::RoundTrip => format!("none of {} messages came back", grouped(counts.sent)),
            _ if counts.sent > 0 => format!("none of {} messages arrived", grouped(counts.sent)),
            _ => format!("no message arrived in {}", seconds(m.window_s)),
        };
        what + &instead(m)
    });
}

/// What came instead of messages.
fn instead(m: &Measurement) -> String {
    let (answers, foreign) = (m.window().responses, m.tally.counts.unrecognised);
    match (foreign, answers) {
        (1.., _) => format!("; {} arrived without a wsbench stamp", grouped(foreign)),
        (0, 1..) => format!("; {} responses were empty", grouped(answers)),
        (0, 0) => String::new(),
    }
}

fn delivered(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let m = evidence.measurement;
    let counts = &m.tally.counts;
    let connecting = m.trial.load.profile().connects();
    // A connection for which this machine had no port or file is not the server's loss.
    let local = if connecting { m.tally.failures.local } else { 0 };
    let lost = counts.lost.saturating_sub(local);
    let ratio = share(lost, counts.sent).filter(|_| m.trial.transport.keeps_all());
    limited(LOSS, &[Metric::Lost, Metric::LostRatio], ratio, (evidence, verdict), |ratio| {
        let what = if connecting { "connections were not made" } else { "messages were lost" };
        format!("{} of {} {what} ({})", grouped(lost), grouped(counts.sent), percent(ratio))
    });
    let each = [
        (DUPLICATED, Metric::Duplicated, counts.duplicated, "arrived more than once"),
        (ALTERED, Metric::Altered, counts.altered, "differ from what was sent: cut, longer or changed"),
        (LEAKED, Metric::Leaked, counts.leaked, "reached clients of another group, in warm-up and window"),
        (INVENTED, Metric::Invented, counts.invented, "look like wsbench's and were never sent"),
        (REORDERED, Metric::Reordered, counts.reordered, "arrived after a newer one"),
    ];
    for (rule, metric, count, what) in each {
        limited(rule, &[metric], Some(count as f64), (evidence, verdict), |_| {
            format!("{} messages {what}", grouped(count))
        });
    }
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

/// What our own publisher sent, and a server did not take.
fn published(m: &Measurement, rule: Rule, verdict: &mut Verdict) {
    let Some(published) = m.published.as_ref().filter(|_| m.trial.load.profile().sender == Sender::Publisher)
    else {
        return;
    };
    let scheduled = published.messages + published.failed;
    rule.judge(share(published.failed, scheduled), verdict, |_| {
        let (failed, of) = (grouped(published.failed), grouped(scheduled));
        format!("the publisher could not send {failed} of {of} messages")
    });
}

/// Polls have slots, echoes and connections a schedule: what of it was not even tried?
fn achieved(m: &Measurement, rule: Rule, verdict: &mut Verdict) {
    let counts = &m.tally.counts;
    let slots = counts.missed_slots + m.window().requests;
    rule.judge(share(counts.missed_slots, slots), verdict, |ratio| {
        let why = if m.tally.failures.total() > 0 { "or its connection had failed" } else { "" };
        let why = format!("the previous one was still unanswered {why}");
        format!("{} of the polls could not be made: {}", percent(ratio), why.trim_end())
    });
    let Some((what, left)) = expected(m) else { return };
    let edge = 2 + (counts.sent as f64 / m.window_s.max(EDGE) * EDGE) as u64;
    // What left after the window and was answered is late, which its latency tells, and not missing.
    let missing = counts.sent.saturating_sub(left.saturating_add(edge).max(counts.delivered));
    rule.judge(share(missing, counts.sent), verdict, |_| {
        let (left, all) = (grouped(left), grouped(counts.sent));
        format!("only {left} of {all} scheduled {what} in the window; those that were not are among the lost")
    });
}
