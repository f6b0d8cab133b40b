//! Where a client connects, and what it is there: for all clients alike, or for one of them.
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
use crate::message::template::{Own, filled, in_line, plain};
use crate::secret::Secret;
use crate::session::Session;

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

    /// What it is for one client. A header of which something was not saved yet is left out.
    pub fn of(&self, client: &Own<'_>) -> Endpoint {
        let mut own = self.clone();
        if let Expects::Foreign(path) = &mut own.expects {
            *path = percent::filled(path, client);
        }
        let headers = self.connect.headers.iter().filter_map(|header| {
            let value = Secret::hidden(filled(&header.name, header.value.reveal(), in_line, client)?);
            Some(CustomHeader { value, ..header.clone() })
        });
        own.connect.headers = headers.collect();
        let offered = self.connect.subprotocols.iter().zip(0..);
        let offered =
            offered.filter_map(|(name, nth)| filled(&format!("subprotocol {nth}"), name, in_line, client));
        own.connect.subprotocols = offered.collect();
        own
    }

    /// Becomes what clients in `session` find: its parameters are written out, its subprotocols offered where the user has
    /// named none.
    pub fn belong_to(&mut self, session: Option<&Session>) {
        let Some(session) = session else { return };
        self.connect.offer_those_of(session);
        let written = |text: &str| place::with_parameters(text, &session.parameters);
        if let Expects::Foreign(path) = &mut self.expects {
            *path = written(path);
        }
        let headers = self.connect.headers.iter_mut();
        headers.for_each(|header| header.value = Secret::hidden(written(header.value.reveal())));
        self.connect.subprotocols.iter_mut().for_each(|name| *name = written(name));
    }

    /// What of it is told apart by what a session saves.
    pub fn saved(&self, client: &Own<'_>) -> Vec<Option<String>> {
        self.texts()
            .filter(|text| place::has_names(text))
            .map(|text| filled("", text, plain, client))
            .collect()
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

    /// The cookies of a client that has not been here yet: those that the user, or the header profile, has written, but for
    /// those that a session saves first.
    pub(super) fn jar(&self, headers: &Headers, client: &Own<'_>) -> Jar {
        let jar = Jar::default();
        let profile = headers.request.iter().chain(&headers.upgrade_request);
        let profile = profile.into_iter().find(|header| is_cookie(&header.0)).map(|header| header.1.as_str());
        match (self.cookies(), profile) {
            (Some(_), _) => self.put_cookies(&jar, client, false),
            (None, Some(profile)) => profile.split(';').for_each(|pair| self.put_cookie(&jar, pair)),
            (None, None) => {}
        }
        jar
    }

    /// Puts those cookies of the user's into `jar` that name what a session saves, or, where they are not `named`, the others.
    pub(super) fn put_cookies(&self, jar: &Jar, client: &Own<'_>, named: bool) {
        let pairs = self.cookies().into_iter().flat_map(|all| all.split(';'));
        let pairs = pairs.filter(|pair| place::has_names(pair) == named);
        pairs
            .filter_map(|pair| filled("Cookie", pair, in_line, client))
            .for_each(|pair| self.put_cookie(jar, &pair));
    }

    fn put_cookie(&self, jar: &Jar, pair: &str) {
        jar.set(pair.trim().as_bytes(), &self.site("/"));
    }

    /// The user's own cookies.
    fn cookies(&self) -> Option<&str> {
        self.connect.headers.iter().find(|own| is_cookie(&own.name)).map(|own| own.value.reveal())
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

fn is_cookie(name: &str) -> bool {
    name.eq_ignore_ascii_case("cookie")
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
