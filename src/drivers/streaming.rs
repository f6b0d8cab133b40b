//! HTTP streaming (Comet): one answer that never ends, a message a line; up it goes by `POST`.
//!
//! Where the answer ends, the client asks again from its cursor on. Its other end is `wsbench_targets`' streaming
//! target, or any server of lines.

use wsbench_targets::headers::RequestKind;
use wsbench_targets::wire::route;

use super::http::exchange::Taken;
use super::http::feed::Feed;
use super::http::post::PostSender;
use super::http::profile::profile;
use super::http::request::Request;
use super::http::with_post::{Receiver, WithPost};
use super::{Arrival, ClientContext};
use crate::meter::Failure;
use crate::transport::Streaming as Options;

/// A client of a stream of lines.
pub type Streaming = WithPost<LineReader>;

/// What reads them.
pub struct LineReader {
    feed: Feed,
    /// Number of the next message wanted.
    cursor: u64,
    /// Bytes at the front that were searched for a line end before.
    searched: usize,
}

impl Receiver for LineReader {
    type Options = Options;
    const UNASKED: bool = true;

    async fn open(context: ClientContext, options: &Options) -> Result<LineReader, Failure> {
        let mut client = LineReader { feed: Feed::new(context, options.timeout), cursor: 0, searched: 0 };
        client.ask();
        client.feed.reach().await?;
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

impl LineReader {
    /// The next message that has come. A line without a stamp is a message of the server's own; a blank one is none:
    /// servers keep a connection open with it.
    fn next(&mut self) -> Result<Option<Arrival>, Failure> {
        while let Some(length) = self.line() {
            let Feed { connection, waiting, .. } = &mut self.feed;
            let line = &connection.body()[..length];
            if line.trim_ascii().is_empty() {
                connection.take(Taken { framing: length, ..Taken::default() });
                continue;
            }
            let arrival = connection.context.arrival(line, waiting)?;
            connection.take(Taken { payload: length, ..Taken::default() });
            self.feed.brings();
            if let Some(arrival) = arrival {
                self.cursor = self.cursor.max(arrival.stamp.seq.saturating_add(1));
                return Ok(Some(arrival));
            }
        }
        Ok(None)
    }

    /// Bytes of the first line, if it is whole; its end is its own.
    fn line(&mut self) -> Option<usize> {
        let body = self.feed.connection.body();
        let from = self.searched.min(body.len());
        let found = body[from..].iter().position(|&byte| byte == b'\n');
        self.searched = if found.is_some() { 0 } else { body.len() };
        found.map(|place| from + place + 1)
    }

    /// Asks again. Cancel-safe.
    async fn reopen(&mut self) -> Result<(), Failure> {
        if self.feed.idle() {
            self.feed.connection.ready().await;
            self.ask();
        }
        self.feed.reach().await.map(drop)
    }

    fn ask(&mut self) {
        let context = &self.feed.connection.context;
        let fetch = profile(context, RequestKind::Fetch);
        let mut request = Request::new(context, "GET", route::LINE, &fetch, &[]);
        request.set_cursor(self.cursor);
        self.feed.ask(request);
        self.searched = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::drivers::Driver;
    use crate::drivers::scripted::{balanced, run, server};

    #[test]
    fn blank_lines_keep_a_connection_open_and_are_no_messages() {
        run(async {
            let blank: Vec<&[u8]> = vec![b"HTTP/1.1 200 OK\r\n\r\n", b"\n", b"\r\n", b"\n"];
            let (mut context, _requests) = server(vec![blank]);
            Rc::get_mut(&mut context.shard).unwrap().hears_all = true;
            let mut client = Streaming::connect(context.clone(), &Options::default()).await.unwrap();
            // It ends without a message, and that is the first thing to be told.
            let heard = timeout(Duration::from_secs(5), client.recv()).await.unwrap();
            assert_eq!(heard, Err(Failure::Closed));
            client.close().await;
            balanced(&context).await;
            let tally = context.shard.meter.tally();
            let total = tally.traffic.total();
            assert_eq!((total.messages_down, tally.counts.unrecognised), (0, 0));
            assert_eq!((total.down.payload, total.down.framing), (0, 4));
        });
    }
}
