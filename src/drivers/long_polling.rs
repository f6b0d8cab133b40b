//! Long-polling (Comet): ask, and the server answers when it has something; then ask again at once.
//!
//! The cursor in each request loses nothing; an answer without a message is a hold that ended, no failure. A server that
//! holds nothing and answers at once that there is nothing new is asked after a pause, as after a failure: else it would be
//! asked as fast as it can answer. Its other end is `wsbench_targets::long_polling`, or any server that holds requests.

use std::time::Duration;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::pacer::Phase;
use wsbench_targets::wire::route;

use super::http::asker::Asker;
use super::http::connection::{Connection, Purpose};
use super::http::post::PostSender;
use super::http::with_post::{Receiver, WithPost};
use super::retry::Retry;
use super::{Arrival, ClientContext};
use crate::meter::Failure;
use crate::transport::LongPolling as Options;

/// An answer that is sooner was not held.
const AT_ONCE: Duration = Duration::from_millis(100);
/// So many answers may be empty at once, one after the other: a server may wake all requests for the news of one.
const SPURIOUS: u32 = 3;

/// A long-polling client.
pub type LongPolling = WithPost<LongPoller>;

/// What asks, and waits for the answer.
pub struct LongPoller {
    asker: Asker,
    /// When the request under way was asked; `None` before the first.
    asked: Option<Tick>,
    /// An answer that is sooner was not held, by what the scenario says of the server.
    at_once: Duration,
    /// How many answers were empty at once, one after the other.
    unheld: u32,
    /// When a server that does not hold is asked again.
    rest: Retry,
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
        let at_once = AT_ONCE.min(hold / 2);
        Ok(LongPoller { asker, asked: None, at_once, unheld: 0, rest: Retry::default() })
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
                self.rested().await;
                self.asker.connection.ready().await;
                let at = now();
                self.asked = Some(at);
                self.asker.begin(at);
            }
            let at = self.asker.answer().await?;
            let asked = self.asked.unwrap_or(at);
            self.asker.connection.context.shard.meter.response(asked, at);
            let next = self.asker.pop();
            self.answered(at, Duration::from_nanos(at.since(asked)));
            if let Some(arrival) = next {
                return Ok(arrival);
            }
        }
    }

    async fn close(self) {
        self.asker.connection.close().await;
    }
}

impl LongPoller {
    /// An answer was in at `at`, after so long. What it brought first has been looked at.
    fn answered(&mut self, at: Tick, after: Duration) {
        if !self.asker.empty() || after >= self.at_once {
            (self.unheld, self.rest) = (0, Retry::default());
            return;
        }
        self.unheld += 1;
        if self.unheld > SPURIOUS {
            let ClientContext { client, shard, .. } = &self.asker.connection.context;
            self.rest.failed(at, shard.seed, *client);
        }
    }

    /// Waits until a server that does not hold may be asked again. Cancel-safe.
    async fn rested(&self) {
        if self.unheld > SPURIOUS
            && let Some(due) = self.rest.due_after(now())
        {
            self.asker.connection.context.shard.clock.sleep_until(due).await;
        }
    }

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
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use socket2::{Domain, Socket, Type};
    use wsbench_targets::clock::now;

    use super::*;
    use crate::drivers::Driver;
    use crate::drivers::scripted::{context, run};

    /// A server that answers each request with nothing, after `hold`; how often it was asked in two seconds.
    fn asked_in_two_seconds(hold: Duration) -> usize {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, mut request, mut count) = (listener.accept().unwrap().0, [0; 4096], 0);
            while stream.read(&mut request).is_ok_and(|length| length > 0) {
                thread::sleep(hold);
                count += usize::from(stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").is_ok());
            }
            count
        });
        run(async {
            let options = Options { hold: Duration::from_secs(1), ..Options::default() };
            let mut client = LongPolling::connect(context(address), &options).await.unwrap();
            let heard = tokio::time::timeout(Duration::from_secs(2), client.recv()).await;
            assert!(heard.is_err(), "nothing was said");
        });
        server.join().unwrap()
    }

    #[test]
    fn a_server_that_holds_nothing_is_asked_after_a_pause() {
        // Four at once, and then after 0.1, 0.2, 0.4, .. s.
        let asked = asked_in_two_seconds(Duration::ZERO);
        assert!((5..=12).contains(&asked), "asked {asked} times");
    }

    #[test]
    fn a_server_that_holds_is_asked_again_at_once() {
        let began = now();
        let asked = asked_in_two_seconds(Duration::from_millis(120));
        // 16 on a machine that has nothing else to do; with pauses there would be five.
        assert!(asked >= 8 || now().since(began) > 4_000_000_000, "asked {asked} times");
    }

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
