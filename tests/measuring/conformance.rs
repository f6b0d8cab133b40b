//! Every behaviour over every transport: what is sent arrives once and in order, and the bytes add up.
//!
//! The transports come from `Transport::all()`, so that a new one is tested by being there.

use crate::support::{Scene, at_once, ledger_closes, scenario};
use wsbench::load::schedule;
use wsbench::meter::PhaseTraffic;
use wsbench::results::Measurement;
use wsbench::transport::Transport;
use wsbench_targets::clock::Tick;

const WARMUP: &str = "300ms";

/// Options that make a transport quick and keep it from skipping; a new one is tested with its own defaults.
fn quick(transport: &Transport) -> String {
    let options = match transport.name() {
        "polling" => "every = \"100ms\", reply = \"since\"",
        "long-polling" => "hold = \"400ms\"",
        _ => "",
    };
    format!("{} = {{ {options} }}", transport.name())
}

pub fn all() -> Vec<String> {
    Transport::all().iter().filter(|t| t.reference()).map(quick).collect()
}

/// The same over HTTP/2, by prior knowledge and by ALPN, with these further options.
fn over_http_2(more: &str) -> Vec<String> {
    let with = |tls: &str| {
        all()
            .into_iter()
            .map(move |table| table.replace(" }", &format!(", http = 2{tls}{more} }}")))
            .collect()
    };
    let tables: [Vec<String>; 2] = [with(""), with(", tls = true")];
    let tidy = |table: String| table.replace("{ , ", "{ ");
    tables.concat().into_iter().map(tidy).collect()
}

/// Those that have requests, with a connection for each.
fn without_keep_alive() -> Vec<String> {
    let http = all().into_iter().filter(|table| table.contains("polling"));
    http.map(|table| table.replace(" }", ", keep-alive = false }")).collect()
}

fn measure(clients: u32, load: &str, transports: &[String]) -> Vec<Measurement> {
    let measurements = run(clients, load, transports);
    measurements.iter().for_each(sound);
    measurements
}

fn run(clients: u32, load: &str, transports: &[String]) -> Vec<Measurement> {
    let measurements = Scene::new(&scenario(clients, (WARMUP, "1s"), load, transports)).measure();
    assert_eq!(measurements.len(), transports.len());
    measurements
}

/// What holds for every trial in which nothing broke.
pub fn sound(m: &Measurement) {
    whole(m);
    let (label, connections) = (m.label(), m.tally.traffic.total().connections);
    assert_eq!(m.tally.connect.count(), connections, "{label}: one connect time a connection");
    assert!(connections >= u64::from(m.trial.clients), "{label}: {connections} connections");
}

/// The same, whatever connections there are.
fn whole(m: &Measurement) {
    let (label, counts) = (m.label(), &m.tally.counts);
    assert_eq!(m.tally.failures.total(), 0, "{label}: {:?}", m.tally.failures);
    ledger_closes(m);
    let clients = u64::from(m.trial.clients);
    assert_eq!((counts.clients, counts.connected), (clients, clients), "{label}");
    assert_eq!((counts.lost, counts.duplicated, counts.reordered), (0, 0, 0), "{label}: {counts:?}");
    assert_eq!(counts.sent, counts.delivered, "{label}: {counts:?}");
    assert_eq!(m.tally.latency.count(), counts.delivered, "{label}: one latency a message");
    let connections = m.tally.traffic.total().connections;
    assert_eq!(m.tally.connect_tcp.count(), connections, "{label}: one TCP time a connection");
    assert!((m.window_s - 1.0).abs() < 0.5, "{label}: a window of {} s", m.window_s);
}

/// What the clients' schedules say was due in the window.
fn scheduled(m: &Measurement) -> u64 {
    let trial = &m.trial;
    let begin = Tick(0) + trial.warmup;
    let due = |client| {
        let pacer = schedule(&trial.load, trial.seed, client, trial.clients, Tick(0));
        pacer.map_or(0, |pacer| pacer.due_within(begin, begin + trial.measure))
    };
    (0..trial.clients).map(due).sum()
}

/// All phases together.
fn total(m: &Measurement) -> PhaseTraffic {
    m.tally.traffic.total()
}

fn answered(m: &Measurement) {
    let total = total(m);
    assert!(total.responses <= total.requests, "{}: {total:?}", m.label());
    let responses = m.tally.response.count();
    let http = m.label().contains("polling");
    assert_eq!(responses > 0, http, "{}: {responses} response times", m.label());
}

#[test]
fn push() {
    for m in measure(40, "[load.push]\nevery = \"100ms\"\npayload = \"64B\"", &all()) {
        answered(&m);
        assert_eq!(m.tally.counts.sent, 400, "{}", m.label());
        assert_eq!(m.published.as_ref().map(|p| p.messages), Some(400), "{}", m.label());
        assert_eq!(total(&m).up.payload, 0, "{}", m.label());
        assert_eq!(total(&m).down.payload, 64 * total(&m).messages_down, "{}", m.label());
    }
}

#[test]
fn push_by_poisson() {
    let load = "[load.push]\nevery = \"100ms\"\narrivals = \"poisson\"";
    for m in measure(30, load, &all()) {
        let sent = m.tally.counts.sent;
        assert_eq!(sent, scheduled(&m), "{}", m.label());
        assert_eq!(m.published.as_ref().map(|p| p.messages), Some(sent), "{}", m.label());
    }
}

#[test]
fn broadcast() {
    for m in measure(30, "[load.broadcast]\nevery = \"50ms\"\npayload = \"200B\"", &all()) {
        assert_eq!(m.tally.counts.sent, 30 * 20, "{}", m.label());
        assert_eq!(m.published.as_ref().map(|p| p.messages), Some(20), "{}", m.label());
    }
}

#[test]
fn idle() {
    for m in measure(30, "[load.idle]", &all()) {
        let (window, counts) = (m.window(), &m.tally.counts);
        assert_eq!((counts.sent, counts.received, total(&m).messages_down), (0, 0, 0), "{}", m.label());
        assert_eq!((total(&m).up.payload, total(&m).down.payload), (0, 0), "{}", m.label());
        assert_eq!(counts.empty_polls, window.responses, "{}: every answer is empty", m.label());
        if m.label().contains("polling") {
            assert!(counts.empty_polls > 0, "{}", m.label());
        } else {
            assert_eq!((window.up.counted, window.down.counted), (0, 0), "{}", m.label());
        }
        assert!(m.published.is_none(), "{}", m.label());
    }
}

#[test]
fn echo_open() {
    at_once(&["constant", "poisson"], |&arrivals| {
        let load = format!("[load.echo]\nevery = \"200ms\"\npace = \"{arrivals}\"\npayload = \"130B\"");
        for m in measure(25, &load, &all()) {
            assert_eq!(m.tally.counts.sent, scheduled(&m), "{}", m.label());
            assert_eq!(arrivals == "constant", m.tally.counts.sent == 125, "{}", m.label());
            echoed(&m, 130);
        }
    });
}

#[test]
fn echo_closed() {
    for m in measure(20, "[load.echo]\npace = \"closed\"\npayload = \"21B\"", &all()) {
        // Each client has several round trips in a second, whatever carries them.
        assert!(m.tally.counts.sent >= 60, "{}: {}", m.label(), m.tally.counts.sent);
        echoed(&m, 21);
    }
}

/// What went up came down.
fn echoed(m: &Measurement, payload: u64) {
    let total = total(m);
    assert_eq!(total.messages_up, total.messages_down, "{}", m.label());
    assert_eq!(total.up.payload, payload * total.messages_up, "{}", m.label());
    assert_eq!(total.down.payload, total.up.payload, "{}", m.label());
}

#[test]
fn connect() {
    let transports = [all(), without_keep_alive()].concat();
    for m in measure(20, "[load.connect]\nrate = \"80/s\"", &transports) {
        assert_eq!(m.tally.counts.sent, 80, "{}", m.label());
        // Those due at the window's end may open after it.
        let connections = m.window().connections;
        assert!((70..=90).contains(&connections), "{}: {connections} connections", m.label());
        assert!(m.window().up.segments >= 2 * connections, "{}", m.label());
    }
}

#[test]
fn a_connection_for_each_request() {
    let loads = ["[load.push]\nevery = \"200ms\"", "[load.echo]\nevery = \"200ms\"", "[load.idle]"];
    at_once(&loads, |load| {
        for m in measure(20, load, &without_keep_alive()) {
            answered(&m);
            assert_eq!(m.tally.counts.sent, scheduled(&m), "{}", m.label());
            let total = total(&m);
            // A client that is connected and has nothing more to ask has one that carried nothing.
            let unused = total.connections - total.requests;
            assert!(unused <= 20, "{}: {unused} connections without a request", m.label());
        }
    });
}

/// Each way up and down, and what opens a connection.
#[test]
fn http_2() {
    let transports = over_http_2("");
    for m in measure(20, "[load.push]\nevery = \"100ms\"\npayload = \"64B\"", &transports) {
        answered(&m);
        assert!(m.label().contains(" h2"), "{}", m.label());
        assert_eq!(m.tally.counts.sent, 200, "{}", m.label());
        assert_eq!(total(&m).down.payload, 64 * total(&m).messages_down, "{}", m.label());
        assert!(total(&m).up.control >= 20 * 24 && total(&m).down.control > 0, "{}", m.label());
    }
    for m in measure(15, "[load.echo]\nevery = \"200ms\"\npayload = \"130B\"", &transports) {
        assert_eq!(m.tally.counts.sent, scheduled(&m), "{}", m.label());
        echoed(&m, 130);
        assert_eq!(total(&m).connections, 15, "{}: what is posted goes over what is there", m.label());
    }
    for m in measure(20, "[load.connect]\nrate = \"40/s\"", &transports) {
        assert_eq!(m.tally.counts.sent, 40, "{}", m.label());
    }
}

/// The same where clients share connections: of 22 each ten.
#[test]
fn http_2_shared() {
    let transports = over_http_2(", clients-per-connection = 10");
    let push = "[load.push]\nevery = \"100ms\"\npayload = \"64B\"";
    for load in [push, "[load.echo]\nevery = \"200ms\"\npayload = \"64B\"", "[load.idle]"] {
        for m in run(22, load, &transports) {
            whole(&m);
            answered(&m);
            let (label, shards) = (m.label(), u64::from(m.trial.shards));
            assert!(label.contains(" h2 shared by 10"), "{label}");
            assert_eq!(m.tally.counts.sent, if load == push { 220 } else { scheduled(&m) }, "{label}");
            assert_eq!(total(&m).down.payload, 64 * total(&m).messages_down, "{label}");
            assert_eq!(m.tally.connect.count(), 22, "{label}: each client is connected");
            assert!((3..=2 + shards).contains(&total(&m).connections), "{label}: {:?}", total(&m));
            assert!(total(&m).up.control >= 24 * total(&m).connections, "{label}");
            assert_eq!(m.tally.counts.reconnects, 0, "{label}");
        }
    }
}
