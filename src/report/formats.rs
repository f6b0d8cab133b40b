//! Every format, in the order of `wsbench list`.
//!
//! It must not know what they write. A format is one file and one entry here.

use super::format::Format;
use super::{
    benchmark, chart, csv, github, hlog, html, json, junit, markdown, ndjson, openmetrics, terminal,
};

/// Every format, in the order of `wsbench list`.
pub const FORMATS: &[&dyn Format] = &[
    &terminal::Text,
    &json::Json,
    &ndjson::Ndjson,
    &csv::Csv,
    &hlog::Hlog,
    &markdown::Markdown,
    &html::Html,
    &chart::Chart,
    &junit::JUnit,
    &github::StepSummary,
    &github::Annotations,
    &benchmark::Benchmark,
    &benchmark::Bencher,
    &openmetrics::OpenMetrics,
];
