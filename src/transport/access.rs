//! How the clients of one transport use a server, whatever the transport: a path and cookies of one by URL, and TLS.

use serde::{Deserialize, Serialize};

use super::http::{self, Http, HttpTerms};
use super::tls::{self, TlsTerms};
use crate::keys::fields::Fields;
use crate::keys::kinds::{Choice, Flag, Text};
use crate::secret::Secret;

/// Bytes of a path.
const MOST: usize = 2_048;
const COMPRESS: Choice<()> = Choice(&[("gzip", ())]);

/// What the scenario says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// Path and query there, instead of those of the URL in `[target]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Secret>,
    /// Another server than that of `[target]`, which is reached like it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Secret>,
    /// Each client keeps cookies, or not; else as is usual for the transport.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookies: Option<bool>,
    /// Which HTTP is spoken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<Http>,
    /// So many clients share an HTTP/2 connection.
    #[serde(rename = "clients-per-connection", skip_serializing_if = "Option::is_none")]
    pub clients_per_connection: Option<u32>,
    /// How TLS is spoken, where something is said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsTerms>,
    /// The reference target compresses its answers by gzip, and the clients accept it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub compress: bool,
}

impl Access {
    /// Which HTTP is spoken.
    pub fn version(&self) -> Http {
        self.http.unwrap_or_default()
    }

    /// So many clients share a connection, at least one.
    pub fn sharers(&self) -> u32 {
        self.clients_per_connection.unwrap_or(1).max(1)
    }

    /// Whether nothing is said.
    pub fn is_usual(&self) -> bool {
        *self == Access::default()
    }

    /// Reads its keys in the table of a transport that keeps cookies by itself, or does not.
    pub(super) fn read(f: &mut Fields<'_>, keeps: bool) -> Access {
        let kind = Text { parse: path, example: "\"/events\"" };
        let about = "path and query at the server of [target], instead of those of its URL";
        let path = f.optional("path", about, kind);
        let access = Access { path, ..Access::without_path(f, keeps) };
        if access.url.is_some() {
            f.wrong("path", "`path` has no meaning beside `url`, which has one", "remove one of them");
        }
        access
    }

    /// The same for a transport that has a `path` of its own.
    pub(super) fn without_path(f: &mut Fields<'_>, keeps: bool) -> Access {
        let about = "each client keeps the cookies that an external server sets, as a browser does";
        let cookies = f.or("cookies", about, Flag, keeps);
        // What it must be says whoever reads the one in [target].
        let as_written = |text: &str| Ok(Secret::url(text.to_owned(), text));
        let kind = Text { parse: as_written, example: "\"wss://example.com/ws\"" };
        let about = "another server than that of [target], whose other keys go for it too";
        let url = f.optional("url", about, kind);
        let about = "how the reference target compresses its HTTP responses; its clients accept it";
        let compress = f.optional("compress", about, COMPRESS).is_some();
        let cookies = (cookies != keeps).then_some(cookies);
        let HttpTerms { version: http, clients: clients_per_connection } = http::read(f);
        Access { path: None, url, cookies, http, clients_per_connection, tls: tls::read(f), compress }
    }

    /// For a label, a blank before each word; empty where nothing is said.
    pub(super) fn label(&self) -> String {
        let path =
            self.path.as_ref().map(|path| format!(" {}", path.to_string().split('?').next().unwrap_or("/")));
        let cookies = match self.cookies {
            Some(true) => " cookies",
            Some(false) => " no-cookies",
            None => "",
        };
        let url = self
            .url
            .as_ref()
            .map(|url| format!(" {}", url.to_string().split('?').next().unwrap_or_default()));
        let compress = if self.compress { " gzip" } else { "" };
        path.unwrap_or_default()
            + &url.unwrap_or_default()
            + cookies
            + compress
            + &http::label(self.http, self.sharers())
            + &tls::label(self.tls.as_ref())
    }
}

/// What is wrong with a text, and what to say at the caret.
type Wrong = (String, String);

fn path(text: &str) -> Result<Secret, Wrong> {
    let wrong = |why: String| Err((why, "expected such as \"/events\"".to_owned()));
    match text.chars().find(|c| !c.is_ascii_graphic() || *c == '#') {
        Some(bad) => wrong(format!("may not contain {bad:?}")),
        None if !text.starts_with('/') => wrong("does not begin with /".to_owned()),
        None if text.len() > MOST => wrong(format!("is longer than {MOST} bytes")),
        None => Ok(Secret::url(text.to_owned(), text)),
    }
}
