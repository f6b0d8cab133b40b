//! Publish: publishers inside wsbench send what is due, through an external server, to every client or to groups in turn.
//!
//! The clients receive as they do under broadcast, and latency runs from due by the one clock of this machine. The
//! publishers have a meter of their own: their bytes are no cost of the clients. What could not be sent is their failure, and
//! nobody's loss.

mod by_client;
mod by_post;
mod timetable;

use std::cell::RefCell;
use std::rc::Rc;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::wire::{Published, Stamp};

use timetable::{Next, Timetable};

use crate::drivers::{ClientContext, Driver, Endpoint};
use crate::message::groups::Groups;
use crate::message::turns::Turns;
use crate::meter::{Failure, Recorder};
use crate::scenario::Publish;

/// What all publishers of a trial share.
pub struct Publishing {
    form: Publish,
    turns: Turns,
    timetable: RefCell<Timetable>,
    log: Log,
}

/// What the publishers have done so far: of the messages due in the window.
struct Log {
    published: RefCell<Published>,
    /// Members of each group, where there are groups.
    members: Option<Vec<u64>>,
    /// The clients' meter: it knows the window, and counts all failures.
    meter: Rc<Recorder>,
    /// The publishers': it knows their reasons.
    own: Rc<Recorder>,
}

impl Publishing {
    /// Nothing published yet, to so many clients in these groups; the meters are the clients' and the publishers'.
    pub fn new(
        form: &Publish,
        clients: u32,
        groups: Option<&Groups>,
        (meter, own): (&Rc<Recorder>, &Rc<Recorder>),
    ) -> Publishing {
        let turns = form.turns(clients, groups.map(Groups::number));
        let log = Log {
            published: RefCell::default(),
            members: groups.map(|groups| groups.members(0..clients)),
            meter: Rc::clone(meter),
            own: Rc::clone(own),
        };
        Publishing { form: form.clone(), turns, timetable: RefCell::default(), log }
    }

    /// How many publish.
    pub fn publishers(&self) -> u32 {
        self.turns.publishers()
    }

    /// What was published.
    pub fn published(&self) -> Published {
        self.log.published.borrow().clone()
    }
}

impl Log {
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

    /// The server has taken this message, or has not.
    fn ended(&self, next: &Next, outcome: Result<(), Failure>) {
        let sampled = u64::from(self.meter.window().holds(next.due));
        let mut published = self.published.borrow_mut();
        let hearers = self.members.as_ref().map(|of| of.get(next.turn.stream as usize).copied().unwrap_or(0));
        match outcome {
            Ok(()) => {
                published.messages += sampled;
                if let Some(hearers) = hearers {
                    *published.arrivals.get_or_insert(0) += sampled * hearers;
                }
            }
            Err(failure) => {
                published.failed += sampled;
                self.fail(failure);
            }
        }
    }
}

/// One publisher of a trial.
pub struct Publisher {
    /// From 0.
    number: u32,
    context: ClientContext,
    shared: Rc<Publishing>,
}

impl Publisher {
    /// Publisher `number` at `context`, whose load begins now.
    pub fn new(number: u32, context: ClientContext, shared: Rc<Publishing>) -> Publisher {
        Publisher { number, context, shared }
    }

    /// Publishes through a client to the end of the window, and receives until dropped.
    pub async fn by_client<D: Driver>(self, options: &D::Options) {
        by_client::run::<D>(&self, options).await;
    }

    /// Publishes by `POST` to the end of the window; then only what is under way comes to its end. `to` is where whoever
    /// writes a message posts, another place for each where it has places.
    pub async fn by_post(self, to: &Endpoint) {
        by_post::run(&self, to).await;
    }

    fn log(&self) -> &Log {
        &self.shared.log
    }

    /// The next message that is this publisher's; `None` when it is not in the window any more.
    fn next(&self) -> Option<Next> {
        let Publishing { form, turns, timetable, log } = &*self.shared;
        let begin = || form.publication().stream(self.context.shard.seed, 0, self.context.shard.start.get());
        timetable
            .borrow_mut()
            .next(self.number, turns, begin)
            .filter(|next| next.due < log.meter.window().end)
    }

    /// That message.
    fn message(&self, next: &Next) -> Vec<u8> {
        let form = &self.shared.form;
        let mut bytes = Vec::with_capacity(form.payload);
        let stamp = Stamp { stream: next.turn.stream, seq: next.turn.seq, due: next.due };
        form.message.write(&self.context.shard.key(), stamp, next.turn.writer, form.payload, &mut bytes);
        bytes
    }
}
