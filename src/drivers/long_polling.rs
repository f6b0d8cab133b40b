//! Long-polling (Comet): ask, and the server answers when it has something; then ask again at once.
//!
//! The cursor in each request loses nothing; an answer without a message is a hold that ended, no failure. Its other
//! end is `wsbench_targets::long_polling`, or any server that holds requests.

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::pacer::Phase;
use wsbench_targets::wire::route;

use super::http::asker::Asker;
use super::http::connection::{Connection, Purpose};
use super::http::post::PostSender;
use super::http::with_post::{Receiver, WithPost};
use super::{Arrival, ClientContext};
use crate::meter::Failure;
use crate::transport::LongPolling as Options;

/// A long-polling client.
pub type LongPolling = WithPost<LongPoller>;

/// What asks, and waits for the answer.
pub struct LongPoller {
    asker: Asker,
    /// When the request under way was asked; `None` before the first.
    asked: Option<Tick>,
}

impl Receiver for LongPoller {
    type Options = Options;
    const UNASKED: bool = false;

    async fn open(context: ClientContext, options: &Options) -> Result<LongPoller, Failure> {
        let Options { hold, keep_alive, timeout, .. } = *options;
        let mut connection = Connection::new(context, Purpose::Questions, timeout, keep_alive);
        connection.open().await?;
        connection.set_answer_timeout(hold + timeout);
        let asker = Asker::new(connection, route::WAIT, &options.cursor, false);
        Ok(LongPoller { asker, asked: None })
    }

    fn post(&self) -> PostSender {
        PostSender::new(self.asker.connection.another(), None)
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        loop {
            if let Some(arrival) = self.asker.pop() {
                return Ok(arrival);
            }
            if self.asker.connection.idle() {
                self.spread().await;
                self.asker.connection.ready().await;
                let at = now();
                self.asked = Some(at);
                self.asker.begin(at);
            }
            let at = self.asker.answer().await?;
            self.asker.connection.context.shard.meter.response(self.asked.unwrap_or(at), at);
        }
    }

    async fn close(self) {
        self.asker.connection.close().await;
    }
}

impl LongPoller {
    /// First requests are spread, so that the load does not begin with a burst.
    async fn spread(&self) {
        if self.asked.is_none() {
            let ClientContext { client, shard, .. } = &self.asker.connection.context;
            let first = shard.start.get() + shard.spread.mul_f64(Phase::Poll.of(shard.seed, *client));
            shard.clock.sleep_until(first).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;
    use std::time::Duration;

    use socket2::{Domain, Socket, Type};
    use wsbench_targets::clock::now;

    use super::*;
    use crate::drivers::Driver;
    use crate::drivers::scripted::{context, run};

    /// A server whose queue of connections is full answers no SYN; that is noticed after `timeout`, and not after a hold.
    #[test]
    fn connecting_has_a_deadline_of_its_own() {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let short = Duration::from_millis(200);
        let mut queued = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, short) {
            queued.push(stream);
        }
        let options = Options {
            hold: Duration::from_secs(60),
            timeout: Duration::from_millis(300),
            ..Options::default()
        };
        let began = now();
        let outcome = run(async { LongPolling::connect(context(address), &options).await.err() });
        assert_eq!(outcome, Some(Failure::Timeout));
        let took = Duration::from_nanos(now().since(began));
        assert!(took < Duration::from_secs(20), "{took:?}");
    }
}
