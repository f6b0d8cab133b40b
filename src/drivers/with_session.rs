//! A client in a session, whatever carries it: its steps run when it has connected and again after every reconnect, what it
//! owes is said, and then it is the driver that it wraps.
//!
//! The wrapped driver opens its connection again by itself; that it has broken is what [`ClientSession`] is told by
//! `opener`. A call may be dropped while it waits: what runs meanwhile owns the driver, and outlives the call. Without a
//! session this is the driver and nothing else. It must not know which transport it is.

mod steps;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use tokio::time::timeout;
use wsbench_targets::clock::now;

use self::steps::{Failed, aside, join, rehear, say};
use super::arrivals::Arrivals;
use super::limits::CLOSE_TIMEOUT;
use super::retry::Retry;
use super::{Arrival, ClientContext, Driver};
use crate::meter::{Failure, Part};
use crate::session::client::ClientSession;

/// A client of `D`, in a session or not.
pub struct WithSession<D: Driver>(Inner<D>);

enum Inner<D: Driver> {
    Plain(D),
    /// Boxed: other clients must not carry its memory.
    Session(Box<Member<D>>),
}

/// A client in a session: at rest, or busy with its steps or with what it owes.
enum Member<D: Driver> {
    Idle(Box<Seat<D>>),
    Busy(Work<D>),
}

type Work<D> = Pin<Box<dyn Future<Output = (Box<Seat<D>>, Result<(), Failure>)>>>;

/// What a client in a session has.
struct Seat<D: Driver> {
    context: ClientContext,
    options: D::Options,
    session: Rc<ClientSession>,
    /// Not there before the first connection, nor where a step has failed.
    driver: Option<D>,
    /// [Where](ClientContext::aim) that connects.
    aim: u64,
    /// It has been connected before: another driver is a reconnect.
    connected: bool,
    /// What carries it has broken behind what was heard last.
    broken: Option<Failure>,
    /// What has come while steps ran.
    waiting: Arrivals,
    retry: Retry,
}

impl<D: Driver> Driver for WithSession<D> {
    type Options = D::Options;
    const UNASKED: bool = D::UNASKED;

    async fn connect(context: ClientContext, options: &D::Options) -> Result<WithSession<D>, Failure> {
        let Some(session) = context.session.clone() else {
            return D::connect(context, options).await.map(|driver| WithSession(Inner::Plain(driver)));
        };
        Box::pin(async move {
            let mut member = Member::Idle(Box::new(Seat {
                aim: 0,
                options: options.clone(),
                context,
                session,
                driver: None,
                connected: false,
                broken: None,
                waiting: Arrivals::default(),
                retry: Retry::default(),
            }));
            // Once: what breaks at once is told to whoever receives.
            member.once().await?;
            Ok(WithSession(Inner::Session(Box::new(member))))
        })
        .await
    }

    async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        match &mut self.0 {
            Inner::Plain(driver) => driver.send(message).await,
            Inner::Session(member) => Box::pin(member.send(message)).await,
        }
    }

    async fn taken(&mut self) -> Result<(), Failure> {
        match &mut self.0 {
            Inner::Plain(driver) => driver.taken().await,
            Inner::Session(member) => Box::pin(member.taken()).await,
        }
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        match &mut self.0 {
            Inner::Plain(driver) => driver.recv().await,
            Inner::Session(member) => Box::pin(member.recv()).await,
        }
    }

    async fn close(self) {
        match self.0 {
            Inner::Plain(driver) => driver.close().await,
            Inner::Session(member) => Box::pin(member.close()).await,
        }
    }
}

impl<D: Driver> Member<D> {
    /// Runs the steps if that is due, and says what is owed, until nothing is due. Cancel-safe.
    async fn attend(&mut self) -> Result<&mut Seat<D>, Failure> {
        while !matches!(self, Member::Idle(seat) if !seat.is_due()) {
            self.once().await?;
        }
        match self {
            Member::Idle(seat) => Ok(seat),
            // It was just found idle.
            Member::Busy(_) => Err(Failure::Closed),
        }
    }

    /// Carries the work under way to its end, or begins one. Cancel-safe.
    async fn once(&mut self) -> Result<(), Failure> {
        self.begin();
        let Member::Busy(work) = self else { return Ok(()) };
        let (seat, outcome) = work.await;
        *self = Member::Idle(seat);
        outcome
    }

    /// Begins to work, unless it does already.
    fn begin(&mut self) {
        let Member::Idle(_) = self else { return };
        let idle = std::mem::replace(self, Member::Busy(Box::pin(std::future::pending())));
        if let Member::Idle(seat) = idle {
            *self = Member::Busy(Box::pin(seat.work()));
        }
    }

    async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        let Seat { session, driver, .. } = self.attend().await?;
        let message = session.message(message);
        session.leaves(session.plan().binary);
        driver.as_mut().ok_or(Failure::Closed)?.send(&message).await
    }

    async fn taken(&mut self) -> Result<(), Failure> {
        match self {
            Member::Idle(seat) => match &mut seat.driver {
                Some(driver) => driver.taken().await,
                None => Ok(()),
            },
            Member::Busy(_) => Ok(()),
        }
    }

    async fn recv(&mut self) -> Result<Arrival, Failure> {
        loop {
            // What has come before a break comes first, and then that it broke.
            if let Member::Idle(seat) = self
                && let Some(outcome) = seat.waiting.pop()
            {
                return outcome;
            }
            let seat = self.attend().await?;
            if seat.waiting.is_empty()
                && let Some(outcome) = seat.next().await
            {
                return outcome;
            }
        }
    }

    /// What is said last is said, if a connection is there; nothing that goes wrong with that is a failure.
    async fn close(self) {
        let Member::Idle(mut seat) = self else { return };
        let Some(mut driver) = seat.driver.take() else { return };
        let last = seat.session.plan().close.clone().filter(|_| seat.session.is_joined());
        if let Some(last) = last.map(|said| seat.session.outgoing(&said, &[])) {
            let said = aside(&seat.context, Part::Framing, say(&mut driver, &seat.session, &last));
            let _over_either_way = timeout(CLOSE_TIMEOUT, said).await;
        }
        driver.close().await;
    }
}

impl<D: Driver> Seat<D> {
    fn is_due(&self) -> bool {
        self.driver.is_none() || self.session.calls()
    }

    /// What comes next; `None` where the session calls.
    async fn next(&mut self) -> Option<Result<Arrival, Failure>> {
        let (session, clock) = (&self.session, &self.context.shard.clock);
        let mut receiving = pin!(self.driver.as_mut()?.recv());
        let received = poll_fn(|cx| match receiving.as_mut().poll(cx) {
            Poll::Ready(received) => Poll::Ready(Some(received)),
            Poll::Pending if session.calls() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        });
        let Some(due) = session.next_beat() else { return received.await };
        tokio::select! {
            biased;
            received = received => received,
            () = clock.sleep_until(due) => {
                session.beat(now());
                None
            }
        }
    }

    /// Runs the steps, or says what is owed.
    async fn work(mut self: Box<Seat<D>>) -> (Box<Seat<D>>, Result<(), Failure>) {
        let outcome = match self.driver.is_some() && self.session.is_joined() {
            true => self.pay().await,
            false => self.join().await,
        };
        (self, outcome)
    }

    async fn pay(&mut self) -> Result<(), Failure> {
        let Some(driver) = &mut self.driver else { return Ok(()) };
        while let Some(owed) = self.session.next_owed() {
            aside(&self.context, Part::Framing, say(driver, &self.session, &owed)).await?;
        }
        Ok(())
    }

    async fn join(&mut self) -> Result<(), Failure> {
        let ClientContext { client, shard, .. } = &self.context;
        if let Some(due) = self.retry.due_after(now()) {
            shard.clock.sleep_until(due).await;
        }
        let began = now();
        let (context, seed, client) = (self.context.clone(), shard.seed, *client);
        match aside(&context, Part::Headers, join(self)).await {
            Ok(()) => {
                self.retry.opened(now());
                context.shard.meter.connected(began);
                rehear(self)
            }
            Err(Failed { failure, keeps }) => {
                // A step that was not answered as it must be leaves nothing to go on with.
                self.driver.take_if(|_| !keeps);
                self.session.failed();
                self.retry.failed(now(), seed, client);
                Err(failure)
            }
        }
    }
}

#[cfg(test)]
mod tests;
