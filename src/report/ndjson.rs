//! One line of JSON a trial, flat: for `jq` and for whoever collects lines.
//!
//! It must not know what the fields are: [`super::fields`] says.

use serde_json::{Map, Value};

use super::compared;
use super::escape;
use super::fields::{Field, identity, metrics, records};
use super::followed;
use super::format::{Artifact, Format};
use super::view::View;

/// The name of the file.
const FILE: &str = "results.ndjson";

/// The format `ndjson`.
pub struct Ndjson;

impl Format for Ndjson {
    fn name(&self) -> &'static str {
        "ndjson"
    }

    fn about(&self) -> &'static str {
        "one flat line of JSON per trial, every metric with its unit"
    }

    fn renderings(&self) -> Vec<String> {
        vec![FILE.to_owned()]
    }

    fn render(&self, view: &View<'_>) -> anyhow::Result<Vec<Artifact>> {
        if let Some(comparison) = &view.comparison {
            return lines(compared::records(comparison));
        }
        if let Some(trend) = &view.trend {
            return lines(followed::records(trend));
        }
        let fields: Vec<Field> = [identity(), metrics()].into_iter().flatten().collect();
        lines(records(view.reports).map(|record| {
            fields.iter().map(|field| (field.name.clone(), (field.value)(record))).collect::<Vec<_>>()
        }))
    }
}

/// One object a line.
fn lines<Name: Into<String>>(
    records: impl Iterator<Item = Vec<(Name, Value)>>,
) -> anyhow::Result<Vec<Artifact>> {
    let line = |record: Vec<(Name, Value)>| {
        let flat: Map<String, Value> = record.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Ok(escape::json(serde_json::to_string(&flat)?) + "\n")
    };
    let bytes = records.map(line).collect::<anyhow::Result<String>>()?.into_bytes();
    Ok(vec![Artifact { name: FILE.to_owned(), bytes }])
}
