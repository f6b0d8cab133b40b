//! The live meter of one shard: every client of it writes here, on one thread, without a lock.
//!
//! It must not know transports or loads. Its sum is a [`Tally`].

use std::cell::{Cell, OnceCell, RefCell};
use std::io;

use serde::{Deserialize, Serialize};
use wsbench_targets::clock::{Tick, now};
use wsbench_targets::hist::{Hist, Packed};

use super::age::Ages;
use super::kernel::Sockets;
use super::tally::{Counts, Interval, Tally};
use super::traffic::{Direction, Part, Phase, PhaseTraffic, Traffic};
use super::window::Window;
use super::{Failure, Failures, reasons};

/// Everything that the clients of one shard measure.
pub struct Recorder {
    window: Cell<Window>,
    phase: Cell<Phase>,
    counts: Cell<Counts>,
    traffic: RefCell<Traffic>,
    failures: RefCell<Failures>,
    pub(super) hists: RefCell<Hists>,
    /// What clients display tells it ([`super::Displayed`]).
    pub(super) ages: RefCell<Ages>,
    sockets: RefCell<Sockets>,
    /// Each interval with its latencies put away, coarser: an hour must not take more memory than a minute.
    timeline: RefCell<Vec<(Interval, Packed)>>,
    /// Counters at the begin of the running interval.
    mark: Cell<Mark>,
    /// Messages that arrived, in all phases: for progress.
    arrived: Cell<u64>,
    dials: Cell<Dials>,
    /// Intervals whose latencies were told, for progress.
    told: Cell<usize>,
    /// Takes what clients have of their own out of a server's words.
    hiding: OnceCell<Hiding>,
    /// What payload stands as while something else than the load is carried.
    aside: Cell<Option<Part>>,
}

/// A text without what must not be shown.
type Hiding = Box<dyn Fn(&str) -> String>;

/// Connections that were tried, in all phases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dials {
    /// All.
    pub tried: u64,
    /// Those that did not come about.
    pub failed: u64,
}

#[derive(Default)]
pub(super) struct Hists {
    /// Of all intervals that are over.
    latency: Hist,
    interval: Hist,
    response: Hist,
    connect: Hist,
    pub(super) connect_tcp: Hist,
    pub(super) connect_tls: Hist,
    pub(super) connect_answer: Hist,
    gap: Hist,
    lateness: Hist,
    lag: Hist,
}

#[derive(Clone, Copy, Default)]
struct Mark {
    at: Tick,
    arrived: u64,
    failures: u64,
    up: u64,
    down: u64,
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder {
            window: Cell::new(Window::NEVER),
            phase: Cell::default(),
            counts: Cell::default(),
            traffic: RefCell::default(),
            failures: RefCell::default(),
            hists: RefCell::default(),
            ages: RefCell::default(),
            sockets: RefCell::default(),
            timeline: RefCell::default(),
            mark: Cell::default(),
            arrived: Cell::default(),
            told: Cell::default(),
            dials: Cell::default(),
            hiding: OnceCell::new(),
            aside: Cell::default(),
        }
    }
}

/// What drivers tell.
impl Recorder {
    /// `bytes` of the wire were `part`.
    pub fn attribute(&self, direction: Direction, part: Part, bytes: usize) {
        let part = self.stands_as(part);
        self.event(|phase| *phase.flow(direction).part(part) += bytes as u64);
    }

    /// What `part` stands as now: of what leaves later, it is asked for before.
    pub fn stands_as(&self, part: Part) -> Part {
        match self.aside.get() {
            Some(aside) if part == Part::Payload => aside,
            _ => part,
        }
    }

    /// So many bytes that stood as `part` were something else.
    pub fn retract(&self, direction: Direction, part: Part, bytes: usize) {
        self.traffic.borrow_mut().retract(self.phase.get(), direction, part, bytes as u64);
    }

    /// Adds to the events of the running phase.
    pub fn event(&self, add: impl FnOnce(&mut PhaseTraffic)) {
        add(self.traffic.borrow_mut().phase_mut(self.phase.get()));
    }

    /// From now on payload is `part`, and messages are none of the load's; what that was before.
    pub fn set_aside(&self, part: Option<Part>) -> Option<Part> {
        self.aside.replace(part)
    }

    /// A message has come.
    pub fn message_down(&self) {
        let one = u64::from(self.aside.get().is_none());
        self.event(|phase| phase.messages_down += one);
    }

    /// So many messages have left.
    pub fn messages_up(&self, messages: u64) {
        let messages = if self.aside.get().is_none() { messages } else { 0 };
        self.event(|phase| phase.messages_up += messages);
    }

    /// A request that was due at `due` was answered at `at`.
    pub fn response(&self, due: Tick, at: Tick) {
        if self.window.get().holds(due) {
            self.hists.borrow_mut().response.record(at.since(due));
        }
    }

    /// Something that was due at `due` leaves at `at`.
    pub fn left(&self, due: Tick, at: Tick) {
        if self.window.get().holds(due) {
            self.hists.borrow_mut().lateness.record(at.since(due));
        }
    }

    /// A connection that was begun at `began` can carry messages.
    pub fn connected(&self, began: Tick) {
        self.hists.borrow_mut().connect.record(now().since(began));
    }

    /// An answer that brought nothing new.
    pub fn empty_poll(&self) {
        if self.phase.get() == Phase::Window {
            self.count(|c| c.empty_polls += 1);
        }
    }

    /// A slot due at `due` passed unused.
    pub fn missed_slot(&self, due: Tick) {
        if self.window.get().holds(due) {
            self.count(|c| c.missed_slots += 1);
        }
    }

    /// One failure of that kind.
    pub fn fail(&self, failure: Failure) {
        *self.failures.borrow_mut().of(failure) += 1;
    }

    /// What exactly the failure is that is about to be counted.
    pub fn reason(&self, name: &str) {
        let mut failures = self.failures.borrow_mut();
        match self.hiding.get().filter(|_| !failures.reasons.knows(name)) {
            Some(hide) => failures.reasons.add(&hide(name)),
            None => failures.reasons.add(name),
        }
    }

    /// From now on reasons and words are what `hide` makes of them.
    pub fn set_hiding(&self, hide: Hiding) {
        let first = self.hiding.set(hide).is_ok();
        debug_assert!(first, "set once, when a shard begins");
    }

    /// The same with a server's own words, quoted.
    pub fn reason_in_words(&self, name: &str, words: &str) {
        let mut failures = self.failures.borrow_mut();
        // Of a reason the first words stay: only they need to be looked at.
        match self.hiding.get().filter(|_| !words.is_empty() && !failures.words.contains_key(name)) {
            Some(hide) => failures.because(name, &hide(words)),
            None => failures.because(name, words),
        }
    }

    /// The reasons that `other` has noted, and has no more: whoever counts a failure shows why.
    pub fn take_reasons(&self, other: &Recorder) {
        let taken = std::mem::take(&mut *other.failures.borrow_mut());
        self.failures.borrow_mut().add_reasons(&taken);
    }

    /// What kind of failure kept a socket from being connected; where this machine lacked something, that is its reason.
    pub fn not_connected(&self, error: &io::Error) -> Failure {
        let failure = Failure::from(error);
        if failure == Failure::Local {
            reasons::used_up(error).into_iter().for_each(|name| self.reason(name));
        }
        failure
    }

    /// A connection was tried, and came about or did not.
    pub fn dialled(&self, well: bool) {
        let dials = self.dials.get();
        self.dials.set(Dials { tried: dials.tried + 1, failed: dials.failed + u64::from(!well) });
    }
}

/// What loads tell.
impl Recorder {
    /// A message that was due at `due` arrived at `at`, for the first time.
    pub fn arrival(&self, due: Tick, at: Tick) {
        self.arrived.set(self.arrived.get() + 1);
        let (sampled, inside) = (self.window.get().holds(due), self.phase.get() == Phase::Window);
        if sampled {
            self.hists.borrow_mut().interval.record(at.since(due));
        }
        self.count(|c| {
            c.delivered += u64::from(sampled);
            c.received += u64::from(inside);
        });
    }

    /// A message that nobody timed arrived at `at`; the one before it on the same client at `last`.
    pub fn heard(&self, last: Option<Tick>, at: Tick) {
        self.arrived.set(self.arrived.get() + 1);
        if self.phase.get() == Phase::Window {
            last.iter().for_each(|&last| self.hists.borrow_mut().gap.record(at.since(last)));
            self.count(|c| c.received += 1);
        }
    }

    /// Changes the counts.
    pub fn count(&self, change: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.get();
        change(&mut counts);
        self.counts.set(counts);
    }

    /// The counts as they stand.
    pub fn counts(&self) -> Counts {
        self.counts.get()
    }

    /// The measured interval.
    pub fn window(&self) -> Window {
        self.window.get()
    }
}

/// What the shard tells.
impl Recorder {
    /// Sets the measured interval.
    pub fn set_window(&self, window: Window) {
        self.window.set(window);
    }

    /// From now on bytes and events belong to `phase`.
    pub fn enter(&self, phase: Phase) {
        self.phase.set(phase);
    }

    /// The heartbeat that was due at `due` comes now. One that a stall delays beyond the window still belongs to it.
    pub fn heartbeat(&self, due: Tick) {
        if self.window.get().holds(due) {
            self.hists.borrow_mut().lag.record(now().since(due));
        }
    }

    /// Messages arrived so far, for progress.
    pub fn arrived(&self) -> u64 {
        self.arrived.get()
    }

    /// Failures so far, by kind.
    pub fn failures(&self) -> Failures {
        self.failures.borrow().clone()
    }

    /// Connections tried so far, for progress.
    pub fn dials(&self) -> Dials {
        self.dials.get()
    }

    /// The latencies of the last interval, once: for progress, which is told of each.
    pub fn latest(&self) -> Option<Packed> {
        let timeline = self.timeline.borrow();
        let fresh = timeline.len() > self.told.replace(timeline.len());
        timeline.last().filter(|_| fresh).map(|(_, packed)| packed.clone())
    }

    /// Ends the running interval of the timeline at `at` and begins the next; `keep` = false throws it away.
    pub fn rotate(&self, at: Tick, keep: bool) {
        let total = self.traffic.borrow().total();
        let (arrived, failures) = (self.arrived.get(), self.failures.borrow().total());
        let old =
            self.mark.replace(Mark { at, arrived, failures, up: total.up.counted, down: total.down.counted });
        let mut hists = self.hists.borrow_mut();
        if keep {
            let Hists { latency, interval, .. } = &mut *hists;
            *latency += interval;
            let seconds = |from: Tick, to: Tick| (to.0 as f64 - from.0 as f64) / 1e9;
            let interval = Interval {
                from_s: seconds(self.window.get().begin, old.at),
                length_s: seconds(old.at, at),
                received: arrived - old.arrived,
                failures: failures - old.failures,
                bytes_up: total.up.counted - old.up,
                bytes_down: total.down.counted - old.down,
                latency: Hist::default(),
            };
            self.timeline.borrow_mut().push((interval, hists.interval.pack()));
        }
        hists.interval.clear();
    }

    /// The sum of all.
    pub fn tally(&self) -> Tally {
        let mut counts = self.counts.get();
        counts.lost = counts.sent.saturating_sub(counts.delivered);
        let hists = self.hists.borrow();
        let unpacked = |(interval, packed): &(Interval, Packed)| Interval {
            latency: packed.unpack(),
            ..interval.clone()
        };
        let timeline: Vec<Interval> = self.timeline.borrow().iter().map(unpacked).collect();
        Tally {
            latency: hists.latency.clone(),
            response: hists.response.clone(),
            connect: hists.connect.clone(),
            connect_tcp: hists.connect_tcp.clone(),
            connect_tls: hists.connect_tls.clone(),
            connect_answer: hists.connect_answer.clone(),
            gap: hists.gap.clone(),
            lateness: hists.lateness.clone(),
            lag: hists.lag.clone(),
            age: self.ages.borrow().sum(),
            counts,
            failures: self.failures.borrow().clone(),
            traffic: *self.traffic.borrow(),
            timeline,
        }
    }
}

mod sockets;
#[cfg(test)]
mod tests;
