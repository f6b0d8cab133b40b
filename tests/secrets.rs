//! A secret goes to the server and nowhere else: not into a file, not onto a terminal, not onto a command line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod support;

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use support::server::Server;
use support::{Running, Scene, children, scenario};
use wsbench::report::FORMATS;

const SECRETS: [&str; 6] =
    ["s3cretHeader", "s3cretQuery", "s3cretCookie", "s3cretEnv", "s3cretProfile", "s3cretUser"];

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

/// All files below a folder, whatever they are.
fn search(folder: &Path, searched: &mut usize) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, searched);
        } else {
            *searched += 1;
            innocent(&String::from_utf8_lossy(&fs::read(&path).unwrap()), &path.display().to_string());
        }
    }
}

/// A server that notes what it is asked.
fn curious() -> (Server, Arc<Mutex<String>>) {
    use std::io::{Read, Write};
    let heard = Arc::new(Mutex::new(String::new()));
    let notes = Arc::clone(&heard);
    let server = Server::each(move |mut stream, _| {
        let mut piece = [0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut piece) {
            notes.lock().unwrap().push_str(&String::from_utf8_lossy(&piece[..read]));
            if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_err() {
                return;
            }
        }
    });
    (server, heard)
}

fn command_lines(run: &Running) -> String {
    run.child(" shard");
    let own = fs::read(format!("/proc/{}/cmdline", run.pid())).unwrap();
    let lines: Vec<String> = children(run.pid()).into_iter().map(|child| child.1).collect();
    String::from_utf8_lossy(&own).into_owned() + &lines.join("\n")
}

#[test]
fn a_secret_is_in_no_output() {
    let (server, heard) = curious();
    let scene = scene(&server.address.to_string());
    let mut command = scene.wsbench(&["run", "scenario.toml", "--out", "out", "--verbose"]);
    command.env("KEY", "s3cretEnv");
    let run = scene.start(command);
    innocent(&command_lines(&run), "a command line");
    let ran = run.end();
    assert!(matches!(ran.code, Some(0 | 4)), "{ran:?}");
    innocent(&format!("{}{}", ran.stdout, ran.stderr), "what it said");
    let heard = heard.lock().unwrap().clone();
    for secret in &SECRETS[..5] {
        assert!(heard.matches(secret).count() > 10, "the server has not heard {secret}: {heard}");
    }
    let formats: Vec<&str> = FORMATS.iter().filter(|f| f.printable()).map(|f| f.name()).collect();
    for format in formats {
        let ran = scene.say(&["report", "out", "--no-files", "--format", format]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        innocent(&format!("{}{}", ran.stdout, ran.stderr), format);
    }
    let mut searched = 0;
    search(&scene.path("out"), &mut searched);
    assert!(searched > 5, "{searched} files");
    let report = fs::read_to_string(scene.path("out/results.json")).unwrap();
    assert!(report.contains("[redacted]") && report.contains("${KEY}"), "{report}");
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
