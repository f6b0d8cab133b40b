//! One request and its answer at a time, over a connection that is kept or opened for each.
//!
//! The state of an exchange is in the struct and every wait is cancel-safe: a caller may drop
//! [`Line::answer`] and call it again. It must not know what is asked, or when.

use std::future::poll_fn;
use std::ops::Range;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};
use wsbench_targets::clock::{Tick, now};

use super::refusal::{misread, refusal};
use super::request::Request;
use super::response::{Response, decode, header};
use crate::drivers::ClientContext;
use crate::drivers::buffer::Inbox;
use crate::drivers::deadline::Deadline;
use crate::drivers::dial::{Stream, dial};
use crate::drivers::resumable::Resumable;
use crate::meter::{Direction, Failure, Part, Recorder};

/// A server that does not close after our FIN is left alone after so long.
pub const CLOSING: Duration = Duration::from_secs(5);

/// The other end's last ACK is waited for so many milliseconds.
const LAST_ACK: u32 = 20;

/// A client's HTTP connection, and what is going on over it.
pub struct Line {
    talk: Talk,
    /// The next connection, and since when it is being opened.
    dialing: Resumable<(Tick, Result<Stream, Failure>)>,
    patience: Deadline,
    limit: Duration,
    keep_alive: bool,
    /// Its connections are part of something larger, which is what counts as connected.
    quiet: bool,
    /// The connection was there before the exchange under way: the server may have closed it since.
    kept: bool,
    /// From then on the server may close it at any moment, by what it has said.
    stays_until: Option<Tick>,
    /// Status of the last answer, and bytes of its head.
    last: (u16, usize),
}

/// One exchange: the connection, how far the request has left, and what has come of the answer.
struct Talk {
    context: ClientContext,
    stream: Option<Stream>,
    inbox: Inbox,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    Idle,
    Sending { sent: usize },
    Waiting,
}

impl Line {
    /// A line with an open connection; where none is kept, that of the first request: whoever says that it is
    /// connected has connected. Without an answer for `limit` an exchange has failed.
    pub async fn open(context: ClientContext, limit: Duration, keep_alive: bool) -> Result<Line, Failure> {
        let mut line = Line::closed(context, limit, keep_alive);
        line.dial().await?;
        line.kept = true;
        Ok(line)
    }

    /// A line that connects with its first request.
    pub fn closed(context: ClientContext, limit: Duration, keep_alive: bool) -> Line {
        let talk = Talk { context, stream: None, inbox: Inbox::default(), state: State::Idle };
        let (dialing, patience, last) = (Resumable::default(), Deadline::new(limit), (0, 0));
        let (quiet, kept, stays_until) = (false, false, None);
        Line { talk, dialing, patience, limit, keep_alive, quiet, kept, stays_until, last }
    }

    /// The same as a part of a session: to be connected is more than this connection, and the driver's to say.
    pub fn of_a_session(self) -> Line {
        Line { quiet: true, ..self }
    }

    /// From the next exchange on, one without an answer for `limit` has failed.
    pub fn set_limit(&mut self, limit: Duration) {
        self.patience = Deadline::new(limit);
    }

    /// Whether no exchange is under way.
    pub fn idle(&self) -> bool {
        matches!(self.talk.state, State::Idle)
    }

    /// Nothing of the last answer is wanted any more: it must not be kept until the next. What there is of one that is
    /// not whole stays.
    pub fn let_go(&mut self) {
        if self.idle() {
            self.talk.inbox.empty();
        }
    }

    /// Begins an exchange at `at`, which is now; [`Line::answer`] carries it out.
    pub fn begin(&mut self, at: Tick) {
        self.talk.inbox.empty();
        self.talk.state = State::Sending { sent: 0 };
        self.patience.begin(at);
    }

    /// Carries the exchange on to its answer; where the body then is for [`Line::body`]. Cancel-safe.
    ///
    /// # Errors
    /// Whatever went wrong; the connection is given up, and the next exchange opens a new one. A status other than
    /// 2xx is [`Failure::Status`].
    pub async fn answer(&mut self, request: &Request) -> Result<Range<usize>, Failure> {
        loop {
            let outcome = self.carry(request).await;
            let again = matches!(outcome, Err(Failure::Closed | Failure::Reset)) && self.stale(request);
            match outcome {
                Ok(response) => return self.settle(&response, request),
                Err(failure) => {
                    self.talk.abandon();
                    if !again {
                        return Err(failure);
                    }
                }
            }
            // The server closed a kept connection between two requests: a client may try again (RFC 9112 §9.3.1).
            self.talk.context.shard.meter.count(|c| c.reconnects += 1);
            self.begin(now());
        }
    }

    /// The same for a request that asks what is new: 304 (RFC 9110 §15.4.5) and 408, the end of a wait, say nothing.
    ///
    /// # Errors
    /// As for [`Line::answer`].
    pub async fn news(&mut self, request: &Request) -> Result<Range<usize>, Failure> {
        match self.answer(request).await {
            Err(Failure::Status) if matches!(self.last.0, 304 | 408) => Ok(0..0),
            Err(failure) => {
                if failure == Failure::Status {
                    // It was an answer, and brought nothing.
                    self.talk.context.shard.meter.empty_poll();
                }
                self.let_go();
                Err(failure)
            }
            body => body,
        }
    }

    /// A header of the last answer, if it is text.
    pub fn header(&self, name: &str) -> Option<String> {
        header(self.talk.inbox.rest().get(..self.last.1)?, name)
    }

    /// A part of the last answer.
    pub fn body(&self, range: Range<usize>) -> &[u8] {
        self.talk.inbox.rest().get(range).unwrap_or_default()
    }

    /// Closes the connection in good order, if it is open.
    pub async fn close(mut self) {
        self.talk.account_leftover();
        if let Some(stream) = self.talk.stream.take() {
            hang_up(stream, Rc::clone(&self.talk.context.shard.meter)).await;
        }
    }

    /// Whether a failure says no more than that a kept connection is one no longer, and the server has done nothing.
    fn stale(&self, request: &Request) -> bool {
        let nothing_done = request.idempotent() || self.talk.unsent();
        self.kept && nothing_done && self.talk.inbox.rest().is_empty()
    }

    async fn dial(&mut self) -> Result<(), Failure> {
        let (context, limit) = (self.talk.context.clone(), self.limit);
        let (began, stream) = self.dialing.wait(|| async move { (now(), dial(&context, limit).await) }).await;
        self.talk.stream = Some(stream?);
        self.kept = false;
        if !self.quiet {
            self.talk.context.shard.meter.connected(began);
        }
        Ok(())
    }

    async fn carry(&mut self, request: &Request) -> Result<Response, Failure> {
        // What must not be sent twice is not sent into a connection that has ended meanwhile, or may end under way.
        if self.kept && !request.idempotent() && self.talk.unsent() {
            let due = self.stays_until.is_some_and(|until| now() >= until);
            if self.talk.ended().await || due {
                self.talk.account_leftover();
                self.set_aside();
                self.talk.context.shard.meter.count(|c| c.reconnects += 1);
            }
        }
        if self.talk.stream.is_none() {
            // Boxed: a rare state that every client would carry for ever.
            Box::pin(self.dial()).await?;
        }
        // Pinned here: a future that is handed on is copied whole.
        let conversation = pin!(self.talk.converse(request));
        self.patience.hold(conversation).await
    }

    /// Ends an exchange whose answer is whole: the ledger, the connection, one body in one place.
    fn settle(&mut self, response: &Response, request: &Request) -> Result<Range<usize>, Failure> {
        let good = (200..300).contains(&response.status);
        self.last = (response.status, response.head);
        let surplus = self.talk.account(response, good);
        self.kept = true;
        // A question may be asked again, and needs no care.
        let stays = if request.idempotent() { None } else { self.header("keep-alive") };
        self.stays_until = stays.and_then(|said| stay(&said)).map(|stay| now() + stay);
        // Nobody has asked for what comes behind an answer: what would be read next, nobody knows.
        if !(self.keep_alive && response.keep_alive && surplus == 0) {
            self.set_aside();
        }
        if good {
            return Ok(self.talk.join_chunks(response));
        }
        Err(refusal(response.status, self.talk.inbox.rest(), &self.talk.context))
    }

    /// Closes the connection in a task of its own: it must delay or lose nothing that goes on.
    fn set_aside(&mut self) {
        let meter = Rc::clone(&self.talk.context.shard.meter);
        self.talk.stream.take().map(|stream| tokio::task::spawn_local(hang_up(stream, meter)));
    }
}

impl Talk {
    /// Sends what is left of the request and reads up to the end of the answer. Cancel-safe.
    async fn converse(&mut self, request: &Request) -> Result<Response, Failure> {
        let Some(stream) = &mut self.stream else { return Err(Failure::Local) };
        let meter = &self.context.shard.meter;
        while let State::Sending { sent } = self.state {
            if sent < request.length() {
                let written = poll_fn(|cx| request.poll_write(stream, sent, cx)).await;
                self.state = State::Sending { sent: sent + written.map_err(|e| Failure::from(&e))? };
                continue;
            }
            // Where there is TLS, records may still be on their way.
            stream.flush().await.map_err(|e| Failure::from(&e))?;
            self.state = State::Waiting;
            meter.event(|phase| phase.requests += 1);
            request.attribute(meter);
        }
        let mut ended = false;
        loop {
            match decode(self.inbox.rest(), ended) {
                Ok(Some(response)) => return Ok(response),
                Ok(None) => {}
                Err(failure) => return Err(misread(failure, self.inbox.rest(), meter)),
            }
            ended = poll_fn(|cx| self.inbox.poll_read(stream, 0, meter, cx)).await? == 0;
        }
    }

    /// Nothing of the request has left.
    fn unsent(&self) -> bool {
        matches!(self.state, State::Sending { sent: 0 })
    }

    /// Whether the connection is over, or the server speaks without being asked: a look, and no wait.
    async fn ended(&mut self) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        if stream.hung_up() {
            return true;
        }
        let meter = &self.context.shard.meter;
        poll_fn(|cx| Poll::Ready(self.inbox.poll_read(stream, 0, meter, cx).is_ready())).await
    }

    /// The whole answer in the ledger, and what came behind it: so many bytes.
    fn account(&mut self, response: &Response, good: bool) -> usize {
        let surplus = self.inbox.rest().len().saturating_sub(response.length);
        let meter = &self.context.shard.meter;
        meter.event(|phase| phase.responses += 1);
        meter.attribute(Direction::Down, Part::Headers, response.head);
        meter.attribute(Direction::Down, Part::Framing, response.framing());
        let body = if good { Part::Payload } else { Part::Headers };
        meter.attribute(Direction::Down, body, response.body_length());
        meter.attribute(Direction::Down, Part::Headers, surplus);
        self.state = State::Idle;
        surplus
    }

    fn abandon(&mut self) {
        self.account_leftover();
        self.stream = None;
        self.state = State::Idle;
    }

    /// Bytes of an exchange that never became whole: they passed, and the ledger must close.
    fn account_leftover(&mut self) {
        let meter = &self.context.shard.meter;
        match self.state {
            State::Idle => return,
            State::Sending { sent } => meter.attribute(Direction::Up, Part::Headers, sent),
            State::Waiting => {}
        }
        meter.attribute(Direction::Down, Part::Headers, self.inbox.empty());
    }

    /// Moves the chunks together, so that a message may span two.
    fn join_chunks(&mut self, response: &Response) -> Range<usize> {
        let start = response.body.first().map_or(response.head, |first| first.start);
        let mut end = start;
        for chunk in &response.body {
            self.inbox.rest_mut().copy_within(chunk.clone(), end);
            end += chunk.len();
        }
        start..end
    }
}

/// How long a connection may rest of which a server says `Keep-Alive: timeout=SECONDS` (RFC 2068 §19.7.1.1): a fifth
/// less, so that a request that leaves then is there before the server closes. One that closes with a request unread
/// resets the connection, and nobody knows what it has done.
fn stay(said: &str) -> Option<Duration> {
    let timeout = said.split(',').find_map(|part| part.trim().strip_prefix("timeout="))?;
    Some(Duration::from_secs(u64::from(timeout.trim().parse::<u32>().ok()?)) * 4 / 5)
}

/// Ends a connection so that the kernel's account of it is whole: our FIN, then theirs. What still comes, an answer that
/// nobody waits for any more, is accounted for as headers.
pub async fn hang_up(mut stream: Stream, meter: Rc<Recorder>) {
    let mut rest = [0; 256];
    let finished = async {
        // A peer that has already gone makes these fail; the connection is over either way.
        if stream.shutdown().await.is_err() {
            return;
        }
        while let Ok(read @ 1..) = stream.read(&mut rest).await {
            meter.attribute(Direction::Down, Part::Headers, read);
        }
        stream.end().await;
    };
    let _over_either_way = timeout(CLOSING, finished).await;
    // Where the other end closed first, its ACK of our FIN is still under way, and belongs to the account.
    for _ in 0..LAST_ACK {
        if stream.closed() {
            break;
        }
        sleep(Duration::from_millis(1)).await;
    }
}

#[cfg(test)]
mod tests;
