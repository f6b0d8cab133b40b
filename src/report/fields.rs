//! One flat record a trial: the fields of `summary.csv` and of a line of NDJSON, units in the names.
//!
//! It must not know a format. Numbers are those of [`crate::results`]; nothing is computed here.

use serde_json::{Value, json};
use wsbench_targets::wire::Published;

use super::view::names;
use crate::meter::{Failure, Flow, PhaseTraffic, Usage};
use crate::results::{Measurement, Report, Server};
use crate::scenario::Metric;
use crate::text::Unit;

/// A trial and the run that it belongs to.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    /// The run.
    pub report: &'a Report,
    /// The trial.
    pub measurement: &'a Measurement,
}

/// One field of a record.
pub struct Field {
    /// With its unit: `latency_p99_ms`.
    pub name: String,
    /// Its value; null where nothing was measured.
    pub value: Box<dyn Fn(Record<'_>) -> Value>,
}

fn field(name: impl Into<String>, value: impl Fn(Record<'_>) -> Value + 'static) -> Field {
    Field { name: name.into(), value: Box::new(value) }
}

/// All trials of all runs.
pub fn records(reports: &[Report]) -> impl Iterator<Item = Record<'_>> {
    reports
        .iter()
        .flat_map(|report| report.measurements.iter().map(move |measurement| Record { report, measurement }))
}

/// What names a trial and says whether to believe it.
pub fn identity() -> Vec<Field> {
    vec![
        field("run", |r| names::run(r.report).into()),
        field("trial", |r| r.measurement.label().into()),
        field("transport", |r| r.measurement.trial.row_name().into()),
        field("load", |r| r.measurement.trial.load.name().into()),
        field("clients", |r| r.measurement.trial.clients.into()),
        field("repeat", |r| (r.measurement.trial.repeat + 1).into()),
        field("verdict", |r| r.measurement.verdict.status().name().to_lowercase().into()),
        field("server", |r| match r.measurement.verdict.server() {
            Server::Ok => "ok".into(),
            Server::Unknown => "unknown".into(),
            Server::Failed => "failed".into(),
        }),
        field("warnings", |r| {
            let mut codes: Vec<&str> = Vec::new();
            for found in &r.measurement.verdict.warnings {
                // The measurement and the server may have one of the same name.
                if !codes.contains(&found.check.name()) {
                    codes.push(found.check.name());
                }
            }
            codes.join(" ").into()
        }),
    ]
}

/// Every metric.
pub fn metrics() -> Vec<Field> {
    let one = |&metric: &Metric| {
        let (suffix, factor) = column_unit(metric);
        let name = metric.name().replace(".rate", "").replace(['.', '-'], "_") + suffix;
        field(name, move |r| number(r.measurement.value(metric).map(|value| value / factor)))
    };
    Metric::ALL.iter().map(one).collect()
}

/// The suffix of a metric's field, and how many base units one of it is.
fn column_unit(metric: Metric) -> (&'static str, f64) {
    match metric.unit() {
        Unit::Nanoseconds => ("_ms", 1e6),
        Unit::Bytes if metric.name().contains("bytes") => ("", 1.0),
        Unit::Bytes => ("_bytes", 1.0),
        Unit::BitsPerSecond => ("_bit_per_s", 1.0),
        Unit::Ratio if metric.name().ends_with("cpu") => ("_cores", 1.0),
        Unit::Ratio | Unit::Count => ("", 1.0),
        Unit::PerSecond => ("_per_s", 1.0),
        Unit::CpuSeconds => ("_s", 1.0),
    }
}

/// Counts, failures by kind, the ledger of the window and of the connect phase, what it cost.
pub fn details() -> Vec<Field> {
    let mut fields = vec![
        field("window_s", |r| r.measurement.window_s.into()),
        field("connect_phase_s", |r| r.measurement.connect_s.into()),
        field("connected", |r| r.measurement.tally.counts.connected.into()),
        field("sent", |r| r.measurement.tally.counts.sent.into()),
        field("delivered", |r| r.measurement.tally.counts.delivered.into()),
        field("received", |r| r.measurement.tally.counts.received.into()),
        field("empty_polls", |r| r.measurement.tally.counts.empty_polls.into()),
        field("missed_slots", |r| r.measurement.tally.counts.missed_slots.into()),
        field("reconnects", |r| r.measurement.tally.counts.reconnects.into()),
        field("unrecognised", |r| r.measurement.tally.counts.unrecognised.into()),
        field("age_blank_share", |r| number(r.measurement.tally.age.blank_share())),
        field("latency_saturated", |r| r.measurement.tally.latency.saturated().into()),
        field("lag_p99_ms", |r| number(r.measurement.tally.lag.percentile(0.99).map(|ns| ns as f64 / 1e6))),
        field("published_messages", |r| published(r, |p| p.messages.into())),
        field("published_missed_ticks", |r| published(r, |p| p.missed_ticks.into())),
        field("published_failed", |r| published(r, |p| p.failed.into())),
        field("published_lateness_p99_ms", |r| {
            published(r, |p| number(p.lateness.percentile(0.99).map(|ns| ns as f64 / 1e6)))
        }),
    ];
    for kind in Failure::ALL {
        fields.push(field(format!("failures_{}", kind.name()), move |r| {
            (*r.measurement.tally.failures.clone().of(kind)).into()
        }));
    }
    fields.extend(phase("", |r| r.measurement.tally.traffic.window));
    fields.extend(phase("connect_", |r| r.measurement.tally.traffic.connect));
    fields.extend(usage("target", |r| r.measurement.target.clone()));
    fields.extend(usage("harness", |r| {
        r.measurement.harness.iter().cloned().reduce(|mut sum, one| {
            sum += &one;
            sum
        })
    }));
    fields
}

fn published(record: Record<'_>, part: fn(&Published) -> Value) -> Value {
    record.measurement.published.as_ref().map_or(Value::Null, part)
}

/// A name and what it stands for.
type Named<From, To> = (&'static str, fn(&From) -> To);

const FLOW: [Named<Flow, u64>; 13] = [
    ("bytes_D_payload", |f| f.payload),
    ("bytes_D_delivered", Flow::delivered),
    ("bytes_D_framing", |f| f.framing),
    ("bytes_D_headers", |f| f.headers),
    ("bytes_D_field_blocks", |f| f.field_blocks),
    ("bytes_D_field_blocks_as_http_1", |f| f.field_blocks_as_http_1),
    ("bytes_D_control", |f| f.control),
    ("bytes_D_tls", |f| f.tls),
    ("bytes_D_counted", |f| f.counted),
    ("bytes_D_kernel", |f| f.kernel),
    ("bytes_D_tcp_ip", |f| f.tcp_ip),
    ("segments_D", |f| f.segments),
    ("retransmitted_D", |f| f.retransmitted),
];

fn phase(prefix: &'static str, of: fn(Record<'_>) -> PhaseTraffic) -> Vec<Field> {
    let events: [Named<PhaseTraffic, u64>; 5] = [
        ("connections", |p| p.connections),
        ("requests", |p| p.requests),
        ("responses", |p| p.responses),
        ("messages_up", |p| p.messages_up),
        ("messages_down", |p| p.messages_down),
    ];
    let mut fields = Vec::new();
    for (name, part) in FLOW {
        let name = |direction| format!("{prefix}{}", name.replace("_D", direction));
        fields.push(field(name("_up"), move |r| part(&of(r).up).into()));
        fields.push(field(name("_down"), move |r| part(&of(r).down).into()));
    }
    fields
        .extend(events.map(|(name, count)| field(format!("{prefix}{name}"), move |r| count(&of(r)).into())));
    fields
}

fn usage(whose: &str, of: fn(Record<'_>) -> Option<Usage>) -> Vec<Field> {
    let parts: [Named<Usage, Value>; 10] = [
        ("processes", |u| u.processes.into()),
        ("user_s", |u| u.user_s.into()),
        ("system_s", |u| u.system_s.into()),
        ("cpu_error_s", |u| u.cpu_error_s.into()),
        ("over_s", |u| u.over_s.into()),
        ("memory_before_bytes", |u| u.memory_before.into()),
        ("memory_bytes", |u| u.memory.into()),
        ("peak_memory_bytes", |u| u.peak_memory.into()),
        ("voluntary_switches", |u| u.voluntary_switches.into()),
        ("involuntary_switches", |u| u.involuntary_switches.into()),
    ];
    let one = |(name, part): Named<Usage, Value>| {
        field(format!("{whose}_{name}"), move |r| of(r).as_ref().map_or(Value::Null, part))
    };
    parts.map(one).into()
}

/// A number that JSON can hold, whole ones without a point.
pub fn number(value: Option<f64>) -> Value {
    match value {
        Some(value) if value.fract() == 0.0 && value.abs() < 9e15 => json!(value as i64),
        Some(value) if value.is_finite() => json!(value),
        _ => Value::Null,
    }
}
