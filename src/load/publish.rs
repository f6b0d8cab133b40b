//! Publish: one publisher inside wsbench sends what is due, through a external server, to every client.
//!
//! The clients receive as they do under broadcast, and latency runs from due by the one clock of this machine. The
//! publisher has a meter of its own: its bytes are no cost of the clients. What could not be sent is its failure, and
//! nobody's loss.

mod by_client;
mod by_post;

use std::cell::RefCell;
use std::rc::Rc;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::pacer::Pacer;
use wsbench_targets::wire::{Published, Stamp};

use crate::drivers::{ClientContext, Driver, Endpoint};
use crate::meter::{Failure, Recorder};
use crate::scenario::Publish;

/// The one publisher of a trial.
pub struct Publisher {
    form: Publish,
    /// Where messages are posted; without one they go through a client.
    post: Option<Endpoint>,
    context: ClientContext,
    pacer: Pacer,
    seq: u64,
    log: Rc<Log>,
}

/// What the publisher has done so far: of the messages due in the window.
pub struct Log {
    published: RefCell<Published>,
    /// The clients' meter: it knows the window, and counts all failures.
    meter: Rc<Recorder>,
    /// The publisher's: it knows their reasons.
    own: Rc<Recorder>,
}

impl Log {
    /// Nothing published yet.
    pub fn new(meter: &Rc<Recorder>, own: &Rc<Recorder>) -> Log {
        Log { published: RefCell::default(), meter: Rc::clone(meter), own: Rc::clone(own) }
    }

    /// What was published.
    pub fn published(&self) -> Published {
        self.published.borrow().clone()
    }

    fn fail(&self, failure: Failure) {
        self.meter.fail(failure);
        self.meter.take_reasons(&self.own);
    }

    /// The message that is due at `due` leaves now.
    fn leaves(&self, due: Tick) {
        if self.meter.window().holds(due) {
            self.published.borrow_mut().lateness.record(now().since(due));
        }
    }

    /// The server has taken it, or has not.
    fn ended(&self, due: Tick, outcome: Result<(), Failure>) {
        let sampled = u64::from(self.meter.window().holds(due));
        let mut published = self.published.borrow_mut();
        match outcome {
            Ok(()) => published.messages += sampled,
            Err(failure) => {
                published.failed += sampled;
                self.fail(failure);
            }
        }
    }
}

impl Publisher {
    /// A publisher at `context`, whose load begins now.
    pub fn new(form: &Publish, post: Option<Endpoint>, context: ClientContext, log: Rc<Log>) -> Publisher {
        let pacer = form.publication().stream(context.shard.seed, context.client, context.shard.start.get());
        Publisher { form: form.clone(), post, context, pacer, seq: 0, log }
    }

    /// Publishes to the end of the window; then only what is under way comes to its end. Runs until dropped where a
    /// connection stays.
    pub async fn run<D: Driver>(mut self, options: &D::Options) {
        match self.post.take() {
            None => by_client::run::<D>(&mut self, options).await,
            Some(to) => by_post::run(&mut self, to).await,
        }
    }

    /// When the next message is due; `None` when it is not in the window any more.
    fn next_due(&mut self) -> Option<Tick> {
        let due = self.pacer.next_due(Tick::default());
        (due < self.log.meter.window().end).then_some(due)
    }

    /// The message that is due at `due`.
    fn message(&mut self, due: Tick) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.form.payload);
        let stamp = Stamp { stream: Stamp::ALL, seq: self.seq, due };
        self.seq += 1;
        let (key, client) = (self.context.shard.key(), self.context.client);
        self.form.message.write(&key, stamp, client, self.form.payload, &mut bytes);
        bytes
    }
}
