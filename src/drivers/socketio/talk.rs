//! What is said in a session, whatever carries it: packets come in, and say what must go out. No I/O.
//!
//! It must not know requests or frames. Of each packet it tells how many bytes were message; the carrier, which knows
//! how many there were in all, tells the ledger.

use std::collections::VecDeque;

use wsbench_targets::wire::{Eio, SocketIo as Options};

use super::engine::{self, Data};
use super::handshake::Handshake;
use super::json;
use super::packet::{Kind, MAIN, Packet, write_event};
use crate::drivers::memory_budget::MemoryBudget;
use crate::drivers::{Arrival, ClientContext};
use crate::meter::Failure;

/// The data of the ping and the pong that begin an upgrade.
pub const PROBE: &str = "probe";

/// A packet that has not left.
#[derive(Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The packet.
    pub packet: engine::Packet<'static>,
    /// Bytes of it that are message.
    pub message: usize,
    /// Messages that are sent when it has left.
    pub messages: u64,
}

/// A message whose attachments are not all here.
struct Attachments {
    left: usize,
    /// Its data and the attachments so far: a stamp may be in any of them.
    whole: Vec<u8>,
    share: MemoryBudget,
    ours: bool,
}

/// A message that is larger in all is not believed.
const MAX_MESSAGE: usize = 16 << 20;

/// Both sides' words.
pub struct Talk {
    context: ClientContext,
    options: Options,
    /// The server's answer to the handshake, once it is here.
    pub handshake: Option<Handshake>,
    /// The namespace is joined.
    pub joined: bool,
    /// What the server said when it refused the namespace.
    pub refusal: Option<String>,
    arrived: VecDeque<Arrival>,
    owed: VecDeque<Outgoing>,
    /// The last words are said: nothing is answered any more.
    left: bool,
    attachments: Option<Attachments>,
    /// Id of the next acknowledgement asked for.
    next_ack: u64,
    /// Name of the event that is replied to, as JSON writes it.
    replied: Option<String>,
}

impl Talk {
    /// Nothing is said yet.
    pub fn new(context: ClientContext, options: &Options) -> Talk {
        let replied = options.reply.as_ref().map(|reply| {
            let mut name = String::new();
            json::quote(&reply.on, &mut name);
            name.trim_matches('"').to_owned()
        });
        let (arrived, owed) = (VecDeque::new(), VecDeque::new());
        Talk {
            context,
            options: options.clone(),
            handshake: None,
            joined: false,
            refusal: None,
            arrived,
            owed,
            left: false,
            attachments: None,
            next_ack: 0,
            replied,
        }
    }

    /// A new session: what has arrived is kept, what was owed in the last one is owed to nobody.
    pub fn begin(&mut self) {
        (self.handshake, self.joined, self.attachments, self.next_ack) = (None, false, None, 0);
        self.owed.clear();
    }

    /// The stamp of the next message.
    pub fn arrival(&mut self) -> Option<Arrival> {
        self.arrived.pop_front()
    }

    /// Whether something must go out.
    pub fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    /// What must go out next.
    pub fn next(&self) -> Option<&Outgoing> {
        self.owed.front()
    }

    /// Takes it.
    pub fn take_next(&mut self) -> Option<Outgoing> {
        self.owed.pop_front()
    }

    /// The client's heartbeat, in protocol 3.
    pub fn ping(&mut self) {
        self.owe(engine::Packet::text(engine::Kind::Ping, ""));
    }

    /// The client's last words: out of the namespace, and where `session`, out of the session. What was owed is not
    /// said any more, and what comes now is not answered: the server may know the session no longer.
    pub fn leave(&mut self, session: bool) {
        self.owed.clear();
        self.say(Packet::new(Kind::Disconnect, &self.options.namespace.clone(), ""));
        if session {
            self.owe(engine::Packet::text(engine::Kind::Close, ""));
        }
        self.left = true;
    }

    /// A message of the load goes out: an event, with an attachment where messages are binary.
    pub fn queue(&mut self, message: &[u8]) -> Result<(), Failure> {
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
    pub fn take(&mut self, packet: &engine::Packet<'_>) -> Result<usize, Failure> {
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
        self.handshake = Some(Handshake::read(data)?);
        let Options { namespace, auth, eio, .. } = self.options.clone();
        if eio == Eio::Four || namespace != MAIN {
            let auth = auth.map_or_else(String::new, |secret| secret.0);
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
                let (left, share) = (packet.attachments, MemoryBudget::default());
                self.attachments = Some(Attachments { left, whole, share, ours });
            }
            // Other namespaces have other conversations.
            _ if !ours => {}
            Kind::Connect => self.joined = true,
            Kind::Disconnect => return Err(Failure::Closed),
            Kind::ConnectError => {
                self.refusal = Some(packet.data.to_owned());
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
        due.share.hold(due.whole.capacity(), &self.context.shard.meter)?;
        match (due.left, due.ours) {
            _ if due.whole.len() > MAX_MESSAGE => return Err(Failure::Protocol),
            (0, true) => self.arrive(&due.whole),
            (0, false) => {}
            _ => self.attachments = Some(due),
        }
        Ok(bytes.len())
    }

    /// A message is whole. One without a stamp is a greeting or somebody else's: counted, and no arrival.
    fn arrive(&mut self, message: &[u8]) {
        self.context.shard.meter.event(|phase| phase.messages_down += 1);
        self.arrived.extend(self.context.arrival(message));
    }

    /// Says what the options answer to this event, if they do.
    fn reply(&mut self, packet: &Packet<'_>) -> Result<(), Failure> {
        let named = packet.kind == Kind::Event && packet.event() == self.replied.as_deref();
        let Some(reply) = self.options.reply.as_ref().filter(|_| named) else { return Ok(()) };
        let mut data = String::new();
        let message = match reply.data.as_str() {
            "" => {
                json::quote(&reply.event, &mut data);
                data = format!("[{data}]");
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
