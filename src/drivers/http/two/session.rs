//! One connection that speaks HTTP/2: opened over a stream, asked over its streams, closed in good order.
//!
//! The crate h2 keeps streams, windows and PINGs, in a task of its own: a connection that rests answers all the same.
//! It must not know what is asked, nor when. Its other end is any HTTP/2 server.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::{Method, Request as Asked, Uri, Version};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::timeout;

use super::hpack::Block;
use super::trouble::Trouble;
use super::wire::{Reading, Wire};
use crate::drivers::dial::Stream;
use crate::drivers::http::hang_up::hang_up;
use crate::drivers::limits::MAX_MESSAGE_BYTES;
use crate::meter::{Failure, Part, Recorder};

/// Windows as Chromium has them (kSpdyMaxHeaderTableSize's neighbours in net/http/http_network_session.cc): so large that
/// small messages wait for none.
const STREAM_WINDOW: u32 = 6 << 20;
const CONNECTION_WINDOW: u32 = 15 << 20;
/// The same of a head, by the count of RFC 9113 §6.5.2 (kSpdyMaxHeaderListSize). Of what h2 gives up nobody knows how long it
/// was; what is a little too long is named.
const LONGEST_HEAD: u32 = 256 << 10;

/// A connection.
pub struct Session {
    send: SendRequest<Bytes>,
    wire: Wire,
    /// h2's own task, unless the session has ended.
    task: Option<JoinHandle<()>>,
    /// What h2 is told instead of where it goes: the heads are ours.
    uri: Uri,
}

/// A request on its way.
pub struct Asking {
    /// What it says.
    pub head: Block,
    /// Its method, which h2 must know.
    pub method: Method,
    /// Extended CONNECT to this protocol (RFC 8441).
    pub protocol: Option<&'static str>,
    /// Its body; `None` where there is none.
    pub body: Option<Bytes>,
    /// Bytes of the body that are no message.
    pub envelope: usize,
}

/// One stream of it, from the request on.
pub struct Streamed {
    /// Until the head is in.
    pub response: ResponseFuture,
    /// Once it is.
    pub body: Option<RecvStream>,
    /// What the client sends behind its head.
    pub up: SendStream<Bytes>,
    /// Its place on the account of what nobody has read.
    pub reading: Reading,
}

impl Session {
    /// Says the preface and our settings; the first flush sends them with the first request.
    ///
    /// # Errors
    /// The stream has broken.
    pub async fn over(stream: Stream, meter: &Rc<Recorder>) -> Result<Session, Failure> {
        let wire = Wire::over(stream, meter);
        let shaken = builder().handshake(wire.clone()).await;
        let (send, connection) = shaken.map_err(|error| wire.trouble(&error).failure)?;
        let own = wire.clone();
        // Its streams say how it ends.
        let task = spawn_local(async move {
            let _over = connection.await;
            own.over_now();
        });
        Ok(Session { send, wire, task: Some(task), uri: Uri::from_static("http://h/") })
    }

    /// Whether another request may be made over it; no wait. `asks_once`: of one that must not be sent twice, what the
    /// kernel knows counts too.
    pub async fn usable(&mut self, asks_once: bool) -> bool {
        let broken = poll_fn(|cx| Poll::Ready(matches!(self.send.poll_ready(cx), Poll::Ready(Err(_))))).await;
        !(broken || self.wire.is_over() || asks_once && self.wire.hung_up())
    }

    /// Whether the server takes WebSockets (RFC 8441 §3), once it has said so.
    pub async fn connects(&self) -> bool {
        poll_fn(|cx| self.wire.poll_connects(cx)).await
    }

    /// Waits until the server bears another stream.
    ///
    /// # Errors
    /// The connection is over.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Trouble>> {
        let Session { send, wire, .. } = self;
        send.poll_ready(cx).map_err(|error| wire.trouble(&error))
    }

    /// Asks. Without a body, and but for a CONNECT, nothing follows.
    ///
    /// # Errors
    /// The connection takes no more requests.
    pub fn ask(&mut self, asked: Asking) -> Result<Streamed, Trouble> {
        let Asking { head, method, protocol, body, envelope } = asked;
        let mut request = Asked::new(());
        *request.method_mut() = method;
        *request.uri_mut() = self.uri.clone();
        *request.version_mut() = Version::HTTP_2;
        if let Some(protocol) = protocol {
            request.extensions_mut().insert(h2::ext::Protocol::from_static(protocol));
        }
        let ends = body.is_none() && protocol.is_none();
        let sent = self.send.send_request(request, ends);
        let (response, mut up) = sent.map_err(|error| self.wire.trouble(&error))?;
        let reading = self.wire.ask(up.stream_id().as_u32(), head);
        if let Some(body) = body {
            self.wire.say(Some(Part::Framing), envelope);
            self.wire.say(Some(Part::Payload), body.len() - envelope);
            up.send_data(body, true).map_err(|error| self.wire.trouble(&error))?;
        }
        Ok(Streamed { response, body: None, up, reading })
    }

    /// What its bytes go through.
    pub(super) fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Ends it in good order: our GOAWAY, then FIN.
    pub async fn end(mut self, patience: Duration) {
        let (wire, task) = (self.wire.clone(), self.task.take());
        // h2 leaves when nobody can ask any more.
        drop(self);
        if let Some(mut task) = task
            && timeout(patience, &mut task).await.is_err()
        {
            task.abort();
        }
        if let Some(stream) = wire.take() {
            hang_up(stream, patience, |bytes| wire.came(bytes)).await;
        }
        wire.settle();
    }
}

/// Who drops it has done with it at once.
impl Drop for Session {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            drop(self.wire.take());
            self.wire.settle();
        }
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder
        .enable_push(false)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(LONGEST_HEAD)
        // Each small DATA frame counts against it until it is read: some seventy thousand, where the default is a hundred.
        .data_frame_budget(MAX_MESSAGE_BYTES);
    builder
}
