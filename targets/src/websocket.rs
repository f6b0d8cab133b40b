//! WebSocket: every message of the client's stream as a text frame of its own; what the client sends comes
//! back as it is.
//!
//! It must not know the schedule; the frames are tungstenite's, which takes lengths that are not in their shortest form, and
//! looks at text once its frame is whole (Autobahn 6.4.3). The client's end is the harness's websocket
//! driver. The stream's ring is the only buffer: a message leaves it when it has been written.

mod deflated;
mod over_http2;

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::StatusCode;
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use self::deflated::Deflated;
use crate::deflate::Deflate;
use crate::deflate::terms::EXTENSIONS;
use crate::http2::Http2;
use crate::hub::Hub;
use crate::limits::{HANDSHAKE_TIMEOUT, MAX_MESSAGE};
use crate::memory_budget::Held;
use crate::metered::Metered;
use crate::serve::{ServeError, Server, header_map};
use crate::socket::Stream;
use crate::stream_handle::{StreamHandle, Woken};
use crate::transport::WebSocket;
use crate::version::Version;
use crate::wire::{Headers, route};

/// Bytes of a client's control frame besides its payload: two, and four of the mask (RFC 6455 §5.2, §5.5).
const CONTROL_HEAD: usize = 6;

/// The WebSocket server.
pub(crate) struct Frames {
    upgrade: HeaderMap,
    config: WebSocketConfig,
    /// For clients that offer it.
    deflate: Option<Deflate>,
    second: Http2,
}

type Socket<'a> = WebSocketStream<Deflated<'a>>;

impl Frames {
    pub(crate) fn new(options: &WebSocket, headers: &Headers) -> Result<Frames, ServeError> {
        // 4 KiB to read with, for 10,000 connections; each frame written at once; a frame and an answer to a
        // ping always fit.
        let config = WebSocketConfig::default()
            .read_buffer_size(4096)
            .write_buffer_size(0)
            .max_write_buffer_size(2 * MAX_MESSAGE)
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let second = Http2::new(false, HANDSHAKE_TIMEOUT).with_websockets();
        Ok(Frames {
            upgrade: header_map(&headers.upgrade_response)?,
            config,
            deflate: options.deflate,
            second,
        })
    }

    /// Answers the upgrade request: who it is, or what is wrong.
    #[expect(clippy::result_large_err, reason = "tungstenite's callback has this type")]
    fn upgrade(
        &self,
        hub: &Rc<Hub>,
        request: &Request,
        mut response: Response,
    ) -> Result<(Response, Caller), ErrorResponse> {
        let path = request.uri().path();
        for (name, value) in &self.upgrade {
            response.headers_mut().append(name, value.clone());
        }
        if path == "/" && !hub.publishes() {
            return Ok((response, Caller::Anybody));
        }
        let Some((client, cursor)) = route::parse(route::PUSH, path) else {
            let known = route::path(route::PUSH, 17, 0);
            return Err(refusal(format!("no route {path}; this target has GET {known} (client, cursor)\n")));
        };
        let Some(handle) = hub.handle(client) else {
            return Err(refusal(format!("no client {client}: the target was started for fewer\n")));
        };
        Ok((response, Caller::Client(handle, cursor)))
    }

    /// Takes the client's offer of compression, if it makes one that fits, and answers it.
    fn negotiate(&self, request: &Request, response: &mut Response) -> Option<Deflate> {
        let offers: Vec<&str> =
            request.headers().get_all(EXTENSIONS).iter().filter_map(|line| line.to_str().ok()).collect();
        let (agreed, answer) = self.deflate.as_ref()?.accept(&offers.join(","))?;
        response.headers_mut().insert(EXTENSIONS, HeaderValue::try_from(answer).ok()?);
        Some(agreed)
    }

    /// From the upgrade request to the end.
    async fn session(&self, hub: &Rc<Hub>, socket: &mut Stream) -> Result<(), Ended> {
        let (mut asked, mut agreed) = (None, None);
        #[expect(clippy::result_large_err, reason = "tungstenite's callback has this type")]
        let answer = |request: &Request, response: Response| {
            let (mut response, names) = self.upgrade(hub, request, response)?;
            agreed = self.negotiate(request, &mut response);
            asked = Some(names);
            Ok(response)
        };
        let socket = Deflated::of(Metered::of(socket));
        let handshake = accept_hdr_async_with_config(socket, answer, Some(self.config));
        // Boxed, so that the handshake's state is not carried for as long as the connection lives.
        let shaken = Box::pin(timeout(HANDSHAKE_TIMEOUT, handshake)).await;
        let mut socket = shaken.map_err(|_| Ended::TooSlow)?.map_err(Ended::InHandshake)?;
        socket.get_mut().done_with(usize::MAX);
        match asked {
            Some(caller) => talk(&mut socket, agreed.as_ref(), caller).await.map_err(Ended::Later),
            None => Ok(()),
        }
    }
}

/// All that is behind the handshake, in either version of HTTP.
async fn talk(socket: &mut Socket<'_>, agreed: Option<&Deflate>, caller: Caller) -> Result<(), Error> {
    agreed.iter().for_each(|agreed| socket.get_mut().begin(agreed));
    match caller {
        Caller::Client(handle, cursor) => converse(socket, &handle, cursor).await,
        Caller::Anybody => echo(socket).await,
    }
}

/// Who has called.
enum Caller {
    /// A client by its number, and the message that it wants next.
    Client(StreamHandle, u64),
    /// Nobody in particular, at `/`: a plain echo server to whoever points a client at it.
    Anybody,
}

/// How a session ended that did not end well.
enum Ended {
    TooSlow,
    InHandshake(Error),
    Later(Error),
}

fn refusal(text: String) -> ErrorResponse {
    let length = HeaderValue::from(text.len());
    let mut response = ErrorResponse::new(Some(text));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

impl Server for Frames {
    fn requests(&self, at: SocketAddr, publishes: bool) -> Vec<String> {
        // Where nothing is published, every path is an echo.
        let path = if publishes { route::path(route::PUSH, 0, 0) } else { "/".to_owned() };
        vec![format!("ws://{at}{path}")]
    }

    fn patience(&self) -> Duration {
        HANDSHAKE_TIMEOUT
    }

    async fn serve(
        self: &Rc<Self>,
        hub: &Rc<Hub>,
        mut socket: Stream,
        version: Version,
    ) -> Result<(), String> {
        if version == Version::Two {
            // Boxed: a state that clients of HTTP/1.1 never have.
            return Box::pin(over_http2::serve(self, hub, socket)).await;
        }
        let error = match self.session(hub, &mut socket).await {
            Ok(()) => {
                // With TLS, the end is said there, too; who is gone need not hear it.
                let _gone = socket.shutdown().await;
                return Ok(());
            }
            Err(Ended::TooSlow) => return Err(format!("WebSocket: no handshake in {HANDSHAKE_TIMEOUT:?}")),
            Err(Ended::Later(error) | Ended::InHandshake(error)) if is_hang_up(&error) => return Ok(()),
            Err(Ended::Later(error)) => error,
            Err(Ended::InHandshake(error)) => {
                let body = format!("no WebSocket upgrade: {error}\n");
                let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n";
                let answer = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
                socket.write_all(answer.as_bytes()).await.map_err(|e| format!("WebSocket: {e}"))?;
                error
            }
        };
        Err(format!("WebSocket: {error}"))
    }
}

/// The client hung up, with or without the closing handshake; or was told that what it asked for is not here.
fn is_hang_up(error: &Error) -> bool {
    use ProtocolError::{HandshakeIncomplete, ResetWithoutClosingHandshake};
    matches!(
        error,
        Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Http(_)
            | Error::Protocol(HandshakeIncomplete | ResetWithoutClosingHandshake)
    )
}

/// Sends and echoes until either side ends it.
async fn converse(socket: &mut Socket<'_>, handle: &StreamHandle, mut cursor: u64) -> Result<(), Error> {
    let subscription = handle.subscribe();
    loop {
        cursor = send_since(socket, handle, cursor).await?;
        tokio::select! {
            heard = socket.next() => match heard {
                Some(Ok(message)) => send_back(socket, message).await?,
                Some(Err(e)) => return refuse(socket, e).await,
                None => return Ok(()),
            },
            woken = subscription.changed(cursor) => if woken == Woken::Superseded {
                let text = "another connection listens for this client";
                return close(socket, CloseCode::Policy, text).await;
            },
        }
    }
}

/// Echoes until the client ends it.
async fn echo(socket: &mut Socket<'_>) -> Result<(), Error> {
    while let Some(heard) = socket.next().await {
        match heard {
            Ok(message) => send_back(socket, message).await?,
            Err(e) => return refuse(socket, e).await,
        }
    }
    Ok(())
}

/// Sends a message back, and is done with it. tungstenite answers pings and closes by itself, when it next reads or
/// writes.
async fn send_back(socket: &mut Socket<'_>, message: Message) -> Result<(), Error> {
    // A control frame may stand between the pieces of a message, which are still kept.
    let mut done = message.len() + CONTROL_HEAD;
    if message.is_text() || message.is_binary() {
        send(socket, message).await?;
        done = usize::MAX;
    }
    socket.get_mut().done_with(done);
    Ok(())
}

async fn send(socket: &mut Socket<'_>, message: Message) -> Result<(), Error> {
    let message = socket.get_mut().shrunk(message);
    socket.send(message).await
}

/// Sends all from `cursor` on, each message as one frame by one write; returns the next cursor.
async fn send_since(socket: &mut Socket<'_>, handle: &StreamHandle, mut cursor: u64) -> Result<u64, Error> {
    while let Some((seq, message)) = handle.next(cursor) {
        // tungstenite copies it until it is written.
        let mut held = Held::default();
        if let Err(no_room) = held.grow(message.len()) {
            refuse(socket, Error::Io(no_room.into())).await?;
        }
        send(socket, Message::Text(Utf8Bytes::try_from(message)?)).await?;
        cursor = seq.saturating_add(1);
        handle.acknowledge(cursor);
    }
    Ok(cursor)
}

/// Tells the client why its frame ends the connection, and passes the error on.
async fn refuse(socket: &mut Socket<'_>, error: Error) -> Result<(), Error> {
    match &error {
        Error::Capacity(_) => close(socket, CloseCode::Size, "message too large").await?,
        Error::Utf8(_) => close(socket, CloseCode::Invalid, "invalid UTF-8").await?,
        Error::Io(e) if e.kind() == io::ErrorKind::OutOfMemory => {
            close(socket, CloseCode::Again, "no memory left for this message").await?;
        }
        Error::Io(e) if e.kind() == io::ErrorKind::FileTooLarge => {
            close(socket, CloseCode::Size, "message too large").await?;
        }
        Error::Io(e) if e.kind() == io::ErrorKind::InvalidData => {
            close(socket, CloseCode::Invalid, "invalid DEFLATE").await?;
        }
        Error::Io(e) if e.kind() == io::ErrorKind::InvalidInput => {
            close(socket, CloseCode::Protocol, "protocol error").await?;
        }
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::Io(_) => {}
        _ => close(socket, CloseCode::Protocol, "protocol error").await?,
    }
    Err(error)
}

async fn close(socket: &mut Socket<'_>, code: CloseCode, reason: &'static str) -> Result<(), Error> {
    socket.close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) })).await
}

#[cfg(test)]
mod tests;
