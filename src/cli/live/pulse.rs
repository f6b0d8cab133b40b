//! How far a trial is, for a page and for Prometheus.
//!
//! It must not know who asks. Names and units go by OpenMetrics 1.0: base units, counters end with `_total`.

use std::fmt::Write as _;

use serde_json::json;

use crate::cli::standing::{Standing, nanoseconds};
use crate::run::Latency;

/// Seconds since the trial began; messages per second; median and 99th percentile (ns) of the last interval.
pub(super) type Point = (f64, f64, Option<u64>, Option<u64>);

/// Where the trial is now.
pub(super) fn point(standing: &Standing) -> Point {
    let latency = standing.seen.latency;
    let seconds = (standing.trial_s() * 100.0).round() / 100.0;
    (seconds, standing.rate.round(), latency.and_then(|of| of.p50), latency.and_then(|of| of.p99))
}

/// The same in words, with the numbers behind them.
pub(super) fn json(standing: &Standing, point: &Point) -> String {
    let so_far = standing.seen.so_far.map_or_else(String::new, said);
    json!({
        "trial": standing.trial,
        "place": standing.place(),
        "line": standing.line(),
        "left": standing.left(),
        "share": standing.share(),
        "so_far": so_far,
        "point": point,
        "connected": standing.seen.connected,
        "received": standing.seen.arrived,
        "failures": standing.seen.failures,
    })
    .to_string()
}

fn said(latency: Latency) -> String {
    let [p50, p99] = [latency.p50, latency.p99].map(|ns| ns.map_or("-".to_owned(), nanoseconds));
    format!("latency so far in this window: p50 {p50} · p99 {p99}")
}

/// OpenMetrics text: of the trial under way.
pub(super) fn metrics(standing: &Standing) -> String {
    let trial = label(&standing.trial);
    let mut out = String::new();
    let mut family = |name: &str, kind: &str, unit: &str, help: &str, samples: &[(String, Option<f64>)]| {
        // What is written to a String cannot fail.
        let _ = writeln!(out, "# TYPE {name} {kind}");
        if !unit.is_empty() {
            let _ = writeln!(out, "# UNIT {name} {unit}");
        }
        let _ = writeln!(out, "# HELP {name} {help}");
        for (sample, value) in samples.iter().filter_map(|(sample, value)| Some((sample, (*value)?))) {
            let _ = writeln!(out, "{sample} {value}");
        }
    };
    let seen = &standing.seen;
    let of = |name: &str, value: f64| vec![(format!("{name}{{trial=\"{trial}\"}}"), Some(value))];
    let connected = of("wsbench_clients_connected", seen.connected as f64);
    family("wsbench_clients_connected", "gauge", "", "Clients connected.", &connected);
    let clients = of("wsbench_clients", standing.clients as f64);
    family("wsbench_clients", "gauge", "", "Clients of the trial.", &clients);
    let received = of("wsbench_messages_received_total", seen.arrived as f64);
    family("wsbench_messages_received", "counter", "", "Messages received in the trial.", &received);
    let failures = of("wsbench_failures_total", seen.failures as f64);
    family("wsbench_failures", "counter", "", "Connections and requests that failed.", &failures);
    let quantile = |quantile: &str, ns: Option<u64>| {
        let name = format!("wsbench_latency_seconds{{trial=\"{trial}\",quantile=\"{quantile}\"}}");
        (name, ns.map(|ns| ns as f64 / 1e9))
    };
    let latency = seen.so_far.unwrap_or(Latency { p50: None, p99: None });
    let latency = [quantile("0.5", latency.p50), quantile("0.99", latency.p99)];
    family("wsbench_latency_seconds", "summary", "seconds", "Latency so far in the window.", &latency);
    out + "# EOF\n"
}

/// A value of a label.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
