//! Sends a client's messages by `POST`, over a connection of its own: a request must not queue behind a parked one
//! (RFC 6202 §2.2).
//!
//! One at a time. A `POST` is begun, and carried to its end by whoever waits for it or receives alongside. It must not
//! know how messages come.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use wsbench_targets::clock::now;
use wsbench_targets::headers::RequestKind;
use wsbench_targets::wire::{Header, route};

use super::connection::Connection;
use super::profile::profile;
use super::request::Request;
use crate::drivers::ClientContext;
use crate::meter::{Failure, Recorder};

/// The sending side of an HTTP client; it connects with its first message.
pub struct PostSender {
    connection: Connection,
    content_type: Option<&'static str>,
    /// The last request, and the length of its body.
    request: Option<(usize, Request)>,
    /// Messages in it.
    messages: u64,
}

impl PostSender {
    /// Sends over `connection`, with bodies of that `Content-Type`.
    pub fn new(connection: Connection, content_type: Option<&'static str>) -> PostSender {
        PostSender { connection, content_type, request: None, messages: 0 }
    }

    /// The meter of its client.
    pub fn meter(&self) -> &Recorder {
        &self.connection.context.shard.meter
    }

    /// Posts go to the path of `context` from now on.
    pub fn aim(&mut self, context: ClientContext) {
        self.connection.context = context;
        self.request = None;
    }

    /// Whether the last message was taken, or has failed.
    pub fn idle(&self) -> bool {
        self.connection.idle()
    }

    /// Begins to send `messages` messages, in a body of which `envelope` bytes are what wraps them. The last `POST` must
    /// be over. What the kernel takes leaves with the first look.
    pub fn begin(&mut self, body: &[u8], envelope: usize, messages: u64) {
        debug_assert!(self.idle(), "one POST at a time");
        // The head is built again only when the length changes.
        let mut request = match self.request.take() {
            Some((length, request)) if length == body.len() => request,
            _ => self.head(body.len()),
        };
        request.set_body(body, envelope);
        self.request = Some((body.len(), request));
        self.messages = messages;
        self.connection.begin(now());
    }

    /// Lets leave what the kernel takes at once.
    ///
    /// # Errors
    /// What is known at once; the rest says [`PostSender::poll_taken`].
    pub async fn first_look(&mut self) -> Result<(), Failure> {
        poll_fn(|cx| match self.poll_taken(cx) {
            Poll::Pending => Poll::Ready(Ok(())),
            known => known,
        })
        .await
    }

    /// Waits until the server has taken what was sent. Cancel-safe.
    ///
    /// # Errors
    /// Why it has not.
    pub async fn taken(&mut self) -> Result<(), Failure> {
        poll_fn(|cx| self.poll_taken(cx)).await
    }

    /// Carries on what was begun. The exchange's state is in its connection: a future of it need not outlive one look, and
    /// a client that only receives does not carry its memory.
    pub fn poll_taken(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let Some((_, request)) = self.request.as_ref().filter(|_| !self.connection.idle()) else {
            return Poll::Ready(Ok(()));
        };
        ready!(pin!(self.connection.answer(request)).poll(cx))?;
        // Whatever it says, it brings no message.
        self.connection.drop_body();
        self.connection.context.shard.meter.messages_up(self.messages);
        Poll::Ready(Ok(()))
    }

    fn head(&self, length: usize) -> Request {
        let field = |name: &str, value: String| Header(name.to_owned(), value);
        let mut more = self.connection.fields();
        more.extend(self.content_type.map(|kind| field("Content-Type", kind.to_owned())));
        more.push(field("Content-Length", length.to_string()));
        let context = &self.connection.context;
        Request::new(context, "POST", route::SEND, &profile(context, RequestKind::Post), &more)
    }

    /// Closes the connection, if one was opened.
    pub async fn close(self) {
        self.connection.close().await;
    }
}

/// What `receiving` gives, while what was sent by `post` is carried on. As cancel-safe as `receiving`, which the caller has
/// pinned: a future that is handed on is copied whole, and each client would carry both.
///
/// # Errors
/// Those of `receiving`, or why the server has not taken what was sent.
pub async fn alongside<T>(
    mut post: Option<&mut PostSender>,
    mut receiving: Pin<&mut impl Future<Output = Result<T, Failure>>>,
) -> Result<T, Failure> {
    poll_fn(|cx| match (receiving.as_mut().poll(cx), post.as_mut()) {
        (Poll::Pending, Some(post)) => match post.poll_taken(cx) {
            Poll::Ready(Err(failure)) => Poll::Ready(Err(failure)),
            _ => Poll::Pending,
        },
        (received, _) => received,
    })
    .await
}
