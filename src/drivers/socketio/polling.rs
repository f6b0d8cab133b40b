//! A session over HTTP: one request waits for what the server has to say, another carries what the client has.
//!
//! Never more than one of each at a time: a server ends the session of a client that has. It must not know what the
//! packets mean.

use std::ops::Range;

use wsbench_targets::clock::{Tick, now};
use wsbench_targets::wire::{Eio, Header, SocketIo as Options};

use super::engine::Payload;
use super::handshake::{Handshake, path};
use super::talk::Talk;
use crate::drivers::ClientContext;
use crate::drivers::http::exchange::Line;
use crate::drivers::http::request::Request;
use crate::meter::Failure;

/// Both requests of a client.
pub struct Polling {
    /// With the session's path.
    context: ClientContext,
    eio: Eio,
    get: Line,
    ask: Request,
    /// When the `GET` under way began.
    asked: Tick,
    post: Line,
    /// The last `POST`, and the length of its body.
    put: Option<(usize, Request)>,
    /// Messages in the `POST` under way.
    messages: u64,
    /// Bytes of a `POST` at the most.
    most: usize,
    /// No new `GET` begins: the session goes elsewhere, or ends.
    pub paused: bool,
}

impl Polling {
    /// Nothing is opened yet; the first `GET` asks for a session.
    pub fn new(context: &ClientContext, options: &Options) -> Polling {
        let line = || Line::closed(context.clone(), options.timeout, true).of_a_session();
        let (get, post) = (line(), line());
        let context = context.at(path(context, options, "polling", None));
        let ask = ask(&context);
        let (asked, put, messages, most) = (now(), None, 0, usize::MAX);
        Polling { context, eio: options.eio, get, ask, asked, post, put, messages, most, paused: false }
    }

    /// The session has a name, and says how long it may be silent.
    pub fn named(&mut self, handshake: &Handshake, context: &ClientContext, options: &Options) {
        self.context = context.at(path(context, options, "polling", Some(&handshake.sid)));
        self.ask = ask(&self.context);
        self.most = handshake.max_payload;
        self.get.set_limit(handshake.silence());
    }

    /// Whether neither request is under way.
    pub fn idle(&self) -> bool {
        self.get.idle() && self.post.idle()
    }

    /// Whether what was owed has left and was taken.
    pub fn delivered(&self) -> bool {
        self.post.idle()
    }

    /// Begins what can begin, and carries it on to the next answer. Cancel-safe. There must be something to do.
    pub async fn step(&mut self, talk: &mut Talk) -> Result<(), Failure> {
        if self.get.idle() && !self.paused {
            self.asked = now();
            self.get.begin(self.asked);
        }
        self.say(talk);
        let (waits, sends) = (!self.get.idle(), !self.post.idle());
        tokio::select! {
            biased;
            body = self.get.answer(&self.ask), if waits => self.read(body?, talk),
            taken = answer(&mut self.post, self.put.as_ref()), if sends => self.taken(taken?),
            else => Err(Failure::Local),
        }
    }

    /// Begins to send what is owed, if nothing is under way.
    pub fn say(&mut self, talk: &mut Talk) {
        if self.post.idle() && talk.owes() && talk.handshake.is_some() {
            self.fill(talk);
            self.post.begin(now());
        }
    }

    /// The packets of an answer.
    fn read(&mut self, body: Range<usize>, talk: &mut Talk) -> Result<(), Failure> {
        let (meter, bytes) = (&self.context.shard.meter, self.get.body(body));
        let mut message = 0;
        let taken = Payload::new(self.eio, bytes).and_then(|mut packets| {
            packets.try_for_each(|packet| {
                message += talk.take(&packet?)?;
                Ok(())
            })
        });
        meter.envelope(bytes.len().saturating_sub(message));
        meter.response(self.asked, now());
        if message == 0 {
            meter.empty_poll();
        }
        self.get.let_go();
        taken
    }

    /// A `POST` was taken. Its answer is "ok": bytes that bring no message.
    fn taken(&mut self, body: Range<usize>) -> Result<(), Failure> {
        let (meter, messages) = (&self.context.shard.meter, std::mem::take(&mut self.messages));
        self.post.let_go();
        meter.no_message(body.len());
        meter.event(|phase| phase.messages_up += messages);
        Ok(())
    }

    /// Puts what is owed into one request, as much as the server takes.
    fn fill(&mut self, talk: &mut Talk) {
        let (mut body, mut message) = (Vec::new(), 0);
        while let Some(next) = talk.next() {
            let before = body.len();
            next.packet.write_payload(self.eio, &mut body);
            if before > 0 && body.len() > self.most {
                body.truncate(before);
                break;
            }
            message += next.message;
            self.messages += next.messages;
            talk.take_next();
        }
        let mut request = match self.put.take() {
            Some((length, request)) if length == body.len() => request,
            _ => put(&self.context, body.len()),
        };
        request.set_body(&body, body.len().saturating_sub(message));
        self.put = Some((body.len(), request));
    }

    /// Closes both connections in good order.
    pub async fn close(self) {
        self.get.close().await;
        self.post.close().await;
    }
}

async fn answer(line: &mut Line, put: Option<&(usize, Request)>) -> Result<Range<usize>, Failure> {
    match put {
        Some((_, request)) => line.answer(request).await,
        None => Err(Failure::Local),
    }
}

/// The profile's lines but for Accept-Encoding: a payload that comes compressed would not be read.
fn lines(context: &ClientContext) -> Vec<Header> {
    let compressed = |header: &&Header| !header.0.eq_ignore_ascii_case("accept-encoding");
    context.shard.headers.request.iter().filter(compressed).cloned().collect()
}

fn ask(context: &ClientContext) -> Request {
    Request::new(context, "GET", "", &lines(context), &[])
}

fn put(context: &ClientContext, length: usize) -> Request {
    let more =
        [("Content-Type", "text/plain;charset=UTF-8".to_owned()), ("Content-Length", length.to_string())];
    let more = more.map(|(name, value)| Header(name.to_owned(), value));
    Request::new(context, "POST", "", &lines(context), &more)
}
