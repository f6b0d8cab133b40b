//! Streaming and Server-Sent Events: every byte of an answer that goes on, and where a client takes it up again.

use wsbench_targets::transport::{Sse, Streaming};
use wsbench_targets::wire::{Delimiting, Served, TargetConfig, event, route};

use crate::support::{Target, config, local, message};

fn streaming(body: Delimiting) -> TargetConfig {
    config(Served::Streaming(Streaming { body }))
}

fn sse(body: Delimiting) -> TargetConfig {
    config(Served::Sse(Sse { body }))
}

/// A message as it stands in a chunk of its own.
fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:X}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

#[test]
fn the_head_comes_at_once_and_each_message_is_a_chunk() {
    local(async {
        let target = Target::start(streaming(Delimiting::Chunked)).await;
        let (mut client, mut poster) = (target.connect().await, target.connect().await);
        client.ask(route::LINE, 0, 0).await;
        assert_eq!(client.head().await, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for seq in 0..3 {
            poster.post(0, &message(seq)).await;
            let expected = chunk(&message(seq));
            assert_eq!(client.exactly(expected.len()).await, expected);
        }
    });
}

#[test]
fn without_chunks_there_are_messages_alone() {
    local(async {
        let target = Target::start(streaming(Delimiting::Close)).await;
        let (mut client, mut poster) = (target.connect().await, target.connect().await);
        client.ask(route::LINE, 0, 0).await;
        assert_eq!(client.head().await, "HTTP/1.0 200 OK\r\n\r\n");
        poster.post(0, &message(0)).await;
        assert_eq!(client.exactly(21).await, message(0));
        // Another subscribes: the answer is over, and the connection with it.
        let mut other = target.connect().await;
        other.ask(route::LINE, 0, 1).await;
        assert_eq!(client.rest().await, b"");
    });
}

#[test]
fn a_client_goes_on_behind_its_last_event() {
    local(async {
        let target = Target::start(sse(Delimiting::Close)).await;
        let mut poster = target.connect().await;
        for seq in 0..3 {
            poster.post(0, &message(seq)).await;
        }
        let events = [event::encode(1, &message(1)), event::encode(2, &message(2))].concat();
        let path = route::path(route::EVENT, 0, 0);
        // The second time what was written before is still there.
        for _ in 0..2 {
            let mut client = target.connect().await;
            client.write(format!("GET {path} HTTP/1.1\r\nHost: t\r\nLast-Event-ID: 0000000\r\n\r\n")).await;
            assert_eq!(client.head().await, "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
            assert_eq!(client.exactly(events.len()).await, events);
        }
        let mut client = target.connect().await;
        client.ask(route::EVENT, 0, 2).await;
        client.head().await;
        let last = event::encode(2, &message(2));
        assert_eq!(client.exactly(last.len()).await, last);
    });
}
