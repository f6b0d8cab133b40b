//! One client's place among the others: its number, what it shares with its shard, and what it makes of what has come.
//!
//! It must not know which transport it is for.

use std::borrow::Cow;
use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use wsbench_targets::clock::{Clock, Tick, now};
use wsbench_targets::wire::{Headers, Stamp, TrialKey};

use super::Arrival;
use super::arrivals::Arrivals;
use super::cookies::Jar;
use super::endpoint::{Endpoint, Expects};
use super::http::request::Heads;
use super::http::two::pool::Pool;
use super::percent;
use super::tls::Tls;
use crate::message::place;
use crate::message::recogniser::{Hearer, Own, Recogniser};
use crate::message::template::{self, Saved};
use crate::message::values::Values;
use crate::meter::{Failure, Recorder};
use crate::session::Session;
use crate::session::client::ClientSession;
use crate::transport::Http;

/// What all clients of a shard share.
pub struct ShardContext {
    /// Header profile.
    pub headers: Headers,
    /// The thread's timer.
    pub clock: Clock,
    /// The shard's meter.
    pub meter: Rc<Recorder>,
    /// Names the schedules.
    pub seed: u64,
    /// How TLS is spoken, where it is.
    pub tls: Option<Tls>,
    /// When the load begins; set before any driver is asked to receive.
    pub start: Cell<Tick>,
    /// Where a server of several addresses answered last: there it is tried first.
    pub answered: Cell<Option<SocketAddr>>,
    /// First requests may be spread over so long: over the warm-up, so that no latency of the window contains it.
    pub spread: Duration,
    /// Every message is heard, whoever made it; else only those with a stamp of ours.
    pub hears_all: bool,
    /// What the trial's messages look like.
    pub recogniser: Recogniser,
    /// Clients display what comes, until something newer does.
    pub displays: bool,
    /// What the heads of requests have in common.
    pub heads: Heads,
    /// What each client says and hears besides the load.
    pub session: Option<Arc<Session>>,
    /// What clients have of their own.
    pub values: Option<Arc<Values>>,
    /// What is random in the places of an endpoint follows from this.
    pub chance: RandomState,
}

impl ShardContext {
    /// A shard whose load has not begun, of plain connections and stamped messages.
    pub fn new(headers: Headers, clock: Clock, seed: u64) -> ShardContext {
        ShardContext {
            headers,
            clock,
            meter: Rc::default(),
            seed,
            tls: None,
            start: Cell::default(),
            answered: Cell::default(),
            spread: Duration::ZERO,
            hears_all: false,
            recogniser: Recogniser::default(),
            displays: false,
            heads: Heads::default(),
            session: None,
            values: None,
            chance: RandomState::new(),
        }
    }

    /// The same with a meter of its own, for what is no cost of the clients.
    pub fn apart(&self) -> ShardContext {
        ShardContext {
            headers: self.headers.clone(),
            clock: self.clock.clone(),
            meter: Rc::default(),
            seed: self.seed,
            tls: self.tls.clone(),
            start: self.start.clone(),
            answered: self.answered.clone(),
            spread: self.spread,
            hears_all: self.hears_all,
            recogniser: self.recogniser.clone(),
            displays: self.displays,
            heads: Heads::default(),
            session: self.session.clone(),
            values: self.values.clone(),
            chance: self.chance.clone(),
        }
    }
}

/// One client's place: its number and what it shares.
#[derive(Clone)]
pub struct ClientContext {
    /// Number of the client over all shards, from 0.
    pub client: u32,
    /// Where to connect: a target of several processes has one for each slice of the clients.
    pub endpoint: Rc<Endpoint>,
    /// That is another for each client: it has places, which are filled when something is asked there.
    pub varies: bool,
    /// Address to connect from; the kernel's choice when `None`.
    pub source: Option<IpAddr>,
    /// Its cookies, where it keeps any.
    pub cookies: Option<Rc<Jar>>,
    /// How it speaks TLS, where it has tickets of its own.
    pub tls: Option<Rc<Tls>>,
    /// Its session, where there is one. What happens is its affair, unless it is [`beside`](ClientContext::beside_session).
    pub session: Option<Rc<ClientSession>>,
    /// What happens here is none of the session's affair.
    pub beside: bool,
    /// Its HTTP/2 connections, which its requests share, and other clients perhaps. Without it each opens one of its own.
    pub pool: Option<Rc<Pool>>,
    /// Shared by the shard.
    pub shard: Rc<ShardContext>,
}

impl ShardContext {
    /// What `client`, in its session, fills places with.
    pub fn own<'a>(&'a self, client: u32, session: Option<&'a ClientSession>) -> template::Own<'a> {
        let saved = session.map(|session| session as &dyn Saved);
        template::Own { client, values: self.values.as_deref(), chance: &self.chance, saved }
    }

    /// What the trial's stamps are made with.
    pub fn key(&self) -> TrialKey {
        TrialKey::new(self.seed, self.start.get())
    }
}

impl ClientContext {
    /// Client number `client` of `shard` at `endpoint`. `cookies`: it keeps them as a browser does; a reference target sets
    /// none.
    pub fn new(client: u32, endpoint: Rc<Endpoint>, shard: Rc<ShardContext>, cookies: bool) -> ClientContext {
        let keeps = cookies && endpoint.expects != Expects::Reference;
        let tls = shard.tls.as_ref().and_then(Tls::of_a_client).map(Rc::new);
        let own = |session| ClientSession::new(session, client, shard.values.clone());
        let session = shard.session.clone().map(own).map(Rc::new);
        let varies = endpoint.varies();
        let pool = (endpoint.connect.http == Http::Two).then(|| Rc::new(Pool::of(1)));
        let context = ClientContext {
            client,
            endpoint,
            varies,
            source: None,
            cookies: None,
            tls,
            session,
            beside: false,
            pool,
            shard,
        };
        let jar = || context.endpoint.jar(&context.shard.headers, &context.own());
        let cookies = keeps.then(|| Rc::new(jar()));
        ClientContext { cookies, ..context }
    }

    /// What the places of its endpoint are filled with.
    pub fn own(&self) -> template::Own<'_> {
        self.shard.own(self.client, self.session.as_deref())
    }

    /// The same place with an endpoint of its own, where it is another for each client: for a moment, as there are many clients.
    pub fn resolved(&self) -> ClientContext {
        match self.varies {
            true => self.moved(self.endpoint.of(&self.own())),
            false => self.clone(),
        }
    }

    /// Another number where the endpoint is another one by what the session has saved.
    pub fn aim(&self) -> u64 {
        self.shard.chance.hash_one(self.endpoint.saved(&self.own()))
    }

    /// Brings the cookies of the user's that name what the session has saved.
    pub fn bring_saved_cookies(&self) {
        self.cookies.iter().for_each(|jar| self.endpoint.put_cookies(jar, &self.own(), true));
    }

    /// The same client elsewhere.
    fn moved(&self, endpoint: Endpoint) -> ClientContext {
        ClientContext { endpoint: Rc::new(endpoint), varies: false, ..self.clone() }
    }

    /// `text`, JSON, with its places filled for this client.
    pub fn filled_json(&self, text: &str) -> String {
        match &self.session {
            Some(session) => session.text(text, |value, into| template::plain(&in_json(value), into)),
            None => place::fill(text, self.client, self.shard.values.as_deref(), in_json),
        }
    }

    /// The same place for what goes beside the session: a new connection, or a refusal, is none of its affair.
    pub fn beside_session(&self) -> ClientContext {
        ClientContext { beside: true, ..self.clone() }
    }

    /// The session that must be told what happens here; none beside it.
    pub fn session(&self) -> Option<&ClientSession> {
        self.session.as_deref().filter(|_| !self.beside)
    }

    /// A connection that was begun at `began` can carry messages. In a session it takes more to be connected.
    pub fn connected(&self, began: Tick) {
        if self.session().is_none() {
            self.shard.meter.connected(began);
        }
    }

    /// The messages for this client in what has come now as one: a frame, an event, a line. The stamp may stand anywhere, as
    /// servers wrap and join messages. Whatever else it holds is counted: another client's messages, what only looks like one
    /// of ours, and, where no stamp is in it, one unrecognised message.
    pub fn arrivals(&self, payload: &[u8], mut each: impl FnMut(Arrival)) {
        let (at, mut rest, mut any) = (now(), payload, false);
        loop {
            let (own, others) = self.next_own(rest, at);
            any |= own.is_some() || others;
            let Some(Own { stamp, altered, end }) = own else { break };
            each(Arrival { stamp, at, altered });
            rest = &rest[end..];
            if rest.is_empty() {
                break;
            }
        }
        if !any {
            self.unrecognised();
        }
    }

    /// The same where one is asked for: the first of them; the others wait in `later`.
    ///
    /// # Errors
    /// As for [`Arrivals::push`].
    pub fn arrival(&self, payload: &[u8], later: &mut Arrivals) -> Result<Option<Arrival>, Failure> {
        let (mut first, mut outcome) = (None, Ok(()));
        self.arrivals(payload, |arrival| {
            if first.is_none() {
                first = Some(arrival);
            } else if outcome.is_ok() {
                outcome = later.push(Ok(arrival), &self.shard.meter);
            }
        });
        outcome.map(|()| first)
    }

    /// A message has come without a stamp of ours.
    pub fn unrecognised(&self) {
        self.shard.meter.count(|c| c.unrecognised += 1);
    }

    /// The first message for this client in what came at `at`, and whether there were others before it, which are counted.
    /// In a session what is no delivery is one of the others.
    pub fn next_own(&self, payload: &[u8], at: Tick) -> (Option<Own>, bool) {
        match self.session() {
            None => self.find_own(payload, at),
            Some(session) => self.next_delivery(session, payload, at),
        }
    }

    fn next_delivery(&self, session: &ClientSession, payload: &[u8], at: Tick) -> (Option<Own>, bool) {
        let (mut begin, mut others) = (0, false);
        let mut known = session.looked_at(payload);
        while begin < payload.len() {
            let length = if known > 0 { known } else { session.first(&payload[begin..]) };
            let message = &payload[begin..begin + length];
            if known > 0 || session.hears(message, at) {
                let (own, more) = self.find_own(message, at);
                others |= more;
                if let Some(own) = own {
                    session.look_again(payload.len() - begin - own.end, length - own.end);
                    return (Some(Own { end: begin + own.end, ..own }), others);
                }
                if !(more || known > 0) {
                    self.unrecognised();
                }
            } else {
                session.passes(length);
            }
            (others, known) = (true, 0);
            begin += length;
        }
        (None, others)
    }

    /// Where all are heard, whatever came is one, scheduled for when it came.
    fn find_own(&self, payload: &[u8], at: Tick) -> (Option<Own>, bool) {
        if self.shard.hears_all {
            let stamp = Stamp { due: at, ..Stamp::default() };
            return (Some(Own { stamp, altered: false, end: payload.len() }), false);
        }
        let hearer = Hearer { client: self.client, key: self.shard.key(), at };
        let found = self.shard.recogniser.find(payload, &hearer);
        let others = found.strangers + found.leaked + found.invented > 0;
        if others {
            self.shard.meter.count(|c| {
                c.strangers += found.strangers;
                c.leaked += found.leaked;
                c.invented += found.invented;
            });
        }
        (found.own, others)
    }

    /// The same place for what is found under another path.
    pub fn at(&self, path: String) -> ClientContext {
        let own = self.resolved().endpoint;
        self.moved(Endpoint { expects: Expects::Foreign(path), ..Endpoint::clone(&own) })
    }

    /// The path that it has by the user's word; `None` for a reference target.
    pub fn path(&self) -> Option<Cow<'_, str>> {
        match &self.endpoint.expects {
            Expects::Foreign(path) if self.varies => Some(Cow::Owned(percent::filled(path, &self.own()))),
            Expects::Foreign(path) => Some(Cow::Borrowed(path)),
            Expects::Reference => None,
        }
    }
}

/// A value inside of a JSON string (RFC 8259 §7).
fn in_json(value: &str) -> String {
    serde_json::Value::from(value).to_string().trim_matches('"').to_owned()
}
