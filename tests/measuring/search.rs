//! The search against servers whose limit is known, and against our own where no limit is in reach.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use crate::support::{Scene, alone, until};
use futures_util::{SinkExt, StreamExt};
use rustix::process::Signal;
use tokio::net::TcpListener;
use tokio::task::{LocalSet, spawn_local};
use wsbench::report::{View, json};
use wsbench::results::{Capacity, Report, Why};
use wsbench::scenario::{Load, Metric};

/// A WebSocket server that sends back at once while it has so many clients, and late as soon as it has more. It
/// lives as long as the test's process.
fn sustains(most: u32) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, accept(listener, most));
    });
    address
}

async fn accept(listener: std::net::TcpListener, most: u32) {
    let listener = TcpListener::from_std(listener).unwrap();
    let open = Rc::new(Cell::new(0));
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let open = Rc::clone(&open);
        spawn_local(async move {
            // The harness only looks whether somebody listens: no handshake follows.
            let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
            open.set(open.get() + 1);
            while let Some(Ok(message)) = socket.next().await {
                if message.is_text() {
                    let late = open.get() > most;
                    tokio::time::sleep(Duration::from_millis(if late { 100 } else { 0 })).await;
                    drop(socket.send(message).await);
                }
            }
            open.set(open.get() - 1);
        });
    }
}

fn scenario(clients: &str, load: &str, rest: &str) -> String {
    format!(
        "name = \"test\"\nshared-machine = true\nclients = {clients}\nwarmup = \"100ms\"\nmeasure = \"400ms\"\n\
         [load.{load}]\nevery = \"100ms\"\npayload = \"32B\"\n[[transport]]\nwebsocket = {{}}\n{rest}"
    )
}

/// Runs a search to its end; the exit code, the report, what was found by the one transport.
fn search(scenario: &str, more: &[&str], code: i32) -> (Report, Capacity, String) {
    let scene = Scene::new(scenario);
    let ran = scene.begin(more).end();
    assert_eq!(ran.code, Some(code), "{ran:#?}");
    let report = scene.report();
    let [capacity] = &report.capacity[..] else { panic!("{ran:#?}") };
    assert_eq!(report.measurements.len() + report.failed.len(), capacity.steps.len());
    assert!(scene.path("out").join("capacity.csv").exists());
    let capacity = capacity.clone();
    (report, capacity, ran.stdout)
}

#[test]
fn a_known_limit_is_found_three_times() {
    let _turn = alone();
    let address = sustains(37);
    let rest = format!(
        "[target]\nurl = \"ws://{address}/\"\n[search]\nfrom = 10\nto = 100\nprecision = \"10 %\"\n\
         [[search.condition]]\nmetric = \"latency.p50\"\nmax = \"50ms\"\n"
    );
    let scenario = scenario("10", "echo", &rest);
    for _ in 0..3 {
        let (report, capacity, said) = search(&scenario, &[], 0);
        let (held, failed) = (capacity.passed.unwrap(), capacity.failed_at.unwrap());
        assert!(held <= 37.0 && failed > 37.0 && failed / held <= 1.11, "{held} {failed}");
        let Some(Why::Crossed(outcome)) = &capacity.why else { panic!("{capacity:?}") };
        assert_eq!(outcome.threshold.metric, Metric::LatencyP50);
        assert!(outcome.value.unwrap() >= 0.1e9, "{outcome:?}");
        assert!(capacity.finished && report.complete());
        let ((passed, tries), (others, of)) = (capacity.tries(held), capacity.tries(failed));
        assert!(2 * passed > tries && 2 * others < of && tries.max(of) <= 3, "{capacity:?}");
        let sentence = format!(
            "By websocket this server sustains {held} clients ({passed} of {tries} tries passed) and not {failed} \
             ({others} of {of}) at a message every 100 ms each"
        );
        assert!(View::of(&[report], None).finding().starts_with(&sentence), "{said}");
    }
}

#[test]
fn where_nothing_fails_it_sustains_at_least_the_largest() {
    let _turn = alone();
    let (report, capacity, said) = search(&scenario("[4, 16]", "push", ""), &["--search"], 0);
    let sizes: Vec<f64> = capacity.steps.iter().map(|step| step.size).collect();
    assert_eq!((capacity.passed, capacity.failed_at), (Some(16.0), None), "{said}");
    assert!(sizes.ends_with(&[16.0]) && sizes.contains(&8.0), "{sizes:?}");
    let (passed, tries) = capacity.tries(16.0);
    assert!(
        said.contains(&format!("at least 16 ({passed} of {tries})")) && said.contains("search over clients"),
        "{said}"
    );
    assert!(report.scenario.overrides.contains(&"--search".to_owned()));
}

#[test]
fn where_the_first_fails_it_sustains_fewer() {
    for (tries, steps) in [("", 2), ("tries = 1\n", 1), ("tries = 5\n", 3)] {
        let condition = "[[search.condition]]\nmetric = \"latency.p50\"\nmax = \"1ns\"\n";
        let rest = format!("[search]\nto = 100\n{tries}{condition}");
        let (_, capacity, said) = search(&scenario("5", "echo", &rest), &[], 99);
        assert_eq!((capacity.passed, capacity.failed_at, capacity.steps.len()), (None, Some(5.0), steps));
        assert!(said.contains("sustains fewer than 5 clients"), "{said}");
        assert!(said.contains(&format!("at 5 (0 of {steps})")), "{said}");
    }
}

#[test]
fn the_rate_is_raised_by_shorter_intervals() {
    let _turn = alone();
    let rest = "[search]\nover = \"rate\"\nfrom = \"10/s\"\nto = \"30/s\"\n";
    let (report, capacity, said) = search(&scenario("5", "echo", rest), &[], 0);
    let intervals: Vec<Duration> = report
        .measurements
        .iter()
        .filter(|m| m.trial.repeat == 0)
        .map(|m| match &m.trial.load {
            Load::Echo(echo) => echo.every,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(intervals.len(), 3);
    assert_eq!(intervals[..2], [100, 50].map(Duration::from_millis));
    assert_eq!(capacity.passed, Some(30.0));
    let words: Vec<&str> = said.split_whitespace().collect();
    assert!(words.join(" ").contains("tries passed) for each of 5 clients"), "{said}");
}

/// The first two sizes would have one shard for themselves, and the third two.
#[test]
fn all_sizes_are_split_as_the_largest_and_what_is_not_is_said() {
    let _turn = alone();
    let rest = "shards = 2\n";
    let text = scenario("1", "push", "[search]\nto = 4\ntries = 1\n");
    let (report, _, said) = search(&(rest.to_owned() + &text), &[], 0);
    let split =
        |clients| report.measurements.iter().find(|m| m.trial.clients == clients).unwrap().trial.shards;
    assert_eq!([1, 2, 4].map(split), [1, 2, 2]);
    let words: Vec<&str> = said.split_whitespace().collect();
    assert!(words.join(" ").contains("Its trials had 1 to 2 generator processes."), "{said}");
}

#[test]
fn ctrl_c_keeps_what_was_found() {
    let _turn = alone();
    // So many tries that no busy machine ends it before anything passed.
    let rest = "[search]\nfrom = 2\nto = 1000\nfactor = 1.2\ntries = 9\n";
    let scene = Scene::new(&scenario("5", "push", rest));
    let running = scene.begin(&[]);
    let out = scene.path("out");
    until("a size passed", || {
        json::read(&out).ok().filter(|r| r.capacity.iter().any(|c| c.passed.is_some()))
    });
    running.signal(Signal::INT);
    let ran = running.end();
    assert_eq!(ran.code, Some(130), "{ran:#?}");
    let report = scene.report();
    let capacity = &report.capacity[0];
    assert!(report.interrupted && !capacity.finished && capacity.passed.is_some(), "{capacity:?}");
    assert!(ran.stdout.contains("the search has not come to its end"), "{ran:#?}");
    let words: Vec<&str> = ran.stdout.split_whitespace().collect();
    assert!(words.join(" ").contains("when the search was stopped"), "{ran:#?}");
}

#[test]
fn check_says_how_far_a_search_goes() {
    let scene = Scene::new(&scenario("10", "push", "[search]\nto = 1_000\n"));
    let ran = scene.say(&["check", "scenario.toml"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    for words in
        ["search over clients", "10 clients to 1,000 clients", "websocket: latency.p99 at most 50 ms"]
    {
        assert!(ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ").contains(words), "{ran:#?}");
    }
}
