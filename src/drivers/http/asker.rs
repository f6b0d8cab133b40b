//! Asks a server again and again for what is new, and takes the messages out of each answer one by one.
//!
//! What polling and long-polling have in common; it must not know when to ask. The answers of a reference target are known
//! here, those of any other server are the affair of [`super::external`].

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::headers::RequestKind;
use wsbench_targets::wire::Header;

use super::connection::Connection;
use super::exchange::Taken;
use super::external::{ExternalAnswers, NextRequest};
use super::profile::profile;
use super::request::Request;
use crate::drivers::{Arrival, Expects};
use crate::message::recogniser::Own;
use crate::meter::{Failure, reasons};
use crate::transport::Cursor;

/// A client that asks.
pub struct Asker {
    /// What it asks over.
    pub connection: Connection,
    route: &'static str,
    request: Request,
    answers: Answers,
    /// When the last answer was in.
    answered: Tick,
    /// It is whole, and not looked through to its end.
    open: bool,
    /// It was looked through, and brought nothing.
    empty: bool,
}

/// From a reference target or from any other server.
enum Answers {
    Reference(ReferenceAnswers),
    External(Box<ExternalAnswers>),
}

impl Asker {
    /// Asks `route` over `connection`. `latest`: an answer may hold what the one before it held, and that is nothing new.
    pub fn new(connection: Connection, route: &'static str, cursor: &Cursor, latest: bool) -> Asker {
        let answers = match connection.context.endpoint.expects {
            Expects::Reference => {
                Answers::Reference(ReferenceAnswers { latest, ..ReferenceAnswers::default() })
            }
            Expects::Foreign(_) => Answers::External(Box::new(ExternalAnswers::new(cursor.clone(), latest))),
        };
        let request = request(&connection, route, &NextRequest::default());
        Asker { connection, route, request, answers, answered: Tick::default(), open: false, empty: false }
    }

    /// The next message of the last answer; behind the last one the next request says so.
    pub fn pop(&mut self) -> Option<Arrival> {
        // What has come of an answer that is not whole is not looked at.
        if !self.open {
            return None;
        }
        let at = self.answered;
        let (own, brought) = match &mut self.answers {
            Answers::Reference(answers) => (answers.next(&mut self.connection, at), answers.brought),
            Answers::External(answers) => (answers.next(&mut self.connection, at), answers.brought),
        };
        self.open = own.is_some();
        self.empty = !self.open && !brought;
        if self.empty {
            self.connection.context.shard.meter.empty_poll();
        }
        own.map(|Own { stamp, altered, .. }| Arrival { stamp, at, altered })
    }

    /// Whether the last answer brought nothing new.
    pub fn empty(&self) -> bool {
        self.empty
    }

    /// Asks at `at`, which is now; [`Asker::answer`] carries it out.
    pub fn begin(&mut self, at: Tick) {
        match &mut self.answers {
            // Who is told the latest says nothing of the last: a path that stays is worth something.
            Answers::Reference(answers) if answers.latest => {}
            Answers::Reference(answers) => self.request.set_cursor(answers.cursor),
            Answers::External(answers) => {
                if let Some(next) = answers.changed() {
                    self.request = request(&self.connection, self.route, next);
                }
            }
        }
        self.connection.begin(at);
    }

    /// Carries the question on to the end of its answer, whose messages are then for [`Asker::pop`]; when it was in.
    /// Cancel-safe.
    ///
    /// # Errors
    /// As for [`Connection::answer`]. An answer with an error status brings nothing.
    pub async fn answer(&mut self) -> Result<Tick, Failure> {
        let outcome = self.read().await;
        let meter = &self.connection.context.shard.meter;
        outcome.inspect_err(|&failure| {
            if failure == Failure::Status {
                meter.empty_poll();
            }
        })?;
        self.connection.works();
        (self.open, self.answered) = (true, now());
        match &mut self.answers {
            Answers::Reference(answers) => answers.brought = false,
            Answers::External(answers) => answers.begin(&mut self.connection),
        }
        Ok(self.answered)
    }

    async fn read(&mut self) -> Result<(), Failure> {
        let head = self.connection.request(&self.request).await?;
        if head.event_stream && !head.body.has_length() {
            return Err(self.never_ends());
        }
        if let Answers::External(answers) = &mut self.answers {
            answers.headed(&self.connection);
        }
        while self.connection.piece().await? {}
        if !head.good() {
            // It says that nothing is new; a page that says so to people is nothing new either.
            self.connection.drop_body();
        }
        Ok(())
    }

    /// A stream of events is no answer to a question: nothing of it would ever be whole.
    fn never_ends(&mut self) -> Failure {
        self.connection.abandon();
        self.connection.fails();
        let meter = &self.connection.context.shard.meter;
        meter.empty_poll();
        meter.reason(reasons::EVENT_STREAM);
        Failure::Protocol
    }
}

/// The request that asks `route`, or an external endpoint, with what `next` says besides.
fn request(connection: &Connection, route: &str, next: &NextRequest) -> Request {
    let moved = next.path.as_ref().map(|path| connection.context.at(path.clone()));
    let context = moved.as_ref().unwrap_or(&connection.context);
    let more: Vec<Header> = connection.fields().into_iter().chain(next.fields.iter().cloned()).collect();
    Request::new(context, "GET", route, &profile(context, RequestKind::Fetch), &more).for_news()
}

/// Where a client stands in the stream of a reference target.
#[derive(Debug, Default)]
struct ReferenceAnswers {
    /// Number of the next message wanted.
    cursor: u64,
    /// The last answer has brought a message.
    brought: bool,
    /// All that is answered is the latest value.
    latest: bool,
}

impl ReferenceAnswers {
    /// The next message in the answer that came at `at`. Where the latest is all that is answered, a value seen before is
    /// nothing new.
    fn next(&mut self, connection: &mut Connection, at: Tick) -> Option<Own> {
        loop {
            let body = connection.body();
            if body.is_empty() {
                return None;
            }
            let length = body.iter().position(|&b| b == b'\n').map_or(body.len(), |newline| newline + 1);
            let (own, _) = connection.context.next_own(&body[..length], at);
            if own.is_some_and(|own| self.latest && own.stamp.seq < self.cursor) {
                // An old value again carries no news: on the wire it is overhead.
                connection.take(Taken { overhead: length, ..Taken::default() });
                continue;
            }
            connection.take(Taken { payload: length, ..Taken::default() });
            if let Some(own) = own {
                self.cursor = self.cursor.max(own.stamp.seq.saturating_add(1));
                self.brought = true;
                connection.context.shard.meter.message_down();
                return Some(own);
            }
        }
    }
}
