//! One line of JSON a trial, flat: for `jq` and for whoever collects lines.
//!
//! It must not know what the fields are: [`super::fields`] says.

use serde_json::{Map, Value};

use super::compared;
use super::escape;
use super::fields::{Field, identity, metrics, records};
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
            let lines = compared::records(comparison).map(|record| {
                let flat: Map<String, Value> =
                    record.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                Ok(escape::json(serde_json::to_string(&flat)?) + "\n")
            });
            let bytes = lines.collect::<anyhow::Result<String>>()?.into_bytes();
            return Ok(vec![Artifact { name: FILE.to_owned(), bytes }]);
        }
        let fields: Vec<Field> = [identity(), metrics()].into_iter().flatten().collect();
        let mut lines = String::new();
        for record in records(view.reports) {
            let flat: Map<String, Value> =
                fields.iter().map(|field| (field.name.clone(), (field.value)(record))).collect();
            lines += &(escape::json(serde_json::to_string(&flat)?) + "\n");
        }
        Ok(vec![Artifact { name: FILE.to_owned(), bytes: lines.into_bytes() }])
    }
}
