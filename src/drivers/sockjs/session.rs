//! One session, from the question before it to its end: the connections that it needs, and which of them is for what.

use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;
use wsbench_targets::clock::now;
use wsbench_targets::wire::{SockJs as Options, Via, route};

use super::answers::{Answers, HEARTBEAT};
use super::frame::encode;
use super::inbox::Inbox;
use super::place::Place;
use super::socket::Socket;
use crate::drivers::http::post::{Post, beside};
use crate::drivers::http::request::{Request, lines};
use crate::drivers::http::stream::Stream;
use crate::drivers::{ClientContext, Expects};
use crate::meter::Failure;

/// An open session.
pub struct Session {
    context: ClientContext,
    way: Way,
    /// The frame of the last message sent, kept for its memory.
    sent: Vec<u8>,
}

#[allow(clippy::large_enum_variant, reason = "boxing a part of a boxed session saves nothing")]
enum Way {
    /// Frames come by answers, messages go by requests of their own.
    Http(Answers, Post),
    /// Both by one WebSocket.
    Socket(Socket),
}

impl Session {
    /// Asks for information if it is to, connects, and waits for `o`, all within the timeout.
    ///
    /// # Errors
    /// What went wrong first; [`Failure::Status`] where there is no SockJS server.
    pub async fn open(
        context: &ClientContext,
        options: &Options,
        inbox: &mut Inbox,
    ) -> Result<Box<Session>, Failure> {
        let path = match &context.endpoint.expects {
            Expects::Foreign(path) => path.as_str(),
            Expects::Reference => "/",
        };
        let place = Place::new(path, context.shard.seed, context.client, now());
        let mut stream = Stream::new(context.clone(), patience(options));
        if options.info && options.via != Via::Raw {
            stream = ask_info(context.at(place.info()), stream, options).await?;
        }
        let way = Way::open(context, stream, &place, options).await?;
        let mut session = Box::new(Session { context: context.clone(), way, sent: vec![] });
        if options.via != Via::Raw {
            let opened = timeout(options.timeout, session.opened(inbox)).await;
            if let Err(failure) = opened.unwrap_or(Err(Failure::Timeout)) {
                session.give_up();
                return Err(failure);
            }
        }
        Ok(session)
    }

    async fn opened(&mut self, inbox: &mut Inbox) -> Result<(), Failure> {
        while !inbox.open() {
            self.receive(inbox).await?;
        }
        Ok(())
    }

    /// Waits for what comes next. Cancel-safe.
    pub async fn receive(&mut self, inbox: &mut Inbox) -> Result<(), Failure> {
        match &mut self.way {
            Way::Http(answers, post) => beside(Some(post), pin!(answers.receive(inbox))).await,
            Way::Socket(socket) => socket.receive(inbox).await,
        }
    }

    /// Sends one message; over HTTP, begins to, when the last one was taken.
    pub async fn send(
        &mut self,
        message: &str,
        inbox: &mut Inbox,
        broke: &mut Option<Failure>,
    ) -> Result<(), Failure> {
        self.taken(inbox, broke).await?;
        self.sent.clear();
        encode(message, &mut self.sent);
        match &mut self.way {
            Way::Socket(socket) => socket.send(message, &self.sent).await,
            Way::Http(_, post) => post.send(&self.sent, self.sent.len() - message.len()).await,
        }
    }

    /// Waits until what was sent is taken. The session must not be without a receiver meanwhile: what comes goes into
    /// the inbox, and what fails there into `broke`.
    pub async fn taken(&mut self, inbox: &mut Inbox, broke: &mut Option<Failure>) -> Result<(), Failure> {
        let Way::Http(answers, post) = &mut self.way else { return Ok(()) };
        let mut taken = pin!(post.taken());
        *broke = tokio::select! {
            biased;
            taken = &mut taken => return taken,
            failure = answers.stand_by(inbox) => Some(failure),
        };
        taken.await
    }

    /// Ends it, in the way's own manner.
    pub async fn close(self) {
        match self.way {
            Way::Http(answers, post) => {
                // The server ends the session when its receiver goes.
                answers.close().await;
                post.close().await;
            }
            Way::Socket(socket) => socket.close(&mut Inbox::new(self.context)).await,
        }
    }

    /// Closes what is left of a session that is over.
    pub fn give_up(self) {
        tokio::task::spawn_local(self.close());
    }
}

impl Way {
    async fn open(
        context: &ClientContext,
        stream: Stream,
        place: &Place,
        options: &Options,
    ) -> Result<Way, Failure> {
        let (keep, word) = (options.keep_alive, options.via.path());
        if options.via.http() {
            let post = Post::new(context.at(place.way("xhr_send")), options.timeout, keep).of("text/plain");
            let answers = Answers::new(context.at(place.way(word)), stream, options.via, keep);
            return Ok(Way::Http(answers, post));
        }
        // In a task of its own: closing is no part of connecting.
        tokio::task::spawn_local(stream.close());
        let raw = options.via == Via::Raw;
        let path = if raw { place.raw() } else { place.way(word) };
        Socket::open(context.at(path), raw, options.timeout).await.map(Way::Socket)
    }
}

/// Until an answer begins. By `xhr` that is when there is news, or a heartbeat.
fn patience(options: &Options) -> Duration {
    match options.via {
        Via::Xhr => HEARTBEAT + options.timeout,
        _ => options.timeout,
    }
}

/// The question before a session; what it was asked over is there for the next. The answer is not believed to say more
/// than that somebody is there: which way to go says the scenario.
async fn ask_info(context: ClientContext, mut stream: Stream, options: &Options) -> Result<Stream, Failure> {
    let meter = &context.shard.meter;
    let headers = lines(&context.shard.headers.request, options.keep_alive);
    stream.ask(Request::new(&context, "GET", route::POLL, &headers, &[]));
    let answered = async {
        stream.answer().await?;
        while stream.more().await? {}
        Ok(())
    };
    let answered = timeout(options.timeout, answered).await.unwrap_or(Err(Failure::Timeout));
    let length = stream.body().len();
    stream.take(length, 0);
    meter.no_message(length);
    match answered {
        Ok(()) => Ok(stream),
        Err(failure) => {
            tokio::task::spawn_local(stream.close());
            Err(failure)
        }
    }
}
