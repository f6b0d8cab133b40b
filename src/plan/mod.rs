//! From what was written to what will happen: a list of trials, in order, each complete in itself.
//!
//! Pure: no clock, no file, no socket. Cross-field checks are made here (`check`); a single key's are the
//! scenario's. What the trials need of the machine is `needs`. Its other end is `run`, which holds them.

mod against;
mod announce;
mod check;
mod describe;
mod http2;
mod ladder;
mod needs;
mod pin;
mod rooms;
mod samples;
mod search;
mod session;
mod sharing;
mod traffic;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wsbench_targets::content::Content;
use wsbench_targets::pacer::Random;
use wsbench_targets::wire::{Header, Headers};

pub use against::{BASE, NEW, Turn, turns};
pub use announce::announcement;
pub use check::{PlanError, PlanErrors};
pub use describe::{describe, what};
pub use ladder::{Ladder, Range};
pub use needs::{Limits, Needs};
pub use rooms::Rooms;
pub use search::Search;

use crate::scenario::{Behind, Groups, Load, Scenario, TargetUrl, Threshold, Values};
use crate::secret::{REDACTED, is_header, redacted};
use crate::session::{Session, Step};
use crate::text::count;
use crate::transport::Transport;

/// What will happen, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The scenario's name.
    pub name: String,
    /// The scenario's question.
    pub about: String,
    /// Names the schedules and the order.
    pub seed: u64,
    /// In the order in which they run; of a search, the largest of each transport.
    pub trials: Vec<Trial>,
    /// Instead of these trials: sizes are tried, each as the one before it tells.
    pub search: Option<Search>,
    /// What must hold in the end.
    pub thresholds: Vec<Threshold>,
    /// Worth knowing before the run: what is lost by design and the like.
    pub notes: Vec<String>,
}

/// One cell: transport x target x load x clients x repeat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Place in the order of the scenario (transports as written, sizes as written), not of time.
    pub number: u32,
    /// How messages travel.
    pub transport: Transport,
    /// What happens.
    pub load: Load,
    /// What its messages are filled with.
    #[serde(default, skip_serializing_if = "Content::is_dots")]
    pub content: Content,
    /// How many clients.
    pub clients: u32,
    /// In how many groups they are, if in some. Which is whose stands in `values`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<u32>,
    /// Which repeat, from 0.
    pub repeat: u32,
    /// Names the schedule: the same for all trials, so that all transports carry the same messages.
    pub seed: u64,
    /// Load before the window.
    #[serde(with = "humantime_serde")]
    pub warmup: Duration,
    /// The window.
    #[serde(with = "humantime_serde")]
    pub measure: Duration,
    /// The longest wait after the window for messages due in it.
    #[serde(with = "humantime_serde")]
    pub drain: Duration,
    /// Header profile. What is written of it has no secrets; those who need them get it by itself.
    #[serde(serialize_with = "public")]
    pub headers: Headers,
    /// Where the clients connect.
    pub target: Where,
    /// The reference target listens at `[::1]`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ipv6: bool,
    /// Processes that the reference target is spread over, each with a slice of the clients; at least 1.
    pub targets: u32,
    /// Processes that drive the clients, at least 1.
    pub shards: u32,
    /// Whether each shard has a core of its own and a target of ours those that are left; older results were not.
    #[serde(default)]
    pub pin: bool,
    /// Source addresses on loopback that the clients are spread over; 0, in older results, is as many as they need.
    #[serde(default)]
    pub addresses: u32,
    /// Other programs use this machine, and the user has said so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared_machine: bool,
    /// New connections a second at the start, all shards together.
    pub connect_rate: f64,
    /// What each client has of its own: told to the shards, and written nowhere.
    #[serde(skip)]
    pub values: Option<Arc<Values>>,
    /// What each client says and hears besides the load. What is written of it has no secrets.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "shown",
        deserialize_with = "held"
    )]
    pub session: Option<Arc<Session>>,
}

/// What a plan must know of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Cores that may be used.
    pub cores: u32,
    /// RLIMIT_NOFILE, hard: open files of a process.
    pub files: u64,
}

/// Where the clients of a trial connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Where {
    /// A fresh process of this program's own reference target.
    Reference,
    /// A server that is there already.
    Url(Box<TargetUrl>),
    /// A fresh process of a third-party server.
    ThirdParty(Server),
}

impl Where {
    /// Whether its processes are started for the trial, and so are ours to place.
    pub fn started_here(&self) -> bool {
        !matches!(self, Where::Url(_))
    }
}

/// A third-party server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its folder in `targets/third_party`.
    pub name: String,
    /// What it stands behind.
    pub behind: Behind,
}

/// The longest pause of a client before what has failed is tried again.
pub const RETRY_PAUSE: Duration = Duration::from_secs(5);
/// A message that is due at the end of the window may need so long beyond what its transport and client wait by design.
const GRACE: Duration = Duration::from_secs(2);
/// The stream of the seed that shuffles; no client has that number.
const ORDER: u64 = u64::MAX - 2;

impl Plan {
    /// The trials of a scenario on that machine.
    ///
    /// # Errors
    /// All that does not go together in the scenario.
    pub fn of(scenario: &Scenario, machine: Machine) -> Result<Plan, PlanErrors> {
        let notes = check::check(scenario, machine)?;
        let search = Search::of(scenario, machine);
        let mut trials = search.as_ref().map_or_else(|| in_order(scenario, machine), Search::largest);
        // Repeat by repeat, each shuffled: whatever drifts during a long run meets all transports alike, and
        // a run that is cut short has whole repeats.
        trials.sort_by_key(|trial| trial.repeat);
        let mut random = Random::new(scenario.seed, ORDER);
        for block in trials.chunk_by_mut(|a, b| a.repeat == b.repeat && search.is_none()) {
            shuffle(block, &mut random);
        }
        Ok(Plan {
            name: scenario.name.clone(),
            about: scenario.about.clone(),
            seed: scenario.seed,
            trials,
            // In a search they are conditions of every step, not of the run.
            thresholds: if search.is_some() { vec![] } else { scenario.thresholds.clone() },
            search,
            notes,
        })
    }

    /// The server by URL, if that is where the clients connect; and a trial against it.
    pub fn by_url(&self) -> Option<(&Trial, &TargetUrl)> {
        self.by_urls().into_iter().next()
    }

    /// The same at each of its paths.
    pub fn by_urls(&self) -> Vec<(&Trial, &TargetUrl)> {
        let mut all: Vec<(&Trial, &TargetUrl)> = Vec::new();
        for trial in &self.trials {
            if let Where::Url(url) = &trial.target
                && all.iter().all(|(_, known)| known.text != url.text)
            {
                all.push((trial, url));
            }
        }
        all
    }
}

fn in_order(scenario: &Scenario, machine: Machine) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (transport, target) in ways(scenario) {
        for &clients in &scenario.clients {
            for repeat in 0..scenario.repeat {
                let number = u32::try_from(trials.len()).unwrap_or(u32::MAX);
                trials.push(trial(scenario, machine, number, ((transport, &target), clients, repeat)));
            }
        }
    }
    trials
}

/// Every transport to every target.
fn ways(scenario: &Scenario) -> Vec<(&Transport, Where)> {
    let to_each = |transport| targets(scenario, transport).into_iter().map(move |target| (transport, target));
    scenario.transports.iter().flat_map(to_each).collect()
}

/// The targets of a transport, at least one; several where a server stands behind several things.
fn targets(scenario: &Scenario, transport: &Transport) -> Vec<Where> {
    match (&scenario.third_party, &scenario.target) {
        (Some(server), _) => {
            let behind = |&behind| Where::ThirdParty(Server { name: server.name.clone(), behind });
            server.behind.iter().map(behind).collect()
        }
        (None, Some(url)) => vec![Where::Url(Box::new(url.of(transport)))],
        (None, None) => vec![Where::Reference],
    }
}

/// Before the longest wait is over, only messages that waited less have arrived: no steady state.
fn warmup(scenario: &Scenario, transport: &Transport) -> Duration {
    scenario.warmup.max(transport.longest_wait())
}

/// What is due in the window is waited for at the most so long: as the server may hold it by design, and then as the client
/// may pause where its connection has broken. A server that names a pause of its own by `retry` usually says 3 s. Where
/// messages are skipped by design some never come, and a pause before the others would be waited for in vain.
fn drain(transport: &Transport) -> Duration {
    let pause = if transport.keeps_all() { RETRY_PAUSE.max(transport.pause()) } else { Duration::ZERO };
    transport.longest_wait() + pause + GRACE
}

/// One way at one size, once more.
type Of<'a> = ((&'a Transport, &'a Where), u32, u32);

fn trial(scenario: &Scenario, machine: Machine, number: u32, cell: Of<'_>) -> Trial {
    let ((transport, target), clients, repeat) = cell;
    // A target on this machine wants a core, whoever has started it.
    let here = scenario.target.as_ref().is_none_or(TargetUrl::on_loopback);
    let cores = scenario.shards.unwrap_or(machine.cores.saturating_sub(u32::from(here)));
    let processes = needs::processes((transport, target), &scenario.load, clients, machine.files);
    let sharers = sharing::sharers(transport, &scenario.load, target);
    let shards = cores.max(processes).clamp(1, clients.max(1));
    let groups = rooms::groups(scenario, clients);
    Trial {
        number,
        transport: transport.clone(),
        load: scenario.load.clone(),
        content: scenario.content.clone(),
        clients,
        groups: groups.as_ref().map(Groups::number),
        repeat,
        seed: scenario.seed.wrapping_add(u64::from(repeat)),
        warmup: warmup(scenario, transport),
        measure: scenario.measure,
        drain: drain(transport),
        headers: headers(scenario, transport),
        target: target.clone(),
        ipv6: scenario.ipv6,
        targets: if *target == Where::Reference { processes } else { 1 },
        shards,
        pin: scenario.pin.unwrap_or_else(|| pin::fits(target, shards, machine)),
        addresses: needs::addresses(target, scenario.ipv6, clients.div_ceil(sharers)),
        shared_machine: scenario.shared_machine,
        connect_rate: scenario.connect_rate,
        values: rooms::values(scenario, groups),
        session: scenario.session.clone(),
    }
}

/// Headers without what is nobody's business. The built-in profiles are public.
/// The profile's headers; where the reference target compresses, its clients say that they accept it.
fn headers(scenario: &Scenario, transport: &Transport) -> Headers {
    let mut headers = scenario.headers.clone();
    let accepts = |header: &Header| header.0.eq_ignore_ascii_case("accept-encoding");
    if transport.access().compress && !headers.request.iter().any(accepts) {
        headers.request.push(Header("Accept-Encoding".to_owned(), "gzip".to_owned()));
    }
    headers
}

fn public<S: Serializer>(headers: &Headers, serializer: S) -> Result<S::Ok, S::Error> {
    let mut headers = headers.clone();
    let own = headers.profile == "own";
    let lists = [
        &mut headers.request,
        &mut headers.response,
        &mut headers.upgrade_request,
        &mut headers.upgrade_response,
    ];
    let of_a_kind = [&mut headers.post, &mut headers.events].into_iter().flatten();
    let lines = lists.into_iter().chain(of_a_kind).flatten();
    lines.filter(|line| own && is_header(&line.0)).for_each(|line| line.1 = REDACTED.to_owned());
    headers.serialize(serializer)
}

fn shown<S: Serializer>(session: &Option<Arc<Session>>, serializer: S) -> Result<S::Ok, S::Error> {
    session.as_ref().map(|session| session.shown()).serialize(serializer)
}

fn held<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Arc<Session>>, D::Error> {
    Ok(Option::<Session>::deserialize(deserializer)?.map(Arc::new))
}

/// Fisher and Yates; the remainder's bias is below 2^-50 for any number of trials.
fn shuffle(trials: &mut [Trial], random: &mut Random) {
    for last in (1..trials.len()).rev() {
        let other = random.next_u64() % (last as u64 + 1);
        trials.swap(last, usize::try_from(other).unwrap_or(last));
    }
}

impl Trial {
    /// The transport, and what the target stands behind: `websocket behind nginx`.
    pub fn row_name(&self) -> String {
        let behind = if let Where::ThirdParty(server) = &self.target { server.behind.label() } else { "" };
        self.transport.label() + behind
    }

    /// Whether its row goes by that name: its own, or that of its transport.
    pub fn is_called(&self, name: &str) -> bool {
        self.row_name() == name || self.transport.name() == name
    }

    /// Whether two trials of different runs are of the same work, so that their numbers compare: what one does with 21 bytes,
    /// another with 10 kB is no change of a server. Where each of them connects may differ: that may be what is compared.
    pub fn compares(&self, other: &Trial) -> bool {
        self.clients == other.clients && self.row_name() == other.row_name() && self.load == other.load
    }

    /// Where its reference target listens, at a port that the kernel chooses.
    pub fn loopback(&self) -> SocketAddr {
        SocketAddr::new(if self.ipv6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() }, 0)
    }

    /// The trial as a result holds it: without what is told to the server alone.
    pub fn shown(&self) -> Trial {
        let (transport, load) = (self.transport.redacted(redacted), self.load.shown());
        // Of samples the name is enough: they are not ours to show.
        let content = match &self.content {
            Content::Sample(_) => Content::Sample(String::new()),
            other => other.clone(),
        };
        Trial { transport, load, content, ..self.clone() }
    }

    /// Whether its clients keep cookies: as the transport says, or as usual; who logs in keeps them.
    pub fn keeps_cookies(&self) -> bool {
        let asks = |session: &Arc<Session>| session.steps.iter().any(|step| matches!(step, Step::Request(_)));
        let logs_in = self.session.as_ref().is_some_and(asks);
        self.transport.keeps_cookies() || logs_in && self.transport.access().cookies.is_none()
    }

    /// `polling 1s, 1,000 clients`, and the repeat from the second on.
    pub fn label(&self) -> String {
        let again = if self.repeat > 0 { format!(", repeat {}", self.repeat + 1) } else { String::new() };
        self.cell_label() + &again
    }

    /// The same of all its repeats: `polling 1s, 1,000 clients`.
    pub fn cell_label(&self) -> String {
        format!("{}, {}", self.row_name(), count(self.clients, "client"))
    }
}
