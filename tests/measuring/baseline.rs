//! Baselines, and what a CI job makes of them: `wsbench baseline`, `run --baseline`, and the script of `action.yml`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{PROGRAM, Scene, good, short};
use serde_json::Value as Json;
use wsbench::report::{json, write};

/// What is compared must be valid, also where others are at work.
fn valid(scene: &Scene, run: &str) {
    let mut report = json::read(&scene.path(run)).unwrap();
    report.measurements.iter_mut().for_each(|m| m.verdict.warnings.clear());
    write(&scene.path(run), &json::artifacts(&[report]).unwrap()).unwrap();
}

#[test]
fn a_run_is_compared_with_a_baseline_that_was_saved() {
    let scene = short("");
    let run = |out: &str, more: &[&str]| {
        let asked = ["run", "scenario.toml", "-t", "websocket", "--repeat", "3", "-q", "--out", out];
        scene.say(&[&asked[..], more].concat())
    };
    run("first", &[]);
    valid(&scene, "first");
    good(&scene.say(&["baseline", "save", "main", "first"]));
    let list: Json =
        serde_json::from_str(&scene.say(&["baseline", "list", "--format", "json"]).stdout).unwrap();
    assert_eq!(
        (&list[0]["name"], &list[0]["current"], &list[0]["trials"]),
        (&"main".into(), &true.into(), &3.into())
    );

    let ran = run("second", &["--baseline", "main", "--fail-on", "bytes.per-message > 0.5x"]);
    // Bytes are exact; whether the machine let it be valid is another question.
    assert!(matches!(ran.code, Some(99 | 4)), "{ran:?}");
    assert!(ran.stdout.contains("✗ bytes.per-message > 0.5x") || ran.stdout.contains("left out"), "{ran:?}");
    assert!(scene.path("second/comparison.json").exists());
    valid(&scene, "second");
    for arguments in [&["compare", "main", "second"][..], &["compare", "second"]] {
        let ran = scene.say(arguments);
        good(&ran);
        assert!(ran.stdout.contains("bytes.per-message"), "{ran:?}");
    }
    assert!(scene.say(&["baseline", "list"]).stdout.contains(", 1 run, 3 trials,"));
    // Two runs are one baseline, and take the place of the former.
    good(&scene.say(&["baseline", "save", "main", "first", "second"]));
    good(&scene.say(&["baseline", "save", "other", "second"]));
    good(&scene.say(&["baseline", "use", "other"]));
    let listed = scene.say(&["baseline", "list"]).stdout;
    assert!(listed.contains("* other") && listed.contains("2 runs, 6 trials"), "{listed}");

    for (arguments, code) in [
        (&["baseline", "save", "../x", "first"][..], 2),
        (&["baseline", "use", "nothing"], 1),
        (&["run", "scenario.toml", "--baseline", "nothing"], 2),
        (&["run", "scenario.toml", "--fail-on", "latency.p99 > 1.2x"], 2),
    ] {
        assert_eq!(scene.say(arguments).code, Some(code), "{arguments:?}");
    }
}

/// As GitHub runs it: inputs in the environment, files for summary and outputs.
fn action(scene: &Scene, inputs: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/action");
    let (summary, output) = (scene.path("summary.md"), scene.path("output"));
    fs::write(&summary, "").unwrap();
    let mut command = Command::new(script);
    command.current_dir(scene.path("")).env("PROGRAM", PROGRAM).env("SCENARIO", "scenario.toml");
    command.env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_OUTPUT", &output);
    let ran = command.envs(inputs.iter().copied()).output().unwrap();
    let printed = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    (ran.status.code(), fs::read_to_string(summary).unwrap(), printed)
}

#[test]
fn the_action_measures_summarises_and_compares() {
    let scene = short("");
    // Arguments may stand in lines; and what is called as the baseline is not meant.
    fs::create_dir(scene.path("main")).unwrap();
    let common = [("REPEAT", "3"), ("ARGUMENTS", "--transport\n  websocket\n"), ("BASELINE", "main")];
    let rules = ("FAIL_ON", "\nbytes.per-message > 0.5x\n");
    let (code, summary, printed) = action(&scene, &[&common[..], &[rules]].concat());
    assert!(matches!(code, Some(0 | 4)), "{code:?} {printed}");
    assert!(summary.starts_with("# test "), "{summary}");
    let measured = json::read(&scene.path("wsbench-report")).unwrap().measurements;
    assert!(measured.iter().all(|m| m.trial.transport.name() == "websocket"), "{printed}");
    assert!(printed.contains("::notice title=wsbench::there is no baseline main yet"), "{printed}");
    let junit = fs::read_to_string(scene.path("wsbench-report/junit.xml")).unwrap();
    assert!(junit.contains("<testcase"), "{junit}");
    let output = fs::read_to_string(scene.path("output")).unwrap();
    assert!(output.contains("exit-code=") && output.contains("folder=wsbench-report"), "{output}");

    valid(&scene, "wsbench-report");
    good(&scene.say(&["baseline", "save", "main", "wsbench-report"]));
    let crossed = [("THRESHOLDS", "latency.p50 <= 1h"), rules, ("OUT", "second")];
    let (code, summary, printed) = action(&scene, &[&common[..], &crossed].concat());
    assert!(matches!(code, Some(99 | 4)), "{code:?} {printed}");
    assert!(summary.contains("# Comparison"), "{summary}");
    assert!(code == Some(4) || printed.contains("::error title=wsbench comparison::"), "{printed}");
}
