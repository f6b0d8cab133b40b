//! `openmetrics.txt`: every metric of every row as a gauge, in the text format of OpenMetrics 1.0
//! (github.com/OpenObservability/OpenMetrics), for a push gateway or a node exporter's textfile folder.
//!
//! It must not know which numbers there are. Units are base units, as the standard wants them: seconds, bytes, ratios.

use std::fmt::Write as _;

use super::escape::terminal;
use super::format::{Artifact, Format};
use super::view::View;
use super::view::points::{Point, points};
use crate::results::{Server, Status};
use crate::scenario::Metric;
use crate::text::Unit;

/// The name of the file.
const FILE: &str = "openmetrics.txt";

/// The format `openmetrics`.
pub struct OpenMetrics;

impl Format for OpenMetrics {
    fn name(&self) -> &'static str {
        "openmetrics"
    }

    fn about(&self) -> &'static str {
        "openmetrics.txt: every metric as a gauge, for Prometheus"
    }

    fn on_request(&self) -> bool {
        true
    }

    fn renderings(&self) -> Vec<String> {
        vec![FILE.to_owned()]
    }

    fn render(&self, view: &View<'_>) -> anyhow::Result<Vec<Artifact>> {
        let (points, mut text) = (points(view.reports), String::new());
        for metric in Metric::ALL {
            let of: Vec<&Point> = points.iter().filter(|point| point.metric == *metric).collect();
            family(*metric, &of, &mut text)?;
        }
        verdicts(&points, &mut text)?;
        text += "# EOF\n";
        Ok(vec![Artifact { name: FILE.to_owned(), bytes: text.into_bytes() }])
    }
}

/// The name of a unit, and how many base units of ours one is.
fn unit(unit: Unit) -> (&'static str, f64) {
    match unit {
        Unit::Nanoseconds => ("seconds", 1e9),
        Unit::CpuSeconds => ("seconds", 1.0),
        Unit::Bytes => ("bytes", 1.0),
        Unit::BitsPerSecond => ("bits_per_second", 1.0),
        Unit::Ratio => ("ratio", 1.0),
        Unit::PerSecond => ("per_second", 1.0),
        Unit::Count => ("", 1.0),
    }
}

fn family(metric: Metric, points: &[&Point], text: &mut String) -> std::fmt::Result {
    if points.is_empty() {
        return Ok(());
    }
    let (unit, factor) = unit(metric.unit());
    let name = format!("wsbench_{}", metric.name().replace(['.', '-'], "_"));
    let name = if unit.is_empty() || name.ends_with(unit) { name } else { format!("{name}_{unit}") };
    writeln!(text, "# TYPE {name} gauge")?;
    if !unit.is_empty() {
        writeln!(text, "# UNIT {name} {unit}")?;
    }
    writeln!(text, "# HELP {name} {}", quoted(metric.about()))?;
    points.iter().try_for_each(|point| writeln!(text, "{name}{{{}}} {}", labels(point), point.value / factor))
}

/// 1 where the measurement can be used, and where the server did what it should.
fn verdicts(points: &[Point], text: &mut String) -> std::fmt::Result {
    let mut rows: Vec<&Point> = Vec::new();
    for point in points {
        if rows.last().is_none_or(|last| labels(last) != labels(point)) {
            rows.push(point);
        }
    }
    let gauges: [(&str, &str, fn(&Point) -> bool); 2] = [
        ("wsbench_valid", "1 where the measurement is not INVALID", |p| p.status != Status::Invalid),
        ("wsbench_server_ok", "1 where the server is judged and did not fail", |p| p.server == Server::Ok),
    ];
    for (name, about, of) in gauges.iter().filter(|_| !rows.is_empty()) {
        writeln!(text, "# TYPE {name} gauge\n# HELP {name} {about}")?;
        rows.iter().try_for_each(|row| writeln!(text, "{name}{{{}}} {}", labels(row), u8::from(of(row))))?;
    }
    Ok(())
}

fn labels(point: &Point) -> String {
    format!(
        "scenario=\"{}\",transport=\"{}\",load=\"{}\",clients=\"{}\"",
        quoted(&point.scenario),
        quoted(&point.row),
        point.load,
        point.clients
    )
}

fn quoted(text: &str) -> String {
    terminal(text).replace('\\', "\\\\").replace('"', "\\\"")
}
