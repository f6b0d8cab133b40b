//! A SockJS server by hand: what it says, when, and in which pieces is the test's to choose.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What was asked: the last word of the path, and the session where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub word: String,
    pub session: String,
    pub body: String,
    /// Number of the request among those of this word, from 0.
    pub nth: usize,
}

/// A server and what it was asked, in order. It lives as long as the test's process.
pub struct Server {
    pub address: SocketAddr,
    log: Log,
}

type Log = Arc<Mutex<Vec<Asked>>>;

impl Server {
    /// Hands every request to `answer`, which writes what it likes; `/info` is answered here.
    pub fn new(answer: impl Fn(&Asked, &mut TcpStream) + Clone + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let log = Log::default();
        let server = Server { address, log: Arc::clone(&log) };
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, log, stream) = (answer.clone(), Arc::clone(&log), stream.unwrap());
                // A client that goes away ends its thread.
                thread::spawn(move || drop(serve(stream, &log, answer)));
            }
        });
        server
    }

    /// The words that were asked for, in order.
    pub fn words(&self) -> Vec<String> {
        self.log.lock().unwrap().iter().map(|asked| asked.word.clone()).collect()
    }

    /// The sessions that were asked for, each once, in order.
    pub fn sessions(&self) -> Vec<String> {
        let mut sessions: Vec<String> =
            self.log.lock().unwrap().iter().map(|asked| asked.session.clone()).collect();
        sessions.retain(|session| !session.is_empty());
        sessions.dedup();
        sessions
    }
}

fn serve(mut stream: TcpStream, log: &Log, answer: impl Fn(&Asked, &mut TcpStream)) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut inbox, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        inbox.extend_from_slice(&piece[..read]);
        while let Some((length, mut asked)) = request(&inbox) {
            inbox.drain(..length);
            let mut log = log.lock().unwrap();
            asked.nth = log.iter().filter(|other| other.word == asked.word).count();
            log.push(asked.clone());
            drop(log);
            match asked.word.as_str() {
                "info" => whole(&mut stream, "200 OK", "{\"websocket\":true}"),
                _ => answer(&asked, &mut stream),
            }
        }
    }
}

/// The first whole request and its length.
fn request(bytes: &[u8]) -> Option<(usize, Asked)> {
    let text = std::str::from_utf8(bytes).unwrap();
    let head = text.find("\r\n\r\n")? + 4;
    let length = text[..head].lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let length = head + length.map_or(0, |length| length.parse::<usize>().unwrap());
    let body = text.get(head..length)?.to_owned();
    let path: Vec<&str> = text.split(' ').nth(1)?.split('/').collect();
    let session = if path.len() == 5 { path[3].to_owned() } else { String::new() };
    Some((length, Asked { word: (*path.last()?).to_owned(), session, body, nth: 0 }))
}

/// A whole answer.
pub fn whole(stream: &mut TcpStream, status: &str, body: &str) {
    let text = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    // Who has gone does not hear it.
    drop(stream.write_all(text.as_bytes()));
}

/// The head of an answer in chunks.
pub fn begin(stream: &mut TcpStream) {
    drop(stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

/// One chunk.
pub fn chunk(stream: &mut TcpStream, text: &str) {
    drop(stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()));
}

/// The last chunk.
pub fn end(stream: &mut TcpStream) {
    drop(stream.write_all(b"0\r\n\r\n"));
}
