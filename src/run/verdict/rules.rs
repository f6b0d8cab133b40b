//! The rules of the verdict, and all limits, in two tables: of the measurement, and of the server. `wsbench list` and
//! docs/quality-checks.md print them.
//!
//! It must not know how a value is found. Its other ends are this folder's other files, which find them.

use crate::results::{Blame, Check, Severity, Verdict};

/// One rule: what is looked at, and from where on it is worth a note, makes the measurement suspect or invalid, or the
/// server failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Stable, for machines; the same in both tables where one thing may be either's fault.
    pub check: Check,
    /// What is looked at.
    pub about: &'static str,
    /// Whose fault it is.
    pub blames: Blame,
    unit: Unit,
    note: f64,
    suspect: f64,
    failed: f64,
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
    ($($name:ident = $check:ident, $unit:ident, ($note:expr, $suspect:expr, $invalid:expr), $about:literal;)*) => {
        $(pub(super) const $name: Rule = Rule {
            check: Check::$check, about: $about, unit: Unit::$unit, note: $note, suspect: $suspect, invalid: $invalid,
            failed: NEVER, blames: Blame::Measurement,
        };)*
        /// Every rule of the measurement, in the order of the table.
        pub const RULES: &[Rule] = &[$($name),*];
    };
}

macro_rules! server_rules {
    ($($name:ident = $check:ident, $unit:ident, ($note:expr, $failed:expr), $about:literal;)*) => {
        $(pub(super) const $name: Rule = Rule {
            check: Check::$check, about: $about, unit: Unit::$unit, note: $note, failed: $failed,
            suspect: NEVER, invalid: NEVER, blames: Blame::Server,
        };)*
        /// Every rule of the server, in the order of the table.
        pub const SERVER_RULES: &[Rule] = &[$($name),*];
    };
}

rules! {
    GENERATOR_CPU = GeneratorCpu, Share, (NEVER, 0.8, 0.95), "CPU of the busiest generator process, as a share of one core";
    LATENESS = Lateness, Nanoseconds, (NEVER, 20.0 * MS, 200.0 * MS), "how late the generator's own sends were, p99";
    LAG = GeneratorLag, Nanoseconds, (NEVER, 20.0 * MS, 200.0 * MS), "how late the generator's 10 ms heartbeat was, p99";
    PUBLISHER = PublisherLate, Nanoseconds, (NEVER, 20.0 * MS, 200.0 * MS), "how far the publisher was behind its schedule, p99";
    RELATIVE_LAG = RelativeLag, Share, (NEVER, 0.25, NEVER), "the largest p99 of `lateness`, `generator-lag` and `publisher-late`, from 2 ms on, as a share of the latency p99";
    NOT_ACHIEVED = Achieved, Share, (NEVER, 0.001, 0.02), "scheduled polls, sends or connections that were not made, where the generator itself was suspect";
    LOCAL_FAILURES = LocalFailures, Share, (NEVER, ANY, 0.01), "failures because this machine had no ports, files or memory left, as a share of messages or requests";
    NOTHING_RECEIVED = NothingReceived, Fact, (NEVER, ANY, NEVER), "no message arrived although some were expected, so there is nothing to measure";
    STRANGERS = Strangers, Count, (NEVER, 1.0, NEVER), "messages meant for other clients; they are part of bytes and load";
    UNRECOGNISED = Unrecognised, Share, (NEVER, 0.2, NEVER), "messages without a wsbench stamp, as a share of all that arrived in the window; they are part of bytes and load";
    NOTHING_DUE = NothingDue, Fact, (NEVER, NEVER, ANY), "the schedule had no message or connection in the window";
    USAGE_SPAN = UsageSpan, Share, (NEVER, 0.05, 0.2), "difference between the window and the time over which CPU and memory were read";
    CUT_SHORT = CutShort, Share, (NEVER, 0.01, NEVER), "part of the window that is missing";
    OVERRUN = Overrun, Share, (NEVER, 0.02, 0.2), "time by which the window ran too long";
    NOT_STEADY = NotSteady, Share, (NEVER, 0.05, NEVER), "messages received per second: change from the first to the last third of the window, beyond chance";
    DRIFT = LatencyDrifts, Times, (NEVER, 2.0, NEVER), "latency p50: ratio of the first and last third of the window, if they differ by more than 1 ms";
    FLOOR = Floor, Share, (0.5, NEVER, NEVER), "part of the latency p50 that is this machine's floor (`wsbench calibrate`)";
    BUSY = BusyMachine, Share, (0.02, 0.05, 0.25), "CPU that other programs used, as a share of the cores that wsbench may use; at worst SUSPECT while a core was idle, and one step less where an external server is one of them";
    THROTTLED = Throttled, Share, (NEVER, ANY, 0.1), "share of the window for which the CPU quota of a cgroup stopped its processes";
    STEAL = Steal, Share, (NEVER, 0.01, 0.1), "CPU time that the hypervisor gave to other machines";
    LIMITS = Limits, Share, (NEVER, 0.9, NEVER), "share of a process's files, an address's ports or the memory in use";
    BACKLOG = Backlog, Count, (NEVER, 1.0, NEVER), "connections dropped by a listener and SYNs retransmitted, in this network namespace";
    CLOCK_STEP = ClockStep, Nanoseconds, (10.0 * MS, NEVER, NEVER), "how far the wall clock was set (latencies do not use it)";
    CLOCKSOURCE = Clocksource, Fact, (ANY, NEVER, NEVER), "the kernel reads the time from a slow source";
    LEDGER = Ledger, Count, (NEVER, NEVER, 1.0), "bytes by which the three byte counts differ; SUSPECT when connections failed";
    KERNEL_SILENT = KernelSilent, Count, (NEVER, 1.0, NEVER), "times that TCP_INFO was refused";
    SATURATED = Saturated, Count, (NEVER, 1.0, NEVER), "latencies over one hour, recorded as one hour";
    FEW_SAMPLES = FewSamples, Share, (ANY, NEVER, NEVER), "share missing of the 1,000 samples that a p99 needs";
    OTHER_RUNS = OtherRuns, Count, (1.0, NEVER, NEVER), "other runs of wsbench on this machine at the end of the trial";
    SHARED_CORES = SharedCores, Fact, (ANY, NEVER, NEVER), "generator and target on the same cores";
    INSECURE = Insecure, Fact, (ANY, NEVER, NEVER), "the server's certificate was not verified";
    DEBUG_BUILD = DebugBuild, Fact, (ANY, NEVER, NEVER), "wsbench was built without optimisation";
}

server_rules! {
    UNREACHABLE = Unreachable, Fact, (NEVER, ANY), "more than half of the connections failed for ten seconds";
    FAILURES = Failures, Share, (NEVER, ANY), "failed connections and requests, as a share of messages or requests";
    LOSS = Loss, Share, (NEVER, ANY), "messages lost, as a share of those sent";
    SILENCE = NothingReceived, Fact, (NEVER, ANY), "no message arrived although some were expected";
    ACHIEVED = Achieved, Share, (NEVER, 0.001), "scheduled polls, sends or connections that were not made because the previous answer was still missing";
    NOT_PUBLISHED = NotPublished, Count, (NEVER, 1.0), "messages that the target did not publish";
    DUPLICATED = Duplicated, Count, (NEVER, 1.0), "messages delivered more than once";
    ALTERED = Altered, Count, (NEVER, 1.0), "messages that differ from what was sent";
    LEAKED = Leaked, Count, (NEVER, 1.0), "messages that reached a client of another group";
    INVENTED = Invented, Count, (NEVER, 1.0), "messages that look like wsbench's and were never sent";
    REORDERED = Reordered, Count, (1.0, NEVER), "messages that arrived after a newer one";
}

/// The worst first.
const WORST_FIRST: [Severity; 4] = [Severity::Invalid, Severity::Failed, Severity::Suspect, Severity::Note];

/// Every rule, the server's behind those of the measurement.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().chain(SERVER_RULES)
}

impl Rule {
    /// How bad this value is.
    pub fn severity(&self, value: f64) -> Option<Severity> {
        WORST_FIRST.into_iter().find(|&s| value >= self.from(s))
    }

    /// How bad it can become.
    pub fn worst(&self) -> Option<Severity> {
        WORST_FIRST.into_iter().find(|&s| self.from(s) < NEVER)
    }

    /// From which value on it is so bad; infinity for never.
    fn from(&self, severity: Severity) -> f64 {
        match severity {
            Severity::Note => self.note,
            Severity::Suspect => self.suspect,
            Severity::Failed => self.failed,
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

    /// Speaks if the value asks for it; what was not measured does not.
    pub(super) fn judge(&self, value: Option<f64>, verdict: &mut Verdict, text: impl FnOnce(f64) -> String) {
        if let Some((value, severity)) = value.and_then(|v| Some((v, self.severity(v)?))) {
            self.say(severity, verdict, text(value));
        }
    }

    /// Speaks if it is so.
    pub(super) fn fact(&self, so: bool, verdict: &mut Verdict, text: impl FnOnce() -> String) {
        self.judge(so.then_some(1.0), verdict, |_| text());
    }

    /// Speaks, whatever the value.
    pub(super) fn say(&self, severity: Severity, verdict: &mut Verdict, text: impl Into<String>) {
        verdict.blame(self.blames, severity, self.check, text);
    }
}
