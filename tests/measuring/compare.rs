//! `wsbench compare` as a program: arguments, exit codes, files.

use crate::support::{good, short};
use serde_json::Value as Json;
use wsbench::report::{json, write};
use wsbench_targets::clock::now;

#[test]
fn two_folders_are_compared() {
    let scene = short("");
    scene.begin(&["-q", "--repeat", "3"]).end();
    // What is compared must be valid, also where others are at work.
    let mut report = scene.report();
    report.measurements.iter_mut().for_each(|m| m.verdict.warnings.clear());
    write(&scene.path("out"), &json::artifacts(&[report]).unwrap()).unwrap();
    let compare = |more: &[&str]| scene.say(&[&["compare", "out", "out/results.json"], more].concat());
    let began = now();
    let ran = compare(&[]);
    // Less than a second without optimisation, too, where nobody else is at work: a wide margin.
    let took = now().since(began);
    assert!(took < 10_000_000_000, "{took} ns");
    good(&ran);
    assert!(ran.stdout.contains("bytes.per-message") && ran.stdout.contains("exact"), "{}", ran.stdout);
    assert!(!scene.path("reports").exists(), "nothing is written that was not asked for");

    let rules = [
        (&["--fail-on", "bytes.per-message > 1.0x"][..], 0),
        (&["--fail-on", "bytes.per-message > 0.5x"], 99),
        (&["--fail-on", "gap.p99 > 1.0x"], 99),
        (&["--fail-on", "latency.p50 > 1.0x"], 0),
        (&["--fail-on", "latency.p50 > 1.0x", "--strict"], 4),
        (&["--fail-on", "latency.p50 > 1.0"], 2),
        (&["--metric", "latency.p98"], 2),
    ];
    for (more, code) in rules {
        let ran = compare(more);
        assert_eq!(ran.code, Some(code), "{more:?}: {ran:?}");
    }

    let exported = compare(&["--format", "json", "--export", "forest.svg", "--out", "both"]);
    good(&exported);
    let told: Json = serde_json::from_str(&exported.stdout).unwrap();
    assert_eq!((&told["cells"][0]["rows"][0]["verdict"], &told["paired"]), (&"same".into(), &false.into()));
    for file in
        ["forest.svg", "both/comparison.csv", "both/comparison.json", "both/comparison.png", "both/report.md"]
    {
        assert!(scene.path(file).exists(), "{file}");
    }
    assert!(!scene.path("both/results-1.json").exists());

    good(&scene.say(&["report", "--trend", "out", "out", "--out", "trend"]));
    for file in ["trend/report.html", "trend/trend.svg", "trend/trend.csv", "trend/trend.json"] {
        assert!(scene.path(file).exists(), "{file}");
    }
    assert!(!scene.path("trend/results-1.json").exists());

    let folders = scene.say(&["compare", "o?t", "out", "--format", "json"]);
    let told: Json = serde_json::from_str(&folders.stdout).unwrap_or_else(|e| panic!("{e}: {folders:?}"));
    assert_eq!(told["base"]["runs"], 1);
    for (arguments, code) in [(&["compare", "nowhere-*", "out"][..], 1), (&["compare", "out"], 2)] {
        assert_eq!(scene.say(arguments).code, Some(code), "{arguments:?}");
    }
}
