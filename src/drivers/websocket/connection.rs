//! A WebSocket connection (RFC 6455), for any driver that speaks over one: the upgrade, messages both ways, the closing
//! handshake, and every byte of them in the ledger, also where it is dropped.
//!
//! The upgrade goes through our own HTTP and frames through our own [`super::decoder`], so that their bytes are known
//! exactly and an idle client has no buffer. It must not know what messages mean: what of them is payload says the caller.

use std::convert::Infallible;
use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::mem::replace;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::timeout;
use wsbench_targets::deflate::{Deflater, Inflater};
use wsbench_targets::pacer::Random;

use super::decoder::{Brings, Decoder, Message};
use super::frame::Opcode;
use super::inbound::Inbound;
pub use super::outbox::Content;
use super::outbox::Outbox;
use super::pings::{Due, Pings};
use super::protocol_error::ProtocolError;
use super::upgrade::{Upgrade, Upgraded, upgrade};
use crate::drivers::ClientContext;
use crate::drivers::http::carrier::Carrier;
use crate::drivers::limits::{CLOSE_TIMEOUT, FIN_TIMEOUT};
use crate::drivers::opener::Opened;
use crate::drivers::said::quoted;
use crate::meter::{Failure, reasons};

/// An open connection. After an error it is over, and to be dropped.
pub struct Connection {
    /// Before the stream, which takes back of what was said of it what never left.
    outbox: Outbox,
    stream: Carrier,
    inbound: Inbound,
    /// Our Close has left or waits to leave: no second one follows, nor anything else (§5.5.1).
    closing: bool,
    /// Boxed: most clients leave it to the server to ping.
    pings: Option<Box<Pings>>,
}

impl Opened for Connection {
    fn replaces(&self) -> bool {
        self.stream.replaces()
    }
}

impl Connection {
    /// Connects and upgrades; each may take as long as `patience`.
    ///
    /// # Errors
    /// Those of [`crate::drivers::dial::dial`]; [`Failure::Timeout`]; [`Failure::Status`] for an answer other than 101, and
    /// [`Failure::Protocol`] for one without the right accept key (§4.1).
    pub async fn open(
        context: &ClientContext,
        asked: Upgrade,
        patience: Duration,
    ) -> Result<Connection, Failure> {
        let Upgraded { stream, inbox, deflate } = upgrade(context, asked, patience).await?;
        // §5.3 wants keys that nobody foresees, so that a page cannot choose the bytes that a proxy sees. Here nobody but
        // us chooses payloads: SplitMix64 from a random seed looks random enough, and costs a nanosecond.
        let keys = Random::new(RandomState::new().hash_one(context.client), u64::from(context.client));
        let meter = &context.shard.meter;
        let (decoder, mut outbox) = match &deflate {
            Some(agreed) => (Decoder::inflating(Inflater::new(agreed.server)), Outbox::new(keys, meter)),
            None => (Decoder::default(), Outbox::new(keys, meter)),
        };
        deflate.iter().for_each(|agreed| outbox.compress(Deflater::new(agreed.client, agreed.threshold)));
        let inbound = Inbound::new(inbox, decoder, meter);
        Ok(Connection { outbox, stream, inbound, closing: false, pings: None })
    }

    /// From now on a Ping leaves `every` so often, and a server of which nothing comes for `timeout` behind one is gone:
    /// [`Failure::Timeout`]. Whoever receives sends them.
    pub fn ping(&mut self, every: Duration, timeout: Duration) {
        self.pings = Some(Box::new(Pings::new(every, timeout)));
    }

    /// Sends one frame, text or binary. Messages that come while it cannot leave are shown to `look`, as they come.
    ///
    /// Dropped while it waits, it has sent the frame all the same: what is left goes first with the next call.
    ///
    /// # Errors
    /// As for [`Connection::receive`]; [`Failure::TooLarge`] also where more waits to leave than all clients may hold
    /// together; and what `look` refuses a message with.
    pub async fn send(
        &mut self,
        opcode: Opcode,
        bytes: &[u8],
        content: Content,
        mut look: impl FnMut(Message<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.closing {
            return Err(Failure::Closed);
        }
        self.outbox.put(opcode, bytes, content)?;
        let mut look = |message: Message<'_>| look(message).err();
        poll_fn(|cx| self.poll_send(cx, &mut look)).await
    }

    /// Shows each message that comes to `look`, up to the first of which it makes something. What of a message is payload
    /// and what envelope is for `look` to tell the ledger; frame headers and control frames are accounted for.
    ///
    /// Cancel-safe: a message is shown when it is whole, and then the call returns or goes on without a pause.
    ///
    /// # Errors
    /// [`Failure::Closed`] for the server's Close and for an end without one, [`Failure::Protocol`] for what the RFC
    /// forbids, [`Failure::TooLarge`] for a message that is too long or would be more than all clients may hold together;
    /// each by its reason.
    pub async fn receive<T>(&mut self, mut look: impl FnMut(Message<'_>) -> Option<T>) -> Result<T, Failure> {
        poll_fn(|cx| self.poll_receive(cx, &mut look)).await
    }

    /// The closing handshake (§7.1.2), then the end of the TCP connection, all within [`CLOSE_TIMEOUT`]. Messages that
    /// were under way are shown to `look`. What goes wrong is nobody's failure: the connection is over either way.
    pub async fn close(mut self, mut look: impl FnMut(Message<'_>)) {
        let closing = async move {
            if !replace(&mut self.closing, true) {
                self.outbox.put_control(Opcode::Close, &[]);
            }
            let look = |message: Message<'_>| {
                look(message);
                None::<Infallible>
            };
            // It ends with an error, whichever.
            let _over = self.receive(look).await;
            // A server should close TCP first (§7.1.1), and the kernel's account is whole then; some leave it open.
            let meter = Rc::clone(self.inbound.meter());
            drop(self.outbox);
            self.stream.hang_up(meter, FIN_TIMEOUT).await;
        };
        let _in_time = timeout(CLOSE_TIMEOUT, closing).await;
    }

    /// Writes what waits. While that cannot leave, and where it never will, what comes is read: a server that answers
    /// before it reads on would wait for us as we for it, and one that is gone may have said why.
    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        look: &mut impl FnMut(Message<'_>) -> Option<Failure>,
    ) -> Poll<Result<(), Failure>> {
        loop {
            let sent = self.outbox.poll_flush(&mut self.stream, cx);
            if let Poll::Ready(Ok(())) = sent {
                return sent;
            }
            if let Some(refused) = self.decode(cx, look)? {
                return Poll::Ready(Err(refused));
            }
            if self.poll_read(cx)?.is_pending() {
                return sent;
            }
        }
    }

    fn poll_receive<T>(
        &mut self,
        cx: &mut Context<'_>,
        look: &mut impl FnMut(Message<'_>) -> Option<T>,
    ) -> Poll<Result<T, Failure>> {
        loop {
            if let Some(found) = self.decode(cx, look)? {
                return Poll::Ready(Ok(found));
            }
            self.poll_pings(cx)?;
            // Control frames; while they cannot leave, what comes is read all the same.
            let sent = self.outbox.poll_flush(&mut self.stream, cx);
            if self.poll_read(cx)?.is_pending() {
                return match sent {
                    Poll::Ready(Err(failure)) => Poll::Ready(Err(failure)),
                    _ => Poll::Pending,
                };
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.inbound.poll_read(&mut self.stream, cx).map(|read| match read? {
            0 => Err(self.ended()),
            _ => {
                self.pings.iter_mut().for_each(|pings| pings.heard());
                Ok(())
            }
        })
    }

    /// Puts a Ping that is due behind what waits; fails where the server is gone.
    fn poll_pings(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        let Some(pings) = self.pings.as_mut().filter(|_| !self.closing) else { return Ok(()) };
        match pings.poll(cx) {
            None => Ok(()),
            Some(Due::Ping) => {
                self.outbox.put_ping();
                // Until nothing is due, so that the task is woken by what is due next.
                self.poll_pings(cx)
            }
            Some(Due::End) => {
                self.inbound.meter().reason(reasons::SILENT);
                Err(Failure::Timeout)
            }
        }
    }

    /// Decodes what is there, up to the first message of which `look` makes something. A server's Close is the error
    /// that ends it.
    fn decode<T>(
        &mut self,
        cx: &mut Context<'_>,
        look: &mut impl FnMut(Message<'_>) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        loop {
            let frame = match self.inbound.frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => return Ok(None),
                Err(error) => return Err(self.refuse(error, cx)),
            };
            let (length, mut framing) = (frame.length, frame.header);
            let (mut found, mut close) = (None, None);
            match frame.brings {
                Brings::Message(message) => found = look(message),
                // Accounted for when the message is whole.
                Brings::Fragment => {}
                Brings::Pong => framing = length,
                Brings::Ping(payload) => {
                    framing = length;
                    if !self.closing {
                        self.outbox.put_pong(payload);
                    }
                }
                Brings::Close(said) => {
                    framing = length;
                    close = Some((said.name(), quoted(said.reason.as_bytes()), said.encode()));
                }
            }
            self.inbound.take(length, framing);
            if let Some((name, words, answer)) = close {
                self.say_close(&name, &words, &answer, cx);
                return Err(Failure::Closed);
            }
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// The server has sent what it may not.
    fn refuse(&mut self, error: ProtocolError, cx: &mut Context<'_>) -> Failure {
        self.say_close(&error.to_string(), "", &error.close_code().to_be_bytes(), cx);
        error.failure()
    }

    /// The stream has ended without a Close.
    fn ended(&self) -> Failure {
        if !self.closing {
            self.inbound.meter().reason(reasons::NO_CLOSE_FRAME);
        }
        Failure::Closed
    }

    /// The connection ends by the server's doing, for this `reason`, in its own `words`. Our Close is said if it can
    /// leave at once: who has closed, or has broken the rules, is not waited for (§7.1.7).
    fn say_close(&mut self, reason: &str, words: &str, payload: &[u8], cx: &mut Context<'_>) {
        if !replace(&mut self.closing, true) {
            self.inbound.meter().reason_in_words(reason, words);
            self.outbox.put_control(Opcode::Close, payload);
            let _at_once_or_never = self.outbox.poll_flush(&mut self.stream, cx);
        }
    }
}
