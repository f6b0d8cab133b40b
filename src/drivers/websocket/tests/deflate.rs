//! permessage-deflate (RFC 7692): what is agreed on, what its frames carry, and what no server may send.

use std::cell::RefCell;

use tokio::io::AsyncReadExt;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use wsbench_targets::deflate::{Deflate, Deflater, Side};

use super::*;
use crate::drivers::limits::MAX_MESSAGE_BYTES;

const HELLO: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
const AGAIN: &[u8] = b"\xf2\x00\x11\x00\x00";

/// Reads the upgrade and answers it with `chosen` as its extensions; the client's offer.
async fn shake(stream: &mut TcpStream, chosen: &str) -> String {
    let (mut head, mut byte) = (vec![], [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).await.unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let field = |name: &str| head.split(name).nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap();
    let line =
        if chosen.is_empty() { String::new() } else { format!("Sec-WebSocket-Extensions: {chosen}\r\n") };
    let accept = derive_accept_key(field("Sec-WebSocket-Key: ").as_bytes());
    let answer = format!(
        "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n{line}\r\n"
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    assert_eq!(head.matches("Sec-WebSocket-Extensions").count(), 1, "{head}");
    field("Sec-WebSocket-Extensions: ").to_owned()
}

async fn opened(context: &ClientContext, deflate: Deflate) -> Result<Connection, Failure> {
    let asked = Upgrade { route: "/", cursor: 0, deflate: Some(deflate) };
    Connection::open(context, asked, Duration::from_secs(5)).await
}

/// A server's frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let head = match payload.len() {
        short @ 0..126 => vec![first, short as u8],
        middle @ 126..65_536 => [&[first, 126][..], &(middle as u16).to_be_bytes()].concat(),
        long => [&[first, 127][..], &(long as u64).to_be_bytes()].concat(),
    };
    [&head, payload].concat()
}

#[test]
fn messages_are_made_small_and_whole_and_both_sizes_are_known() {
    scripted::run(async {
        let (context, server) = context(|mut stream| async move {
            let offer = shake(&mut stream, "permessage-deflate").await;
            assert_eq!(offer, "permessage-deflate; client_max_window_bits");
            let fragments = [frame(0x41, &AGAIN[..2]), frame(0x89, b"?"), frame(0x80, &AGAIN[2..])].concat();
            let plain = frame(0x81, b"Hello");
            stream.write_all(&[frame(0xc1, HELLO), fragments, plain].concat()).await.unwrap();
            // Its Pong; then "Hello" as a client compresses it, twice.
            for (length, expected) in
                [(7, None), (6 + HELLO.len(), Some(HELLO)), (6 + AGAIN.len(), Some(AGAIN))]
            {
                let mut came = vec![0; length];
                stream.read_exact(&mut came).await.unwrap();
                let Some(expected) = expected else { continue };
                assert_eq!(came[..2], [0xc1, 0x80 | expected.len() as u8]);
                let unmasked: Vec<u8> = (0..expected.len()).map(|n| came[6 + n] ^ came[2 + n % 4]).collect();
                assert_eq!(unmasked, expected);
            }
        })
        .await;
        let mut connection = opened(&context, Deflate::default()).await.unwrap();
        let (meter, seen) = (Rc::clone(&context.shard.meter), RefCell::new(vec![]));
        let look = |message: Message<'_>| {
            meter.payload(Direction::Down, message.wire, message.bytes.len());
            seen.borrow_mut().push((String::from_utf8(message.bytes.to_vec()).unwrap(), message.wire));
            Some(())
        };
        for _ in 0..3 {
            connection.receive(look).await.unwrap();
        }
        assert_eq!(seen.take(), [("Hello".into(), 7), ("Hello".into(), 5), ("Hello".into(), 5)]);
        for _ in 0..2 {
            let content = Content { envelope: 1, messages: 1 };
            connection.send(Opcode::Text, b"Hello", content, nothing).await.unwrap();
        }
        server.await.unwrap();
        drop(connection);
        closes(&context);
        let total = context.shard.meter.tally().traffic.total();
        // Down: 7 + 5 + 5 for 15; two heads of fragments, two of whole ones, a Ping of 3.
        assert_eq!((total.down.payload, total.down.delivered(), total.down.framing), (17, 15, 8 + 3));
        // Up: four fifths of 7 and of 5 are payload, the rest envelope, heads and masks; a Pong of 7.
        assert_eq!((total.up.payload, total.up.delivered()), (5 + 4, 2 * 4));
        assert_eq!(total.up.framing, 2 + 1 + 2 * 6 + 7);
    });
}

#[test]
fn what_is_agreed_on_is_what_was_offered() {
    let small = Side { takeover: false, bits: 10 };
    let wanted = Deflate { server: small, client: small, threshold: 0 };
    for (chosen, reason) in [
        ("permessage-deflate; server_no_context_takeover; server_max_window_bits=10", None),
        ("", Some(reasons::DEFLATE_DECLINED)),
        ("permessage-deflate", Some(reasons::EXTENSION)),
        ("permessage-bzip", Some(reasons::EXTENSION)),
    ] {
        scripted::run(async move {
            let (context, server) = context(move |mut stream| async move {
                let offer = shake(&mut stream, chosen).await;
                assert_eq!(
                    offer,
                    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
                     server_max_window_bits=10; client_max_window_bits=10"
                );
            })
            .await;
            let outcome = opened(&context, wanted).await.err();
            assert_eq!(outcome, reason.map(|_| Failure::Protocol), "{chosen}");
            assert_eq!(reasons_of(&context), Vec::from_iter(reason), "{chosen}");
            server.await.unwrap();
            closes(&context);
        });
    }
}

/// A bomb, wrong bits, torn data: each is a failure with its name, answered by its code, and every byte is accounted for.
#[test]
fn what_no_server_may_send_is_named() {
    let mut bomb = vec![];
    Deflater::new(Side::default(), 0).deflate(&vec![b'.'; MAX_MESSAGE_BYTES + 1], &mut bomb);
    assert!(bomb.len() < 20_000);
    for (bytes, failure, named, code) in [
        (frame(0xc1, &bomb), Failure::TooLarge, reasons::LONG_INFLATED, 1009_u16),
        (frame(0xc1, b"\xff\xff\xff"), Failure::Protocol, reasons::NO_DEFLATE, 1007),
        ([frame(0x41, b"\xff"), frame(0x80, b"\xff")].concat(), Failure::Protocol, reasons::NO_DEFLATE, 1007),
        (frame(0xc1, b"\x3a\xac\x01\x00"), Failure::Protocol, "text that is not UTF-8", 1007),
        (
            [frame(0x41, HELLO), frame(0xc0, HELLO)].concat(),
            Failure::Protocol,
            "reserved bit set (RSV1)",
            1002,
        ),
        (frame(0xc9, b""), Failure::Protocol, "reserved bit set (RSV1)", 1002),
        (frame(0xe1, HELLO), Failure::Protocol, "reserved bit set (RSV2)", 1002),
    ] {
        scripted::run(async move {
            let (context, server) = context(move |mut stream| async move {
                shake(&mut stream, "permessage-deflate").await;
                stream.write_all(&bytes).await.unwrap();
                let mut close = [0; 8];
                stream.read_exact(&mut close).await.unwrap();
                let said = u16::from_be_bytes([close[6] ^ close[2], close[7] ^ close[3]]);
                assert_eq!((close[0], said), (0x88, code), "{named}");
            })
            .await;
            let mut connection = opened(&context, Deflate::default()).await.unwrap();
            assert_eq!(connection.receive(|_| Some(())).await, Err(failure), "{named}");
            assert_eq!(reasons_of(&context), [named]);
            drop(connection);
            server.await.unwrap();
            closes(&context);
        });
    }
}
