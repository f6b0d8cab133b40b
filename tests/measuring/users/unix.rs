//! A server behind a Unix socket, as an application server behind a proxy of the same machine.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;

use tempfile::TempDir;
use tokio_tungstenite::tungstenite::{Message, accept};

use crate::support::{Ran, Scene, good, scenario};
use wsbench::results::{Measurement, Severity};

/// Serves each connection of the socket `app.sock` in a folder that lives as long as the test.
fn listen(serve: impl Fn(UnixStream) + Clone + Send + 'static) -> TempDir {
    let folder = TempDir::new().unwrap();
    let listener = UnixListener::bind(folder.path().join("app.sock")).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream.unwrap()));
        }
    });
    folder
}

/// Answers each request with ten bytes of body.
fn pages(mut stream: UnixStream) {
    let from = BufReader::new(stream.try_clone().unwrap());
    for line in from.lines() {
        let Ok(line) = line else { return };
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
        if line.is_empty() && stream.write_all(answer).is_err() {
            return;
        }
    }
}

fn echo(stream: UnixStream) {
    let Ok(mut socket) = accept(stream) else { return };
    while let Ok(message) = socket.read() {
        let sent = match message {
            Message::Text(_) => socket.send(message),
            _ => socket.flush(),
        };
        if sent.is_err() {
            return;
        }
    }
}

fn scene(url: &str, path: &Path, load: &str, transport: &str) -> Scene {
    let load = format!("{load}\n[target]\nurl = \"{url}\"\nconnect-to = \"unix:{}\"", path.display());
    Scene::new(&scenario(5, ("200ms", "1s"), &load, &[transport.to_owned()]))
}

/// Every byte is accounted for, there is no second count of them, and that is one note.
fn counted(m: &Measurement) {
    let total = m.tally.traffic.total();
    for flow in [total.up, total.down] {
        assert!(flow.counted > 0);
        assert_eq!((flow.attributed(), flow.kernel, flow.tcp_ip), (flow.counted, 0, 0), "{flow:?}");
    }
    assert_eq!(m.tally.failures.total(), 0, "{:?}", m.tally.failures);
    let about: Vec<_> = m
        .verdict
        .warnings
        .iter()
        .filter(|warning| warning.check == "kernel-silent" || warning.check == "ledger")
        .map(|warning| (warning.severity, warning.text.contains("Unix socket")))
        .collect();
    assert_eq!(about, [(Severity::Note, true)]);
}

#[test]
fn http_by_a_unix_socket() {
    let folder = listen(pages);
    for transport in [
        "polling = { every = \"100ms\", reply = \"since\" }",
        "polling = { every = \"100ms\", reply = \"since\", keep-alive = false }",
    ] {
        let scene =
            scene("http://shop.example/page", &folder.path().join("app.sock"), "[load.idle]", transport);
        let m = scene.measure().remove(0);
        counted(&m);
        let (window, total) = (m.window(), m.tally.traffic.total());
        assert_eq!(window.down.payload, window.responses * 10);
        assert!((45..=55).contains(&window.responses), "{}", window.responses);
        assert_eq!((m.tally.counts.connected, m.address), (5, None));
        assert!(total.connections >= 5);
    }
}

#[test]
fn websocket_by_a_unix_socket() {
    let folder = listen(echo);
    let load = "[load.echo]\nevery = \"20ms\"";
    let scene = scene("ws://shop.example/", &folder.path().join("app.sock"), load, "websocket = {}");
    let m = scene.measure().remove(0);
    counted(&m);
    let counts = m.tally.counts;
    assert_eq!((counts.sent, counts.delivered, counts.lost), (250, 250, 0), "{counts:?}");
    // 6 bytes of a masked frame's header, 2 of one that is not.
    let window = m.window();
    assert_eq!((window.up.framing, window.down.framing), (6 * window.messages_up, 2 * window.messages_down));
}

#[test]
fn a_socket_that_is_not_there_or_may_not_be_written_to_is_said_to_be_so() {
    let gone = TempDir::new().unwrap();
    let said = |folder: &TempDir| -> Ran {
        let scene =
            scene("http://shop.example/", &folder.path().join("app.sock"), "[load.idle]", "polling = {}");
        scene.begin(&[]).end()
    };
    let ran = said(&gone);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("no Unix socket at that path"), "{}", ran.stderr);
    // Who is root may write anywhere.
    if !rustix::process::geteuid().is_root() {
        let closed = listen(pages);
        fs::set_permissions(closed.path().join("app.sock"), fs::Permissions::from_mode(0o000)).unwrap();
        assert!(said(&closed).stderr.contains("no permission for the Unix socket"));
    }
}

#[test]
fn by_a_flag() {
    let folder = listen(pages);
    let to = format!("unix:{}", folder.path().join("app.sock").display());
    let scene = Scene::new("");
    let ran = scene.say(&[
        "measure",
        "http://localhost/",
        "--connect-to",
        &to,
        "-c",
        "2",
        "-r",
        "10/s",
        "-d",
        "1s",
        "--out",
        "out",
    ]);
    if ran.code != Some(4) {
        good(&ran);
    }
    assert!(ran.stdout.contains(&format!("connect-to = \"{to}\"")), "{}", ran.stdout);
    counted(&scene.report().measurements[0]);
}
