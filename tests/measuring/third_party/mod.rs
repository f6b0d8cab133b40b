//! Servers of other makers, for real: started, driven by 1 and by 500 clients, counted to the byte, and gone afterwards.
//!
//! They need `scripts/third-party` and are ignored without `scripts/test-third-party`; asked for and not installed, they
//! fail. What can be said without a server is tested always.

mod dialects;
mod sessions;
mod sticky;
mod today;

use std::fs;
use std::path::Path;

use crate::support::{Scene, alone, children, ledger_closes, lives, send, until};
use rustix::process::Signal;
use wsbench::results::Measurement;

const CONNECT: &str = "[load.connect]\nrate = \"50/s\"";
const ALL: &str = "behind = [\"none\", \"nginx\", \"nginx-upstream\"]";
const WEBSOCKET: &str = "websocket = {}";
/// Doubts that no machine, however busy, is an excuse for.
const NEVER: &[&str] = &["ledger", "kernel-silent", "loss", "failures"];

/// Clients that echo.
struct ClientPool {
    clients: u32,
    /// Keys of the scenario, and of its load.
    times: &'static str,
    every: &'static str,
    /// Messages of each that are due in the window.
    due: u64,
}

/// One that says much, and as many as a server on half of two cores bears in an unoptimised build.
const ONE: ClientPool = ClientPool {
    clients: 1,
    times: "warmup = \"300ms\"\nmeasure = \"1s\"",
    every: "every = \"50ms\"",
    due: 20,
};
const MANY: ClientPool = ClientPool {
    clients: 500,
    times: "warmup = \"1s\"\nmeasure = \"3s\"\nconnect-rate = \"250/s\"",
    every: "every = \"1s\"",
    due: 3,
};
/// The same for a server in Python.
const SLOW: ClientPool = ClientPool {
    clients: 500,
    times: "warmup = \"1s\"\nmeasure = \"6s\"\nconnect-rate = \"200/s\"",
    every: "every = \"3s\"",
    due: 2,
};

impl ClientPool {
    /// Runs it through the program against that server, by one way; and holds every trial to what must be so.
    fn measure(&self, server: &str, way: &str) -> Vec<Measurement> {
        let &ClientPool { clients, times, every, due } = self;
        let all = measure(&scenario(server, clients, times, &format!("[load.echo]\n{every}"), way));
        for m in &all {
            let (counts, clients, label) = (&m.tally.counts, u64::from(clients), m.label());
            assert_eq!((counts.lost, counts.duplicated, counts.reordered), (0, 0, 0), "{label}: {counts:?}");
            // A busy machine may be late with one of them.
            assert!(counts.sent >= clients * (due - 1), "{label}: {counts:?}");
            assert_eq!((counts.connected, counts.delivered), (clients, counts.sent), "{label}");
            let target = m.target.as_ref().unwrap();
            // CPU is counted in steps of 10 ms; so few messages may be none.
            assert!(clients == 1 || target.cores().unwrap() > 0.0, "{label}: {target:?}");
        }
        all
    }
}

fn scenario(server: &str, clients: u32, times: &str, load: &str, way: &str) -> String {
    let head = format!(
        "name = \"test\"\nshared-machine = true\nclients = {clients}\n{times}\n[headers]\nprofile = \"minimal\""
    );
    format!("{head}\n[target]\nthird-party = {server}\n{load}\n[[transport]]\n{way}\n")
}

/// Processes in the folders of this repository's servers: that is where they are started.
fn guests() -> Vec<u32> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("targets/third_party");
    let pids = fs::read_dir("/proc").unwrap().filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok());
    let guest =
        |pid: &u32| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|at| at.starts_with(&folders));
    pids.filter(guest).collect()
}

/// A run to its end: no failure, no warning about the accounts, a server whose cost is known, and that is gone.
fn measure(scenario: &str) -> Vec<Measurement> {
    let _turn = alone();
    // One that somebody has started by hand is nobody's fault.
    let strange = guests();
    let ours = || guests().into_iter().filter(|pid| !strange.contains(pid)).collect::<Vec<u32>>();
    let scene = Scene::new(scenario);
    let running = scene.begin(&[]);
    running.until("a server", || (!ours().is_empty()).then_some(()));
    let measurements = scene.measured(running);
    assert_eq!(ours(), [0; 0], "they have outlived their run");
    for m in &measurements {
        ledger_closes(m);
        assert_eq!(m.tally.failures.total(), 0, "{}: {:?}", m.label(), m.tally.failures);
        let warning = m.verdict.warnings.iter().find(|warning| NEVER.contains(&warning.check.name()));
        assert_eq!(warning, None, "{}", m.label());
        let target = m.target.as_ref().unwrap_or_else(|| panic!("{}: its cost is not known", m.label()));
        assert!(target.memory > 5_000_000 && target.cores().is_some(), "{}: {target:?}", m.label());
    }
    measurements
}

/// What an echo of 20 bytes moves in the window, each way.
fn echoes(m: &Measurement, up: u64, down: u64) {
    let window = m.window();
    assert_eq!(window.up.counted, up * window.messages_up, "{}: {window:?}", m.label());
    assert_eq!(window.down.counted, down * window.messages_down, "{}: {window:?}", m.label());
}

/// Of Node's `ws`: frames of 20 bytes with 2 of header (RFC 6455 §5.2), and 4 of mask from client to server; and `started`
/// in one frame, 9 bytes a client. The rest of what is no echo are handshakes and close frames.
fn greeted(m: &Measurement) {
    echoes(m, 26, 22);
    let (total, clients, label) = (m.tally.traffic.total(), u64::from(m.trial.clients), m.label());
    let echoes = total.messages_down - clients;
    assert_eq!(m.tally.counts.unrecognised, clients, "{label}");
    assert_eq!(total.down.payload, 20 * echoes + 7 * clients, "{label}");
    // Our Close is empty, and so is the answer to it (RFC 6455 §5.5.1).
    assert_eq!(total.down.framing, 2 * (echoes + clients) + 2 * clients, "{label}");
    assert_eq!(total.up.framing, 6 * echoes + 6 * clients, "{label}");
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn node_ws_greets_and_echoes_to_the_byte() {
    for crowd in [ONE, MANY] {
        let m = crowd.measure("\"ws\"", WEBSOCKET).remove(0);
        greeted(&m);
        assert_eq!(m.tally.traffic.connect.down.headers, 129 * u64::from(m.trial.clients));
        assert_eq!(m.target.unwrap().processes, 1);
    }
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn nginx_passes_the_same_frames_on_and_adds_59_bytes_to_the_handshake() {
    for crowd in [ONE, MANY] {
        let all = crowd.measure(&format!("\"ws\"\n{ALL}"), WEBSOCKET);
        let labels: Vec<String> = all.iter().map(|m| m.trial.row_name()).collect();
        assert_eq!(labels, ["websocket", "websocket behind nginx", "websocket behind nginx-upstream"]);
        for m in &all {
            greeted(m);
            let proxied = u64::from(m.trial.row_name() != "websocket");
            let answer = (129 + 59 * proxied) * u64::from(m.trial.clients);
            assert_eq!(m.tally.traffic.connect.down.headers, answer, "{}", m.label());
            // nginx is a master and a worker.
            assert_eq!(u64::from(m.target.as_ref().unwrap().processes), 1 + 2 * proxied, "{}", m.label());
        }
    }
}

/// A client holds several connections here, and nginx two for each: with too few it would close those that rest.
#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn nginx_has_connections_enough_for_ways_that_need_several() {
    let table = [
        ("socket.io", "socketio = { via = \"polling\" }", MANY),
        ("socket.io", "socketio = { via = \"upgrade\" }", MANY),
        ("sockjs-tornado", "sockjs = { via = \"xhr\" }", SLOW),
        ("sockjs-tornado", "sockjs = { via = \"xhr-streaming\" }", SLOW),
    ];
    for (server, way, crowd) in table {
        for m in crowd.measure(&format!("\"{server}\"\nbehind = [\"nginx\", \"nginx-upstream\"]"), way) {
            assert_eq!(m.tally.counts.reconnects, 0, "{}", m.label());
            assert!(m.target.as_ref().unwrap().processes >= 3, "{}: {:?}", m.label(), m.target);
        }
    }
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn socket_io_echoes_by_each_of_its_ways_in_both_versions() {
    let all = "namespace = \"/members\", auth = '{\"token\":\"sesame\"}', binary = true, \
               reply = { on = \"news\", event = \"my other event\", data = '{\"my\":\"data\"}' }";
    let vias = ["polling", "websocket", "upgrade"];
    for (via, more) in vias.into_iter().flat_map(|via| ["eio = 4", "eio = 3", all].map(|more| (via, more))) {
        for crowd in [ONE, MANY] {
            let m = crowd
                .measure("\"socket.io\"", &format!("socketio = {{ via = \"{via}\", {more} }}"))
                .remove(0);
            // `news`, once a session.
            assert_eq!(m.tally.counts.unrecognised, u64::from(m.trial.clients), "{}, {more}", m.label());
        }
    }
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn sockjs_tornado_echoes_by_each_of_its_ways() {
    let table = [
        ("sockjs = { via = \"xhr\" }", None),
        ("sockjs = { via = \"xhr-streaming\" }", None),
        ("sockjs = { via = \"eventsource\" }", None),
        // `["<20>"]` and `a["<20>"]`.
        ("sockjs = { via = \"websocket\" }", Some((30, 27))),
        ("sockjs = { via = \"raw\" }", Some((26, 22))),
        (WEBSOCKET, Some((26, 22))),
    ];
    for (way, moves) in table {
        for crowd in [ONE, SLOW] {
            let m = crowd.measure("\"sockjs-tornado\"", way).remove(0);
            assert_eq!(m.tally.counts.unrecognised, 0, "{}", m.label());
            if let Some((up, down)) = moves {
                echoes(&m, up, down);
            }
        }
    }
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn socket_io_is_connected_to_by_a_plain_websocket() {
    for ClientPool { clients, times, .. } in [ONE, MANY] {
        let m = measure(&scenario("\"socket.io\"", clients, times, CONNECT, WEBSOCKET)).remove(0);
        assert!(m.tally.counts.sent >= 45, "{:?}", m.tally.counts);
    }
}

/// A scenario of one client that would take a minute.
fn long(server: &str, way: &str) -> String {
    scenario(server, 1, "measure = \"60s\"", "[load.echo]\nevery = \"200ms\"", way)
}

#[test]
#[ignore = "needs scripts/third-party; see scripts/test-third-party"]
fn a_server_does_not_outlive_its_run_however_that_one_ends() {
    let _turn = alone();
    let long = long("\"ws\"\nbehind = \"nginx\"", WEBSOCKET);
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
    let long = long("\"ws\"", WEBSOCKET);
    let scene = Scene::new(&long);
    let running = scene.begin(&[]);
    let server = running.child("server.js");
    running.child("shard");
    send(server, Signal::KILL);
    let ran = running.end();
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let reason = scene.report().failed.remove(0).reason;
    // Between the shard's start and its first word, or later; and before or after its end was heard of.
    let said = [" was killed by signal 9", ": it has ended in the middle of the trial"];
    let said = said.map(|how| format!("the third-party server `ws`{how}"));
    assert!(said.iter().any(|said| reason.contains(said)), "{reason}");
}

/// A folder of servers with one recipe in it, and what a run against it says.
fn against(recipe: &str, way: &str) -> crate::support::Ran {
    let scene = Scene::new(&long("\"mine\"", way));
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
    let ran = against(&recipe("not-there", "[\"true\"]", "websocket"), WEBSOCKET);
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    assert!(ran.stderr.contains("error: the third-party server `mine` is not installed"), "{ran:#?}");
    assert!(ran.stderr.trim_end().ends_with("= help: scripts/third-party mine"), "{ran:#?}");
}

#[test]
fn a_transport_that_it_does_not_speak_is_refused_before_it_is_started() {
    let ran = against(&recipe("target.toml", "[\"true\"]", "carrier-pigeon"), WEBSOCKET);
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    assert!(ran.stderr.contains("does not support websocket; it supports carrier-pigeon"), "{ran:#?}");
}

#[test]
fn a_server_that_ends_before_it_is_ready_gives_its_own_last_words() {
    let start = "[\"sh\", \"-c\", \"echo no such port {port} | tr 0-9 n >&2; exit 3\"]";
    let ran = against(&recipe("target.toml", start, "websocket"), WEBSOCKET);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(
        ran.stderr
            .contains("starting the third-party server `mine`: it ended with exit code 3: no such port nnnn"),
        "{ran:#?}"
    );
}
