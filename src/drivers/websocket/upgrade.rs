//! The opening handshake of a WebSocket (RFC 6455 §4.1), over our own HTTP.
//!
//! It must not know frames. The accept key is tungstenite's arithmetic, which the targets check theirs by.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use wsbench_targets::wire::Header;

use crate::drivers::Seat;
use crate::drivers::dial::Stream;
use crate::drivers::http::refusal::{misread, refusal};
use crate::drivers::http::request::Request;
use crate::drivers::http::response::{decode, line};
use crate::meter::{Direction, Failure, Part, exactly};

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

/// Upgrades `stream`; what came behind the 101.
pub(super) async fn upgrade(
    stream: &mut Stream,
    seat: &Seat,
    asked: &Upgrade<'_>,
) -> Result<Vec<u8>, Failure> {
    let meter = &seat.site.meter;
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
    more.extend(seat.endpoint.approach.offer());
    let mut request = Request::new(seat, "GET", asked.route, &seat.site.headers.upgrade_request, &more);
    request.set_cursor(asked.cursor);
    stream.write_all(&request.bytes()).await.map_err(|e| Failure::from(&e))?;
    // Where there is TLS, records may still be on their way.
    stream.flush().await.map_err(|e| Failure::from(&e))?;
    request.attribute(meter);
    meter.event(|phase| phase.requests += 1);
    let mut inbox = Vec::with_capacity(512);
    let response = loop {
        let ended = stream.read_buf(&mut inbox).await.map_err(|e| Failure::from(&e))? == 0;
        if let Some(response) = decode(&inbox, ended).map_err(|e| misread(e, &inbox, meter))? {
            break response;
        }
    };
    let ahead = inbox.split_off(response.length);
    meter.attribute(Direction::Down, Part::Headers, response.length);
    meter.event(|phase| phase.responses += 1);
    if response.status != 101 {
        return Err(refusal(response.status, &inbox, meter));
    }
    if response.accept.as_deref() != Some(&derive_accept_key(key.as_bytes())) {
        meter.exactly(exactly::WRONG_ACCEPT);
        return Err(Failure::Protocol);
    }
    if !seat.endpoint.approach.agrees(line(&inbox, "Sec-WebSocket-Protocol").as_deref()) {
        meter.exactly(exactly::WRONG_SUBPROTOCOL);
        return Err(Failure::Protocol);
    }
    Ok(ahead)
}
