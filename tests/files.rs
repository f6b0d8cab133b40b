//! What a run leaves in its folder, and what `wsbench report` makes of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod support;

use std::fs;

use support::{good, short};

#[test]
fn report_renders_what_run_printed() {
    let scene = short("");
    let ran = scene.begin(&["-q"]).end();
    good(&ran);
    assert!(ran.stderr.is_empty(), "-q: {}", ran.stderr);
    for file in [
        "results.json",
        "summary.csv",
        "timeline.csv",
        "latency.csv",
        "latency.hlog",
        "latency.png",
        "latency.svg",
    ] {
        assert!(scene.path("out").join(file).exists(), "{file}");
    }
    // What was measured is not written again, whatever version wrote it.
    let measured = fs::read_to_string(scene.path("out/results.json")).unwrap() + "\n";
    fs::write(scene.path("out/results.json"), &measured).unwrap();
    let again = scene.say(&["report", "out/"]);
    good(&again);
    assert_eq!(fs::read_to_string(scene.path("out/results.json")).unwrap(), measured);
    assert_eq!(again.stdout, ran.stdout);
    assert!(again.stdout.trim_end().lines().last().unwrap().starts_with("out/  "), "{}", again.stdout);

    let both = scene.say(&["report", "out", "out/results.json", "--out", "both"]);
    good(&both);
    assert!(scene.path("both/summary.csv").exists() && scene.path("both/results-2.json").exists());
    assert!(both.stdout.matches("websocket").count() >= 2, "{}", both.stdout);
    let printed = scene.say(&["report", "both", "--no-files", "--format", "json"]);
    let runs: serde_json::Value = serde_json::from_str(&printed.stdout).unwrap();
    assert_eq!(runs.as_array().map(Vec::len), Some(2));
    // That folder is read as a run's is.
    let again = scene.say(&["report", "both"]);
    good(&again);
    assert_eq!(again.stdout, both.stdout);
}

#[test]
fn results_that_cannot_be_written_or_read_are_errors() {
    let scene = short("");
    fs::write(scene.path("file"), "x").unwrap();
    let ran = scene.say(&["run", "scenario.toml", "--out", "file/below"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("error: saving the results") && ran.stderr.contains("file/below"), "{ran:?}");

    let cases = [
        ("{\"version\": 1, \"na", "cut off"),
        ("[1, 2]", "not results of wsbench"),
        ("{\"version\": 99}", "version 99"),
    ];
    for (text, message) in cases {
        fs::write(scene.path("results.json"), text).unwrap();
        let ran = scene.say(&["report", "results.json"]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stderr.contains(message) && ran.stdout.is_empty(), "{ran:?}");
    }
    fs::create_dir_all(scene.path("reports/mine-1")).unwrap();
    fs::write(scene.path("reports/mine-1/results.json"), "{}").unwrap();
    let ran = scene.say(&["report", "reports"]);
    let hint = "reports: a folder of runs, not a run: name one or several of reports/mine-1\n";
    assert!(ran.code == Some(1) && ran.stderr.contains(hint), "{ran:?}");
    let ran = scene.say(&["report", "nonesuch"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("reading results nonesuch"), "{ran:?}");
}

/// A file of another name may lie beside somebody else's results.
#[test]
fn a_report_of_another_file_has_a_folder_of_its_own() {
    let scene = short("");
    good(&scene.begin(&["-q"]).end());
    fs::copy(scene.path("out/results.json"), scene.path("out/other.json")).unwrap();
    fs::write(scene.path("out/results.json"), "mine").unwrap();
    for folder in ["out/other", "out/other-2"] {
        let other = scene.say(&["report", "out/other.json"]);
        good(&other);
        assert!(other.stderr.contains(&format!("rendering it in {folder}\n")), "{}", other.stderr);
        assert!(scene.path(folder).join("summary.csv").exists());
    }
    assert_eq!(fs::read_to_string(scene.path("out/results.json")).unwrap(), "mine");
}

#[test]
fn an_earlier_run_leaves_nothing_beside_this_one_and_what_is_not_ours_stays() {
    let scene = short("");
    let out = |name: &str| scene.path("out").join(name);
    // Nothing of ours lies there yet: whatever its name, it is somebody's.
    fs::create_dir(scene.path("out")).unwrap();
    fs::write(out("capacity.png"), "a photograph").unwrap();
    let run = || {
        let ran = scene.begin(&["-q"]).end();
        // Whether the machine was quiet enough for its numbers is not asked here.
        assert!(matches!(ran.code, Some(0 | 4)), "{ran:?}");
        ran
    };
    let first = run();
    assert_eq!(fs::read_to_string(out("capacity.png")).unwrap(), "a photograph");
    assert!(!first.stdout.contains("capacity.png"), "{}", first.stdout);

    fs::write(out("notes.txt"), "mine").unwrap();
    let again = run();
    assert!(!out("capacity.png").exists() && out("notes.txt").exists());
    assert!(out("latency.png").exists() && again.stdout.contains("latency.png"), "{}", again.stdout);

    fs::write(out("capacity.svg"), "old").unwrap();
    good(&scene.say(&["report", "out"]));
    assert!(!out("capacity.svg").exists() && out("results.json").exists() && out("notes.txt").exists());
}
