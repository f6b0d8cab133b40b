//! `wsbench measure URL`: flags alone, real servers, the real program. What it measures with is tested elsewhere; here, that
//! flags become the scenario that they should, and that nothing of it is lost, leaked or unclear.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use crate::support::server::{Manner, Server};
use crate::support::{Ran, Scene, alone, ledger_closes, outputs, server_failed};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, accept};
use wsbench::results::{Measurement, Report};

const SHORT: &[&str] = &["--warmup", "200ms", "--for", "1s", "--out", "out"];

fn measure(scene: &Scene, url: &str, more: &[&str]) -> Ran {
    scene.say(&[&["measure", url], more].concat())
}

/// The one measurement of a run that was held.
fn held(scene: &Scene, ran: &Ran) -> Measurement {
    // Whether the machine was quiet enough for its numbers is not asked here.
    assert!(matches!(ran.code, Some(0 | 4 | 99)), "{ran:?}");
    let mut report = scene.report();
    assert!(report.failed.is_empty() && report.complete(), "{ran:?}");
    let m = report.measurements.remove(0);
    ledger_closes(&m);
    m
}

fn wrong(arguments: &[&str]) -> String {
    let scene = Scene::new("");
    let ran = measure(&scene, "ws://127.0.0.1:9/", arguments);
    assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
    assert!(ran.stdout.is_empty() && !scene.path("reports").exists(), "{arguments:?}: {ran:?}");
    ran.stderr
}

fn snapshot(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("WSBENCH_BLESS").is_some() {
        fs::write(&path, text).unwrap();
        return;
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap_or_default(),
        text,
        "{}: WSBENCH_BLESS=1 accepts",
        path.display()
    );
}

/// What follows the report on stdout, the port taken out.
fn scenario_of(stdout: &str, server: &Server) -> String {
    let at = stdout.find("# Written by").unwrap_or_else(|| panic!("no scenario: {stdout}"));
    stdout[at..].replace(&server.address.to_string(), "127.0.0.1:8080")
}

#[test]
fn a_plain_echo_server_needs_no_other_argument() {
    let (server, scene) = (Server::echo(Duration::ZERO), Scene::new(""));
    let ran = measure(&scene, &format!("ws://{}/", server.address), &[]);
    let folder = fs::read_dir(scene.path("reports")).unwrap().next().unwrap().unwrap().path();
    fs::rename(folder, scene.path("out")).unwrap();
    let m = held(&scene, &ran);
    assert_eq!((m.tally.counts.sent, m.tally.counts.lost), (2_000, 0), "{:?}", m.tally.counts);
    assert!(m.tally.latency.percentile(0.5).is_some() && m.tally.latency.percentile(0.99).is_some());
    let row = ran.stdout.lines().find(|line| line.trim_start().starts_with("websocket")).unwrap();
    // Twenty bytes each way: 26 in a masked frame, 22 in a plain one.
    assert!(row.contains(" 48 B ") || row.contains(" 48.0 B "), "{}", ran.stdout);
    let percentiles = row.split(" B ").nth(1).unwrap();
    assert!(percentiles.matches(['u', 'm']).count() >= 2, "{row}");
    assert!(ran.stdout.contains("round trip") && ran.stdout.contains("p99"), "{}", ran.stdout);
    let note = "note: without --rate: 20 messages/s of each client by websocket\n";
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
    snapshot("measure-echo.toml", &scenario_of(&ran.stdout, &server));
}

#[test]
fn http_is_polled_and_listened_to() {
    let _turn = alone();
    let (server, scene) = (Server::http(Manner { body: "news\n", ..Manner::default() }), Scene::new(""));
    let url = format!("http://{}/feed", server.address);
    let ran = measure(&scene, &url, &[SHORT, &["--clients", "5", "--rate", "50/s"]].concat());
    let m = held(&scene, &ran);
    let window = m.window();
    assert!((240..=260).contains(&window.responses), "{window:?}");
    assert!(m.tally.response.percentile(0.5).is_some() && m.tally.latency.count() == 0);
    snapshot("measure-polling.toml", &scenario_of(&ran.stdout, &server));
}

#[test]
fn what_is_saved_is_a_scenario() {
    let (server, scene) = (Server::echo(Duration::ZERO), Scene::new(""));
    let message = r#"{"type":"echo","who":'{client}',"id":"{stamp}","pad":"{filler}"}"#;
    let flags = [
        "--clients",
        "5",
        "--rate",
        "20/s",
        "--message",
        message,
        "--payload",
        "100B",
        "--origin",
        "https://example.com",
        "--header",
        "X-Odd.Name: a \"b\"",
        "--option",
        "timeout=5s",
        "--authorised",
        "one.example,two.example",
        "--save",
        "my.toml",
    ];
    let ran = measure(&scene, &format!("ws://{}/x?a=1", server.address), &[SHORT, &flags].concat());
    let m = held(&scene, &ran);
    assert_eq!((m.tally.counts.sent, m.tally.counts.lost), (100, 0), "{:?}", m.tally.counts);
    assert!(ran.stdout.trim_end().lines().last().unwrap().starts_with("out/"), "{}", ran.stdout);
    assert!(ran.stderr.contains("wsbench run my.toml"), "{}", ran.stderr);

    let kept = fs::read_to_string(scene.path("my.toml")).unwrap();
    snapshot("measure-flags.toml", &scenario_of(&kept, &server));
    let checked = scene.say(&["check", "my.toml"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    // The same trial, told by the file.
    let again = scene.say(&["run", "my.toml", "--out", "again", "-q"]);
    assert!(matches!(again.code, Some(0 | 4)), "{again:?}");
    let read = |name: &str| wsbench::report::json::read(&scene.path(name)).unwrap();
    let (first, second): (Report, Report) = (read("out"), read("again"));
    assert_eq!(first.measurements[0].trial, second.measurements[0].trial);
    assert_eq!(first.scenario.text, second.scenario.text);

    // What is there already is not overwritten, and nothing is begun.
    let once_more = measure(&scene, &format!("ws://{}/", server.address), &["--save", "my.toml"]);
    assert_eq!(once_more.code, Some(2), "{once_more:?}");
    assert!(once_more.stderr.contains("`--save my.toml`: it is there already"), "{once_more:?}");
    assert_eq!(fs::read_to_string(scene.path("my.toml")).unwrap(), kept);
}

#[test]
fn a_threshold_that_does_not_hold_is_99() {
    let _turn = alone();
    let (server, scene) = (Server::echo(Duration::ZERO), Scene::new(""));
    let url = format!("ws://{}/", server.address);
    let both =
        ["--threshold", "latency.p50 <= 1m", "--threshold", "received.rate>=1000000/s", "--clients", "5"];
    let ran = measure(&scene, &url, &[SHORT, &both].concat());
    assert_eq!(ran.code, Some(99), "{ran:?}");
    assert!(
        ran.stdout.contains("\n[[threshold]]\nmetric = \"received.rate\"\nmin = \"1000000/s\""),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("✓ latency.p50") && ran.stdout.contains("✗ received.rate"), "{}", ran.stdout);
}

#[test]
fn plain_http_where_a_websocket_was_asked_for_is_said_to_be_that() {
    let server = Server::http(Manner { body: "hello\n", ..Manner::default() });
    let ran = measure(&Scene::new(""), &format!("ws://{}/x?token=s3cret", server.address), &["-q"]);
    let hint = format!("try another path, or http://{}/x?token=[redacted]", server.address);
    assert!(ran.code == Some(1) && ran.stderr.contains(&hint), "{ran:?}");
}

#[test]
fn machines_get_the_report_alone() {
    let (server, scene) = (Server::echo(Duration::ZERO), Scene::new(""));
    let flags = ["--clients", "2", "--format", "json", "-q"];
    let ran = measure(&scene, &format!("ws://{}/", server.address), &[SHORT, &flags].concat());
    held(&scene, &ran);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let text = report["scenario"]["text"].as_str().unwrap();
    assert!(text.contains("[load.echo]") && report["scenario"]["path"] == "wsbench measure", "{text}");
}

#[test]
fn a_server_that_does_not_echo_is_said_not_to() {
    let silent = Server::each(|stream, _| {
        let Ok(mut socket) = accept(stream) else { return };
        while socket.read().is_ok() {}
    });
    let scene = Scene::new("");
    let ran = measure(&scene, &format!("ws://{}/", silent.address), &[SHORT, &["--clients", "2"]].concat());
    server_failed(&ran);
    let said = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let why = "nothing came back: does this server echo? [load.listen] (`--load listen`) only receives";
    assert!(said.contains(why), "{}", ran.stdout);
}

/// Why it closes says the server; whether it echoes nobody need guess.
#[test]
fn a_server_that_closes_is_quoted() {
    let closes = Server::each(|stream, _| {
        let Ok(mut socket) = accept(stream) else { return };
        let reason = CloseFrame { code: CloseCode::Policy, reason: "bad token=s3cret, sorry".into() };
        drop(socket.close(Some(reason)));
        while socket.read().is_ok() {}
    });
    let scene = Scene::new("");
    let ran = measure(&scene, &format!("ws://{}/", closes.address), &[SHORT, &["--clients", "2"]].concat());
    // Its accounts may differ: what was written into a connection that breaks then was never sent.
    let m = scene.report().measurements.remove(0);
    server_failed(&ran);
    let said = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("closed with 1008 \"bad token="), "{}", ran.stdout);
    assert!(!said.contains("s3cret") && !said.contains("does this server echo"), "{}", ran.stdout);
    assert_eq!(m.tally.failures.total(), m.tally.failures.closed, "{:?}", m.tally.failures);
}

/// All was measured when the clients take their leave.
#[test]
fn a_server_that_answers_no_close_is_measured_all_the_same() {
    let rude = Server::each(|stream, _| {
        stream.set_nodelay(true).unwrap();
        let Ok(mut socket) = accept(stream) else { return };
        while let Ok(message) = socket.read() {
            match message {
                Message::Close(_) => std::thread::sleep(Duration::from_secs(30)),
                message => socket.send(message).unwrap(),
            }
        }
    });
    let scene = Scene::new("");
    let flags = ["--clients", "2", "--rate", "20/s"];
    let ran = measure(&scene, &format!("ws://{}/", rude.address), &[SHORT, &flags].concat());
    let m = held(&scene, &ran);
    assert_eq!((m.tally.counts.lost, m.tally.failures.total()), (0, 0), "{:?}", m.tally.failures);
    assert_eq!(m.tally.counts.delivered, 40);
}

#[test]
fn a_secret_reaches_the_server_and_no_output() {
    let ((server, heard), scene) = (Server::curious(), Scene::new(""));
    let url = format!("http://{}/?a=1&token=s3cretQuery", server.address);
    let flags = [
        "--header",
        "Authorization: Bearer s3cretHeader",
        "--header",
        "Cookie: sid=s3cretCookie",
        "--header",
        "X-Api-Key: ${KEY}",
        "--rate",
        "20/s",
        "--clients",
        "2",
        "--verbose",
    ];
    let mut command = scene.wsbench(&[&["measure", &url], SHORT, &flags].concat());
    command.env("KEY", "s3cretEnv");
    let ran = scene.start(command).end();
    held(&scene, &ran);
    let secrets = ["s3cretHeader", "s3cretQuery", "s3cretCookie", "s3cretEnv"];
    let heard = heard.lock().unwrap();
    let places = outputs(&ran, &scene.path("out"));
    for secret in secrets {
        assert!(heard.matches(secret).count() > 10, "the server has not heard {secret}");
        places
            .iter()
            .for_each(|(place, text)| assert!(!text.contains(secret), "{secret} is in {place}: {text}"));
    }
    snapshot("measure-secrets.toml", &scenario_of(&ran.stdout, &server));
}

/// (flags, what is said of them)
const WRONG: &[(&[&str], &str)] = &[
    (&["--rate", "fast"], "error: `--rate` is not a rate: \"/s\" is missing"),
    (&["--rate", "0/s"], "error: `--rate` = `0/s` is out of range\n  = help: expected 0.001/s to 10000/s"),
    // It would be an interval of nothing, and that means: without a pause.
    (&["--as", "polling", "--rate", "20000000000/s"], "error: `--rate` is not a rate: it is too large"),
    (&["--threshold", "latency.p99"], "`--threshold latency.p99` has no `<=` or `>=`"),
    (
        &["--threshold", "latncy.p99<=5ms"],
        "there is no metric `latncy.p99`\n  = help: did you mean `latency.p99`?",
    ),
    (&["--threshold", "lost <= 5ms"], "`--threshold lost <= 5ms` is not a number"),
    (&["--threshold", "target.cpu <= 1"], "the threshold on target.cpu could never pass"),
    (&["--as", "polling", "--rate", "5/s", "--option", "every=1s"], "`--option every` both say how often"),
    (&["--for", "1ms"], "error: `--duration` = `1ms` is out of range\n  = help: expected 100ms to 7d"),
    (&["--warmup", "soon"], "error: `--warmup` is not a duration"),
    (&["--clients", "0"], "error: `--clients` = 0 is out of range"),
    (&["--clients", "many"], "error: `--clients` is not a number"),
    (&["--message", "hello"], "error: `--message` has no {stamp}: it could not be timed"),
    (&["--payload", "3B"], "error: `--payload` = `3B` is out of range"),
    (&["--load", "listen", "--rate", "1/s"], "error: `--rate` has no use with this load"),
    (&["--load", "push"], "[possible values: echo, listen, publish, idle, connect]"),
    (&["--as", "pigeon"], "invalid value 'pigeon' for '--as <TRANSPORT>'"),
    (&["--as", "sockjs", "--option", "vai=xhr"], "error: unknown key `--option vai`"),
    (&["--as", "sockjs", "--option", "via=xrh"], "`--option via`"),
    (&["--option", "via"], "error: `--option via` has no value\n  = help: expected such as via=xhr"),
    (&["--as", "polling"], "`polling 50ms` does not go with ws://"),
    (&["--header", "no colon"], "error: a `--header` has no colon"),
    (&["--header", "Date: now"], "error: `--header Date` cannot be set"),
    (&["--ca", "root.pem"], "error: `--ca` has no effect: there is no TLS by ws://"),
    (&["--connect-to", "here"], "error: `--connect-to` has no port"),
    (&["--authorised", "https://h/"], "error: `--authorised` has an entry that is not a host"),
    (&["--subprotocol", "a b"], "error: `--subprotocol` has an entry with ' ' in it"),
];

#[test]
fn what_is_wrong_is_said_of_the_flag() {
    let unsaid = WRONG.iter().filter_map(|(flags, said)| {
        let stderr = wrong(flags);
        (!stderr.contains(said)).then(|| format!("{flags:?}: {said}\n{stderr}"))
    });
    let unsaid: Vec<String> = unsaid.collect();
    assert!(unsaid.is_empty(), "{}", unsaid.join("\n"));
    let scene = Scene::new("");
    for (url, said) in
        [("127.0.0.1:80", "error: `URL` has no scheme"), ("ws://me:s3cret@h/", "has a user name")]
    {
        let ran = measure(&scene, url, &[]);
        assert!(
            ran.code == Some(2) && ran.stderr.contains(said) && !ran.stderr.contains("s3cret"),
            "{ran:?}"
        );
    }
}

#[test]
fn nobody_there_is_a_failure_before_anything_is_written() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let scene = Scene::new("");
    let ran = measure(&scene, &format!("ws://{address}/"), &["-q"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stderr.contains("refused") && ran.stdout.is_empty() && !scene.path("reports").exists(),
        "{ran:?}"
    );
}

#[test]
fn a_host_beyond_this_machine_must_be_named() {
    let ran = measure(&Scene::new(""), "ws://192.0.2.1/", &[]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("--authorised 192.0.2.1"), "{ran:?}");
}

/// `-n`: every client sends as many, and all together what was asked for.
#[test]
fn a_number_of_messages_sets_the_window() {
    let _turn = alone();
    let (server, scene) = (Server::echo(Duration::ZERO), Scene::new(""));
    let flags = ["-n", "399", "-c", "4", "-r", "50/s", "--warmup", "200ms", "-o", "out"];
    let ran = measure(&scene, &format!("ws://{}/", server.address), &flags);
    let m = held(&scene, &ran);
    assert_eq!((m.trial.measure, m.tally.counts.sent), (Duration::from_secs(2), 400), "{:?}", m.tally.counts);
    assert!(ran.stdout.contains("\nmeasure = \"2s\"\n") && !ran.stderr.contains("without --rate"), "{ran:?}");
}

/// The same flags lie over a file: another server, and what clients do there.
#[test]
fn a_run_takes_another_server_and_another_load() {
    let _turn = alone();
    let server = Server::echo(Duration::ZERO);
    let file = "name = \"x\"\nclients = 100\nshared-machine = true\n[load.echo]\nevery = \"1s\"\n[[transport]]\nwebsocket = {}\n\
                [[transport]]\nlong-polling = {}\n";
    let scene = Scene::new(file);
    let url = format!("ws://{}/?token=s3cret", server.address);
    let flags = "-t websocket -c 4 -d 1s --warmup 200ms -r 20/s --payload 64B --shards 1 --pin=false --headers browser";
    let mut arguments: Vec<&str> = flags.split(' ').collect();
    arguments.extend([
        "--url",
        &url,
        "-H",
        "X-Api-Key: s3cret",
        "--message",
        "{\"id\":\"{stamp}\",\"pad\":\"{filler}\"}",
    ]);
    let ran = scene.begin(&arguments).end();
    let m = held(&scene, &ran);
    assert_eq!((m.trial.clients, m.trial.shards, m.tally.counts.sent), (4, 1, 80), "{:?}", m.trial);
    assert!(!m.trial.pin && m.trial.headers.profile == "browser", "{:?}", m.trial);
    assert_eq!(m.tally.traffic.total().up.payload, 80 * 64 + 16 * 64, "{:?}", m.tally.counts);
    for (place, text) in outputs(&ran, &scene.path("out")) {
        assert!(!text.contains("s3cret"), "{place}: {text}");
    }
    let overrides = scene.report().scenario.overrides.join(" ");
    assert!(
        overrides.contains("--rate 20/s --payload 64B") && overrides.contains("--header X-Api-Key"),
        "{overrides}"
    );
}
