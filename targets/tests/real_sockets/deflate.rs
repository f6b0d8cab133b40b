//! permessage-deflate (RFC 7692): the bytes of frames, and what a client may not send.

mod foreign;

use wsbench_targets::deflate::{Deflate, Deflater, Inflater, Side};
use wsbench_targets::limits::MAX_MESSAGE;
use wsbench_targets::transport::WebSocket;
use wsbench_targets::wire::Served;

use crate::support::{Client, Target, config, local};

const HELLO: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
const AGAIN: &[u8] = b"\xf2\x00\x11\x00\x00";

/// An echo server that compresses, and a client of it that has offered `offer`; the extensions that were chosen.
async fn connected(offer: &str) -> (Target, Client, String) {
    let deflate = Some(Deflate::default());
    let target = Target::start(config(Served::WebSocket(WebSocket { deflate }))).await;
    let mut client = target.connect().await;
    let lines = "Host: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    client.write(format!("GET / HTTP/1.1\r\n{lines}Sec-WebSocket-Extensions: {offer}\r\n\r\n")).await;
    let head = client.head().await.to_lowercase();
    assert!(head.starts_with("http/1.1 101"), "{head}");
    let chosen = head.split("sec-websocket-extensions: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let chosen = chosen.unwrap_or_default().to_owned();
    (target, client, chosen)
}

/// A client's frame whose first byte is `first`; the mask is zero.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let head = match payload.len() {
        short @ 0..126 => vec![first, 0x80 | short as u8],
        long => [&[first, 0xff][..], &(long as u64).to_be_bytes()].concat(),
    };
    [&head, &[0; 4][..], payload].concat()
}

#[test]
fn an_echo_is_compressed_as_it_came() {
    local(async {
        let (_target, mut client, chosen) = connected("permessage-deflate; client_max_window_bits").await;
        assert_eq!(chosen, "permessage-deflate");
        // The examples of RFC 7692 §7.2.3: compressed, again with context; in two fragments, a Ping between them.
        client.write(frame(0xc1, HELLO)).await;
        assert_eq!(client.exactly(9).await, [b"\xc1\x07", HELLO].concat());
        client.write([frame(0x41, &AGAIN[..2]), frame(0x89, b"?"), frame(0x80, &AGAIN[2..])].concat()).await;
        assert_eq!(client.exactly(3).await, b"\x8a\x01?");
        assert_eq!(client.exactly(7).await, [b"\xc1\x05", AGAIN].concat());
        // A message that is not compressed is one all the same; its echo is. It stood there twice, and is one reference.
        client.write(frame(0x81, b"Hello")).await;
        assert_eq!(client.exactly(6).await, b"\xc1\x04\x02\x13\x00\x00");
        // Byte by byte, and an empty one.
        for byte in [frame(0xc1, AGAIN), frame(0xc1, b"\x00")].concat() {
            client.write([byte]).await;
        }
        assert_eq!(client.exactly(6 + 3).await, b"\xc1\x04\x02\x13\x00\x00\xc1\x01\x00");
    });
}

#[test]
fn what_is_agreed_on_is_kept() {
    local(async {
        let offer = "permessage-deflate; server_no_context_takeover; server_max_window_bits=9";
        let (_target, mut client, chosen) = connected(offer).await;
        assert_eq!(chosen, offer);
        for _ in 0..2 {
            client.write(frame(0x81, b"Hello")).await;
            assert_eq!(client.exactly(9).await, [b"\xc1\x07", HELLO].concat());
        }
        // Without an offer nothing is compressed, and RSV1 is an error.
        let (_target, mut client, chosen) = connected("x-other").await;
        assert_eq!(chosen, "");
        client.write(frame(0x81, b"Hello")).await;
        assert_eq!(client.exactly(7).await, b"\x81\x05Hello");
        client.write(frame(0xc1, HELLO)).await;
        assert_eq!(client.exactly(4).await, *b"\x88\x10\x03\xea");
    });
}

/// Bombs, wrong bits, torn data: each is refused by its code.
#[test]
fn what_no_client_may_send_is_refused() {
    let mut bomb = vec![];
    Deflater::new(Side::default(), 0).deflate(&vec![b'.'; MAX_MESSAGE + 1], &mut bomb);
    assert!(bomb.len() < 2_000);
    for (what, bytes, code) in [
        ("a bomb", frame(0xc1, &bomb), 1009_u16),
        ("no DEFLATE", frame(0xc1, b"\xff\xff\xff"), 1007),
        ("text that is no UTF-8", frame(0xc1, b"\x3a\xac\x01\x00"), 1007),
        ("RSV1 on a continuation", [frame(0x41, AGAIN), frame(0xc0, AGAIN)].concat(), 1002),
        ("RSV1 on a Ping", frame(0xc9, b""), 1002),
        ("RSV2", frame(0xe1, HELLO), 1002),
        ("a message within another", [frame(0x41, HELLO), frame(0xc1, HELLO)].concat(), 1002),
        ("an unknown opcode", frame(0xc3, HELLO), 1002),
    ] {
        local(async move {
            let (_target, mut client, _) = connected("permessage-deflate").await;
            client.write(bytes).await;
            let close = client.exactly(4).await;
            assert_eq!((close[0], u16::from_be_bytes([close[2], close[3]])), (0x88, code), "{what}");
        });
    }
}

/// A message as long as may be, there and back.
#[test]
fn the_largest_message_passes() {
    local(async {
        let (_target, mut client, _) = connected("permessage-deflate").await;
        let (mut small, text) = (vec![], vec![b'x'; MAX_MESSAGE]);
        Deflater::new(Side::default(), 0).deflate(&text, &mut small);
        client.write(frame(0xc1, &small)).await;
        let head = client.exactly(4).await;
        assert_eq!(head[..2], [0xc1, 126]);
        let length = u16::from_be_bytes([head[2], head[3]]);
        let echo = client.exactly(length.into()).await;
        let mut whole = vec![];
        Inflater::new(Side::default()).inflate(&echo, MAX_MESSAGE, &mut whole).unwrap();
        assert_eq!(whole, text);
    });
}
