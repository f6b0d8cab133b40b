//! The numbers that a threshold, a table or a chart can name: one list, so that a name means the same
//! everywhere. What each is computed from stands in `results`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::units::{show_duration, show_rate, show_si};

/// The base unit of a metric's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds.
    Nanoseconds,
    /// Bytes.
    Bytes,
    /// Bits a second.
    BitsPerSecond,
    /// A share: 1.0 is all of it.
    Ratio,
    /// A number of things.
    Count,
    /// Things a second.
    PerSecond,
    /// CPU seconds.
    CpuSeconds,
}

impl Unit {
    /// The base unit's sign, beside numbers in JSON.
    pub fn sign(self) -> &'static str {
        match self {
            Unit::Nanoseconds => "ns",
            Unit::CpuSeconds => "s",
            Unit::Bytes => "B",
            Unit::BitsPerSecond => "bit/s",
            Unit::Ratio => "ratio",
            Unit::Count => "count",
            Unit::PerSecond => "1/s",
        }
    }

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

    /// A value in this unit, for people: "5ms", "1.00 kB", "1 %".
    pub fn show(self, value: f64) -> String {
        // From float to integer `as` saturates; thresholds are not negative.
        match self {
            Unit::Nanoseconds => show_duration(Duration::from_nanos(value as u64)),
            Unit::CpuSeconds => show_duration(Duration::from_nanos((value * 1e9).round() as u64)),
            Unit::Bytes => show_si(value, "B"),
            Unit::BitsPerSecond => show_si(value, "bit/s"),
            // 0.07 x 100 is a little more than 7.
            Unit::Ratio => format!("{} %", (value * 1e10).round() / 1e8),
            Unit::Count => format!("{value}"),
            Unit::PerSecond => show_rate(value),
        }
    }
}

macro_rules! metrics {
    ($($variant:ident $name:literal $unit:ident $about:literal;)*) => {
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

            /// Its base unit.
            pub fn unit(self) -> Unit {
                match self { $(Metric::$variant => Unit::$unit,)* }
            }

            /// Its definition.
            pub fn about(self) -> &'static str {
                match self { $(Metric::$variant => $about,)* }
            }
        }
    };
}

metrics! {
    LatencyMean "latency.mean" Nanoseconds "mean delivery latency, from when a message was due";
    LatencySd "latency.sd" Nanoseconds "standard deviation of the delivery latency";
    LatencyP50 "latency.p50" Nanoseconds "delivery latency that half of the messages keep to";
    LatencyP90 "latency.p90" Nanoseconds "delivery latency that 90 % of the messages keep to";
    LatencyP99 "latency.p99" Nanoseconds "delivery latency that 99 % of the messages keep to";
    LatencyP999 "latency.p99.9" Nanoseconds "delivery latency that 99.9 % of the messages keep to";
    LatencyMax "latency.max" Nanoseconds "largest delivery latency";
    ResponseP50 "response.p50" Nanoseconds "HTTP: slot to whole answer, half of the requests";
    ResponseP99 "response.p99" Nanoseconds "HTTP: slot to whole answer, 99 % of the requests";
    ConnectP50 "connect.p50" Nanoseconds "time to a usable connection, half of them";
    ConnectP99 "connect.p99" Nanoseconds "time to a usable connection, 99 % of them";
    GapP50 "gap.p50" Nanoseconds "listen: time from one message of a client to its next, half of them";
    GapP99 "gap.p99" Nanoseconds "listen: time from one message of a client to its next, 99 % of them";
    GapMax "gap.max" Nanoseconds "listen: longest silence between two messages of a client";
    LatenessP50 "lateness.p50" Nanoseconds "the generator's own lateness, half of its sends";
    LatenessP99 "lateness.p99" Nanoseconds "the generator's own lateness, 99 % of its sends";
    Lost "lost" Count "messages due in the window that never arrived";
    LostRatio "lost.ratio" Ratio "lost / sent";
    Duplicated "duplicated" Count "messages that arrived more than once";
    Reordered "reordered" Count "messages that arrived after a younger one";
    Failures "failures" Count "connections and requests that failed, all kinds";
    Received "received.rate" PerSecond "messages that arrived, a second of the window";
    BytesPerMessage "bytes.per-message" Bytes "bytes above TCP, both directions, a message received";
    WireBytesPerMessage "wire-bytes.per-message" Bytes "the same with TCP and IP headers";
    OverheadPerMessage "overhead.per-message" Bytes "bytes above TCP that are not payload, a message received";
    OverheadRate "overhead.rate" BitsPerSecond "bytes above TCP that are not payload x 8, a second of the window";
    TargetCpu "target.cpu" Ratio "CPU of the target: 1.0 is one core busy for the whole window";
    TargetCpuPerThousand "target.cpu.per-1000" CpuSeconds "CPU seconds of the target a thousand messages received";
    TargetMemoryPerClient "target.memory.per-client" Bytes "resident memory of the target a client, over what it had before";
    HarnessCpu "harness.cpu" Ratio "CPU of the busiest generator process: 1.0 is one core";
}

impl Metric {
    /// The metric of that name.
    pub fn from_name(name: &str) -> Option<Metric> {
        Metric::ALL.iter().copied().find(|metric| metric.name() == name)
    }
}
