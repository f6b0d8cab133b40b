//! Tests: a driver without a socket, whose sends and failures are written down. What is sent comes back as an echo.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::{Future, pending};
use std::rc::Rc;
use std::time::Duration;

use tokio::task::LocalSet;
use wsbench_targets::clock::{Clock, Tick, now};
use wsbench_targets::wire::{Headers, Stamp};

use crate::drivers::{Arrival, ClientContext, Driver, Endpoint, ShardContext};
use crate::meter::Failure;

/// What the driver does.
#[derive(Clone, Default)]
pub(crate) struct Script {
    /// How long each send takes, and what comes of it; later ones succeed at once.
    pub sends: Vec<(Duration, Result<(), Failure>)>,
    /// When receiving fails, from the connection on; in the order of time.
    pub breaks: Vec<(Duration, Failure)>,
    /// How long an echo takes.
    pub echo_after: Duration,
    /// The client of this number panics where it would receive.
    pub panics: Option<u32>,
    /// Closing never ends.
    pub stays_open: bool,
    /// When each send began.
    pub sent: Rc<RefCell<Vec<Tick>>>,
}

/// A client that follows its script.
pub(crate) struct Scripted {
    context: ClientContext,
    clock: Clock,
    script: Script,
    sends: VecDeque<(Duration, Result<(), Failure>)>,
    breaks: VecDeque<(Tick, Failure)>,
    echoes: VecDeque<(Tick, Stamp)>,
}

impl Driver for Scripted {
    type Options = Script;
    const UNASKED: bool = false;

    async fn connect(context: ClientContext, script: &Script) -> Result<Scripted, Failure> {
        let began = now();
        Ok(Scripted {
            clock: context.shard.clock.clone(),
            context,
            sends: script.sends.iter().copied().collect(),
            breaks: script.breaks.iter().map(|&(after, failure)| (began + after, failure)).collect(),
            echoes: VecDeque::new(),
            script: script.clone(),
        })
    }

    async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        self.script.sent.borrow_mut().push(now());
        let (takes, outcome) = self.sends.pop_front().unwrap_or((Duration::ZERO, Ok(())));
        self.clock.sleep(takes).await;
        outcome?;
        let reading = self.context.shard.key().decode(message);
        self.echoes.extend(reading.map(|reading| (now() + self.script.echo_after, reading.stamp)));
        Ok(())
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        assert_ne!(self.script.panics, Some(self.context.client), "as the script wants");
        let [echo, breaks] = [self.echoes.front().map(|e| e.0), self.breaks.front().map(|b| b.0)];
        let Some(due) = echo.into_iter().chain(breaks).min() else { return pending().await };
        self.clock.sleep_until(due).await;
        match self.breaks.pop_front_if(|&mut (at, _)| at == due) {
            Some((_, failure)) => Err(failure),
            None => {
                let next = self.echoes.pop_front();
                next.map(|(at, stamp)| Arrival { stamp, at, altered: false }).ok_or(Failure::Closed)
            }
        }
    }

    async fn close(self) {
        if self.script.stays_open {
            pending().await
        }
    }
}

/// Runs clients and their clock.
pub(crate) fn run<T>(what: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, what)
}

/// The context of a client of a shard of its own, whose load begins now.
pub(crate) fn context(endpoint: Endpoint) -> ClientContext {
    let clock = Clock::new().unwrap();
    tokio::task::spawn_local(clock.clone().run());
    let shard = ShardContext::new(Headers::minimal(), clock, 1);
    shard.start.set(now());
    ClientContext::first(endpoint, shard)
}
