use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local};

use super::*;
use crate::clock::Tick;
use crate::content::Content;
use crate::memory_budget::all_but;
use crate::transport::{Polling, WebSocket};
use crate::wire::{Headers, Served, Stamp, Start, TargetConfig, TrialKey, write_message};

fn message(seq: u64, bytes: usize) -> Vec<u8> {
    let mut message = Vec::new();
    write_message(&TrialKey::default(), Stamp { stream: 0, seq, due: Tick(9) }, bytes, &mut message);
    message
}

#[test]
fn a_body_is_exactly_one_message() {
    let message = message(3, 30);
    assert_eq!(number_of(&message), Some(3));
    assert_eq!(number_of(&message[..29]), None);
    assert_eq!(number_of(&[&message[..], &message[..]].concat()), None);
    assert_eq!(number_of(b""), None);
    assert_eq!(number_of(b"hello\n"), None);
    assert_eq!(number_of(&[b'!'; 40]), None);
}

/// A polling target on this thread, whose account all its connections share.
async fn target() -> SocketAddr {
    let config = TargetConfig {
        transport: Served::WebSocket(WebSocket::default()),
        publication: None,
        content: Content::default(),
        clients: 0..4,
        seed: 1,
        headers: Headers::minimal(),
        tls: None,
        compress: false,
        bind: ([127, 0, 0, 1], 0).into(),
        start: Start::Now,
        ring: 1024,
    };
    let polling = Polling { reply: crate::wire::Reply::Since, ..Polling::default() };
    let server = Rc::new(Http::new(polling, &config, Duration::ZERO).unwrap());
    let hub = Hub::new(&config, config.ring);
    let listener = TcpListener::bind(config.bind).await.unwrap();
    let at = listener.local_addr().unwrap();
    spawn_local(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (server, hub) = (Rc::clone(&server), Rc::clone(&hub));
            spawn_local(async move { server.serve(&hub, Stream::Plain(socket), Version::One).await });
        }
    });
    at
}

/// Sends `request`, of which the body may be unfinished; the connection.
async fn ask(at: SocketAddr, head: String, body: &[u8]) -> TcpStream {
    let mut client = TcpStream::connect(at).await.unwrap();
    client.write_all(head.as_bytes()).await.unwrap();
    // A server that refuses need not read to the end.
    let _ = client.write_all(body).await;
    client
}

async fn post(at: SocketAddr, length: usize, body: &[u8]) -> TcpStream {
    let path = route::path(route::SEND, 0, 0);
    ask(at, format!("POST {path} HTTP/1.1\r\nHost: t\r\nContent-Length: {length}\r\n\r\n"), body).await
}

async fn status(mut client: TcpStream) -> u16 {
    let mut head = [0; 12];
    client.read_exact(&mut head).await.unwrap();
    std::str::from_utf8(&head[9..]).unwrap().parse().unwrap()
}

#[tokio::test]
async fn messages_that_nobody_reads_fill_the_account_and_no_more() {
    const SIZE: usize = 1 << 20;
    let run = async {
        let _others = all_but(5 * SIZE / 2);
        let at = target().await;
        let mut answers = Vec::new();
        for seq in 0..4 {
            answers.push(status(post(at, SIZE, &message(seq, SIZE)).await).await);
        }
        // A body is on the account while it comes, and as a message afterwards.
        assert_eq!(answers, [204, 204, 503, 503]);
        // Who reads up to number 2 makes room.
        let path = route::path(route::POLL, 0, 2);
        assert_eq!(status(ask(at, format!("GET {path} HTTP/1.1\r\nHost: t\r\n\r\n"), b"").await).await, 200);
        assert_eq!(status(post(at, SIZE, &message(9, SIZE)).await).await, 204);
    };
    LocalSet::new().run_until(run).await;
}

#[tokio::test]
async fn messages_that_never_come_whole_fill_it_neither() {
    const SIZE: usize = 1 << 20;
    let run = async {
        let others = all_but(5 * SIZE / 2);
        let at = target().await;
        let body = message(0, SIZE);
        let mut unfinished = Vec::new();
        for _ in 0..2 {
            unfinished.push(post(at, SIZE, &body[1..]).await);
        }
        // The two are taken in before the third: each has its connection's turn.
        let mut last = post(at, SIZE, &body[1..]).await;
        let mut refused = [0; 12];
        let answered = tokio::time::timeout(Duration::from_secs(20), last.read_exact(&mut refused)).await;
        answered.unwrap().unwrap();
        assert_eq!(&refused, b"HTTP/1.1 503");
        drop((unfinished, last, others));
    };
    LocalSet::new().run_until(run).await;
}
