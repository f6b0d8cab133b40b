//! Sessions: protocols that have their own idea of being connected, over HTTP requests or a WebSocket.
//!
//! [`SessionClient`] is the driver of all of them. It opens one [`Session`] after the other and hands out what came; a
//! session carries a [`Protocol`], which is what is said, over a carrier: [`http`] or [`socket`]. It must not know which
//! protocol it is; `socketio` and `sockjs` are the protocols.

pub mod http;
pub mod protocol;
pub mod socket;

use tokio::time::timeout;
use wsbench_targets::clock::{Clock, Tick, now};

use self::http::Http;
use self::protocol::Protocol;
use self::socket::Socket;
use super::arrivals::Arrivals;
use super::limits::CLOSE_TIMEOUT;
use super::opener::{Opened, Opener};
use super::{Arrival, ClientContext, Driver};
use crate::meter::Failure;

/// A client of a protocol with sessions.
pub struct SessionClient<P: Protocol> {
    context: ClientContext,
    options: P::Options,
    session: Option<Box<Session<P>>>,
    opener: Opener<Box<Session<P>>>,
    /// What has come, of this session and of those before it, and how those ended.
    waiting: Arrivals,
}

impl<P: Protocol> Driver for SessionClient<P> {
    type Options = P::Options;
    const UNASKED: bool = true;

    async fn connect(context: ClientContext, options: &P::Options) -> Result<SessionClient<P>, Failure> {
        let mut client = SessionClient {
            context,
            options: options.clone(),
            session: None,
            opener: Opener::default(),
            waiting: Arrivals::default(),
        };
        client.open().await?;
        Ok(client)
    }

    async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        // Over HTTP the last message must be taken before the next one leaves.
        self.attend_until(Session::free).await?;
        let outcome = self.session().await?.send(message).await;
        outcome.map_err(|failure| self.over(failure))
    }

    async fn taken(&mut self) -> Result<(), Failure> {
        if self.session.is_none() {
            return Ok(());
        }
        self.attend_until(|session| session.free() && !session.protocol.owes()).await
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        loop {
            if let Some(outcome) = self.waiting.pop() {
                return outcome;
            }
            if let Err(failure) = self.attend().await {
                // What came before it counts, and comes first.
                self.waiting.push(Err(failure), &self.context.shard.meter)?;
            }
        }
    }

    async fn close(self) {
        if let Some(session) = self.session {
            session.close().await;
        }
    }
}

impl<P: Protocol> SessionClient<P> {
    /// The session, opened if there is none. Cancel-safe.
    async fn session(&mut self) -> Result<&mut Session<P>, Failure> {
        if self.session.is_none() {
            // Boxed: a rare state that every client would carry for ever.
            Box::pin(self.reopen()).await?;
        }
        debug_assert!(self.session.is_some(), "it was just opened");
        self.session.as_deref_mut().ok_or(Failure::Closed)
    }

    async fn reopen(&mut self) -> Result<(), Failure> {
        self.opener.ready(&self.context).await;
        self.open().await
    }

    async fn open(&mut self) -> Result<(), Failure> {
        let (context, options) = (self.context.clone(), self.options.clone());
        let open = || async move { Session::open(context, options).await };
        self.session = Some(self.opener.open(&self.context, open).await?);
        Ok(())
    }

    /// Goes on to the next thing that comes, and says what must be said. Cancel-safe.
    async fn attend(&mut self) -> Result<(), Failure> {
        let session = self.session().await?;
        let outcome = session.step().await;
        let (opener, waiting, meter) = (&mut self.opener, &mut self.waiting, &self.context.shard.meter);
        let arrived = self.session.iter_mut().flat_map(|session| session.protocol.arrived());
        let kept =
            arrived.inspect(|_| opener.works()).try_for_each(|arrival| waiting.push(Ok(arrival), meter));
        outcome.and(kept).map_err(|failure| self.over(failure))
    }

    /// Attends to the session until it is `done`: it must not be without a receiver meanwhile.
    async fn attend_until(&mut self, done: impl Fn(&Session<P>) -> bool) -> Result<(), Failure> {
        while !done(self.session().await?) {
            self.attend().await?;
        }
        Ok(())
    }

    /// The session is over. Its connections close in a task of their own: that must not delay the next one.
    fn over(&mut self, failure: Failure) -> Failure {
        self.opener.failed(&self.context);
        if let Some(session) = self.session.take() {
            session.give_up();
        }
        failure
    }
}

/// One session, from its opening to its last word.
pub struct Session<P> {
    /// What is said.
    pub protocol: P,
    /// What carries it now.
    pub carrier: Carrier,
    clock: Clock,
}

impl<P> Opened for Box<Session<P>> {}

/// What carries a session.
pub enum Carrier {
    /// Requests.
    Http(Box<Http>),
    /// Messages of a WebSocket.
    Socket(Box<Socket>),
}

impl<P: Protocol> Session<P> {
    /// A session that is not open yet.
    pub fn new(protocol: P, carrier: Carrier, clock: Clock) -> Session<P> {
        Session { protocol, carrier, clock }
    }

    /// Opens one up to the point where it can carry messages, within the protocol's timeout.
    async fn open(context: ClientContext, options: P::Options) -> Result<Box<Session<P>>, Failure> {
        let (began, limit) = (now(), P::timeout(&options));
        let mut session = Box::new(P::connect(&context, &options).await?);
        match timeout(limit, P::join(&mut session, &context, &options)).await.unwrap_or(Err(Failure::Timeout))
        {
            Ok(()) => {
                context.connected(began);
                Ok(session)
            }
            Err(failure) => {
                session.give_up();
                Err(failure)
            }
        }
    }

    /// Sends what is owed, and goes on to the next thing that comes. Cancel-safe.
    pub async fn step(&mut self) -> Result<(), Failure> {
        let Session { protocol, carrier, clock } = self;
        let beat = protocol.next_beat();
        let carried = async {
            match carrier {
                Carrier::Http(http) => http.step(protocol).await,
                Carrier::Socket(socket) => socket.step(protocol).await,
            }
        };
        tokio::select! {
            biased;
            outcome = carried => return outcome,
            () = until(clock, beat) => {}
        }
        self.protocol.beat();
        Ok(())
    }

    /// Sends one message; over HTTP, begins to.
    async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        self.protocol.queue(message)?;
        match &mut self.carrier {
            Carrier::Http(http) => http.begin_post(&mut self.protocol).await,
            Carrier::Socket(socket) => socket.push(&mut self.protocol).await,
        }
    }

    /// Whether the next message can leave at once.
    fn free(&self) -> bool {
        match &self.carrier {
            Carrier::Http(http) => http.sent(),
            Carrier::Socket(_) => true,
        }
    }

    /// Takes leave in the protocol's own way. Nothing that goes wrong with that is a failure.
    async fn close(mut self) {
        match self.carrier {
            Carrier::Socket(socket) => {
                self.protocol.leave(false);
                socket.close(&mut self.protocol).await;
            }
            Carrier::Http(mut http) => {
                self.protocol.leave(true);
                let _over_either_way = timeout(CLOSE_TIMEOUT, http.leave(&mut self.protocol)).await;
                http.close().await;
            }
        }
    }

    /// The session is broken: its connections are closed aside, so that what still comes over them is accounted for.
    fn give_up(self) {
        match self.carrier {
            Carrier::Http(http) => drop(tokio::task::spawn_local(http.close())),
            // Nothing more is said over it.
            Carrier::Socket(socket) => drop(socket),
        }
    }
}

async fn until(clock: &Clock, due: Option<Tick>) {
    match due {
        Some(due) => clock.sleep_until(due).await,
        None => std::future::pending().await,
    }
}
