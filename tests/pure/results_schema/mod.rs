//! The JSON Schema of `results.json`: made from the types that are written, with their comments as descriptions
//! (`WSBENCH_BLESS=1` writes assets/results.schema.json anew), and every sample is held against it.

mod types;
mod validate;

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};
use wsbench::report::json::artifacts;
use wsbench::results::VERSION;

use crate::sample::every::every;

const FILE: &str = "assets/results.schema.json";

fn schema() -> Json {
    let definitions = types::definitions();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("results.json of wsbench, version {VERSION}"),
        "description": "What a run leaves behind. Times are in ns where nothing else is said. Members that are not required are left \
                        out where there is nothing, and were not in older versions.",
        "$ref": "#/$defs/Report",
    });
    schema["$defs"] = definitions;
    schema
}

#[test]
fn the_schema_follows_from_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("WSBENCH_BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap_or_default() == text, "WSBENCH_BLESS=1 writes {FILE} anew");
}

#[test]
fn every_sample_keeps_to_it() {
    let schema = schema();
    for (name, reports) in every() {
        for artifact in artifacts(&reports).unwrap() {
            let results: Json = serde_json::from_slice(&artifact.bytes).unwrap();
            let faults = validate::faults(&schema, &results);
            assert!(faults.is_empty(), "{name}: {faults:#?}");
        }
    }
    let mut wrong: Json = serde_json::from_slice(&artifacts(&every()[0].1).unwrap()[0].bytes).unwrap();
    wrong["measurements"][0]["window_s"] = "ten".into();
    wrong["seed"] = Json::Null;
    wrong["unheard-of"] = 1.into();
    wrong.as_object_mut().unwrap().remove("name");
    assert_eq!(validate::faults(&schema, &wrong).len(), 4);
}
