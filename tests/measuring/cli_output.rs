//! What the command line prints for programs and for narrow terminals: JSON, exports, help, the page of docs, lines of trials.

use std::fs;
use std::process::Command;

use crate::support::{Scene, good, short};
use serde_json::Value as Json;
use wsbench::scenario::builtin;

/// What a program reads instead of a table.
#[test]
fn lists_plans_and_schemas_come_as_json() {
    let scene = short("");
    let json = |arguments: &[&str]| -> Json {
        let ran = scene.say(arguments);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {ran:?}"))
    };
    let list = json(&["list", "--format", "json"]);
    assert!(
        list["metrics"].as_array().unwrap().iter().any(|metric| metric["name"] == "latency.p99"),
        "{list}"
    );
    assert_eq!(list["scenarios"].as_array().unwrap().len(), builtin::ALL.len());
    let plan = json(&["check", "scenario.toml", "-c", "3,4", "--format", "json"]);
    assert_eq!(plan["trials"].as_array().unwrap().len(), 4);
    assert_eq!((&plan["problems"], &plan["overrides"][0]), (&Json::Array(vec![]), &"--clients 3,4".into()));
    assert!(plan["needs"]["memory_bytes"].as_u64() > Some(1_000_000), "{plan}");
    let refused = scene.say(&["check", "deployed", "--format", "json"]);
    let plan: Json = serde_json::from_str(&refused.stdout).unwrap();
    assert!(refused.code == Some(1) && refused.stderr.is_empty(), "{refused:?}");
    assert!(plan["problems"][0].as_str().unwrap().contains("is a template"), "{plan}");
    // The example's place is taken by a server that was named.
    good(&scene.say(&["check", "deployed", "--url", "ws://127.0.0.1:9/"]));
    assert_eq!(json(&["schema", "--format", "json"]), json(&["schema"]));
}

#[test]
fn a_scenario_comes_from_stdin() {
    let scene = short("");
    for command in ["check", "run"] {
        let line = format!("'{}' {command} - --out out -q < scenario.toml", crate::support::PROGRAM);
        let line = if command == "check" { line.replace("--out out -q", "") } else { line };
        let mut shell = Command::new("sh");
        shell.current_dir(scene.path(".")).args(["-c", &line]);
        let ran = scene.start(shell).end();
        assert!(matches!(ran.code, Some(0 | 4)) && ran.stdout.contains("websocket"), "{ran:?}");
    }
    assert_eq!(scene.report().scenario.path, "stdin");
}

#[test]
fn what_is_exported_has_the_format_of_its_extension() {
    let scene = short("");
    let ran = scene.begin(&["-q", "--export", "a/mine.csv", "--export", "timeline.csv"]).end();
    assert!(matches!(ran.code, Some(0 | 4)), "{ran:?}");
    let text = |name: &str| String::from_utf8_lossy(&fs::read(scene.path(name)).unwrap()).into_owned();
    assert_eq!(text("a/mine.csv"), text("out/summary.csv"));
    assert_eq!(text("timeline.csv"), text("out/timeline.csv"));
    let names = ["x.json", "x.md", "x.txt", "latency.svg", "y.PNG", "x.ndjson", "x.hlog"];
    let flags: Vec<&str> = names.iter().flat_map(|name| ["--export", name]).collect();
    good(&scene.say(&[&["report", "out", "--no-files"][..], &flags].concat()));
    let same = [("x.json", "results.json"), ("x.md", "report.md"), ("latency.svg", "latency.svg")];
    for (exported, written) in same {
        assert_eq!(text(exported), text(&format!("out/{written}")), "{exported}");
    }
    assert!(text("y.PNG").contains("PNG") && names.iter().all(|name| scene.path(name).exists()));
    // Of several runs, all.
    good(&scene.say(&["report", "out", "out", "--no-files", "--export", "both.json"]));
    let both: Json = serde_json::from_str(&text("both.json")).unwrap();
    assert_eq!(both.as_array().map(Vec::len), Some(2));
}

#[test]
fn help_is_a_command_and_hidden_commands_are_not_suggested() {
    let scene = Scene::new("");
    let [help, flag] = [scene.say(&["help", "run"]), scene.say(&["run", "--help"])];
    assert_eq!(help.stdout, flag.stdout);
    // Each variable once, and not under every flag.
    let words = flag.stdout.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
    assert_eq!(words.filter(|word| *word == "WSBENCH_CLIENTS").count(), 1, "{}", flag.stdout);
    assert!(!flag.stdout.contains("[env:"), "{}", flag.stdout);
    for (typed, meant) in [("shrad", ""), ("tagret", ""), ("meassure", "'measure'"), ("chekc", "'check'")] {
        let ran = scene.say(&[typed]);
        assert!(ran.stderr.contains(meant), "{ran:?}");
        assert!(!["'shard'", "'target'", "'man'"].iter().any(|name| ran.stderr.contains(name)), "{ran:?}");
    }
    good(&scene.say(&["man", "pages"]));
    let page = fs::read_to_string(scene.path("pages/wsbench-run.1")).unwrap();
    assert!(page.contains("Length of the measured window") && page.contains(".TH wsbench-run 1"), "{page}");
    assert!(!scene.path("pages/wsbench-shard.1").exists());
}

/// No line is broken inside a word, and none is longer than the terminal.
#[test]
fn what_is_printed_fits_the_width() {
    let scene = Scene::new("");
    for columns in [60, 80, 100] {
        for arguments in [
            &["list"][..],
            &["check", "capacity"],
            &["doctor"],
            &["run", "--help"],
            &["--help"],
            &["measure", "-h"],
        ] {
            let mut command = scene.wsbench(arguments);
            command.env("COLUMNS", columns.to_string());
            let ran = scene.start(command).end();
            // A table of numbers, a URL or an example is as wide as it is.
            let most = if columns < 80 { 80 } else { columns };
            let wide: Vec<&str> = ran.stdout.lines().filter(|line| line.chars().count() > most).collect();
            assert!(wide.is_empty(), "{arguments:?} at {columns}: {wide:#?}");
        }
    }
}

#[test]
fn docs_command_line_is_what_the_program_says() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/command-line.md");
    let said = wsbench::cli::reference().unwrap();
    if std::env::var_os("WSBENCH_BLESS").is_some() {
        fs::write(&path, said).unwrap();
        return;
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(there == said, "docs/command-line.md: WSBENCH_BLESS=1 writes it anew");
}

/// Where there is no terminal, a line of every trial that has ended, and none with -q.
#[test]
fn every_trial_has_a_line_of_its_own() {
    let scene = short("");
    let ran = scene.begin(&[]).end();
    for trial in ["[1/2] ", "[2/2] "] {
        let line =
            ran.stderr.lines().find(|line| line.starts_with(trial) && line.contains(" messages/s · p50 "));
        let line = line.unwrap_or_else(|| panic!("{trial}: {}", ran.stderr));
        assert!(line.contains(", 10 clients: ") && line.contains(" · p50 "), "{line}");
        assert!(line.ends_with(" B per message"), "{line}");
    }
}
