//! The scenario: what the user wrote, checked key by key, with a place for every complaint.
//!
//! It must not know what will be done with it: the plan decides that. Its other end is `plan`.

pub mod builtin;
mod content;
pub mod dialect;
pub mod draft;
mod file;
pub mod flags;
mod groups;
mod headers;
mod loads;
pub mod metric;
mod overlay;
mod overrides;
mod profile;
mod publish;
mod search;
mod session;
mod syntax;
mod target;
mod third_party;
mod thresholds;
mod transports;
mod url;
mod values;
mod variables;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wsbench_targets::content::{Content, Filler};
use wsbench_targets::pacer::Arrivals;
use wsbench_targets::wire::{Headers, Publication};

pub use crate::keys::error::{ScenarioError, ScenarioErrors};
pub use crate::keys::span::{Span, escaped, is_invisible};
pub use crate::keys::{limits, units};
pub use crate::message::groups::Groups;
pub use crate::message::turns::{self, Turns};
pub use crate::message::values::Values;
pub use crate::message::{Message, place};
pub use builtin::{Loaded, load};
pub use file::schema;
pub use groups::Grouping;
pub use metric::{Family, Metric, Source, Statistic, Times};
pub use overrides::Overrides;
pub use profile::{Profile, Sender, Timing};
pub use publish::{Post, Publish, PublishCarrier};
pub use search::{Over, Search};
pub use third_party::{Behind, ThirdParty};
pub use thresholds::Rule;
pub use values::ValuesFile;

use crate::secret::Secret;
use crate::session::Session;
use crate::transport::Transport;

/// A scenario file, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Names the report's folder: letters, digits, `-`, `_`, `.`.
    pub name: String,
    /// The question that it answers.
    pub about: String,
    /// Sizes; each is a trial for each transport.
    pub clients: Vec<u32>,
    /// Which of them are in one room.
    pub groups: Option<Grouping>,
    /// Load before the window.
    pub warmup: Duration,
    /// The window.
    pub measure: Duration,
    /// Whole trials, again.
    pub repeat: u32,
    /// Names the schedule and the order of the trials.
    pub seed: u64,
    /// What happens.
    pub load: Load,
    /// What its messages are filled with.
    pub content: Content,
    /// How messages travel; at least one.
    pub transports: Vec<Transport>,
    /// Header profile.
    pub headers: Headers,
    /// What must hold.
    pub thresholds: Vec<Threshold>,
    /// Instead of the sizes above: search for the largest that holds.
    pub search: Option<Search>,
    /// Instead of a built-in reference target.
    pub target: Option<TargetUrl>,
    /// Likewise: a third-party server, which wsbench starts.
    pub third_party: Option<ThirdParty>,
    /// The reference target listens at `[::1]`.
    pub ipv6: bool,
    /// What each client has of its own.
    pub values: Option<ValuesFile>,
    /// What each client says and hears besides the load.
    pub session: Option<Arc<Session>>,
    /// Processes that drive clients; default: the cores that a local target leaves free.
    pub shards: Option<u32>,
    /// Each shard on a core of its own, a local target on those that are left; default: where there are enough.
    pub pin: Option<bool>,
    /// Other programs use this machine, and the user knows: what they take is no reason to warn.
    pub shared_machine: bool,
    /// New connections a second at the start.
    pub connect_rate: f64,
}

/// What happens in a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Load {
    /// Every client gets its own message stream.
    Push(Publication),
    /// One message to all.
    Broadcast(Publication),
    /// Clients send and get it back.
    Echo(Echo),
    /// Nothing is said.
    Idle,
    /// Connections are opened and closed.
    Connect(Connect),
    /// A external server publishes by its own clock, clients receive.
    Listen,
    /// wsbench publishes through a external server to all clients.
    Publish(Publish),
}

impl Load {
    /// Its name in scenarios and reports.
    pub fn name(&self) -> &'static str {
        match self {
            Load::Push(_) => "push",
            Load::Broadcast(_) => "broadcast",
            Load::Echo(_) => "echo",
            Load::Idle => "idle",
            Load::Connect(_) => "connect",
            Load::Listen => "listen",
            Load::Publish(_) => "publish",
        }
    }

    /// (name, about) of every load.
    pub const ALL: &'static [(&'static str, &'static str)] = &[
        ("push", "every client gets its own stream of messages"),
        ("broadcast", "one stream of messages goes to all clients"),
        ("echo", "clients send, and the message comes back to its sender"),
        ("idle", "clients are connected and no message is sent"),
        ("connect", "connections are opened and closed at a rate"),
        (
            "listen",
            "receive what an external server publishes by its own clock: rate, bytes, gaps; no latency",
        ),
        (
            "publish",
            "publish to an external server, by HTTP POST or a client, and measure delivery to all clients",
        ),
    ];

    /// The same, fit to be shown: what a result holds.
    pub fn shown(&self) -> Load {
        self.with_message(Message::shown)
    }

    /// The same with what its clients have of their own.
    pub fn with(&self, values: &Arc<Values>) -> Load {
        self.with_message(|message| message.with(values))
    }

    /// The same with another message, where it has one that the user has formed.
    /// The same with messages that are filled by `filler`, where they have a form of their own.
    pub fn filled(&self, filler: &Arc<Filler>) -> Load {
        match self {
            Load::Echo(echo) => {
                let message = Some(echo.form().filled(filler));
                Load::Echo(Echo { message, ..echo.clone() })
            }
            other => other.with_message(|message| message.filled(filler)),
        }
    }

    fn with_message(&self, other: impl Fn(&Message) -> Message) -> Load {
        let mut load = self.clone();
        match &mut load {
            Load::Echo(Echo { message: Some(message), .. }) => *message = other(message),
            Load::Publish(publish) => publish.message = other(&publish.message),
            Load::Echo(_)
            | Load::Push(_)
            | Load::Broadcast(_)
            | Load::Idle
            | Load::Connect(_)
            | Load::Listen => {}
        }
        load
    }

    /// What the target publishes under this load.
    pub fn publication(&self) -> Option<Publication> {
        match self {
            Load::Push(p) | Load::Broadcast(p) => Some(*p),
            Load::Echo(_) | Load::Idle | Load::Connect(_) | Load::Listen | Load::Publish(_) => None,
        }
    }
}

/// The echo load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Echo {
    /// Mean interval of one client's messages; not looked at in a closed loop.
    #[serde(with = "humantime_serde")]
    pub every: Duration,
    /// Schedule.
    pub pace: EchoPace,
    /// Bytes of a message; without filler in its form, what the form gives.
    pub payload: usize,
    /// How it is made for a external server; the reference target has a form of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

/// When an echo client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EchoPace {
    /// On a schedule, answered or not.
    Open(Arrivals),
    /// When the last answer is in.
    Closed,
}

/// The connect load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connect {
    /// Connections a second, all clients together.
    pub rate: f64,
    /// Schedule.
    pub arrivals: Arrivals,
}

/// A deployed server: where it is, and how to reach it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetUrl {
    /// As written.
    pub text: Secret,
    /// `http`, `https`, `ws` or `wss`.
    pub scheme: String,
    /// Host without port, as written (IPv6 in brackets).
    pub host: String,
    /// Port, the scheme's own if none is written.
    pub port: u16,
    /// Path and query, at least `/`.
    pub path: Secret,
    /// PEM file with roots to trust besides the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// The server's certificate is not verified.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// Where connections go instead; `Host` and the name in TLS stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_to: Option<ConnectTo>,
    /// Headers of every request, instead of those of the same name in the header profile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<OwnHeader>,
    /// Offered in a WebSocket handshake; the server must choose one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subprotocols: Vec<String>,
    /// Hosts beyond this machine that may be loaded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorised: Vec<String>,
}

/// Where connections go instead of to the host of a URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ConnectTo {
    /// By TCP.
    Tcp(HostPort),
    /// By the Unix socket at this path.
    Unix(PathBuf),
}

/// Where to connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostPort {
    /// Name or address (IPv6 in brackets).
    pub host: String,
    /// Port.
    pub port: u16,
}

/// A header of the user's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnHeader {
    /// Its name, as written.
    pub name: String,
    /// Its value.
    pub value: Secret,
}

/// What a metric must keep to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "thresholds::Written", into = "thresholds::Written")]
pub struct Threshold {
    /// Which number.
    pub metric: Metric,
    /// Of which transport; all when `None`.
    pub transport: Option<String>,
    /// At the most, in the metric's base unit (ns, bytes, plain).
    pub max: Option<f64>,
    /// At the least.
    pub min: Option<f64>,
}
