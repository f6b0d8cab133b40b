//! A WebSocket as a carrier: what is said is a message each. It must not know what is said.

use std::time::Duration;

use wsbench_targets::clock::now;
use wsbench_targets::deflate::Deflate;

use super::protocol::Protocol;
use crate::drivers::ClientContext;
use crate::drivers::deadline::Deadline;
use crate::drivers::websocket::connection::{Connection, Content};
use crate::drivers::websocket::decoder::Message;
use crate::drivers::websocket::frame::Opcode;
use crate::drivers::websocket::upgrade::Upgrade;
use crate::meter::{Direction, Failure, Part, Recorder};

/// A session's WebSocket.
pub struct Socket {
    context: ClientContext,
    connection: Connection,
    /// Of the next message, where a server may not be silent for ever.
    silence: Option<Deadline>,
    /// The last message sent, kept for its memory.
    frame: Vec<u8>,
}

impl Socket {
    /// Connects and upgrades at the context's path.
    ///
    /// # Errors
    /// Those of [`Connection::open`].
    pub async fn open(
        context: &ClientContext,
        timeout: Duration,
        deflate: Option<Deflate>,
    ) -> Result<Socket, Failure> {
        let asked = Upgrade { route: "", cursor: 0, deflate };
        let connection = Connection::open(context, asked, timeout).await?;
        Ok(Socket { context: context.clone(), connection, silence: None, frame: vec![] })
    }

    /// From now on the server may be silent for so long.
    pub fn set_silence(&mut self, limit: Duration) {
        let mut silence = Deadline::new(limit);
        silence.begin(now());
        self.silence = Some(silence);
    }

    /// Sends one message of the opening. Nothing may come before its answer.
    pub async fn send(&mut self, opcode: Opcode, bytes: &[u8], content: Content) -> Result<(), Failure> {
        self.connection.send(opcode, bytes, content, |_| Err(Failure::Protocol)).await
    }

    /// Waits for one message of no payload, and shows it to `look`. Cancel-safe.
    pub async fn receive<T>(&mut self, look: impl Fn(Message<'_>) -> T) -> Result<T, Failure> {
        let meter = &self.context.shard.meter;
        let look = |message: Message<'_>| {
            meter.attribute(Direction::Down, Part::Framing, message.wire);
            Some(look(message))
        };
        self.connection.receive(look).await
    }

    /// Sends all that is owed. Dropped while it waits, it has sent that all the same.
    pub async fn push(&mut self, protocol: &mut impl Protocol) -> Result<(), Failure> {
        self.frame.clear();
        while let Some((opcode, content)) = protocol.frame(&mut self.frame) {
            let meter = &self.context.shard.meter;
            let look = |message: Message<'_>| take(protocol, meter, message);
            self.connection.send(opcode, &self.frame, content, look).await?;
            self.frame.clear();
        }
        Ok(())
    }

    /// Sends what is owed, and takes in the next message. Cancel-safe.
    pub async fn step(&mut self, protocol: &mut impl Protocol) -> Result<(), Failure> {
        self.push(protocol).await?;
        let meter = &self.context.shard.meter;
        let received = self.connection.receive(|message| Some(take(protocol, meter, message)));
        match &mut self.silence {
            None => received.await?,
            Some(silence) => {
                let taken = silence.hold(received).await?;
                silence.begin(now());
                taken
            }
        }
    }

    /// Says what is owed, then closes as WebSockets do. What was under way is bytes on the wire, and nothing more.
    pub async fn close(mut self, protocol: &mut impl Protocol) {
        if self.push(protocol).await.is_err() {
            return;
        }
        let meter = &self.context.shard.meter;
        let over = self.connection.close(|message| {
            let _over_either_way = take(protocol, meter, message);
        });
        over.await;
    }
}

/// Takes a message in, and tells the ledger what its bytes were.
fn take(protocol: &mut impl Protocol, meter: &Recorder, message: Message<'_>) -> Result<(), Failure> {
    let taken = protocol.message(message);
    let payload = taken.unwrap_or(0).min(message.bytes.len());
    let wire = message.on_wire(payload);
    meter.payload(Direction::Down, wire, payload);
    meter.attribute(Direction::Down, Part::Framing, message.wire - wire);
    taken.map(drop)
}
