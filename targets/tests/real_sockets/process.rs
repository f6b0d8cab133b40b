//! A target as a process: its lines, its end, and what it refuses before it listens.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use wsbench_targets::clock::now;
use wsbench_targets::own_usage::OwnUsage;
use wsbench_targets::serve::ServeError;
use wsbench_targets::wire::{
    Audience, Command as TargetCommand, Header, Headers, Reply, Span, Start, TargetConfig, line,
};

use crate::support::{Target, local, polling, publication};

fn publishing() -> TargetConfig {
    let each = publication(Duration::from_millis(10), Audience::Each);
    TargetConfig { publication: Some(each), ..polling(Reply::Since) }
}

/// The example `serve`, which cargo builds beside the tests.
fn process(config: &TargetConfig, stdin: Stdio) -> (Child, BufReader<std::process::ChildStdout>) {
    let exe = std::env::current_exe().unwrap();
    let serve = exe.parent().unwrap().parent().unwrap().join("examples/serve");
    assert!(
        serve.exists(),
        "cargo build -p wsbench-targets --examples, for `cargo test --test` alone does not"
    );
    let json = serde_json::to_string(config).unwrap();
    let mut child = Command::new(serve).arg(json).stdin(stdin).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut ready = String::new();
    said.read_line(&mut ready).unwrap();
    assert!(line::parse_ready(&ready).is_some(), "{ready:?}");
    (child, said)
}

fn rest(mut said: BufReader<std::process::ChildStdout>) -> String {
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    rest
}

fn send(signal: Signal, to: &Child) {
    kill_process(Pid::from_child(to), signal).unwrap();
}

#[test]
fn the_end_of_stdin_ends_it_with_what_was_published() {
    let (mut child, said) = process(&publishing(), Stdio::piped());
    let mut words = child.stdin.take().unwrap();
    writeln!(words, "{}", serde_json::to_string(&TargetCommand::Start(Span::whole(now()))).unwrap()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    // Ctrl-C reaches the whole process group; whoever started the target decides.
    send(Signal::INT, &child);
    std::thread::sleep(Duration::from_millis(100));
    assert!(child.try_wait().unwrap().is_none());
    drop(words);
    let published = line::parse_published(&rest(said)).unwrap();
    assert!(published.messages >= 4 * 10, "{published:?}");
    assert!(child.wait().unwrap().success());
}

/// However late it is told to end.
#[test]
fn it_reads_what_it_cost_at_the_edges_of_its_window() {
    let (mut child, said) = process(&publishing(), Stdio::piped());
    let mut words = child.stdin.take().unwrap();
    let (start, window) = (now(), Duration::from_millis(200));
    let (begin, end) = (start + window, start + window * 2);
    let word = serde_json::to_string(&TargetCommand::Start(Span { start, begin, end })).unwrap();
    writeln!(words, "{word}").unwrap();
    std::thread::sleep(window * 6);
    drop(words);
    let said = rest(said);
    let (used, published) = said.split_once('\n').unwrap();
    assert!(line::parse_published(published).unwrap().messages > 0, "{said}");
    let OwnUsage { begin: first, end: last } = line::parse_used(used).unwrap();
    // What is read at an edge may be late on a busy machine, and not by the 800 ms that follow the window.
    assert!(first.at >= begin && last.at >= end && last.at.since(end) < 400_000_000, "{used} for {word}");
    assert!(last.cpu_ns > first.cpu_ns && last.memory > 100_000, "{used}");
    assert!(child.wait().unwrap().success());
}

#[test]
fn by_hand_it_outlives_dev_null_and_ends_on_a_signal() {
    for signal in [Signal::INT, Signal::TERM] {
        let (mut child, said) = process(&TargetConfig { start: Start::Now, ..publishing() }, Stdio::null());
        std::thread::sleep(Duration::from_millis(200));
        assert!(child.try_wait().unwrap().is_none());
        send(signal, &child);
        assert!(line::parse_published(&rest(said)).unwrap().messages > 0);
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn by_hand_it_ends_with_a_pipe() {
    let (mut child, said) = process(&TargetConfig { start: Start::Now, ..publishing() }, Stdio::piped());
    drop(child.stdin.take());
    assert!(line::parse_published(&rest(said)).is_some());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_line_that_is_no_word_is_named() {
    local(async {
        let mut target = Target::start(publishing()).await;
        target.begin().await;
        target.say("go").await;
        let (ended, _) = target.end().await;
        let text = ended.unwrap_err().to_string();
        assert!(text.starts_with("stdin line 2: ") && text.contains("\"go\""), "{text}");
    });
}

#[test]
fn a_second_start_is_an_error() {
    local(async {
        let mut target = Target::start(publishing()).await;
        target.begin().await;
        target.begin().await;
        let (ended, _) = target.end().await;
        assert!(matches!(ended, Err(ServeError::Command { line: 2, .. })), "{ended:?}");
    });
}

async fn refused(config: TargetConfig) -> String {
    let words = None::<tokio::io::Empty>;
    wsbench_targets::serve::serve(
        config,
        words.map(tokio::io::BufReader::new),
        std::future::pending(),
        vec![],
    )
    .await
    .unwrap_err()
    .to_string()
}

#[test]
fn what_cannot_be_served_is_refused_with_what_to_try() {
    local(async {
        let target = Target::start(publishing()).await;
        let taken = refused(TargetConfig { bind: target.at, ..publishing() }).await;
        assert!(taken.starts_with(&format!("bind {}: ", target.at)) && taken.contains("--bind"), "{taken}");
        assert!(refused(TargetConfig { ring: 0, ..publishing() }).await.contains("ring"));
        let mut small = publishing();
        small.publication = small.publication.map(|mut p| {
            p.payload = 20;
            p
        });
        assert!(refused(small).await.contains("21 B"));
        let line = Header("Content-Length".to_owned(), "3".to_owned());
        let headers = Headers { response: vec![line], ..Headers::minimal() };
        assert!(refused(TargetConfig { headers, ..publishing() }).await.contains("Content-Length"));
    });
}
