//! For programs that keep numbers from commit to commit: `benchmark.json` for github-action-benchmark, `bencher.json` in Bencher
//! Metric Format.
//!
//! It must not know which numbers there are. Of what is not to be believed nothing is kept: a history has no marks.

use serde_json::{Map, Value, json};

use super::escape;
use super::format::{Artifact, Format};
use super::view::View;
use super::view::points::{Point, points};
use crate::results::Status;

/// The format `github-action-benchmark`: its `customSmallerIsBetter`, so that what is better when it is more is left out.
pub struct Benchmark;

const BENCHMARK: &str = "benchmark.json";

impl Format for Benchmark {
    fn name(&self) -> &'static str {
        "github-action-benchmark"
    }

    fn about(&self) -> &'static str {
        "benchmark.json: customSmallerIsBetter of github-action-benchmark"
    }

    fn on_request(&self) -> bool {
        true
    }

    fn renderings(&self) -> Vec<String> {
        vec![BENCHMARK.to_owned()]
    }

    fn render(&self, view: &View<'_>) -> anyhow::Result<Vec<Artifact>> {
        let smaller = believed(view).filter(|point| !point.metric.more_is_better());
        let entry = |point: Point| {
            let mut entry = json!({
                "name": format!("{} · {}", point.name(), point.metric.name()),
                "unit": point.metric.unit().sign(),
                "value": point.value,
            });
            if let Some((least, most)) = point.spread {
                entry["range"] = format!("± {}", (most - least) / 2.0).into();
            }
            entry
        };
        let entries: Vec<Value> = smaller.map(entry).collect();
        artifact(BENCHMARK, &entries.into())
    }
}

/// The format `bencher`.
pub struct Bencher;

const BENCHER: &str = "bencher.json";

impl Format for Bencher {
    fn name(&self) -> &'static str {
        "bencher"
    }

    fn about(&self) -> &'static str {
        "bencher.json: Bencher Metric Format, with least and most of the repeats"
    }

    fn on_request(&self) -> bool {
        true
    }

    fn renderings(&self) -> Vec<String> {
        vec![BENCHER.to_owned()]
    }

    fn render(&self, view: &View<'_>) -> anyhow::Result<Vec<Artifact>> {
        let mut benchmarks = Map::new();
        for point in believed(view) {
            let mut measure = json!({ "value": point.value });
            if let Some((least, most)) = point.spread {
                measure["lower_value"] = least.into();
                measure["upper_value"] = most.into();
            }
            let measures = benchmarks.entry(point.name()).or_insert_with(|| json!({}));
            // A slug has no dots.
            measures[point.metric.name().replace('.', "-")] = measure;
        }
        artifact(BENCHER, &benchmarks.into())
    }
}

fn believed(view: &View<'_>) -> impl Iterator<Item = Point> {
    points(view.reports).into_iter().filter(|point| point.status != Status::Invalid)
}

fn artifact(name: &str, value: &Value) -> anyhow::Result<Vec<Artifact>> {
    let text = escape::json(serde_json::to_string_pretty(value)?) + "\n";
    Ok(vec![Artifact { name: name.to_owned(), bytes: text.into_bytes() }])
}
