//! A chat server with rooms, for tests: who has joined a room by its URL, by WebSocket or SSE, or by `join 7`, hears what is said
//! there, by one of them or by POST, and nobody else does.
//!
//! One thread for all, so that a thousand clients are no load of its own making.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// What the server does wrong, by the number of the message, from 1.
#[derive(Clone, Copy, Default)]
pub struct Slip {
    /// This one also goes to somebody in another room.
    pub leaks: Option<u64>,
    /// This one goes to nobody.
    pub drops: Option<u64>,
}

#[derive(Default)]
struct State {
    rooms: BTreeMap<String, Vec<UnboundedSender<Arc<str>>>>,
    said: u64,
}

/// A server that runs until the test's process ends.
#[derive(Clone)]
pub struct Chat {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    slip: Slip,
}

impl Chat {
    pub fn new(slip: Slip) -> Chat {
        wsbench::os::limits::raise_files().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let chat = Chat { address: listener.local_addr().unwrap(), state: Arc::default(), slip };
        let serves = chat.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                // With the first the program only asks whether somebody is there: it joins nobody.
                let mut chat = Chat { state: Arc::default(), ..serves.clone() };
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(std::mem::replace(&mut chat, serves.clone()).serve(stream));
                }
            });
        });
        chat
    }

    /// How many have joined each room, publishers included.
    pub fn joined(&self) -> BTreeMap<String, usize> {
        let state = self.state.lock().unwrap();
        state.rooms.iter().map(|(room, members)| (room.clone(), members.len())).collect()
    }

    fn join(&self, room: &str, to: &UnboundedSender<Arc<str>>) {
        self.state.lock().unwrap().rooms.entry(room.to_owned()).or_default().push(to.clone());
    }

    /// What is said in a room; a message that begins with `@7 ` goes to room 7, wherever it was said.
    fn say(&self, room: &str, message: &str) {
        let room = message.strip_prefix('@').and_then(|m| m.split_once(' ')).map_or(room, |(room, _)| room);
        let mut state = self.state.lock().unwrap();
        state.said += 1;
        if self.slip.drops == Some(state.said) {
            return;
        }
        let message: Arc<str> = message.into();
        if self.slip.leaks == Some(state.said) {
            let other = state.rooms.iter().find(|(name, members)| *name != room && !members.is_empty());
            other.unwrap().1[0].send(Arc::clone(&message)).unwrap();
        }
        let members = state.rooms.get(room).into_iter().flatten();
        // Who has left hears nothing.
        members.for_each(|to| drop(to.send(Arc::clone(&message))));
    }

    async fn serve(self, stream: TcpStream) {
        stream.set_nodelay(true).unwrap();
        let Some(head) = head(&stream).await else { return };
        let path = head.split(' ').nth(1).unwrap().to_owned();
        let room = path.rsplit('/').next().unwrap().to_owned();
        if head.to_lowercase().contains("upgrade: websocket") {
            self.talk(stream, &room).await;
        } else if head.starts_with("GET") {
            self.stream(stream, &room).await;
        } else {
            drop(self.posts(stream).await);
        }
    }

    async fn talk(&self, stream: TcpStream, room: &str) {
        let Ok(socket) = accept_async(stream).await else { return };
        let (own, mut messages) = unbounded_channel();
        self.join(room, &own);
        let (mut to, mut from) = socket.split();
        loop {
            tokio::select! {
                said = from.next() => match said {
                    Some(Ok(Message::Text(text))) => match text.strip_prefix("join ") {
                        Some(other) => self.join(other, &own),
                        None => self.say(room, &text),
                    },
                    Some(Ok(_)) => {}
                    _ => return,
                },
                Some(message) = messages.recv() => {
                    if to.send(Message::text(&*message)).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Server-sent events, in chunks.
    async fn stream(&self, mut stream: TcpStream, room: &str) {
        let (own, mut messages) = unbounded_channel();
        self.join(room, &own);
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        let mut next = head.to_owned();
        while stream.write_all(next.as_bytes()).await.is_ok() {
            let Some(message) = messages.recv().await else { return };
            let event = format!("data: {message}\n\n");
            next = format!("{:x}\r\n{event}\r\n", event.len());
        }
    }

    async fn posts(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let (mut path, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await? == 0 {
                    return Ok(());
                }
                let line = line.trim_end().to_lowercase();
                if path.is_empty() {
                    path = line.split(' ').nth(1).unwrap().to_owned();
                }
                if let Some(bytes) = line.strip_prefix("content-length: ") {
                    length = bytes.parse().unwrap();
                }
                if line.is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await?;
            self.say(path.rsplit('/').next().unwrap(), &String::from_utf8(body).unwrap());
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
        }
    }
}

/// The head of the first request, left where it is; `None` where none comes.
async fn head(stream: &TcpStream) -> Option<String> {
    let mut head = [0; 4096];
    loop {
        let length = stream.peek(&mut head).await.ok().filter(|&length| length > 0)?;
        let text = String::from_utf8_lossy(&head[..length]);
        if text.contains("\r\n\r\n") {
            return Some(text.into_owned());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
