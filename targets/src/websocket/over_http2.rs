//! WebSocket within HTTP/2 (RFC 8441): an extended CONNECT is answered with 200, and from there on a stream carries the
//! frames that a connection carries otherwise.
//!
//! It must not know what they say: that is the same in either version. Each write is a DATA frame, so that a message is one.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::ext::Protocol;
use hyper::header::{HeaderMap, SEC_WEBSOCKET_VERSION};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Method, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::task::spawn_local;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::Role;

use super::deflated::Deflated;
use super::{Caller, Frames, is_hang_up, refusal, talk};
use crate::deflate::Deflate;
use crate::http::{Content, whole};
use crate::http2;
use crate::hub::Hub;
use crate::limits::{STREAM_BUFFER, STREAM_WINDOW};
use crate::memory_budget::{Exhausted, Held};
use crate::metered::Metered;
use crate::socket::Stream;

/// How long a stream whose WebSocket is closed waits for its client's end.
const CLOSING: Duration = Duration::from_secs(2);

/// What broke the first WebSocket of a connection that broke.
type Broken = Rc<RefCell<Option<String>>>;

/// Serves a connection, and says what the first of its WebSockets that broke has broken by.
pub(super) async fn serve(frames: &Rc<Frames>, hub: &Rc<Hub>, socket: Stream) -> Result<(), String> {
    let (server, hub, broken) = (Rc::clone(frames), Rc::clone(hub), Broken::default());
    let answer = {
        let broken = Rc::clone(&broken);
        move |request| std::future::ready(open(&server, &hub, &broken, request))
    };
    frames.second.serve(socket, answer).await?;
    broken.take().map_or(Ok(()), Err)
}

/// Answers what opens a WebSocket, which goes on in a task of its own.
fn open(
    frames: &Rc<Frames>,
    hub: &Rc<Hub>,
    broken: &Broken,
    mut request: hyper::Request<Incoming>,
) -> hyper::Response<Content> {
    if let Err((status, what)) = check(request.method(), request.extensions().get(), request.headers()) {
        let mut refused = refusal(format!("no WebSocket upgrade: {what}\n"));
        *refused.status_mut() = status;
        return refused.map(text);
    }
    let stream = hyper::upgrade::on(&mut request);
    let request: Request = request.map(drop);
    let (mut response, caller) = match frames.upgrade(hub, &request, Response::new(())) {
        Ok(opened) => opened,
        Err(refused) => return refused.map(text),
    };
    let agreed = frames.negotiate(&request, &mut response);
    let (server, broken) = (Rc::clone(frames), Rc::clone(broken));
    spawn_local(async move {
        if let Err(error) = session(&server, stream, agreed.as_ref(), caller).await
            && !(is_hang_up(&error) || http2::is_hang_up(&error))
        {
            broken.borrow_mut().get_or_insert(format!("WebSocket over HTTP/2: {error}"));
        }
    });
    response.map(|()| whole(Bytes::new()))
}

fn text(refused: Option<String>) -> Content {
    whole(Bytes::from(refused.unwrap_or_default()))
}

/// Whether a request is one for a WebSocket (RFC 8441 §4, §5); if not, the status and what is wrong.
fn check(
    method: &Method,
    protocol: Option<&Protocol>,
    headers: &HeaderMap,
) -> Result<(), (StatusCode, &'static str)> {
    if method != Method::CONNECT {
        return Err((StatusCode::BAD_REQUEST, "in HTTP/2 the method is CONNECT"));
    }
    if protocol.is_none_or(|protocol| protocol.as_str() != "websocket") {
        return Err((StatusCode::NOT_IMPLEMENTED, "the only :protocol here is websocket"));
    }
    match headers.get(SEC_WEBSOCKET_VERSION) {
        Some(version) if version == "13" => Ok(()),
        _ => Err((StatusCode::BAD_REQUEST, "sec-websocket-version is 13")),
    }
}

/// From the answer to the end of the stream.
async fn session(
    frames: &Frames,
    stream: OnUpgrade,
    agreed: Option<&Deflate>,
    caller: Caller,
) -> Result<(), Error> {
    let Ok(upgraded) = stream.await else { return Ok(()) };
    let mut stream =
        Stream::Other(Box::new(InStream { stream: TokioIo::new(upgraded), shut: Shut::default() }));
    let socket = Deflated::of(Metered::of(&mut stream));
    let mut socket = WebSocketStream::from_raw_socket(socket, Role::Server, Some(frames.config)).await;
    let ended = talk(&mut socket, agreed, caller).await;
    drop(socket);
    // A stream that is given up while its client may still write is reset; one whose two ends have ended is not.
    if stream.shutdown().await.is_ok() {
        let _late = timeout(CLOSING, drain(&mut stream)).await;
    }
    ended
}

/// Reads to the end what is of no use any more.
async fn drain(stream: &mut Stream) -> io::Result<()> {
    let mut rest = [0; 512];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// A stream of an HTTP/2 connection. What it has written and not sent is limited, whatever window its client opens.
struct InStream {
    stream: TokioIo<Upgraded>,
    shut: Shut,
}

/// What a client that does not read may make its target keep: nobody reads what it sends meanwhile, and that is a whole
/// window.
#[derive(Default)]
struct Shut(Held);

impl Shut {
    /// Whether the client lets nothing more out.
    fn set(&mut self, shut: bool) -> Result<(), Exhausted> {
        match shut {
            true if self.0.bytes() == 0 => self.0.grow(STREAM_WINDOW as usize),
            true => Ok(()),
            false => {
                self.0.shrink(usize::MAX);
                Ok(())
            }
        }
    }
}

impl AsyncRead for InStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for InStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, &bytes[..bytes.len().min(STREAM_BUFFER)]);
        self.shut.set(written.is_pending())?;
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_budget::{all_but, taken};

    #[test]
    fn who_does_not_read_has_a_window_on_the_account() {
        let others = all_but(STREAM_WINDOW as usize + 1);
        let (mut one, mut other) = (Shut::default(), Shut::default());
        assert!(one.set(true).is_ok() && one.set(true).is_ok());
        assert!(other.set(true).is_err());
        assert!(one.set(false).is_ok() && other.set(true).is_ok());
        drop((one, other));
        assert_eq!(taken(), others.bytes());
    }
}
