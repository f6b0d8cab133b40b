//! WebSocket within HTTP/2 (RFC 8441): frames to the byte, and what is refused.

use std::time::Duration;

use bytes::Bytes;
use h2::SendStream;
use hyper::Method;
use wsbench_targets::deflate::Deflate;
use wsbench_targets::transport::WebSocket;
use wsbench_targets::wire::{Audience, Header, Headers, Reply, Served, Stamp, TargetConfig, route};

use super::client::{Client, DATA, Frame, SETTINGS, at_least, piece, request, whole};
use crate::support::{Target, config, local, polling, publication};

const THIRTEEN: &[(&str, &str)] = &[("sec-websocket-version", "13")];

fn websocket() -> TargetConfig {
    config(Served::WebSocket(WebSocket::default()))
}

fn publishing(milliseconds: u64) -> TargetConfig {
    let every = Duration::from_millis(milliseconds);
    TargetConfig { publication: Some(publication(every, Audience::Each)), ..websocket() }
}

/// A client's frame; the mask is zero, so that the payload can be read.
fn frame(opcode: u8, payload: &[u8]) -> Bytes {
    [&[0x80 | opcode, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat().into()
}

fn push(client: u32, cursor: u64) -> String {
    route::path(route::PUSH, client, cursor)
}

/// Sends a frame, and the bytes that come back.
async fn echo(up: &mut SendStream<Bytes>, down: &mut h2::RecvStream, opcode: u8, payload: &[u8]) -> Vec<u8> {
    up.send_data(frame(opcode, payload), false).unwrap();
    at_least(down, 2 + payload.len()).await
}

#[test]
fn only_a_target_of_websockets_says_that_it_has_them() {
    local(async {
        for (config, has) in [(websocket(), true), (polling(Reply::Latest), false)] {
            let target = Target::start(config).await;
            let mut client = Client::connect(target.at).await;
            drop(client.ask(request(Method::GET, "/")).await);
            assert_eq!(client.asks.is_extended_connect_protocol_enabled(), has);
            let settings = client.said.frames().into_iter().find(|frame| frame.kind == SETTINGS).unwrap();
            assert_eq!(settings.payload.chunks(6).any(|one| one == [0, 8, 0, 0, 0, 1]), has);
        }
    });
}

#[test]
fn a_message_of_21_bytes_is_32_in_a_frame_of_its_own() {
    local(async {
        let mut target = Target::start(publishing(5)).await;
        let mut client = Client::connect(target.at).await;
        let (answer, _up) = client.websocket(&push(1, 0), THIRTEEN).await;
        assert_eq!((answer.status().as_u16(), answer.headers().len()), (200, 0));
        let mut down = answer.into_body();
        client.said.frames();
        target.begin().await;
        for seq in 0..20 {
            let bytes = piece(&mut down).await.unwrap();
            assert_eq!((bytes.len(), &bytes[..2]), (23, &[0x81, 21][..]));
            assert_eq!(Stamp::number(&bytes[2..]), Some(seq));
        }
        let frames = client.said.frames();
        assert!(frames.len() >= 20);
        for frame in frames {
            assert_eq!((frame.kind, Frame::bytes(&frame)), (DATA, 9 + 2 + 21));
        }
        let (ended, published) = target.end().await;
        ended.unwrap();
        assert!(published.unwrap().messages >= 4 * 19);
    });
}

#[test]
fn what_is_sent_comes_back_and_a_close_ends_the_stream_without_a_reset() {
    local(async {
        let target = Target::start(websocket()).await;
        let mut client = Client::connect(target.at).await;
        for path in ["/".to_owned(), push(0, 0)] {
            let (answer, mut up) = client.websocket(&path, THIRTEEN).await;
            let mut down = answer.into_body();
            for opcode in [1, 2] {
                let echoed = echo(&mut up, &mut down, opcode, b"hello").await;
                assert_eq!(echoed, [&[0x80 | opcode, 5], &b"hello"[..]].concat());
            }
            assert_eq!(echo(&mut up, &mut down, 9, b"ping").await, b"\x8A\x04ping");
            assert_eq!(echo(&mut up, &mut down, 8, &1000u16.to_be_bytes()).await, [0x88, 2, 0x03, 0xE8]);
            // The target ends its half, and waits for the other.
            assert_eq!(piece(&mut down).await, None);
            up.send_data(Bytes::new(), true).unwrap();
        }
        // The connection lives on.
        let (answer, _up) = client.websocket("/", THIRTEEN).await;
        assert_eq!(answer.status(), 200);
        assert!(client.said.frames().iter().all(|frame| frame.kind != 3), "RST_STREAM");
    });
}

#[test]
fn a_long_message_comes_back_whole() {
    local(async {
        let target = Target::start(websocket()).await;
        let mut client = Client::connect(target.at).await;
        let (answer, mut up) = client.websocket("/", THIRTEEN).await;
        let mut down = answer.into_body();
        let message: Vec<u8> = (0..200_000u32).map(|at| at as u8).collect();
        let head = [&[0x82, 0xFF][..], &200_000u64.to_be_bytes(), &[0; 4]].concat();
        up.send_data([&head, &message[..]].concat().into(), false).unwrap();
        let came = at_least(&mut down, 10 + 200_000).await;
        assert!(came[0] == 0x82 && came[10..] == message);
    });
}

#[test]
fn who_connects_again_takes_the_stream() {
    local(async {
        let target = Target::start(publishing(1000)).await;
        let mut client = Client::connect(target.at).await;
        let (first, _up) = client.websocket(&push(0, 0), THIRTEEN).await;
        let _second = client.websocket(&push(0, 0), THIRTEEN).await;
        let closed = at_least(&mut first.into_body(), 4).await;
        assert_eq!((closed[0], u16::from_be_bytes([closed[2], closed[3]])), (0x88, 1008));
    });
}

#[test]
fn compression_is_agreed_upon_as_over_http_1() {
    local(async {
        let deflate = Some(Deflate { threshold: 0, ..Deflate::default() });
        let target = Target::start(config(Served::WebSocket(WebSocket { deflate }))).await;
        let mut client = Client::connect(target.at).await;
        let offer = [THIRTEEN[0], ("sec-websocket-extensions", "permessage-deflate")];
        let (answer, mut up) = client.websocket("/", &offer).await;
        assert_eq!(answer.headers()["sec-websocket-extensions"], "permessage-deflate");
        let mut down = answer.into_body();
        let text = [b'a'; 100];
        up.send_data(frame(1, &text), false).unwrap();
        let came = piece(&mut down).await.unwrap();
        assert!(came[0] == 0xC1 && came.len() < 20, "{came:?}");
    });
}

#[test]
fn the_profile_adds_its_lines() {
    local(async {
        let line = Header("Server".to_owned(), "own".to_owned());
        let headers = Headers { upgrade_response: vec![line], ..Headers::minimal() };
        let target = Target::start(TargetConfig { headers, ..websocket() }).await;
        let (answer, _up) = Client::connect(target.at).await.websocket("/", THIRTEEN).await;
        assert_eq!((answer.headers().len(), answer.headers()["server"].as_bytes()), (1, &b"own"[..]));
    });
}

#[test]
fn what_opens_no_websocket_is_told_why() {
    local(async {
        let target = Target::start(websocket()).await;
        let mut client = Client::connect(target.at).await;
        for path in ["/poll/0000000000/0000000000", "/push/0000000004/0000000000"] {
            let (answer, _up) = client.websocket(path, THIRTEEN).await;
            assert_eq!(answer.status(), 404, "{path}");
        }
        let (answer, _up) = client.websocket("/", &[]).await;
        assert_eq!(answer.status(), 400);
        let answer = whole(client.ask(request(Method::GET, &push(0, 0))).await).await;
        assert!(answer.status == 400 && answer.text().contains("CONNECT"), "{answer:?}");
        let mut other = request(Method::CONNECT, "/");
        other.extensions_mut().insert(h2::ext::Protocol::from_static("connect-udp"));
        assert_eq!(client.ask(other).await.status(), 501);
    });
}

#[test]
fn ten_thousand_messages_in_a_burst_come_whole_and_in_order() {
    local(async {
        const MESSAGES: usize = 10_000;
        let publication = Some(publication(Duration::from_micros(50), Audience::Each));
        let burst = TargetConfig { publication, clients: 0..1, ring: 100_000, ..websocket() };
        let mut target = Target::start(burst).await;
        target.begin().await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        let (answer, _up) = Client::connect(target.at).await.websocket(&push(0, 0), THIRTEEN).await;
        let came = at_least(&mut answer.into_body(), MESSAGES * 23).await;
        for (seq, message) in came.chunks(23).take(MESSAGES).enumerate() {
            assert_eq!(Stamp::number(&message[2..]), Some(seq as u64));
        }
    });
}

/// The other way: what a client sends in a burst is no attack, whatever h2 counts of small frames.
#[test]
fn ten_thousand_small_messages_come_back() {
    local(async {
        const MESSAGES: usize = 10_000;
        let target = Target::start(websocket()).await;
        let (answer, mut up) = Client::connect(target.at).await.websocket("/", THIRTEEN).await;
        for number in 0..MESSAGES {
            up.send_data(frame(1, format!("{number:05}").as_bytes()), false).unwrap();
        }
        let came = at_least(&mut answer.into_body(), MESSAGES * 7).await;
        for (number, message) in came.chunks(7).enumerate() {
            assert_eq!((&message[..2], &message[2..]), (&[0x81, 5][..], format!("{number:05}").as_bytes()));
        }
    });
}
