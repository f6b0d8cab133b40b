//! Drivers: the client's end of each transport, one file each, decoders without I/O beside them.
//!
//! A driver must not know which load drives it or how many others there are. Static dispatch: futures need not be
//! `Send`, a client lives and dies on one thread.

pub mod arrivals;
pub mod buffer;
pub mod connect_options;
pub mod cookies;
pub mod deadline;
pub mod dial;
pub mod http;
pub mod json;
pub mod limits;
pub mod long_polling;
pub mod memory_budget;
pub mod opener;
mod percent;
pub mod polling;
pub mod retry;
mod said;
#[cfg(test)]
mod scripted;
pub mod session;
pub mod socketio;
pub mod sockjs;
pub mod sse;
pub mod streaming;
pub mod tls;
pub mod websocket;
pub mod with_session;

use std::cell::Cell;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wsbench_targets::clock::{Clock, Tick, now};
use wsbench_targets::wire::{Headers, Stamp, TrialKey};

use arrivals::Arrivals;
use connect_options::{ConnectOptions, CustomHeader};
use cookies::{Jar, Site};
use http::request::Heads;
use tls::Tls;

use crate::message::place;
use crate::message::recogniser::{Hearer, Own, Recogniser};
use crate::message::values::Values;
use crate::meter::{Failure, Recorder};
use crate::secret::Secret;
use crate::session::Session;
use crate::session::client::ClientSession;
use crate::transport::Transport;
use with_session::WithSession;

/// One client's end of a transport.
///
/// An error is counted by the caller, who calls again at once: what has broken waits for itself ([`retry`]) and holds
/// back nothing else; the call that needs it opens it again and goes on where the last one stopped.
#[allow(async_fn_in_trait, reason = "futures stay on their thread; nobody needs to name their bounds")]
pub trait Driver: Sized + 'static {
    /// The transport's options.
    type Options: Clone + 'static;

    /// Opens what carries messages: a TCP connection, and the upgrade where there is one.
    async fn connect(context: ClientContext, options: &Self::Options) -> Result<Self, Failure>;

    /// Sends one message; over HTTP, begins to. What becomes of it then says [`Driver::taken`], or the call that
    /// receives.
    async fn send(&mut self, message: &[u8]) -> Result<(), Failure>;

    /// Waits until the server has taken what was sent, where the transport says so.
    async fn taken(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// Whether a server says something without being asked: messages, pings. Such a client receives from the moment it is
    /// connected, while others still connect; one that asks begins with the load.
    const UNASKED: bool;

    /// The next message. Cancel-safe: a call that is dropped loses nothing.
    async fn recv(&mut self) -> Result<Arrival, Failure>;

    /// Closes in the protocol's own way and waits for the other end, for [`limits::CLOSE_TIMEOUT`] at the most. What
    /// goes wrong meanwhile counts against nobody: all was measured by then.
    async fn close(self);
}

/// What is done with the driver of a transport, whichever it is.
pub trait WithDriver {
    /// What comes of it.
    type Output;

    /// Does it.
    fn with<D: Driver>(self, options: &D::Options) -> Self::Output;
}

/// The one `match` from a transport to its driver.
pub fn with_driver<W: WithDriver>(transport: &Transport, what: W) -> W::Output {
    match transport {
        Transport::Polling(options) => what.with::<WithSession<polling::Polling>>(options),
        Transport::LongPolling(options) => what.with::<WithSession<long_polling::LongPolling>>(options),
        Transport::WebSocket(options) => what.with::<WithSession<websocket::WebSocket>>(options),
        Transport::Streaming(options) => what.with::<WithSession<streaming::Streaming>>(options),
        Transport::Sse(options) => what.with::<WithSession<sse::Sse>>(options),
        Transport::SocketIo(options) => what.with::<WithSession<socketio::SocketIo>>(options),
        Transport::SockJs(options) => what.with::<WithSession<sockjs::SockJs>>(options),
    }
}

/// A message that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Which message it is, and when it was due.
    pub stamp: Stamp,
    /// When its bytes were decoded, however late it is handed out.
    pub at: Tick,
    /// It is not as it was sent.
    pub altered: bool,
}

/// Where the clients connect, what they expect to find there, and how they connect: three things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Where the clients connect: the first address of its name.
    pub address: Address,
    /// The other addresses of its name, where it is one, in the resolver's order.
    pub others: Vec<SocketAddr>,
    /// The `Host` line, unless the header profile has one.
    pub authority: String,
    /// What they expect to find.
    pub expects: Expects,
    /// How they connect.
    pub connect: ConnectOptions,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Address {
    /// By TCP.
    Tcp(SocketAddr),
    /// By a Unix socket.
    Unix(PathBuf),
}

impl Address {
    /// Of TCP, if it is one.
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Address::Tcp(address) => Some(*address),
            Address::Unix(_) => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => write!(f, "{address}"),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl Endpoint {
    /// A reference target.
    pub fn reference(address: SocketAddr) -> Endpoint {
        let (expects, connect) = (Expects::Reference, ConnectOptions::default());
        let (authority, address) = (address.to_string(), Address::Tcp(address));
        Endpoint { address, others: vec![], authority, expects, connect }
    }

    /// All addresses of its name, in the resolver's order; a Unix socket has none.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.address.tcp().into_iter().chain(self.others.iter().copied())
    }

    /// Whether it is another for each client.
    pub fn varies(&self) -> bool {
        let path = match &self.expects {
            Expects::Foreign(path) => place::varies(path),
            Expects::Reference => false,
        };
        let headers = || self.connect.headers.iter().any(|own| place::varies(own.value.reveal()));
        path || headers() || self.connect.subprotocols.iter().any(|name| place::varies(name))
    }

    /// What it is for a client that has these values: resolved once, before it connects.
    pub fn of(&self, client: u32, values: Option<&Values>) -> Endpoint {
        let fill = |text: &str| place::fill(text, client, values, str::to_owned);
        let mut own = self.clone();
        if let Expects::Foreign(path) = &mut own.expects {
            *path = place::fill(path, client, values, percent::encoded);
        }
        for header in &mut own.connect.headers {
            header.value = Secret::hidden(fill(header.value.reveal()));
        }
        own.connect.subprotocols.iter_mut().for_each(|name| *name = fill(name));
        own
    }

    /// What it is by what the session's steps have saved so far. A header of which something was not saved yet is left out.
    pub fn in_session(&self, session: &ClientSession) -> Endpoint {
        let plain: fn(&str) -> String = str::to_owned;
        let mut own = self.clone();
        if let Expects::Foreign(path) = &mut own.expects {
            *path = session.saved_in(path, percent::encoded).unwrap_or_default();
        }
        let headers = self.connect.headers.iter().filter_map(|header| {
            let value = Secret::hidden(session.saved_in(header.value.reveal(), plain)?);
            Some(CustomHeader { value, ..header.clone() })
        });
        own.connect.headers = headers.collect();
        let offered = match self.connect.subprotocols.is_empty() {
            true => &session.plan().subprotocols,
            false => &self.connect.subprotocols,
        };
        own.connect.subprotocols = offered.iter().filter_map(|name| session.saved_in(name, plain)).collect();
        own
    }

    /// The cookies of a client that has not been here yet: those that the user, or the header profile, has written.
    fn jar(&self, headers: &Headers) -> Jar {
        let is_cookie = |name: &str| name.eq_ignore_ascii_case("cookie");
        let own = self.connect.headers.iter().find(|own| is_cookie(&own.name)).map(|own| own.value.reveal());
        let profile = headers.request.iter().chain(&headers.upgrade_request);
        let profile = profile.into_iter().find(|header| is_cookie(&header.0)).map(|header| header.1.as_str());
        own.or(profile).map_or_else(Jar::default, |written| Jar::of(written, &self.site("/")))
    }

    /// `path` there, as cookies know it.
    pub fn site<'a>(&'a self, path: &'a str) -> Site<'a> {
        Site { authority: &self.authority, path, secure: self.connect.tls.is_some() }
    }

    /// Reads what TLS there needs, if it is spoken.
    ///
    /// # Errors
    /// See [`Tls::new`].
    pub fn tls(&self) -> anyhow::Result<Option<Tls>> {
        self.connect.tls.as_ref().map(Tls::new).transpose()
    }
}

/// What the clients expect to find.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expects {
    /// A reference target: routes by client and cursor, stamped messages (`wire::route`).
    Reference,
    /// Anything at all under this path; a stamp is found where it was put.
    Foreign(String),
}

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
    /// Address to connect from; the kernel's choice when `None`.
    pub source: Option<IpAddr>,
    /// Its cookies, where it keeps any.
    pub cookies: Option<Rc<Jar>>,
    /// How it speaks TLS, where it has tickets of its own.
    pub tls: Option<Rc<Tls>>,
    /// Its session, where there is one.
    pub session: Option<Rc<ClientSession>>,
    /// Shared by the shard.
    pub shard: Rc<ShardContext>,
}

impl ShardContext {
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
        let cookies = keeps.then(|| Rc::new(endpoint.jar(&shard.headers)));
        let tls = shard.tls.as_ref().and_then(Tls::of_a_client).map(Rc::new);
        let own = |session| ClientSession::new(session, client, shard.values.clone());
        let session = shard.session.clone().map(own).map(Rc::new);
        ClientContext { client, endpoint, source: None, cookies, tls, session, shard }
    }

    /// `text`, JSON, with its places filled for this client.
    pub fn filled_json(&self, text: &str) -> String {
        match &self.session {
            Some(session) => session.text(text, in_json),
            None => place::fill(text, self.client, self.shard.values.as_deref(), in_json),
        }
    }

    /// The same place for what goes beside the session: a new connection, or a refusal, is none of its affair.
    pub fn beside_session(&self) -> ClientContext {
        ClientContext { session: None, ..self.clone() }
    }

    /// A connection that was begun at `began` can carry messages. In a session it takes more to be connected.
    pub fn connected(&self, began: Tick) {
        if self.session.is_none() {
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
        match &self.session {
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
        let endpoint = Endpoint { expects: Expects::Foreign(path), ..Endpoint::clone(&self.endpoint) };
        ClientContext { endpoint: Rc::new(endpoint), ..self.clone() }
    }
}

/// A value inside of a JSON string (RFC 8259 §7).
fn in_json(value: &str) -> String {
    serde_json::Value::from(value).to_string().trim_matches('"').to_owned()
}
