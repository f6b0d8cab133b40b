//! HTTP as the polling and streaming targets speak it: the connection of HTTP/1.1, and of both versions routes, answers and
//! refusals.
//!
//! It must not know when a message is there or how long to wait for one: that is the [`Answer`] of each transport,
//! the only difference between them. Header bytes come from the trial's profile. HTTP/2's connection is `http2`.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};

use crate::gzip::{self, Gzip};
use crate::http2::Http2;
use crate::hub::Hub;
use crate::limits::{HEAD_TIMEOUT, MAX_HEAD, MAX_MESSAGE};
use crate::memory_budget::{Exhausted, Held, keep};
use crate::serve::{ServeError, Server, header_map};
use crate::socket::Stream;
use crate::stream::Messages;
use crate::stream_handle::StreamHandle;
use crate::version::Version;
use crate::wire::{MIN_PAYLOAD, Stamp, TargetConfig, route};

/// What a transport answers to a `GET`.
pub(crate) trait Answer: 'static {
    /// Its route.
    const ROUTE: &'static str;

    /// The answer's body.
    async fn answer(&self, handle: StreamHandle, cursor: u64) -> Content;

    /// Where the client wants to go on, `path` being what its path says.
    fn cursor(&self, path: u64, _headers: &HeaderMap) -> u64 {
        path
    }

    /// Changes the answer's head.
    fn dress(&self, _response: &mut Response<Content>) {}

    /// Messages to keep a stream, of those the config offers.
    fn keep(&self, ring: usize) -> usize {
        ring
    }
}

/// A body: messages back to back, or nothing; or a stream of them that never ends.
pub(crate) type Content = Either<Full<Bytes>, Messages>;

/// A body that is there as a whole.
pub(crate) fn whole(body: Bytes) -> Content {
    Either::Left(Full::new(body))
}

/// The HTTP server of one transport.
pub(crate) struct Http<A> {
    answer: A,
    headers: HeaderMap,
    /// For clients that accept it.
    compress: bool,
    connection: http1::Builder,
    second: Http2,
    patience: Duration,
}

impl<A: Answer> Http<A> {
    /// `idle` is how long a client may be silent by design.
    pub(crate) fn new(answer: A, config: &TargetConfig, idle: Duration) -> Result<Http<A>, ServeError> {
        let patience = HEAD_TIMEOUT.saturating_add(idle);
        let mut connection = http1::Builder::new();
        connection
            .title_case_headers(true)
            .auto_date_header(config.headers.date)
            .max_buf_size(MAX_HEAD)
            .max_header_size(MAX_HEAD)
            .timer(TokioTimer::new())
            .header_read_timeout(patience);
        let headers = header_map(&config.headers.response)?;
        let second = Http2::new(config.headers.date, patience);
        Ok(Http { answer, headers, compress: config.compress, connection, second, patience })
    }

    async fn reply(&self, hub: &Rc<Hub>, request: Request<Incoming>) -> Response<Content> {
        let compresses = self.compress && gzip::accepted(request.headers());
        let path = request.uri().path();
        let replied = if let Some((client, cursor)) = route::parse(A::ROUTE, path) {
            let cursor = self.answer.cursor(cursor, request.headers());
            self.get(hub, request, client, cursor).await
        } else if let Some((client, _)) = route::parse(route::SEND, path) {
            send(hub, request, client).await
        } else {
            Err(Refusal::no_route(A::ROUTE, path))
        };
        match replied {
            Ok((status, body)) => {
                let compresses = compresses && status == StatusCode::OK;
                let mut response = Response::new(if compresses { compressed(body).await } else { body });
                *response.status_mut() = status;
                response.headers_mut().clone_from(&self.headers);
                if compresses {
                    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                }
                if status == StatusCode::OK {
                    self.answer.dress(&mut response);
                }
                response
            }
            Err(refusal) => refusal.into_response(),
        }
    }

    /// Boxed: a state that clients of HTTP/1.1 never have.
    fn serve_second(self: &Rc<Self>, hub: &Rc<Hub>, socket: Stream) -> Served<'_> {
        let (server, hub) = (Rc::clone(self), Rc::clone(hub));
        let answer = move |request| {
            let (server, hub) = (Rc::clone(&server), Rc::clone(&hub));
            async move { server.reply(&hub, request).await }
        };
        Box::pin(self.second.serve(socket, answer))
    }

    async fn get(&self, hub: &Rc<Hub>, request: Request<Incoming>, client: u32, cursor: u64) -> Reply {
        if request.method() != Method::GET {
            return Err(Refusal::method("GET"));
        }
        // The head is not kept for as long as an answer waits, nor a body that nobody reads: but HTTP/1.1 ends with it.
        let _body = (request.version() != hyper::Version::HTTP_2).then(|| request.into_body());
        let handle = hub.handle(client).ok_or_else(|| Refusal::no_client(client))?;
        Ok((StatusCode::OK, self.answer.answer(handle, cursor).await))
    }
}

/// A connection of HTTP/2 to its end.
pub(crate) type Served<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>;

impl<A: Answer> Server for Http<A> {
    fn keep(&self, ring: usize) -> usize {
        self.answer.keep(ring)
    }

    fn requests(&self, at: SocketAddr, publishes: bool) -> Vec<String> {
        let send = (!publishes).then(|| format!("POST http://{at}{}", route::path(route::SEND, 0, 0)));
        std::iter::once(format!("GET http://{at}{}", route::path(A::ROUTE, 0, 0))).chain(send).collect()
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    async fn serve(self: &Rc<Self>, hub: &Rc<Hub>, socket: Stream, version: Version) -> Result<(), String> {
        if version == Version::Two {
            return self.serve_second(hub, socket).await;
        }
        let service = service_fn(async |request| Ok::<_, Infallible>(self.reply(hub, request).await));
        match self.connection.serve_connection(TokioIo::new(socket), service).await {
            // The client hung up in the middle of a request: so ends every parked one.
            Err(e) if e.is_incomplete_message() => Ok(()),
            ended => ended.map_err(|e| format!("HTTP: {e}")),
        }
    }
}

/// The same body by gzip: a stream piece by piece, what is whole as a whole.
async fn compressed(body: Content) -> Content {
    match body {
        Either::Left(body) => {
            let Ok(body) = body.collect().await;
            whole(Bytes::from(Gzip::new().whole(&body.to_bytes())))
        }
        Either::Right(messages) => Either::Right(messages.compressed()),
    }
}

/// A `POST`: its body is one message, and goes into the client's own stream.
async fn send(hub: &Rc<Hub>, request: Request<Incoming>, client: u32) -> Reply {
    if request.method() != Method::POST {
        return Err(Refusal::method("POST"));
    }
    let handle = hub.handle(client).ok_or_else(|| Refusal::no_client(client))?;
    if hub.publishes() {
        let text = "this target publishes by itself: posted messages would clash with its own numbers";
        return Err(Refusal::new(StatusCode::CONFLICT, text));
    }
    let message = whole_body(request).await?;
    let number = number_of(&message).ok_or_else(|| {
        Refusal::new(StatusCode::BAD_REQUEST, "the body is not one message: a stamp, filler, one newline")
    })?;
    handle.push(number, keep(message).map_err(|_| Refusal::no_room())?);
    Ok((StatusCode::NO_CONTENT, whole(Bytes::new())))
}

/// A request's body, copied: what arrives is a slice of the connection's read buffer and would keep all of it alive.
async fn whole_body(request: Request<Incoming>) -> Result<Vec<u8>, Refusal> {
    let codings = request.headers().get_all(TRANSFER_ENCODING);
    if codings.iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        return Err(Refusal::coding());
    }
    let mut body = request.into_body();
    // Who announces too much need not send it first; who announces nothing is stopped at the limit.
    if body.size_hint().lower() > MAX_MESSAGE as u64 {
        return Err(Refusal::too_large());
    }
    let (mut message, mut held) = (Vec::new(), Held::default());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|e| Refusal::unread(&e))?.into_data() else { continue };
        if message.len() + data.len() > MAX_MESSAGE {
            return Err(Refusal::too_large());
        }
        held.grow(data.len()).map_err(|_| Refusal::no_room())?;
        message.extend_from_slice(&data);
    }
    Ok(message)
}

/// The number in the stamp of exactly one message.
fn number_of(message: &[u8]) -> Option<u64> {
    let ends_at = message.iter().position(|&byte| byte == b'\n')?;
    (ends_at + 1 == message.len() && message.len() >= MIN_PAYLOAD).then(|| Stamp::number(message))?
}

type Reply = Result<(StatusCode, Content), Refusal>;

/// A request that is answered with what is wrong with it.
struct Refusal {
    status: StatusCode,
    text: String,
    allow: Option<&'static str>,
}

impl Refusal {
    fn new(status: StatusCode, text: impl Into<String>) -> Refusal {
        Refusal { status, text: text.into(), allow: None }
    }

    fn no_route(route: &str, path: &str) -> Refusal {
        let (get, post) = (route::path(route, 17, 0), route::path(route::SEND, 17, 0));
        let text = format!("no route {path}; this target has GET {get} and POST {post} (client, cursor)");
        Refusal::new(StatusCode::NOT_FOUND, text)
    }

    fn no_client(client: u32) -> Refusal {
        let text = format!("no client {client}: the target was started for fewer (numbers begin at 0)");
        Refusal::new(StatusCode::NOT_FOUND, text)
    }

    fn method(allowed: &'static str) -> Refusal {
        let text = format!("this route takes {allowed} only");
        Refusal { allow: Some(allowed), ..Refusal::new(StatusCode::METHOD_NOT_ALLOWED, text) }
    }

    fn too_large() -> Refusal {
        let text = format!("a message has {MAX_MESSAGE} bytes at most");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, text)
    }

    fn no_room() -> Refusal {
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, Exhausted.to_string())
    }

    /// RFC 9112 §6.1.
    fn coding() -> Refusal {
        Refusal::new(StatusCode::NOT_IMPLEMENTED, "the only transfer coding here is chunked, alone")
    }

    fn unread(error: &hyper::Error) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, format!("the body cannot be read: {error}"))
    }

    fn into_response(self) -> Response<Content> {
        let mut response = Response::new(whole(Bytes::from(self.text + "\n")));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        if let Some(allow) = self.allow {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}

#[cfg(test)]
mod tests;
