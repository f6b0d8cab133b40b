//! `wsbench init` and `wsbench schema`: samples to begin with, and the schema that an editor can check them by.

use std::path::Path;

use anyhow::{Context, Result};

use super::args::{InitArgs, Schema};
use super::output::Output;
use super::{Exit, Wrong};
use crate::report::{Artifact, escape, write};
use crate::scenario::{builtin, schema as scenario_schema};

/// The schema's file beside the scenarios.
const SCHEMA: &str = "scenario.schema.json";

/// Writes the samples; nothing that is there is overwritten unless told so.
pub(super) fn init(args: &InitArgs, output: &Output) -> Result<Exit> {
    let artifacts = samples()?;
    let there: Vec<&str> =
        artifacts.iter().map(|a| a.name.as_str()).filter(|name| args.folder.join(name).exists()).collect();
    if !args.force && !there.is_empty() {
        let folder = escape::path(&args.folder);
        return Err(Wrong::from(format!(
            "error: {folder} has {} already; name another folder, or overwrite with --force",
            there.join(", ")
        )));
    }
    for path in write(&args.folder, &artifacts)? {
        output.say(&format!("{}\n", escape::path(&path)))?;
    }
    output.note(&format!("\nNow try: wsbench run {}", escape::path(&args.folder.join("smoke.toml"))));
    Ok(Exit::Good)
}

/// The samples name the schema, for editors that know the directive (Taplo, Even Better TOML).
fn samples() -> Result<Vec<Artifact>> {
    let mut artifacts = vec![Artifact { name: SCHEMA.to_owned(), bytes: schema_text()?.into_bytes() }];
    for sample in builtin::ALL {
        let text = format!("#:schema ./{SCHEMA}\n{}", sample.text);
        artifacts.push(Artifact { name: format!("{}.toml", sample.name), bytes: text.into_bytes() });
    }
    debug_assert!(artifacts.iter().all(|a| Path::new(&a.name).components().count() == 1));
    Ok(artifacts)
}

/// Made from the types by a test, `tests/pure/results_schema`.
const RESULTS: &str = include_str!("../../assets/results.schema.json");

/// Prints a schema.
pub(super) fn schema(of: Schema, output: &Output) -> Result<Exit> {
    match of {
        Schema::Scenario => output.say(&schema_text()?)?,
        Schema::Results => output.say(RESULTS)?,
    }
    Ok(Exit::Good)
}

fn schema_text() -> Result<String> {
    let mut text = serde_json::to_string_pretty(&scenario_schema()).context("writing the schema")?;
    text.push('\n');
    Ok(text)
}
