//! SockJS 0.3.3: a WebSocket, or what took its place in browsers that had none; with or without frames of its own.
//!
//! The driver keeps one [`session`] and opens the next when it is over. Whatever fails ends a session, as in
//! sockjs-client: its server cannot say which messages came. Its other end is any SockJS server.

mod answers;
pub mod frame;
mod inbox;
mod json;
mod place;
mod session;
mod socket;

use wsbench_targets::wire::SockJs as Options;

use self::inbox::Inbox;
use self::session::Session;
use super::{Arrival, ClientContext, Driver};
use crate::meter::Failure;

/// A SockJS client.
pub struct SockJs {
    context: ClientContext,
    options: Options,
    session: Option<Box<Session>>,
    /// What has come, of this session and of those before it.
    inbox: Inbox,
    /// The receiving side broke while something was sent.
    broke: Option<Failure>,
}

impl Driver for SockJs {
    type Options = Options;
    const UNASKED: bool = true;

    async fn connect(context: ClientContext, options: &Options) -> Result<SockJs, Failure> {
        let (inbox, options) = (Inbox::new(context.clone()), options.clone());
        let mut client = SockJs { context, options, session: None, inbox, broke: None };
        client.open().await?;
        Ok(client)
    }

    async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        let text = std::str::from_utf8(message).map_err(|_| Failure::Protocol)?;
        self.reopen().await?;
        let Some(session) = &mut self.session else { return Err(Failure::Local) };
        let outcome = session.send(text, &mut self.inbox, &mut self.broke).await;
        outcome.map_err(|failure| self.over(failure))
    }

    async fn taken(&mut self) -> Result<(), Failure> {
        let Some(session) = &mut self.session else { return Ok(()) };
        let outcome = session.taken(&mut self.inbox, &mut self.broke).await;
        outcome.map_err(|failure| self.over(failure))
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        loop {
            if let Some(stamp) = self.inbox.next() {
                return Ok(stamp);
            }
            let failure = match self.receive().await {
                Ok(()) => continue,
                Err(failure) => failure,
            };
            if self.inbox.is_empty() {
                return Err(failure);
            }
            // What came before it counts, and comes first.
            self.broke = Some(failure);
        }
    }

    async fn close(mut self) {
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }
}

impl SockJs {
    async fn open(&mut self) -> Result<(), Failure> {
        self.inbox.begin();
        self.session = Some(Session::open(&self.context, &self.options, &mut self.inbox).await?);
        Ok(())
    }

    async fn reopen(&mut self) -> Result<(), Failure> {
        if let Some(failure) = self.broke.take() {
            return Err(self.over(failure));
        }
        if self.session.is_none() {
            // Boxed: a rare state that every client would carry for ever.
            Box::pin(self.open()).await?;
            self.context.shard.meter.count(|c| c.reconnects += 1);
        }
        Ok(())
    }

    /// Waits for whatever comes next. Cancel-safe.
    async fn receive(&mut self) -> Result<(), Failure> {
        self.reopen().await?;
        let Some(session) = &mut self.session else { return Err(Failure::Local) };
        let outcome = session.receive(&mut self.inbox).await;
        outcome.map_err(|failure| self.over(failure))
    }

    /// The session is over. Its connections close in a task of their own: that must not delay the next one.
    fn over(&mut self, failure: Failure) -> Failure {
        // One session has ended, whichever of its requests said so first.
        self.broke = None;
        if let Some(session) = self.session.take() {
            session.give_up();
        }
        failure
    }
}
