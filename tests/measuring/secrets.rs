//! A secret goes to the server and nowhere else: not into a file, not onto a terminal, not onto a command line.

use std::fs;
use std::sync::{Arc, Mutex};

use crate::support::engine::{Engine, Rules};
use crate::support::server::Server;
use crate::support::{Ran, Running, Scene, children, outputs, scenario};
use tokio_tungstenite::tungstenite::accept;
use wsbench::report::FORMATS;

const SECRETS: [&str; 11] = [
    "s3cretHeader",
    "s3cretQuery",
    "s3cretCookie",
    "s3cretEnv",
    "s3cretProfile",
    "s3cretUser",
    "s3cretToken",
    "s3cretNested",
    "s3cretPwd",
    "s3cretAuth",
    "s3cretReply",
];

/// Every transport of a secret that a scenario has.
fn scene(address: &str) -> Scene {
    let load = format!(
        "[load.idle]\n[headers]\nrequest = [\"X-Auth-Token: s3cretProfile\"]\n[target]\n\
         url = \"http://{address}/?a=1&access_token=s3cretQuery\"\n\
         headers = {{ Authorization = \"Bearer s3cretHeader\", Cookie = \"sid=s3cretCookie\", X-Api-Key = \"${{KEY}}\" }}"
    );
    Scene::new(&scenario(3, ("200ms", "2s"), &load, &["polling = { every = \"100ms\" }".to_owned()]))
}

fn innocent(text: &str, place: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} is in {place}: {text}");
    }
}

/// All outputs of a run into `out`, in every format. Returns `results.json`.
fn innocent_run(scene: &Scene, ran: &Ran) -> String {
    // Whether the server did well is not asked here.
    assert!(matches!(ran.code, Some(0 | 4 | 99)), "{ran:?}");
    outputs(ran, &scene.path("out")).iter().for_each(|(place, text)| innocent(text, place));
    for format in FORMATS.iter().filter(|f| f.printable()).map(|f| f.name()) {
        let ran = scene.say(&["report", "out", "--no-files", "--format", format]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        innocent(&format!("{}{}", ran.stdout, ran.stderr), format);
    }
    fs::read_to_string(scene.path("out/results.json")).unwrap()
}

fn command_lines(run: &Running) -> String {
    run.child(" shard");
    let own = fs::read(format!("/proc/{}/cmdline", run.pid())).unwrap();
    let lines: Vec<String> = children(run.pid()).into_iter().map(|child| child.1).collect();
    String::from_utf8_lossy(&own).into_owned() + &lines.join("\n")
}

#[test]
fn a_secret_is_in_no_output() {
    let (server, heard) = Server::curious();
    let scene = scene(&server.address.to_string());
    let mut command = scene.wsbench(&["run", "scenario.toml", "--out", "out", "--verbose"]);
    command.env("KEY", "s3cretEnv");
    let run = scene.start(command);
    innocent(&command_lines(&run), "a command line");
    let report = innocent_run(&scene, &run.end());
    let heard = heard.lock().unwrap().clone();
    for secret in &SECRETS[..5] {
        assert!(heard.matches(secret).count() > 10, "the server has not heard {secret}: {heard}");
    }
    assert!(report.contains("[redacted]") && report.contains("${KEY}"), "{report}");
}

/// A run with this load and transport; what the server has `heard` of it must hold every one of `secrets`.
fn sent_and_not_shown(load: &str, transport: &str, secrets: &[&str], heard: impl Fn() -> String) {
    let scene = Scene::new(&scenario(3, ("200ms", "1s"), load, &[transport.to_owned()]));
    let run = scene.begin(&["--verbose"]);
    innocent(&command_lines(&run), "a command line");
    let report = innocent_run(&scene, &run.end());
    // What is left of the message can still be read.
    assert!(report.contains("[redacted]") && scene.report().measurements.len() == 1, "{report}");
    let heard = heard();
    for secret in secrets {
        assert!(SECRETS.contains(secret) && heard.contains(secret), "not heard: {secret}: {heard}");
    }
}

/// A form of a message with tokens, as a literal string of TOML and as a basic one.
const LITERAL: &str = r#"'{"token":"s3cretToken","auth":{"as":"me","p":"s3cretNested"},"id":"{stamp}","pwd":"s3cretPwd{client}"}'"#;
const BASIC: &str = r#""{\"token\":\"s3cretToken\",\"auth\":{\"p\":[\"s3cretNested\"]},\"id\":\"{stamp}\",\"pwd\":\"s3cretPwd\"}""#;
const IN_MESSAGES: [&str; 3] = ["s3cretToken", "s3cretNested", "s3cretPwd"];

#[test]
fn a_token_in_a_message_is_in_no_output() {
    for message in [LITERAL, BASIC] {
        let heard = Arc::new(Mutex::new(String::new()));
        let notes = Arc::clone(&heard);
        let server = Server::each(move |stream, _| {
            let Ok(mut socket) = accept(stream) else { return };
            while let Ok(message) = socket.read() {
                notes.lock().unwrap().push_str(message.to_text().unwrap_or_default());
                drop(socket.send(message));
            }
        });
        let load = format!(
            "[load.echo]\nevery = \"20ms\"\nmessage = {message}\n[target]\nurl = \"ws://{}/\"",
            server.address
        );
        sent_and_not_shown(&load, "websocket = {}", &IN_MESSAGES, || heard.lock().unwrap().clone());
    }
}

#[test]
fn a_token_in_what_is_posted_is_in_no_output() {
    let (server, heard) = Server::curious();
    let load = format!(
        "[load.publish]\nevery = \"20ms\"\nmessage = {LITERAL}\npost = \"http://{0}/publish?key=s3cretQuery\"\n\
         headers = {{ Authorization = \"Bearer s3cretHeader\" }}\n[target]\nurl = \"http://{0}/\"",
        server.address
    );
    let secrets = [&IN_MESSAGES[..], &["s3cretQuery", "s3cretHeader"]].concat();
    sent_and_not_shown(&load, "polling = { every = \"100ms\" }", &secrets, || heard.lock().unwrap().clone());
}

#[test]
fn a_token_in_packets_of_socketio_is_in_no_output() {
    let greeting = vec!["40{\"sid\":\"x\"}".to_owned(), "42[\"news\",{}]".to_owned()];
    let engine = Engine::start(Rules { greeting, ..Rules::default() });
    let load = format!(
        "[load.echo]\nevery = \"50ms\"\nmessage = {LITERAL}\n[target]\nurl = \"http://{}/\"",
        engine.address
    );
    let transport = "socketio = { via = \"websocket\", auth = '{\"any\":\"s3cretAuth\"}', \
                     path = \"/socket.io/?access_token=s3cretQuery\", \
                     reply = { on = \"news\", event = \"mine\", data = '{\"token\":\"s3cretReply\"}' } }";
    let secrets = [&IN_MESSAGES[..], &["s3cretAuth", "s3cretReply"]].concat();
    sent_and_not_shown(&load, transport, &secrets, || engine.seen().packets.join("\n"));
}

#[test]
fn a_token_in_a_message_is_in_no_error() {
    let load =
        format!("[load.echo]\nevery = \"1s\"\nmessage = {LITERAL}\n[target]\nurl = \"ws://127.0.0.1:9/\"");
    let text = scenario(1, ("1s", "1s"), &load, &["websocket = {}".to_owned()]);
    for (from, to) in [
        // The place that was meant is shown, and what stands around it.
        ("{stamp}\"", "{ Stamp }\""),
        ("\"id\":\"{stamp}\",\"pwd\":\"s3cretPwd{client}\"}'", "\"stamp\":1}'"),
        ("s3cretPwd{client}\"}'", "s3cretPwd{client}\"}"),
        ("[target]", "payload = \"64B\"\n[target]"),
        ("websocket = {}", "socketio = { auth = '\"s3cretAuth\"' }"),
        (
            "websocket = {}",
            "socketio = { reply = { on = \"a\", event = \"b\", data = '{\"key\":\"s3cretReply\"' } }",
        ),
    ] {
        assert!(text.contains(from), "{from}");
        let scene = Scene::new(&text.replace(from, to));
        let ran = scene.say(&["check", "scenario.toml"]);
        assert_eq!(ran.code, Some(2), "{to}: {ran:?}");
        innocent(&format!("{}{}", ran.stdout, ran.stderr), to);
    }
}

#[test]
fn a_secret_is_in_no_error() {
    let scene = scene("127.0.0.1:9");
    // The variable is not set: that line is shown, with its secrets.
    let ran = scene.say(&["check", "scenario.toml"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("`KEY`, which is not set") && ran.stderr.contains("^"), "{}", ran.stderr);
    innocent(&ran.stderr, "an error");
    let text = fs::read_to_string(scene.path("scenario.toml")).unwrap();
    let with = |from: &str, to: &str| {
        fs::write(scene.path("bad.toml"), text.replace(from, to)).unwrap();
        let mut command = scene.wsbench(&["check", "bad.toml"]);
        command.env("KEY", "s3cretEnv");
        let ran = scene.start(command).end();
        innocent(&format!("{}{}", ran.stdout, ran.stderr), to);
        ran
    };
    assert_eq!(with("", "").code, Some(0));
    for (from, to) in [
        ("http://", "http://me:s3cretUser@"),
        ("s3cretQuery", "s3cretQuery#x"),
        ("http://", "gopher://"),
        ("Bearer s3cretHeader\"", "Bearer s3cretHeader"),
        ("Bearer s3cretHeader", "Bearer s3cretHeader\\u0007"),
        ("Cookie = \"sid=s3cretCookie\"", "Cookie = \"sid=s3cretCookie\", Cookie = 1"),
        ("[load.idle]", "[load.idle]\nwrong = 1"),
    ] {
        let ran = with(from, to);
        assert_eq!(ran.code, Some(2), "{to}: {ran:?}");
    }
}

#[test]
fn a_secret_is_not_in_the_word_that_nobody_answers() {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let scene = scene(&address.to_string());
    let mut command = scene.wsbench(&["run", "scenario.toml", "--out", "out", "--verbose"]);
    command.env("KEY", "s3cretEnv");
    let ran = scene.start(command).end();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    innocent(&format!("{}{}", ran.stdout, ran.stderr), "what it said");
    assert!(ran.stderr.contains("refused") && !scene.path("out").exists(), "{ran:?}");
}
