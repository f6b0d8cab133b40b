//! How the clients of one transport use a server by URL, whatever the transport: nothing of it concerns a reference target.

use serde::{Deserialize, Serialize};

use crate::keys::fields::Fields;
use crate::keys::kinds::Flag;

/// What the scenario says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// Each client keeps cookies, or not; else as is usual for the transport.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookies: Option<bool>,
}

impl Access {
    /// Whether nothing is said.
    pub fn is_usual(&self) -> bool {
        *self == Access::default()
    }

    /// Reads its keys in the table of a transport that keeps cookies by itself, or does not.
    pub(super) fn read(f: &mut Fields<'_>, keeps: bool) -> Access {
        let about = "each client keeps the cookies that an external server sets, as a browser does";
        let cookies = f.or("cookies", about, Flag, keeps);
        Access { cookies: (cookies != keeps).then_some(cookies) }
    }

    /// For a label, a blank before each word; empty where nothing is said.
    pub(super) fn label(&self) -> String {
        match self.cookies {
            Some(true) => " cookies".to_owned(),
            Some(false) => " no-cookies".to_owned(),
            None => String::new(),
        }
    }
}
