//! A session over WebSocket: a packet is a frame. The one place that knows how the websocket driver's connection is used.
//!
//! It must not know what the packets mean.

use wsbench_targets::clock::now;
use wsbench_targets::wire::{Eio, SocketIo as Options};

use super::engine::{Data, Kind, Packet};
use super::handshake::{Handshake, path};
use super::talk::{PROBE, Talk};
use crate::drivers::ClientContext;
use crate::drivers::deadline::Deadline;
use crate::drivers::websocket::connection::{Connection, Content};
use crate::drivers::websocket::decoder::Message;
use crate::drivers::websocket::frame::Opcode;
use crate::drivers::websocket::upgrade::Upgrade;
use crate::meter::{Direction, Failure, Part, Recorder};

/// An open connection.
pub struct Frames {
    context: ClientContext,
    eio: Eio,
    connection: Connection,
    patience: Deadline,
}

impl Frames {
    /// Connects and upgrades; for the session `sid`, or for one that is still to come.
    pub async fn open(
        context: &ClientContext,
        options: &Options,
        sid: Option<&str>,
    ) -> Result<Frames, Failure> {
        let asked = Upgrade { route: "", cursor: 0, headers: &[] };
        let there = context.at(path(context, options, "websocket", sid));
        let connection = Connection::open(&there, &asked, options.timeout).await?;
        let mut patience = Deadline::new(options.timeout);
        patience.begin(now());
        Ok(Frames { context: context.clone(), eio: options.eio, connection, patience })
    }

    /// The session says how long it may be silent.
    pub fn named(&mut self, handshake: &Handshake) {
        self.patience = Deadline::new(handshake.silence());
        self.patience.begin(now());
    }

    /// Sends all that is owed. Dropped while it waits, it has sent that all the same.
    pub async fn push(&mut self, talk: &mut Talk) -> Result<(), Failure> {
        while let Some(next) = talk.take_next() {
            self.send(&next.packet, (next.message, next.messages)).await?;
        }
        Ok(())
    }

    /// Sends what is owed, and takes in the next packet. Cancel-safe.
    pub async fn step(&mut self, talk: &mut Talk) -> Result<(), Failure> {
        self.push(talk).await?;
        let (meter, eio) = (&self.context.shard.meter, self.eio);
        let received = self.connection.receive(|message| Some(read(eio, talk, meter, message)));
        self.patience.hold(received).await??;
        self.patience.begin(now());
        Ok(())
    }

    /// Asks whether packets can pass here, before the session moves.
    pub async fn probe(&mut self) -> Result<(), Failure> {
        self.send(&Packet::text(Kind::Ping, PROBE), (0, 0)).await
    }

    /// Waits for the answer to [`Frames::probe`]. Cancel-safe.
    pub async fn probed(&mut self) -> Result<(), Failure> {
        let (meter, eio) = (&self.context.shard.meter, self.eio);
        let answer = Packet::text(Kind::Pong, PROBE);
        let received = self.connection.receive(|message| {
            meter.attribute(Direction::Down, Part::Framing, message.bytes.len());
            Some(packet(eio, message).is_ok_and(|packet| packet == answer))
        });
        if self.patience.hold(received).await? { Ok(()) } else { Err(Failure::Protocol) }
    }

    /// The session is here from now on.
    pub async fn upgraded(&mut self) -> Result<(), Failure> {
        self.send(&Packet::text(Kind::Upgrade, ""), (0, 0)).await
    }

    /// Says what is owed, then closes by the WebSocket's own handshake.
    pub async fn close(mut self, mut talk: Talk) {
        if self.push(&mut talk).await.is_err() {
            return;
        }
        let (meter, eio) = (&self.context.shard.meter, self.eio);
        // Packets that were under way are bytes on the wire; what they mean is nothing any more.
        self.connection
            .close(|message| {
                let _nothing_any_more = read(eio, &mut talk, meter, message);
            })
            .await;
    }

    /// Gives the connection up.
    pub fn abandon(self) {
        self.connection.abandon();
    }

    /// Sends a packet in which so many bytes are message, and after which so many messages are sent.
    async fn send(&mut self, packet: &Packet<'_>, (message, messages): (usize, u64)) -> Result<(), Failure> {
        let mut frame = Vec::new();
        packet.write_frame(self.eio, &mut frame);
        let opcode = if matches!(packet.data, Data::Text(_)) { Opcode::Text } else { Opcode::Binary };
        let content = Content { envelope: frame.len().saturating_sub(message), messages };
        self.connection.send(opcode, &frame, content).await
    }
}

fn packet(eio: Eio, message: Message<'_>) -> Result<Packet<'_>, Failure> {
    if !message.text {
        return Packet::of_binary(eio, message.bytes);
    }
    Packet::of_text(eio, std::str::from_utf8(message.bytes).map_err(|_| Failure::Protocol)?)
}

/// Takes a packet in, and tells the ledger what its bytes were.
fn read(eio: Eio, talk: &mut Talk, meter: &Recorder, message: Message<'_>) -> Result<(), Failure> {
    let taken = packet(eio, message).and_then(|packet| talk.take(&packet));
    let payload = taken.unwrap_or(0).min(message.bytes.len());
    meter.attribute(Direction::Down, Part::Payload, payload);
    meter.attribute(Direction::Down, Part::Framing, message.bytes.len() - payload);
    taken.map(|_| ())
}
