//! Rules of the verdict provoked for real, by trials; a quiet one has no warning. `pure::verdict` provokes the others.

use std::thread::sleep;
use std::time::Duration;

use rustix::process::Signal;
use wsbench::results::Measurement;
use wsbench::results::Severity::{self, Failed, Invalid, Note};

use crate::support::server::{Manner, Server};
use crate::support::{Scene, alone, scenario, send};

const PUSH: &str = "[load.push]\nevery = \"20ms\"";

#[test]
fn a_quiet_run_has_notes_alone() {
    let _turn = alone();
    let tables: Vec<String> = ["websocket = {}", "long-polling = {}", "polling = { every = \"200ms\" }"]
        .map(str::to_owned)
        .to_vec();
    let text = scenario(50, ("500ms", "3s"), PUSH, &tables).replace("shared-machine = true", "");
    // Others may use this machine meanwhile: a second and a third try are fair. Where they do all the time, and the run
    // says so, there is no quiet run to be judged.
    let mut quiet = vec![];
    for _ in 0..3 {
        let warnings = Scene::new(&text).measure().into_iter().flat_map(|m| m.verdict.warnings);
        let said: Vec<_> = warnings.filter(|warning| warning.severity != Note).collect();
        if said.is_empty() {
            return;
        }
        if said.iter().all(|warning| warning.check != "busy-machine") {
            quiet.push(said);
        }
    }
    assert!(quiet.is_empty(), "{quiet:#?}");
}

fn severity(m: &Measurement, code: &str) -> Option<Severity> {
    m.verdict.warnings.iter().find(|warning| warning.check == code).map(|warning| warning.severity)
}

#[test]
fn a_server_slower_than_the_polls_is_not_what_was_asked_for() {
    let manner = Manner { delay: Duration::from_millis(300), ..Manner::default() };
    let server = Server::http(manner);
    let load = format!("[load.idle]\n[target]\nurl = \"http://{}/\"", server.address);
    let polling = ["polling = { every = \"100ms\" }".to_owned()];
    let m = Scene::new(&scenario(2, ("0s", "2s"), &load, &polling)).measure().remove(0);
    // Where others keep this machine busy, nobody can tell whose fault it was.
    assert!(matches!(severity(&m, "achieved"), Some(Failed | Invalid)), "{:?}", m.verdict);
}

#[test]
fn a_target_that_does_not_come_back_loses_messages() {
    let scene = Scene::new(&scenario(20, ("300ms", "2s"), PUSH, &["websocket = {}".to_owned()]));
    let run = scene.begin(&[]);
    run.child(" shard");
    let target = run.child(" target");
    sleep(Duration::from_millis(1_200));
    send(target, Signal::STOP);
    // Longer than the drain, which is as long as a client may pause by itself.
    sleep(Duration::from_millis(12_000));
    send(target, Signal::CONT);
    let ran = run.end();
    let m = &scene.report().measurements[0];
    assert_eq!(severity(m, "loss"), Some(Failed), "{ran:?} {:?}", m.verdict);
}
