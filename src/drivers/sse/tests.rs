use std::sync::mpsc::Receiver;

use super::*;
use crate::drivers::Driver;
use crate::drivers::scripted::{balanced, run, server, stamped};

const CHUNKED: &[u8] =
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n";
const PLAIN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream;charset=utf-8\r\n\r\n";

fn leaked(text: String) -> &'static [u8] {
    Vec::leak(text.into_bytes())
}

/// What a client hears, up to so many results; then it closes, and the ledger with it.
fn heard(
    connections: Vec<Vec<&'static [u8]>>,
    results: usize,
) -> (Vec<Result<u64, Failure>>, Receiver<String>) {
    run(async {
        let (context, requests) = server(connections);
        let options = Options { timeout: Duration::from_secs(5), ..Options::default() };
        let mut said = vec![];
        match Sse::connect(context.clone(), &options).await {
            Err(failure) => said.push(Err(failure)),
            Ok(mut client) => {
                for _ in 0..results {
                    said.push(client.recv().await.map(|arrival| arrival.stamp.seq));
                }
                client.close().await;
            }
        }
        balanced(&context).await;
        (said, requests)
    })
}

#[test]
fn chunks_reads_and_events_need_not_agree() {
    let text = format!(": gr\u{fc}\u{df}e \u{20ac}\n\ndata: {}\n\ndata: {}\n\n", stamped(0), stamped(1));
    for at in [5, 8, 12, 20, text.len() - 1] {
        let (one, two) = text.as_bytes().split_at(at);
        let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        let all = [chunk(one), chunk(two)].concat();
        // The second read ends in the middle of a chunk.
        let (first, second) = all.split_at(at + 2);
        let pieces = vec![CHUNKED, Vec::leak(first.to_vec()), Vec::leak(second.to_vec())];
        assert_eq!(heard(vec![pieces], 2).0, [Ok(0), Ok(1)], "at {at}");
    }
}

#[test]
fn without_chunks_it_reconnects_behind_the_last_event() {
    let first = leaked(format!("id: a7\ndata: {}\n\ndata: {}\n\ndata: half", stamped(0), stamped(1)));
    let second = leaked(format!("data: {}\r\n\r\n", stamped(2)));
    let (said, requests) = heard(vec![vec![PLAIN, first], vec![PLAIN, second]], 3);
    assert_eq!(said, [Ok(0), Ok(1), Ok(2)]);
    let asked: Vec<String> = requests.iter().collect();
    assert!(asked[0].contains("\r\nAccept: text/event-stream\r\n") && !asked[0].contains("Last-Event-ID"));
    assert!(asked[1].contains("\r\nLast-Event-ID: a7\r\n"), "{}", asked[1]);
}

#[test]
fn the_server_says_how_long_to_wait() {
    let began = now();
    let first = leaked(format!("retry: 300\ndata: {}\n\n", stamped(0)));
    let second = leaked(format!("data: {}\n\n", stamped(1)));
    let (said, _) = heard(vec![vec![PLAIN, first], vec![PLAIN, second]], 2);
    assert_eq!(said, [Ok(0), Ok(1)]);
    assert!(now().since(began) >= 300_000_000, "{} ns", now().since(began));
}

#[test]
fn an_event_over_many_reads_is_one() {
    let text = format!("data: {}\ndata: second line\n\n", stamped(4)).into_bytes();
    let mut pieces = vec![PLAIN];
    pieces.extend(Vec::leak(text).chunks(7));
    assert_eq!(heard(vec![pieces], 1).0, [Ok(4)]);
}

#[test]
fn what_is_no_event_stream_fails() {
    let failure = |head: &'static [u8]| heard(vec![vec![head]], 1).0;
    assert_eq!(failure(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), [Err(Failure::Status)]);
    assert_eq!(failure(b"HTTP/1.1 204 No Content\r\n\r\n"), [Err(Failure::Status)]);
    let html = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
    assert_eq!(failure(html), [Err(Failure::Protocol)]);
    assert_eq!(failure(b"HTTP/1.1 200 OK\r\n\r\ndata: x\n\n"), [Err(Failure::Protocol)]);
    assert_eq!(heard(vec![vec![PLAIN]], 1).0, [Err(Failure::Closed)], "nothing at all");
}

#[test]
fn a_204_ends_the_matter() {
    run(async {
        let first = leaked(format!("data: {}\n\n", stamped(0)));
        let (context, requests) = server(vec![vec![PLAIN, first], vec![b"HTTP/1.1 204 No Content\r\n\r\n"]]);
        let mut client = Sse::connect(context, &Options::default()).await.unwrap();
        assert_eq!(client.recv().await.map(|arrival| arrival.stamp.seq), Ok(0));
        assert_eq!(client.recv().await, Err(Failure::Status));
        let more = tokio::time::timeout(Duration::from_millis(300), client.recv()).await;
        assert!(more.is_err(), "it came back: {more:?}");
        assert_eq!(requests.iter().count(), 2);
    });
}

#[test]
fn a_stream_without_a_blank_line_is_not_kept_for_ever() {
    let lines: &'static [u8] = Vec::leak(b"data: 0123456789\n".repeat(2_000_000));
    assert_eq!(heard(vec![vec![PLAIN, lines]], 1).0, [Err(Failure::TooLarge)]);
}
