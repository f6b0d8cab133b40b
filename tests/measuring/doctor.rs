//! What wsbench knows of the machine and of itself: `doctor`, `calibrate`, and the floor that a run draws.

use crate::support::{Ran, Scene, alone, scenario};
use serde_json::Value;

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:#?}"))
}

#[test]
fn doctor_says_what_it_found_and_its_exit_code_agrees() {
    let scene = Scene::new("");
    let (words, data) = (scene.say(&["doctor"]), scene.say(&["doctor", "--format", "json"]));
    let diagnosis = json(&data);
    let findings = diagnosis["findings"].as_array().unwrap();
    assert!(findings.len() >= 10 && diagnosis["facts"]["cores"].as_u64() >= Some(1), "{data:#?}");
    let problem = findings.iter().any(|finding| finding["level"] == "problem");
    assert_eq!(data.code, Some(i32::from(problem)), "{data:#?}");
    for finding in findings {
        let topic = finding["topic"].as_str().unwrap();
        assert!(words.stdout.contains(topic), "{topic}: {}", words.stdout);
        assert!(!finding["means"].as_str().unwrap().is_empty(), "{topic}");
    }
    // Lines to be copied are whole, everything else fits.
    for line in words.stdout.lines().filter(|line| !line.trim_start().starts_with('$')) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_calibration_is_kept_and_drawn() {
    let _turn = alone();
    let text = scenario(5, ("300ms", "1s"), "[load.push]\nevery = \"10ms\"", &["websocket = {}".to_owned()]);
    let scene = Scene::new(&text);
    let at_home = |arguments: &[&str]| {
        let mut command = scene.wsbench(arguments);
        command.env("XDG_CACHE_HOME", scene.path("cache"));
        scene.start(command).end()
    };
    let before = at_home(&["run", "scenario.toml", "--out", "out"]);
    assert!(before.code == Some(0) && scene.report().environment.floor.is_none(), "{before:#?}");
    let drawn = || std::fs::read_to_string(scene.path("out/latency.svg")).unwrap();
    assert!(!drawn().contains("floor of this machine"));

    // Beside other programs it is refused, and they may be there all the time.
    let tries = (0..3).map(|_| at_home(&["calibrate", "--format", "json"]));
    let mut tries = tries.skip_while(|ran| ran.stderr.contains("was not kept: other programs"));
    let Some(ran) = tries.next() else { return };
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let calibration = json(&ran);
    assert!(calibration["clock_read_ns"].as_u64() > Some(0), "{calibration}");
    for echo in calibration["echoes"].as_array().unwrap() {
        let ns = echo["p50_ns"].as_u64().unwrap();
        assert!((5_000..50_000_000).contains(&ns) && echo["per_second"].as_u64() > Some(100), "{echo}");
    }
    assert!(scene.path("cache/wsbench/calibration.json").exists());

    let after = at_home(&["run", "scenario.toml", "--out", "out"]);
    assert_eq!(after.code, Some(0), "{after:#?}");
    let floor = scene.report().environment.floor.unwrap();
    assert_eq!(floor.calibrated, calibration["at"].as_str().unwrap());
    assert!(drawn().contains("floor of this machine (calibrated 20"), "no floor in latency.svg");
}
