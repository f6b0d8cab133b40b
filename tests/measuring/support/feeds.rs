//! Servers of the kinds that are deployed, for tests: each publishes to all what it is sent, and its faults are known
//! to the message.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tokio_tungstenite::tungstenite::{Error, Message, WebSocket, accept};
use wsbench_targets::clock::now;

use super::server::Server;

/// What a server does wrong, by the number of the message.
#[derive(Clone, Copy, Default)]
pub struct Fault {
    /// It takes one message in so many and gives it to nobody.
    pub drops: Option<u64>,
    /// It answers one POST in so many with 500.
    pub refuses: Option<u64>,
    /// What a client says goes to all others, and not back: a chat room.
    pub keeps_from_sender: bool,
    /// It keeps each message for so long.
    pub delays: Duration,
}

fn hits(every: Option<u64>, number: u64) -> bool {
    every.is_some_and(|every| number.is_multiple_of(every))
}

/// A request: its line, its headers, its body.
pub struct Asked {
    pub path: String,
    pub post: bool,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
    /// The next request of a connection; `None` at its end.
    pub fn read(from: &mut BufReader<TcpStream>) -> Option<Asked> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if from.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let mut first = lines.first()?.split(' ');
        let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
        let headers = lines[1..].iter().filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let mut asked = Asked { path, post: method == "POST", headers, body: String::new() };
        let length = asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        from.read_exact(&mut body).ok()?;
        asked.body = String::from_utf8(body).unwrap();
        Some(asked)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        let query = self.path.split_once('?')?.1;
        query
            .split('&')
            .filter_map(|part| part.split_once('='))
            .find(|(known, _)| *known == name)
            .map(|p| p.1)
    }
}

/// Answers with these lines and body.
pub fn answer(to: &mut impl Write, status: &str, lines: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    to.write_all(format!("HTTP/1.1 {status}\r\n{lines}Content-Length: {length}\r\n\r\n{body}").as_bytes())
}

/// Serves every request of a connection by `serve`.
pub fn http(serve: impl Fn(Asked, &mut TcpStream) -> std::io::Result<()> + Clone + Send + 'static) -> Server {
    Server::each(move |stream, _| {
        stream.set_nodelay(true).unwrap();
        let (mut from, mut to) = (BufReader::new(stream.try_clone().unwrap()), stream);
        while let Some(asked) = Asked::read(&mut from) {
            if serve(asked, &mut to).is_err() {
                return;
            }
        }
    })
}

/// Who hears what is published, and how many messages there were.
#[derive(Default)]
struct Room {
    hearers: Mutex<Vec<(u64, Sender<String>)>>,
    joined: AtomicU64,
    count: AtomicU64,
}

impl Room {
    /// Publishes to all but one, if so; false when it is refused.
    fn publish(&self, message: &str, but: Option<u64>, fault: Fault) -> bool {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        std::thread::sleep(fault.delays);
        if hits(fault.refuses, number) {
            return false;
        }
        if !hits(fault.drops, number) {
            let keeps = |id: u64| but == Some(id) && fault.keeps_from_sender;
            self.hearers.lock().unwrap().retain(|(id, to)| keeps(*id) || to.send(message.to_owned()).is_ok());
        }
        true
    }
}

/// A WebSocket server that sends to all clients what one of them says, or what is posted to `/publish`.
pub fn room(fault: Fault) -> Server {
    let room = Arc::new(Room::default());
    Server::each(move |stream, _| {
        stream.set_nodelay(true).unwrap();
        let mut head = [0; 4];
        while stream.peek(&mut head).unwrap_or(0) < head.len() {
            if stream.peek(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        match &head {
            b"POST" => posted(stream, &room, fault),
            _ => heard(stream, &room, fault),
        }
    })
}

fn posted(mut stream: TcpStream, room: &Room, fault: Fault) {
    let mut from = BufReader::new(stream.try_clone().unwrap());
    while let Some(asked) = Asked::read(&mut from) {
        assert!(asked.post && asked.path == "/publish" && asked.header("x-own") == Some("1"));
        assert_eq!(asked.header("content-type"), Some("application/json"));
        let status = if room.publish(&asked.body, None, fault) { "204 No Content" } else { "500 Oh" };
        if answer(&mut stream, status, "", "").is_err() {
            return;
        }
    }
}

fn heard(stream: TcpStream, room: &Room, fault: Fault) {
    let Ok(mut socket) = accept(stream) else { return };
    let (sender, messages) = channel();
    let id = room.joined.fetch_add(1, Ordering::Relaxed);
    room.hearers.lock().unwrap().push((id, sender));
    socket.get_ref().set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    while let Ok(said) = turn(&mut socket, &messages) {
        said.iter().for_each(|said| assert!(room.publish(said, Some(id), fault)));
    }
}

/// Sends what is to be sent, and looks for what was said.
fn turn(socket: &mut WebSocket<TcpStream>, messages: &Receiver<String>) -> Result<Option<String>, String> {
    while let Ok(message) = messages.try_recv() {
        socket.send(Message::text(message)).map_err(|e| e.to_string())?;
    }
    match socket.read() {
        Ok(Message::Text(text)) => Ok(Some(text.to_string())),
        Ok(_) => Ok(None),
        Err(Error::Io(e))
            if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
        {
            Ok(None)
        }
        Err(e) => Err(e.to_string()),
    }
}

/// A WebSocket server that greets, and says every 20 ms something of its own.
pub fn ticker() -> Server {
    Server::each(move |stream, _| {
        stream.set_nodelay(true).unwrap();
        let Ok(mut socket) = accept(stream) else { return };
        socket.get_ref().set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        let (sender, messages) = channel();
        let mut due = now();
        while turn(&mut socket, &messages).is_ok() {
            while now() >= due {
                due = due + Duration::from_millis(20);
                sender.send("tick".to_owned()).unwrap();
            }
        }
    })
}

/// Messages, numbered from 1, and a bell for each.
#[derive(Default)]
struct Journal {
    messages: Mutex<Vec<String>>,
    bell: Condvar,
}

/// How long a request is held.
const HOLD: Duration = Duration::from_millis(300);

/// A long-polling server: `POST /publish` adds a message, `GET` answers with all behind the cursor, wherever the
/// client carries it, as JSON; or after a while with nothing, each time in another way. Without a cursor it begins
/// with what comes next.
pub fn journal() -> Server {
    let journal = Arc::new(Journal::default());
    let holds = Arc::new(AtomicU64::new(0));
    http(move |asked, to| {
        if asked.post {
            journal.messages.lock().unwrap().push(asked.body.trim_end().to_owned());
            journal.bell.notify_all();
            return answer(to, "200 OK", "", "ok");
        }
        let told = [asked.query("since"), asked.header("if-none-match"), asked.header("if-modified-since")];
        let digits = |text: &str| -> usize {
            text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
        };
        let told: Option<usize> = told.into_iter().flatten().next().map(digits);
        let messages = journal.messages.lock().unwrap();
        let from = told.unwrap_or(messages.len());
        let (messages, _) = journal.bell.wait_timeout_while(messages, HOLD, |m| m.len() <= from).unwrap();
        if messages.len() <= from {
            let nothing = ["304 Not Modified", "204 No Content", "408 Request Timeout"];
            let which = holds.fetch_add(1, Ordering::Relaxed) as usize % nothing.len();
            return answer(to, nothing[which], "", "");
        }
        let (last, all) = (messages.len(), messages[from..].join(","));
        drop(messages);
        let lines = format!("ETag: \"{last}\"\r\nLast-Modified: no {last}\r\n");
        answer(to, "200 OK", &lines, &format!("{{\"all\":[{all}],\"seq\":{last}}}"))
    })
}

/// A polling server whose value changes every 200 ms; it knows If-None-Match.
pub fn value() -> Server {
    let began = now();
    http(move |asked, to| {
        let version = now().since(began) / 200_000_000;
        let tag = format!("\"{version}\"");
        match asked.header("if-none-match") == Some(&tag) {
            true => answer(to, "304 Not Modified", &format!("ETag: {tag}\r\n"), ""),
            false => answer(to, "200 OK", &format!("ETag: {tag}\r\n"), &format!("value {version:010}\n")),
        }
    })
}
