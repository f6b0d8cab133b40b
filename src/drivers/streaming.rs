//! HTTP streaming (Comet): one answer that never ends, a message a line; up it goes by `POST`.
//!
//! Where the answer ends, the client asks again from its cursor on. Its other end is `wsbench_targets`' streaming
//! target, or any server of lines.

use std::time::Duration;

use wsbench_targets::wire::{Streaming as Options, route};

use super::http::post::Post;
use super::http::posting::{Posting, Receiver};
use super::http::request::Request;
use super::http::stream::Stream;
use super::{Arrival, ClientContext};
use crate::meter::Failure;

/// A client of a stream of lines.
pub type Streaming = Posting<LineReader>;

/// What reads them.
pub struct LineReader {
    context: ClientContext,
    stream: Stream,
    timeout: Duration,
    /// Number of the next message wanted.
    cursor: u64,
    /// Bytes at the front that were searched for a line end before.
    searched: usize,
}

impl Receiver for LineReader {
    type Options = Options;
    const UNASKED: bool = true;

    async fn open(context: ClientContext, options: &Options) -> Result<LineReader, Failure> {
        let stream = Stream::new(context.clone(), options.timeout);
        let mut client = LineReader { context, stream, timeout: options.timeout, cursor: 0, searched: 0 };
        client.ask();
        client.stream.answer().await?;
        Ok(client)
    }

    fn post(&self) -> Post {
        Post::new(self.context.clone(), self.timeout, true)
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        loop {
            if let Some(stamp) = self.next() {
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

impl LineReader {
    /// The stamp of the next message that has come; lines that carry none are messages of the server's own.
    fn next(&mut self) -> Option<Arrival> {
        while let Some(length) = self.line() {
            let line = &self.stream.body()[..length];
            // With blank lines servers keep a connection open.
            let blank = line.trim_ascii().is_empty();
            let arrival = self.context.arrival(line);
            self.stream.take(if blank { 0 } else { length }, if blank { length } else { 0 });
            if !blank {
                self.stream.brings();
            }
            if let Some(arrival) = arrival {
                self.cursor = self.cursor.max(arrival.stamp.seq.saturating_add(1));
                return Some(arrival);
            }
        }
        None
    }

    /// Bytes of the first line, if it is whole; its end is its own.
    fn line(&mut self) -> Option<usize> {
        let body = self.stream.body();
        let from = self.searched.min(body.len());
        let found = body[from..].iter().position(|&byte| byte == b'\n');
        self.searched = if found.is_some() { 0 } else { body.len() };
        found.map(|place| from + place + 1)
    }

    /// Asks again. Cancel-safe: what was begun is gone on with.
    async fn reopen(&mut self) -> Result<(), Failure> {
        if self.stream.idle() {
            self.ask();
        }
        self.stream.answer().await?;
        self.context.shard.meter.count(|c| c.reconnects += 1);
        Ok(())
    }

    fn ask(&mut self) {
        let mut request =
            Request::new(&self.context, "GET", route::LINE, &self.context.shard.headers.request, &[]);
        request.set_cursor(self.cursor);
        self.stream.ask(request);
        self.searched = 0;
    }
}
