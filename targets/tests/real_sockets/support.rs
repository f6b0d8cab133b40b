//! A target in the test's own thread, and clients that see every byte.

use std::cell::RefCell;
use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::net::TcpStream;
use tokio::process::Command as Program;
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use tokio::time::timeout;
use wsbench_targets::clock::{Tick, now};
use wsbench_targets::content::Content;
use wsbench_targets::pacer::Arrivals;
use wsbench_targets::serve::{ServeError, serve};
use wsbench_targets::transport::{LongPolling, Polling};
use wsbench_targets::wire::{
    Audience, Command, Headers, Publication, Published, Reply, Served, Span, Stamp, Start, TargetConfig,
    TrialKey, line, route, write_message,
};

/// Far longer than anything here takes, so that a hang is a failure and a slow machine is none.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn config(transport: Served) -> TargetConfig {
    TargetConfig {
        transport,
        publication: None,
        content: Content::default(),
        clients: 0..4,
        seed: 42,
        headers: Headers::minimal(),
        tls: None,
        compress: false,
        bind: ([127, 0, 0, 1], 0).into(),
        start: Start::OnWord,
        ring: 64,
    }
}

pub(crate) fn polling(reply: Reply) -> TargetConfig {
    config(Served::Polling(Polling { reply, ..Polling::default() }))
}

pub(crate) fn long_polling(hold: Duration) -> TargetConfig {
    config(Served::LongPolling(LongPolling { hold }))
}

/// A 21-byte message every `every`.
pub(crate) fn publication(every: Duration, audience: Audience) -> Publication {
    Publication { every, arrivals: Arrivals::Constant, payload: 21, audience }
}

#[derive(Clone, Default)]
struct Said(Rc<RefCell<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut *self.0.borrow_mut(), bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Said {
    fn lines(&self) -> Vec<String> {
        String::from_utf8(self.0.borrow().clone()).unwrap().lines().map(str::to_owned).collect()
    }
}

/// A running target.
pub(crate) struct Target {
    pub(crate) at: SocketAddr,
    words: DuplexStream,
    said: Said,
    running: JoinHandle<Result<(), ServeError>>,
}

impl Target {
    pub(crate) async fn start(config: TargetConfig) -> Target {
        let (words, stdin) = tokio::io::duplex(1024);
        let said = Said::default();
        let mut running =
            spawn_local(serve(config, Some(BufReader::new(stdin)), std::future::pending(), said.clone()));
        let at = loop {
            if let Some(ready) = said.lines().first() {
                break line::parse_ready(ready).unwrap();
            }
            if let Ok(ended) = timeout(Duration::from_millis(1), &mut running).await {
                panic!("{ended:?}");
            }
        };
        Target { at, words, said, running }
    }

    pub(crate) async fn say(&mut self, line: &str) {
        self.words.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// Gives the word to start now; returns the start.
    pub(crate) async fn begin(&mut self) -> Tick {
        let start = now();
        self.say(&serde_json::to_string(&Command::Start(Span::whole(start))).unwrap()).await;
        start
    }

    /// Closes its stdin; how it ended, and the last line.
    pub(crate) async fn end(self) -> (Result<(), ServeError>, Option<Published>) {
        drop(self.words);
        let ended = timeout(PATIENCE, self.running).await.unwrap().unwrap();
        (ended, line::parse_published(self.said.lines().last().unwrap()))
    }

    pub(crate) async fn connect(&self) -> Client {
        Client { stream: TcpStream::connect(self.at).await.unwrap(), read: Vec::new() }
    }
}

/// Runs a test with a `LocalSet` around it.
pub(crate) fn local(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(LocalSet::new().run_until(async { timeout(PATIENCE * 2, test).await.unwrap() }));
}

/// A connection that shows its bytes.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    read: Vec<u8>,
}

/// One HTTP answer: its head with the empty line, and its body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head[9..12].parse().unwrap()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.body.chunks(21).map(|m| Stamp::number(m).unwrap()).collect()
    }
}

impl Client {
    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    pub(crate) async fn ask(&mut self, route: &str, client: u32, cursor: u64) {
        let path = route::path(route, client, cursor);
        self.write(format!("GET {path} HTTP/1.1\r\nHost: t\r\n\r\n")).await;
    }

    pub(crate) async fn get(&mut self, route: &str, client: u32, cursor: u64) -> Answer {
        self.ask(route, client, cursor).await;
        self.answer().await
    }

    pub(crate) async fn post(&mut self, client: u32, body: &[u8]) -> Answer {
        let path = route::path(route::SEND, client, 0);
        let head = format!("POST {path} HTTP/1.1\r\nHost: t\r\nContent-Length: {}\r\n\r\n", body.len());
        self.write([head.as_bytes(), body].concat()).await;
        self.answer().await
    }

    async fn more(&mut self) -> bool {
        let mut chunk = vec![0; 65_536];
        let read = timeout(PATIENCE, self.stream.read(&mut chunk)).await.expect("bytes in time").unwrap();
        self.read.extend_from_slice(&chunk[..read]);
        read > 0
    }

    pub(crate) async fn exactly(&mut self, bytes: usize) -> Vec<u8> {
        while self.read.len() < bytes {
            assert!(self.more().await, "end after {:?}", String::from_utf8_lossy(&self.read));
        }
        self.read.drain(..bytes).collect()
    }

    pub(crate) async fn head(&mut self) -> String {
        loop {
            if let Some(at) = self.read.windows(4).position(|w| w == b"\r\n\r\n") {
                return String::from_utf8(self.exactly(at + 4).await).unwrap();
            }
            assert!(self.more().await, "end after {:?}", String::from_utf8_lossy(&self.read));
        }
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        let head = self.head().await;
        let length =
            head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let body = self.exactly(length.unwrap_or(0)).await;
        Answer { head, body }
    }

    /// Everything to the end of the connection.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.read)
    }

    /// Whether nothing comes for so long.
    pub(crate) async fn is_silent(&mut self, long: Duration) -> bool {
        self.read.is_empty() && timeout(long, self.stream.readable()).await.is_err()
    }
}

/// A 21-byte message.
pub(crate) fn message(seq: u64) -> Vec<u8> {
    let mut message = Vec::new();
    write_message(&TrialKey::default(), Stamp { stream: 0, seq, due: Tick(7) }, 21, &mut message);
    message
}

/// What a program says on both, and that it was content.
pub(crate) async fn run(program: &str, arguments: &[&str]) -> String {
    let mut command = Program::new(program);
    let ran = command.args(arguments).kill_on_drop(true).output();
    let ran = timeout(PATIENCE, ran).await.expect("an end in time").expect(program);
    let said = [ran.stdout, ran.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(ran.status.success(), "{program}: {said}");
    said
}
