//! Sends a client's messages by `POST`, over a second connection: a request must not queue behind a parked one
//! (RFC 6202 §2.2).
//!
//! One at a time. A `POST` is begun, and carried to its end by whoever waits for it or receives beside it.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use wsbench_targets::clock::now;
use wsbench_targets::wire::{Header, route};

use super::exchange::Line;
use super::request::Request;
use crate::drivers::ClientContext;
use crate::meter::Failure;

/// The sending side of an HTTP client; opened with its first message.
pub struct Post {
    context: ClientContext,
    line: Line,
    /// What is said of the body besides its length.
    more: Vec<Header>,
    /// The last request, and the length of its body.
    request: Option<(usize, Request)>,
}

impl Post {
    /// Nothing is opened yet.
    pub fn new(context: ClientContext, patience: Duration, keep_alive: bool) -> Post {
        Post {
            line: Line::closed(context.clone(), patience, keep_alive),
            context,
            more: vec![],
            request: None,
        }
    }

    /// The same, with bodies of that Content-Type.
    pub fn of(self, kind: &str) -> Post {
        Post { more: vec![Header("Content-Type".to_owned(), kind.to_owned())], ..self }
    }

    /// Sends one message, in a body of which `envelope` bytes are what wraps it. What the kernel takes leaves at once,
    /// the rest is carried on. The last one must have been taken.
    ///
    /// # Errors
    /// What is known at once; the rest says [`Post::taken`], or [`beside`].
    pub async fn send(&mut self, body: &[u8], envelope: usize) -> Result<(), Failure> {
        self.begin(body, envelope);
        poll_fn(|cx| match self.poll_taken(cx) {
            Poll::Pending => Poll::Ready(Ok(())),
            known => known,
        })
        .await
    }

    fn begin(&mut self, body: &[u8], envelope: usize) {
        // The head is built again only when the length changes.
        let mut request = match self.request.take() {
            Some((length, request)) if length == body.len() => request,
            _ => self.head(body.len()),
        };
        request.set_body(body, envelope);
        self.request = Some((body.len(), request));
        self.line.begin(now());
    }

    /// Waits until the server has taken what was sent. Cancel-safe.
    ///
    /// # Errors
    /// Why it has not.
    pub async fn taken(&mut self) -> Result<(), Failure> {
        poll_fn(|cx| self.poll_taken(cx)).await
    }

    /// The exchange's state is in its line: a future of it need not outlive one look, and no client that only receives
    /// carries its memory.
    fn poll_taken(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let Some((_, request)) = self.request.as_ref().filter(|_| !self.line.idle()) else {
            return Poll::Ready(Ok(()));
        };
        let outcome = ready!(pin!(self.line.answer(request)).poll(cx));
        self.line.let_go();
        outcome?;
        self.context.shard.meter.event(|phase| phase.messages_up += 1);
        Poll::Ready(Ok(()))
    }

    fn head(&self, length: usize) -> Request {
        let length = [Header("Content-Length".to_owned(), length.to_string())];
        let more = [self.more.as_slice(), &length].concat();
        Request::new(&self.context, "POST", route::SEND, &self.context.shard.headers.request, &more)
    }

    /// Closes the connection, if one was opened.
    pub async fn close(self) {
        self.line.close().await;
    }
}

/// What `receiving` gives, while what was sent by `post` is carried on. As cancel-safe as `receiving`.
///
/// # Errors
/// Those of `receiving`, or why the server has not taken what was sent.
pub async fn beside<T>(
    mut post: Option<&mut Post>,
    mut receiving: Pin<&mut impl Future<Output = Result<T, Failure>>>,
) -> Result<T, Failure> {
    poll_fn(|cx| {
        let received = receiving.as_mut().poll(cx);
        match (received, post.as_mut()) {
            (Poll::Pending, Some(post)) => match post.poll_taken(cx) {
                Poll::Ready(Err(failure)) => Poll::Ready(Err(failure)),
                _ => Poll::Pending,
            },
            (received, _) => received,
        }
    })
    .await
}
