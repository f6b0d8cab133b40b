//! The opening handshake of a WebSocket, over our own HTTP: by an upgrade (RFC 6455 §4.1), or over HTTP/2 by an extended
//! CONNECT (RFC 8441).
//!
//! It must not know frames. The accept key is tungstenite's arithmetic, which the targets check theirs by.

use std::time::Duration;

use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use wsbench_targets::clock::now;
use wsbench_targets::deflate::Deflate;
use wsbench_targets::deflate::terms::EXTENSIONS;
use wsbench_targets::headers::RequestKind;
use wsbench_targets::wire::Header;

use crate::drivers::buffer::Inbox;
use crate::drivers::http::carrier::Carrier;
use crate::drivers::http::connection::{Connection, Purpose};
use crate::drivers::http::head::{HTTP_2, Head};
use crate::drivers::http::profile::profile;
use crate::drivers::http::refusal::refused;
use crate::drivers::http::request::Request;
use crate::drivers::{ClientContext, Expects};
use crate::meter::{Failure, reasons};
use crate::transport::Http;

/// What an upgrade asks for.
#[derive(Clone, Copy, Debug)]
pub struct Upgrade {
    /// The reference target's route; an external endpoint has its own path.
    pub route: &'static str,
    /// Number of the next message wanted, where the route has a place for it.
    pub cursor: u64,
    /// How messages are to be compressed.
    pub deflate: Option<Deflate>,
}

/// What carries frames.
pub(super) struct Upgraded {
    pub(super) stream: Carrier,
    /// What came behind the answer.
    pub(super) inbox: Inbox,
    /// What was agreed on.
    pub(super) deflate: Option<Deflate>,
}

/// Connects and upgrades.
pub(super) async fn upgrade(
    context: &ClientContext,
    asked: Upgrade,
    timeout: Duration,
) -> Result<Upgraded, Failure> {
    // Its own words last as long as the handshake.
    let context = &context.resolved();
    let (key, meter) = (generate_key(), &context.shard.meter);
    let request = request(context, asked, &key);
    let purpose = Purpose::Session { streams: false };
    let mut connection = Connection::new(context.clone(), purpose, timeout, true);
    connection.begin(now());
    let head = connection.request(&request).await?;
    // RFC 8441 §5: any good answer will do.
    if !(head.status == 101 || over_two(context) && head.good()) {
        return Err(refused(head.status, &[], meter));
    }
    let agreed = match wrong(&head, &connection, &key) {
        None => extension(&connection.field(EXTENSIONS).unwrap_or_default(), asked.deflate.as_ref()),
        Some(wrong) => Err(wrong),
    };
    let deflate = agreed.map_err(|wrong| {
        meter.reason(wrong);
        Failure::Protocol
    })?;
    let (stream, inbox) = connection.upgraded().ok_or(Failure::Closed)?;
    Ok(Upgraded { stream, inbox, deflate })
}

/// There is no upgrade in HTTP/2, and no key: another stream cannot be mistaken for one (RFC 8441 §5).
fn over_two(context: &ClientContext) -> bool {
    context.endpoint.connect.http == Http::Two
}

fn request(context: &ClientContext, asked: Upgrade, key: &str) -> Request {
    let upgrades = [("Connection", "Upgrade"), ("Upgrade", "websocket")];
    let upgrades = upgrades.into_iter().filter(|_| !over_two(context));
    let key = (!over_two(context)).then_some(("Sec-WebSocket-Key", key));
    let all = upgrades.chain([("Sec-WebSocket-Version", "13")]).chain(key);
    let mut more: Vec<Header> = all.map(|(name, value)| Header(name.to_owned(), value.to_owned())).collect();
    more.extend(context.endpoint.connect.offer());
    more.extend(asked.deflate.map(|deflate| Header(EXTENSIONS.to_owned(), deflate.offer())));
    let mut profile = profile(context, RequestKind::WebSocket);
    if matches!(context.endpoint.expects, Expects::Foreign(_)) || asked.deflate.is_some() {
        // A server that took a browser's offer would send frames that are not expected.
        profile.retain(|header| !header.0.eq_ignore_ascii_case(EXTENSIONS));
    }
    let method = if over_two(context) { "CONNECT" } else { "GET" };
    let request = Request::new(context, method, asked.route, &profile, &more);
    let mut request = if over_two(context) { request.for_tunnel("websocket") } else { request.for_upgrade() };
    request.set_cursor(asked.cursor);
    request
}

/// What is wrong with an answer, by RFC 6455 §4.1.
fn wrong(head: &Head, connection: &Connection, key: &str) -> Option<&'static str> {
    let field = |name: &str| connection.field(name).unwrap_or_default();
    let says =
        |name: &str, token: &str| field(name).split(',').any(|part| part.trim().eq_ignore_ascii_case(token));
    let upgrade = || match head.version {
        HTTP_2 => None,
        0 => Some(reasons::OLD_HTTP),
        _ if !(says("Upgrade", "websocket") && says("Connection", "upgrade")) => Some(reasons::NO_UPGRADE),
        _ => (field("Sec-WebSocket-Accept") != derive_accept_key(key.as_bytes()))
            .then_some(reasons::WRONG_ACCEPT),
    };
    let chosen = || connection.field("Sec-WebSocket-Protocol");
    let agrees = || connection.context.endpoint.connect.agrees(chosen().as_deref());
    upgrade().or_else(|| (!agrees()).then_some(reasons::WRONG_SUBPROTOCOL))
}

/// What the server has made of the offer of compression, or what is wrong with it.
fn extension(chosen: &str, offered: Option<&Deflate>) -> Result<Option<Deflate>, &'static str> {
    match offered {
        Some(offered) => match offered.agreed(chosen) {
            Ok(Some(agreed)) => Ok(Some(agreed)),
            Ok(None) => Err(reasons::DEFLATE_DECLINED),
            Err(_) => Err(reasons::EXTENSION),
        },
        None if chosen.split(',').any(|part| !part.trim().is_empty()) => Err(reasons::EXTENSION),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests;
