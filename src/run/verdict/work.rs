//! Was done what was asked for, and do the accounts of it agree? What of it is the measurement's; the server's share is
//! `server`'s.

use super::rules::{
    CUT_SHORT, KERNEL_SILENT, LEDGER, LOCAL_FAILURES, NOTHING_DUE, NOTHING_RECEIVED, OVERRUN, STRANGERS,
    UNRECOGNISED,
};
use crate::meter::{Failures, Flow};
use crate::plan::Where;
use crate::results::{Measurement, Severity, Verdict, said};
use crate::scenario::{Sender, Timing};
use crate::text::{grouped, percent, seconds, time};

pub(super) fn judge(m: &Measurement, unanswered: u64, verdict: &mut Verdict) {
    local_failures(m, verdict);
    strangers(m, verdict);
    unrecognised(m, verdict);
    NOTHING_DUE.fact(nothing_due(m), verdict, || {
        "no message was scheduled in the window, so nothing was measured; use a longer `measure` or more messages"
            .to_owned()
    });
    NOTHING_RECEIVED.fact(silent(m), verdict, || {
        "nothing was received in the window: neither latency nor cost per message was measured".to_owned()
    });
    CUT_SHORT.judge(Some(1.0 - part_run(m)), verdict, |_| {
        format!("the window lasted {} of {}", seconds(m.window_s), time(m.trial.measure))
    });
    OVERRUN.judge(Some(m.window_s / m.trial.measure.as_secs_f64().max(1e-9) - 1.0), verdict, |_| {
        let (took, asked) = (seconds(m.window_s), time(m.trial.measure));
        format!("the window ended after {took} instead of {asked}: the generator was short of CPU")
    });
    ledger(m, unanswered, verdict);
}

/// Which share of all it is; `None` where there is nothing.
pub(super) fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

/// The part of the window that was run.
fn part_run(m: &Measurement) -> f64 {
    let asked = m.trial.measure.as_secs_f64();
    if asked > 0.0 { (m.window_s / asked).min(1.0) } else { 1.0 }
}

/// Whether it was run to its end.
pub(super) fn whole(m: &Measurement) -> bool {
    CUT_SHORT.severity(1.0 - part_run(m)).is_none()
}

/// A random schedule may have nothing in a short window. Where clients or the publisher could not send, or the window was
/// not held, nothing was sent either, and that is said of them.
fn nothing_due(m: &Measurement) -> bool {
    let unsent = m.published.as_ref().is_some_and(|published| published.failed > 0);
    let failed = m.tally.counts.connected == 0 || m.tally.failures.total() > 0 || unsent;
    m.trial.load.profile().scheduled() && !failed && whole(m) && m.tally.counts.sent == 0
}

/// Something was to come, a message or a connection that carries some, and nothing did. What was missed by design is no
/// excuse: of a value that is polled at least the latest comes.
pub(super) fn silent(m: &Measurement) -> bool {
    let (profile, counts) = (m.trial.load.profile(), &m.tally.counts);
    let something = profile.carries_messages() || profile.connects();
    something && counts.received + counts.delivered == 0 && !nothing_due(m) && !unchanged(m)
}

/// A value that is polled, that came once, and that its server has not changed since: the answers said so.
fn unchanged(m: &Measurement) -> bool {
    let (polled, total) = (!m.trial.transport.keeps_all(), m.tally.traffic.total());
    let answered = m.window().responses > 0 && m.tally.failures.total() == 0;
    m.trial.load.profile().sender == Sender::External && polled && answered && total.messages_down > 0
}

/// What clients were to do by a schedule of ours, in words, and how often they did.
pub(super) fn expected(m: &Measurement) -> Option<(&'static str, u64)> {
    let profile = m.trial.load.profile();
    match profile.timing {
        Timing::RoundTrip if profile.scheduled() => Some(("messages were sent", m.window().messages_up)),
        Timing::Connection => Some(("connections were begun", m.tally.lateness.count())),
        _ => None,
    }
}

/// By what failures are counted.
pub(super) fn tries(m: &Measurement) -> u64 {
    let counts = &m.tally.counts;
    counts.sent.max(m.window().requests).max(counts.clients)
}

/// Ports, files, memory: this machine's, not the server's.
fn local_failures(m: &Measurement, verdict: &mut Verdict) {
    let all = &m.tally.failures;
    let alone = Failures { local: all.local, reasons: all.reasons.clone(), ..Failures::default() };
    LOCAL_FAILURES.judge(share(all.local, tries(m)), verdict, |_| {
        format!("this machine ran out of resources: {}", said(&alone))
    });
}

/// What other clients said is in the bytes and in the load, and in no latency.
fn strangers(m: &Measurement, verdict: &mut Verdict) {
    STRANGERS.judge(Some(m.tally.counts.strangers as f64), verdict, |count| {
        format!(
            "{} messages, in warm-up and window, were meant for other clients: the server sends clients each other's messages, as a chat room \
             does; give each client a room of its own, or use [load.publish]",
            grouped(count as u64)
        )
    });
}

/// What a server says besides what it was sent is in the bytes of every message that is ours.
fn unrecognised(m: &Measurement, verdict: &mut Verdict) {
    let (counts, came) = (&m.tally.counts, m.window().messages_down);
    let known = counts.received + counts.duplicated + counts.strangers + counts.leaked + counts.invented;
    // What came before the window, greetings mostly, is counted with them, and in no cost of it.
    let others = came.saturating_sub(known).min(counts.unrecognised);
    let stamped = m.trial.load.profile().stamped() && counts.received > 0;
    UNRECOGNISED.judge(share(others, came).filter(|_| stamped), verdict, |share| {
        format!(
            "{} of the messages that arrived in the window had no wsbench stamp, and their bytes are part of the cost per \
             stamped message: the server sends more than it is sent; `[session] message` says which of them are the load's",
            percent(share)
        )
    });
}

/// Wrapper, drivers and kernel must agree to the byte over the whole trial.
fn ledger(m: &Measurement, unanswered: u64, verdict: &mut Verdict) {
    let total = m.tally.traffic.total();
    let unix = matches!(&m.trial.target, Where::Url(url) if url.unix().is_some());
    if unix {
        let text = "bytes were counted at a Unix socket: the kernel keeps no second count of it, and there are no headers of TCP and IP";
        KERNEL_SILENT.say(Severity::Note, verdict, text);
    }
    for (way, flow) in [("up", &total.up), ("down", &total.down)] {
        let Some(severity) = LEDGER.severity(apart(flow, !unix) as f64) else { continue };
        // A connection that broke takes unread bytes with it; without a failure there is no excuse.
        let severity = if m.tally.failures.total() > 0 { severity.min(Severity::Suspect) } else { severity };
        let [socket, attributed, kernel] = [flow.counted, flow.attributed(), flow.kernel].map(grouped);
        let text = format!(
            "the byte counts differ ({way}): socket {socket}, attributed {attributed}, kernel {kernel}"
        );
        LEDGER.say(severity, verdict, text);
    }
    KERNEL_SILENT.judge(Some(unanswered as f64), verdict, |_| {
        format!("TCP_INFO was refused {} times", grouped(unanswered))
    });
}

/// `kernel`: it has an account too.
fn apart(flow: &Flow, kernel: bool) -> u64 {
    let kernel = if kernel { flow.counted.abs_diff(flow.kernel) } else { 0 };
    flow.counted.abs_diff(flow.attributed()).max(kernel)
}
