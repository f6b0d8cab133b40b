//! The certificate of a run: made anew for every target that speaks TLS, and trusted by its clients alone.
//!
//! It must not know who serves, nor how TLS is spoken.

use std::net::IpAddr;

use anyhow::{Context, Result};
use rcgen::{CertificateParams, KeyPair};
use wsbench_targets::tls::Identity;

use crate::drivers::connect_options::{ConnectOptions, TlsTrust};
use crate::transport::{Access, TlsTerms};

/// Names and addresses at which a target may be reached.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Makes a certificate, of ECDSA on P-256 as most servers have, signed by itself: a client that trusts it trusts nobody else.
///
/// # Errors
/// There is no randomness.
pub fn identity(resumption: bool) -> Result<Identity> {
    let names = NAMES.map(str::to_owned).to_vec();
    let key = KeyPair::generate().context("making the key of the target's certificate")?;
    let params = CertificateParams::new(names).context("making the target's certificate")?;
    let certificate = params.self_signed(&key).context("signing the target's certificate")?;
    Ok(Identity { certificate: certificate.pem(), key: key.serialize_pem(), resumption })
}

/// How its clients connect to it at that address.
pub fn connecting(access: &Access, own: Option<Identity>, at: IpAddr) -> ConnectOptions {
    let tls = access.tls.zip(own).map(|(terms, own)| trust(own, at, terms));
    ConnectOptions { http: access.version(), tls, ..ConnectOptions::default() }
}

/// What its clients believe, who speak TLS by these terms: this certificate at that address, and no other.
fn trust(own: Identity, at: IpAddr, terms: TlsTerms) -> TlsTrust {
    TlsTrust { name: at.to_string(), alone: Some(own.certificate), terms, ..TlsTrust::default() }
}
