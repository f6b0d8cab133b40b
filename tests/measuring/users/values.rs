//! Values of each client: what it is asked for is its own, and is shown nowhere.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};

use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::{Message, accept_hdr};

use crate::support::feeds::{answer, http};
use crate::support::server::Server;
use crate::support::{Scene, ledger_closes, outputs, scenario};

const CLIENTS: u32 = 5;

/// A row for each client: `tok3n-0`, `Ann 0`.
fn users(rows: u32) -> String {
    (0..rows).fold("token,name\n".to_owned(), |text, n| text + &format!("tok3n-{n},Ann {n}\n"))
}

type Notes = Arc<Mutex<BTreeSet<String>>>;

/// An echo server that notes path, headers and subprotocol of each handshake, and what each message says besides its stamp.
fn demanding() -> (Server, Notes) {
    let notes: Notes = Arc::default();
    let noted = Arc::clone(&notes);
    let server = Server::each(move |stream, seen| {
        #[expect(clippy::result_large_err, reason = "tungstenite's callback has this type")]
        let note = |asked: &Request, mut answer: Response| {
            let header =
                |name: &str| asked.headers().get(name).map_or("-", |v| v.to_str().unwrap()).to_owned();
            let protocol = header("sec-websocket-protocol");
            answer.headers_mut().insert("Sec-WebSocket-Protocol", protocol.parse().unwrap());
            if !seen.first {
                let all = [asked.uri().to_string(), header("x-user"), header("cookie"), protocol];
                noted.lock().unwrap().insert(all.join(" | "));
            }
            Ok(answer)
        };
        let Ok(mut socket) = accept_hdr(stream, note) else { return };
        while let Ok(message) = socket.read() {
            if let Message::Text(text) = &message {
                let said: serde_json::Value = serde_json::from_str(text).unwrap();
                noted.lock().unwrap().insert(format!("{} {}", said["by"], said["n"]));
                assert_eq!(said["once"].as_str().unwrap().len(), 8);
                socket.send(message).unwrap();
            } else if socket.flush().is_err() {
                return;
            }
        }
    });
    (server, notes)
}

const ECHO: &str = "[load.echo]\nevery = \"50ms\"\nmessage = '{\"by\":\"{user.name}\",\"n\":{client},\
                    \"once\":\"{random.hex 8}\",\"id\":\"{stamp}\"}'";

fn scene(server: &Server, rows: u32, more: &str) -> Scene {
    let load = format!(
        "{ECHO}\n[values]\nfile = \"users.csv\"\n{more}\n[target]\n\
         url = \"ws://{}/ws?who={{user.name}}&key={{user.token}}&n={{client}}\"\n\
         headers = {{ X-User = \"u-{{user.token}}\", Cookie = \"sid={{user.token}}\" }}\nsubprotocols = [\"v1.{{user.token}}\"]",
        server.address
    );
    let scene = Scene::new(&scenario(CLIENTS, ("100ms", "1s"), &load, &["websocket = {}".to_owned()]));
    fs::write(scene.path("users.csv"), users(rows)).unwrap();
    scene
}

#[test]
fn every_client_is_itself_everywhere() {
    let (server, notes) = demanding();
    let scene = scene(&server, CLIENTS, "");
    let ran = scene.begin(&["--shards", "2"]).end();
    let m = scene.report().measurements.remove(0);
    ledger_closes(&m);
    let counts = m.tally.counts;
    assert_eq!((counts.sent, counts.delivered, counts.lost), (100, 100, 0), "{counts:?}");
    assert_eq!((counts.altered, counts.strangers), (0, 0), "{counts:?}");
    let notes = notes.lock().unwrap();
    let expected: BTreeSet<String> = (0..CLIENTS)
        .flat_map(|n| {
            let asked =
                format!("/ws?who=Ann%20{n}&key=tok3n-{n}&n={n} | u-tok3n-{n} | sid=tok3n-{n} | v1.tok3n-{n}");
            [asked, format!("\"Ann {n}\" {n}")]
        })
        .collect();
    assert_eq!(*notes, expected);
    for (place, text) in outputs(&ran, &scene.path("out")) {
        assert!(!text.contains("tok3n") && !text.contains("Ann"), "a value in {place}");
    }
}

#[test]
fn check_shows_what_the_first_and_the_last_client_send() {
    let (server, _) = demanding();
    let scene = scene(&server, CLIENTS, "");
    let ran = scene.say(&["check", "scenario.toml"]);
    let said = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["client 0 ", "client 4 ", "n=4", "X-User: u-[redacted]", "\"n\":4"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("tok3n") && !said.contains("Ann"), "{said}");
}

#[test]
fn too_few_rows_are_an_error_unless_they_may_be_used_again() {
    let (server, notes) = demanding();
    let scene_of = |more| scene(&server, 2, more);
    let ran = scene_of("").begin(&[]).end();
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("2 rows") && ran.stderr.contains("reuse = true"), "{}", ran.stderr);
    assert!(notes.lock().unwrap().is_empty(), "nobody was loaded");
    let m = scene_of("reuse = true").measure().remove(0);
    assert_eq!(m.tally.counts.lost, 0);
    let notes = notes.lock().unwrap();
    assert!(notes.iter().any(|note| note.contains("tok3n-1&n=3")), "{notes:?}");
}

#[test]
fn a_place_that_does_not_exist_is_pointed_at() {
    let (server, _) = demanding();
    let scene = scene(&server, CLIENTS, "");
    let text = fs::read_to_string(scene.path("scenario.toml")).unwrap();
    for (good, bad, label) in [
        ("u-{user.token}", "u-{user.tokn}", "did you mean {user.token}?"),
        ("&n={client}", "&n={clint}", "{user.COLUMN}"),
        ("{user.name}\",\"n\"", "{user.nme}\",\"n\"", "did you mean {user.name}?"),
        ("{random.hex 8}", "{random.dice}", "{random.hex 16}"),
    ] {
        assert!(text.contains(good), "{good}");
        fs::write(scene.path("scenario.toml"), text.replace(good, bad)).unwrap();
        let ran = scene.say(&["check", "scenario.toml"]);
        assert_eq!(ran.code, Some(2), "{bad}: {ran:?}");
        assert!(ran.stderr.contains("^^^") && ran.stderr.contains(label), "{bad}: {}", ran.stderr);
    }
}

#[test]
fn a_flag_names_the_file() {
    let (server, notes) = demanding();
    let scene = Scene::new("");
    fs::write(scene.path("users.csv"), users(2)).unwrap();
    let url = format!("ws://{}/ws?key={{user.token}}", server.address);
    let message = "{\"by\":\"{user.name}\",\"n\":{client},\"once\":\"12345678\",\"id\":\"{stamp}\"}";
    let flags = ["-c", "2", "-r", "10/s", "-d", "1s", "--subprotocol", "v1", "--out", "out"];
    let words = [&["measure", &url, "--values", "users.csv", "--message", message][..], &flags].concat();
    let ran = scene.say(&words);
    assert!(matches!(ran.code, Some(0 | 4)), "{ran:?}");
    let notes = notes.lock().unwrap();
    assert!((0..2).all(|n| notes.contains(&format!("/ws?key=tok3n-{n} | - | - | v1"))), "{notes:?}");
    for (place, text) in outputs(&ran, &scene.path("out")) {
        assert!(!text.contains("tok3n") && !text.contains("Ann"), "a value in {place}");
    }
}

/// A server that says the token back where it refuses it.
#[test]
fn a_value_that_the_server_says_back_is_hidden() {
    let server = http(|asked, to| {
        let token = asked.query("key").unwrap_or_default().to_owned();
        match token == "tok3n-0" {
            true => answer(to, "200 OK", "", "hello"),
            false => answer(to, "403 Forbidden", "", &format!("no such user {token}")),
        }
    });
    let load = format!(
        "[load.idle]\n[values]\nfile = \"users.csv\"\n[target]\nurl = \"http://{}/?key={{user.token}}\"",
        server.address
    );
    let scene =
        Scene::new(&scenario(2, ("100ms", "500ms"), &load, &["polling = { every = \"100ms\" }".to_owned()]));
    fs::write(scene.path("users.csv"), users(2)).unwrap();
    let ran = scene.begin(&[]).end();
    let failures = &scene.report().measurements[0].tally.failures;
    let words: Vec<String> = failures.each_in_words().map(|(words, _)| words).collect();
    assert_eq!(words, ["403 \"no such user [redacted]\""]);
    for (place, text) in outputs(&ran, &scene.path("out")) {
        assert!(!text.contains("tok3n"), "a value in {place}");
    }
}
