//! A WebSocket connection (RFC 6455), for any driver that speaks over one: the upgrade, messages both ways, the closing
//! handshake, and every byte of them in the ledger.
//!
//! The upgrade goes through our own HTTP and frames through our own [`Decoder`], so that their bytes are known exactly
//! and an idle client has no buffer. It must not know what messages mean: what of them is payload says the caller.

use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::timeout;
use wsbench_targets::pacer::Random;

use super::decoder::{Brings, Decoder, Message};
use super::frame::Opcode;
use super::outbox::Outbox;
use super::upgrade::{Upgrade, upgrade};
use crate::drivers::ClientContext;
use crate::drivers::buffer::Inbox;
use crate::drivers::dial::{Stream, dial};
use crate::drivers::http::exchange::hang_up;
use crate::meter::{Direction, Failure, Part, Recorder};

/// The other end's answer to our Close is waited for so long.
const CLOSING: Duration = Duration::from_secs(5);

/// What is in a frame besides its header.
#[derive(Clone, Copy, Debug, Default)]
pub struct Content {
    /// Bytes that are the caller's protocol, not payload.
    pub envelope: usize,
    /// Messages that are sent when it has left.
    pub messages: u64,
}

/// An open connection. After an error it is broken, and to be dropped.
pub struct Connection {
    stream: Stream,
    meter: Rc<Recorder>,
    inbox: Inbox,
    decoder: Decoder,
    outbox: Outbox,
    /// Our Close has left or waits to leave: no second one follows.
    closing: bool,
    /// Their Close is here: nothing that comes behind it counts (RFC 6455 §5.5.1).
    closed: bool,
}

impl Connection {
    /// Connects and upgrades; each may take as long as `patience`.
    ///
    /// # Errors
    /// Those of [`dial`]; [`Failure::Timeout`]; [`Failure::Status`] for an answer other than 101, and
    /// [`Failure::Protocol`] for one without the right accept key (§4.1).
    pub async fn open(
        context: &ClientContext,
        asked: &Upgrade<'_>,
        patience: Duration,
    ) -> Result<Connection, Failure> {
        let mut stream = dial(context, patience).await?;
        let mut inbox = Vec::with_capacity(512);
        let upgraded = timeout(patience, upgrade(&mut stream, context, asked, &mut inbox)).await;
        let meter = Rc::clone(&context.shard.meter);
        if let Err(failure) = upgraded.unwrap_or(Err(Failure::Timeout)) {
            // An answer that was none, or not whole: it has passed.
            meter.attribute(Direction::Down, Part::Headers, inbox.len());
            return Err(failure);
        }
        // §5.3 wants keys that nobody foresees, so that a page cannot choose the bytes that a proxy sees. Here nobody but
        // us chooses payloads: SplitMix64 from a random seed looks random enough, and costs a nanosecond.
        let keys = Random::new(RandomState::new().hash_one(context.client), u64::from(context.client));
        let (outbox, decoder, inbox) = (Outbox::new(keys), Decoder::default(), Inbox::of(inbox));
        Ok(Connection { stream, meter, inbox, decoder, outbox, closing: false, closed: false })
    }

    /// Sends one frame, text or binary.
    ///
    /// Dropped while it waits, it has sent the frame all the same: what is left goes first with the next call.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn send(&mut self, opcode: Opcode, bytes: &[u8], content: Content) -> Result<(), Failure> {
        if self.closing {
            return Err(Failure::Closed);
        }
        self.outbox.put(opcode, bytes, bytes.len().saturating_sub(content.envelope));
        self.outbox.carries(content.messages);
        self.flush().await
    }

    /// Shows each message that comes to `look`, up to the first of which it makes something. What of a message is payload
    /// and what envelope is for `look` to tell the ledger; frame headers and control frames are accounted for.
    ///
    /// Cancel-safe: a message is shown when it is whole, and then the call returns or goes on without a pause.
    ///
    /// # Errors
    /// [`Failure::Closed`] behind the closing handshake, [`Failure::Reset`] at an end without one,
    /// [`Failure::Protocol`] for what the RFC forbids, [`Failure::TooLarge`] for what would be more than all clients may
    /// hold together.
    pub async fn receive<T>(&mut self, mut look: impl FnMut(Message<'_>) -> Option<T>) -> Result<T, Failure> {
        let received = poll_fn(|cx| self.poll_receive(cx, &mut look)).await;
        received.inspect_err(|_| self.account_leftover())
    }

    /// The closing handshake (§7.1.2), then the end of the TCP connection. Messages that were under way are shown to
    /// `look`.
    pub async fn close(mut self, mut look: impl FnMut(Message<'_>)) {
        if !self.closing {
            self.closing = true;
            self.outbox.put(Opcode::Close, &[], 0);
        }
        let handshake = async {
            self.flush().await?;
            let look = |message: Message<'_>| {
                look(message);
                None::<()>
            };
            // It ends with an error, whichever: the connection is over.
            let _over = self.receive(look).await;
            Ok(())
        };
        let ended = timeout(CLOSING, handshake).await.unwrap_or(Err(Failure::Timeout));
        match ended {
            Ok(()) => hang_up(self.stream, self.meter).await,
            Err(_) => self.account_leftover(),
        }
    }

    /// Gives the connection up, with what was not read or has not left.
    pub fn abandon(mut self) {
        self.account_leftover();
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        let flushed = poll_fn(|cx| self.poll_flush(cx)).await;
        flushed.inspect_err(|_| self.account_leftover())
    }

    /// Writes what waits, and reads while that cannot leave: a server that answers before it reads on would wait for us
    /// as we for it.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        loop {
            if let ready @ Poll::Ready(_) = self.outbox.poll_flush(&mut self.stream, &self.meter, cx) {
                return ready;
            }
            ready!(self.poll_read(cx))?;
        }
    }

    fn poll_receive<T>(
        &mut self,
        cx: &mut Context<'_>,
        look: &mut impl FnMut(Message<'_>) -> Option<T>,
    ) -> Poll<Result<T, Failure>> {
        loop {
            if let Some(found) = self.decode(look)? {
                return Poll::Ready(Ok(found));
            }
            // Answers to control frames; while they cannot leave, what comes is read all the same.
            if let Poll::Ready(Err(failure)) = self.outbox.poll_flush(&mut self.stream, &self.meter, cx) {
                return Poll::Ready(Err(failure));
            }
            ready!(self.poll_read(cx))?;
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let held = self.decoder.held();
        match ready!(self.inbox.poll_read(&mut self.stream, held, &self.meter, cx))? {
            0 => Poll::Ready(Err(if self.closed { Failure::Closed } else { Failure::Reset })),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Decodes what is there, up to the first message of which `look` makes something.
    fn decode<T>(&mut self, look: &mut impl FnMut(Message<'_>) -> Option<T>) -> Result<Option<T>, Failure> {
        let mut found = None;
        while found.is_none() && !self.closed {
            let Some(frame) = self.decoder.decode(self.inbox.rest())? else { break };
            let (length, mut framing) = (frame.length, frame.header);
            match frame.brings {
                Brings::Message(message) => found = look(message),
                // Accounted for when the message is whole.
                Brings::Fragment => {}
                Brings::Pong => framing = length,
                Brings::Ping(payload) => {
                    framing = length;
                    self.outbox.put_pong(payload);
                }
                Brings::Close(payload) => {
                    framing = length;
                    self.closed = true;
                    if !self.closing {
                        self.closing = true;
                        self.outbox.put(Opcode::Close, payload, 0);
                    }
                }
            }
            self.inbox.take(length);
            self.meter.attribute(Direction::Down, Part::Framing, framing);
        }
        if self.closed && found.is_none() {
            self.account_unread();
        }
        Ok(found)
    }

    /// Bytes that never became a message, in either direction: they passed, and the ledger must close.
    fn account_leftover(&mut self) {
        self.account_unread();
        self.outbox.abandon(&self.meter);
    }

    fn account_unread(&mut self) {
        let rest = self.inbox.empty() + self.decoder.abandon();
        self.meter.attribute(Direction::Down, Part::Framing, rest);
    }
}
