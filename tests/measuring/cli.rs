//! The command line as its users meet it: exit codes, help, streams, formats, and what is said of mistakes.

use std::fs;
use std::process::Command;

use crate::support::{PROGRAM, Scene, good, short};
use serde_json::Value as Json;
use wsbench::scenario::builtin;

#[test]
fn help_of_every_command_fits_a_screen_and_shows_examples() {
    let scene = Scene::new("");
    for command in ["", "run", "measure", "check", "report", "serve", "list", "init", "schema", "completions"]
    {
        let words: Vec<&str> = [command].into_iter().filter(|word| !word.is_empty()).collect();
        let (short, long) =
            (scene.say(&[&words[..], &["-h"]].concat()), scene.say(&[&words[..], &["--help"]].concat()));
        for ran in [&short, &long] {
            good(ran);
            assert!(ran.stdout.contains("Usage: wsbench") && ran.stderr.is_empty(), "{command}: {ran:?}");
            let examples = ran.stdout.contains("Example");
            assert!(examples || matches!(command, "list" | "schema"), "{command}: {}", ran.stdout);
        }
        let lines = short.stdout.lines().count();
        assert!((10..=36).contains(&lines), "{command} -h has {lines} lines");
        assert!(short.stdout.lines().all(|line| line.chars().count() <= 80), "{}", short.stdout);
        assert!(long.stdout.lines().count() >= lines);
    }
    assert!(scene.say(&["-h"]).stdout.lines().all(|line| !line.contains("shard")));
    assert!(scene.say(&["run", "--help"]).stdout.contains("Exit codes:\n    0  good"));
}

/// (arguments, a part of the message); each ends with exit code 2 and says nothing on stdout.
const WRONG: &[(&str, &str)] = &[
    ("", "Usage: wsbench"),
    ("bogus", "unrecognized subcommand 'bogus'"),
    ("run", "<SCENARIO>"),
    ("run nonesuch", "nonesuch: no such file, and no built-in scenario of that name"),
    ("run smoke extra", "unexpected argument 'extra'"),
    ("run smoke --duratoin 1s", "a similar argument exists: '--duration'"),
    ("run smoke --duration", "a value is required for '--duration <TIME>'"),
    ("run smoke --measure abc", "error: `--duration` is not a duration: it does not begin with a number"),
    ("run smoke -d 10x", "no unit `x` (units: ns, us, ms, s, m, h, d)"),
    ("run smoke --duration 0s", "error: `--duration` = `0s` is out of range\n  = help: expected 100ms to 7"),
    ("run smoke --for NaNs", "it does not begin with a number"),
    ("run smoke --warmup 2days", "error: `--warmup` = `2days` is out of range\n  = help: expected 0s to 1"),
    ("run smoke --repeat 0", "error: `--repeat` = 0 is out of range\n  = help: expected 1 to 100"),
    ("run smoke --seed 99999999999999999999", "`--seed` is not a number: it is too large"),
    ("run smoke --clients 0", "error: `--clients` = 0 is out of range\n  = help: expected 1 to 1_000_000"),
    ("run smoke -c 1,1", "error: `--clients` has an entry twice: 1\n"),
    ("run smoke --clients 10x", "no unit `x` (units: k, M)"),
    ("run smoke --clients 5000000000", "error: `--clients` = 5000000000 is out of range"),
    ("run smoke --rate 5", "error: `--rate` is not a rate: \"/s\" is missing"),
    ("run idle --rate 5/s", "error: `--rate` has no use with this load"),
    ("run smoke --payload 5B", "error: `--payload` = `5B` is out of range"),
    ("run smoke --shards many", "error: `--shards`"),
    ("run smoke --pin=perhaps", "invalid value 'perhaps' for '--pin[=<BOOL>]'"),
    ("run smoke --headers chrome", "error: `--headers` cannot be `chrome`"),
    ("run smoke --url 127.0.0.1:80", "error: `--url` has no scheme"),
    ("run smoke --header a:b", "error: `--header a`: [target] needs url or third-party or"),
    ("run smoke --export x.docx", "its extension is none of csv, "),
    ("run -", "/dev/stdin: cannot read it"),
    ("shrad", "unrecognized subcommand 'shrad'"),
    ("run smoke --transport webscoket", "(did you mean websocket?)"),
    ("check smoke --transport sse", "--transport sse: the scenario has polling, long-polling, websocket\n"),
    ("run deployed", "deployed is a template for a server of your own"),
    ("measure ws://127.0.0.1:9/ -n 10 -d 1s", "the argument '--count <N>' cannot be used with '--duration"),
    ("measure ws://127.0.0.1:9/ -n 10", "error: `--count` = `50ms` is out of range"),
    ("measure ws://127.0.0.1:9/ -n 10 --load idle", "`--count` has no use here: with `--load idle`"),
    ("run smoke --threshold lost", "error: `--threshold lost` has no `<=` or `>=`"),
    ("run smoke --option via=xhr", "tip: `wsbench measure` has --option; in a scenario file it may be a key"),
    ("run smoke --threshold losst<=1", "there is no metric `losst`\n  = help: did you mean `lost`?"),
    ("run smoke --format yaml", "[possible values: text, json, ndjson, csv, md, html,"),
    ("run smoke --format chart", "[possible values: text, json, ndjson, csv, md, html,"),
    ("run smoke --color pink", "[possible values: auto, always, never]"),
    ("check", "<SCENARIO>"),
    ("check nonesuch.toml", "built-in: overhead, "),
    ("check bad.toml", "did you mean `every`?"),
    ("run bad.toml", "bad.toml:4:1"),
    ("report", "<RUN>..."),
    ("serve", "<TRANSPORT>"),
    ("serve pigeon", "[possible values: polling, long-polling, websocket, streaming, sse]"),
    ("serve polling --reply newest", "[possible values: latest, since]"),
    ("serve polling --headers chrome", "[possible values: minimal, browser, article]"),
    ("serve polling --every 0s", "choose a longer interval"),
    ("serve polling --clients 0", "--clients 0: expected 1 to 1000000"),
    ("serve websocket --payload 5B", "choose 21 B to"),
    ("serve websocket --payload 2MiB", "choose 21 B to 1048576 B"),
    ("serve websocket --echo --broadcast", "cannot be used with"),
    ("serve websocket --bind 127.0.0.1:99999", "invalid socket address"),
    ("completions klingon", "bash, elvish, fish"),
    ("list x", "unexpected argument 'x'"),
];

#[test]
fn wrong_command_lines_are_said_to_be_wrong() {
    let scene = Scene::new("");
    let bad = "name = \"bad\"\nclients = 1\n[load.push]\nevry = \"1s\"\n[[transport]]\nwebsocket = {}\n";
    fs::write(scene.path("bad.toml"), bad).unwrap();
    for (arguments, message) in WRONG {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let ran = scene.say(&words);
        assert_eq!(ran.code, Some(2), "{arguments}: {ran:?}");
        assert!(ran.stderr.contains(message), "{arguments}: {}", ran.stderr);
        assert!(ran.stdout.is_empty(), "{arguments}: {}", ran.stdout);
    }
    assert!(!scene.path("reports").exists(), "nothing was begun");
}

#[test]
fn advice_on_a_flag_has_to_do_with_it() {
    let scene = Scene::new("");
    for flags in ["run smoke --users 3", "check smoke --bind x"] {
        let ran = scene.say(&flags.split(' ').collect::<Vec<_>>());
        assert!(ran.code == Some(2) && ran.stderr.contains("unexpected argument '--"), "{ran:?}");
        let astray = ["--authorised", "--search", "as a value"];
        assert!(!astray.iter().any(|word| ran.stderr.contains(word)), "{flags}: {}", ran.stderr);
    }
}

#[test]
fn exit_codes_say_how_a_run_ended() {
    let threshold = |max: &str| {
        let text =
            format!("[[threshold]]\nmetric = \"latency.p50\"\ntransport = \"websocket\"\nmax = \"{max}\"");
        short(&text).begin(&["-q"]).end()
    };
    good(&threshold("1m"));
    let crossed = threshold("1us");
    assert_eq!(crossed.code, Some(99), "{crossed:?}");
    assert!(crossed.stdout.contains("latency.p50"), "{}", crossed.stdout);
    let by_flag = short("").begin(&["-q", "--threshold", "latency.p50 <= 1us"]).end();
    assert_eq!(by_flag.code, Some(99), "{by_flag:?}");
    // 1, 4 and 130 have tests of their own in failures.rs.
}

#[test]
fn who_reads_json_is_told_the_reason_and_quiet_says_nothing_else() {
    let long = "[[threshold]]\nmetric = \"latency.p50\"\nmax = \"1us\"\n[[threshold]]\nmetric = \"latency.p99\"\nmax = \"1m\"";
    let scene = short(long);
    let crossed = scene.begin(&["-q", "--format", "json"]).end();
    assert_eq!(crossed.code, Some(99), "{crossed:?}");
    let report: Json = serde_json::from_str(&crossed.stdout).unwrap();
    assert_eq!(crossed.stderr.lines().count(), 1, "{}", crossed.stderr);
    let words =
        ["error: exit code 99: failed: latency.p50 ", "must be at most 1 µs", "threshold not measured"];
    assert!(words.iter().all(|word| crossed.stderr.contains(word)), "{}", crossed.stderr);
    assert_eq!(report["thresholds"][0]["threshold"]["unit"], "ns");
    // Ten clients, 24 messages each: that there is no p99 was known before.
    let checked = scene.say(&["check", "scenario.toml"]);
    good(&checked);
    let said = checked.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let note = "note: the threshold on latency.p99 needs 1,000 samples, and websocket takes at most 240 with 10 clients";
    assert!(said.contains(note), "{}", checked.stdout);
    assert!(!said.contains("on latency.p50 needs"), "{}", checked.stdout);

    let quiet = short("").begin(&["-q", "--format", "json"]).end();
    good(&quiet);
    assert!(quiet.stderr.is_empty(), "{}", quiet.stderr);
}

#[test]
fn a_variable_that_is_empty_is_not_set() {
    let scene = short("");
    for name in
        ["WSBENCH_COLOR", "WSBENCH_CLIENTS", "WSBENCH_MEASURE", "WSBENCH_SEARCH", "WSBENCH_AUTHORISED"]
    {
        let mut command = scene.wsbench(&["check", "scenario.toml"]);
        command.env(name, "");
        good(&scene.start(command).end());
    }
    let mut command = scene.wsbench(&["check", "scenario.toml"]);
    command.env("WSBENCH_COLOR", "pink");
    assert_eq!(scene.start(command).end().code, Some(2));
}

#[test]
fn a_wrong_variable_is_named_and_a_wrong_flag_is_not_blamed_on_one() {
    let scene = short("");
    let check = &["check", "scenario.toml"][..];
    let cases = [
        ("WSBENCH_CLIENTS", "many", &[][..], "error: `WSBENCH_CLIENTS` is not a number"),
        ("WSBENCH_CLIENTS", "many", &["-c", "x"], "error: `--clients` is not a number"),
        ("WSBENCH_SEARCH", "many", &[], "tip: the value is that of the variable WSBENCH_SEARCH"),
        // Its old name.
        ("WSBENCH_MEASURE", "1", &[], "error: `WSBENCH_DURATION` is not a duration"),
    ];
    for (name, value, flags, message) in cases {
        let mut command = scene.wsbench(&[check, flags].concat());
        command.env(name, value);
        let ran = scene.start(command).end();
        assert!(ran.code == Some(2) && ran.stderr.contains(message), "{name}: {ran:?}");
    }
}

/// One grammar for each variable: what `run` takes does not stop another command.
#[test]
fn a_variable_of_one_command_is_no_fault_of_another() {
    let scene = Scene::new("");
    for arguments in [&["list"][..], &["schema"], &["serve", "pigeon"]] {
        let mut command = scene.wsbench(arguments);
        command.env("WSBENCH_FORMAT", "csv").env("WSBENCH_CLIENTS", "10,20");
        let ran = scene.start(command).end();
        assert!(!ran.stderr.contains("WSBENCH"), "{ran:?}");
    }
    let mut command = scene.wsbench(&["doctor"]);
    command.env("WSBENCH_FORMAT", "csv");
    assert!(scene.start(command).end().stdout.contains("congestion control"));
}

#[test]
fn what_a_run_prints_can_be_read_by_machines() {
    let scene = short("");
    let first = scene.begin(&["--format", "json"]).end();
    good(&first);
    let report: Json = serde_json::from_str(&first.stdout).unwrap();
    assert_eq!(report["measurements"].as_array().map(Vec::len), Some(2));
    assert_eq!(first.stdout, fs::read_to_string(scene.path("out/results.json")).unwrap());

    let ndjson = scene.say(&["report", "out", "--no-files", "--format", "ndjson"]);
    let lines: Vec<Json> = ndjson.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() >= 2 && lines.iter().all(Json::is_object), "{ndjson:?}");

    let csv = scene.say(&["report", "out", "--no-files", "--format", "csv"]);
    let mut reader = csv::Reader::from_reader(csv.stdout.as_bytes());
    assert_eq!(reader.records().map(Result::unwrap).count(), 2, "{csv:?}");

    let md = scene.say(&["report", "out", "--no-files", "--format", "md"]);
    assert!(md.stdout.starts_with("# ") && md.stdout.contains("\n|:--|"), "{md:?}");
    for ran in [ndjson, csv, md] {
        good(&ran);
        assert!(ran.stderr.is_empty(), "{ran:?}");
    }
}

#[test]
fn colour_is_used_when_it_is_wanted() {
    let scene = short("");
    good(&scene.begin(&["-q"]).end());
    let report = |color: &str, variable: &str| {
        let mut command = scene.wsbench(&["report", "out", "--no-files", "--color", color]);
        if !variable.is_empty() {
            command.env(variable, "1");
        }
        let ran = scene.start(command).end();
        good(&ran);
        ran.stdout.contains('\u{1b}')
    };
    let said = [report("always", ""), report("auto", ""), report("auto", "NO_COLOR"), report("never", "")];
    assert_eq!(said, [true, false, false, false]);
}

#[test]
fn flags_override_the_file_and_the_environment_has_twins() {
    let scene = short("");
    let flags = "-c 3,4 --measure 300ms --warmup 0s --repeat 2 --seed 7 --transport websocket";
    let words: Vec<&str> = flags.split(' ').collect();
    let ran = scene.begin(&[&words[..], &["-q"]].concat()).end();
    // A window so short may be found invalid on a busy machine.
    assert!(matches!(ran.code, Some(0 | 4)), "{ran:?}");
    let report = scene.report();
    let seen: Vec<(u32, u32, u64)> =
        report.measurements.iter().map(|m| (m.trial.clients, m.trial.repeat, m.trial.seed)).collect();
    assert_eq!(seen, [(3, 0, 7), (3, 1, 8), (4, 0, 7), (4, 1, 8)]);
    assert!(
        report.measurements.iter().all(|m| m.trial.measure.as_millis() == 300 && m.trial.warmup.is_zero())
    );
    let overrides = report.scenario.overrides.join(" ");
    assert!(overrides.contains("--clients 3,4") && overrides.contains("--seed 7"), "{overrides}");

    let mut command = scene.wsbench(&["check", "scenario.toml"]);
    command.env("WSBENCH_CLIENTS", "77");
    command.env("WSBENCH_SEARCH", "0");
    let checked = scene.start(command).end();
    assert!(checked.code == Some(0) && checked.stdout.contains("77"), "{checked:?}");
    assert!(!checked.stdout.contains("search"), "{checked:?}");
}

#[test]
fn list_check_schema_and_completions_come_from_the_code() {
    let scene = Scene::new("");
    let list = scene.say(&["list"]);
    good(&list);
    let words = [
        "long-polling",
        "broadcast",
        "article",
        "ndjson",
        "  latency.p99              99th percentile of the delivery latency; \"5ms\"\n",
        "overhead-browser",
    ];
    assert!(words.iter().all(|word| list.stdout.contains(word)), "{}", list.stdout);
    for builtin in builtin::ALL {
        let check = scene.say(&["check", builtin.name]);
        // The template is not to be run as it is.
        let code = if builtin.name == "deployed" { 1 } else { 0 };
        assert!(check.code == Some(code) && check.stdout.contains(builtin.name), "{check:?}");
    }
    let schema: Json = serde_json::from_str(&scene.say(&["schema"]).stdout).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    for shell in ["bash", "zsh", "fish"] {
        let script = scene.say(&["completions", shell]);
        assert!(script.code == Some(0) && script.stdout.contains("wsbench"), "{shell}");
    }
    let version = scene.say(&["--version"]);
    assert_eq!(version.stdout, format!("wsbench {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn init_writes_samples_once() {
    let scene = Scene::new("");
    good(&scene.say(&["init", "samples"]));
    let text = fs::read(scene.path("samples/smoke.toml")).unwrap();
    good(&scene.say(&["check", "samples/smoke.toml"]));
    fs::write(scene.path("samples/smoke.toml"), "mine").unwrap();
    let again = scene.say(&["init", "samples"]);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.stderr.contains("--force") && again.stderr.contains("smoke.toml"), "{again:?}");
    assert_eq!(fs::read_to_string(scene.path("samples/smoke.toml")).unwrap(), "mine");
    good(&scene.say(&["init", "samples", "--force"]));
    assert_eq!(fs::read(scene.path("samples/smoke.toml")).unwrap(), text);
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let scene = Scene::new("");
    let line = format!("'{}' schema | head -1; echo ${{PIPESTATUS[0]}}", PROGRAM);
    let mut command = Command::new("bash");
    command.current_dir(scene.path("."));
    command.args(["-c", &line]);
    let ran = scene.start(command).end();
    assert_eq!(ran.stdout, "{\n0\n", "{ran:?}");
    assert!(ran.stderr.is_empty(), "{ran:?}");
}

/// Who has left does not make a bad run good.
#[test]
fn a_reader_that_leaves_changes_no_exit_code() {
    let scene = short("[[threshold]]\nmetric = \"latency.p50\"\nmax = \"1us\"");
    let run = format!("'{}' run scenario.toml -q --out out", PROGRAM);
    let mut command = Command::new("bash");
    command.current_dir(scene.path("."));
    command.args(["-c", &format!("{run} | true; echo ${{PIPESTATUS[0]}}")]);
    let ran = scene.start(command).end();
    assert_eq!(ran.stdout, "99\n", "{ran:?}");
    assert!(scene.path("out/summary.csv").exists());
}

/// What stands for a flag of the command that was typed stands for none of its children's.
#[test]
fn children_inherit_no_variable_of_ours() {
    let scene = short("");
    let mut command = scene.wsbench(&["run", "scenario.toml", "--out", "out", "-q"]);
    command.env("WSBENCH_CLIENTS", "1,2").env("WSBENCH_EVERY", "bad").env("WSBENCH_HOLD", "bad");
    let ran = scene.start(command).end();
    let report = scene.report();
    assert!(report.failed.is_empty() && report.measurements.len() == 4, "{ran:?}");
}
