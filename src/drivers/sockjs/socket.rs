//! The WebSocket ways: a SockJS frame a message, or the messages themselves. The one place that knows the layer below.

use std::time::Duration;

use wsbench_targets::clock::now;
use wsbench_targets::wire::route;

use super::inbox::Inbox;
use crate::drivers::ClientContext;
use crate::drivers::websocket::connection::{Connection, Content};
use crate::drivers::websocket::decoder::Message;
use crate::drivers::websocket::frame::Opcode;
use crate::drivers::websocket::upgrade::Upgrade;
use crate::meter::{Direction, Failure, Part};

/// A session's WebSocket.
pub struct Socket {
    context: ClientContext,
    connection: Connection,
    /// Messages come and go without frames.
    raw: bool,
}

impl Socket {
    /// Upgrades at the context's path.
    pub async fn open(context: ClientContext, raw: bool, patience: Duration) -> Result<Socket, Failure> {
        let began = now();
        let asked = Upgrade { route: route::PUSH, cursor: 0, headers: &[] };
        let connection = Connection::open(&context, &asked, patience).await?;
        context.shard.meter.connected(began);
        Ok(Socket { context, connection, raw })
    }

    /// Sends one message; `wrapped` is its frame.
    pub async fn send(&mut self, message: &str, wrapped: &[u8]) -> Result<(), Failure> {
        let body = if self.raw { message.as_bytes() } else { wrapped };
        let content = Content { envelope: body.len() - message.len(), messages: 1 };
        self.connection.send(Opcode::Text, body, content).await
    }

    /// Waits for the next message of the WebSocket. Cancel-safe.
    pub async fn receive(&mut self, inbox: &mut Inbox) -> Result<(), Failure> {
        let (context, raw) = (&self.context, self.raw);
        self.connection.receive(|message| Some(look(context, raw, inbox, message))).await?
    }

    /// Closes as WebSockets do; what was under way is bytes on the wire, and nothing more.
    pub async fn close(self, inbox: &mut Inbox) {
        let (context, raw) = (self.context, self.raw);
        let over = self.connection.close(|message| {
            // A close frame is what one expects here.
            let _over_either_way = look(&context, raw, inbox, message);
        });
        over.await;
    }
}

fn look(context: &ClientContext, raw: bool, inbox: &mut Inbox, message: Message<'_>) -> Result<(), Failure> {
    let taken = if raw {
        inbox.message(message.bytes);
        Ok(message.bytes.len())
    } else {
        inbox.frame(message.bytes).map(|(_, payload)| payload)
    };
    let payload = taken.unwrap_or(0);
    context.shard.meter.attribute(Direction::Down, Part::Payload, payload);
    context.shard.meter.attribute(Direction::Down, Part::Framing, message.bytes.len() - payload);
    taken.map(|_| ())
}
