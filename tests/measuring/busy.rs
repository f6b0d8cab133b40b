//! A machine that does something else as well: other programs, and a coordinator that is stopped. It is said, and what
//! belongs to the window is read over the window.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

use crate::support::{PROGRAM, Scene, alone, scenario};
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use serde_json::Value;
use wsbench::results::Severity;

const PUSH: &str = "[load.push]\nevery = \"20ms\"";

fn scene(measure: &str) -> Scene {
    let text = scenario(20, ("300ms", measure), PUSH, &["websocket = {}".to_owned()]);
    Scene::new(&text.replace("shared-machine = true", ""))
}

/// A busy loop for each core, ended when dropped.
struct Loops(Vec<Child>);

impl Loops {
    fn start() -> Loops {
        let cores = std::thread::available_parallelism().unwrap().get();
        let busy = || Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        Loops((0..cores).map(|_| busy()).collect())
    }
}

impl Drop for Loops {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // One that has ended cannot be killed: both fail, and both are well.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

#[test]
fn busy_loops_beside_a_run_make_it_invalid() {
    let _turn = alone();
    let _loops = Loops::start();
    let scene = scene("3s");
    let ran = scene.begin(&[]).end();
    let m = scene.report().measurements.remove(0);
    let found = m.verdict.warnings.iter().find(|warning| warning.check == "busy-machine");
    let found = found.unwrap_or_else(|| panic!("{ran:#?} {:#?}", m.verdict));
    let named = ["(sh ", ", sh "].iter().any(|name| found.text.contains(name));
    assert!(named && ran.stdout.contains("busy-machine"), "{found:?} {ran:#?}");
    // Where the loops have a quota, cores are left idle that nobody here may use.
    if wsbench::os::cgroup::cpu_quota().is_none() {
        assert_eq!((found.severity, ran.code), (Severity::Invalid, Some(4)), "{found:?}");
        assert!(found.text.contains("none left idle"), "{found:?}");
    }
    assert!(m.socket_memory.is_some());
}

#[test]
fn doctor_and_calibrate_see_busy_loops() {
    let _turn = alone();
    let _loops = Loops::start();
    let scene = Scene::new("");
    let ran = scene.say(&["doctor", "--format", "json"]);
    let diagnosis: Value = serde_json::from_str(&ran.stdout).unwrap();
    let all = diagnosis["findings"].as_array().unwrap();
    let finding = all.iter().find(|finding| finding["topic"] == "other programs").unwrap();
    assert_eq!((finding["level"].as_str(), ran.code), (Some("problem"), Some(1)), "{finding}");

    let mut calibrate = scene.wsbench(&["calibrate"]);
    calibrate.env("XDG_CACHE_HOME", scene.path("cache"));
    let ran = scene.start(calibrate).end();
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.stderr.contains("was not kept: other programs kept"), "{ran:#?}");
    assert!(!scene.path("cache").exists() && ran.stdout.is_empty(), "{ran:#?}");
}

/// A control group with one limit, gone when dropped.
struct Group(PathBuf);

impl Group {
    /// By a file of cgroup v1's `controller`, or of v2; `None` where this user may not make one.
    fn new(controller: &str, v1: (&str, &str), v2: (&str, &str)) -> Option<Group> {
        let (root, (file, limit)) = match Path::new("/sys/fs/cgroup").join(controller) {
            root if root.is_dir() => (root, v1),
            _ => ("/sys/fs/cgroup".into(), v2),
        };
        let group = Group(root.join(format!("wsbench-test-{}-{controller}", std::process::id())));
        fs::create_dir(&group.0).ok()?;
        fs::write(group.0.join(file), limit).ok()?;
        Some(group)
    }

    /// The program in this group.
    fn wsbench(&self, scene: &Scene, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        let inside = "echo $$ > \"$0/cgroup.procs\" && exec \"$@\"";
        command.args(["-c", inside]).arg(&self.0).arg(PROGRAM).args(arguments).current_dir(scene.path(""));
        command
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // A process that has been killed may still be in it: then it stays, empty.
        drop(fs::remove_dir(&self.0));
    }
}

#[test]
fn a_quota_that_stops_the_run_is_said() {
    let Some(group) = Group::new("cpu", ("cpu.cfs_quota_us", "20000"), ("cpu.max", "20000 100000")) else {
        return;
    };
    let text = scenario(200, ("300ms", "2s"), PUSH, &["websocket = {}".to_owned()]);
    let scene = Scene::new(&text);
    let ran = scene.start(group.wsbench(&scene, &["run", "scenario.toml", "--out", "out"])).end();
    let m = scene.report().measurements.remove(0);
    let found = m.verdict.warnings.iter().find(|warning| warning.check == "throttled");
    let found = found.unwrap_or_else(|| panic!("{ran:#?} {:#?}", m.verdict));
    assert!(found.severity >= Severity::Suspect, "{found:?}");
}

#[test]
fn what_a_group_may_not_hold_is_refused_before_any_load() {
    let limit = "67108864";
    let Some(group) = Group::new("memory", ("memory.limit_in_bytes", limit), ("memory.max", limit)) else {
        return;
    };
    let scene = Scene::new(&scenario(5_000, ("1s", "1s"), PUSH, &["websocket = {}".to_owned()]));
    let ran = scene.start(group.wsbench(&scene, &["check", "scenario.toml"])).end();
    assert!(ran.code == Some(1) && ran.stderr.contains("left by the cgroup's limit"), "{ran:#?}");
}

/// A second run is named by its process; its own shards and targets are not.
#[test]
fn another_run_is_named() {
    // Three are named, and it must be among them.
    let _turn = alone();
    let (long, short) = (scene("6s"), scene("1s"));
    let other = long.begin(&[]);
    other.child(" shard");
    let ran = short.begin(&[]).end();
    let m = short.report().measurements.remove(0);
    let found = m.verdict.warnings.iter().find(|warning| warning.check == "other-runs");
    let text = &found.unwrap_or_else(|| panic!("{ran:#?} {:#?}", m.verdict)).text;
    let (_, pids) = text.split_once("process ").unwrap();
    assert!(pids.split(", ").any(|pid| pid == other.pid().to_string()), "{text}");
    assert!(!pids.contains(&other.child(" shard").to_string()), "{text}");
}

/// What the generator lacks is not the server's doing.
#[test]
fn a_generator_out_of_files_does_not_blame_the_server() {
    let text = scenario(60, ("300ms", "1s"), PUSH, &["websocket = {}".to_owned()]);
    let scene = Scene::new(&format!("connect-rate = \"20/s\"\n{text}"));
    let run = scene.begin(&[]);
    let shard = Pid::from_raw(i32::try_from(run.child(" shard")).unwrap());
    let few = Rlimit { current: Some(30), maximum: Some(30) };
    prlimit(shard, Resource::Nofile, few).unwrap();
    let ran = run.end();
    let reason = &scene.report().failed[0].reason;
    assert!(reason.contains("no file descriptors left") && reason.contains("ulimit -Hn"), "{reason}");
    assert!(!reason.contains("server") && ran.stdout.contains("server not judged"), "{ran:#?}");
}

/// It sees the window's end four seconds late; what target and shard have cost is theirs to say.
#[test]
fn a_stopped_coordinator_hides_nothing() {
    let _turn = alone();
    let scene = scene("2s");
    let run = scene.begin(&[]);
    run.child(" shard");
    sleep(Duration::from_millis(1_200));
    run.signal(Signal::STOP);
    sleep(Duration::from_millis(4_500));
    run.signal(Signal::CONT);
    let ran = run.end();
    let m = scene.report().measurements.remove(0);
    for usage in m.target.iter().chain(&m.harness) {
        let apart = usage.over_s / m.window_s - 1.0;
        assert!(apart.abs() < 0.05, "{usage:?} in a window of {} s: {ran:#?}", m.window_s);
        assert!(usage.cpu_error_s == 0.0 && usage.cpu_s() > 0.0, "{usage:?}");
    }
}
