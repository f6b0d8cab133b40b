//! The server of a run that is shown: three paths over HTTP/1.1, on loopback, for browsers and for Prometheus.
//!
//! It must not know what it serves. It answers to names of this machine alone: a page elsewhere whose name has been turned to
//! this address must not read results.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::State;

/// A request must be here within.
const ASKING: Duration = Duration::from_secs(5);
/// The longest head.
const MAX_HEAD_BYTES: usize = 16 * 1024;
const HTML: &str = "text/html; charset=utf-8";
const EVENTS: &str = "text/event-stream";
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";

/// Answers whoever comes, each in a task of his own.
pub(super) async fn serve(listener: TcpListener, address: SocketAddr, states: Arc<watch::Sender<State>>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let states = Arc::clone(&states);
                // One that leaves in the middle is nobody's error.
                tokio::spawn(async move { drop(answer(stream, address, &states).await) });
            }
            // Out of files, most likely: the run needs them more.
            Err(_) => tokio::time::sleep(ASKING).await,
        }
    }
}

async fn answer(mut stream: TcpStream, address: SocketAddr, states: &watch::Sender<State>) -> Result<()> {
    let head = timeout(ASKING, head(&mut stream)).await??;
    let asked = asked(&head)?;
    if !asked.is_here(address) {
        return whole(&mut stream, "403 Forbidden", PLAIN, "this page is for this machine alone\n").await;
    }
    let state = states.borrow().clone();
    match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/") => whole(&mut stream, "200 OK", HTML, &state.page).await,
        ("GET", "/metrics") => whole(&mut stream, "200 OK", METRICS, &state.metrics).await,
        ("GET", "/events") => {
            let states = states.subscribe();
            events(&mut stream, states).await
        }
        ("GET", _) => whole(&mut stream, "404 Not Found", PLAIN, "there is /, /events and /metrics\n").await,
        _ => whole(&mut stream, "405 Method Not Allowed", PLAIN, "one can only look\n").await,
    }
}

async fn head(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        ensure!(head.len() < MAX_HEAD_BYTES && stream.read_buf(&mut head).await? > 0, "no request");
    }
    Ok(head)
}

/// What is asked for, and under which name.
struct Asked {
    method: String,
    path: String,
    host: String,
}

fn asked(head: &[u8]) -> Result<Asked> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    request.parse(head)?;
    let path = request.path.context("no path")?;
    let (method, path) = (request.method.context("no method")?.to_owned(), path.to_owned());
    let host = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("host"));
    let host = host.map_or_else(String::new, |host| String::from_utf8_lossy(host.value).into_owned());
    Ok(Asked { method, path, host })
}

impl Asked {
    fn is_here(&self, address: SocketAddr) -> bool {
        [address.to_string(), format!("localhost:{}", address.port())].contains(&self.host)
    }
}

async fn whole(stream: &mut TcpStream, status: &str, kind: &str, body: &str) -> Result<()> {
    let length = format!("content-length: {}\r\n", body.len());
    stream.write_all((begin(status, kind, &length) + body).as_bytes()).await?;
    Ok(stream.shutdown().await?)
}

fn begin(status: &str, kind: &str, more: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n\
         connection: close\r\n{more}\r\n"
    )
}

/// What is new, until the run has ended; who reads slowly is told the newest alone.
async fn events(stream: &mut TcpStream, mut states: watch::Receiver<State>) -> Result<()> {
    stream.write_all(begin("200 OK", EVENTS, "").as_bytes()).await?;
    let mut contents = None;
    loop {
        let state = states.borrow_and_update().clone();
        let mut news = String::new();
        if contents.is_none() {
            news += &event("points", &serde_json::to_string(&*state.points)?);
        }
        if contents != Some(state.contents) {
            news += &event("content", &state.content);
            contents = Some(state.contents);
        }
        let last = if state.ended { event("end", "{}") } else { event("pulse", &state.pulse) };
        stream.write_all((news + &last).as_bytes()).await?;
        if state.ended {
            return Ok(stream.shutdown().await?);
        }
        states.changed().await?;
    }
}

/// JSON has no line break outside its strings, and within them it spells them out.
fn event(name: &str, json: &str) -> String {
    if json.is_empty() { String::new() } else { format!("event: {name}\ndata: {json}\n\n") }
}
