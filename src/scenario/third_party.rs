//! `[target] third-party`: a real server, which wsbench starts, and the proxy in front of it.
//!
//! It must not know which servers there are, nor how one is started: that stands in `targets/third_party/<name>/`, and
//! `run::third_party` reads it.

use serde::{Deserialize, Serialize};

use crate::keys::fields::Fields;
use crate::keys::kinds::{Choice, OneOrMore, Text};

/// Third-party servers: one program, alone or behind proxies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThirdParty {
    /// Its folder in `targets/third_party`.
    pub name: String,
    /// Behind what; each is a trial of its own.
    pub behind: Vec<Behind>,
}

/// What stands between the clients and the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behind {
    /// Nothing.
    #[default]
    None,
    /// nginx with proxy_pass to the server's address.
    Nginx,
    /// nginx with proxy_pass to an upstream block.
    NginxUpstream,
    /// nghttpx, which speaks HTTP/1.1 to the server.
    Nghttpx,
    /// nghttpx, which speaks HTTP/2 to the server.
    NghttpxH2,
}

const BEHIND: Choice<Behind> = Choice(&[
    ("none", Behind::None),
    ("nginx", Behind::Nginx),
    ("nginx-upstream", Behind::NginxUpstream),
    ("nghttpx", Behind::Nghttpx),
    ("nghttpx-h2", Behind::NghttpxH2),
]);

impl Behind {
    /// Behind a transport's name in reports; empty without a proxy.
    pub fn label(self) -> &'static str {
        match self {
            Behind::None => "",
            Behind::Nginx => " behind nginx",
            Behind::NginxUpstream => " behind nginx-upstream",
            Behind::Nghttpx => " behind nghttpx",
            Behind::NghttpxH2 => " behind nghttpx-h2",
        }
    }

    /// The proxy's folder in `targets/third_party`.
    pub fn folder(self) -> Option<&'static str> {
        match self {
            Behind::None => None,
            Behind::Nginx => Some("nginx-direct"),
            Behind::NginxUpstream => Some("nginx-upstream"),
            Behind::Nghttpx => Some("nghttpx"),
            Behind::NghttpxH2 => Some("nghttpx-h2"),
        }
    }
}

/// Reads `third-party` and `behind` of `[target]`.
pub(super) fn read(f: &mut Fields<'_>) -> Option<ThirdParty> {
    let kind = Text { parse: name, example: "\"ws\"" };
    let about = "a third-party server that wsbench starts: a folder of targets/third_party";
    let name = f.optional("third-party", about, kind);
    let about = "the proxy in front of the third-party server; each is a trial of its own";
    let kind = OneOrMore { kind: BEHIND, most: BEHIND.0.len(), example: "[\"none\", \"nginx\"]" };
    let behind = f.or("behind", about, kind, vec![Behind::None]);
    if !f.has("third-party") {
        let why = "`behind` has no meaning without third-party: wsbench can put a proxy only in front of what it starts";
        f.wrong("behind", why, "remove it, or add third-party");
    }
    Some(ThirdParty { name: name?, behind })
}

/// It is a folder's name, so nothing in it may climb out.
fn name(text: &str) -> Result<String, (String, String)> {
    let wrong = |why: String| Err((why, "expected such as \"ws\" or \"socket.io\"".to_owned()));
    match text.chars().find(|&c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')) {
        Some(bad) => wrong(format!("may not contain {bad:?}")),
        None if text.is_empty() || text.starts_with('.') => wrong("is not a name of a server".to_owned()),
        None => Ok(text.to_owned()),
    }
}
