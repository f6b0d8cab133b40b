//! Where a client connects, and what it is there: for all clients alike, for one of them, by what its session has saved.
//!
//! It must not know what is said there.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use wsbench_targets::wire::Headers;

use super::connect_options::{ConnectOptions, CustomHeader};
use super::cookies::{Jar, Site};
use super::percent;
use super::tls::Tls;
use crate::message::place;
use crate::message::template::{Own, filled, plain};
use crate::secret::Secret;
use crate::session::client::ClientSession;

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
        self.texts().any(place::varies)
    }

    /// What it is for one client.
    pub fn of(&self, client: &Own<'_>) -> Endpoint {
        let mut own = self.clone();
        if let Expects::Foreign(path) = &mut own.expects {
            *path = filled("", path, percent::encode, client);
        }
        for header in &mut own.connect.headers {
            header.value = Secret::hidden(filled(&header.name, header.value.reveal(), plain, client));
        }
        for (name, nth) in own.connect.subprotocols.iter_mut().zip(0..) {
            *name = filled(&format!("subprotocol {nth}"), name, plain, client);
        }
        own
    }

    /// What it is by what the session's steps have saved so far. A header of which something was not saved yet is left out;
    /// and so is the path, which only a step's request before the connection meets, and that has one of its own.
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
        let offered = self.connect.subprotocols.iter();
        own.connect.subprotocols = offered.filter_map(|name| session.saved_in(name, plain)).collect();
        own
    }

    /// Whether a session's names may stand in it: braces that are no place of each client's.
    pub fn has_other_braces(&self) -> bool {
        self.texts().any(|text| {
            place::all(text).iter().filter(|found| found.0.is_ok()).count() < text.matches('{').count()
        })
    }

    /// The texts that have places.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let path = match &self.expects {
            Expects::Foreign(path) => Some(path.as_str()),
            Expects::Reference => None,
        };
        let headers = self.connect.headers.iter().map(|own| own.value.reveal());
        path.into_iter().chain(headers).chain(self.connect.subprotocols.iter().map(String::as_str))
    }

    /// The cookies of a client that has not been here yet: those that the user, or the header profile, has written.
    pub(super) fn jar(&self, headers: &Headers) -> Jar {
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
        self.connect.tls.as_ref().map(|trust| Tls::new(trust, self.connect.http)).transpose()
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
