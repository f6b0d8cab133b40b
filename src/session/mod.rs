//! Sessions: what a client says and hears before it counts as connected, beside the load, and before it closes.
//!
//! [`Session`] is data: steps in order, what is answered whenever it comes, a heartbeat, which messages are deliveries.
//! [`client`] is one client's state in it, without I/O. It must not know which transport carries it: `drivers::with_session`
//! says and hears for all of them. Its other end is `[session]` in a scenario or a dialect's file.

pub mod client;
pub mod condition;
pub mod saved;
pub mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::condition::Condition;
use crate::secret::redacted;
use crate::text as words;

/// What each client does besides the load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Session {
    /// In this order, whenever it has connected. Requests before the first other step come before the connection.
    pub steps: Vec<Step>,
    /// What is said again and again.
    pub heartbeat: Option<Heartbeat>,
    /// What is answered, whenever it comes.
    pub answers: Vec<Answer>,
    /// What is said before it closes.
    pub close: Option<Said>,
    /// Which of the messages that come are those of the load; all when `None`.
    pub message: Option<Condition>,
    /// What ends each message, where several come as one.
    pub separator: Option<String>,
    /// The load's messages leave as binary frames, where there are frames.
    pub binary: bool,
    /// Offered in a WebSocket handshake, where the scenario offers none itself.
    pub subprotocols: Vec<String>,
    /// Texts with names, and with places.
    pub parameters: BTreeMap<String, String>,
}

/// One step of the set-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// An HTTP request beside the connection.
    Request(Box<Request>),
    /// Something is sent by the transport.
    Send(Said),
    /// Something must come by the transport.
    Expect(Box<Expect>),
}

/// A text with places ([`text`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// As it is written.
    pub text: String,
    /// As a binary frame, where there are frames.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub binary: bool,
}

/// An HTTP request to the server, and what its answer must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `GET` or another.
    pub method: Method,
    /// Path and query, with places.
    pub path: String,
    /// Names, and values with places.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// With places.
    #[serde(default)]
    pub body: Option<String>,
    /// The only status that is right; any 2xx when `None`.
    #[serde(default)]
    pub status: Option<u16>,
    /// What is taken out of the answer.
    #[serde(default)]
    pub save: Vec<Save>,
}

/// The methods of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Asks.
    Get,
    /// Sends.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// Every method, by name.
    pub const ALL: [(&'static str, Method); 5] = [
        ("GET", Method::Get),
        ("POST", Method::Post),
        ("PUT", Method::Put),
        ("PATCH", Method::Patch),
        ("DELETE", Method::Delete),
    ];

    /// Its name in HTTP.
    pub fn name(self) -> &'static str {
        Method::ALL.iter().find(|(_, method)| *method == self).map_or("GET", |(name, _)| name)
    }
}

/// What must come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// What it is known by.
    pub condition: Condition,
    /// What ends the step at once, as a failure.
    #[serde(default)]
    pub fail: Option<Condition>,
    /// What is taken out of it.
    #[serde(default)]
    pub save: Vec<Save>,
    /// It is waited for so long.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
}

/// Takes a value out of what came, for the place `{name}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Save {
    /// The place.
    pub name: String,
    /// Where it stands.
    pub from: Source,
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// In JSON, by RFC 6901.
    Pointer(String),
    /// The first group of a regular expression, or all of it.
    Matches(condition::Pattern),
    /// In a header of an answer.
    Header(String),
}

/// What is said every so often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// How often.
    #[serde(with = "humantime_serde")]
    pub every: Duration,
    /// What.
    pub send: Said,
}

/// What is answered whenever it comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// What it is known by.
    pub on: Condition,
    /// What is said to it. `{1}` is the first group of a regular expression.
    pub send: Said,
}

impl Session {
    /// How many steps come before the connection.
    pub fn before(&self) -> usize {
        self.steps.iter().take_while(|step| matches!(step, Step::Request(_))).count()
    }

    /// The names that its steps save.
    pub fn saves(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().flat_map(Step::saves).map(|save| save.name.as_str())
    }

    /// Whether `name` is a place of this session's own.
    pub fn knows(&self, name: &str) -> bool {
        name == text::NUMBER || self.parameters.contains_key(name) || self.saves().any(|saved| saved == name)
    }

    /// Every text with places.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let heartbeat = self.heartbeat.iter().map(|beat| &beat.send);
        let beside = heartbeat.chain(self.answers.iter().map(|answer| &answer.send)).chain(&self.close);
        let said = beside.map(|said| said.text.as_str());
        self.steps
            .iter()
            .flat_map(Step::texts)
            .chain(said)
            .chain(self.parameters.values().map(String::as_str))
    }

    /// The same, fit to be shown: what a result holds. It is no longer what is said.
    pub fn shown(&self) -> Session {
        let mut shown = self.clone();
        let heartbeat = shown.heartbeat.iter_mut().map(|beat| &mut beat.send);
        let answers = shown.answers.iter_mut().map(|answer| &mut answer.send);
        for said in heartbeat.chain(answers).chain(&mut shown.close) {
            said.text = redacted(&said.text);
        }
        shown.steps.iter_mut().for_each(Step::hide);
        shown.parameters.values_mut().for_each(|value| *value = redacted(value));
        shown
    }
}

impl Step {
    /// What it takes out of what comes.
    pub fn saves(&self) -> &[Save] {
        match self {
            Step::Request(request) => &request.save,
            Step::Expect(expect) => &expect.save,
            Step::Send(_) => &[],
        }
    }

    /// The texts with places in it.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Step::Send(said) => vec![&said.text],
            Step::Expect(_) => vec![],
            Step::Request(request) => {
                let headers = request.headers.iter().map(|(_, value)| value.as_str());
                headers.chain([request.path.as_str()]).chain(request.body.as_deref()).collect()
            }
        }
    }

    fn hide(&mut self) {
        match self {
            Step::Send(said) => said.text = redacted(&said.text),
            Step::Expect(_) => {}
            Step::Request(request) => {
                request.path = redacted(&request.path);
                request.body = request.body.as_deref().map(redacted);
                for (name, value) in &mut request.headers {
                    *value = crate::secret::Secret::header(name, value.clone(), value).to_string();
                }
            }
        }
    }
}

/// What it does, in a few words; its texts may hold secrets.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Send(said) => write!(f, "send {}", said.text),
            Step::Request(request) => write!(f, "request {} {}", request.method.name(), request.path),
            Step::Expect(expect) => {
                write!(f, "expect {}, within {}", expect.condition, words::time(expect.timeout))
            }
        }
    }
}
