//! What a run leaves in its folder, and what `wsbench report` makes of it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{PROGRAM, Ran, Scene, alone, good, short};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::Value;
use wsbench::report::json;

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

    // The kernel lets nobody make a folder there, not even root.
    let ran = scene.say(&["run", "scenario.toml", "--out", "/sys/wsbench"]);
    let hint = "\n  = help: name a folder that you may write into by --out\n";
    assert!(ran.code == Some(1) && ran.stderr.ends_with(hint), "{ran:?}");

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
    // Who names the scenario is told the run.
    let hint = "\n  = help: the newest run is reports/mine-1\n";
    assert!(ran.stderr.ends_with(hint) && scene.say(&["report", "mine"]).stderr.ends_with(hint), "{ran:?}");
    fs::remove_dir_all(scene.path("reports")).unwrap();
    let ran = scene.say(&["report", "smoke"]);
    assert!(ran.stderr.contains("\n  = help: smoke is a scenario; `wsbench run smoke`"), "{ran:?}");
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
    assert!(out("latency.png").exists() && again.stdout.contains("overhead.png"), "{}", again.stdout);

    fs::write(out("capacity.svg"), "old").unwrap();
    good(&scene.say(&["report", "out"]));
    assert!(!out("capacity.svg").exists() && out("results.json").exists() && out("notes.txt").exists());
}

/// The review's: `report a b c --out both`, then `report a b --out both`, and `report both` showed c.
#[test]
fn runs_side_by_side_leave_no_other_run_among_them() {
    let scene = short("");
    good(&scene.begin(&["-q"]).end());
    for name in ["a", "b", "c"] {
        fs::create_dir(scene.path(name)).unwrap();
        fs::copy(scene.path("out/results.json"), scene.path(name).join("results.json")).unwrap();
    }
    good(&scene.say(&["report", "a", "b", "c", "--out", "both"]));
    fs::write(scene.path("both/results-x.json"), "mine").unwrap();
    good(&scene.say(&["report", "a", "b", "--out", "both"]));
    let there = ["results-1.json", "results-2.json", "results-3.json", "results-x.json"];
    assert_eq!(there.map(|name| scene.path("both").join(name).exists()), [true, true, false, true]);
    let printed = scene.say(&["report", "both", "--no-files", "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&printed.stdout).unwrap().as_array().map(Vec::len), Some(2));

    // Beside the results of a run they are not written at all.
    let beside = scene.say(&["report", "a", "b", "--out", "a"]);
    assert!(beside.code == Some(2) && beside.stderr.contains("name another folder by --out"), "{beside:?}");
    assert_eq!(fs::read_dir(scene.path("a")).unwrap().count(), 1);
    // A run replaces both.
    let run = scene.say(&["run", "scenario.toml", "-q", "--out", "both"]);
    assert!(matches!(run.code, Some(0 | 4)), "{run:?}");
    assert!(scene.path("both/results.json").exists() && !scene.path("both/results-1.json").exists());
}

/// As on a full disk: what was there stays until what replaces it is whole.
#[test]
fn a_rendering_that_cannot_be_written_destroys_nothing() {
    let scene = short("");
    good(&scene.begin(&["-q"]).end());
    for name in ["latency.svg", "capacity.svg"] {
        fs::write(scene.path("out").join(name), "earlier").unwrap();
    }
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 16; exec \"$0\" report out", PROGRAM]).current_dir(scene.path(""));
    let ran = scene.start(command).end();
    assert!(ran.code == Some(1) && ran.stderr.contains("latency.svg"), "{ran:?}");
    for name in ["latency.svg", "capacity.svg"] {
        assert_eq!(fs::read_to_string(scene.path("out").join(name)).unwrap(), "earlier", "{name}");
    }
    good(&scene.say(&["report", "out"]));
    assert!(!scene.path("out/capacity.svg").exists() && scene.path("out/latency.svg").exists());
}

/// What ran is printed with both trials, and the exit code says that it is not all on the disk.
fn told_though_not_saved(ran: &Ran, unsaved: &str) {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("websocket") && ran.stdout.contains("long-polling"), "{ran:?}");
    assert!(!ran.stdout.contains("1 of 2 trials"), "{ran:?}");
    assert!(ran.stderr.contains("not saved so far: ") && ran.stderr.contains(unsaved), "{ran:?}");
}

#[test]
fn a_folder_that_breaks_loses_no_trial() {
    let scene = short("");
    let run = scene.begin(&[]);
    run.child(" shard");
    fs::remove_dir_all(scene.path("out")).unwrap();
    fs::write(scene.path("out"), "a file now").unwrap();
    let ran = run.end();
    told_though_not_saved(&ran, "error: not saved in out: report.txt, results.json, ");
    // All for one reason, which is said once.
    let last = ran.stderr.lines().last().unwrap();
    assert_eq!(last.matches("os error").count(), 1, "{last}");
}

/// As with a full disk, a file can be begun and not be ended.
#[test]
fn a_file_that_grows_too_large_loses_no_trial() {
    let scene = short("");
    let mut command = Command::new("sh");
    // 16 blocks: of 512 B or 1 KiB.
    let line = "ulimit -f 16; exec \"$0\" run scenario.toml --out out";
    command.args(["-c", line, PROGRAM]).current_dir(scene.path("")).stdin(Stdio::null());
    let ran = scene.start(command).end();
    told_though_not_saved(&ran, "latency.svg");
    assert!(ran.stderr.contains("File too large"), "{ran:?}");
    // What fits is there and whole, and nothing half.
    assert!(scene.path("out/summary.csv").exists() && json::read(&scene.path("out")).is_ok(), "{ran:?}");
    let names = fs::read_dir(scene.path("out")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().ends_with(".tmp")));
}

#[test]
fn a_calibration_that_cannot_be_kept_is_shown() {
    let _turn = alone();
    let scene = Scene::new("");
    fs::write(scene.path("cache"), "a file").unwrap();
    let mut command = scene.wsbench(&["calibrate"]);
    command.env("XDG_CACHE_HOME", scene.path("cache"));
    let ran = scene.start(command).end();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    // Where other programs keep the machine busy there is nothing to be kept.
    if ran.stderr.contains("this is no floor") {
        return;
    }
    assert!(ran.stdout.contains("timer, late by") && ran.stdout.contains("websocket"), "{ran:?}");
    assert!(ran.stderr.contains("error: the calibration could not be kept: "), "{ran:?}");
    assert!(!ran.stdout.contains("kept for 30 days"), "{ran:?}");
}

fn pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

#[test]
fn a_pipe_that_nobody_writes_into_is_not_waited_for() {
    let scene = short("");
    fs::create_dir_all(scene.path("cache/wsbench")).unwrap();
    for name in ["cache/wsbench/calibration.json", "pipe.toml", "results.json"] {
        pipe(&scene.path(name));
    }
    for arguments in [&["check", "pipe.toml"][..], &["report", "results.json"], &["report", "."]] {
        let ran = scene.say(arguments);
        assert!(ran.code != Some(0) && ran.stderr.contains("that nothing is written into"), "{ran:?}");
    }
    let mut command = scene.wsbench(&["run", "scenario.toml", "--out", "out"]);
    command.env("XDG_CACHE_HOME", scene.path("cache"));
    let ran = scene.start(command).end();
    assert!(scene.report().complete(), "{ran:?}");

    // A shell's <(..) is a pipe with a writer.
    let mut command = Command::new("sh");
    command.args(["-c", "cat scenario.toml | \"$0\" check /dev/stdin", PROGRAM]).current_dir(scene.path(""));
    good(&scene.start(command).end());
    for command in ["check", "report"] {
        let ran = scene.say(&[command, "/dev/zero"]);
        assert!(ran.code != Some(0) && ran.stderr.contains("a device"), "{ran:?}");
    }
    // What a file of roots is called is no password, and what is in it no root.
    let ran = scene.say(&["measure", "https://127.0.0.1:9/", "--ca", "/etc/passwd"]);
    assert!(
        ran.code == Some(1) && ran.stderr.contains("(/etc/passwd): there is no certificate in it"),
        "{ran:?}"
    );
    let ran = scene.say(&["measure", "https://127.0.0.1:9/", "--ca", "results.json"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("that nothing is written into"), "{ran:?}");
}

#[test]
fn results_that_cannot_be_are_refused_by_their_place() {
    let scene = short("");
    good(&scene.begin(&["-q"]).end());
    let good: Value =
        serde_json::from_str(&fs::read_to_string(scene.path("out/results.json")).unwrap()).unwrap();
    let cases: [(&str, Value, &str); 6] = [
        ("/measurements/0/window_s", (-1.0).into(), "measurements[0].window_s is -1"),
        ("/measurements/1/window_s", 1e308.into(), "measurements[1].window_s is 1"),
        ("/measurements/0/trial/clients", 0.into(), "measurements[0].trial.clients is 0"),
        (
            "/measurements/0/tally/counts/sent",
            u64::MAX.into(),
            "measurements[0].tally.counts.sent is 18446744073709551615",
        ),
        ("/measurements/0/tally/latency/count", 7.into(), "histogram says that it has 7 durations"),
        ("/planned", u32::MAX.into(), "planned is 4294967295"),
    ];
    for (place, value, why) in cases {
        let mut bad = good.clone();
        *bad.pointer_mut(place).unwrap() = value;
        fs::write(scene.path("bad.json"), bad.to_string()).unwrap();
        let ran = scene.say(&["report", "bad.json", "--no-files"]);
        assert!(ran.code == Some(1) && ran.stderr.contains(why) && ran.stdout.is_empty(), "{why}: {ran:?}");
    }
}

#[test]
fn what_a_folder_is_called_commands_no_terminal() {
    let scene = short("");
    let out = "a\u{1b}[31m\u{202e}";
    let ran = scene.say(&["run", "scenario.toml", "--out", out]);
    good(&ran);
    assert!(scene.path(out).join("results.json").exists());
    let all = ran.stdout + &ran.stderr;
    assert!(!all.contains('\u{1b}') && all.contains("a\\u{1b}[31m\\u{202e}/"), "{all}");
}

#[test]
fn two_runs_do_not_mix_their_files() {
    let scene = short("");
    let first = scene.begin(&["-q"]);
    first.child(" shard");
    let mine = |arguments: &[&str]| scene.start_apart(scene.wsbench(arguments));
    for arguments in [&["run", "scenario.toml", "--out", "out"][..], &["report", "out"]] {
        let second = mine(arguments).end();
        assert_eq!(second.code, Some(1), "{second:?}");
        assert!(second.stderr.contains("another wsbench is writing into out: wait"), "{second:?}");
    }
    let ran = first.end();
    assert!(scene.report().complete(), "{ran:?}");
    // Whoever dies leaves no lock behind.
    let killed = scene.begin(&["-q"]);
    killed.child(" shard");
    drop(killed);
    good(&scene.say(&["report", "out"]));
}
