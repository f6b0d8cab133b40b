mod codes;

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local};

use super::*;
use crate::content::Content;
use crate::memory_budget::{all_but, taken};
use crate::wire::{Served, Start, TargetConfig};

const SIZE: usize = 1 << 20;

/// A client of an echo server on this thread, behind the handshake.
async fn connected() -> TcpStream {
    let config = TargetConfig {
        transport: Served::WebSocket(WebSocket::default()),
        publication: None,
        content: Content::default(),
        clients: 0..1,
        seed: 1,
        headers: Headers::minimal(),
        tls: None,
        compress: false,
        bind: ([127, 0, 0, 1], 0).into(),
        start: Start::Now,
        ring: 4,
    };
    let server = Rc::new(Frames::new(&WebSocket::default(), &config.headers).unwrap());
    let hub = Hub::new(&config, 4);
    let listener = TcpListener::bind(config.bind).await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let socket = listener.accept().await.unwrap().0;
    spawn_local(async move { server.serve(&hub, Stream::Plain(socket), Version::One).await });
    let head = "GET / HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(client.read_u8().await.unwrap());
    }
    client
}

/// The head of a final frame with `opcode` and so many bytes, masked with zeros.
fn head(opcode: u8, bytes: usize) -> Vec<u8> {
    [&[0x80 | opcode, 0xFF][..], &(bytes as u64).to_be_bytes(), &[0; 4]].concat()
}

async fn close_code(client: &mut TcpStream) -> u16 {
    let mut frame = [0; 4];
    tokio::time::timeout(Duration::from_secs(20), client.read_exact(&mut frame)).await.unwrap().unwrap();
    assert_eq!(frame[0], 0x88);
    u16::from_be_bytes([frame[2], frame[3]])
}

#[tokio::test]
async fn unfinished_messages_share_the_account() {
    let run = async {
        let _others = all_but(3 * SIZE / 2);
        let (mut one, mut two) = (connected().await, connected().await);
        let mut unfinished = head(2, SIZE);
        unfinished.resize(SIZE, 7);
        one.write_all(&unfinished).await.unwrap();
        // All of it is in before the other begins.
        while taken() < crate::limits::MAX_HELD - SIZE {
            tokio::task::yield_now().await;
        }
        // Who is refused does not read to the end.
        let _ = two.write_all(&unfinished).await;
        assert_eq!(close_code(&mut two).await, 1013);
    };
    LocalSet::new().run_until(run).await;
}

#[tokio::test]
async fn a_ping_takes_no_piece_of_a_message_off_the_account() {
    let run = async {
        let before = taken();
        let mut client = connected().await;
        // Pieces of 1,000 bytes, of which none is the last, each with a ping behind it.
        for pieces in 1..20 {
            let opcode = if pieces == 1 { 2 } else { 0 };
            let piece = [&[opcode, 0xFE, 0x03, 0xE8, 0, 0, 0, 0][..], &[7; 1000], &[0x89, 0x80, 0, 0, 0, 0]];
            client.write_all(&piece.concat()).await.unwrap();
            client.read_exact(&mut [0; 2]).await.unwrap();
            assert_eq!(taken() - before, pieces * 1008);
        }
    };
    LocalSet::new().run_until(run).await;
}

#[tokio::test]
async fn what_was_echoed_is_off_the_account() {
    let run = async {
        let _others = all_but(3 * SIZE / 2);
        let mut client = connected().await;
        for _ in 0..5 {
            let message = [head(2, SIZE), vec![7; SIZE]].concat();
            let (mut from, mut to) = client.split();
            let mut echo = vec![0; SIZE + 10];
            let (sent, read) = tokio::join!(to.write_all(&message), from.read_exact(&mut echo));
            assert_eq!((sent.unwrap(), read.unwrap()), ((), SIZE + 10));
        }
    };
    LocalSet::new().run_until(run).await;
}

#[tokio::test]
async fn text_that_is_no_utf8_is_closed_with_1007() {
    let run = async {
        let mut client = connected().await;
        client.write_all(&[0x81, 0x83, 0, 0, 0, 0, 0xCE, 0xBA, 0xFF]).await.unwrap();
        assert_eq!(close_code(&mut client).await, 1007);
        // In pieces: the second one shows it.
        let mut client = connected().await;
        client.write_all(&[0x01, 0x81, 0, 0, 0, 0, b'a', 0x80, 0x81, 0, 0, 0, 0, 0xFF]).await.unwrap();
        assert_eq!(close_code(&mut client).await, 1007);
    };
    LocalSet::new().run_until(run).await;
}
