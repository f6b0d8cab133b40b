//! Server-Sent Events (WHATWG HTML §9.2): one answer that never ends, an event a message; up it goes by `POST`.
//!
//! Where the answer ends, the client reconnects behind the last event, when the server's `retry` has passed. Unlike a
//! browser it tries again after an error status too: each try is a failure that the report counts. Its other end is
//! `wsbench_targets`' sse target, or any server of event streams.

pub mod decoder;

use std::time::Duration;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::headers::RequestKind;
use wsbench_targets::wire::{Header, route};

use self::decoder::Decoder;
use super::http::exchange::Taken;
use super::http::feed::Feed;
use super::http::post::PostSender;
use super::http::profile::profile;
use super::http::request::Request;
use super::http::with_post::{Receiver, WithPost};
use super::memory_budget::MemoryBudget;
use super::{Arrival, ClientContext};
use crate::meter::{Failure, reasons};
use crate::transport::Sse as Options;

/// A client of an event stream.
pub type Sse = WithPost<EventSource>;

/// What reads it.
pub struct EventSource {
    feed: Feed,
    decoder: Decoder,
    /// What the decoder holds.
    budget: MemoryBudget,
    /// How long to wait before connecting again, unless the server says.
    retry: Duration,
    /// When to connect again, once that is clear.
    due: Option<Tick>,
    /// The server wants no more of us.
    stopped: bool,
}

impl Receiver for EventSource {
    type Options = Options;
    const UNASKED: bool = true;

    async fn open(context: ClientContext, options: &Options) -> Result<EventSource, Failure> {
        let mut client = EventSource {
            feed: Feed::new(context, options.timeout),
            decoder: Decoder::default(),
            budget: MemoryBudget::default(),
            retry: options.retry,
            due: None,
            stopped: false,
        };
        client.ask();
        client.reach().await?;
        Ok(client)
    }

    fn post(&self) -> PostSender {
        self.feed.post()
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        loop {
            if let Some(waiting) = self.feed.waiting.pop() {
                return waiting;
            }
            if let Some(arrival) = self.next()? {
                return Ok(arrival);
            }
            match self.feed.connection.reading() {
                true => self.feed.more().await?,
                false => self.reopen().await?,
            }
        }
    }

    async fn close(self) {
        self.feed.connection.close().await;
    }
}

impl EventSource {
    /// The next message that has come; events that carry no stamp are messages of the server's own.
    fn next(&mut self) -> Result<Option<Arrival>, Failure> {
        loop {
            let (taken, event) = self.take().inspect_err(|_| self.feed.refuse())?;
            self.feed.connection.take(taken);
            if !event {
                return Ok(None);
            }
            self.feed.brings();
            let Feed { connection, waiting, .. } = &mut self.feed;
            if let Some(arrival) = connection.context.arrival(self.decoder.data(), waiting)? {
                return Ok(Some(arrival));
            }
        }
    }

    fn take(&mut self) -> Result<(Taken, bool), Failure> {
        let (meter, body) = (&self.feed.connection.context.shard.meter, self.feed.connection.body());
        if body.is_empty() {
            return Ok((Taken::default(), false));
        }
        let taken = self.decoder.take(body).inspect_err(|_| meter.reason(reasons::LONG_BODY))?;
        self.budget.hold(self.decoder.held(), meter)?;
        Ok((Taken { payload: taken.payload, framing: taken.framing, overhead: 0 }, taken.event))
    }

    /// Waits as long as the server wants, and connects again. Cancel-safe.
    async fn reopen(&mut self) -> Result<(), Failure> {
        if self.stopped {
            return std::future::pending().await;
        }
        if self.feed.idle() {
            let delay = self.decoder.retry().map_or(self.retry, Duration::from_millis);
            let due = *self.due.get_or_insert_with(|| now() + delay);
            self.feed.connection.context.shard.clock.sleep_until(due).await;
            self.feed.connection.ready().await;
            self.due = None;
            self.ask();
        }
        self.reach().await
    }

    fn ask(&mut self) {
        self.feed.ask(self.request());
        self.decoder.restart();
    }

    /// What an `EventSource` asks with, whatever the profile says of `Accept`.
    fn request(&self) -> Request {
        let mut more = vec![Header("Accept".to_owned(), "text/event-stream".to_owned())];
        if !self.decoder.last_id().is_empty() {
            let id = String::from_utf8_lossy(self.decoder.last_id()).into_owned();
            more.push(Header("Last-Event-ID".to_owned(), id));
        }
        let context = &self.feed.connection.context;
        Request::new(context, "GET", route::EVENT, &profile(context, RequestKind::Events), &more)
    }

    /// Reads the answer's head.
    async fn reach(&mut self) -> Result<(), Failure> {
        let head = self.feed.reach().await?;
        // 204 asks a client not to come back.
        self.stopped = head.status == 204;
        if !self.stopped && head.event_stream {
            return Ok(());
        }
        self.feed.refuse();
        let why = if self.stopped { "204" } else { reasons::NO_EVENTS };
        self.feed.connection.context.shard.meter.reason(why);
        Err(if self.stopped { Failure::Status } else { Failure::Protocol })
    }
}

#[cfg(test)]
mod tests;
