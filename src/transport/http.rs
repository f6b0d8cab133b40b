//! The version of HTTP as an option of any transport: its key in a scenario, and its place in a label.
//!
//! It must not know how either is spoken: that is `drivers::http`.

use serde::{Deserialize, Serialize};

use crate::keys::fields::Fields;
use crate::keys::kinds::Count;

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

/// Reads `http = 1` or `http = 2`.
pub fn read(f: &mut Fields<'_>) -> Option<Http> {
    let about = "version of HTTP that the clients speak: 1 is HTTP/1.1; 2 is HTTP/2, by ALPN over TLS, else by prior knowledge";
    let version = f.optional("http", about, Count { least: 1, most: 2 })?;
    Some(if version == 2 { Http::Two } else { Http::One })
}

/// For a label, a blank before the word; empty where nothing is said.
pub(super) fn label(http: Option<Http>) -> &'static str {
    if http == Some(Http::Two) { " h2" } else { "" }
}
