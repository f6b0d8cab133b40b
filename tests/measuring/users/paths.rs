//! Transports compared at one server, each at a path of its own.

use std::io::Write;
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use tokio_tungstenite::tungstenite::{Message, accept};

use crate::support::feeds::Asked;
use crate::support::server::Server;
use crate::support::{Scene, ledger_closes, scenario};

const TICK: Duration = Duration::from_millis(50);

/// `/poll` answers with a number, `/events` and `/ws` say one every 50 ms; anything else is not there.
fn server() -> Server {
    Server::each(|stream, _| {
        stream.set_nodelay(true).unwrap();
        let mut head = [0; 512];
        let length = stream.peek(&mut head).unwrap_or(0);
        match String::from_utf8_lossy(&head[..length]).split(' ').nth(1) {
            Some("/ws?room=1") => ticks(stream),
            _ => answers(stream),
        }
    })
}

fn ticks(stream: TcpStream) {
    let Ok(mut socket) = accept(stream) else { return };
    socket.get_ref().set_read_timeout(Some(TICK)).unwrap();
    while socket.send(Message::text("tick")).is_ok() {
        if let Ok(Message::Close(_)) = socket.read() {
            return drop(socket.flush());
        }
    }
}

fn answers(mut to: TcpStream) {
    let mut from = std::io::BufReader::new(to.try_clone().unwrap());
    let mut count = 0;
    while let Some(asked) = Asked::read(&mut from) {
        count += 1;
        let number = format!("{count:04}");
        let answer = match asked.path.as_str() {
            "/poll" => format!("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{number}"),
            "/events" => "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n".to_owned(),
            _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
        };
        if to.write_all(answer.as_bytes()).is_err() {
            return;
        }
        if asked.path == "/events" {
            while to.write_all(b"data: tick\n\n").is_ok() {
                sleep(TICK);
            }
            return;
        }
    }
}

#[test]
fn one_scenario_compares_the_paths_of_one_server() {
    let server = server();
    let load = format!("[load.listen]\n[target]\nurl = \"http://{}/\"", server.address);
    let transports = [
        "polling = { every = \"50ms\", path = \"/poll\" }",
        "sse = { path = \"/events\" }",
        "websocket = { path = \"/ws?room=1\" }",
    ];
    let scene = Scene::new(&scenario(2, ("200ms", "1s"), &load, &transports.map(str::to_owned)));
    let check = scene.say(&["check", "scenario.toml"]);
    assert!(check.stdout.contains(&format!("ws://{}/ws?room=1", server.address)), "{}", check.stdout);
    let all = scene.measure();
    let labels: Vec<String> = all.iter().map(|m| m.trial.transport.label()).collect();
    assert_eq!(labels, ["polling 50ms /poll", "sse /events", "websocket /ws"]);
    for m in &all {
        ledger_closes(m);
        assert_eq!(m.tally.failures.total(), 0, "{}: {:?}", m.label(), m.tally.failures);
        let received = m.tally.counts.received;
        assert!((20..=45).contains(&received), "{}: {received}", m.label());
    }
}

/// Every path is asked for before anything is loaded.
#[test]
fn a_path_that_is_not_there_is_found_before_the_load() {
    let server = server();
    let load = format!("[load.listen]\n[target]\nurl = \"http://{}/\"", server.address);
    let transports = ["sse = { path = \"/events\" }", "polling = { path = \"/pool\" }"];
    let scene = Scene::new(&scenario(2, ("200ms", "1s"), &load, &transports.map(str::to_owned)));
    let ran = scene.begin(&[]).end();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("/pool") && ran.stderr.contains("404"), "{}", ran.stderr);
    assert!(!scene.path("out").exists(), "nothing was measured");
}
