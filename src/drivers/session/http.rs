//! Requests as a carrier: one waits for what the server has to say, another carries what the client has.
//!
//! Never more than one of each at a time: a server ends the session of a client that has. It must not know what is said.

use std::time::Duration;

use wsbench_targets::clock::{Tick, now};

use super::protocol::Protocol;
use crate::drivers::ClientContext;
use crate::drivers::http::connection::Connection;
use crate::drivers::http::exchange::Taken;
use crate::drivers::http::post::PostSender;
use crate::drivers::http::request::Request;
use crate::meter::Failure;

/// A session's connections.
pub struct Http {
    connection: Connection,
    question: Request,
    /// An answer is short, and a response that is timed; else it streams.
    polls: bool,
    /// When the question under way was asked.
    asked: Tick,
    /// Its answer has brought a message.
    brought: bool,
    /// No new question begins: the session goes elsewhere, or ends.
    pub paused: bool,
    post: PostSender,
    /// Bytes of a `POST` at the most.
    max_post: usize,
}

impl Http {
    /// Asks `question` over `connection`, and posts by `post`. Nothing is asked yet.
    pub fn new(connection: Connection, question: Request, polls: bool, post: PostSender) -> Http {
        let (asked, brought, paused, max_post) = (now(), false, false, usize::MAX);
        Http { connection, question, polls, asked, brought, paused, post, max_post }
    }

    /// The session has a name, and says what it bears: other requests from now on.
    pub fn rename(&mut self, question: Request, post: ClientContext, max_post: usize, silence: Duration) {
        self.question = question;
        self.max_post = max_post;
        self.post.aim(post);
        self.connection.set_answer_timeout(silence);
    }

    /// Whether no request is under way.
    pub fn idle(&self) -> bool {
        self.connection.idle() && self.post.idle()
    }

    /// Whether what was owed has left and was taken.
    pub fn sent(&self) -> bool {
        self.post.idle()
    }

    /// Begins what can begin, and carries it on until something comes of it. Cancel-safe. There must be something to do.
    pub async fn step(&mut self, protocol: &mut impl Protocol) -> Result<(), Failure> {
        if self.connection.idle() && !self.paused {
            (self.asked, self.brought) = (now(), false);
            self.connection.begin(self.asked);
            protocol.begin_answer();
        }
        self.begin_post(protocol).await?;
        let (waits, sends) = (!self.connection.idle(), !self.post.idle());
        debug_assert!(waits || sends, "nothing to do");
        tokio::select! {
            biased;
            more = next_piece(&mut self.connection, &self.question), if waits => self.read(more?, protocol),
            taken = self.post.taken(), if sends => taken,
            else => Ok(()),
        }
    }

    /// Begins to send what is owed, if nothing is under way.
    pub async fn begin_post(&mut self, protocol: &mut impl Protocol) -> Result<(), Failure> {
        if !(self.post.idle() && protocol.owes()) {
            return Ok(());
        }
        let mut body = Vec::new();
        let content = protocol.post(self.max_post, &mut body);
        self.post.begin(&body, content.envelope, content.messages);
        self.post.first_look().await
    }

    /// Takes what is whole of the answer; `more` may come of it.
    fn read(&mut self, more: bool, protocol: &mut impl Protocol) -> Result<(), Failure> {
        loop {
            let body = self.connection.body();
            let taken = protocol.answer(body, !more)?;
            self.connection.take(taken);
            self.brought |= taken.payload > 0;
            if taken == Taken::default() {
                break;
            }
        }
        if !more && self.polls {
            let meter = &self.connection.context.shard.meter;
            meter.response(self.asked, now());
            if !self.brought {
                meter.empty_poll();
            }
        }
        Ok(())
    }

    /// Says the last words; what the server says meanwhile is heard. It need not answer the question under way.
    pub async fn leave(&mut self, protocol: &mut impl Protocol) -> Result<(), Failure> {
        self.paused = true;
        while protocol.owes() || !self.sent() {
            self.step(protocol).await?;
        }
        Ok(())
    }

    /// Closes both connections in good order, at once.
    pub async fn close(self) {
        tokio::join!(self.connection.close(), self.post.close());
    }
}

/// The next bytes of the answer; false at its end. Cancel-safe.
async fn next_piece(connection: &mut Connection, question: &Request) -> Result<bool, Failure> {
    connection.request(question).await?;
    connection.piece().await
}
