//! The numbers that a threshold, a table or a chart can name: one list, so that a name means the same
//! everywhere. What each is computed from stands in `results`.

use serde::{Deserialize, Serialize};

use crate::text::Unit;

impl Unit {
    /// What a limit in it is called, and a good one in TOML.
    pub fn limit(self) -> (&'static str, &'static str) {
        match self {
            Unit::Nanoseconds | Unit::CpuSeconds => ("duration", "\"5ms\""),
            Unit::Bytes => ("size", "\"1KiB\""),
            Unit::BitsPerSecond => ("bit rate", "\"10 Mbit/s\""),
            Unit::Ratio => ("share", "\"1 %\" or 0.01"),
            Unit::PerSecond => ("rate", "\"100/s\""),
            Unit::Count => ("number", "0"),
        }
    }
}

/// What a metric is computed from, and what follows from that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Family {
    /// The base unit of its values.
    pub unit: Unit,
    /// What it is computed from.
    pub source: Source,
}

/// What a metric is computed from: who lacks it lacks the metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// A statistic of times.
    Times(Times, Statistic),
    /// What became of the messages of a schedule that we know.
    Fates,
    /// Connections and requests that failed.
    Failures,
    /// Messages that arrived.
    Arrivals,
    /// Bytes, by the messages received.
    BytesPerMessage,
    /// Bytes, by time.
    BytesPerSecond,
    /// Processes of a server that is started here.
    Server,
    /// The same, by the messages received.
    ServerPerMessage,
    /// The kernel's memory for sockets, of the whole machine.
    Sockets,
    /// Processes of the generator.
    Generator,
}

/// Times of which there is a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// From due to arrival.
    Latency,
    /// From a request's slot to the whole answer.
    Response,
    /// To a usable connection.
    Connect,
    /// Of it: to a TCP connection.
    ConnectTcp,
    /// Of it: the TLS handshake.
    ConnectTls,
    /// Of it: from then to the head of the first answer.
    ConnectAnswer,
    /// From one message of a client to its next.
    Gap,
    /// Of the generator's own sends.
    Lateness,
    /// Of the newest message that a client has, at every moment.
    Age,
}

/// What is said of times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// The mean.
    Mean,
    /// The standard deviation.
    Deviation,
    /// What this share keeps to.
    Percentile(f64),
    /// The largest.
    Max,
}

impl Source {
    /// Whether it needs one clock at both ends, or one schedule.
    pub fn needs_schedule(self) -> bool {
        matches!(self, Source::Fates | Source::Times(Times::Latency | Times::Age, _))
    }

    /// Whether there is none without messages.
    pub fn needs_messages(self) -> bool {
        self.needs_schedule() || matches!(self, Source::BytesPerMessage | Source::ServerPerMessage)
    }

    /// Whether the server must be ours to look at.
    pub fn needs_server(self) -> bool {
        matches!(self, Source::Server | Source::ServerPerMessage)
    }

    /// Whether it says how the generator did, and not the server.
    pub fn of_the_generator(self) -> bool {
        matches!(self, Source::Generator | Source::Times(Times::Lateness, _))
    }

    /// The times that it is of.
    pub fn times(self) -> Option<Times> {
        if let Source::Times(times, _) = self { Some(times) } else { None }
    }

    /// The share of a percentile, and the times that it is of.
    pub fn percentile(self) -> Option<(Times, f64)> {
        if let Source::Times(times, Statistic::Percentile(share)) = self {
            Some((times, share))
        } else {
            None
        }
    }
}

macro_rules! metrics {
    ($($variant:ident $name:literal $unit:ident, $source:expr, $about:literal;)*) => {
        /// A number of a measurement.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Metric {
            $(#[doc = $about] #[serde(rename = $name)] $variant,)*
        }

        impl Metric {
            /// Every metric, in the order of reports.
            pub const ALL: &'static [Metric] = &[$(Metric::$variant),*];

            /// Its name in thresholds.
            pub fn name(self) -> &'static str {
                match self { $(Metric::$variant => $name,)* }
            }

            /// What it is computed from, and in which unit.
            pub fn family(self) -> Family {
                use Source::{
                    Arrivals, BytesPerMessage, BytesPerSecond, Failures, Fates, Generator, Server,
                    ServerPerMessage, Sockets, Times,
                };
                use Statistic::{Deviation, Max, Mean, Percentile};
                use self::Times::{Age, Connect, ConnectAnswer, ConnectTcp, ConnectTls, Gap, Lateness, Latency, Response};
                match self { $(Metric::$variant => Family { unit: Unit::$unit, source: $source },)* }
            }

            /// Its definition.
            pub fn about(self) -> &'static str {
                match self { $(Metric::$variant => $about,)* }
            }
        }
    };
}

metrics! {
    LatencyMean "latency.mean" Nanoseconds, Times(Latency, Mean), "mean delivery latency, counted from the scheduled time";
    LatencySd "latency.sd" Nanoseconds, Times(Latency, Deviation), "standard deviation of the delivery latency";
    LatencyP50 "latency.p50" Nanoseconds, Times(Latency, Percentile(0.5)), "median delivery latency";
    LatencyP90 "latency.p90" Nanoseconds, Times(Latency, Percentile(0.9)), "90th percentile of the delivery latency";
    LatencyP95 "latency.p95" Nanoseconds, Times(Latency, Percentile(0.95)), "95th percentile of the delivery latency";
    LatencyP99 "latency.p99" Nanoseconds, Times(Latency, Percentile(0.99)), "99th percentile of the delivery latency";
    LatencyP999 "latency.p99.9" Nanoseconds, Times(Latency, Percentile(0.999)), "99.9th percentile of the delivery latency";
    LatencyMax "latency.max" Nanoseconds, Times(Latency, Max), "largest delivery latency";
    AgeMean "age.mean" Nanoseconds, Times(Age, Mean), "mean age of the value that a client displays, over time: now minus the scheduled time of its newest message";
    AgeP50 "age.p50" Nanoseconds, Times(Age, Percentile(0.5)), "age of the value that a client displays, median over time";
    AgeP99 "age.p99" Nanoseconds, Times(Age, Percentile(0.99)), "age of the value that a client displays, not exceeded for 99 % of the time";
    ResponseP50 "response.p50" Nanoseconds, Times(Response, Percentile(0.5)), "HTTP: from the scheduled time of a request to its whole response, median";
    ResponseP99 "response.p99" Nanoseconds, Times(Response, Percentile(0.99)), "HTTP: from the scheduled time of a request to its whole response, 99th percentile";
    ConnectP50 "connect.p50" Nanoseconds, Times(Connect, Percentile(0.5)), "time to a usable connection, median";
    ConnectP99 "connect.p99" Nanoseconds, Times(Connect, Percentile(0.99)), "time to a usable connection, 99th percentile";
    ConnectTcpP50 "connect-tcp.p50" Nanoseconds, Times(ConnectTcp, Percentile(0.5)), "of connecting: the TCP connection, median";
    ConnectTcpP99 "connect-tcp.p99" Nanoseconds, Times(ConnectTcp, Percentile(0.99)), "of connecting: the TCP connection, 99th percentile";
    ConnectTlsP50 "connect-tls.p50" Nanoseconds, Times(ConnectTls, Percentile(0.5)), "of connecting: the TLS handshake, median";
    ConnectTlsP99 "connect-tls.p99" Nanoseconds, Times(ConnectTls, Percentile(0.99)), "of connecting: the TLS handshake, 99th percentile";
    ConnectAnswerP50 "connect-answer.p50" Nanoseconds, Times(ConnectAnswer, Percentile(0.5)), "of connecting: from an open connection to the head of its first response, an upgrade's or a request's, median";
    ConnectAnswerP99 "connect-answer.p99" Nanoseconds, Times(ConnectAnswer, Percentile(0.99)), "of connecting: from an open connection to the head of its first response, 99th percentile";
    GapP50 "gap.p50" Nanoseconds, Times(Gap, Percentile(0.5)), "listen: time from one message of a client to its next, median";
    GapP99 "gap.p99" Nanoseconds, Times(Gap, Percentile(0.99)), "listen: time from one message of a client to its next, 99th percentile";
    GapMax "gap.max" Nanoseconds, Times(Gap, Max), "listen: longest silence between two messages of a client";
    LatenessP50 "lateness.p50" Nanoseconds, Times(Lateness, Percentile(0.5)), "how late the generator itself sent, median";
    LatenessP99 "lateness.p99" Nanoseconds, Times(Lateness, Percentile(0.99)), "how late the generator itself sent, 99th percentile";
    Lost "lost" Count, Fates, "messages scheduled in the window that never arrived";
    LostRatio "lost.ratio" Ratio, Fates, "lost / sent";
    Duplicated "duplicated" Count, Fates, "messages that arrived more than once";
    Reordered "reordered" Count, Fates, "messages that arrived after a newer one";
    Altered "altered" Count, Fates, "messages that differ from what was sent: cut, longer or changed";
    Strangers "strangers" Count, Fates, "messages meant for another client or stream of the trial";
    Leaked "leaked" Count, Fates, "messages that reached a client of another group than the one they were published to";
    Invented "invented" Count, Fates, "messages that look like wsbench's and were never sent";
    Failures "failures" Count, Failures, "connections and requests that failed, all kinds";
    Received "received.rate" PerSecond, Arrivals, "messages received per second of the window";
    BytesPerMessage "bytes.per-message" Bytes, BytesPerMessage, "bytes above TCP, both directions, per message received";
    WireBytesPerMessage "wire-bytes.per-message" Bytes, BytesPerMessage, "bytes with TCP and IP headers, both directions, per message received";
    OverheadPerMessage "overhead.per-message" Bytes, BytesPerMessage, "bytes above TCP that are not payload, per message received";
    OverheadRate "overhead.rate" BitsPerSecond, BytesPerSecond, "bits above TCP that are not payload, per second of the window";
    PayloadPerMessage "payload.per-message" Bytes, BytesPerMessage, "payload as applications have it, before and after compression, both directions, per message received";
    WirePayloadPerMessage "wire-payload.per-message" Bytes, BytesPerMessage, "payload as it passed, compressed where it was, both directions, per message received";
    WireRate "wire.rate" BitsPerSecond, BytesPerSecond, "all bits with TCP and IP headers, both directions and all clients together, per second of the window";
    WireRateDown "wire.rate.down" BitsPerSecond, BytesPerSecond, "the part of wire.rate from the server to the clients: what clouds bill as egress";
    WireRatePerClient "wire.rate.per-client" BitsPerSecond, BytesPerSecond, "wire.rate per client";
    TargetCpu "target.cpu" Ratio, Server, "CPU use of the target: 100 %, in files 1.0, is one core busy for the whole window";
    TargetCpuPerThousand "target.cpu.per-1000" CpuSeconds, ServerPerMessage, "CPU seconds of the target per thousand messages received";
    TargetMemoryPerClient "target.memory.per-client" Bytes, Server, "resident memory of the target per client, above what it had before the first client";
    SocketMemoryPerClient "sockets.memory.per-client" Bytes, Sockets, "the kernel's memory for TCP sockets per client, above what it was before the trial; counted for the whole machine, so on loopback for both ends";
    HarnessCpu "harness.cpu" Ratio, Generator, "CPU use of the busiest generator process: 100 %, in files 1.0, is one core";
}

impl Metric {
    /// Its base unit.
    pub fn unit(self) -> Unit {
        self.family().unit
    }

    /// Whether more of it is better, as of what a server delivers; of what it costs, less is.
    pub fn more_is_better(self) -> bool {
        matches!(self, Metric::Received)
    }

    /// Whether it is counted, and does not depend on how fast anything was: of the same messages it is the same to the byte.
    pub fn exact(self) -> bool {
        matches!(self, Metric::BytesPerMessage | Metric::OverheadPerMessage)
    }

    /// The metric of that name.
    pub fn from_name(name: &str) -> Option<Metric> {
        Metric::ALL.iter().copied().find(|metric| metric.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table says twice which percentile of what a metric is: by its name and by its family.
    #[test]
    fn a_family_is_what_the_name_says() {
        for metric in Metric::ALL {
            let (name, source) = (metric.name(), metric.family().source);
            let times = source.times().map(|times| format!("{times:?}").to_lowercase());
            let first = name.split('.').next().map(|first| first.replace('-', ""));
            assert_eq!(times.is_some(), metric.unit() == Unit::Nanoseconds, "{name}");
            assert!(times.is_none() || times == first, "{name}: {times:?}");
            let percentile = source.percentile().map(|(_, share)| (share * 1_000.0).round() / 10.0);
            let written = name.split_once(".p").and_then(|(_, percent)| percent.parse::<f64>().ok());
            assert_eq!(percentile, written, "{name}");
            assert_eq!(source.needs_server(), name.starts_with("target."), "{name}");
            assert!(source.needs_messages() || !name.ends_with("per-message"), "{name}");
        }
    }
}
