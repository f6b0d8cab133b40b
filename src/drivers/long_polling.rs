//! Long-polling (Comet): ask, and the server answers when it has something; then ask again at once.
//!
//! The cursor in each request loses nothing; an answer without a message is a hold that ended, no failure. Its other
//! end is `wsbench_targets::long_polling`, or any server that holds requests.

use std::time::Duration;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::pacer::Phase;
use wsbench_targets::wire::{LongPolling as Options, Stamp, route};

use super::Seat;
use super::http::exchange::Line;
use super::http::feed::Asked;
use super::http::page::News;
use super::http::post::Post;
use super::http::posting::{Posting, Receiver};
use super::http::request::Request;
use super::polling::request;
use crate::meter::Failure;

/// First requests are spread over so long, so that the load does not begin with a burst.
const SPREAD: Duration = Duration::from_millis(500);

/// A long-polling client.
pub type LongPolling = Posting<LongPoller>;

/// What asks, and waits for the answer.
pub struct LongPoller {
    seat: Seat,
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

    async fn open(seat: Seat, options: &Options) -> Result<LongPoller, Failure> {
        let keep = options.keep_alive;
        let request = request(&seat, route::WAIT, keep, &Asked::default());
        let news = News::new(&seat, &options.cursor, false);
        let line = Line::open(seat.clone(), options.hold + options.timeout, keep).await?;
        Ok(LongPoller { seat, line, request, news, keep_alive: keep, timeout: options.timeout, asked: None })
    }

    fn post(&self) -> Post {
        Post::new(self.seat.clone(), self.timeout, self.keep_alive)
    }

    async fn recv(&mut self) -> Result<Stamp, Failure> {
        loop {
            if let Some(stamp) = self.news.next(&self.seat, &mut self.line, &mut self.request) {
                return Ok(stamp);
            }
            if self.line.idle() {
                if let Some(asked) = self.news.ask(&self.seat, &self.line) {
                    self.request = request(&self.seat, route::WAIT, self.keep_alive, &asked);
                }
                self.spread().await;
                let at = now();
                self.asked = Some(at);
                self.line.begin(at);
            }
            let body = self.line.news(&self.request).await?;
            self.news.turn(&self.seat, &self.line, body);
            let at = now();
            self.seat.site.meter.response(self.asked.unwrap_or(at), at);
        }
    }

    async fn close(self) {
        self.line.close().await;
    }
}

impl LongPoller {
    async fn spread(&self) {
        if self.asked.is_none() {
            let site = &self.seat.site;
            let first = site.start.get() + SPREAD.mul_f64(Phase::Poll.of(site.seed, self.seat.client));
            site.clock.sleep_until(first).await;
        }
    }
}
