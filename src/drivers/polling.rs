//! Polling: ask, read, wait for the next slot.
//!
//! Its other end is `wsbench_targets::polling`, or any HTTP server.

use std::time::Duration;

use wsbench_targets::clock::{Tick, nanos, now};
use wsbench_targets::pacer::Phase;
use wsbench_targets::wire::{Reply, route};

use super::http::asker::Asker;
use super::http::connection::{Connection, Purpose};
use super::http::post::PostSender;
use super::http::with_post::{Receiver, WithPost};
use super::{Arrival, ClientContext};
use crate::meter::Failure;
use crate::transport::{Pace, Polling as Options};

/// A polling client.
pub type Polling = WithPost<Poller>;

/// What asks, again and again.
pub struct Poller {
    asker: Asker,
    every: Duration,
    pace: Pace,
    /// Due time of the poll under way, and of the next one when none is.
    slot: Option<Tick>,
}

impl Receiver for Poller {
    type Options = Options;
    const UNASKED: bool = false;

    async fn open(context: ClientContext, options: &Options) -> Result<Poller, Failure> {
        let mut connection =
            Connection::new(context, Purpose::Questions, options.timeout, options.keep_alive);
        connection.open().await?;
        let asker = Asker::new(connection, route::POLL, &options.cursor, options.reply == Reply::Latest);
        Ok(Poller { asker, every: options.every, pace: options.pace, slot: None })
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
                let at = self.wait_for_slot().await;
                self.asker.begin(at);
            }
            let due = self.slot.unwrap_or_else(now);
            let outcome = self.asker.answer().await;
            let at = outcome.unwrap_or_else(|_| now());
            self.slot = Some(self.after(due, at));
            outcome?;
            self.context().shard.meter.response(due, at);
        }
    }

    async fn close(self) {
        self.asker.connection.close().await;
    }
}

impl Poller {
    fn context(&self) -> &ClientContext {
        &self.asker.connection.context
    }

    /// Sleeps until the slot is due, and says when that was. Cancel-safe: the slot stays.
    async fn wait_for_slot(&mut self) -> Tick {
        let mut slot = self.slot.unwrap_or_else(|| self.first());
        if self.every.is_zero() {
            // A closed loop keeps to no schedule: what has failed rests, and that is no part of the next response.
            self.asker.connection.ready().await;
        }
        let free = now();
        if self.every.is_zero() {
            slot = slot.max(free);
        }
        self.slot = Some(slot);
        let shard = &self.context().shard;
        // It is due already in a closed loop, and where the last answer took longer than the interval. That is no lateness
        // of ours, and one look at the clock is enough.
        let at = if free < slot {
            shard.clock.sleep_until(slot).await;
            now()
        } else {
            free
        };
        shard.meter.left(slot.max(free), at);
        at
    }

    /// First polls are spread over the interval.
    fn first(&self) -> Tick {
        let shard = &self.context().shard;
        let phase = Phase::Poll.of(shard.seed, self.context().client) * nanos(self.every) as f64;
        Tick(shard.start.get().0 + phase as u64)
    }

    /// The slot after the one at `due`, whose poll ended at `at`.
    fn after(&self, due: Tick, at: Tick) -> Tick {
        let slot = next_slot(due, at, nanos(self.every), self.pace);
        (1..slot.missed + 1)
            .for_each(|n| self.context().shard.meter.missed_slot(Tick(due.0 + n * slot.every)));
        slot.due
    }
}

/// When to poll next, and how many slots passed while the last poll was out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    due: Tick,
    missed: u64,
    every: u64,
}

/// Fixed rate keeps to `due + n * every`; a slot is missed when its successor is due too. Fixed delay counts from the
/// answer, and zero is a closed loop.
fn next_slot(due: Tick, now: Tick, every: u64, pace: Pace) -> Slot {
    match pace {
        Pace::FixedRate if every > 0 => {
            let missed = (now.since(due) / every).saturating_sub(1);
            Slot { due: Tick(due.0 + (missed + 1) * every), missed, every }
        }
        Pace::FixedRate | Pace::FixedDelay => Slot { due: Tick(now.0 + every), missed: 0, every },
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::rc::Rc;
    use std::thread;

    use tokio::time::timeout;

    use super::*;
    use crate::drivers::Driver;
    use crate::drivers::scripted::{balanced, context, run, server};
    use crate::meter::Window;

    #[test]
    fn a_call_that_is_dropped_in_the_middle_of_an_answer_loses_nothing() {
        let pieces: Vec<&[u8]> = vec![b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 5\r\n\r\nhe", b"llo"];
        run(async {
            let (mut context, _requests) = server(vec![pieces]);
            Rc::get_mut(&mut context.shard).unwrap().hears_all = true;
            let options = Options { every: Duration::from_millis(1), ..Options::default() };
            let mut client = Polling::connect(context.clone(), &options).await.unwrap();
            // Much shorter than the pauses of the server.
            while timeout(Duration::from_millis(2), client.recv()).await.is_err() {}
            let counts = context.shard.meter.tally().traffic.total();
            assert_eq!((counts.requests, counts.responses, counts.down.payload), (1, 1, 5));
            client.close().await;
            balanced(&context).await;
        });
    }

    /// The next poll is late by what the server took, and that is the server's lateness.
    #[test]
    fn a_slow_server_makes_nobody_late() {
        run(async {
            let (context, every) = (slow(Duration::from_millis(260), 5), Duration::from_millis(200));
            context.shard.start.set(now());
            context.shard.meter.set_window(Window { begin: Tick(0), end: Tick(u64::MAX) });
            let options = Options { every, ..Options::default() };
            let mut client = Polling::connect(context.clone(), &options).await.unwrap();
            let _ends_with_the_server = timeout(Duration::from_millis(1_300), client.recv()).await;
            let lateness = context.shard.meter.tally().lateness;
            assert!(lateness.count() >= 4, "{}", lateness.count());
            let most = Duration::from_nanos(lateness.max().unwrap());
            assert!(most < Duration::from_millis(100), "{most:?}");
        });
    }

    /// A server that thinks so long before each of so many answers.
    fn slow(thinks: Duration, answers: usize) -> ClientContext {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let context = context(listener.local_addr().unwrap());
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for _ in 0..answers {
                assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
                thread::sleep(thinks);
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
            }
        });
        context
    }

    #[test]
    fn fixed_rate_keeps_its_slots() {
        // (now, next slot, missed) with slots at 100, 110, 120 …
        for (now, due, missed) in [(101, 110, 0), (109, 110, 0), (115, 110, 0), (120, 120, 1), (139, 130, 2)]
        {
            let slot = next_slot(Tick(100), Tick(now), 10, Pace::FixedRate);
            assert_eq!((slot.due, slot.missed), (Tick(due), missed), "now {now}");
        }
    }

    #[test]
    fn fixed_delay_and_closed_loop_count_from_the_answer() {
        assert_eq!(next_slot(Tick(100), Tick(137), 10, Pace::FixedDelay).due, Tick(147));
        assert_eq!(next_slot(Tick(100), Tick(137), 0, Pace::FixedRate).due, Tick(137));
    }
}
