//! Streaming and Server-Sent Events: a `GET` is answered with all from the cursor on, and goes on with whatever comes.
//! The one sends a message as a line, the other as an event; each is a chunk of its own.
//!
//! It must not know HTTP, that is `http`; the client's ends are the harness's streaming and sse drivers. A client that
//! hangs up ends its subscription: hyper drops the body.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::Either;
use hyper::body::{Body, Frame};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Response, Version};

use crate::gzip::Gzip;
use crate::http::{Answer, Content};
use crate::memory_budget::keep;
use crate::stream_handle::{StreamHandle, Subscription, Woken};
use crate::transport::{Delimiting, Sse, Streaming, route};
use crate::wire::event;

/// Messages that are kept behind the one just written: a client whose connection breaks has not read all that was
/// written, and asks for the rest again.
const KEPT: u64 = 16;

/// A client's messages as a body, one frame each.
pub(crate) struct Messages {
    subscription: Subscription,
    cursor: u64,
    as_events: bool,
    gzip: Option<Gzip>,
}

impl Messages {
    fn of(handle: &StreamHandle, cursor: u64, as_events: bool) -> Content {
        handle.acknowledge(cursor);
        Either::Right(Messages { subscription: handle.subscribe(), cursor, as_events, gzip: None })
    }

    /// The same by gzip, each message readable as it comes.
    pub(crate) fn compressed(self) -> Messages {
        Messages { gzip: Some(Gzip::new()), ..self }
    }
}

impl Body for Messages {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if ready!(self.subscription.poll_changed(self.cursor, context)) == Woken::Superseded {
            return Poll::Ready(None);
        }
        let Some((seq, message)) = self.subscription.handle().next(self.cursor) else {
            return Poll::Ready(None);
        };
        // Without room for an event the stream ends here: whoever comes again goes on with it.
        let encoded = if self.as_events { keep(event::encode(seq, &message)) } else { Ok(message) };
        let Ok(mut frame) = encoded else { return Poll::Ready(None) };
        if let Some(gzip) = &mut self.gzip {
            let Ok(small) = keep(gzip.piece(&frame)) else { return Poll::Ready(None) };
            frame = small;
        }
        self.cursor = seq.saturating_add(1);
        self.subscription.handle().acknowledge(self.cursor.saturating_sub(KEPT));
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }
}

impl Answer for Streaming {
    const ROUTE: &'static str = route::LINE;

    async fn answer(&self, handle: StreamHandle, cursor: u64) -> Content {
        Messages::of(&handle, cursor, false)
    }

    fn dress(&self, response: &mut Response<Content>) {
        delimit(self.body, response);
    }
}

impl Answer for Sse {
    const ROUTE: &'static str = route::EVENT;

    async fn answer(&self, handle: StreamHandle, cursor: u64) -> Content {
        Messages::of(&handle, cursor, true)
    }

    /// Who reconnects says which event came last (WHATWG HTML §9.2.4).
    fn cursor(&self, path: u64, headers: &HeaderMap) -> u64 {
        let last = headers.get("Last-Event-ID").and_then(|id| id.to_str().ok());
        last.and_then(event::behind).unwrap_or(path)
    }

    fn dress(&self, response: &mut Response<Content>) {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        delimit(self.body, response);
    }
}

/// An HTTP/1.0 answer of unknown length ends with its connection; a later one comes in chunks.
fn delimit(body: Delimiting, response: &mut Response<Content>) {
    if body == Delimiting::Close {
        *response.version_mut() = Version::HTTP_10;
    }
}
