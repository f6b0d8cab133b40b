//! The opening handshake of a WebSocket (RFC 6455 §4.1), over our own HTTP.
//!
//! It must not know frames. The accept key is tungstenite's arithmetic, which the targets check theirs by.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use wsbench_targets::wire::Header;

use crate::drivers::dial::Stream;
use crate::drivers::http::refusal::{misread, refusal};
use crate::drivers::http::request::{Request, without};
use crate::drivers::http::response::{Response, decode, line};
use crate::drivers::memory_budget::MemoryBudget;
use crate::drivers::{ClientContext, Expects};
use crate::meter::{Direction, Failure, Part, reasons};

/// The header by which extensions are offered and chosen (RFC 6455 §9.1); none is spoken here.
const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

/// What an upgrade asks for.
#[derive(Clone, Copy, Debug)]
pub struct Upgrade<'a> {
    /// The reference target's route; a foreign endpoint has its own path.
    pub route: &'a str,
    /// Number of the next message wanted, where the route has a place for it.
    pub cursor: u64,
    /// Headers besides the profile's and the handshake's own.
    pub headers: &'a [Header],
}

/// Upgrades `stream`. In `inbox` is left what came behind the 101; whatever came, where there was none.
pub(super) async fn upgrade(
    stream: &mut Stream,
    context: &ClientContext,
    asked: &Upgrade<'_>,
    inbox: &mut Vec<u8>,
) -> Result<(), Failure> {
    let meter = &context.shard.meter;
    let key = generate_key();
    let mut more: Vec<Header> = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", &key),
    ]
    .map(|(name, value)| Header(name.to_owned(), value.to_owned()))
    .into();
    more.extend_from_slice(asked.headers);
    more.extend(context.endpoint.connect.offer());
    let mut profile = context.shard.headers.upgrade_request.clone();
    if matches!(context.endpoint.expects, Expects::Foreign(_)) {
        // A server that took a browser's offer would send frames that nobody here can read.
        profile = without(&profile, EXTENSIONS);
    }
    let mut request = Request::new(context, "GET", asked.route, &profile, &more);
    request.set_cursor(asked.cursor);
    stream.write_all(&request.bytes()).await.map_err(|e| Failure::from(&e))?;
    // Where there is TLS, records may still be on their way.
    stream.flush().await.map_err(|e| Failure::from(&e))?;
    request.attribute(meter);
    meter.event(|phase| phase.requests += 1);
    // A server that refuses may say much, to all clients at once.
    let mut share = MemoryBudget::default();
    let response = loop {
        share.hold(inbox.capacity(), meter)?;
        let ended = stream.read_buf(inbox).await.map_err(|e| Failure::from(&e))? == 0;
        if let Some(response) = decode(inbox, ended).map_err(|e| misread(e, inbox, meter))? {
            break response;
        }
    };
    meter.event(|phase| phase.responses += 1);
    let head = inbox.get(..response.head).unwrap_or_default();
    if response.status != 101 {
        return Err(refusal(response.status, head, meter));
    }
    if let Some(wrong) = wrong(&response, head, &key, context) {
        meter.reason(wrong);
        return Err(Failure::Protocol);
    }
    meter.attribute(Direction::Down, Part::Headers, response.length);
    inbox.drain(..response.length);
    Ok(())
}

/// What is wrong with a 101, by RFC 6455 §4.1.
fn wrong(response: &Response, head: &[u8], key: &str, context: &ClientContext) -> Option<&'static str> {
    let says = |name: &str, token: &str| {
        let value = line(head, name).unwrap_or_default();
        value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token))
    };
    if !(says("Upgrade", "websocket") && says("Connection", "upgrade")) {
        Some(reasons::NO_UPGRADE)
    } else if response.accept.as_deref() != Some(&derive_accept_key(key.as_bytes())) {
        Some(reasons::WRONG_ACCEPT)
    } else if line(head, EXTENSIONS).is_some_and(|value| !value.is_empty()) {
        Some(reasons::EXTENSION)
    } else if !context.endpoint.connect.agrees(line(head, "Sec-WebSocket-Protocol").as_deref()) {
        Some(reasons::WRONG_SUBPROTOCOL)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
