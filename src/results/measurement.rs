//! One trial's result, and the numbers that follow from it. Every output asks here, so that a metric is
//! computed once and means the same in a table, a chart and a threshold.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use wsbench_targets::hist::Hist;
use wsbench_targets::wire::{Audience, Published};

use super::verdict::Verdict;
use crate::meter::{Age, Flow, PhaseTraffic, Tally, Usage};
use crate::plan::Trial;
use crate::scenario::{Metric, Source, Statistic, Times};

/// What one trial gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// What was asked.
    pub trial: Trial,
    /// Whether to believe it.
    pub verdict: Verdict,
    /// RFC 3339, UTC: begin of the window.
    pub window_began: String,
    /// Seconds of the window as it was held; shorter than asked when interrupted.
    pub window_s: f64,
    /// Seconds that connecting all clients took.
    pub connect_s: f64,
    /// Where a server by URL was found: all clients connected there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<SocketAddr>,
    /// What the clients saw.
    pub tally: Tally,
    /// What the target cost; `None` for a server that is not ours to look at.
    pub target: Option<Usage>,
    /// What the generator cost, one entry a shard.
    pub harness: Vec<Usage>,
    /// What the publisher says of itself, the target's or (publish) our own; `None` when nothing is published.
    pub published: Option<Published>,
    /// By how much the kernel's memory for TCP sockets, of the whole machine, had grown at the end of the window since before
    /// the first process, bytes. `None` where it does not tell, and in older results.
    #[serde(default)]
    pub socket_memory: Option<u64>,
}

impl Measurement {
    /// What passed in the window.
    pub fn window(&self) -> &PhaseTraffic {
        &self.tally.traffic.window
    }

    /// `polling 1s, 1,000 clients`, and the repeat when there are several.
    pub fn label(&self) -> String {
        self.trial.label()
    }

    /// Messages that arrived in the window.
    fn received(&self) -> Option<f64> {
        (self.tally.counts.received > 0).then_some(self.tally.counts.received as f64)
    }

    /// What became of the messages that were due; nothing is claimed where none was, or nobody knows which were.
    fn of_sent(&self, count: u64) -> Option<f64> {
        (self.tally.counts.sent > 0).then_some(count as f64)
    }

    /// `bytes` of the window, a message received; `None` when no message was.
    pub fn per_message(&self, bytes: u64) -> Option<f64> {
        Some(bytes as f64 / self.received()?)
    }

    fn per_second(&self, what: f64) -> Option<f64> {
        (self.window_s > 0.0).then(|| what / self.window_s)
    }

    fn both(&self, of: impl Fn(&Flow) -> u64) -> u64 {
        of(&self.window().up) + of(&self.window().down)
    }

    /// Cores that the busiest generator process kept busy.
    fn busiest_shard(&self) -> Option<f64> {
        self.harness.iter().filter_map(Usage::cores).reduce(f64::max)
    }

    fn target_memory_per_client(&self) -> Option<f64> {
        let target = self.target.as_ref()?;
        self.of_clients(target.memory.checked_sub(target.memory_before)?)
    }

    /// An amount of all clients, of all repeats that were added up, for each of them.
    fn of_clients(&self, amount: u64) -> Option<f64> {
        let clients = self.tally.counts.clients.max(self.trial.clients.into());
        (clients > 0).then(|| amount as f64 / clients as f64)
    }

    /// Adds another trial of the same cell, as if one window followed the other. The verdict stays as it is.
    pub(super) fn add_repeat(&mut self, other: &Measurement) {
        self.window_s += other.window_s;
        self.connect_s += other.connect_s;
        self.tally += &other.tally;
        let usages = self.harness.iter_mut().chain(&mut self.target);
        usages.zip(other.harness.iter().chain(&other.target)).for_each(|(sum, one)| sum.add_repeat(one));
        if let (Some(sum), Some(one)) = (&mut self.published, &other.published) {
            sum.merge(one, Audience::Each);
        }
        self.socket_memory = self.socket_memory.zip(other.socket_memory).map(|(sum, one)| sum + one);
    }

    /// The value of a metric in its base unit; `None` when it was not measured or the samples do not support it.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        let (tally, counts) = (&self.tally, &self.tally.counts);
        match metric {
            Metric::LatencyMean
            | Metric::LatencySd
            | Metric::LatencyP50
            | Metric::LatencyP90
            | Metric::LatencyP95
            | Metric::LatencyP99
            | Metric::LatencyP999
            | Metric::LatencyMax
            | Metric::AgeMean
            | Metric::AgeP50
            | Metric::AgeP99
            | Metric::ResponseP50
            | Metric::ResponseP99
            | Metric::ConnectP50
            | Metric::ConnectP99
            | Metric::ConnectTcpP50
            | Metric::ConnectTcpP99
            | Metric::ConnectTlsP50
            | Metric::ConnectTlsP99
            | Metric::ConnectAnswerP50
            | Metric::ConnectAnswerP99
            | Metric::LatenessP50
            | Metric::GapP50
            | Metric::GapP99
            | Metric::GapMax
            | Metric::LatenessP99 => duration(tally, metric),
            Metric::Lost => self.of_sent(counts.lost),
            Metric::LostRatio => Some(self.of_sent(counts.lost)? / counts.sent as f64),
            Metric::Duplicated => self.of_sent(counts.duplicated),
            Metric::Reordered => self.of_sent(counts.reordered),
            Metric::Altered => self.of_sent(counts.altered),
            Metric::Strangers => self.of_sent(counts.strangers),
            Metric::Leaked => self.of_sent(counts.leaked).filter(|_| self.trial.publishes_to_groups()),
            Metric::Invented => self.of_sent(counts.invented),
            Metric::Failures => Some(tally.failures.total() as f64),
            Metric::Received => self.per_second(counts.received as f64),
            Metric::BytesPerMessage => self.per_message(self.both(Flow::attributed)),
            Metric::WireBytesPerMessage => self.per_message(self.both(on_the_wire)),
            Metric::OverheadPerMessage => self.per_message(self.both(Flow::overhead)),
            Metric::PayloadPerMessage => self.per_message(self.both(Flow::delivered)),
            Metric::WirePayloadPerMessage => self.per_message(self.both(|flow| flow.payload)),
            Metric::OverheadRate => self.per_second(8.0 * self.both(Flow::overhead) as f64),
            Metric::WireRate => self.wire_rate(),
            Metric::WireRateDown => self.per_second(8.0 * on_the_wire(&self.window().down) as f64),
            Metric::WireRatePerClient => self.per_client(self.wire_rate()?),
            Metric::TargetCpu => self.target.as_ref()?.cores(),
            Metric::TargetCpuPerThousand => {
                let target = self.target.as_ref()?;
                // Over the sampled time, not the window: the two differ by the time it takes to read /proc.
                let seconds = target.cores()? * self.window_s;
                Some(seconds * 1_000.0 / self.received()?)
            }
            Metric::TargetMemoryPerClient => self.target_memory_per_client(),
            Metric::SocketMemoryPerClient => self.of_clients(self.socket_memory?),
            Metric::HarnessCpu => self.busiest_shard(),
        }
    }

    /// Whether messages were compressed.
    pub fn compressed(&self) -> bool {
        self.window().up.saved != 0 || self.window().down.saved != 0
    }

    /// Whether HTTP/2 was spoken.
    pub fn over_http_2(&self) -> bool {
        self.tally.traffic.total().up.field_blocks_as_http_1 > 0
    }

    /// Heads over HTTP/2 as they passed, both directions, per message received.
    pub fn field_blocks(&self) -> Option<f64> {
        self.per_message(self.both(|flow| flow.field_blocks)).filter(|_| self.over_http_2())
    }

    /// What the same fields would be in HTTP/1.1.
    pub fn field_blocks_as_http_1(&self) -> Option<f64> {
        self.per_message(self.both(|flow| flow.field_blocks_as_http_1)).filter(|_| self.over_http_2())
    }

    /// What HTTP/2 says of itself, both directions, per message received.
    pub fn control(&self) -> Option<f64> {
        self.per_message(self.both(|flow| flow.control)).filter(|_| self.over_http_2())
    }

    /// Bytes above TCP, both directions, a second of the window and client: what standing by costs.
    pub fn bytes_per_second_and_client(&self) -> Option<f64> {
        self.per_client(self.per_second(self.both(Flow::attributed) as f64)?)
    }

    /// The same with TCP and IP headers.
    pub fn wire_bytes_per_second_and_client(&self) -> Option<f64> {
        Some(self.per_client(self.wire_rate()?)? / 8.0)
    }

    /// Bit/s with TCP and IP headers, both directions, all clients together.
    fn wire_rate(&self) -> Option<f64> {
        self.per_second(8.0 * self.both(on_the_wire) as f64)
    }

    fn per_client(&self, of_all: f64) -> Option<f64> {
        (self.trial.clients > 0).then(|| of_all / f64::from(self.trial.clients))
    }

    /// The share of the messages that newer ones overwrote, by design, where it is one to speak of: of several messages between
    /// two polls the latest is answered. Bytes per message and latencies are those of the others alone then. Where nothing came
    /// at all, nothing was overwritten either.
    pub fn overwritten(&self) -> Option<f64> {
        let counts = &self.tally.counts;
        let share = counts.lost as f64 / counts.sent.max(1) as f64;
        (!self.trial.transport.keeps_all() && counts.delivered > 0 && share > FEW_OVERWRITTEN)
            .then_some(share)
    }
}

/// A share of messages overwritten up to which bytes per message compare all the same.
const FEW_OVERWRITTEN: f64 = 0.01;

/// Bytes with TCP and IP headers.
fn on_the_wire(flow: &Flow) -> u64 {
    flow.attributed() + flow.tcp_ip
}

/// A duration (ns) of a tally: of one trial, or of all repeats of a cell with their histograms merged. `None`
/// for a metric that is no duration.
fn duration(tally: &Tally, metric: Metric) -> Option<f64> {
    let Source::Times(times, statistic) = metric.family().source else { return None };
    if times == Times::Age {
        return age(&tally.age, statistic);
    }
    let hist = histogram(tally, times);
    match statistic {
        Statistic::Mean => hist.mean(),
        Statistic::Deviation => hist.stdev(),
        Statistic::Percentile(share) => hist.percentile(share).map(|ns| ns as f64),
        Statistic::Max => hist.max().map(|ns| ns as f64),
    }
}

/// A statistic over time, not over messages.
fn age(age: &Age, statistic: Statistic) -> Option<f64> {
    match statistic {
        Statistic::Mean => age.mean(),
        Statistic::Deviation => age.time.stdev(),
        Statistic::Percentile(share) => age.percentile(share).map(|ns| ns as f64),
        Statistic::Max => age.time.max().map(|ns| ns as f64),
    }
}

/// The histogram of these times.
pub(super) fn histogram(tally: &Tally, times: Times) -> &Hist {
    match times {
        Times::Latency => &tally.latency,
        Times::Response => &tally.response,
        Times::Connect => &tally.connect,
        Times::ConnectTcp => &tally.connect_tcp,
        Times::ConnectTls => &tally.connect_tls,
        Times::ConnectAnswer => &tally.connect_answer,
        Times::Gap => &tally.gap,
        Times::Lateness => &tally.lateness,
        Times::Age => &tally.age.time,
    }
}
