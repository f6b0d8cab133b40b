//! A server that is there already: its address, and the way to it for the clients.
//!
//! A name is looked up once for a trial, so that all its clients have the same addresses. Nothing is loaded here.

use std::io;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};

use crate::drivers::connect_options::{ConnectOptions, CustomHeader, TlsTrust};
use crate::drivers::{Address, Endpoint, Expects};
use crate::plan::{Trial, Where};
use crate::scenario::{OwnHeader, TargetUrl};
use crate::transport::Http;

/// Where connections to `url` may go: its Unix socket, or the addresses of its host in the resolver's order.
///
/// # Errors
/// The name has no address, or one beyond this machine that the user has not named.
pub async fn resolve(url: &TargetUrl) -> Result<Vec<Address>> {
    if let Some(path) = url.unix() {
        return Ok(vec![Address::Unix(path.to_owned())]);
    }
    let found = tokio::net::lookup_host(url.aim()).await;
    Ok(usable(url, found.map(Iterator::collect))?.into_iter().map(Address::Tcp).collect())
}

/// What of `found`, the addresses of the host of `url`, may be loaded: all, or it is an error.
fn usable(url: &TargetUrl, found: io::Result<Vec<SocketAddr>>) -> Result<Vec<SocketAddr>> {
    let (host, _) = url.aim();
    let unauthorised = |found: String| Unauthorised { host: host.to_owned(), found };
    let found = found.and_then(|all| match all.is_empty() {
        true => Err(io::Error::other("it has no address")),
        false => Ok(all),
    });
    match found {
        Ok(all) => match all.iter().find(|address| !url.allowed_at(address.ip())) {
            Some(address) => bail!(unauthorised(address.to_string())),
            None => Ok(all),
        },
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
            "refusing to load {host} ({found}): it is not on this machine and not authorised\n  = help: {}",
            word(host)
        )
    }
}

/// How the user says that this host may be loaded.
pub fn word(host: &str) -> String {
    format!(
        "if you own it or have its owner's consent: --authorised {host}, or authorised = [\"{host}\"] in [target]"
    )
}

/// What the clients must know to connect to `url` at one of its addresses.
pub fn endpoint(url: &TargetUrl, addresses: &[Address]) -> Result<Endpoint> {
    let (address, others) = addresses.split_first().context("the server has no address")?;
    let default = if url.tls() { 443 } else { 80 };
    // RFC 9110 §7.2: the scheme's own port goes without saying.
    let authority = if url.port == default { url.host.clone() } else { format!("{}:{}", url.host, url.port) };
    let trust = TlsTrust {
        name: url.host.clone(),
        ca: url.ca.clone(),
        insecure: url.insecure,
        ..TlsTrust::default()
    };
    Ok(Endpoint {
        address: address.clone(),
        others: others.iter().filter_map(Address::tcp).collect(),
        authority,
        expects: Expects::Foreign(url.path.reveal().to_owned()),
        connect: ConnectOptions {
            http: Http::One,
            tls: url.tls().then_some(trust),
            headers: url.headers.iter().map(own).collect(),
            subprotocols: url.subprotocols.clone(),
        },
    })
}

/// Where the publisher of this trial posts, if it does, with all that must be said there. What the user has said of the
/// server by URL (who may be loaded, which certificates are trusted) goes for it, too.
///
/// # Errors
/// As for [`resolve`].
pub async fn publish_endpoint(trial: &Trial) -> Result<Option<Endpoint>> {
    let Some(post) = trial.load.post() else { return Ok(None) };
    let mut url = post.url.clone();
    url.headers.extend(post.headers.iter().cloned());
    if let Where::Url(target) = &trial.target {
        url.authorised.clone_from(&target.authorised);
        url.ca.clone_from(&target.ca);
        url.insecure = target.insecure;
        // The same server is reached in the same way.
        if (&url.host, url.port, url.tls()) == (&target.host, target.port, target.tls()) {
            url.connect_to.clone_from(&target.connect_to);
        }
    }
    let addresses = resolve(&url).await.context("where messages are posted")?;
    let mut there = endpoint(&url, &addresses)?;
    there.belong_to(trial.session.as_deref());
    Ok(Some(there))
}

fn own(header: &OwnHeader) -> CustomHeader {
    CustomHeader { name: header.name.clone(), value: header.value.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: [&str; 2] = ["[::1]:80", "127.0.0.1:80"];

    fn addresses(all: &[&str]) -> Vec<SocketAddr> {
        all.iter().map(|one| one.parse().unwrap()).collect()
    }

    fn url(host: &str, authorised: &[&str]) -> TargetUrl {
        let authorised = authorised.iter().map(|&host| host.to_owned()).collect();
        TargetUrl { host: host.to_owned(), port: 80, authorised, ..TargetUrl::default() }
    }

    #[test]
    fn every_address_of_a_name_is_used_in_the_resolvers_order() {
        let all = usable(&url("localhost", &[]), Ok(addresses(&HERE))).unwrap();
        assert_eq!(all, addresses(&HERE));
        let tcp: Vec<Address> = all.iter().copied().map(Address::Tcp).collect();
        let endpoint = endpoint(&url("localhost", &[]), &tcp).unwrap();
        assert_eq!(endpoint.addresses().collect::<Vec<_>>(), all);
        assert_eq!(endpoint.authority, "localhost");
    }

    #[test]
    fn one_address_that_may_not_be_loaded_is_enough_to_refuse() {
        let mixed = addresses(&["127.0.0.1:80", "192.0.2.1:80"]);
        let refused = usable(&url("shop.example", &[]), Ok(mixed.clone())).unwrap_err();
        assert!(refused.to_string().contains("shop.example (192.0.2.1:80)"), "{refused}");
        assert!(refused.downcast::<Unauthorised>().is_ok());
        assert_eq!(usable(&url("shop.example", &["shop.example"]), Ok(mixed.clone())).unwrap(), mixed);
    }

    #[test]
    fn a_name_without_an_address_says_so() {
        let none = usable(&url("localhost", &[]), Ok(vec![])).unwrap_err();
        assert_eq!(format!("{none:#}"), "looking up localhost: it has no address");
        assert!(usable(&url("shop.example", &[]), Ok(vec![])).unwrap_err().is::<Unauthorised>());
    }
}
