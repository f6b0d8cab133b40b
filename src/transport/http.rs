//! The version of HTTP as an option of any transport, and who shares its connections: the keys in a scenario, and the place in
//! a label.
//!
//! It must not know how either is spoken: that is `drivers::http`.

use serde::{Deserialize, Serialize};

use crate::keys::fields::Fields;
use crate::keys::kinds::Count;
use crate::keys::limits;

/// Which HTTP clients speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Http {
    /// HTTP/1.1 (RFC 9112).
    #[default]
    #[serde(rename = "1")]
    One,
    /// HTTP/2 (RFC 9113).
    #[serde(rename = "2")]
    Two,
}

impl Http {
    /// Its name in texts.
    pub fn name(self) -> &'static str {
        match self {
            Http::One => "HTTP/1.1",
            Http::Two => "HTTP/2",
        }
    }
}

/// What a table says of HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HttpTerms {
    /// Which is spoken.
    pub version: Option<Http>,
    /// So many clients share a connection.
    pub clients: Option<u32>,
}

/// Reads `http = 1` or `http = 2`, and `clients-per-connection`.
pub fn read(f: &mut Fields<'_>) -> HttpTerms {
    let about = "version of HTTP that the clients speak: 1 is HTTP/1.1; 2 is HTTP/2, by ALPN over TLS, else by prior knowledge";
    let version = f.optional("http", about, Count { least: 1, most: 2 });
    let version = version.map(|version| if version == 2 { Http::Two } else { Http::One });
    let (least, most) = limits::CLIENTS_PER_CONNECTION;
    let about = "clients that share a connection over HTTP/2: by default each has its own, as end users have; more share one \
                 behind a proxy";
    let clients = f.optional("clients-per-connection", about, Count { least, most });
    HttpTerms { version, clients: clients.and_then(|clients| u32::try_from(clients).ok()) }
}

/// For a label, a blank before each word; empty where nothing is said.
pub(super) fn label(http: Option<Http>, clients: u32) -> String {
    let version = if http == Some(Http::Two) { " h2" } else { "" };
    let shared = if clients > 1 { &format!(" shared by {clients}") } else { "" };
    format!("{version}{shared}")
}
