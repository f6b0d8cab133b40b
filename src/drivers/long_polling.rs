//! Long-polling (Comet): ask, and the server answers when it has something; then ask again at once.
//!
//! The cursor in each request loses nothing; an answer without a message is a hold that ended, no failure. Its other
//! end is `wsbench_targets::long_polling`, or any server that holds requests.

use std::time::Duration;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::pacer::Phase;
use wsbench_targets::wire::{LongPolling as Options, route};

use super::http::exchange::Line;
use super::http::feed::Asked;
use super::http::page::News;
use super::http::post::Post;
use super::http::posting::{Posting, Receiver};
use super::http::request::Request;
use super::polling::request;
use super::{Arrival, ClientContext};
use crate::meter::Failure;

/// First requests are spread over so long, so that the load does not begin with a burst.
const SPREAD: Duration = Duration::from_millis(500);

/// A long-polling client.
pub type LongPolling = Posting<LongPoller>;

/// What asks, and waits for the answer.
pub struct LongPoller {
    context: ClientContext,
    line: Line,
    request: Request,
    news: News,
    keep_alive: bool,
    timeout: Duration,
    /// When the request under way was due; `None` before the first.
    asked: Option<Tick>,
}

impl Receiver for LongPoller {
    type Options = Options;
    const UNASKED: bool = false;

    async fn open(context: ClientContext, options: &Options) -> Result<LongPoller, Failure> {
        let keep = options.keep_alive;
        let request = request(&context, route::WAIT, keep, &Asked::default());
        let news = News::new(&context, &options.cursor, false);
        let line = Line::open(context.clone(), options.hold + options.timeout, keep).await?;
        Ok(LongPoller {
            context,
            line,
            request,
            news,
            keep_alive: keep,
            timeout: options.timeout,
            asked: None,
        })
    }

    fn post(&self) -> Post {
        Post::new(self.context.clone(), self.timeout, self.keep_alive)
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        loop {
            if let Some(stamp) = self.news.next(&self.context, &mut self.line, &mut self.request) {
                return Ok(Arrival { stamp, at: now() });
            }
            if self.line.idle() {
                if let Some(asked) = self.news.ask(&self.context, &self.line) {
                    self.request = request(&self.context, route::WAIT, self.keep_alive, &asked);
                }
                self.spread().await;
                let at = now();
                self.asked = Some(at);
                self.line.begin(at);
            }
            let body = self.line.news(&self.request).await?;
            self.news.turn(&self.context, &self.line, body);
            let at = now();
            self.context.shard.meter.response(self.asked.unwrap_or(at), at);
        }
    }

    async fn close(self) {
        self.line.close().await;
    }
}

impl LongPoller {
    async fn spread(&self) {
        if self.asked.is_none() {
            let shard = &self.context.shard;
            let first = shard.start.get() + SPREAD.mul_f64(Phase::Poll.of(shard.seed, self.context.client));
            shard.clock.sleep_until(first).await;
        }
    }
}
