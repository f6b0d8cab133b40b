//! One connection that speaks HTTP/2: opened over a stream, asked over its streams by all who share it, closed in good
//! order by the last of them.
//!
//! The crate h2 keeps streams, windows and PINGs, in a task of its own: a connection that rests answers all the same, and
//! who drops a call breaks no other's stream. It must not know what is asked, nor when. Its other end is any HTTP/2 server.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::{Method, Request as Asked, Uri, Version};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::timeout;

use super::hpack::Block;
use super::slot::Slot;
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
/// Streams that were given up and of which something may still come, for each client: what the crate h2 has for all.
const RESETS: usize = 50;
const LATE_FRAMES: usize = 1_024;
/// The same of a head, by the count of RFC 9113 §6.5.2 (kSpdyMaxHeaderListSize). Of what h2 gives up nobody knows how long it
/// was; what is a little too long is named.
const LONGEST_HEAD: u32 = 256 << 10;

/// One end of a connection: whoever asks over it has one of his own, with at most one exchange at a time.
pub struct Session {
    send: SendRequest<Bytes>,
    shared: Rc<Shared>,
    /// Kept free for what is asked next.
    slot: Option<Slot>,
    /// How it came about.
    pub entry: Entry,
}

/// How a client has come to its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It was opened for it.
    Opened,
    /// The same, because those that are there bear no more streams.
    Added,
    /// Others had it before.
    Joined,
}

/// What all who share a connection have. The last to drop it has done with the connection at once.
pub(super) struct Shared {
    send: SendRequest<Bytes>,
    pub(super) wire: Wire,
    /// h2's own task, unless the connection has been ended.
    task: Option<JoinHandle<()>>,
    /// What h2 is told instead of where it goes: the heads are ours.
    uri: Uri,
    /// Streams that are open, or kept free for somebody.
    pub(super) streams: Cell<u32>,
    /// Nobody asks over it any more.
    retired: Cell<bool>,
}

/// Whether a connection can take another stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Free,
    /// Its server allows no more.
    Full,
    /// Its server has not said how many it allows.
    Unknown,
    /// It is over, or about to be.
    Over,
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
    /// Its number.
    pub number: u32,
    /// Its place among the others, which is free again when it is dropped.
    _slot: Slot,
    /// So many times something had come when it was asked for.
    heard: u64,
    /// Its place on the account of what nobody has read.
    pub reading: Reading,
}

impl Session {
    /// Says the preface and our settings; the first flush sends them with the first request. So many `clients` will share it.
    ///
    /// # Errors
    /// The stream has broken.
    pub async fn over(stream: Stream, meter: &Rc<Recorder>, clients: u32) -> Result<Session, Failure> {
        let wire = Wire::over(stream, meter);
        let shaken = builder(clients as usize).handshake(wire.clone()).await;
        let (send, connection) = shaken.map_err(|error| wire.trouble(&error).failure)?;
        let own = wire.clone();
        // Its streams say how it ends.
        let task = spawn_local(async move {
            let _over = connection.await;
            own.over_now();
        });
        let (uri, task) = (Uri::from_static("http://h/"), Some(task));
        let (streams, retired) = (Cell::default(), Cell::default());
        Ok(Session::of(Rc::new(Shared { send, wire, task, uri, streams, retired }), Entry::Opened))
    }

    /// Another end of a connection, with a stream kept free.
    pub(super) fn of(shared: Rc<Shared>, entry: Entry) -> Session {
        let (send, slot) = (shared.send.clone(), Some(Slot::of(&shared)));
        Session { send, shared, slot, entry }
    }

    /// The same, come to in that way.
    pub(super) fn entered(self, entry: Entry) -> Session {
        Session { entry, ..self }
    }

    /// What it has in common with others.
    pub(super) fn shared(&self) -> &Rc<Shared> {
        &self.shared
    }

    /// Whether another request may be made over it; no wait. `asks_once`: of one that must not be sent twice, what the
    /// kernel knows counts too.
    pub async fn usable(&mut self, asks_once: bool) -> bool {
        let broken = poll_fn(|cx| Poll::Ready(matches!(self.send.poll_ready(cx), Poll::Ready(Err(_))))).await;
        let Shared { wire, retired, .. } = &*self.shared;
        if broken || retired.get() || wire.is_over() || asks_once && wire.hung_up() {
            return false;
        }
        self.slot.is_some() || !self.shared.full()
    }

    /// No stream is kept free: nothing is asked for now.
    pub fn rest(&mut self) {
        self.slot = None;
    }

    /// Whether the server takes WebSockets (RFC 8441 §3), once it has said so.
    pub async fn connects(&self) -> bool {
        poll_fn(|cx| self.shared.wire.poll_said(cx)).await
    }

    /// Waits until the server allows another stream.
    ///
    /// # Errors
    /// The connection is over.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Trouble>> {
        let Session { send, shared, .. } = self;
        send.poll_ready(cx).map_err(|error| shared.wire.trouble(&error))
    }

    /// Asks. Without a body, and but for a CONNECT, nothing follows.
    ///
    /// # Errors
    /// The connection takes no more requests.
    pub fn ask(&mut self, asked: Asking) -> Result<Streamed, Trouble> {
        let Asking { head, method, protocol, body, envelope } = asked;
        let mut request = Asked::new(());
        *request.method_mut() = method;
        *request.uri_mut() = self.shared.uri.clone();
        *request.version_mut() = Version::HTTP_2;
        if let Some(protocol) = protocol {
            request.extensions_mut().insert(h2::ext::Protocol::from_static(protocol));
        }
        let ends = body.is_none() && protocol.is_none();
        let wire = &self.shared.wire;
        let sent = self.send.send_request(request, ends);
        let (response, mut up) = sent.map_err(|error| wire.trouble(&error))?;
        let number = up.stream_id().as_u32();
        let slot = self.slot.take().unwrap_or_else(|| Slot::of(&self.shared)).numbered(number);
        let reading = wire.ask(number, head);
        if let Some(body) = body {
            wire.say(number, Some(Part::Framing), envelope);
            wire.say(number, Some(Part::Payload), body.len() - envelope);
            up.send_data(body, true).map_err(|error| wire.trouble(&error))?;
        }
        Ok(Streamed { response, body: None, up, reading, number, _slot: slot, heard: wire.heard() })
    }

    /// An answer was waited for in vain. Where nothing at all has come since it was asked for over `streamed`, nobody else asks
    /// over this connection any more; who has streams on it keeps them.
    pub fn retire_if_silent(&self, streamed: Option<&Streamed>) {
        let heard = streamed.map_or(0, |streamed| streamed.heard);
        if self.shared.wire.heard() == heard {
            self.shared.retired.set(true);
            self.shared.wire.wake_waiting();
        }
    }

    /// What its bytes go through.
    pub(super) fn wire(&self) -> &Wire {
        &self.shared.wire
    }

    /// Done with it; who is the last ends the connection in good order: our GOAWAY, then FIN.
    pub async fn end(self, patience: Duration) {
        let Session { send, shared, slot, .. } = self;
        drop((send, slot));
        if let Some(shared) = Rc::into_inner(shared) {
            shared.end(patience).await;
        }
    }
}

impl Shared {
    /// Whether its server allows no more streams, as far as it has said so.
    fn full(&self) -> bool {
        self.wire.most_streams().is_some_and(|most| self.streams.get() >= most)
    }

    /// Whether somebody more can ask over it; no wait.
    pub(super) fn room(&self) -> Room {
        let ready = self.send.clone().poll_ready(&mut Context::from_waker(Waker::noop()));
        let leaves = matches!(ready, Poll::Ready(Err(_)));
        if leaves || self.retired.get() || self.wire.is_over() || self.wire.hung_up() {
            return Room::Over;
        }
        match self.wire.most_streams() {
            Some(most) if self.streams.get() >= most => Room::Full,
            // Who has opened it asks at once; others wait for a word of its server's.
            None if self.streams.get() > 0 => Room::Unknown,
            _ => Room::Free,
        }
    }

    async fn end(mut self, patience: Duration) {
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

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            drop(self.wire.take());
            self.wire.settle();
        }
    }
}

fn builder(clients: usize) -> Builder {
    let mut builder = Builder::new();
    builder
        .enable_push(false)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_reset_streams(RESETS * clients)
        .max_local_error_reset_streams(Some(LATE_FRAMES * clients))
        .max_header_list_size(LONGEST_HEAD)
        // Each small DATA frame counts against it until it is read: some seventy thousand for each client, where the default
        // is a hundred.
        .data_frame_budget(MAX_MESSAGE_BYTES.saturating_mul(clients));
    builder
}
