//! What breaks is seen, named and survived: targets that stall, generators that starve, processes that die,
//! users who have had enough, servers that are none.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::support::server::Server;
use crate::support::{
    PROGRAM, Ran, Running, Scene, at_once, children, lives, scenario, send, server_failed, until,
};
use rustix::process::Signal;
use tokio_tungstenite::tungstenite::{Bytes, Message, accept};
use wsbench::report::json;
use wsbench::results::{Server as Outcome, Status};
use wsbench::transport::Transport;

const PUSH: &str = "[load.push]\nevery = \"50ms\"";

/// Transports that bring each message as soon as they can, polling in its own time.
fn prompt(transport: &Transport) -> String {
    let options = if transport.name() == "polling" { "every = \"50ms\", reply = \"since\"" } else { "" };
    format!("{} = {{ {options} }}", transport.name())
}

fn scene(clients: u32, measure: &str, transports: &[&str]) -> Scene {
    let tables: Vec<String> = transports.iter().map(|&t| t.to_owned()).collect();
    Scene::new(&scenario(clients, ("300ms", measure), PUSH, &tables))
}

/// Waits until a trial is well in its window: connected, warmed up, and something more. The pid of its child.
fn in_the_window(run: &Running, child: &str) -> u32 {
    // The shards come last.
    run.child(" shard");
    let pid = run.child(child);
    sleep(Duration::from_millis(1_000));
    pid
}

fn pause(pid: u32, length: Duration) {
    send(pid, Signal::STOP);
    sleep(length);
    send(pid, Signal::CONT);
}

/// Many servers cut a client off that leaves a ping unanswered (30 s by default, a second here); connecting the others may
/// take longer.
#[test]
fn clients_answer_pings_while_others_connect() {
    let server = Server::each(|stream, _| {
        stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let Ok(mut socket) = accept(stream) else { return };
        // A read that times out ends the conversation, and the connection with it.
        while socket.send(Message::Ping(Bytes::new())).is_ok() && socket.read().is_ok() {
            sleep(Duration::from_millis(100));
        }
    });
    let load = format!("connect-rate = \"2/s\"\n[load.idle]\n[target]\nurl = \"ws://{}/\"", server.address);
    let m = Scene::new(&scenario(8, ("100ms", "1s"), &load, &["websocket = {}".into()])).measure().remove(0);
    assert_eq!((m.tally.failures.total(), m.tally.counts.reconnects), (0, 0), "{:?}", m.tally.failures);
}

#[test]
fn a_target_that_stalls_shows_in_the_tail_of_every_transport() {
    let transports: Vec<Transport> = Transport::all().into_iter().filter(Transport::reference).collect();
    at_once(&transports, |transport| {
        let scene = scene(50, "2s", &[&prompt(transport)]);
        let run = scene.begin(&[]);
        pause(in_the_window(&run, " target"), Duration::from_millis(500));
        let ran = run.end();
        let m = &scene.report().measurements[0];
        let name = transport.name();
        assert_eq!(m.tally.latency.count(), 2_000, "{name}: {ran:?}");
        let ms = |ns: Option<u64>| ns.unwrap() / 1_000_000;
        let (tail, most) = (ms(m.tally.latency.percentile(0.99)), ms(m.tally.latency.max()));
        assert!(most >= 450, "{name}: max {most} ms");
        assert!(tail >= 300, "{name}: p99 {tail} ms");
        assert_eq!((m.tally.counts.lost, m.tally.failures.total()), (0, 0), "{name}");
    });
}

#[test]
fn a_generator_that_starves_is_not_believed() {
    let scene = scene(30, "2s", &["websocket = {}"]);
    let run = scene.begin(&[]);
    pause(in_the_window(&run, " shard"), Duration::from_secs(1));
    let ran = run.end();
    let verdict = &scene.report().measurements[0].verdict;
    assert_ne!(verdict.status(), Status::Valid, "{verdict:?}");
    assert!(verdict.warnings.iter().any(|d| d.check == "generator-lag"), "{verdict:?}");
    let code = if verdict.status() == Status::Invalid { 4 } else { 0 };
    assert_eq!(ran.code, Some(code), "{ran:?}");
    assert!(ran.stdout.contains(verdict.status().name()), "{}", ran.stdout);
}

/// Kills a child in the first of two trials: that one has failed with the reason, the other is measured.
/// Its last words are a histogram of 2 kB.
#[test]
fn a_target_that_somebody_else_ends_is_named_in_short() {
    let scene = scene(20, "3s", &["websocket = {}"]);
    let run = scene.begin(&[]);
    send(in_the_window(&run, " target"), Signal::TERM);
    let ran = run.end();
    let reason = &scene.report().failed[0].reason;
    assert!(reason.contains("was told to end by another process") && reason.len() < 200, "{reason}: {ran:?}");
}

fn killed(child: &str, name: &str) {
    let scene = scene(20, "1500ms", &["websocket = {}", "long-polling = {}"]);
    let run = scene.begin(&[]);
    send(in_the_window(&run, child), Signal::KILL);
    let ran = run.end();
    let report = scene.report();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!((report.failed.len(), report.measurements.len()), (1, 1), "{ran:?}");
    let reason = &report.failed[0].reason;
    assert!(reason.contains(name) && reason.contains("signal 9"), "{reason}");
    assert!(ran.stdout.contains(name) && ran.stdout.contains("signal 9"), "{}", ran.stdout);
    let other = &report.measurements[0];
    assert_ne!(other.trial.number, report.failed[0].trial.number);
    assert_eq!((other.tally.counts.lost, other.tally.counts.sent), (0, 600), "{}", other.label());
}

#[test]
fn a_target_that_dies_fails_its_trial_and_no_other() {
    killed(" target", "the target");
}

#[test]
fn a_shard_that_dies_fails_its_trial_and_no_other() {
    killed(" shard", "shard 0");
}

/// The shards are done at once where nothing was due, and the coordinator hears of it before it looks at its own clock.
#[test]
fn a_coordinator_that_sleeps_over_the_windows_end_keeps_the_trial() {
    let scene = Scene::new(&scenario(5, ("300ms", "2s"), "[load.idle]", &["websocket = {}".to_owned()]));
    let run = scene.begin(&[]);
    in_the_window(&run, " shard");
    pause(run.pid(), Duration::from_secs(3));
    let ran = run.end();
    let report = scene.report();
    assert_eq!((report.failed.len(), report.measurements.len()), (0, 1), "{ran:?}");
    let m = &report.measurements[0];
    assert!((1.9..2.5).contains(&m.window_s) && m.tally.failures.total() == 0, "{ran:?}");
}

#[test]
fn a_signal_in_the_window_saves_what_was_measured() {
    // A terminal that has gone, ssh's for one, is told twice: by the kernel and by the shell.
    at_once(&[&[Signal::INT][..], &[Signal::TERM], &[Signal::HUP, Signal::HUP]], |&signals| {
        let scene = scene(20, "60s", &["websocket = {}", "long-polling = {}"]);
        let run = begin_hearing_all(&scene);
        in_the_window(&run, " target");
        for &signal in signals {
            run.signal(signal);
            until("it is heard", || run.said().1.contains("once more").then_some(()));
        }
        let ran = run.end();
        assert_eq!(ran.code, Some(130), "{ran:?}");
        assert!(ran.stderr.contains("stopping the load and saving"), "{}", ran.stderr);
        let report = scene.report();
        assert!(report.interrupted && !report.complete() && report.failed.is_empty(), "{ran:?}");
        assert_eq!((report.planned, report.measurements.len()), (2, 1), "{ran:?}");
        let m = &report.measurements[0];
        assert!((0.1..20.0).contains(&m.window_s), "a window of {} s", m.window_s);
        let counts = &m.tally.counts;
        assert!(counts.delivered > 0 && counts.lost == 0, "{counts:?}");
        assert!(m.verdict.warnings.iter().any(|d| d.check == "cut-short"), "{:?}", m.verdict);
        assert!(scene.path("out/summary.csv").exists() && scene.path("out/latency.png").exists());
    });
}

#[test]
fn a_signal_while_connecting_ends_quickly_and_says_so() {
    let text = scenario(
        100,
        ("300ms", "60s"),
        &format!("connect-rate = \"2/s\"\n{PUSH}"),
        &["websocket = {}".into()],
    );
    let scene = Scene::new(&text);
    let run = scene.begin(&[]);
    run.child(" shard");
    sleep(Duration::from_millis(500));
    let asked = SystemTime::now();
    run.signal(Signal::INT);
    let ran = run.end();
    assert_eq!(ran.code, Some(130), "{ran:?}");
    assert!(asked.elapsed().unwrap() < Duration::from_secs(10));
    let report = scene.report();
    assert!(report.interrupted && report.measurements.is_empty() && report.failed.is_empty(), "{ran:?}");
}

#[test]
fn the_second_signal_ends_at_once() {
    at_once(&[Signal::INT, Signal::HUP], |&first| second_signal(first));
}

fn second_signal(first: Signal) {
    let scene = scene(20, "60s", &["websocket = {}"]);
    let run = begin_hearing_all(&scene);
    // A shard that does not answer: the first signal alone would wait for it.
    let shard = in_the_window(&run, " shard");
    let all = children(run.pid());
    send(shard, Signal::STOP);
    run.signal(first);
    until("the first signal is heard", || run.said().1.contains("once more").then_some(()));
    let asked = SystemTime::now();
    run.signal(Signal::INT);
    let ran = run.end();
    assert!(asked.elapsed().unwrap() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert_eq!(ran.code, Some(130), "{ran:?}");
    assert!(ran.stderr.contains("stopped at once"), "{}", ran.stderr);
    assert!(scene.report().measurements.is_empty());
    gone(&all);
}

/// A run that hears SIGHUP, whoever runs the tests: under `nohup` they would pass on that it is ignored.
fn begin_hearing_all(scene: &Scene) -> Running {
    let mut command = std::process::Command::new("env");
    command.args(["--default-signal=HUP", PROGRAM, "run", "scenario.toml", "--out", "out"]);
    command.current_dir(scene.path("")).stdin(std::process::Stdio::null());
    scene.start(command)
}

/// `nohup` asks for it: who has left comes back for the results.
#[test]
fn a_hangup_that_was_ignored_from_the_start_changes_nothing() {
    let scene = scene(5, "1500ms", &["websocket = {}"]);
    let mut command = std::process::Command::new("sh");
    let line = "trap '' HUP; exec \"$0\" run scenario.toml --out out";
    command.args(["-c", line, PROGRAM]).current_dir(scene.path("")).stdin(std::process::Stdio::null());
    let run = scene.start(command);
    in_the_window(&run, " target");
    run.signal(Signal::HUP);
    let ran = run.end();
    let report = scene.report();
    assert!(report.complete() && !report.interrupted && ran.code != Some(130), "{ran:?}");
}

fn gone(all: &[(u32, String)]) {
    assert!(all.len() >= 2, "{all:?}");
    let asked = SystemTime::now();
    for (pid, line) in all {
        until(&format!("the end of {line}"), || (!lives(*pid)).then_some(()));
    }
    assert!(asked.elapsed().unwrap() < Duration::from_secs(2), "orphans lived for {:?}", asked.elapsed());
}

#[test]
fn kill_9_leaves_the_finished_trials_and_no_orphans() {
    let scene = scene(20, "1500ms", &["websocket = {}", "long-polling = {}"]);
    let run = scene.begin(&[]);
    let out = scene.path("out");
    until("the first trial", || json::read(&out).ok().filter(|report| report.measurements.len() == 1));
    in_the_window(&run, " target");
    let all = children(run.pid());
    run.signal(Signal::KILL);
    let ran = run.end();
    assert_eq!(ran.code, None, "{ran:?}");
    gone(&all);
    let report = scene.report();
    assert_eq!((report.planned, report.measurements.len()), (2, 1));
    assert_eq!(report.measurements[0].tally.counts.sent, 600);
    // What is left can be rendered.
    let again = scene.say(&["report", "out"]);
    assert_eq!(again.code, Some(0), "{again:?}");
}

/// A run against a URL.
fn by_url(url: &str, load: &str, transport: &str) -> (Scene, Ran) {
    let load = format!("{load}\n[target]\nurl = \"{url}\"");
    let scene = Scene::new(&scenario(5, ("0s", "1s"), &load, &[transport.to_owned()]));
    let ran = scene.begin(&[]).end();
    (scene, ran)
}

const POLLING: &str = "polling = { every = \"100ms\", timeout = \"200ms\" }";
const WEBSOCKET: &str = "websocket = { timeout = \"200ms\" }";
const ECHO: &str = "[load.echo]\nevery = \"100ms\"";

#[test]
fn where_nobody_listens_the_run_says_so() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (scheme, load, transport) in [("http", "[load.idle]", POLLING), ("ws", ECHO, WEBSOCKET)] {
        let (_scene, ran) = by_url(&format!("{scheme}://{address}/"), load, transport);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        let words = [address.to_string(), "refused".to_owned()];
        assert!(words.iter().all(|word| ran.stderr.contains(word)), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("error: ") && ran.stderr.contains("is the server running?"),
            "{}",
            ran.stderr
        );
    }
}

type Serve = fn(TcpStream);

/// Closes at once; speaks something else; says nothing at all.
const STRANGE: [(&str, Serve); 3] = [
    ("closes", |stream| drop(stream)),
    ("no HTTP", |mut stream| drop(stream.write_all(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"))),
    ("silent", |stream| {
        sleep(Duration::from_secs(30));
        drop(stream);
    }),
];

#[test]
fn what_is_no_http_server_is_refused_before_the_load() {
    at_once(&STRANGE, |&(what, serve)| {
        let server = Server::each(move |stream, _| serve(stream));
        let (_scene, ran) = by_url(&format!("http://{}/", server.address), "[load.idle]", POLLING);
        assert_eq!(ran.code, Some(1), "{what}: {ran:?}");
        assert!(ran.stderr.contains(&format!("asking http://{}/", server.address)), "{what}: {}", ran.stderr);
    });
}

#[test]
fn an_http_server_that_turns_strange_has_failed() {
    at_once(&STRANGE, |&(what, serve)| {
        let server = Server::after_the_first(serve);
        let (scene, ran) = by_url(&format!("http://{}/", server.address), "[load.idle]", POLLING);
        server_failed(&ran);
        let m = &scene.report().measurements[0];
        let f = &m.tally.failures;
        let (named, others) = match what {
            "closes" => (f.closed + f.reset, f.timeout + f.protocol),
            "no HTTP" => (f.protocol, f.timeout + f.refused),
            _ => (f.timeout, f.closed + f.reset + f.protocol),
        };
        assert!(named >= 10 && others == 0, "{what}: {f:?}");
        assert_eq!(m.tally.traffic.total().responses, 0, "{what}");
        assert_ne!(m.verdict.server(), Outcome::Ok, "{what}: {:?}", m.verdict);
        assert!(m.verdict.warnings.iter().any(|d| d.check == "failures"), "{what}: {:?}", m.verdict);
    });
}

#[test]
fn what_is_no_websocket_server_is_refused_before_the_load() {
    at_once(&STRANGE, |&(what, serve)| {
        let server = Server::each(move |stream, _| serve(stream));
        let (_scene, ran) = by_url(&format!("ws://{}/", server.address), ECHO, WEBSOCKET);
        assert_eq!(ran.code, Some(1), "{what}: {ran:?}");
        let named = format!("ws://{}/ does not", server.address);
        assert!(ran.stderr.contains(&named), "{what}: {}", ran.stderr);
    });
}
