//! Server-Sent Events (WHATWG HTML §9.2): one answer that never ends, an event a message; up it goes by `POST`.
//!
//! Where the answer ends, the client reconnects behind the last event, when the server's `retry` has passed. Unlike a
//! browser it tries again after an error status too: each try is a failure that the report counts. Its other end is
//! `wsbench_targets`' sse target, or any server of event streams.

pub mod decoder;

use std::time::Duration;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::wire::{Header, Sse as Options, route};

use self::decoder::{Decoder, Taken};
use super::http::post::Post;
use super::http::posting::{Posting, Receiver};
use super::http::request::{Request, without};
use super::http::stream::Stream;
use super::memory_budget::MemoryBudget;
use super::{Arrival, ClientContext};
use crate::meter::{Failure, reasons};

/// A client of an event stream.
pub type Sse = Posting<EventSource>;

/// What reads it.
pub struct EventSource {
    context: ClientContext,
    retry: Duration,
    stream: Stream,
    timeout: Duration,
    decoder: Decoder,
    /// What the decoder holds of an event that is not whole.
    share: MemoryBudget,
    /// When to reconnect, once that is clear.
    due: Option<Tick>,
    /// The server wants no more of us.
    stopped: bool,
}

impl Receiver for EventSource {
    type Options = Options;
    const UNASKED: bool = true;

    async fn open(context: ClientContext, options: &Options) -> Result<EventSource, Failure> {
        let stream = Stream::new(context.clone(), options.timeout);
        let (retry, decoder, share) = (options.retry, Decoder::default(), MemoryBudget::default());
        let (timeout, due) = (options.timeout, None);
        let mut client = EventSource { context, retry, stream, timeout, decoder, share, due, stopped: false };
        client.ask();
        client.reach().await?;
        Ok(client)
    }

    fn post(&self) -> Post {
        Post::new(self.context.clone(), self.timeout, true)
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        loop {
            if let Some(stamp) = self.next()? {
                return Ok(stamp);
            }
            match self.stream.reading() {
                true => self.stream.go_on().await?,
                false => self.reopen().await?,
            }
        }
    }

    async fn close(self) {
        self.stream.close().await;
    }
}

impl EventSource {
    /// The stamp of the next message that has come; events that carry none are messages of the server's own.
    fn next(&mut self) -> Result<Option<Arrival>, Failure> {
        while self.stream.reading() || !self.stream.body().is_empty() {
            let taken = self.take().inspect_err(|_| self.stream.abandon())?;
            self.stream.take(taken.payload, taken.framing);
            if !taken.event {
                break;
            }
            self.stream.brings();
            if let Some(stamp) = self.context.arrival(self.decoder.data()) {
                return Ok(Some(stamp));
            }
        }
        Ok(None)
    }

    fn take(&mut self) -> Result<Taken, Failure> {
        let taken = self.decoder.take(self.stream.body())?;
        self.share.hold(self.decoder.held(), &self.context.shard.meter)?;
        Ok(taken)
    }

    /// Waits as long as the server wants, and connects again. Cancel-safe: what was begun is gone on with.
    async fn reopen(&mut self) -> Result<(), Failure> {
        if self.stopped {
            return std::future::pending().await;
        }
        if self.stream.idle() {
            let delay = self.decoder.retry().map_or(self.retry, Duration::from_millis);
            let due = *self.due.get_or_insert_with(|| now() + delay);
            self.context.shard.clock.sleep_until(due).await;
            self.due = None;
            self.ask();
        }
        self.reach().await?;
        self.context.shard.meter.count(|c| c.reconnects += 1);
        Ok(())
    }

    fn ask(&mut self) {
        self.stream.ask(self.request());
        self.decoder.restart();
    }

    /// What an `EventSource` asks with, whatever the profile says of `Accept`.
    fn request(&self) -> Request {
        let mut more = vec![Header("Accept".to_owned(), "text/event-stream".to_owned())];
        if !self.decoder.last_id().is_empty() {
            let id = String::from_utf8_lossy(self.decoder.last_id()).into_owned();
            more.push(Header("Last-Event-ID".to_owned(), id));
        }
        let headers = without(&self.context.shard.headers.request, "accept");
        Request::new(&self.context, "GET", route::EVENT, &headers, &more)
    }

    /// Reads the answer's head.
    async fn reach(&mut self) -> Result<(), Failure> {
        let answer = self.stream.answer().await?;
        // 204 asks a client not to come back.
        self.stopped = answer.status == 204;
        if !self.stopped && answer.event_stream {
            return Ok(());
        }
        self.stream.abandon();
        let why = if self.stopped { "204" } else { reasons::NO_EVENTS };
        self.context.shard.meter.reason(why);
        Err(if self.stopped { Failure::Status } else { Failure::Protocol })
    }
}

#[cfg(test)]
mod tests;
