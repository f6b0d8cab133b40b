//! Socket.IO (protocol 5 over Engine.IO 4, or what Socket.IO 2 speaks over Engine.IO 3): events and acknowledgements
//! over HTTP requests, WebSocket, or one after the other.
//!
//! `engine` and `packet` are the codecs, `talk` what is said, `polling` and `frames` what carries it, `session` the
//! order of it all. Its other end is any Socket.IO server; there is no reference target.

pub mod engine;
mod frames;
pub mod handshake;
pub mod json;
pub mod packet;
mod polling;
mod session;
pub mod talk;

use tokio::time::timeout;
use wsbench_targets::clock::now;
use wsbench_targets::wire::SocketIo as Options;

use self::session::Session;
use self::talk::Talk;
use super::{Arrival, ClientContext, Driver};
use crate::meter::Failure;

/// A Socket.IO client.
pub struct SocketIo {
    context: ClientContext,
    options: Options,
    talk: Talk,
    session: Option<Session>,
    /// How the last session ended: told behind what had arrived before.
    ended: Option<Failure>,
}

impl Driver for SocketIo {
    type Options = Options;
    const UNASKED: bool = true;

    async fn connect(context: ClientContext, options: &Options) -> Result<SocketIo, Failure> {
        let mut client = SocketIo::new(context, options);
        client.open().await?;
        Ok(client)
    }

    async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        self.reopen().await?;
        self.talk.queue(message)?;
        let Some(session) = &mut self.session else { return Err(Failure::Local) };
        let pushed = session.push(&mut self.talk).await;
        pushed.inspect_err(|_| self.give_up())
    }

    async fn taken(&mut self) -> Result<(), Failure> {
        let Some(session) = &mut self.session else { return Ok(()) };
        let taken = session.taken(&mut self.talk).await;
        taken.inspect_err(|_| self.give_up())
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        loop {
            if let Some(stamp) = self.talk.arrival() {
                return Ok(stamp);
            }
            if let Some(failure) = self.ended.take() {
                return Err(failure);
            }
            self.ended = self.attend().await.err();
        }
    }

    async fn close(self) {
        if let Some(session) = self.session {
            session.close(self.talk).await;
        }
    }
}

/// Why a server does not let a client in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The kind of it.
    pub failure: Failure,
    /// What came with CONNECT_ERROR, as the server wrote it.
    pub said: Option<String>,
}

/// Opens a session and closes it again: would a client be let in?
///
/// # Errors
/// What the server has against it.
pub async fn ask(context: ClientContext, options: &Options) -> Result<(), Refusal> {
    let mut client = SocketIo::new(context, options);
    match client.open().await {
        Err(failure) => Err(Refusal { failure, said: client.talk.refusal.take() }),
        Ok(()) => {
            client.close().await;
            Ok(())
        }
    }
}

impl SocketIo {
    fn new(context: ClientContext, options: &Options) -> SocketIo {
        let talk = Talk::new(context.clone(), options);
        SocketIo { context, options: options.clone(), talk, session: None, ended: None }
    }

    /// Waits for the next thing that comes and answers what must be answered. Cancel-safe.
    async fn attend(&mut self) -> Result<(), Failure> {
        self.reopen().await?;
        let Some(session) = &mut self.session else { return Err(Failure::Local) };
        let step = session.step(&mut self.talk).await;
        step.inspect_err(|_| self.give_up())
    }

    fn give_up(&mut self) {
        if let Some(session) = self.session.take() {
            session.give_up();
        }
    }

    async fn reopen(&mut self) -> Result<(), Failure> {
        if self.session.is_none() {
            // Boxed: a rare state that every client would carry for ever.
            Box::pin(self.open()).await?;
            self.context.shard.meter.count(|c| c.reconnects += 1);
        }
        Ok(())
    }

    /// A new session, up to the point where it can carry messages; all of that within the patience.
    async fn open(&mut self) -> Result<(), Failure> {
        let began = now();
        self.talk.begin();
        let mut session = Session::open(&self.context, &self.options).await?;
        let joined =
            timeout(self.options.timeout, session.join(&self.context, &self.options, &mut self.talk)).await;
        match joined.unwrap_or(Err(Failure::Timeout)) {
            Ok(()) => self.session = Some(session),
            Err(failure) => {
                session.give_up();
                return Err(failure);
            }
        }
        self.context.shard.meter.connected(began);
        Ok(())
    }
}
