//! How clients connect to an external server: TLS, own headers, subprotocols.
//!
//! It is what a scenario's `[target]` says, as far as a client needs it; nothing of it concerns a reference target. It
//! travels to the shards with its secrets, by the private pipe alone.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use wsbench_targets::wire::Header;

use crate::secret::{Secret, revealed};
use crate::session::Session;
use crate::transport::{Access, Http, TlsTerms};

/// How clients connect; by default plainly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConnectOptions {
    /// Which HTTP is spoken.
    pub http: Http,
    /// TLS, where it is spoken.
    pub tls: Option<TlsTrust>,
    /// Of every request, instead of those of the same name in the header profile.
    pub headers: Vec<CustomHeader>,
    /// Offered in a WebSocket handshake; the server must choose one.
    pub subprotocols: Vec<String>,
}

/// Whom to believe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsTrust {
    /// The name that the certificate must be for: the URL's host, wherever the connection goes.
    pub name: String,
    /// PEM file with roots besides the system's.
    pub ca: Option<PathBuf>,
    /// NoVerification: the certificate is not verified.
    pub insecure: bool,
    /// PEM of a certificate that is trusted instead of all others: a reference target's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone: Option<String>,
    /// Version and resumption.
    #[serde(default)]
    pub terms: TlsTerms,
}

/// A header of the user's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(with = "revealed")]
    pub value: Secret,
}

impl ConnectOptions {
    /// What clients of one transport speak: this HTTP, and TLS, where it is spoken, by these terms.
    pub fn speak(&mut self, access: &Access) {
        self.http = access.version();
        self.tls.iter_mut().for_each(|tls| tls.terms = access.tls.unwrap_or_default());
    }

    /// Offers the subprotocols of the clients' session, where the user has named none.
    pub(super) fn offer_those_of(&mut self, session: &Session) {
        if self.subprotocols.is_empty() {
            self.subprotocols.clone_from(&session.subprotocols);
        }
    }

    /// Whether the user has a header of that name.
    pub fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|own| own.name.eq_ignore_ascii_case(name))
    }

    /// What offers the subprotocols (RFC 6455 §4.1).
    pub fn offer(&self) -> Option<Header> {
        let offered = self.subprotocols.join(", ");
        (!offered.is_empty()).then(|| Header("Sec-WebSocket-Protocol".to_owned(), offered))
    }

    /// Whether the server chose as it must: one of those offered, or none when none was (RFC 6455 §4.1).
    pub fn agrees(&self, chosen: Option<&str>) -> bool {
        match chosen {
            None => self.subprotocols.is_empty(),
            Some(chosen) => self.subprotocols.iter().any(|offered| offered == chosen),
        }
    }
}
