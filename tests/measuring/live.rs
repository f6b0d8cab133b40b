//! `run --live`: a page of the run under way that becomes its report, `/metrics` beside it, and nothing for anybody elsewhere.
//! How it behaves in a browser, `scripts/test-report` tries.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Running, good, short, until};

/// Where it says that it is.
fn address(running: &Running) -> String {
    until("--live says where", || {
        let (_, said) = running.said();
        let (_, rest) = said.split_once("live: http://")?;
        Some(rest.split_once('/')?.0.to_owned())
    })
}

/// The whole answer to a request, under a name.
fn ask(address: &str, request: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nhost: {host}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// What came as events of that name.
fn events(stream: &str, name: &str) -> Vec<Value> {
    let begin = format!("event: {name}\ndata: ");
    let data = stream.split(&begin).skip(1).map(|rest| rest.split("\n\n").next().unwrap());
    data.map(|json| serde_json::from_str(json).unwrap()).collect()
}

#[test]
fn the_page_of_a_run_becomes_its_report() {
    let scene = short("");
    let running = scene.begin(&["--live", "-q"]);
    let address = address(&running);
    let page = ask(&address, "GET /", &address);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<section id=\"live\">"), "{page}");
    assert!(page.contains("form-action &#39;none&#39;; connect-src &#39;self&#39;\""), "{page}");
    let stream = ask(&address, "GET /events", &address);
    let pulses = events(&stream, "pulse");
    let received: Vec<u64> = pulses.iter().map(|pulse| pulse["received"].as_u64().unwrap()).collect();
    assert!(received.iter().any(|count| *count > 0), "{received:?}");
    assert!(stream.ends_with("event: end\ndata: {}\n\n"), "{stream}");
    let contents = events(&stream, "content");
    let last = contents.last().unwrap()["main"].as_str().unwrap();
    good(&running.end());
    let written = fs::read_to_string(scene.path("out/report.html")).unwrap();
    assert!(written.contains(last), "the last content is that of report.html");
    assert!(!written.contains("<section id=\"live\">") && !written.contains("connect-src"));
}

#[test]
fn who_looks_from_elsewhere_sees_nothing() {
    let scene = short("");
    let running = scene.begin(&["--live", "-q"]);
    let address = address(&running);
    for (request, host, status) in [
        ("GET /", "evil.example", "403"),
        ("GET /events", "evil.example:80", "403"),
        ("GET /metrics", "", "403"),
        ("GET /results.json", address.as_str(), "404"),
        ("POST /", address.as_str(), "405"),
    ] {
        let answer = ask(&address, request, host);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request} of {host}: {answer}");
        assert!(!answer.contains("<html"), "{answer}");
    }
    let metrics = until("a trial has begun", || {
        Some(ask(&address, "GET /metrics", &address)).filter(|said| said.ends_with("# EOF\n"))
    });
    assert!(metrics.contains("content-type: application/openmetrics-text; version=1.0.0"), "{metrics}");
    assert!(metrics.contains("\nwsbench_messages_received_total{trial=\"[1/2] "), "{metrics}");
    good(&running.end());
}

/// A port that is taken is said before anything is measured.
#[test]
fn a_port_that_is_taken_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let scene = short("");
    let port = taken.local_addr().unwrap().port();
    let ran = scene.begin(&[&format!("--live={port}")]).end();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains(&format!("--live: listening on 127.0.0.1:{port}")), "{ran:?}");
}
