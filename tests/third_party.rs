//! Servers of other makers, for real: started, driven by 1 and by 500 clients, counted to the byte, and gone afterwards.
//!
//! They need `scripts/third-party` and are ignored without `scripts/test-third-party`; asked for and not installed, they
//! fail. What can be said without a server is tested always.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod support;

use rustix::process::Signal;
use support::{Scene, alone, children, ledger_closes, lives, send, until};
use wsbench::results::Measurement;

const ECHO: &str = "[load.echo]\nevery = \"200ms\"";
const CONNECT: &str = "[load.connect]\nrate = \"50/s\"";
const ALL: &str = "behind = [\"none\", \"nginx\", \"nginx-upstream\"]";

/// A scenario against a server by a plain WebSocket.
fn scenario(server: &str, clients: u32, load: &str) -> String {
    let times = "warmup = \"300ms\"\nmeasure = \"1s\"\nconnect-rate = \"500/s\"";
    let transport = "[[transport]]\nwebsocket = {}";
    let head = format!("name = \"test\"\nclients = {clients}\n{times}\n[headers]\nprofile = \"minimal\"");
    format!("{head}\n[target]\nthird-party = {server}\n{load}\n{transport}\n")
}

fn measure(server: &str, clients: u32, load: &str) -> Vec<Measurement> {
    let _turn = alone();
    let measurements = Scene::new(&scenario(server, clients, load)).measure();
    for m in &measurements {
        ledger_closes(m);
        assert_eq!(m.tally.failures.total(), 0, "{}: {:?}", m.label(), m.tally.failures);
        let target = m.target.as_ref().unwrap_or_else(|| panic!("{}: its cost is not known", m.label()));
        assert!(target.memory > 5_000_000, "{}: {target:?}", m.label());
    }
    measurements
}

/// Frames of 20 bytes: RFC 6455 §5.2, 2 bytes of header, and 4 of mask from client to server.
fn echoes(m: &Measurement) {
    let (window, counts, label) = (m.window(), &m.tally.counts, m.label());
    assert!(counts.sent >= u64::from(m.trial.clients) * 4, "{label}: {counts:?}");
    assert_eq!((counts.lost, counts.duplicated), (0, 0), "{label}");
    assert_eq!(window.up.counted, 26 * window.messages_up, "{label}: {window:?}");
    assert_eq!(window.down.counted, 22 * window.messages_down, "{label}: {window:?}");
}

/// `started` in one frame: 9 bytes a client; the rest of what is no echo are handshakes and close frames.
fn greeted(m: &Measurement) {
    let (total, clients, label) = (m.tally.traffic.total(), u64::from(m.trial.clients), m.label());
    let echoes = total.messages_down - clients;
    assert_eq!(m.tally.counts.foreign, clients, "{label}");
    assert_eq!(total.down.payload, 20 * echoes + 7 * clients, "{label}");
    // Our Close is empty, and so is the answer to it (RFC 6455 §5.5.1).
    assert_eq!(total.down.framing, 2 * (echoes + clients) + 2 * clients, "{label}");
    assert_eq!(total.up.framing, 6 * echoes + 6 * clients, "{label}");
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn node_ws_greets_and_echoes_to_the_byte() {
    for clients in [1, 500] {
        let m = measure("\"ws\"", clients, ECHO).remove(0);
        echoes(&m);
        greeted(&m);
        assert_eq!(m.tally.traffic.connect.down.headers, 129 * u64::from(clients));
        assert_eq!(m.target.unwrap().processes, 1);
    }
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn nginx_passes_the_same_frames_on_and_adds_59_bytes_to_the_handshake() {
    for clients in [1, 500] {
        let all = measure(&format!("\"ws\"\n{ALL}"), clients, ECHO);
        let labels: Vec<String> = all.iter().map(|m| m.trial.way()).collect();
        assert_eq!(labels, ["websocket", "websocket behind nginx", "websocket behind nginx-upstream"]);
        for m in &all {
            echoes(m);
            greeted(m);
            let proxied = u64::from(m.trial.way() != "websocket");
            let answer = (129 + 59 * proxied) * u64::from(clients);
            assert_eq!(m.tally.traffic.connect.down.headers, answer, "{}", m.label());
            // nginx is a master and a worker.
            assert_eq!(u64::from(m.target.as_ref().unwrap().processes), 1 + 2 * proxied, "{}", m.label());
        }
    }
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn sockjs_tornado_echoes_by_its_raw_websocket() {
    for clients in [1, 500] {
        let m = measure("\"sockjs-tornado\"", clients, ECHO).remove(0);
        echoes(&m);
        assert_eq!(m.tally.counts.foreign, 0);
    }
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn socket_io_is_connected_to() {
    for clients in [1, 500] {
        let m = measure("\"socket.io\"", clients, CONNECT).remove(0);
        assert!(m.tally.counts.sent >= 45, "{:?}", m.tally.counts);
    }
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn a_server_does_not_outlive_its_run_however_that_one_ends() {
    let _turn = alone();
    let long =
        scenario("\"ws\"\nbehind = \"nginx\"", 1, ECHO).replace("measure = \"1s\"", "measure = \"60s\"");
    for signal in [Signal::KILL, Signal::INT] {
        let scene = Scene::new(&long);
        let running = scene.begin(&[]);
        let (server, proxy) = (running.child("server.js"), running.child("nginx"));
        let worker = until("nginx's worker", || children(proxy).pop()).0;
        running.child("shard");
        send(running.pid(), signal);
        for pid in [server, proxy, worker] {
            until("the end of a server", || (!lives(pid)).then_some(()));
        }
    }
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn a_server_that_dies_ends_its_trial_with_the_reason() {
    let _turn = alone();
    let long = scenario("\"ws\"", 1, ECHO).replace("measure = \"1s\"", "measure = \"60s\"");
    let scene = Scene::new(&long);
    let running = scene.begin(&[]);
    let server = running.child("server.js");
    running.child("shard");
    send(server, Signal::KILL);
    let ran = running.end();
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let reason = scene.report().failed.remove(0).reason;
    assert_eq!(reason, "the third-party server `ws` was killed by signal 9 in the middle of the trial");
}

/// A folder of servers with one recipe in it, and what a run against it says.
fn against(recipe: &str) -> support::Ran {
    let scene = Scene::new(&scenario("\"mine\"", 1, ECHO));
    std::fs::create_dir(scene.path("mine")).unwrap();
    std::fs::write(scene.path("mine/target.toml"), recipe).unwrap();
    let mut command = scene.wsbench(&["run", "scenario.toml", "--out", "out"]);
    command.env("WSBENCH_THIRD_PARTY", scene.path(""));
    scene.start(command).end()
}

fn recipe(installed: &str, start: &str, transport: &str) -> String {
    format!(
        "about = \"a test's\"\ninstall = \"scripts/third-party mine\"\ninstalled = \"{installed}\"\n\
         start = {start}\nready = \"tcp\"\nstop = \"TERM\"\n[transports]\n{transport} = \"/\"\n"
    )
}

#[test]
fn what_is_not_installed_is_named_with_the_command_that_installs_it() {
    let ran = against(&recipe("not-there", "[\"true\"]", "websocket"));
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    assert!(ran.stderr.contains("error: the third-party server `mine` is not installed"), "{ran:#?}");
    assert!(ran.stderr.trim_end().ends_with("= help: scripts/third-party mine"), "{ran:#?}");
}

#[test]
fn a_transport_that_it_does_not_speak_is_refused_before_it_is_started() {
    let ran = against(&recipe("target.toml", "[\"true\"]", "carrier-pigeon"));
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    assert!(ran.stderr.contains("does not speak websocket; it speaks carrier-pigeon"), "{ran:#?}");
}

#[test]
fn a_server_that_ends_before_it_is_ready_gives_its_own_last_words() {
    let start = "[\"sh\", \"-c\", \"echo no such port {port} | tr 0-9 n >&2; exit 3\"]";
    let ran = against(&recipe("target.toml", start, "websocket"));
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(
        ran.stderr
            .contains("starting the third-party server `mine`: it ended with exit code 3: no such port nnnn"),
        "{ran:#?}"
    );
}
