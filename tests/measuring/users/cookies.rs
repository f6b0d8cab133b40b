//! Cookies: what a server sets comes back, each client has its own, and none is ever shown.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio_tungstenite::tungstenite::accept_hdr;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

use crate::support::feeds::{answer, http};
use crate::support::server::Server;
use crate::support::{Scene, ledger_closes, outputs, scenario};
use wsbench::results::Measurement;

/// A page that begins a session for who brings no cookie: how many it began, and all cookies that it was brought.
#[derive(Clone, Default)]
struct Sessions {
    begun: Arc<AtomicU64>,
    brought: Arc<Mutex<Vec<String>>>,
}

impl Sessions {
    fn server(&self) -> Server {
        let sessions = self.clone();
        http(move |asked, to| {
            let brought = asked.header("cookie").unwrap_or_default().to_owned();
            let known = brought.contains("JSESSIONID=");
            sessions.brought.lock().unwrap().push(brought);
            if known {
                return answer(to, "200 OK", "", "hello");
            }
            let number = sessions.begun.fetch_add(1, Ordering::Relaxed);
            let gone = "Set-Cookie: GONE=never; Max-Age=0\r\n";
            let set = format!("Set-Cookie: JSESSIONID=s3ssion{number:03}; Path=/; HttpOnly\r\n{gone}");
            answer(to, "200 OK", &set, "hello")
        })
    }
}

fn polls(server: &Server, transport: &str, more: &str) -> (Scene, Measurement) {
    let load = format!("[load.idle]\n[target]\nurl = \"http://{}/a\"\n{more}", server.address);
    let scene = Scene::new(&scenario(3, ("100ms", "1s"), &load, &[transport.to_owned()]));
    let m = scene.measure().remove(0);
    ledger_closes(&m);
    (scene, m)
}

#[test]
fn a_client_that_polls_is_one_session() {
    let sessions = Sessions::default();
    let (_, m) = polls(&sessions.server(), "polling = { every = \"100ms\" }", "");
    // Three clients, and the question whether the server is there.
    assert_eq!(sessions.begun.load(Ordering::Relaxed), 4);
    let brought = sessions.brought.lock().unwrap();
    let mut different: Vec<&String> = brought.iter().filter(|cookie| !cookie.is_empty()).collect();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 3, "{different:?}");
    assert!(different.iter().all(|cookie| cookie.len() == "JSESSIONID=s3ssion000".len()), "{different:?}");
    // The line is part of the headers, to the byte: all requests but the first of each client have it.
    let total = m.tally.traffic.total();
    let head = format!("GET /a HTTP/1.1\r\nHost: {}\r\n\r\n", m.address.unwrap()).len() as u64;
    let line = "Cookie: JSESSIONID=s3ssion000\r\n".len() as u64;
    assert_eq!(total.up.headers, total.requests * head + (total.requests - 3) * line);
}

#[test]
fn without_cookies_every_poll_is_a_new_session() {
    let sessions = Sessions::default();
    let (_, m) = polls(&sessions.server(), "polling = { every = \"100ms\", cookies = false }", "");
    assert_eq!(sessions.begun.load(Ordering::Relaxed), m.tally.traffic.total().requests + 1);
    assert_eq!(m.trial.transport.label(), "polling 100ms no-cookies");
}

#[test]
fn the_users_own_cookies_go_with_those_of_the_server_in_one_line() {
    let sessions = Sessions::default();
    let own = "headers = { Cookie = \"consent=yes; GONE=now\" }";
    let (scene, _) = polls(&sessions.server(), "polling = { every = \"100ms\" }", own);
    let brought = sessions.brought.lock().unwrap();
    assert!(brought.iter().all(|cookie| cookie.starts_with("consent=yes")), "{brought:?}");
    // What the server has ended is gone.
    assert_eq!(brought.iter().filter(|cookie| cookie.contains("GONE")).count(), 4, "{brought:?}");
    let ran = scene.say(&["report", "out", "--format", "json"]);
    for (place, text) in outputs(&ran, &scene.path("out")) {
        for secret in ["s3ssion0", "consent=yes"] {
            assert!(!text.contains(secret), "{secret} in {place}");
        }
    }
}

/// A server that sets a cookie with the 101, closes each connection soon, and notes the cookies of the handshakes.
fn forgetful(notes: &Arc<Mutex<Vec<String>>>) -> Server {
    let notes = Arc::clone(notes);
    Server::each(move |stream, seen| {
        #[expect(clippy::result_large_err, reason = "tungstenite's callback has this type")]
        let note = |asked: &Request, mut answer: Response| {
            if !seen.first {
                let cookie = asked.headers().get("cookie").map_or("", |cookie| cookie.to_str().unwrap());
                notes.lock().unwrap().push(cookie.to_owned());
            }
            answer.headers_mut().insert("Set-Cookie", "SRV=node7; Path=/".parse().unwrap());
            Ok(answer)
        };
        let Ok(mut socket) = accept_hdr(stream, note) else { return };
        std::thread::sleep(std::time::Duration::from_millis(300));
        drop(socket.close(None));
        while socket.read().is_ok() {}
    })
}

#[test]
fn a_websocket_brings_its_cookie_when_it_connects_again_if_it_is_to() {
    for (transport, expected) in [("websocket = { cookies = true }", "SRV=node7"), ("websocket = {}", "")] {
        let notes = Arc::default();
        let server = forgetful(&notes);
        let load = format!("[load.idle]\n[target]\nurl = \"ws://{}/\"", server.address);
        let m = Scene::new(&scenario(1, ("100ms", "2s"), &load, &[transport.to_owned()])).measure().remove(0);
        ledger_closes(&m);
        let notes = notes.lock().unwrap();
        assert!(notes.len() > 1 && m.tally.counts.reconnects > 0, "{notes:?}");
        assert_eq!(notes[0], "", "the first brings none");
        assert!(notes[1..].iter().all(|cookie| cookie == expected), "{transport}: {notes:?}");
    }
}
