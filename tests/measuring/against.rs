//! `wsbench run --against`: two arms in turn.

use std::fs;

use crate::support::{PROGRAM, Ran, short};
use serde_json::Value as Json;
use wsbench::report::json;

/// Chance may make trials of a busy machine invalid; how the run itself ended is looked at here.
fn went(ran: &Ran) {
    assert!(matches!(ran.code, Some(0 | 4)), "{ran:?}");
}

#[test]
fn a_scenario_alternates_with_itself_and_with_another_program() {
    let scene = short("");
    for other in ["scenario.toml", PROGRAM] {
        let out = format!("out-{}", other.contains('/'));
        let asked =
            ["run", "scenario.toml", "-t", "websocket", "--repeat", "3", "--out", &out, "--against", other];
        let ran = scene.say(&[&asked[..], &["-q", "--format", "json"]].concat());
        went(&ran);
        let told: Json = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(told["paired"], true, "{told}");
        assert!(told["base"]["name"].as_str().unwrap().contains(other), "{told}");
        let bytes = &told["cells"][0]["rows"][0];
        assert_eq!(
            (&bytes["metric"], &bytes["verdict"]),
            (&"bytes.per-message".into(), &"same".into()),
            "{told}"
        );
        let arms = [1, 2].map(|run| json::read(&scene.path(&out).join(json::numbered(run))).unwrap());
        let [base, new] = &arms;
        assert_eq!((base.measurements.len(), new.measurements.len()), (3, 3));
        assert_eq!(base.alternation.as_ref().map(|s| &s.id), new.alternation.as_ref().map(|s| &s.id));
        let seeds = |n: usize| arms[n].measurements.iter().map(|m| m.trial.seed).collect::<Vec<_>>();
        assert_eq!((seeds(0), seeds(0).len()), (seeds(1), 3), "both arms carry the same messages");
        // In turn: the windows of one lie between those of the other.
        let began = |n: usize, trial: usize| arms[n].measurements[trial].window_began.clone();
        assert!(began(0, 0) < began(1, 1) && began(1, 0) < began(0, 1) && began(0, 1) < began(1, 2));

        let again = scene.say(&["compare", &out, "--format", "json"]);
        assert_eq!(again.stdout, ran.stdout, "{again:?}");
    }
}

#[test]
fn an_arm_that_cannot_be_is_refused_before_any_load() {
    let scene = short("");
    fs::write(
        scene.path("other.toml"),
        fs::read_to_string(scene.path("scenario.toml")).unwrap().replace("50ms", "60ms"),
    )
    .unwrap();
    for (other, said) in [
        ("nothing-of-the-kind", "no URL, scenario, third-party server or program"),
        ("other.toml", "only one of both"),
        ("there-is-none.toml", "no such file"),
    ] {
        let ran = scene.say(&["run", "scenario.toml", "--out", "out", "--against", other]);
        assert!(ran.code == Some(2) && ran.stderr.contains(said), "{ran:?}");
        assert!(!scene.path("out").exists(), "{other}");
    }
    let ran = scene.say(&["run", "scenario.toml", "--fail-on", "latency.p99 > 1.2x"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    // Another program that fails does so trial by trial, with its reason.
    let ran = scene.say(&["run", "scenario.toml", "--out", "out", "-q", "--against", "/bin/false"]);
    assert!(ran.code == Some(1), "{ran:?}");
    let base = json::read(&scene.path("out/results-1.json")).unwrap();
    assert!(base.failed[0].reason.contains("/bin/false` ended with exit code 1"), "{:?}", base.failed);
}
