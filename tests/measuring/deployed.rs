//! Servers that are not ours: TLS with good and bad certificates, answers that nobody asked for, and what the user must
//! say before any of them is loaded. Real servers, the real program.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::support::deployed::{Age, Authority, answers, answers_for_ever, secure_echo, secure_pages};
use crate::support::server::{Manner, Server};
use crate::support::{Ran, Scene, at_once, ledger_closes, scenario, server_failed};
use wsbench::meter::Failures;
use wsbench::meter::reasons::{LONG_BODY, LONG_HEAD, LONG_TOGETHER};
use wsbench::results::{Server as Outcome, Severity};

const POLLING: &str = "polling = { every = \"100ms\", timeout = \"2s\" }";
const WEBSOCKET: &str = "websocket = { timeout = \"2s\" }";
const ECHO: &str = "[load.echo]\nevery = \"100ms\"\npayload = \"64B\"";
const IDLE: &str = "[load.idle]";

/// A scenario against a URL, with these further lines in [target].
fn scene(clients: u32, url: &str, more: &str, load: &str, transport: &str) -> Scene {
    let load = format!("{load}\n[target]\nurl = \"{url}\"\n{more}");
    Scene::new(&scenario(clients, ("200ms", "1s"), &load, &[transport.to_owned()]))
}

fn run(scene: &Scene) -> Ran {
    scene.begin(&[]).end()
}

/// A TLS echo server by an authority that only this test knows; a scene with its root beside the scenario.
fn secure_scene(age: Age, name: &str, more: &str) -> (SocketAddr, Scene) {
    let authority = Authority::new();
    let address = secure_echo(authority.server(name, age));
    let scene = scene(5, &format!("wss://localhost:{}/", address.port()), more, ECHO, WEBSOCKET);
    fs::write(scene.path("root.pem"), &authority.pem).unwrap();
    (address, scene)
}

#[test]
fn a_certificate_that_is_not_to_be_trusted_is_refused_with_the_reason() {
    let own = "ca = \"root.pem\"";
    for (age, name, more, words) in [
        (Age::Valid, "localhost", "", ["certificate of an unknown issuer", "ca = \"root.pem\""]),
        (Age::Expired, "localhost", own, ["certificate expired", "renew it"]),
        (Age::Valid, "other.example", own, ["certificate for another host", "connect-to"]),
    ] {
        let (_, scene) = secure_scene(age, name, more);
        let ran = run(&scene);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(words.iter().all(|word| ran.stderr.contains(word)), "{words:?}: {}", ran.stderr);
        assert!(!scene.path("out").exists(), "nothing was measured");
    }
}

#[test]
fn tls_bytes_are_in_the_ledger() {
    let (address, scene) = secure_scene(Age::Valid, "localhost", "ca = \"root.pem\"");
    let m = &scene.measure()[0];
    ledger_closes(m);
    assert_eq!((m.tally.failures.total(), m.tally.counts.lost, m.tally.counts.sent), (0, 0, 50));
    assert_eq!(m.address, Some(address));
    let (window, connect) = (m.window(), &m.tally.traffic.connect);
    // A record of TLS 1.3 is 22 bytes more than what it carries; a frame of 64 bytes makes one record.
    assert_eq!(window.up.tls, 22 * window.messages_up, "{window:?}");
    assert_eq!(window.down.tls, 22 * window.messages_down, "{window:?}");
    // The handshake: hello and certificates.
    let (up, down) = (connect.up.tls / connect.connections, connect.down.tls / connect.connections);
    assert!((150..1_500).contains(&up) && (500..4_000).contains(&down), "{up} up, {down} down");
    assert!(m.verdict.warnings.iter().all(|warning| warning.check != "insecure"), "{:?}", m.verdict);
}

#[test]
fn polling_behind_tls_has_a_ledger_too() {
    let authority = Authority::new();
    // Longer than one read, so that plain text waits within rustls.
    let body: &'static str = Box::leak("x".repeat(40_000).into_boxed_str());
    let address = secure_pages(authority.server("localhost", Age::Valid), body);
    let transports = [POLLING.to_owned(), POLLING.replace(" }", ", keep-alive = false }")];
    at_once(&transports, |transport| {
        let url = format!("https://localhost:{}/x", address.port());
        let scene = scene(5, &url, "ca = \"root.pem\"", IDLE, transport);
        fs::write(scene.path("root.pem"), &authority.pem).unwrap();
        let m = &scene.measure()[0];
        ledger_closes(m);
        assert_eq!(m.tally.failures.total(), 0, "{:?}", m.tally.failures);
        let total = m.tally.traffic.total();
        assert!(total.responses >= 40 && total.down.tls > 0, "{total:?}");
    });
}

#[test]
fn insecure_believes_anybody_and_says_so_aloud() {
    let (_, scene) = secure_scene(Age::Expired, "other.example", "insecure = true");
    let ran =
        scene.start(scene.wsbench(&["run", "scenario.toml", "--out", "out", "--color", "always"])).end();
    let m = &scene.report().measurements[0];
    ledger_closes(m);
    assert_eq!(m.tally.failures.total(), 0, "{ran:?}");
    let warning = m.verdict.warnings.iter().find(|warning| warning.check == "insecure");
    assert_eq!(warning.map(|warning| warning.severity), Some(Severity::Note), "{:?}", m.verdict);
    assert!(ran.stderr.contains("\u{1b}[1;31mwarning: insecure = true"), "{}", ran.stderr);
    assert!(ran.stdout.contains("no certificate was verified"), "{}", ran.stdout);
}

#[test]
fn http_on_a_tls_port_is_named() {
    // As nginx and node do: the greeting is no HTTP, and that is said in plain HTTP.
    let plain = Server::each(|mut stream, _| {
        let mut piece = [0; 4096];
        if let Ok(1..) = stream.read(&mut piece) {
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
        }
    });
    let scene = scene(2, &format!("https://{}/", plain.address), "", IDLE, POLLING);
    let ran = run(&scene);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let words = ["plain HTTP on a TLS port", "write http:// or ws://"];
    assert!(words.iter().all(|word| ran.stderr.contains(word)), "{}", ran.stderr);
}

/// What a run says whose server gives the program's own question 200 and every client `answer`.
fn answered(answer: &'static [u8]) -> (Failures, Outcome, Ran) {
    let server = Server::after_the_first(move |stream| answers(stream, answer));
    let scene = scene(4, &format!("http://{}/", server.address), "", IDLE, POLLING);
    let ran = run(&scene);
    let m = &scene.report().measurements[0];
    (m.tally.failures.clone(), m.verdict.server(), ran)
}

#[test]
fn a_status_is_counted_by_its_number_and_a_redirect_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let place = elsewhere.local_addr().unwrap();
    let redirects =
        ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"];
    let redirects = redirects.map(|status| {
        let answer =
            format!("HTTP/1.1 {status}\r\nLocation: http://{place}/?token=s3\r\nContent-Length: 0\r\n\r\n");
        let answer: &'static [u8] = Box::leak(answer.into_boxed_str()).as_bytes();
        (answer, format!("{} to http://{place}", &status[..3]), "redirects are not followed")
    });
    let others: [(&[u8], _, _); 3] = [
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "401".to_owned(), "Authorization = "),
        (b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", "429".to_owned(), "limits the rate"),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "503".to_owned(), "is overloaded"),
    ];
    let table: Vec<_> = redirects.into_iter().chain(others).collect();
    at_once(&table, |(answer, name, remedy)| {
        let (failures, outcome, ran) = answered(answer);
        assert_ne!(outcome, Outcome::Ok, "{ran:?}");
        server_failed(&ran);
        let exactly: Vec<_> = failures.reasons.each().collect();
        assert_eq!(exactly, [(name.as_str(), failures.status)], "{failures:?}");
        assert!(failures.status >= 4 && failures.total() == failures.status, "{failures:?}");
        let said = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&format!("x {name}")) && said.contains(remedy), "{}", ran.stdout);
    });
    assert!(elsewhere.accept().is_err(), "somebody went where a redirect led");
}

#[test]
fn a_refusal_is_said_before_the_load() {
    for (answer, word) in [
        (
            &b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"[..],
            "302 to /login on the same host",
        ),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "it answers 401"),
    ] {
        let server = Server::each(move |stream, _| answers(stream, answer));
        for (scheme, load, transport) in [("http", IDLE, POLLING), ("ws", ECHO, WEBSOCKET)] {
            let ran = run(&scene(1, &format!("{scheme}://{}/", server.address), "", load, transport));
            assert_eq!(ran.code, Some(1), "{ran:?}");
            assert!(ran.stderr.contains(word), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_wrong_accept_key_and_a_missing_subprotocol_are_named() {
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    let answer = format!("{head}Sec-WebSocket-Accept: bm90IHlvdXJz\r\n\r\n");
    let server = Server::each(move |stream, _| answers(stream, answer.as_bytes()));
    let ran = run(&scene(1, &format!("ws://{}/", server.address), "", ECHO, WEBSOCKET));
    assert!(ran.code == Some(1) && ran.stderr.contains("wrong Sec-WebSocket-Accept"), "{ran:?}");
    // This server knows no subprotocols, and says nothing of one.
    let server = Server::echo(std::time::Duration::ZERO);
    let ran =
        run(&scene(1, &format!("ws://{}/", server.address), "subprotocols = [\"chat\"]", ECHO, WEBSOCKET));
    assert!(ran.code == Some(1) && ran.stderr.contains("no subprotocol of those offered"), "{ran:?}");
}

/// Whoever asks first is served: that is the look before the load.
#[test]
fn what_failed_while_connecting_is_said_by_kind_and_reason() {
    let asked = Arc::new(AtomicU64::new(0));
    let server = Server::each(move |stream, _| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => drop(tokio_tungstenite::tungstenite::accept(stream)),
        _ => answers(stream, b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"),
    });
    let scene = scene(3, &format!("ws://{}/", server.address), "", ECHO, WEBSOCKET);
    let ran = run(&scene);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let reason = &scene.report().failed[0].reason;
    let expected = "only 0 of 3 clients connected: 15 status (15 x 503): the server";
    assert!(reason.starts_with(expected), "{reason}");
}

#[test]
fn an_answer_without_an_end_has_a_limit() {
    let long = [b"X: ".as_slice(), &[b'a'; 1 << 20], b"\r\n"].concat();
    let long: &'static [u8] = Box::leak(long.into_boxed_slice());
    let table: [(&'static [u8], &'static [u8], &str); 2] =
        [(b"HTTP/1.1 200 OK\r\n\r\n", &[b'a'; 65_536], LONG_BODY), (b"HTTP/1.1 200 OK\r\n", long, LONG_HEAD)];
    at_once(&table, |&(head, more, name)| {
        let server = Server::after_the_first(move |stream| answers_for_ever(stream, head, more));
        let scene = scene(3, &format!("http://{}/", server.address), "", IDLE, POLLING);
        let ran = run(&scene);
        let m = &scene.report().measurements[0];
        let failures = &m.tally.failures;
        assert!(failures.too_large >= 3 && failures.total() == failures.too_large, "{failures:?}");
        assert_eq!(failures.reasons.each().map(|each| each.0).collect::<Vec<_>>(), [name]);
        server_failed(&ran);
        let peak = m.harness[0].peak_memory;
        assert!(peak < 300 << 20, "{name}: {peak} bytes for three clients");
    });
}

/// Each might read 16 MiB, and all of them a gigabyte.
#[test]
fn many_answers_without_an_end_have_a_limit_together() {
    const CLIENTS: u32 = 64;
    let chunk = [b"10000\r\n".as_slice(), &[b'a'; 65_536], b"\r\n"].concat();
    let table: [(&'static [u8], &'static [u8]); 2] = [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk.leak()),
        (b"HTTP/1.1 200 OK\r\n\r\n", &[b'a'; 65_536]),
    ];
    for (head, more) in table {
        let server = Server::after_the_first(move |stream| answers_for_ever(stream, head, more));
        // Nobody must lose patience on a slow machine: what is asked is who may hold how much.
        let polling = POLLING.replace("2s", "30s");
        let scene = scene(CLIENTS, &format!("http://{}/", server.address), "", IDLE, &polling);
        // Long enough for a slow machine to send 256 MiB in.
        let ran = scene.begin(&["--duration", "2s"]).end();
        let m = &scene.report().measurements[0];
        let failures = &m.tally.failures;
        let names: Vec<&str> = failures.reasons.each().map(|each| each.0).collect();
        assert!(names.contains(&LONG_TOGETHER), "{failures:?}");
        assert!(failures.too_large >= u64::from(CLIENTS) / 2, "{failures:?}");
        server_failed(&ran);
        assert!(ran.stdout.contains("256 MiB of all clients"), "{}", ran.stdout);
        let peak = m.harness[0].peak_memory;
        assert!(peak < 400 << 20, "{peak} bytes for {CLIENTS} clients");
    }
}

#[test]
fn a_server_that_closes_between_two_polls_is_no_failure() {
    let manner =
        Manner { leaves: Some(std::time::Duration::from_millis(20)), body: "hello\n", ..Manner::default() };
    let server = Server::http(manner);
    let scene = scene(5, &format!("http://{}/", server.address), "", IDLE, POLLING);
    let m = &scene.measure()[0];
    ledger_closes(m);
    assert_eq!(m.tally.failures.total(), 0, "{:?}", m.tally.failures);
    assert!(m.tally.counts.reconnects >= 40, "{:?}", m.tally.counts);
}

#[test]
fn beyond_this_machine_the_user_must_have_said_so() {
    // An address of RFC 5737 that leads nowhere; nothing is sent there.
    let scene = scene(1, "https://192.0.2.1/", "", IDLE, POLLING);
    let ran = run(&scene);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let words =
        ["192.0.2.1:443", "not on this machine", "--authorised 192.0.2.1", "authorised = [\"192.0.2.1\"]"];
    assert!(words.iter().all(|word| ran.stderr.contains(word)), "{}", ran.stderr);
    assert!(!scene.path("out").exists(), "there is nothing to report");
}

#[test]
fn check_shows_the_target_and_says_where_a_run_would_be_refused() {
    let url = "wss://chat.example:8443/x?token=s3cret";
    let shown = "target wss://chat.example:8443/x?token=[redacted], connections go to";
    for (more, code) in [
        ("connect-to = \"192.0.2.1:443\"", 1),
        ("connect-to = \"192.0.2.1:443\"\nauthorised = [\"192.0.2.1\"]", 0),
        ("connect-to = \"127.0.0.1:9\"", 0),
    ] {
        let ran = scene(1, url, more, ECHO, WEBSOCKET).say(&["check", "scenario.toml"]);
        assert_eq!(ran.code, Some(code), "{more}: {ran:?}");
        assert!(ran.stdout.contains(shown) && !ran.stdout.contains("s3cret"), "{}", ran.stdout);
        let words =
            ["error: 192.0.2.1 is not on this machine", "a run would be refused", "--authorised 192.0.2.1"];
        words.iter().for_each(|word| assert_eq!(ran.stderr.contains(word), code == 1, "{}", ran.stderr));
    }
    // A flag gives the word as well.
    let scene = scene(1, "ws://chat.example/", "", ECHO, WEBSOCKET);
    let flag = ["check", "scenario.toml", "--authorised", "chat.example"];
    assert_eq!((scene.say(&flag[..2]).code, scene.say(&flag).code), (Some(1), Some(0)));
}

#[test]
fn what_will_be_borne_is_said_and_connect_to_aims_it() {
    let server = Server::http(Manner { body: "hello\n", ..Manner::default() });
    let more = format!("connect-to = \"{}\"", server.address);
    let scene = scene(20, "http://shop.example/", &more, IDLE, POLLING);
    // No proxy is asked: this one would refuse.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = scene.wsbench(&["run", "scenario.toml", "--out", "out"]);
    ["HTTP_PROXY", "http_proxy", "ALL_PROXY"].iter().for_each(|name| {
        command.env(name, format!("http://{nobody}"));
    });
    let ran = scene.start(command).end();
    let said = format!("target http://shop.example/ at {}: up to 20 clients", server.address);
    assert!(ran.stderr.contains(&said) && ran.stderr.contains("200 requests"), "{}", ran.stderr);
    // Nothing was sent: what comes is no trouble.
    let own = " answers brought something new";
    assert!(ran.stdout.contains(own) && !ran.stdout.contains("without our stamp"), "{}", ran.stdout);
    let m = &scene.report().measurements[0];
    assert_eq!((m.address, m.tally.failures.total()), (Some(server.address), 0), "{ran:?}");
}

#[test]
fn who_cannot_be_reached_is_left_alone_after_ten_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let load = format!("{IDLE}\n[target]\nurl = \"http://{address}/\"");
    let scene = Scene::new(&scenario(20, ("200ms", "60s"), &load, &[POLLING.to_owned()]));
    // It serves until the load has begun, and is gone then.
    std::thread::spawn(move || {
        let began = std::time::SystemTime::now();
        let streams: Vec<TcpStream> = std::iter::from_fn(|| {
            listener.set_nonblocking(true).unwrap();
            while began.elapsed().unwrap().as_secs() < 2 {
                if let Ok((stream, _)) = listener.accept() {
                    stream.set_nonblocking(false).unwrap();
                    let serving = stream.try_clone().unwrap();
                    std::thread::spawn(move || {
                        answers(serving, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    });
                    return Some(stream);
                }
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            None
        })
        .collect();
        drop(listener);
        streams.iter().for_each(|stream| drop(stream.shutdown(std::net::Shutdown::Both)));
    });
    let ran = run(&scene);
    let m = &scene.report().measurements[0];
    assert!((5.0..40.0).contains(&m.window_s), "a window of {} s", m.window_s);
    let warning = m.verdict.warnings.iter().find(|warning| warning.check == "unreachable");
    assert_eq!(warning.map(|warning| warning.severity), Some(Severity::Failed), "{:?}", m.verdict);
    server_failed(&ran);
}
