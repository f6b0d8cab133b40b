//! Small servers for tests: what they do is known to the byte and to the millisecond, so that the meter can be
//! measured against them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};

/// What an HTTP server does with each request.
#[derive(Clone, Copy, Default)]
pub struct Manner {
    /// It answers after so long.
    pub delay: Duration,
    /// It closes the connection, without having said so, this long after an answer.
    pub leaves: Option<Duration>,
    /// The body of each answer.
    pub body: &'static str,
}

/// A server and what it has seen. It lives as long as the test's process.
pub struct Server {
    pub address: SocketAddr,
    pub requests: Arc<AtomicU64>,
    pub bytes: Arc<AtomicU64>,
}

impl Server {
    /// Hands every connection to `serve`, on a thread of its own. What the first one carries is not counted: with
    /// it the program only asks whether somebody is there.
    pub fn each(serve: impl Fn(TcpStream, &Seen) + Clone + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Seen::default();
        let server = Server { address, requests: Arc::clone(&seen.requests), bytes: Arc::clone(&seen.bytes) };
        thread::spawn(move || {
            for (nth, stream) in listener.incoming().enumerate() {
                let seen = if nth == 0 { Seen { first: true, ..Seen::default() } } else { seen.clone() };
                let serve = serve.clone();
                thread::spawn(move || serve(stream.unwrap(), &seen));
            }
        });
        server
    }

    /// An HTTP server that knows keep-alive.
    pub fn http(manner: Manner) -> Server {
        Server::each(move |stream, seen| drop(answer(stream, seen, manner)))
    }

    /// An HTTP server that notes what it is asked, and answers with nothing.
    pub fn curious() -> (Server, Arc<Mutex<String>>) {
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

    /// A WebSocket server that sends every message back after `delay`: tokio-tungstenite's own.
    pub fn echo(delay: Duration) -> Server {
        Server::each(move |stream, seen| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                stream.set_nonblocking(true).unwrap();
                stream.set_nodelay(true).unwrap();
                let stream = tokio::net::TcpStream::from_std(stream).unwrap();
                // The harness only looks whether somebody listens: no handshake follows.
                let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
                while let Some(Ok(message)) = socket.next().await {
                    if message.is_text() {
                        seen.requests.fetch_add(1, Ordering::Relaxed);
                        tokio::time::sleep(delay).await;
                        socket.send(message).await.unwrap();
                    }
                }
            });
        })
    }

    /// Answers the program's question as it should, and all others by `serve`.
    pub fn after_the_first(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> Server {
        Server::each(move |stream, seen| match seen.first {
            true => drop(answer(stream, seen, Manner::default())),
            false => serve(stream),
        })
    }

    pub fn seen(&self) -> (u64, u64) {
        (self.requests.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

/// What the connections of a server have seen.
#[derive(Clone, Default)]
pub struct Seen {
    /// This is the program's own question.
    pub first: bool,
    requests: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
}

/// Requests have no bodies here, so a blank line ends each.
fn answer(mut stream: TcpStream, seen: &Seen, manner: Manner) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", manner.body.len(), manner.body);
    let (mut inbox, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        seen.bytes.fetch_add(read as u64, Ordering::Relaxed);
        inbox.extend_from_slice(&piece[..read]);
        while let Some(end) = inbox.windows(4).position(|four| four == b"\r\n\r\n") {
            inbox.drain(..end + 4);
            seen.requests.fetch_add(1, Ordering::Relaxed);
            thread::sleep(manner.delay);
            stream.write_all(text.as_bytes())?;
            if let Some(after) = manner.leaves {
                thread::sleep(after);
                return Ok(());
            }
        }
    }
}
