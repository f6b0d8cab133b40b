//! WebSocket (RFC 6455): an upgrade, then frames in both directions, each message a text of its own.
//!
//! [`connection`] is the layer that other drivers may speak over. Its other end is `wsbench_targets::websocket`, or any
//! WebSocket server.

mod close;
mod compression;
pub mod connection;
pub mod decoder;
pub mod frame;
mod inbound;
mod outbox;
mod pings;
pub mod protocol_error;
#[cfg(test)]
mod tests;
pub mod upgrade;

use std::time::Duration;

use wsbench_targets::clock::now;
use wsbench_targets::deflate::Deflate;
use wsbench_targets::wire::route;

use self::connection::{Connection, Content};
use self::decoder::Message;
use self::frame::Opcode;
use self::upgrade::Upgrade;
use super::arrivals::Arrivals;
use super::opener::Opener;
use super::{Arrival, ClientContext, Driver};
use crate::meter::{Direction, Failure, Part};
use crate::transport::WebSocket as Options;

/// A WebSocket client.
pub struct WebSocket {
    context: ClientContext,
    link: Link,
    /// What has come while something was sent.
    waiting: Arrivals,
    /// Number of the next message wanted: where to go on after a reconnect.
    cursor: u64,
}

impl Driver for WebSocket {
    type Options = Options;
    const UNASKED: bool = true;

    async fn connect(context: ClientContext, options: &Options) -> Result<WebSocket, Failure> {
        let Options { timeout: patience, ping, deflate, .. } = *options;
        let link = Link { patience, ping, deflate, connection: None, opener: Opener::default() };
        let mut client = WebSocket { context, link, waiting: Arrivals::default(), cursor: 0 };
        client.link.open(&client.context, client.cursor).await?;
        Ok(client)
    }

    async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        let binary = self.context.session().is_some_and(|session| session.sends_binary());
        let opcode = if binary { Opcode::Binary } else { Opcode::Text };
        debug_assert!(binary || std::str::from_utf8(message).is_ok(), "a message of ours is text");
        let (context, waiting, cursor) = (&self.context, &mut self.waiting, &mut self.cursor);
        let connection = self.link.open(context, *cursor).await?;
        let content = Content { envelope: 0, messages: 1 };
        let look = |message: Message<'_>| match look(context, cursor, waiting, message)? {
            Some(arrival) => waiting.push(Ok(arrival), &context.shard.meter),
            None => Ok(()),
        };
        let sent = connection.send(opcode, message, content, look).await;
        sent.inspect_err(|_| self.link.broken(&self.context))
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        if let Some(outcome) = self.waiting.pop() {
            return outcome;
        }
        let (context, cursor, waiting) = (&self.context, &mut self.cursor, &mut self.waiting);
        let connection = self.link.open(context, *cursor).await?;
        let look = |message: Message<'_>| look(context, cursor, waiting, message).transpose();
        let received = connection.receive(look).await.flatten();
        match &received {
            Ok(_) => self.link.opener.works(),
            Err(_) => self.link.broken(context),
        }
        received
    }

    async fn close(self) {
        let Some(connection) = self.link.connection else { return };
        // Messages that were under way are bytes on the wire, and nothing more.
        let (context, mut cursor, mut waiting) = (self.context, self.cursor, self.waiting);
        let look = |message: Message<'_>| {
            let _nobody_waits = look(&context, &mut cursor, &mut waiting, message);
        };
        connection.close(look).await;
    }
}

/// Accounts for one message of the protocol. Of the messages in it that are this client's, the first moves the cursor and is
/// returned; servers that join several have no cursor, and the others wait.
fn look(
    context: &ClientContext,
    cursor: &mut u64,
    waiting: &mut Arrivals,
    message: Message<'_>,
) -> Result<Option<Arrival>, Failure> {
    let arrival = context.arrival(message.bytes, waiting);
    // Of a session, what is no delivery is as good as a control frame.
    let noise = context.session().map_or(0, |session| session.take_noise());
    let (meter, payload) = (&context.shard.meter, message.bytes.len().saturating_sub(noise));
    let wire = message.on_wire(payload);
    meter.payload(Direction::Down, wire, payload);
    meter.attribute(Direction::Down, Part::Framing, message.wire - wire);
    if payload > 0 || noise == 0 {
        meter.message_down();
    }
    let arrival = arrival?;
    if let Some(arrival) = &arrival {
        *cursor = (*cursor).max(arrival.stamp.seq.saturating_add(1));
    }
    Ok(arrival)
}

/// The client's connection, and how another comes in its place.
struct Link {
    patience: Duration,
    /// How often the client pings, if it does.
    ping: Option<Duration>,
    deflate: Option<Deflate>,
    connection: Option<Connection>,
    opener: Opener<Connection>,
}

impl Link {
    /// The connection that is there, or one that is opened as soon as one may be tried. Cancel-safe.
    async fn open(&mut self, context: &ClientContext, cursor: u64) -> Result<&mut Connection, Failure> {
        let Link { patience, ping, deflate, connection, opener } = self;
        match connection {
            Some(connection) => Ok(connection),
            // Boxed: a rare state that every client would carry for ever.
            none @ None => {
                let asked = Upgrade { route: route::PUSH, cursor, deflate: *deflate };
                let mut connection = Box::pin(another(opener, context, asked, *patience)).await?;
                ping.iter().for_each(|&every| connection.ping(every, *patience));
                Ok(none.insert(connection))
            }
        }
    }

    fn broken(&mut self, context: &ClientContext) {
        self.connection = None;
        self.opener.failed(context);
    }
}

async fn another(
    opener: &mut Opener<Connection>,
    context: &ClientContext,
    asked: Upgrade,
    patience: Duration,
) -> Result<Connection, Failure> {
    opener.ready(context).await;
    let attempt = || {
        let context = context.clone();
        async move {
            let began = now();
            let connection = Connection::open(&context, asked, patience).await?;
            context.connected(began);
            Ok(connection)
        }
    };
    opener.open(context, attempt).await
}
