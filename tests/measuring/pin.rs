//! `pin`: each shard on a core of its own, the target on those that are left, as the kernel sees the real processes.

use std::collections::BTreeSet;
use std::fs;
use std::thread::sleep;
use std::time::Duration;

use crate::support::feeds::{Fault, room};
use crate::support::{Running, Scene, scenario, until};

const PUSH: &str = "[load.push]\nevery = \"50ms\"";

/// A run with one shard, and this line of its scenario; the other tests' scenarios are not pinned, because they run
/// beside each other.
fn scene(pin: &str) -> Scene {
    let text = scenario(4, ("100ms", "2s"), PUSH, &["websocket = {}".into()]).replace("pin = false", pin);
    Scene::new(&format!("shards = 1\n{text}"))
}

/// The cores that a process may use: `0-1,3` is 0, 1 and 3.
fn cores(process: impl std::fmt::Display) -> BTreeSet<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap().trim();
    let ends = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        first.parse::<u32>().unwrap()..=last.parse().unwrap()
    };
    list.split(',').flat_map(ends).collect()
}

/// The cores of coordinator, shard and target while a trial runs.
fn of(run: &Running) -> [BTreeSet<u32>; 3] {
    let (shard, target) = (run.child("shard"), run.child(" target"));
    [run.pid(), shard, target].map(cores)
}

#[test]
fn a_pinned_shard_and_its_target_have_cores_of_their_own() {
    let all = cores("self");
    let scene = scene("pin = true");
    let run = scene.begin(&[]);
    if all.len() < 2 {
        let ran = run.end();
        assert!(ran.code == Some(2) && ran.stderr.contains("pin = true takes a core"), "{ran:?}");
        return;
    }
    let [_, shard, target] = of(&run);
    assert_eq!(shard.len(), 1);
    assert!(shard.is_disjoint(&target) && !target.is_empty());
    assert_eq!(shard.union(&target).copied().collect::<BTreeSet<_>>(), all);
    // It goes to a child's cores for the moment in which it starts it.
    until("the coordinator on every core", || (cores(run.pid()) == all).then_some(()));
    let ran = run.end();
    assert!(matches!(ran.code, Some(0 | 4)), "{ran:?}");
    assert!(ran.stderr.contains("note: pin: each shard has a core of its own"), "{ran:?}");
    let report = scene.report();
    assert!(report.measurements[0].trial.pin);
    assert!(report.measurements[0].verdict.warnings.iter().all(|warning| warning.check != "shared-cores"));
}

#[test]
fn unpinned_processes_may_use_every_core() {
    let (all, scene) = (cores("self"), scene("pin = false"));
    let run = scene.begin(&[]);
    assert_eq!(of(&run), [all.clone(), all.clone(), all]);
}

#[test]
fn by_default_they_are_pinned_where_there_are_enough_cores() {
    let (all, scene) = (cores("self"), scene(""));
    let run = scene.begin(&[]);
    let [_, shard, target] = of(&run);
    assert_eq!(shard.is_disjoint(&target), all.len() > 1, "{shard:?}, {target:?} of {all:?}");
    assert!(!run.end().stderr.contains("note: pin"), "nobody asked");
    let text = scenario(1_000, ("1s", "2s"), PUSH, &["websocket = {}".into()]).replace("pin = false", "");
    let ran = Scene::new(&format!("shards = 256\n{text}")).say(&["check", "scenario.toml"]);
    assert_eq!(ran.code, Some(0), "more shards than cores are left to the kernel: {ran:?}");
}

#[test]
fn more_shards_than_cores_cannot_be_pinned() {
    let text = scenario(1_000, ("1s", "2s"), PUSH, &["websocket = {}".into()]).replace("false", "true");
    let ran = Scene::new(&format!("shards = 256\n{text}")).say(&["check", "scenario.toml"]);
    // A machine that has so many is a machine to be happy about.
    if cores("self").len() <= 256 {
        assert_eq!(ran.code, Some(2), "{ran:?}");
        let words = ["pin = true takes a core for each of 256 shards and one for the target", "pin = false"];
        assert!(words.iter().all(|word| ran.stderr.contains(word)), "{}", ran.stderr);
    }
}

/// Nor does a publisher that posts to a name: the name is looked up by the coordinator.
#[test]
fn a_publisher_has_no_thread_of_its_own() {
    let server = room(Fault::default());
    let load = format!(
        "[load.publish]\nevery = \"50ms\"\nmessage = '{{\"id\":\"{{stamp}}\"}}'\n\
         post = \"http://localhost:{}/publish\"\n[target]\nurl = \"ws://{}/\"",
        server.address.port(),
        server.address
    );
    let scene = Scene::new(&scenario(1, ("1s", "2s"), &load, &["websocket = {}".into()]));
    let run = scene.begin(&[]);
    let shard = run.child("shard");
    sleep(Duration::from_millis(1_500));
    let threads = fs::read_dir(format!("/proc/{shard}/task")).unwrap().count();
    assert_eq!(threads, 1);
}

/// Two threads would share the table of files, and every system call on a socket would pay for it.
#[test]
fn a_shard_and_its_target_have_one_thread_each() {
    let scene = scene("pin = false");
    let run = scene.begin(&[]);
    let children = [run.child("shard"), run.child(" target")];
    // All that a process starts is started by then; the run goes on for two seconds.
    sleep(Duration::from_millis(700));
    let threads = children.map(|child| fs::read_dir(format!("/proc/{child}/task")).unwrap().count());
    assert_eq!(threads, [1, 1]);
}
