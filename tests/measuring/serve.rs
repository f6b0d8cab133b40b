//! `wsbench serve` by hand: what it says, to whom it listens, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::time::Duration;

use crate::support::Scene;
use rustix::process::Signal;

#[test]
fn serve_listens_on_loopback_says_so_and_ends_with_its_starter() {
    let scene = Scene::new("");
    let mut command = scene.wsbench(&["serve", "polling", "--bind", "127.0.0.1:0", "--echo"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let address = wsbench_targets::wire::line::parse_ready(&line).unwrap();
    assert!(address.ip().is_loopback() && address.port() > 0, "{line}");
    std::net::TcpStream::connect(address).unwrap();
    drop(child.stdin.take());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "ended; it had nothing to publish\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(scene.say(&["serve", "--help"]).stdout.contains("[default: 127.0.0.1:8080]"));
}

#[test]
fn serve_tells_a_person_what_to_ask_for_and_what_came_of_it() {
    let routes = [
        ("polling", "  GET http://{at}/poll/0000000000/0000000000\n"),
        ("websocket", "  ws://{at}/push/0000000000/0000000000\n"),
    ];
    for (transport, route) in routes {
        let scene = Scene::new("");
        let words = ["serve", transport, "--bind", "127.0.0.1:0", "--every", "2ms", "--clients", "3"];
        let running = scene.start(scene.wsbench(&words));
        let ready = |running: &crate::support::Running| {
            let (out, err) = running.said();
            err.contains("Ctrl-C").then(|| wsbench_targets::wire::line::parse_ready(&out).unwrap())
        };
        let at = crate::support::until("the routes", || ready(&running));
        std::thread::sleep(Duration::from_millis(300));
        running.signal(Signal::INT);
        let ran = running.end();
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.stderr.starts_with(&route.replace("{at}", &at.to_string())), "{ran:?}");
        assert!(ran.stderr.contains("\nBy HTTP/1.1, or HTTP/2 with prior knowledge.\n"), "{ran:?}");
        assert!(ran.stderr.contains("0 to 2") && !ran.stderr.contains("POST"), "{ran:?}");
        let last = ran.stdout.lines().last().unwrap();
        assert!(last.starts_with("published ") && last.contains(" messages, late by "), "{ran:?}");
        assert!(!ran.stdout.contains('{'), "{ran:?}");
    }
}

#[test]
fn who_may_be_reached_from_elsewhere_is_warned() {
    let scene = Scene::new("");
    for (bind, warned) in [("0.0.0.0:0", true), ("127.0.0.1:0", false)] {
        let running = scene.start(scene.wsbench(&["serve", "websocket", "--bind", bind, "--echo"]));
        crate::support::until("the routes", || running.said().1.contains("Ctrl-C").then_some(()));
        running.signal(Signal::INT);
        let ran = running.end();
        assert_eq!(ran.stderr.contains("may be reached from other machines"), warned, "{ran:?}");
    }
}
