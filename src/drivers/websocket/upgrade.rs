//! The opening handshake of a WebSocket (RFC 6455 §4.1), over our own HTTP.
//!
//! It must not know frames. The accept key is tungstenite's arithmetic, which the targets check theirs by.

use std::future::poll_fn;
use std::mem::take;

use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use wsbench_targets::wire::Header;

use crate::drivers::buffer::Inbox;
use crate::drivers::dial::Stream;
use crate::drivers::http::refusal::{misread, refusal};
use crate::drivers::http::request::Request;
use crate::drivers::http::response::{Head, field, head};
use crate::drivers::{ClientContext, Expects};
use crate::meter::{Direction, Failure, Part, Recorder, reasons};

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

/// Upgrades `stream`; what has come behind the 101.
pub(super) async fn upgrade(
    stream: &mut Stream,
    context: &ClientContext,
    asked: &Upgrade<'_>,
) -> Result<Inbox, Failure> {
    let (key, meter) = (generate_key(), &context.shard.meter);
    let request = request(context, asked, &key);
    let mut handshake = Handshake { stream, meter, request, sent: 0, inbox: Inbox::default() };
    handshake.ask().await?;
    let answer = handshake.answer().await?;
    let head = handshake.inbox.rest().get(..answer.length).unwrap_or_default();
    if answer.status != 101 {
        return Err(refusal(answer.status, head, context));
    }
    if let Some(wrong) = wrong(head, &key, context) {
        meter.reason(wrong);
        return Err(Failure::Protocol);
    }
    meter.attribute(Direction::Down, Part::Headers, answer.length);
    handshake.inbox.take(answer.length);
    Ok(take(&mut handshake.inbox))
}

fn request(context: &ClientContext, asked: &Upgrade<'_>, key: &str) -> Request {
    let mut more: Vec<Header> = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", key),
    ]
    .map(|(name, value)| Header(name.to_owned(), value.to_owned()))
    .into();
    more.extend_from_slice(asked.headers);
    more.extend(context.endpoint.approach.offer());
    let mut profile = context.shard.headers.upgrade_request.clone();
    if matches!(context.endpoint.expects, Expects::Foreign(_)) {
        // A server that took a browser's offer would send frames that nobody here can read.
        profile.retain(|header| !header.0.eq_ignore_ascii_case(EXTENSIONS));
    }
    let mut request = Request::new(context, "GET", asked.route, &profile, &more);
    request.set_cursor(asked.cursor);
    request
}

/// A handshake under way.
struct Handshake<'a> {
    stream: &'a mut Stream,
    meter: &'a Recorder,
    request: Request,
    /// How much of the request has left and is not accounted for.
    sent: usize,
    /// What has come and is not accounted for.
    inbox: Inbox,
}

impl Handshake<'_> {
    async fn ask(&mut self) -> Result<(), Failure> {
        while self.sent < self.request.length() {
            let written = poll_fn(|cx| self.request.poll_write(self.stream, self.sent, cx)).await;
            self.sent += written.map_err(|e| Failure::from(&e))?;
        }
        // Where there is TLS, records may still be on their way.
        self.stream.flush().await.map_err(|e| Failure::from(&e))?;
        self.request.attribute(self.meter);
        self.sent = 0;
        self.meter.event(|phase| phase.requests += 1);
        Ok(())
    }

    /// Reads up to the end of the answer's head.
    async fn answer(&mut self) -> Result<Head, Failure> {
        loop {
            let rest = self.inbox.rest();
            if let Some(head) = head(rest).map_err(|failure| misread(failure, rest, self.meter))? {
                self.meter.event(|phase| phase.responses += 1);
                return Ok(head);
            }
            if poll_fn(|cx| self.inbox.poll_read(self.stream, 0, self.meter, cx)).await? == 0 {
                return Err(Failure::Closed);
            }
        }
    }
}

/// What has passed of a handshake that came to nothing has passed all the same.
impl Drop for Handshake<'_> {
    fn drop(&mut self) {
        self.meter.attribute(Direction::Up, Part::Headers, self.sent);
        self.meter.attribute(Direction::Down, Part::Headers, self.inbox.empty());
    }
}

/// What is wrong with a 101, by RFC 6455 §4.1.
fn wrong(head: &[u8], key: &str, context: &ClientContext) -> Option<&'static str> {
    let says = |name: &str, token: &str| {
        let list = field(head, name).unwrap_or_default();
        list.split(',').any(|part| part.trim().eq_ignore_ascii_case(token))
    };
    let extensions = field(head, EXTENSIONS).unwrap_or_default();
    if head.split(|&byte| byte == b'\n').any(|line| line.starts_with(b"HTTP/1.0 ")) {
        Some(reasons::OLD_HTTP)
    } else if !(says("Upgrade", "websocket") && says("Connection", "upgrade")) {
        Some(reasons::NO_UPGRADE)
    } else if field(head, "Sec-WebSocket-Accept") != Some(derive_accept_key(key.as_bytes())) {
        Some(reasons::WRONG_ACCEPT)
    } else if extensions.split(',').any(|part| !part.trim().is_empty()) {
        Some(reasons::EXTENSION)
    } else if !context.endpoint.approach.agrees(field(head, "Sec-WebSocket-Protocol").as_deref()) {
        Some(reasons::WRONG_SUBPROTOCOL)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
