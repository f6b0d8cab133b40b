//! `latency.hlog`: the timeline's histograms as an HdrHistogram interval log, for the tools of that family.
//!
//! It must not know more of a log than its writer does. Values are ns; the readable maximum is ms.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, anyhow};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use wsbench_targets::hist::HIGHEST;

use super::escape;
use super::fields::{Record, records};
use super::format::{Artifact, Format};
use super::view::View;
use crate::meter::Interval;
use crate::results::Report;

/// The name of the file.
const FILE: &str = "latency.hlog";

/// The format `hlog`.
pub struct Hlog;

impl Format for Hlog {
    fn printable(&self) -> bool {
        false
    }

    fn name(&self) -> &'static str {
        "hlog"
    }

    fn about(&self) -> &'static str {
        "latency.hlog: HdrHistogram interval log, a tag a transport and size"
    }

    fn renderings(&self) -> Vec<String> {
        vec![FILE.to_owned()]
    }

    fn render(&self, view: &View<'_>) -> Result<Vec<Artifact>> {
        Ok(vec![Artifact { name: FILE.to_owned(), bytes: log(view.reports)? }])
    }
}

/// One entry: begin (since the base), tag, interval.
type Entry<'a> = (Duration, String, &'a Interval);

fn log(reports: &[Report]) -> Result<Vec<u8>> {
    let begins = reports.iter().map(|report| time(&report.started)).collect::<Result<Vec<SystemTime>>>()?;
    let base = begins.into_iter().min().unwrap_or(SystemTime::UNIX_EPOCH);
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for record in records(reports) {
        let window = time(&record.measurement.window_began)?;
        let since = window.duration_since(base).unwrap_or_default();
        let tag = tag(record, reports);
        entries.extend(
            record.measurement.tally.timeline.iter().map(|i| (since + seconds(i.from_s), tag.clone(), i)),
        );
    }
    entries.sort_by_key(|entry| entry.0);
    write(base, &entries)
}

fn write(base: SystemTime, entries: &[Entry<'_>]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let nothing = Histogram::<u64>::new_with_bounds(1, HIGHEST, 3).map_err(|e| anyhow!("{e:?}"))?;
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("wsbench: delivery latency in ns; Interval_Max in ms")
        .with_start_time(base)
        .with_base_time(base)
        .with_max_value_divisor(1e6)
        .begin_log_with(&mut bytes, &mut serializer)?;
    for (begin, tag, interval) in entries {
        let filled = interval.latency.filled();
        let hist = filled.as_deref().unwrap_or(&nothing);
        log.write_histogram(hist, *begin, seconds(interval.length_s), Tag::new(tag))
            .map_err(|e| anyhow!("interval {tag} at {begin:?}: {e}"))?;
    }
    Ok(bytes)
}

/// `polling-1s_1000`, with the repeat from the second on, and the run when there are several.
fn tag(record: Record<'_>, reports: &[Report]) -> String {
    let trial = &record.measurement.trial;
    let mut tag = format!("{}_{}", trial.row_name(), trial.clients);
    if trial.repeat > 0 {
        tag += &format!("_repeat-{}", trial.repeat + 1);
    }
    if reports.len() > 1 {
        tag = format!("{}-{}_{tag}", record.report.name, record.report.started);
    }
    escape::tag(&tag)
}

fn time(text: &str) -> Result<SystemTime> {
    humantime::parse_rfc3339(text).with_context(|| format!("`{}` is no time", escape::terminal(text)))
}

/// Not negative, not infinite: a report may come from a file.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
