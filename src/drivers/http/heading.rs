//! What a request says: its line and its fields, by user, header profile and transport; and that in HTTP/1.1.
//!
//! Where clients differ it has places, so that it is there once for all of them. It must not know when it is said.

use std::hash::RandomState;

use wsbench_targets::wire::{Header, route};

use crate::drivers::{ClientContext, Expects, percent};
use crate::message::place;
use crate::message::template::{Own, Template, Writing, filled, plain};

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
    /// Path and values have places, which each client fills.
    pub varies: bool,
}

impl Heading {
    /// Asks for `route` of a reference target, or for an external endpoint's own path. The fields are `Host`, those of
    /// `profile`, the user's own for this endpoint, `more`: of each name those of the last that has it.
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
        let own = endpoint.connect.headers.iter();
        let own: Vec<Header> =
            own.map(|own| Header(own.name.clone(), own.value.reveal().to_owned())).collect();
        let is_in =
            |header: &Header, list: &[Header]| list.iter().any(|h| h.0.eq_ignore_ascii_case(&header.0));
        // Nobody but the user writes places.
        let literal = |Header(name, value): &Header| match context.varies {
            true => Header(name.clone(), place::escaped(value).into_owned()),
            false => Header(name.clone(), value.clone()),
        };
        let host = Header("Host".to_owned(), endpoint.authority.clone());
        let mut fields: Vec<Header> = Vec::new();
        if !is_in(&host, profile) && !is_in(&host, &own) {
            fields.push(literal(&host));
        }
        // Cookies that are kept have a line of their own, which the jar writes.
        let cookie = |header: &Header| context.cookies.is_some() && header.0.eq_ignore_ascii_case("cookie");
        let profile = profile.iter().filter(|h| !is_in(h, &own) && !is_in(h, more) && !cookie(h));
        fields.extend(profile.map(literal));
        fields.extend(own.iter().filter(|h| !is_in(h, more) && !cookie(h)).cloned());
        fields.extend(more.iter().map(literal));
        Heading { method, path, fields, secure: endpoint.connect.tls.is_some(), varies: context.varies }
    }

    /// The request line and the fields (RFC 9112 §3, §5), without the blank line.
    pub(super) fn http1(&self, chance: &RandomState) -> Template {
        let Heading { method, path, fields, .. } = self;
        let mut text = Template::default();
        let mut add = |name: &str, value: &str, writing: Writing| match self.varies {
            true => text.places(name, value, writing, chance),
            false => text.literal(value),
        };
        add("", method, plain);
        add("", " ", plain);
        add("", path, percent::encode);
        add("", " HTTP/1.1\r\n", plain);
        for Header(name, value) in fields {
            add("", name, plain);
            add("", ": ", plain);
            add(name, value, plain);
            add("", "\r\n", plain);
        }
        text
    }

    /// The same as one client says it.
    pub(super) fn of(&self, own: &Own<'_>) -> Heading {
        let fields = self
            .fields
            .iter()
            .map(|Header(name, value)| Header(name.clone(), filled(name, value, plain, own)));
        let path = filled("", &self.path, percent::encode, own);
        Heading { method: self.method, path, fields: fields.collect(), secure: self.secure, varies: false }
    }
}
