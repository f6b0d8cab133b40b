//! What clients may speak to a server: HTTP/1.1 or HTTP/2, with TLS or without.
//!
//! `target.toml` says under `[speaks.*]` which of these a server speaks, and what its command or its configuration says for
//! it. It must not know servers.

use std::fmt;

use serde::Deserialize;

use crate::transport::{Access, Http};

/// One of the four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) enum Spoken {
    /// HTTP/1.1, which a server speaks of which nothing is said.
    #[default]
    #[serde(rename = "http1")]
    Http1,
    #[serde(rename = "http1-tls")]
    Http1Tls,
    /// By prior knowledge.
    #[serde(rename = "http2")]
    Http2,
    /// By ALPN.
    #[serde(rename = "http2-tls")]
    Http2Tls,
}

impl Spoken {
    /// What the clients of a transport speak.
    pub(super) fn by(access: &Access) -> Spoken {
        match (access.version(), access.tls.is_some()) {
            (Http::One, false) => Spoken::Http1,
            (Http::One, true) => Spoken::Http1Tls,
            (Http::Two, false) => Spoken::Http2,
            (Http::Two, true) => Spoken::Http2Tls,
        }
    }
}

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Spoken::Http1 => "HTTP/1.1",
            Spoken::Http1Tls => "HTTP/1.1 over TLS",
            Spoken::Http2 => "HTTP/2",
            Spoken::Http2Tls => "HTTP/2 over TLS",
        })
    }
}
