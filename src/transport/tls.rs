//! TLS as an option of any transport: its keys in a scenario, and its place in a label.
//!
//! It must not know how TLS is spoken: that is `drivers::tls` and `wsbench_targets::tls`.

use serde::{Deserialize, Serialize};

use crate::keys::fields::Fields;
use crate::keys::kinds::{Choice, Flag};

/// How clients speak TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct TlsTerms {
    /// Which versions they know.
    pub version: TlsVersion,
    /// Whether who has been there before comes back without a whole handshake.
    pub resumption: bool,
}

/// Versions of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TlsVersion {
    /// The newest that the server knows.
    #[default]
    #[serde(rename = "any")]
    Any,
    /// RFC 5246.
    #[serde(rename = "1.2")]
    V12,
    /// RFC 8446.
    #[serde(rename = "1.3")]
    V13,
}

const VERSIONS: Choice<TlsVersion> =
    Choice(&[("any", TlsVersion::Any), ("1.2", TlsVersion::V12), ("1.3", TlsVersion::V13)]);

/// Reads `tls = true`, or a table of its terms.
pub fn read(f: &mut Fields<'_>) -> Option<TlsTerms> {
    let about = "speak TLS to the server that wsbench starts, which gets a certificate for the run; or a table of its terms, also for an \
                 external server by https or wss";
    f.switch("tls", about, |f| {
        let default = TlsTerms::default();
        let about = "the version that clients know; any is the newest that the server knows";
        let version = f.or("version", about, VERSIONS, default.version);
        let about = "clients that connect again resume their session by a ticket; else every handshake is a whole one";
        let resumption = f.or("resumption", about, Flag, default.resumption);
        Some(TlsTerms { version, resumption })
    })
}

/// For a label, a blank before each word; empty where nothing is said.
pub(super) fn label(terms: Option<&TlsTerms>) -> String {
    let Some(terms) = terms else { return String::new() };
    let version = match terms.version {
        TlsVersion::Any => "",
        TlsVersion::V12 => " 1.2",
        TlsVersion::V13 => " 1.3",
    };
    format!(" tls{version}{}", if terms.resumption { " resuming" } else { "" })
}
