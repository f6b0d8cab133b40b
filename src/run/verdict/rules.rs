//! The rules of the verdict, and all thresholds, in one table. `wsbench list` and README.md print it.
//!
//! It must not know how a value is found. Its other ends are this folder's other files, which find them.

use crate::results::{Severity, Verdict};

/// One reason to doubt: what is looked at, and from where on it is worth a note, suspect, invalid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Stable, for machines.
    pub code: &'static str,
    /// What is looked at.
    pub about: &'static str,
    unit: Unit,
    note: f64,
    suspect: f64,
    invalid: f64,
}

/// What a rule's numbers are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Unit {
    /// Of a core, or of something else.
    Share,
    /// Shown in ms.
    Nanoseconds,
    /// How many times as much.
    Times,
    /// How many.
    Count,
    /// It is so, or not.
    Fact,
}

const NEVER: f64 = f64::INFINITY;
const ANY: f64 = f64::MIN_POSITIVE;
const MS: f64 = 1e6;

macro_rules! rules {
    ($($name:ident = $code:literal, $unit:ident, ($note:expr, $suspect:expr, $invalid:expr), $about:literal;)*) => {
        $(pub(super) const $name: Rule = Rule {
            code: $code, about: $about, unit: Unit::$unit, note: $note, suspect: $suspect, invalid: $invalid,
        };)*
        /// Every rule, in the order of the table.
        pub const RULES: &[Rule] = &[$($name),*];
    };
}

rules! {
    GENERATOR_CPU = "generator-cpu", Share, (NEVER, 0.8, 0.95), "CPU of the busiest generator process, of a core";
    LATENESS = "lateness", Nanoseconds, (NEVER, 20.0 * MS, 200.0 * MS), "the generator's own sends, p99";
    LAG = "generator-lag", Nanoseconds, (NEVER, 20.0 * MS, 200.0 * MS), "the generator's 10 ms heartbeat, p99";
    PUBLISHER = "publisher-late", Nanoseconds, (NEVER, 20.0 * MS, 200.0 * MS), "the publisher behind its schedule, p99";
    LOSS = "loss", Share, (NEVER, ANY, 0.01), "messages lost where none should be";
    ACHIEVED = "achieved", Share, (NEVER, 0.001, 0.02), "polls, sends or connections of the schedule that were not made";
    FAILURES = "failures", Share, (NEVER, ANY, 0.01), "failed connections and requests, by messages or requests";
    UNREACHABLE = "unreachable", Fact, (NEVER, NEVER, ANY), "more than half of the connections failed for ten seconds";
    NOTHING_DUE = "nothing-due", Fact, (NEVER, NEVER, ANY), "the schedule had no message or connection in the window";
    NOT_PUBLISHED = "not-published", Count, (NEVER, NEVER, 1.0), "messages that the target did not publish";
    USAGE_SPAN = "usage-span", Share, (NEVER, 0.05, 0.2), "by how much the time over which CPU and memory were read differs from the window";
    CUT_SHORT = "cut-short", Share, (NEVER, 0.01, NEVER), "part of the window that was not held";
    OVERRUN = "overrun", Share, (NEVER, 0.02, 0.2), "time by which the window was held too long";
    NOT_STEADY = "not-steady", Share, (NEVER, 0.05, NEVER), "received per second: change from first to last third of the window, beyond chance";
    DRIFT = "latency-drifts", Times, (NEVER, 2.0, NEVER), "latency p50: first and last third of the window, if they differ by more than 1 ms";
    FLOOR = "floor", Share, (0.5, NEVER, NEVER), "part of the latency p50 that is this machine's floor (`wsbench calibrate`)";
    BUSY = "busy-machine", Share, (0.02, 0.05, 0.25), "CPU that other programs took, of the cores that wsbench may use; SUSPECT at the worst where a core was left idle, and one step less where a server by URL is one of them";
    THROTTLED = "throttled", Share, (NEVER, ANY, 0.1), "time for which the CPU quota of a cgroup stopped its processes, of the window";
    STEAL = "steal", Share, (NEVER, 0.01, 0.1), "CPU time that the hypervisor gave to others";
    LIMITS = "limits", Share, (NEVER, 0.9, NEVER), "files of a process, ports of an address, or memory in use";
    BACKLOG = "backlog", Count, (NEVER, 1.0, NEVER), "connections dropped by a listener, and SYNs sent again, in this network namespace";
    CLOCK_STEP = "clock-step", Nanoseconds, (10.0 * MS, NEVER, NEVER), "how far the wall clock was set (latencies do not use it)";
    CLOCKSOURCE = "clocksource", Fact, (ANY, NEVER, NEVER), "the kernel reads the time from a slow source";
    LEDGER = "ledger", Count, (NEVER, NEVER, 1.0), "bytes by which the three accounts differ; SUSPECT when connections failed";
    KERNEL_SILENT = "kernel-silent", Count, (NEVER, 1.0, NEVER), "times that TCP_INFO was refused";
    SATURATED = "saturated", Count, (NEVER, 1.0, NEVER), "latencies over one hour, kept as one hour";
    FEW_SAMPLES = "few-samples", Share, (ANY, NEVER, NEVER), "samples missing of the 1,000 that a p99 needs";
    OTHER_RUNS = "other-runs", Count, (1.0, NEVER, NEVER), "other runs of wsbench on this machine at the end of the trial";
    SHARED_CORES = "shared-cores", Fact, (ANY, NEVER, NEVER), "generator and target on the same cores";
    INSECURE = "insecure", Fact, (ANY, NEVER, NEVER), "the server's certificate was not verified";
    DEBUG_BUILD = "debug-build", Fact, (ANY, NEVER, NEVER), "wsbench was built without optimisation";
}

impl Rule {
    /// How bad this value is.
    pub fn severity(&self, value: f64) -> Option<Severity> {
        [Severity::Invalid, Severity::Suspect, Severity::Note].into_iter().find(|&s| value >= self.from(s))
    }

    /// From which value on it is so bad; infinity for never.
    fn from(&self, severity: Severity) -> f64 {
        match severity {
            Severity::Note => self.note,
            Severity::Suspect => self.suspect,
            Severity::Invalid => self.invalid,
        }
    }

    /// The same as text: `80 %`, `20 ms`, `any`; empty for never.
    pub fn threshold(&self, severity: Severity) -> String {
        let from = self.from(severity);
        match self.unit {
            _ if from == NEVER => String::new(),
            Unit::Fact => "always".to_owned(),
            _ if from == ANY => "any".to_owned(),
            Unit::Share => format!("{} %", from * 100.0),
            Unit::Nanoseconds => format!("{} ms", from / MS),
            Unit::Times => format!("{from}x"),
            Unit::Count => format!("{from}"),
        }
    }

    /// Doubts if the value asks for it; what was not measured does not.
    pub(super) fn judge(&self, value: Option<f64>, verdict: &mut Verdict, text: impl FnOnce(f64) -> String) {
        if let Some((value, severity)) = value.and_then(|v| Some((v, self.severity(v)?))) {
            verdict.doubt(severity, self.code, text(value));
        }
    }

    /// Doubts if it is so.
    pub(super) fn fact(&self, so: bool, verdict: &mut Verdict, text: impl FnOnce() -> String) {
        self.judge(so.then_some(1.0), verdict, |_| text());
    }
}
