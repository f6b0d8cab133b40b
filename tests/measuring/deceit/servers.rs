//! Servers of each transport before a [`Deceiver`]: what they are told goes to it, and what it lets through goes on.

use std::io::{BufReader, ErrorKind, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use tokio_tungstenite::tungstenite::{Error, Message, WebSocket, accept};

use super::deceiver::Deceiver;
use crate::support::feeds::{Asked, answer};
use crate::support::server::Server;

const LOOK: Duration = Duration::from_millis(1);
/// Looks until a long poll is let go.
const HOLD: u32 = 200;

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    WebSocket,
    SocketIo,
    SockJs,
    Polling,
    LongPolling,
    Streaming,
    Sse,
}

/// Serves by `way`; the first connection is the program's own question, and joins nothing.
pub fn serve(way: Way, deceiver: Arc<Deceiver>) -> Server {
    Server::each(move |stream, seen| {
        stream.set_nodelay(true).unwrap();
        let client = || (!seen.first).then(|| deceiver.joins());
        // Whoever goes ends its thread.
        drop(match way {
            Way::WebSocket | Way::SocketIo | Way::SockJs => socket(stream, way, &deceiver, client),
            _ => requests(stream, way, &deceiver, client),
        });
    })
}

type Ended = Result<(), Box<dyn std::error::Error>>;

fn socket(stream: TcpStream, way: Way, deceiver: &Deceiver, client: impl Fn() -> Option<usize>) -> Ended {
    let mut head = [0; 300];
    let length = stream.peek(&mut head)?;
    if String::from_utf8_lossy(&head[..length]).split(' ').nth(1).is_some_and(|path| path.ends_with("/info"))
    {
        Asked::read(&mut BufReader::new(stream.try_clone()?));
        return Ok(answer(&mut &stream, "200 OK", "", r#"{"websocket":true,"cookie_needed":false}"#)?);
    }
    let mut socket = accept(stream)?;
    let client = client();
    socket.get_ref().set_read_timeout(Some(LOOK))?;
    if let Some(greeting) = greeting(way) {
        socket.send(Message::text(greeting))?;
    }
    loop {
        for text in heard(&mut socket)?.iter().flat_map(|text| messages(way, text)) {
            match (text, client) {
                (Said::Message(text), Some(client)) => deceiver.said(client, &text),
                (Said::Answer(answer), _) => socket.send(Message::text(answer))?,
                (Said::Message(_), None) => {}
            }
        }
        for text in client.iter().flat_map(|&client| deceiver.ripe(client)) {
            socket.send(Message::text(written(way, &text)))?;
        }
    }
}

/// What a client said, and what a server answers to it.
enum Said {
    Message(String),
    Answer(String),
}

fn heard(socket: &mut WebSocket<TcpStream>) -> Result<Option<String>, Error> {
    match socket.read() {
        Ok(Message::Text(text)) => Ok(Some(text.to_string())),
        Ok(_) => Ok(None),
        Err(Error::Io(e)) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
        Err(e) => Err(e),
    }
}

fn greeting(way: Way) -> Option<&'static str> {
    match way {
        Way::SocketIo => Some(
            r#"0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
        ),
        Way::SockJs => Some("o"),
        _ => None,
    }
}

fn messages(way: Way, text: &str) -> Vec<Said> {
    let strings = |json: &str| serde_json::from_str::<Vec<String>>(json).unwrap();
    match way {
        Way::SocketIo if text.starts_with("42") => vec![Said::Message(strings(&text[2..]).remove(1))],
        Way::SocketIo if text.starts_with("40") => vec![Said::Answer(r#"40{"sid":"t"}"#.to_owned())],
        Way::SocketIo => vec![],
        Way::SockJs => strings(text).into_iter().map(Said::Message).collect(),
        _ => vec![Said::Message(text.to_owned())],
    }
}

fn written(way: Way, text: &str) -> String {
    match way {
        Way::SocketIo => format!("42{}", serde_json::json!(["echo", text])),
        Way::SockJs => format!("a{}", serde_json::json!([text])),
        _ => text.to_owned(),
    }
}

fn requests(stream: TcpStream, way: Way, deceiver: &Deceiver, client: impl Fn() -> Option<usize>) -> Ended {
    let (mut from, mut to) = (BufReader::new(stream.try_clone()?), stream);
    let mut joined = None;
    while let Some(asked) = Asked::read(&mut from) {
        if asked.post {
            deceiver.published(&asked.body);
            answer(&mut to, "204 No Content", "", "")?;
            continue;
        }
        joined = joined.or_else(&client);
        match (way, joined) {
            (Way::Streaming | Way::Sse, Some(joined)) => stream_to(&mut to, way, deceiver, joined)?,
            (_, joined) => {
                let ripe = joined.map(|joined| ripe(deceiver, joined, way)).unwrap_or_default();
                answer(&mut to, "200 OK", lines(way), &ripe.join("\n"))?;
            }
        }
    }
    Ok(())
}

fn lines(way: Way) -> &'static str {
    if way == Way::Sse { "Content-Type: text/event-stream\r\n" } else { "" }
}

fn ripe(deceiver: &Deceiver, client: usize, way: Way) -> Vec<String> {
    let looks = if way == Way::LongPolling { HOLD } else { 1 };
    let ripe = (0..looks).map(|_| (sleep(LOOK), deceiver.ripe(client)).1).find(|ripe| !ripe.is_empty());
    ripe.unwrap_or_default()
}

fn stream_to(to: &mut TcpStream, way: Way, deceiver: &Deceiver, client: usize) -> Ended {
    to.write_all(format!("HTTP/1.1 200 OK\r\n{}\r\n", lines(way)).as_bytes())?;
    loop {
        sleep(LOOK);
        for text in deceiver.ripe(client) {
            let line = if way == Way::Sse { format!("data: {text}\n\n") } else { format!("{text}\n") };
            to.write_all(line.as_bytes())?;
        }
    }
}
