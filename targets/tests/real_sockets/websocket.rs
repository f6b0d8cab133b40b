//! WebSocket: frames to the byte.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use wsbench_targets::transport::WebSocket;
use wsbench_targets::wire::{
    Audience, Header, Headers, Publication, Reading, Served, Stamp, TargetConfig, TrialKey, route,
};

use crate::support::{Client, Target, config, local, publication};

fn websocket() -> TargetConfig {
    config(Served::WebSocket(WebSocket::default()))
}

fn publishing(milliseconds: u64) -> TargetConfig {
    let every = Duration::from_millis(milliseconds);
    TargetConfig { publication: Some(publication(every, Audience::Each)), ..websocket() }
}

async fn upgrade(client: &mut Client, path: &str) -> String {
    let lines = "Host: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    client.write(format!("GET {path} HTTP/1.1\r\n{lines}")).await;
    client.head().await
}

async fn connected(target: &Target, number: u32, cursor: u64) -> Client {
    let mut client = target.connect().await;
    let head = upgrade(&mut client, &route::path(route::PUSH, number, cursor)).await;
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
    assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    client
}

/// A client's frame; the mask is zero, so that the payload can be read.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    assert!(length < 126);
    [&[0x80 | opcode, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

#[test]
fn a_message_of_21_bytes_is_a_frame_of_23() {
    local(async {
        let mut target = Target::start(publishing(5)).await;
        let mut client = connected(&target, 1, 0).await;
        let start = target.begin().await;
        let mut pacer = publishing(5).publication.unwrap().stream(42, 1, start);
        let key = TrialKey::new(42, start);
        for seq in 0..20 {
            let bytes = client.exactly(23).await;
            assert_eq!(bytes[..2], [0x81, 21]);
            let stamp = Stamp { stream: 1, seq, due: pacer.next_due(start) };
            assert_eq!(key.decode(&bytes[2..]), Some(Reading { stamp, genuine: true }));
            assert_eq!(bytes[22], b'\n');
        }
        let (ended, published) = target.end().await;
        ended.unwrap();
        assert!(published.unwrap().messages >= 4 * 19);
    });
}

#[test]
fn a_late_client_gets_everything_from_its_cursor_on() {
    local(async {
        let mut target = Target::start(publishing(5)).await;
        target.begin().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut client = connected(&target, 0, 3).await;
        for seq in 3..10 {
            assert_eq!(Stamp::number(&client.exactly(23).await[2..]).unwrap(), seq);
        }
    });
}

#[test]
fn a_client_that_does_not_read_finds_the_newest_and_sees_the_gap() {
    local(async {
        let mut config = TargetConfig { clients: 0..1, ring: 4, ..publishing(1) };
        config.publication = config.publication.map(|p| Publication { payload: 65_000, ..p });
        let mut target = Target::start(config).await;
        let mut client = connected(&target, 0, 0).await;
        let start = target.begin().await;
        let key = TrialKey::new(42, start);
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let (mut next, mut lost) = (0, 0);
        // Until it is nearer than half a second to what was due when it began to read.
        while next < 1000 {
            let frame = client.exactly(4 + 65_000).await;
            let Reading { stamp, genuine } = key.decode(&frame[4..]).unwrap();
            assert!(genuine);
            assert!(stamp.seq >= next, "{} after {next}", stamp.seq);
            assert!(stamp.due >= start);
            lost += stamp.seq - next;
            next = stamp.seq + 1;
        }
        assert!(lost > 0, "the sockets' buffers held 65 MB");
    });
}

#[test]
fn what_is_sent_comes_back_as_it_is() {
    local(async {
        let target = Target::start(websocket()).await;
        let mut client = connected(&target, 0, 0).await;
        for opcode in [1, 2] {
            client.write(frame(opcode, b"hello")).await;
            assert_eq!(client.exactly(7).await, [&[0x80 | opcode, 5], &b"hello"[..]].concat());
        }
        client.write(frame(9, b"ping")).await;
        assert_eq!(client.exactly(6).await, [&[0x8A, 4], &b"ping"[..]].concat());
        client.write(frame(8, &1000u16.to_be_bytes())).await;
        assert_eq!(client.rest().await, [0x88, 2, 0x03, 0xE8]);
    });
}

#[test]
fn anybody_may_echo_where_nothing_is_published() {
    local(async {
        let target = Target::start(websocket()).await;
        for _ in 0..3 {
            let mut client = target.connect().await;
            assert!(upgrade(&mut client, "/").await.starts_with("HTTP/1.1 101"));
            client.write(frame(1, b"hello")).await;
            assert_eq!(client.exactly(7).await, [b"\x81\x05".as_slice(), b"hello"].concat());
        }
        let publishing = Target::start(publishing(10)).await;
        let mut client = publishing.connect().await;
        assert!(upgrade(&mut client, "/").await.starts_with("HTTP/1.1 404"));
    });
}

#[test]
fn a_client_that_closes_its_half_reads_the_end_at_once() {
    local(async {
        let target = Target::start(websocket()).await;
        let mut client = connected(&target, 0, 0).await;
        client.stream.shutdown().await.unwrap();
        assert_eq!(client.rest().await, b"");
    });
}

#[test]
fn who_connects_again_takes_the_stream() {
    local(async {
        let mut target = Target::start(publishing(5)).await;
        let mut first = connected(&target, 0, 0).await;
        let mut second = connected(&target, 0, 0).await;
        let closed = first.rest().await;
        assert_eq!((closed[0], u16::from_be_bytes([closed[2], closed[3]])), (0x88, 1008));
        target.begin().await;
        assert_eq!(Stamp::number(&second.exactly(23).await[2..]).unwrap(), 0);
    });
}

#[test]
fn the_minimal_upgrade_is_129_bytes_and_the_profile_adds_its_lines() {
    local(async {
        let target = Target::start(websocket()).await;
        let head = upgrade(&mut target.connect().await, &route::path(route::PUSH, 0, 0)).await;
        assert_eq!(head.len(), 129, "{head}");
        let line = Header("Server".to_owned(), "own".to_owned());
        let headers = Headers { upgrade_response: vec![line], ..Headers::minimal() };
        let target = Target::start(TargetConfig { headers, ..websocket() }).await;
        let head = upgrade(&mut target.connect().await, &route::path(route::PUSH, 0, 0)).await;
        assert!(head.len() == 129 + "server: own\r\n".len() && head.contains("server: own\r\n"), "{head}");
    });
}

#[test]
fn no_such_route_or_client_is_404_and_no_upgrade_400() {
    local(async {
        let target = Target::start(websocket()).await;
        for path in ["/poll/0000000000/0000000000", "/push/0000000004/0000000000"] {
            let mut client = target.connect().await;
            let head = upgrade(&mut client, path).await;
            assert!(head.starts_with("HTTP/1.1 404 Not Found\r\n"), "{head}");
            assert!(!client.rest().await.is_empty());
        }
        let mut client = target.connect().await;
        client.write("GET /push/0000000000/0000000000 HTTP/1.1\r\nHost: t\r\n\r\n").await;
        let answer = client.answer().await;
        assert_eq!(answer.status(), 400);
        assert!(answer.text().contains("no WebSocket upgrade"), "{}", answer.text());
    });
}

#[test]
fn a_frame_over_the_limit_ends_the_connection() {
    local(async {
        let target = Target::start(websocket()).await;
        let mut client = connected(&target, 0, 0).await;
        let head = [&[0x82, 0xFF][..], &(1024u64 * 1024 + 1).to_be_bytes(), &[0; 4]].concat();
        client.write(head).await;
        let closed = client.rest().await;
        assert_eq!((closed[0], u16::from_be_bytes([closed[2], closed[3]])), (0x88, 1009));
    });
}

/// The handshake that websocket.org's article shows, of a file (`Origin: null`) and with lines of a draft beside it.
#[test]
fn the_articles_own_handshake_is_answered() {
    local(async {
        let target = Target::start(websocket()).await;
        let mut client = target.connect().await;
        let request = "GET / HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nHost: example.com\r\n\
                       Origin: null\r\nSec-WebSocket-Origin: null\r\nSec-WebSocket-Key: sN9cRrP/n9NdMgdcy2VJFQ==\r\n\
                       Sec-WebSocket-Version: 13\r\n\r\n";
        client.write(request).await;
        let head = client.head().await;
        assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
        let accept = "sec-websocket-accept: fFBooB7FAkLlXgRSz0BT3v4hq5s=\r\n";
        assert!(head.to_lowercase().contains(&accept.to_lowercase()), "{head}");
        assert!(head.contains("fFBooB7FAkLlXgRSz0BT3v4hq5s="), "{head}");
        client.write(frame(0x1, b"hello")).await;
        assert_eq!(client.exactly(7).await, b"\x81\x05hello");
    });
}
