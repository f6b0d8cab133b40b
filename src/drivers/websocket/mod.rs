//! WebSocket (RFC 6455): an upgrade, then frames in both directions, each message a text of its own.
//!
//! [`connection`] is the layer that other drivers may speak over. Its other end is `wsbench_targets::websocket`, or any
//! WebSocket server.

pub mod connection;
pub mod decoder;
pub mod frame;
mod outbox;
#[cfg(test)]
mod tests;
pub mod upgrade;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::wire::{WebSocket as Options, route};

use self::connection::{Connection, Content};
use self::decoder::Message;
use self::frame::Opcode;
use self::upgrade::Upgrade;
use super::resumable::Resumable;
use super::{Arrival, ClientContext, Driver};
use crate::meter::{Direction, Failure, Part};

/// A WebSocket client.
pub struct WebSocket {
    context: ClientContext,
    options: Options,
    connection: Option<Connection>,
    /// The next connection, and since when it is being opened.
    opening: Resumable<(Tick, Result<Connection, Failure>)>,
    /// Number of the next message wanted: where to go on after a reconnect.
    cursor: u64,
}

impl Driver for WebSocket {
    type Options = Options;
    const UNASKED: bool = true;

    async fn connect(context: ClientContext, options: &Options) -> Result<WebSocket, Failure> {
        let mut client = WebSocket::closed(context, options);
        client.open().await?;
        Ok(client)
    }

    async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        self.reopen().await?;
        let Some(connection) = &mut self.connection else { return Err(Failure::Local) };
        if std::str::from_utf8(message).is_err() {
            return Err(Failure::Protocol);
        }
        if let Err(failure) =
            connection.send(Opcode::Text, message, Content { envelope: 0, messages: 1 }).await
        {
            self.connection = None;
            return Err(failure);
        }
        Ok(())
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        self.reopen().await?;
        let Some(connection) = &mut self.connection else { return Err(Failure::Local) };
        let received = connection.receive(|message| look(&self.context, message)).await;
        match &received {
            Ok(arrival) => self.cursor = self.cursor.max(arrival.stamp.seq.saturating_add(1)),
            Err(_) => self.connection = None,
        }
        received
    }

    async fn close(mut self) {
        let Some(connection) = self.connection.take() else { return };
        // Messages that were under way are bytes on the wire, and nothing more.
        let over = connection.close(|message| {
            look(&self.context, message);
        });
        over.await;
    }
}

/// Accounts for one message; its stamp, if it carries one.
fn look(context: &ClientContext, message: Message<'_>) -> Option<Arrival> {
    context.shard.meter.attribute(Direction::Down, Part::Payload, message.bytes.len());
    context.shard.meter.event(|phase| phase.messages_down += 1);
    context.arrival(message.bytes)
}

impl WebSocket {
    fn closed(context: ClientContext, options: &Options) -> WebSocket {
        let opening = Resumable::default();
        WebSocket { context, options: options.clone(), connection: None, opening, cursor: 0 }
    }

    async fn reopen(&mut self) -> Result<(), Failure> {
        if self.connection.is_none() {
            // Boxed: a rare state that every client would carry for ever.
            Box::pin(self.open()).await?;
            self.context.shard.meter.count(|c| c.reconnects += 1);
        }
        Ok(())
    }

    async fn open(&mut self) -> Result<(), Failure> {
        let (context, patience, cursor) = (self.context.clone(), self.options.timeout, self.cursor);
        let open = || async move {
            let (began, asked) = (now(), Upgrade { route: route::PUSH, cursor, headers: &[] });
            (began, Connection::open(&context, &asked, patience).await)
        };
        let (began, opened) = self.opening.wait(open).await;
        self.connection = Some(opened?);
        self.context.shard.meter.connected(began);
        Ok(())
    }
}
