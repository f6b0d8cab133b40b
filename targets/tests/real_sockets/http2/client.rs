//! A client of HTTP/2 by the crate h2, and beside it the frames as they passed.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{RecvStream, SendStream};
use hyper::header::HeaderMap;
use hyper::{Method, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::spawn_local;
use tokio::time::timeout;
use wsbench_targets::wire::route;

use crate::support::PATIENCE;

/// Kinds of frames (RFC 9113 §6).
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const SETTINGS: u8 = 4;

/// One frame.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    /// With its head.
    pub(super) fn bytes(&self) -> usize {
        9 + self.payload.len()
    }
}

/// What a server has said.
#[derive(Clone, Default)]
pub(super) struct Said(Rc<RefCell<Vec<u8>>>);

impl Said {
    /// The frames that are whole, since they were last taken.
    pub(super) fn frames(&self) -> Vec<Frame> {
        let mut said = self.0.borrow_mut();
        let mut frames = Vec::new();
        while let [a, b, c, kind, ..] = said[..] {
            let length = u32::from_be_bytes([0, a, b, c]) as usize;
            if said.len() < 9 + length {
                break;
            }
            frames.push(Frame { kind, payload: said[9..9 + length].to_vec() });
            said.drain(..9 + length);
        }
        frames
    }
}

/// A socket that writes down what it reads.
struct Recorded<S>(S, Said);

impl<S: AsyncRead + Unpin> AsyncRead for Recorded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.0).poll_read(cx, buffer))?;
        self.1.0.borrow_mut().extend_from_slice(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Recorded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// One connection.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) asks: SendRequest<Bytes>,
    pub(super) said: Said,
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) fields: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Client {
    pub(super) async fn connect(at: SocketAddr) -> Client {
        // Room for all that any test here is sent, so that no window is waited for.
        Client::over(TcpStream::connect(at).await.unwrap(), 1 << 24).await
    }

    pub(super) async fn over(socket: impl AsyncRead + AsyncWrite + Unpin + 'static, window: u32) -> Client {
        let said = Said::default();
        let mut builder = Builder::new();
        builder.initial_window_size(window).initial_connection_window_size(1 << 26);
        let (asks, connection) = builder.handshake(Recorded(socket, said.clone())).await.unwrap();
        spawn_local(async move { drop(connection.await) });
        // Behind its SETTINGS a server is known.
        while said.0.borrow().len() < 9 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Client { asks: asks.ready().await.unwrap(), said }
    }

    /// Sends a request without a body.
    pub(super) async fn ask(&mut self, request: Request<()>) -> Response<RecvStream> {
        self.asks = self.asks.clone().ready().await.unwrap();
        let (answer, _) = self.asks.send_request(request, true).unwrap();
        timeout(PATIENCE, answer).await.expect("an answer in time").unwrap()
    }

    /// The answer to a `GET`, of which only the head is there.
    pub(super) async fn open(&mut self, route: &str, client: u32, cursor: u64) -> Response<RecvStream> {
        self.ask(request(Method::GET, &route::path(route, client, cursor))).await
    }

    pub(super) async fn get(&mut self, route: &str, client: u32, cursor: u64) -> Answer {
        whole(self.open(route, client, cursor).await).await
    }

    pub(super) async fn post(&mut self, client: u32, body: &[u8]) -> Answer {
        let path = route::path(route::SEND, client, 0);
        let (answer, mut up) = self.asks.send_request(request(Method::POST, &path), false).unwrap();
        up.send_data(Bytes::copy_from_slice(body), true).unwrap();
        whole(timeout(PATIENCE, answer).await.expect("an answer in time").unwrap()).await
    }

    /// Opens a WebSocket: the answer, and where to write.
    pub(super) async fn websocket(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
    ) -> (Response<RecvStream>, SendStream<Bytes>) {
        let mut request = request(Method::CONNECT, path);
        request.extensions_mut().insert(h2::ext::Protocol::from_static("websocket"));
        for (name, value) in fields {
            let name: hyper::header::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let (answer, up) = self.asks.send_request(request, false).unwrap();
        (timeout(PATIENCE, answer).await.expect("an answer in time").unwrap(), up)
    }
}

pub(super) fn request(method: Method, path: &str) -> Request<()> {
    Request::builder().method(method).uri(format!("http://t{path}")).body(()).unwrap()
}

/// The next piece of an answer. The last may be empty, and says no more than its end.
pub(super) async fn piece(answer: &mut RecvStream) -> Option<Bytes> {
    loop {
        let piece = timeout(PATIENCE, answer.data()).await.expect("data in time")?.unwrap();
        answer.flow_control().release_capacity(piece.len()).unwrap();
        if !piece.is_empty() {
            return Some(piece);
        }
    }
}

/// So many bytes of an answer, and perhaps the rest of their piece.
pub(super) async fn at_least(answer: &mut RecvStream, bytes: usize) -> Vec<u8> {
    let mut came = Vec::new();
    while came.len() < bytes {
        came.extend_from_slice(&piece(answer).await.expect("no end"));
    }
    came
}

pub(super) async fn whole(answer: Response<RecvStream>) -> Answer {
    let (head, mut body) = answer.into_parts();
    let mut all = Vec::new();
    while let Some(piece) = piece(&mut body).await {
        all.extend_from_slice(&piece);
    }
    Answer { status: head.status.as_u16(), fields: head.headers, body: all.into() }
}
