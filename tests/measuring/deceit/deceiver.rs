//! What becomes of each message on its way to each client, by a seed, and what a truthful meter must say of it.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::pacer::Random;
use wsbench_targets::wire::{STAMP_LEN, TrialKey};

/// One message in so many is tampered with.
const ONE_IN: u64 = 4;
/// The longest delay: many numbers behind, and shorter than the wait for what is missing.
const LATEST: Duration = Duration::from_millis(900);

/// What is done to a message.
#[derive(Clone, Copy, PartialEq)]
enum Trick {
    Drop,
    Repeat,
    RepeatLate,
    Delay,
    Invent,
    Cut,
    Change,
    Swap,
}

const TRICKS: [Trick; 8] = [
    Trick::Drop,
    Trick::Repeat,
    Trick::RepeatLate,
    Trick::Delay,
    Trick::Invent,
    Trick::Cut,
    Trick::Change,
    Trick::Swap,
];

/// A message under way.
#[derive(Clone)]
struct Parcel {
    at: Tick,
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Whole,
    Altered,
    Stranger,
    Invented,
}

/// What lies between the servers' ends of all clients.
pub struct Deceiver {
    /// Each client has messages of its own; else all hear the same.
    echo: bool,
    warmup: Duration,
    random: Mutex<Random>,
    clients: Mutex<Vec<Client>>,
}

#[derive(Default)]
struct Client {
    outbox: Vec<Parcel>,
    /// What was handed out, in order: number, whether it is of the window, kind.
    log: Vec<(u64, bool, Kind)>,
}

/// What a truthful meter says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Truth {
    pub delivered: u64,
    pub duplicated: u64,
    pub reordered: u64,
    pub altered: u64,
    pub strangers: u64,
    pub invented: u64,
}

impl Deceiver {
    pub fn new(echo: bool, seed: u64, warmup: Duration) -> Deceiver {
        Deceiver { echo, warmup, random: Mutex::new(Random::new(seed, 0)), clients: Mutex::default() }
    }

    /// A client has connected; its number here.
    pub fn joins(&self) -> usize {
        let mut clients = self.clients.lock().unwrap();
        clients.push(Client::default());
        clients.len() - 1
    }

    /// A client said this, and wants it back.
    pub fn said(&self, by: usize, text: &str) {
        assert!(self.echo);
        self.sends(by, text);
    }

    /// This is published to all.
    pub fn published(&self, text: &str) {
        let clients = self.clients.lock().unwrap().len();
        (0..clients).for_each(|client| self.sends(client, text));
    }

    fn sends(&self, to: usize, text: &str) {
        let mut clients = self.clients.lock().unwrap();
        let draw = |below: u64| self.random.lock().unwrap().next_u64() % below;
        let delay = |draw: u64| now() + Duration::from_millis(1 + draw);
        let parcel = Parcel { at: now(), text: text.to_owned(), kind: Kind::Whole };
        let other = (to + 1) % clients.len();
        let trick = TRICKS.get(draw(ONE_IN * TRICKS.len() as u64) as usize);
        let trick = trick.filter(|trick| **trick != Trick::Swap || (self.echo && other != to)).copied();
        let late = delay(draw(LATEST.as_millis() as u64));
        let mut put = |to: usize, parcel: Parcel| clients[to].outbox.push(parcel);
        match trick {
            None => put(to, parcel),
            Some(Trick::Drop) => {}
            Some(Trick::Repeat) => [parcel.clone(), parcel].into_iter().for_each(|parcel| put(to, parcel)),
            Some(Trick::RepeatLate) => {
                put(to, Parcel { at: late, ..parcel.clone() });
                put(to, parcel);
            }
            Some(Trick::Delay) => put(to, Parcel { at: late, ..parcel }),
            Some(Trick::Invent) => {
                put(to, Parcel { text: unchecked(text), kind: Kind::Invented, ..parcel.clone() });
                put(to, parcel);
            }
            Some(Trick::Cut) => {
                put(to, Parcel { text: text[..STAMP_LEN + 3].to_owned(), kind: Kind::Altered, ..parcel });
            }
            Some(Trick::Change) => {
                put(to, Parcel { text: text.replacen("...", ".x.", 1), kind: Kind::Altered, ..parcel });
            }
            Some(Trick::Swap) => put(other, Parcel { kind: Kind::Stranger, ..parcel }),
        }
    }

    /// What is to be handed to a client now; from here on it counts as handed out.
    pub fn ripe(&self, client: usize) -> Vec<String> {
        let (mut clients, at) = (self.clients.lock().unwrap(), now());
        let Client { outbox, log } = &mut clients[client];
        let (ripe, later): (Vec<Parcel>, Vec<Parcel>) = outbox.drain(..).partition(|parcel| parcel.at <= at);
        *outbox = later;
        log.extend(ripe.iter().map(|parcel| self.entry(parcel)));
        ripe.into_iter().map(|parcel| parcel.text).collect()
    }

    /// Number and time of a stamp are read as anybody can who has no key: the time since the trial's start.
    fn entry(&self, parcel: &Parcel) -> (u64, bool, Kind) {
        let stamp = TrialKey::default().decode(parcel.text.as_bytes()).unwrap().stamp;
        (stamp.seq, u128::from(stamp.due.0) >= self.warmup.as_nanos(), parcel.kind)
    }

    /// What was done, gone through client by client.
    pub fn truth(&self) -> Truth {
        let mut truth = Truth::default();
        for client in self.clients.lock().unwrap().iter() {
            let (mut seen, mut highest) = (HashSet::new(), None);
            for &(number, sampled, kind) in &client.log {
                let sampled = u64::from(sampled);
                match kind {
                    Kind::Stranger => truth.strangers += 1,
                    Kind::Invented => truth.invented += 1,
                    Kind::Whole | Kind::Altered if !seen.insert(number) => truth.duplicated += sampled,
                    Kind::Whole | Kind::Altered => {
                        truth.delivered += sampled;
                        truth.reordered += if Some(number) < highest { sampled } else { 0 };
                        truth.altered += if kind == Kind::Altered { sampled } else { 0 };
                        highest = highest.max(Some(number));
                    }
                }
            }
        }
        truth
    }
}

/// The same message with a stamp that was made up: whatever its check says, it is not that.
fn unchecked(text: &str) -> String {
    let last = if &text[STAMP_LEN - 1..STAMP_LEN] == "a" { "b" } else { "a" };
    format!("{}{last}{}", &text[..STAMP_LEN - 1], &text[STAMP_LEN..])
}
