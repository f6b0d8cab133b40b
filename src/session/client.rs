//! One client's state in a session: what it has saved, what has come, what it owes. No I/O.
//!
//! A driver shows it each message that comes ([`ClientSession::hears`]) and hands on those that are deliveries; whoever
//! wraps the driver (`drivers::with_session`) says what is owed. It must not know transports.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;

use wsbench_targets::clock::Tick;

use super::condition::{Seen, written};
use super::saved::SavedValues;
use super::text::{self, Kind, Names};
use super::{Said, Save, Session, Source};
use crate::message::template::{Saved, Writing, plain};
use crate::message::values::Values;

/// What of the set-up is kept at the most until a step asks for it, in bytes. A server that says more has said it in vain.
const MAX_KEPT: usize = 1 << 20;

/// What goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// As a binary frame, where there are frames.
    pub binary: bool,
}

/// A client in its session.
pub struct ClientSession {
    session: Arc<Session>,
    client: u32,
    values: Option<Arc<Values>>,
    /// The next message leaves as a binary frame.
    binary: Cell<bool>,
    /// Its steps are done, and nothing has broken since.
    joined: Cell<bool>,
    /// Its steps run: what comes is theirs.
    joining: Cell<bool>,
    number: Cell<u64>,
    beat: Cell<Option<Tick>>,
    saved: RefCell<SavedValues>,
    heard: RefCell<Heard>,
    owed: RefCell<VecDeque<Outgoing>>,
    /// Of the delivery that was looked at last: bytes that came with it and behind it, and of these how many are its own.
    rest: Cell<(usize, usize)>,
    /// Bytes beside the load that nobody has accounted for yet.
    noise: Cell<usize>,
}

/// What has come during the steps, and when.
#[derive(Default)]
struct Heard {
    messages: VecDeque<(Vec<u8>, Tick)>,
    bytes: usize,
}

impl ClientSession {
    /// A client that has done nothing yet.
    pub fn new(session: Arc<Session>, client: u32, values: Option<Arc<Values>>) -> ClientSession {
        ClientSession {
            session,
            client,
            values,
            binary: Cell::default(),
            joined: Cell::default(),
            joining: Cell::default(),
            number: Cell::default(),
            beat: Cell::default(),
            saved: RefCell::default(),
            heard: RefCell::default(),
            owed: RefCell::default(),
            rest: Cell::default(),
            noise: Cell::default(),
        }
    }

    /// What it goes by.
    pub fn plan(&self) -> &Arc<Session> {
        &self.session
    }

    /// Its steps begin, again or for the first time.
    pub fn begin(&self) {
        self.joined.set(false);
        self.joining.set(true);
        self.rest.set((0, 0));
        self.owed.borrow_mut().clear();
        *self.heard.borrow_mut() = Heard::default();
    }

    /// Its steps are done at `at`. What has come and no step has asked for: it may be the load's.
    pub fn joined(&self, at: Tick) -> Vec<(Vec<u8>, Tick)> {
        self.joined.set(true);
        self.joining.set(false);
        self.rest_until_beat(at);
        std::mem::take(&mut *self.heard.borrow_mut()).messages.into()
    }

    /// Its steps have not come to their end: they begin again before anything else is said.
    pub fn failed(&self) {
        self.joining.set(false);
    }

    /// Whether its steps are done and nothing has broken since.
    pub fn is_joined(&self) -> bool {
        self.joined.get()
    }

    /// What carries it has broken, or has refused it: a server has forgotten what was said before.
    pub fn broke(&self) {
        self.joined.set(false);
    }

    /// Whether the next message leaves as a binary frame.
    pub fn sends_binary(&self) -> bool {
        self.binary.get()
    }

    /// Whether something waits for whoever says and hears: a break, something owed, or during the steps a message.
    pub fn calls(&self) -> bool {
        match self.joining.get() {
            true => self.has_heard() || !self.owed.borrow().is_empty(),
            false => !self.joined.get() || !self.owed.borrow().is_empty(),
        }
    }

    /// The next message that came during the steps.
    pub fn next_heard(&self) -> Option<Vec<u8>> {
        let mut heard = self.heard.borrow_mut();
        let (message, _) = heard.messages.pop_front()?;
        heard.bytes -= message.len();
        Some(message)
    }

    /// Whether something has come that no step has looked at.
    pub fn has_heard(&self) -> bool {
        !self.heard.borrow().messages.is_empty()
    }

    /// What must be said next.
    pub fn next_owed(&self) -> Option<Outgoing> {
        self.owed.borrow_mut().pop_front()
    }

    /// When a heartbeat is due.
    pub fn next_beat(&self) -> Option<Tick> {
        self.beat.get().filter(|_| self.joined.get())
    }

    /// A heartbeat is due at `at`, which is now.
    pub fn beat(&self, at: Tick) {
        let send = self.session.heartbeat.as_ref().map(|beat| self.outgoing(&beat.send, &[]));
        self.owed.borrow_mut().extend(send);
        self.rest_until_beat(at);
    }

    fn rest_until_beat(&self, at: Tick) {
        self.beat.set(self.session.heartbeat.as_ref().map(|beat| at + beat.every));
    }

    /// How many bytes of `payload` are its first message, with the separator behind it.
    pub fn first(&self, payload: &[u8]) -> usize {
        let Some(separator) = self.session.separator.as_ref().map(|text| text.as_bytes()) else {
            return payload.len();
        };
        let found = payload.windows(separator.len()).position(|part| part == separator);
        found.map_or(payload.len(), |at| at + separator.len())
    }

    /// A message has come at `at`: whether it is one of the load's, which others look at.
    pub fn hears(&self, message: &[u8], at: Tick) -> bool {
        let bare = self.session.separator.as_ref().and_then(|text| message.strip_suffix(text.as_bytes()));
        let seen = Seen::new(bare.unwrap_or(message));
        if self.answers(&seen) {
            return false;
        }
        if self.joining.get() {
            self.keep(seen.bytes, at);
            return false;
        }
        self.session.message.as_ref().is_none_or(|condition| condition.holds(&seen).is_some())
    }

    fn answers(&self, seen: &Seen<'_>) -> bool {
        let found = self.session.answers.iter().find_map(|answer| Some((answer, answer.on.holds(seen)?)));
        let owed = found.map(|(answer, captures)| self.outgoing(&answer.send, &captures));
        let answers = owed.is_some();
        self.owed.borrow_mut().extend(owed);
        answers
    }

    fn keep(&self, message: &[u8], at: Tick) {
        let mut heard = self.heard.borrow_mut();
        heard.bytes += message.len();
        heard.messages.push_back((message.to_vec(), at));
        while heard.bytes > MAX_KEPT
            && let Some((first, _)) = heard.messages.pop_front()
        {
            heard.bytes -= first.len();
        }
    }

    /// What goes out where `said` is to be said.
    pub fn outgoing(&self, said: &Said, captures: &[String]) -> Outgoing {
        let binary = said.binary || self.session.binary;
        Outgoing { bytes: self.filled(&said.text, Kind::Step, captures), binary }
    }

    /// Sets how the next message leaves.
    pub fn leaves(&self, binary: bool) {
        self.binary.set(binary);
    }

    /// A message of the load as this client says it.
    pub fn message(&self, message: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(message) {
            Ok(text) => self.filled(text, Kind::Message, &[]),
            Err(_) => message.to_vec(),
        }
    }

    /// `text` of a step with its places filled, as text; each value by `writing`.
    pub fn text(&self, text: &str, writing: Writing) -> String {
        String::from_utf8_lossy(&self.fill(text, Kind::Step, &[], writing)).into_owned()
    }

    fn filled(&self, text: &str, kind: Kind, captures: &[String]) -> Vec<u8> {
        self.fill(text, kind, captures, plain)
    }

    fn fill(&self, text: &str, kind: Kind, captures: &[String], writing: Writing) -> Vec<u8> {
        let mut into = Vec::with_capacity(text.len());
        let (client, values, number) = (self.client, self.values.as_deref(), &self.number);
        let (saved, parameters) = (&*self.saved.borrow(), &self.session.parameters);
        let names = Names { client, values, saved, parameters, number, captures, writing };
        text::fill(text, kind, &names, &mut into);
        into
    }

    /// Takes values out of what came; `header` is that of an answer.
    ///
    /// # Errors
    /// The first that is not there.
    pub fn save<'a>(
        &self,
        saves: &'a [Save],
        bytes: &[u8],
        header: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), &'a Save> {
        let seen = Seen::new(bytes);
        for save in saves {
            let value = match &save.from {
                Source::Pointer(pointer) => seen.at(pointer).map(written),
                Source::Header(name) => header(name),
                Source::Matches(pattern) => {
                    let caught = pattern.captures(&String::from_utf8_lossy(bytes));
                    // The first group, or all of it where there is none.
                    caught.and_then(|groups| groups.get(1).or(groups.first()).cloned())
                }
            };
            self.saved.borrow_mut().put(&save.name, &value.ok_or(save)?);
        }
        Ok(())
    }

    /// Of what has come together, how many bytes at its front belong to a delivery that was looked at already.
    pub fn looked_at(&self, payload: &[u8]) -> usize {
        let (together, own) = self.rest.take();
        if together == payload.len() { own } else { 0 }
    }

    /// So many bytes were no message of the load's, but keep-alives and answers. Those of the steps are the set-up's.
    pub fn passes(&self, bytes: usize) {
        if self.joined.get() {
            self.noise.set(self.noise.get() + bytes);
        }
    }

    /// How many bytes [have passed](ClientSession::passes) since this was asked last.
    pub fn take_noise(&self) -> usize {
        self.noise.take()
    }

    /// `together` bytes are left behind a delivery's stamp, of which `own` are the same delivery's.
    pub fn look_again(&self, together: usize, own: usize) {
        self.rest.set((together, own));
    }
}

/// Of texts that stand outside of the session, whose parameters are written out. They say the number that comes next, and take
/// none: how often they are written is for others to know.
impl Saved for ClientSession {
    fn write(&self, name: &str, writing: Writing, into: &mut Vec<u8>) -> bool {
        if name == text::NUMBER {
            writing(&(self.number.get() + 1).to_string(), into);
            return true;
        }
        let saved = self.saved.borrow();
        saved.get(name).map(|value| writing(value, into)).is_some()
    }
}

#[cfg(test)]
mod tests;
