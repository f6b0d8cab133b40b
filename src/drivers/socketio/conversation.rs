//! What is said in a session of Socket.IO, whatever carries it: packets come in, and say what must go out. No I/O.
//!
//! It must not know requests or frames. Its carriers are `drivers::session`'s; [`super::open`] begins with it.

use std::collections::VecDeque;
use std::time::Duration;

use wsbench_targets::clock::{Tick, now};

use super::engine::{self, Data, Payload};
use super::handshake::Handshake;
use super::open;
use super::packet::{Kind, MAIN, Packet, write_event};
use crate::drivers::http::exchange::Taken;
use crate::drivers::limits::MAX_MESSAGE_BYTES;
use crate::drivers::memory_budget::MemoryBudget;
use crate::drivers::said::quoted;
use crate::drivers::session::Session;
use crate::drivers::session::protocol::Protocol;
use crate::drivers::websocket::connection::Content;
use crate::drivers::websocket::decoder::Message;
use crate::drivers::websocket::frame::Opcode;
use crate::drivers::{Arrival, ClientContext, json};
use crate::meter::{Failure, reasons};
use crate::transport::{Eio, SocketIo as Options};

/// A packet that has not left.
#[derive(Debug, PartialEq, Eq)]
struct Outgoing {
    packet: engine::Packet<'static>,
    /// Bytes of it that are message.
    message: usize,
    /// Messages that are sent when it has left.
    messages: u64,
}

/// A message whose attachments are not all here.
struct Attachments {
    left: usize,
    /// Its data and the attachments so far: a stamp may be in any of them.
    whole: Vec<u8>,
    budget: MemoryBudget,
    ours: bool,
}

/// Both sides' words in one session.
pub struct Conversation {
    context: ClientContext,
    options: Options,
    /// The server's answer to the handshake, once it is here.
    pub handshake: Option<Handshake>,
    /// The namespace is joined.
    pub joined: bool,
    arrived: Vec<Arrival>,
    owed: VecDeque<Outgoing>,
    /// The last words are said: nothing is answered any more.
    left: bool,
    attachments: Option<Attachments>,
    /// Id of the next acknowledgement asked for.
    next_ack: u64,
    /// When the client's next ping is due: in protocol 3, where it is the client that asks.
    next_ping: Option<Tick>,
    /// Name of the event that is replied to, as JSON writes it.
    replied: Option<String>,
}

impl Protocol for Conversation {
    type Options = Options;

    fn timeout(options: &Options) -> Duration {
        options.timeout
    }

    async fn connect(context: &ClientContext, options: &Options) -> Result<Session<Self>, Failure> {
        open::connect(context, options).await
    }

    async fn join(
        session: &mut Session<Self>,
        context: &ClientContext,
        options: &Options,
    ) -> Result<(), Failure> {
        open::join(session, context, options).await
    }

    /// An event, with an attachment where messages are binary.
    fn queue(&mut self, message: &[u8]) -> Result<(), Failure> {
        let (binary, mut data) = (self.options.binary, String::with_capacity(message.len() + 64));
        let inside = write_event(&self.options.event, message, binary, &mut data)?;
        let id = self.options.ack.then_some(self.next_ack);
        self.next_ack += u64::from(self.options.ack);
        let kind = if binary { Kind::BinaryEvent } else { Kind::Event };
        let (namespace, attachments) = (&self.options.namespace, usize::from(binary));
        let text = Packet { kind, attachments, namespace, id, data: &data }.to_string();
        let packet = engine::Packet::text(engine::Kind::Message, text);
        self.push(Outgoing { packet, message: inside, messages: u64::from(!binary) });
        if binary {
            let packet = engine::Packet::binary(message.to_vec());
            self.push(Outgoing { packet, message: message.len(), messages: 1 });
        }
        Ok(())
    }

    fn owes(&self) -> bool {
        self.handshake.is_some() && !self.owed.is_empty()
    }

    fn post(&mut self, most: usize, body: &mut Vec<u8>) -> Content {
        let (mut message, mut messages) = (0, 0);
        while let Some(next) = self.owed.front() {
            let before = body.len();
            next.packet.write_payload(self.options.eio, body);
            if before > 0 && body.len() > most {
                body.truncate(before);
                break;
            }
            (message, messages) = (message + next.message, messages + next.messages);
            self.owed.pop_front();
        }
        Content { envelope: body.len().saturating_sub(message), messages }
    }

    fn frame(&mut self, frame: &mut Vec<u8>) -> Option<(Opcode, Content)> {
        let Outgoing { packet, message, messages } = self.owed.pop_front()?;
        packet.write_frame(self.options.eio, frame);
        let opcode = if matches!(packet.data, Data::Text(_)) { Opcode::Text } else { Opcode::Binary };
        Some((opcode, Content { envelope: frame.len().saturating_sub(message), messages }))
    }

    fn message(&mut self, message: Message<'_>) -> Result<usize, Failure> {
        self.take(&engine::Packet::of_message(self.options.eio, message)?)
    }

    fn answer(&mut self, body: &[u8], ended: bool) -> Result<Taken, Failure> {
        if !ended || body.is_empty() {
            return Ok(Taken::default());
        }
        let mut payload = 0;
        for packet in Payload::new(self.options.eio, body)? {
            payload += self.take(&packet?)?;
        }
        let payload = payload.min(body.len());
        Ok(Taken { payload, framing: body.len() - payload, overhead: 0 })
    }

    fn arrived(&mut self) -> impl Iterator<Item = Arrival> {
        self.arrived.drain(..)
    }

    fn next_beat(&self) -> Option<Tick> {
        self.next_ping
    }

    fn beat(&mut self) {
        self.owe(engine::Packet::text(engine::Kind::Ping, ""));
        self.next_ping = self.handshake.as_ref().map(|handshake| now() + handshake.interval());
    }

    /// Out of the namespace, and by requests out of the session. What was owed is not said any more, and what comes now is
    /// not answered: the server may know the session no longer.
    fn leave(&mut self, by_requests: bool) {
        self.owed.clear();
        self.say(Packet::new(Kind::Disconnect, &self.options.namespace.clone(), ""));
        if by_requests {
            self.owe(engine::Packet::text(engine::Kind::Close, ""));
        }
        self.left = true;
    }
}

impl Conversation {
    /// Nothing is said yet.
    pub fn new(context: ClientContext, options: &Options) -> Conversation {
        let replied =
            options.reply.as_ref().map(|reply| json::quoted(&reply.on).trim_matches('"').to_owned());
        Conversation {
            context,
            options: options.clone(),
            handshake: None,
            joined: false,
            arrived: Vec::new(),
            owed: VecDeque::new(),
            left: false,
            attachments: None,
            next_ack: 0,
            next_ping: None,
            replied,
        }
    }

    fn owe(&mut self, packet: engine::Packet<'static>) {
        self.push(Outgoing { packet, message: 0, messages: 0 });
    }

    fn push(&mut self, outgoing: Outgoing) {
        if !self.left {
            self.owed.push_back(outgoing);
        }
    }

    fn say(&mut self, packet: Packet<'_>) {
        self.owe(engine::Packet::text(engine::Kind::Message, packet.to_string()));
    }

    /// Takes one packet in; how many bytes of it were message.
    ///
    /// # Errors
    /// [`Failure::Closed`] when the server ends session or namespace, [`Failure::Status`] when it refuses the
    /// namespace, [`Failure::Protocol`] for what is out of place.
    fn take(&mut self, packet: &engine::Packet<'_>) -> Result<usize, Failure> {
        use engine::Kind as Engine;
        match (packet.kind, &packet.data) {
            (Engine::Open, Data::Text(data)) if self.handshake.is_none() => self.open(data)?,
            // Everything else comes behind the handshake's answer.
            _ if self.handshake.is_none() => return Err(Failure::Protocol),
            (Engine::Message, Data::Text(text)) => return self.message(text),
            (Engine::Message, Data::Binary(bytes)) => return self.attachment(bytes),
            (Engine::Close, _) => return Err(Failure::Closed),
            (Engine::Ping, Data::Text(data)) => {
                self.heartbeat();
                self.owe(engine::Packet::text(Engine::Pong, data.clone().into_owned()));
            }
            (Engine::Pong, _) => self.heartbeat(),
            (Engine::Noop, _) => {}
            _ => return Err(Failure::Protocol),
        }
        Ok(0)
    }

    fn heartbeat(&self) {
        self.context.shard.meter.count(|c| c.heartbeats += 1);
    }

    /// The session is there; now the namespace. Socket.IO 2 joins the main one without being asked.
    fn open(&mut self, data: &str) -> Result<(), Failure> {
        let handshake = Handshake::read(data)?;
        let Options { namespace, auth, eio, .. } = self.options.clone();
        if eio == Eio::Three {
            self.next_ping = Some(now() + handshake.interval());
        }
        self.handshake = Some(handshake);
        if eio == Eio::Four || namespace != MAIN {
            let auth = auth.map_or_else(String::new, |auth| self.context.filled_json(auth.reveal()));
            self.say(Packet::new(Kind::Connect, &namespace, &auth));
        }
        Ok(())
    }

    fn message(&mut self, text: &str) -> Result<usize, Failure> {
        let packet = Packet::decode(text)?;
        if self.attachments.is_some() {
            return Err(Failure::Protocol);
        }
        let ours = packet.namespace == self.options.namespace;
        match packet.kind {
            Kind::BinaryEvent | Kind::BinaryAck if packet.attachments > 0 => {
                let whole = packet.data.as_bytes().to_vec();
                let (left, budget) = (packet.attachments, MemoryBudget::default());
                self.attachments = Some(Attachments { left, whole, budget, ours });
            }
            // Other namespaces have other conversations.
            _ if !ours => {}
            Kind::Connect => self.joined = true,
            Kind::Disconnect => return Err(Failure::Closed),
            Kind::ConnectError => {
                let words = quoted(packet.data.as_bytes());
                self.context.shard.meter.reason_in_words(reasons::NAMESPACE_REFUSED, &words);
                return Err(Failure::Status);
            }
            Kind::Event | Kind::Ack | Kind::BinaryEvent | Kind::BinaryAck => {
                self.reply(&packet)?;
                self.arrive(packet.data.as_bytes());
                return Ok(packet.argument().map_or(0, json::length));
            }
        }
        Ok(0)
    }

    fn attachment(&mut self, bytes: &[u8]) -> Result<usize, Failure> {
        let Some(mut due) = self.attachments.take() else { return Err(Failure::Protocol) };
        due.left -= 1;
        due.whole.extend_from_slice(bytes);
        due.budget.hold(due.whole.capacity(), &self.context.shard.meter)?;
        match (due.left, due.ours) {
            _ if due.whole.len() > MAX_MESSAGE_BYTES => {
                self.context.shard.meter.reason(reasons::LONG_BODY);
                return Err(Failure::TooLarge);
            }
            (0, true) => self.arrive(&due.whole),
            (0, false) => {}
            _ => self.attachments = Some(due),
        }
        Ok(bytes.len())
    }

    /// A message is whole. One without a stamp is a greeting or somebody else's: counted, and no arrival.
    fn arrive(&mut self, message: &[u8]) {
        self.context.shard.meter.message_down();
        self.context.arrivals(message, |arrival| self.arrived.push(arrival));
    }

    /// Says what the options answer to this event, if they do.
    fn reply(&mut self, packet: &Packet<'_>) -> Result<(), Failure> {
        let named = packet.kind == Kind::Event && packet.event() == self.replied.as_deref();
        let Some(reply) = self.options.reply.as_ref().filter(|_| named) else { return Ok(()) };
        let mut data = String::new();
        let message = match reply.data.as_str() {
            "" => {
                data = format!("[{}]", json::quoted(&reply.event));
                0
            }
            json => write_event(&reply.event, json.as_bytes(), false, &mut data)?,
        };
        let text = Packet::new(Kind::Event, &self.options.namespace, &data).to_string();
        let packet = engine::Packet::text(engine::Kind::Message, text);
        self.push(Outgoing { packet, message, messages: 1 });
        Ok(())
    }
}
