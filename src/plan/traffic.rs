//! How many bytes a trial will move, by arithmetic on its header profile: an estimate for `wsbench check`.
//!
//! Never a result: what a report prints is measured. It must not know sockets.

use wsbench_targets::wire::{
    Carrier, Delimiting, Header, LongPolling, Polling, Reply, SockJs, SocketIo, Transport, Via, event, route,
};

use super::Trial;
use crate::scenario::{EchoPace, Load};

/// `Host: 127.0.0.1:12345` with its line end.
const HOST: usize = 23;
/// `Date: Sat, 07 Nov 2009 00:32:46 GMT` with its line end.
const DATE: usize = 37;
/// Upgrade, Connection, Sec-WebSocket-Key and -Version, and the answer's own lines.
const UPGRADE: usize = 122;
const UPGRADED: usize = 129;
/// `420["",""]` and `430[""]`: a Socket.IO event without its name, and an acknowledgement.
const EVENT: f64 = 10.0;
const ACK: f64 = 7.0;
/// What a session's path has more than a route, and its answers' own lines.
const SESSION: f64 = 120.0;
/// A chunk's size, of two digits, and its line ends (RFC 9112 §7.1).
const CHUNK: f64 = 6.0;
/// `data: ` and two line ends of an event stream.
const FIELD: f64 = 10.0;
/// What masking adds to a client's frame.
const MASK: f64 = 4.0;

/// Messages and what carries them, a second of the trial.
struct Rates {
    /// To all clients together.
    down: f64,
    /// From all clients together.
    up: f64,
    payload: f64,
}

/// Bytes a second above TCP, both directions; `None` for closed loops, which go as fast as they can, and where a
/// foreign server decides.
pub(super) fn per_second(trial: &Trial) -> Option<f64> {
    let clients = f64::from(trial.clients);
    let rates = match &trial.load {
        Load::Push(p) | Load::Broadcast(p) => {
            Rates { down: clients / p.every.as_secs_f64(), up: 0.0, payload: p.payload as f64 }
        }
        Load::Echo(echo) if echo.pace == EchoPace::Closed => return None,
        Load::Echo(echo) => {
            let rate = clients / echo.every.as_secs_f64();
            Rates { down: rate, up: rate, payload: echo.payload as f64 }
        }
        // Our publisher's own way up is one client's: it is lost in what all receive.
        Load::Publish(p) => {
            Rates { down: clients / p.every.as_secs_f64(), up: 0.0, payload: p.payload as f64 }
        }
        Load::Listen => return None,
        Load::Idle => Rates { down: 0.0, up: 0.0, payload: 0.0 },
        Load::Connect(connect) => return Some(connect.rate * handshake(trial)),
    };
    let sent = rates.up * (request(trial) + response(trial, 0.0) + rates.payload);
    match &trial.transport {
        Transport::Polling(polling) => Some(sent + polls(trial, polling, &rates)?),
        Transport::LongPolling(long) => Some(sent + waits(trial, long, &rates)),
        Transport::Streaming(s) => Some(sent + rates.down * chunk(s.body, rates.payload)),
        Transport::Sse(s) => Some(sent + rates.down * chunk(s.body, rates.payload + event::FRAMING as f64)),
        Transport::WebSocket(_) => {
            let frame = rates.payload + frame_head(rates.payload);
            Some(rates.down * frame + rates.up * (frame + MASK))
        }
        Transport::SocketIo(socketio) => Some(packets(trial, socketio, &rates)),
        Transport::SockJs(sockjs) => Some(sockjs_bytes(trial, sockjs, &rates)),
    }
}

/// SockJS wraps a message as `["..\n"]` up and `a["..\n"]` down; heartbeats are nothing beside messages.
fn sockjs_bytes(trial: &Trial, sockjs: &SockJs, rates: &Rates) -> f64 {
    let (up, down) = match sockjs.via {
        Via::Raw => (rates.payload, rates.payload),
        _ => (rates.payload + 5.0, rates.payload + 6.0),
    };
    let answer = response(trial, down);
    let received = match sockjs.via {
        Via::Xhr => request(trial) + answer + down + 1.0,
        Via::XhrStreaming => down + 1.0 + CHUNK,
        Via::EventSource => down + FIELD + CHUNK,
        Via::WebSocket | Via::Raw => down + frame_head(down),
    };
    let sent = match sockjs.via.http() {
        true => request(trial) + response(trial, 0.0) + up,
        false => up + frame_head(up) + MASK,
    };
    rates.down * received + rates.up * sent
}

fn polls(trial: &Trial, polling: &Polling, rates: &Rates) -> Option<f64> {
    let polls = f64::from(trial.clients) / polling.every.as_secs_f64();
    let bodies = match polling.reply {
        Reply::Latest => polls * rates.payload,
        Reply::Since => rates.down * rates.payload,
    };
    (!polling.every.is_zero()).then(|| polls * (request(trial) + response(trial, rates.payload)) + bodies)
}

fn waits(trial: &Trial, long: &LongPolling, rates: &Rates) -> f64 {
    let expired = if rates.down > 0.0 { 0.0 } else { f64::from(trial.clients) / long.hold.as_secs_f64() };
    (rates.down + expired) * (request(trial) + response(trial, rates.payload)) + rates.down * rates.payload
}

/// A message goes out as an event, and comes back as an acknowledgement or as the event; over HTTP each has a request
/// of its own.
fn packets(trial: &Trial, socketio: &SocketIo, rates: &Rates) -> f64 {
    let event = EVENT + socketio.event.len() as f64 + rates.payload;
    let back = if socketio.ack { ACK + rates.payload } else { event };
    let http = |body: f64| request(trial) + response(trial, body) + SESSION;
    match socketio.via {
        Carrier::Polling => rates.up * (http(2.0) + event) + rates.down * (http(back) + back),
        Carrier::WebSocket | Carrier::Upgrade => {
            rates.up * (event + frame_head(event) + MASK) + rates.down * (back + frame_head(back))
        }
    }
}

fn lines<'a>(headers: impl IntoIterator<Item = &'a Header>) -> usize {
    headers.into_iter().map(|Header(name, value)| name.len() + value.len() + ": \r\n".len()).sum()
}

fn host(headers: &[Header]) -> usize {
    if headers.iter().any(|header| header.0.eq_ignore_ascii_case("host")) { 0 } else { HOST }
}

/// Bytes of a request's head.
pub(super) fn request(trial: &Trial) -> f64 {
    let own = &trial.headers.request;
    ("GET  HTTP/1.1\r\n\r\n".len() + route::LEN + lines(own) + host(own)) as f64
}

/// Bytes of an answer's head.
pub(super) fn response(trial: &Trial, body: f64) -> f64 {
    let date = if trial.headers.date { DATE } else { 0 };
    let length = format!("Content-Length: {body}\r\n").len();
    ("HTTP/1.1 200 OK\r\n\r\n".len() + length + date + lines(&trial.headers.response)) as f64
}

/// Bytes of one message in a stream: a chunk has its size in hex before it, and two line ends (RFC 9112 §7.1).
fn chunk(body: Delimiting, message: f64) -> f64 {
    match body {
        Delimiting::Chunked => message + format!("{:x}\r\n\r\n", message as u64).len() as f64,
        Delimiting::Close => message,
    }
}

/// Bytes of the head of an answer that streams.
fn stream_response(trial: &Trial, body: Delimiting, events: bool) -> f64 {
    let date = if trial.headers.date { DATE } else { 0 };
    let own = trial.headers.response.iter().filter(|h| !(events && h.0.eq_ignore_ascii_case("content-type")));
    let chunked = if body == Delimiting::Chunked { "Transfer-Encoding: chunked\r\n" } else { "" };
    let kind = if events { "Content-Type: text/event-stream\r\n" } else { "" };
    ("HTTP/1.1 200 OK\r\n\r\n".len() + chunked.len() + kind.len() + date + lines(own)) as f64
}

/// Bytes of the request's head that an event stream is asked for with.
fn event_request(trial: &Trial) -> f64 {
    let accepts = lines(trial.headers.request.iter().filter(|h| h.0.eq_ignore_ascii_case("accept")));
    request(trial) + "Accept: text/event-stream\r\n".len() as f64 - accepts as f64
}

fn frame_head(payload: f64) -> f64 {
    match payload {
        p if p < 126.0 => 2.0,
        p if p < 65_536.0 => 4.0,
        _ => 10.0,
    }
}

fn handshake(trial: &Trial) -> f64 {
    match &trial.transport {
        Transport::SockJs(SockJs { via: Via::WebSocket | Via::Raw, .. }) | Transport::WebSocket(_) => {
            let (ask, answer) = (&trial.headers.upgrade_request, &trial.headers.upgrade_response);
            let first = "GET  HTTP/1.1\r\n\r\n".len() + route::LEN + host(ask);
            (first + UPGRADE + UPGRADED + lines(ask) + lines(answer)) as f64
        }
        Transport::Streaming(s) => request(trial) + stream_response(trial, s.body, false),
        Transport::Sse(s) => event_request(trial) + stream_response(trial, s.body, true),
        Transport::Polling(_) | Transport::LongPolling(_) | Transport::SockJs(_) => {
            request(trial) + response(trial, 0.0)
        }
        Transport::SocketIo(socketio) => {
            let requests = match socketio.via {
                Carrier::Polling => 3.0,
                Carrier::WebSocket => 1.0,
                Carrier::Upgrade => 5.0,
            };
            requests * (request(trial) + response(trial, 0.0) + SESSION)
        }
    }
}
