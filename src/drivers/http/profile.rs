//! The fields of one client's request: what the header profile says for its kind, what the user adds, what this request alone
//! says, each in its place.
//!
//! It must not know what carries them, nor what is asked.

use wsbench_targets::headers::{ORIGIN, RequestKind};
use wsbench_targets::wire::Header;

use crate::drivers::ClientContext;
use crate::transport::Http;

/// What the header profile says in a request of this kind.
pub fn profile(context: &ClientContext, kind: RequestKind) -> Vec<Header> {
    let headers = &context.shard.headers;
    let connect = &context.endpoint.connect;
    let scheme = if connect.tls.is_some() { "https" } else { "http" };
    let origin = format!("{scheme}://{}", context.endpoint.authority);
    let resolved = |Header(name, value): &Header| Header(name.clone(), value.replace(ORIGIN, &origin));
    let mut lines: Vec<Header> = headers.of(kind).iter().map(resolved).collect();
    let ranked = connect.http == Http::Two && kind != RequestKind::WebSocket;
    let http2 = headers.http2.as_ref().filter(|_| ranked);
    lines.extend(http2.map(|http2| Header("Priority".to_owned(), http2.priority.clone())));
    lines
}

/// `Host`, the lines of `profile`, the user's own for this endpoint, `more`: of each name those of the last that has it, where
/// the first has it. A place that nobody fills is left out.
pub(super) fn merged(context: &ClientContext, profile: &[Header], more: &[Header]) -> Vec<Header> {
    let endpoint = &context.endpoint;
    let own = endpoint.connect.headers.iter();
    let own: Vec<Header> = own.map(|own| Header(own.name.clone(), own.value.reveal().to_owned())).collect();
    let host = Header("Host".to_owned(), endpoint.authority.clone());
    let host = (!is_in(&host, profile)).then_some(&host);
    // Cookies that are kept have a line of their own, which the jar writes.
    let kept = |header: &&Header| context.cookies.is_some() && header.0.eq_ignore_ascii_case("cookie");
    let mut fields: Vec<Header> = Vec::new();
    for header in host.into_iter().chain(profile) {
        match [more, &own[..]].into_iter().find(|list| is_in(header, list)) {
            Some(_) if is_in(header, &fields) => {}
            Some(instead) => fields.extend(instead.iter().filter(|other| same(header, other)).cloned()),
            None if header.is_place() => {}
            None => fields.push(header.clone()),
        }
    }
    let placed = |header: &&Header| host.into_iter().chain(profile).any(|line| same(header, line));
    fields.extend(own.iter().filter(|header| !placed(header) && !is_in(header, more)).cloned());
    fields.retain(|header| !kept(&header));
    fields.extend(more.iter().filter(|header| !placed(header)).cloned());
    fields
}

fn same(one: &Header, other: &Header) -> bool {
    one.0.eq_ignore_ascii_case(&other.0)
}

fn is_in(header: &Header, list: &[Header]) -> bool {
    list.iter().any(|other| same(header, other))
}

#[cfg(test)]
mod tests;
