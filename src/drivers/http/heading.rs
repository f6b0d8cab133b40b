//! What a request says: its line and its fields, by user, header profile and transport; and that in HTTP/1.1.
//!
//! Where clients differ it has places, so that it is there once for all of them. It must not know when it is said.

use std::hash::RandomState;

use wsbench_targets::headers::OverHttp2;
use wsbench_targets::wire::{Header, route};

use super::profile::merged;
use crate::drivers::{ClientContext, Expects, percent};
use crate::message::place;
use crate::message::template::{Own, Template, Writing, filled, in_line};
use crate::transport::Http;

/// What a request says (RFC 9110 §6), whatever carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The method.
    pub method: &'static str,
    /// Path and query, with zeros where a reference target's route has client and cursor.
    pub path: String,
    /// The fields, `Host` first.
    pub fields: Vec<Header>,
    /// It goes over TLS.
    pub secure: bool,
    /// It goes over HTTP/2, and as from a browser.
    pub http2: Option<OverHttp2>,
    /// Path and values have places, which each client fills.
    pub varies: bool,
}

impl Heading {
    /// Asks for `route` of a reference target, or for an external endpoint's own path; its fields are as [`merged`].
    pub(super) fn new(
        context: &ClientContext,
        method: &'static str,
        route: &str,
        profile: &[Header],
        more: &[Header],
    ) -> Heading {
        let endpoint = &context.endpoint;
        let path = match &endpoint.expects {
            Expects::Reference => route::path(route, 0, 0),
            Expects::Foreign(path) => path.clone(),
        };
        // Only the user writes places.
        let literal = |list: &[Header]| -> Vec<Header> {
            let escaped =
                |Header(name, value): &Header| Header(name.clone(), place::escaped(value).into_owned());
            list.iter().map(|header| if context.varies { escaped(header) } else { header.clone() }).collect()
        };
        let fields = merged(context, &literal(profile), &literal(more));
        let two = endpoint.connect.http == Http::Two;
        let http2 = context.shard.headers.http2.clone().filter(|_| two);
        let secure = endpoint.connect.tls.is_some();
        Heading { method, path, fields, secure, http2, varies: context.varies }
    }

    /// The request line and the fields (RFC 9112 §3, §5), without the blank line.
    pub(super) fn http1(&self, chance: &RandomState) -> Template {
        let Heading { method, path, fields, .. } = self;
        let mut text = Template::default();
        let add = |text: &mut Template, name: &str, value: &str, writing: Writing| match self.varies {
            true => text.places(name, value, writing, chance),
            false => text.literal(value),
        };
        text.literal(&format!("{method} "));
        add(&mut text, "", path, percent::encode);
        text.literal(" HTTP/1.1\r\n");
        for Header(name, value) in fields {
            text.optional(|line| {
                line.literal(name);
                line.literal(": ");
                add(line, name, value, in_line);
                line.literal("\r\n");
            });
        }
        text
    }

    /// The same as one client says it.
    pub(super) fn of(&self, own: &Own<'_>) -> Heading {
        let say =
            |Header(name, value): &Header| Some(Header(name.clone(), filled(name, value, in_line, own)?));
        let (fields, http2) = (self.fields.iter().filter_map(say).collect(), self.http2.clone());
        let path = percent::filled(&self.path, own);
        Heading { method: self.method, path, fields, secure: self.secure, http2, varies: false }
    }
}
