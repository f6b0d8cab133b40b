//! An answer that is read while it comes, and asked for again where it ends.
//!
//! Shared by all that stream over HTTP. It must not know what the body means: whoever takes bytes says what they were.

use std::time::Duration;

use wsbench_targets::clock::now;

use super::connection::{Connection, Purpose};
use super::head::Head;
use super::post::PostSender;
use super::request::Request;
use crate::drivers::ClientContext;
use crate::drivers::arrivals::Arrivals;
use crate::meter::Failure;

/// A client's stream, from one answer to the next.
pub struct Feed {
    /// What it comes over.
    pub connection: Connection,
    /// What was asked last, while its head is not in.
    request: Option<Box<Request>>,
    /// The answer under way has brought a message.
    brought: bool,
    /// Messages that came with one that was handed out.
    pub waiting: Arrivals,
}

impl Feed {
    /// Nothing is opened yet. Connecting may take `timeout`, and so may the head of an answer; a body may take for ever.
    pub fn new(context: ClientContext, timeout: Duration) -> Feed {
        let connection = Connection::new(context, Purpose::Stream, timeout, true);
        Feed { connection, request: None, brought: false, waiting: Arrivals::default() }
    }

    /// What its client sends over.
    pub fn post(&self) -> PostSender {
        PostSender::new(self.connection.another(), None)
    }

    /// Whether no answer is under way and none is asked for.
    pub fn idle(&self) -> bool {
        self.connection.idle()
    }

    /// Asks; [`Feed::reach`] carries it out.
    pub fn ask(&mut self, request: Request) {
        self.brought = false;
        self.connection.begin(now());
        self.request = Some(Box::new(request));
    }

    /// Carries what was asked on to the head of its answer. Cancel-safe.
    ///
    /// # Errors
    /// As for [`Connection::request`].
    pub async fn reach(&mut self) -> Result<Head, Failure> {
        debug_assert!(self.request.is_some(), "asked for before");
        let Some(request) = &self.request else { return Err(Failure::Protocol) };
        let outcome = self.connection.request(request).await;
        self.request = None;
        outcome
    }

    /// Reads on. Cancel-safe.
    ///
    /// # Errors
    /// As for [`Connection::piece`]; [`Failure::Closed`] where the answer has ended, as it should, and brought no message:
    /// a server that does so again and again must not be asked at once.
    pub async fn more(&mut self) -> Result<(), Failure> {
        if self.connection.piece().await? {
            return Ok(());
        }
        // The next answer is to somebody of whom the server knows nothing.
        self.connection.context.session().iter().for_each(|session| session.broke());
        if self.brought {
            return Ok(());
        }
        self.connection.fails();
        Err(Failure::Closed)
    }

    /// A message was in the answer under way.
    pub fn brings(&mut self) {
        self.brought = true;
        self.connection.works();
        self.connection.context.shard.meter.message_down();
    }

    /// The answer under way is not what was asked for: it is given up with its connection, and not asked for at once.
    pub fn refuse(&mut self) {
        self.connection.abandon();
        self.connection.fails();
    }
}
