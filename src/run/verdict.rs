//! The rules of the verdict: when do we not believe our own numbers? All thresholds stand here, in one table.
//!
//! Pure: a measurement in, doubts out.

use wsbench_targets::hist::Hist;
use wsbench_targets::wire::Audience;

use crate::meter::{Flow, Usage};
use crate::plan::{Where, grouped};
use crate::results::{Measurement, Severity, Verdict};

/// From where on something is suspect, and from where on invalid.
struct Limit {
    code: &'static str,
    suspect: f64,
    invalid: f64,
}

/// CPU of the busiest shard: 1.0 is a core.
const GENERATOR_CPU: Limit = Limit { code: "generator-cpu", suspect: 0.8, invalid: 0.95 };
/// Our own lateness, ns.
const LATENESS: Limit = Limit { code: "lateness", suspect: 20e6, invalid: 200e6 };
/// How late a shard's heartbeat came, ns.
const LAG: Limit = Limit { code: "generator-lag", suspect: 20e6, invalid: 200e6 };
/// How late the target's publisher was, ns.
const PUBLISHER: Limit = Limit { code: "publisher-late", suspect: 20e6, invalid: 200e6 };
/// Share of messages lost where none should be.
const LOSS: Limit = Limit { code: "loss", suspect: f64::MIN_POSITIVE, invalid: 0.01 };
/// Share of slots missed: the load was not what was asked for.
const MISSED: Limit = Limit { code: "achieved", suspect: 0.001, invalid: 0.02 };
/// Failures a message sent.
const FAILURES: Limit = Limit { code: "failures", suspect: f64::MIN_POSITIVE, invalid: 0.01 };
/// Fewer samples than a p99 needs.
const SAMPLES: u64 = 1_000;

impl Limit {
    fn severity(&self, value: f64) -> Option<Severity> {
        match value {
            value if value >= self.invalid => Some(Severity::Invalid),
            value if value >= self.suspect => Some(Severity::Suspect),
            _ => None,
        }
    }

    fn judge(&self, value: Option<f64>, verdict: &mut Verdict, text: impl FnOnce(f64) -> String) {
        if let Some((value, severity)) = value.and_then(|v| Some((v, self.severity(v)?))) {
            verdict.doubt(severity, self.code, text(value));
        }
    }
}

/// All doubts about a measurement. `unanswered` questions about sockets were not answered by the kernel.
pub(super) fn judge(m: &Measurement, unanswered: u64) -> Verdict {
    let mut verdict = Verdict::default();
    generator(m, &mut verdict);
    achieved(m, &mut verdict);
    ledger(m, unanswered, &mut verdict);
    notes(m, &mut verdict);
    verdict
}

fn generator(m: &Measurement, verdict: &mut Verdict) {
    let busiest = m.harness.iter().filter_map(Usage::cores).reduce(f64::max);
    GENERATOR_CPU.judge(busiest, verdict, |cores| {
        format!(
            "a generator process kept {:.0} % of a core busy; use more shards or fewer clients",
            cores * 100.0
        )
    });
    LATENESS.judge(tail(&m.tally.lateness), verdict, |ns| {
        format!("the generator's own sends were up to {:.0} ms late (p99)", ns / 1e6)
    });
    LAG.judge(tail(&m.tally.lag), verdict, |ns| {
        format!("the generator came up to {:.0} ms late to what was due (p99): it was short of CPU", ns / 1e6)
    });
    let published = m.published.as_ref().map(|p| &p.lateness);
    PUBLISHER.judge(published.and_then(tail), verdict, |ns| {
        format!("the target published up to {:.0} ms late (p99): it was short of CPU", ns / 1e6)
    });
}

fn achieved(m: &Measurement, verdict: &mut Verdict) {
    let (counts, failures) = (&m.tally.counts, m.tally.failures.total());
    let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
    if m.trial.transport.keeps_all() {
        LOSS.judge(share(counts.lost, counts.sent), verdict, |ratio| {
            format!(
                "{} of {} messages were lost ({:.2} %)",
                grouped(counts.lost),
                grouped(counts.sent),
                ratio * 100.0
            )
        });
    }
    unpublished(m, verdict);
    let slots = counts.missed_slots + m.window().requests;
    MISSED.judge(share(counts.missed_slots, slots), verdict, |ratio| {
        format!("{:.1} % of the polls could not be made: the one before was still out", ratio * 100.0)
    });
    let tries = counts.sent.max(m.window().requests).max(counts.clients);
    FAILURES.judge(share(failures, tries), verdict, |_| {
        let kinds: Vec<String> =
            m.tally.failures.each().filter(|k| k.1 > 0).map(|k| format!("{} {}", k.1, k.0.name())).collect();
        format!("connections or requests failed: {}", kinds.join(", "))
    });
    if cut_short(m) {
        let asked = m.trial.measure.as_secs_f64();
        verdict.doubt(
            Severity::Suspect,
            "cut-short",
            format!("the window was held for {:.1} of {asked:.1} s", m.window_s),
        );
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
    if missing > 0 && !cut_short(m) {
        let text = format!("the target published {} messages fewer than scheduled", grouped(missing));
        verdict.doubt(Severity::Invalid, "not-published", text);
    }
}

fn cut_short(m: &Measurement) -> bool {
    m.window_s < 0.99 * m.trial.measure.as_secs_f64()
}

/// Wrapper, drivers and kernel must agree to the byte over the whole trial.
fn ledger(m: &Measurement, unanswered: u64, verdict: &mut Verdict) {
    let total = m.tally.traffic.total();
    // A connection that broke takes unread bytes with it; without a failure there is no excuse.
    let severity = if m.tally.failures.total() > 0 { Severity::Suspect } else { Severity::Invalid };
    for (way, flow) in [("up", &total.up), ("down", &total.down)] {
        if !agree(flow) {
            let text = format!(
                "the byte accounts differ ({way}): socket {}, attributed {}, kernel {}",
                grouped(flow.counted),
                grouped(flow.attributed()),
                grouped(flow.kernel)
            );
            verdict.doubt(severity, "ledger", text);
        }
    }
    if unanswered > 0 {
        verdict.doubt(Severity::Suspect, "kernel-silent", format!("TCP_INFO was refused {unanswered} times"));
    }
}

fn agree(flow: &Flow) -> bool {
    flow.counted == flow.attributed() && flow.counted == flow.kernel
}

fn notes(m: &Measurement, verdict: &mut Verdict) {
    let latency = &m.tally.latency;
    if (1..SAMPLES).contains(&latency.count()) {
        let text = format!("{} messages are too few for a p99: measure longer", latency.count());
        verdict.doubt(Severity::Note, "few-samples", text);
    }
    if latency.saturated() > 0 {
        let text = format!("{} latencies over one hour stand as one hour", latency.saturated());
        verdict.doubt(Severity::Suspect, "saturated", text);
    }
    if m.trial.target == Where::Reference {
        let cores = crate::os::system::cores();
        let text = format!("generator and target share this machine's {cores} cores");
        verdict.doubt(Severity::Note, "shared-cores", text);
    }
    if cfg!(debug_assertions) {
        let text = "built without optimisation: CPU figures are too high; use --release";
        verdict.doubt(Severity::Note, "debug-build", text);
    }
}

/// p99, or what the samples support of it; the maximum of very few.
fn tail(hist: &Hist) -> Option<f64> {
    let ns = hist.percentile(0.99).or_else(|| hist.percentile(0.9)).or_else(|| hist.max())?;
    Some(ns as f64)
}
