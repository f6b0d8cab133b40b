//! A trial that went well and the machine under it, made by arithmetic, to be spoilt: what does the verdict say?

use std::time::Duration;

use wsbench::meter::Dials;
use wsbench::os::census::Others;
use wsbench::results::{Measurement, Verdict};
use wsbench::run::verdict::{Evidence, Surroundings, judge};
use wsbench::scenario::{Connect, Echo, EchoPace, Load, Threshold};
use wsbench::transport::Transport;
use wsbench_targets::hist::Hist;
use wsbench_targets::pacer::Arrivals;
use wsbench_targets::wire::Published;

use super::measurement;

/// A trial and its surroundings, to be spoilt.
pub struct Scenery {
    pub m: Measurement,
    pub unanswered: u64,
    pub around: Surroundings,
    pub floor: Option<u64>,
    pub unreachable: Option<Dials>,
    pub thresholds: Vec<Threshold>,
    pub interrupted: bool,
}

/// 1,000 WebSocket clients, a message a second each, ten seconds, nothing wrong.
pub fn quiet() -> Scenery {
    let mut around = Surroundings {
        cores: 2,
        optimised: true,
        files: 20_000,
        ports: 28_232,
        memory: 8 << 30,
        clocksource: "tsc".to_owned(),
        ..Surroundings::default()
    };
    for pulse in [&mut around.start, &mut around.begin, &mut around.end] {
        pulse.cpu = Some(1_000);
        pulse.steal = Some(0);
        pulse.listen_drops = Some(5);
        pulse.syn_retransmits = Some(5);
        pulse.memory_available = Some(4 << 30);
        pulse.time_wait = Some(10);
        pulse.throttled_ns = Some(1_000_000_000);
    }
    around.end.cpu = Some(2_000);
    let m = Measurement { published: Some(published(10_000)), ..measurement(0, by("websocket"), 1_000) };
    Scenery {
        m,
        unanswered: 0,
        around,
        floor: None,
        unreachable: None,
        thresholds: vec![],
        interrupted: false,
    }
}

/// The transport of that name, with its defaults.
pub fn by(name: &str) -> Transport {
    Transport::all().into_iter().find(|t| t.name() == name).unwrap()
}

/// What other programs did on two cores.
pub fn others(busy: f64, idle: f64) -> Others {
    Others { cores: 2.0, busy, idle, busiest: vec![("sh".to_owned(), busy / 2.0)] }
}

pub fn published(messages: u64) -> Published {
    Published { messages, ..Published::default() }
}

pub fn hist(ns: u64, count: u64) -> Hist {
    let mut hist = Hist::default();
    (0..count).for_each(|_| hist.record(ns));
    hist
}

impl Scenery {
    /// Clients send and get back, one message a second each; in a closed loop as fast as they come back.
    pub fn echoes(&mut self, closed: bool) {
        let pace = if closed { EchoPace::Closed } else { EchoPace::Open(Arrivals::Constant) };
        self.m.trial.load =
            Load::Echo(Echo { every: Duration::from_secs(1), pace, payload: 21, message: None });
        self.m.tally.traffic.window.messages_up = 10_000;
        self.m.published = None;
    }

    /// Connections come and go, all of them in time.
    pub fn connects(&mut self) {
        self.m.trial.load = Load::Connect(Connect { rate: 1_000.0, arrivals: Arrivals::Constant });
        self.m.tally.lateness = hist(1_000, 10_000);
        self.m.published = None;
    }

    /// A server publishes by its own clock, and nothing comes.
    pub fn hears_nothing(&mut self) {
        self.m.trial.load = Load::Listen;
        self.m.tally.counts.sent = 0;
        self.receives_nothing();
    }

    /// What was sent comes to nobody.
    pub fn receives_nothing(&mut self) {
        self.m.tally.traffic.window.messages_down = 0;
        let counts = &mut self.m.tally.counts;
        (counts.delivered, counts.received, counts.lost) = (0, 0, counts.sent);
        (self.m.tally.latency, self.m.published) = (Hist::default(), None);
        self.m.tally.timeline.clear();
    }

    /// The window lasts so long, in seconds.
    pub fn holds(&mut self, window_s: f64) {
        self.m.window_s = window_s;
        self.m.harness.iter_mut().chain(&mut self.m.target).for_each(|usage| usage.over_s = window_s);
    }

    /// So many of the messages never arrive.
    pub fn loses(&mut self, lost: u64) {
        self.m.tally.counts.lost = lost;
        self.m.tally.counts.delivered -= lost;
    }

    pub fn judged(&self) -> Verdict {
        judge(&Evidence {
            measurement: &self.m,
            unanswered: self.unanswered,
            surroundings: &self.around,
            floor: self.floor,
            unreachable: self.unreachable,
            thresholds: &self.thresholds,
        })
    }
}
