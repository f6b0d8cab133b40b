//! A server that is there already: its address, and the way to it for the clients.
//!
//! A name is looked up once for a trial, so that all its clients have one address. Nothing is loaded here.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};

use crate::drivers::connect_options::{ConnectOptions, CustomHeader, PublishTarget, TlsTrust};
use crate::drivers::{Endpoint, Expects};
use crate::scenario::{Load, OwnHeader, TargetUrl, Way};

/// Where connections to `url` go.
///
/// # Errors
/// The name has no address, or one beyond this machine that the user has not named.
pub async fn resolve(url: &TargetUrl) -> Result<SocketAddr> {
    let (host, port) = url.aim();
    let found = tokio::net::lookup_host((host, port)).await;
    let found =
        found.and_then(|mut all| all.next().ok_or_else(|| std::io::Error::other("it has no address")));
    let unauthorised = |found: String| Unauthorised { host: host.to_owned(), found };
    match found {
        Ok(address) if url.allowed_at(address.ip()) => Ok(address),
        Ok(address) => bail!(unauthorised(address.to_string())),
        // Where it may not be loaded, that it was not found is the smaller trouble.
        Err(why) if !url.allowed_by_name() => {
            bail!(unauthorised(format!("is the name right? it has no address: {why}")))
        }
        Err(why) => Err(why).with_context(|| format!("looking up {host}")),
    }
}

/// The user has not said that this host may be loaded.
#[derive(Debug)]
pub struct Unauthorised {
    host: String,
    /// Its address, or why there is none.
    found: String,
}

impl std::error::Error for Unauthorised {}

impl std::fmt::Display for Unauthorised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Unauthorised { host, found } = self;
        write!(
            f,
            "{host} ({found}) is not on this machine, and nobody has said that you may load it\n  = help: {}",
            word(host)
        )
    }
}

/// How the user says that this host may be loaded.
pub fn word(host: &str) -> String {
    format!(
        "if it is yours, or its owner agrees: --authorised {host}, or authorised = [\"{host}\"] in [target]"
    )
}

/// What the clients must know to connect to `url` at `address`.
pub fn endpoint(url: &TargetUrl, address: SocketAddr) -> Endpoint {
    let default = if url.tls() { 443 } else { 80 };
    // RFC 9110 §7.2: the scheme's own port goes without saying.
    let authority = if url.port == default { url.host.clone() } else { format!("{}:{}", url.host, url.port) };
    let trust = TlsTrust { name: url.host.clone(), ca: url.ca.clone(), insecure: url.insecure };
    Endpoint {
        address,
        authority,
        expects: Expects::Foreign(url.path.reveal().to_owned()),
        connect: ConnectOptions {
            tls: url.tls().then_some(trust),
            headers: url.headers.iter().map(own).collect(),
            subprotocols: url.subprotocols.clone(),
        },
    }
}

/// Where the publisher of this load posts, if it does.
pub fn letterbox(load: &Load) -> Option<PublishTarget> {
    let Load::Publish(publish) = load else { return None };
    let Way::Post(post) = &publish.way else { return None };
    Some(PublishTarget { url: post.url.text.clone(), headers: post.headers.iter().map(own).collect() })
}

fn own(header: &OwnHeader) -> CustomHeader {
    CustomHeader { name: header.name.clone(), value: header.value.clone() }
}
