//! The steps of a session, one after the other, over whatever driver there is.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use tokio::time::timeout;
use wsbench_targets::clock::now;

use super::Seat;
use crate::drivers::http::step::Requests;
use crate::drivers::said::quoted;
use crate::drivers::{Arrival, ClientContext, Driver};
use crate::meter::{Direction, Failure, Part};
use crate::session::client::{ClientSession, Outgoing};
use crate::session::condition::{Condition, Seen, written};
use crate::session::{Expect, Save, Step};
use crate::text::time;

/// Why the steps did not come to their end.
pub(super) struct Failed {
    pub(super) failure: Failure,
    /// It is the driver's own failure, and it opens again by itself.
    pub(super) keeps: bool,
}

/// Of a step: what was asked for did not come.
fn unmet(failure: Failure) -> Failed {
    Failed { failure, keeps: false }
}

/// Of the driver.
fn broken(failure: Failure) -> Failed {
    Failed { failure, keeps: true }
}

/// Runs all steps. What has come and was asked for by none of them waits for whoever receives.
pub(super) async fn join<D: Driver>(seat: &mut Seat<D>) -> Result<(), Failed> {
    let session = Rc::clone(&seat.session);
    session.begin();
    seat.broken = None;
    let plan = session.plan();
    let mut requests = Requests::new(&seat.context);
    for (nth, step) in plan.steps.iter().enumerate() {
        if nth == plan.before() {
            open(seat).await?;
        }
        match step {
            Step::Request(request) => requests.run(nth + 1, request, &session).await.map_err(unmet)?,
            Step::Send(said) => {
                seat.broken.take().map_or(Ok(()), |failure| Err(broken(failure)))?;
                let Some(driver) = &mut seat.driver else { continue };
                say(driver, &session, &session.outgoing(said, &[])).await.map_err(broken)?;
            }
            Step::Expect(expect) => hear(seat, nth + 1, expect).await?,
        }
        if !step.saves().is_empty() {
            seat.context.bring_saved_cookies();
        }
    }
    if plan.before() == plan.steps.len() {
        open(seat).await?;
    }
    requests.close();
    Ok(())
}

/// Connects, if there is no connection that opens again by itself, or if it goes elsewhere by what was saved.
async fn open<D: Driver>(seat: &mut Seat<D>) -> Result<(), Failed> {
    let aim = seat.context.aim();
    if seat.driver.is_some() && seat.aim == aim {
        return Ok(());
    }
    (seat.driver, seat.aim) = (None, aim);
    seat.driver = Some(D::connect(seat.context.clone(), &seat.options).await.map_err(unmet)?);
    if std::mem::replace(&mut seat.connected, true) {
        seat.context.shard.meter.count(|c| c.reconnects += 1);
    }
    Ok(())
}

/// Sends something of the session's, and waits until the server has taken it, where the transport says so.
pub(super) async fn say<D: Driver>(
    driver: &mut D,
    session: &ClientSession,
    said: &Outgoing,
) -> Result<(), Failure> {
    session.leaves(said.binary);
    driver.send(&said.bytes).await?;
    driver.taken().await
}

/// Waits for what a step expects. What comes before it is passed over.
async fn hear<D: Driver>(seat: &mut Seat<D>, nth: usize, expect: &Expect) -> Result<(), Failed> {
    let mut last = None;
    let outcome = timeout(expect.timeout, expected(seat, expect, &mut last)).await;
    let failure = match outcome {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(Unmet::Broken(failure))) => return Err(broken(failure)),
        Ok(Err(Unmet::Refused(fail, last))) => {
            let why = format!("step {nth}: failed by {fail}");
            seat.context.shard.meter.reason_in_words(&why, &got(Some(&last)));
            return Err(unmet(Failure::Session));
        }
        Ok(Err(Unmet::Missing(save))) => {
            let why = format!("step {nth}: nothing to save as {} in the message", save.name);
            seat.context.shard.meter.reason_in_words(&why, &got(last.as_deref()));
            return Err(unmet(Failure::Session));
        }
        Err(_) => Failure::Timeout,
    };
    let within =
        if failure == Failure::Timeout { format!(" within {}", time(expect.timeout)) } else { String::new() };
    let why = format!("step {nth}: expected {}{within}", expect.condition);
    seat.context.shard.meter.reason_in_words(&why, &got(last.as_deref()));
    Err(unmet(failure))
}

/// What came instead, in its own words.
fn got(last: Option<&[u8]>) -> String {
    match last {
        None => ", got nothing".to_owned(),
        Some(bytes) => match quoted(bytes) {
            said if said.is_empty() => format!(", got {} bytes", bytes.len()),
            said => format!(", got{said}"),
        },
    }
}

/// Why what was expected has not come.
enum Unmet<'a> {
    Broken(Failure),
    /// What the step names as its failure has come: that, and the part of the message that says so.
    Refused(&'a Condition, Vec<u8>),
    /// It has come without what is to be saved.
    Missing(&'a Save),
}

async fn expected<'a, D: Driver>(
    seat: &mut Seat<D>,
    expect: &'a Expect,
    last: &mut Option<Vec<u8>>,
) -> Result<(), Unmet<'a>> {
    loop {
        let message = next(seat).await.map_err(Unmet::Broken)?;
        let seen = Seen::new(&message);
        let fails = expect.fail.as_ref().is_some_and(|fail| fail.holds(&seen).is_some());
        let holds = expect.condition.holds(&seen).is_some();
        let outcome = match (fails, holds) {
            (true, _) => expect.fail.as_ref().map(|fail| Err(Unmet::Refused(fail, telling(fail, &seen)))),
            (false, true) => {
                Some(seat.session.save(&expect.save, &message, &|_| None).map_err(Unmet::Missing))
            }
            (false, false) => None,
        };
        *last = Some(message);
        if let Some(outcome) = outcome {
            return outcome;
        }
    }
}

/// What tells of a failure: the value that was pointed to, or the whole message.
fn telling(fail: &Condition, seen: &Seen<'_>) -> Vec<u8> {
    let value = fail.pointer.as_ref().and_then(|pointer| seen.at(pointer));
    value.map_or_else(|| seen.bytes.to_vec(), |value| written(value).into_bytes())
}

/// The next message that comes; what is owed meanwhile is said. Where a connection breaks behind a message, that comes first.
async fn next<D: Driver>(seat: &mut Seat<D>) -> Result<Vec<u8>, Failure> {
    loop {
        let Seat { session, driver, waiting, context, broken, .. } = &mut *seat;
        if let Some(message) = session.next_heard() {
            return Ok(message);
        }
        let (Some(driver), None) = (driver, broken.as_ref()) else {
            return Err(broken.take().unwrap_or(Failure::Closed));
        };
        while let Some(owed) = session.next_owed() {
            say(driver, session, &owed).await?;
        }
        match receive(driver, session).await {
            // It came before the connection broke, and has waited in the driver.
            Some(Ok(arrival)) => waiting.push(Ok(arrival), &context.shard.meter)?,
            Some(Err(failure)) => *broken = Some(failure),
            None => {}
        }
    }
}

/// Receives until the session calls.
async fn receive<D: Driver>(driver: &mut D, session: &ClientSession) -> Option<Result<Arrival, Failure>> {
    let mut receiving = pin!(driver.recv());
    poll_fn(|cx| match receiving.as_mut().poll(cx) {
        Poll::Ready(received) => Poll::Ready(Some(received)),
        Poll::Pending if session.calls() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// What came behind the last step's message, and may be the load's: its bytes are then, and no handshake's.
pub(super) fn rehear<D: Driver>(seat: &mut Seat<D>) -> Result<(), Failure> {
    let (context, waiting) = (&seat.context, &mut seat.waiting);
    let (meter, mut outcome) = (&context.shard.meter, Ok(()));
    for (message, at) in seat.session.joined(now()) {
        let mut ours = false;
        context.arrivals(&message, |arrival| {
            ours = true;
            if outcome.is_ok() {
                outcome = waiting.push(Ok(Arrival { at, ..arrival }), meter);
            }
        });
        if ours {
            meter.retract(Direction::Down, Part::Headers, message.len());
            meter.attribute(Direction::Down, Part::Payload, message.len());
            meter.message_down();
        }
    }
    // All of it has been accounted for as the set-up's.
    seat.session.take_noise();
    if let (Ok(()), Some(failure)) = (outcome, seat.broken.take()) {
        seat.session.broke();
        outcome = waiting.push(Err(failure), meter);
    }
    outcome
}

/// Does `what` aside from the load: its payload stands as `part`, and its messages are none.
pub(super) async fn aside<F: Future>(context: &ClientContext, part: Part, what: F) -> F::Output {
    let (meter, mut what) = (&context.shard.meter, pin!(what));
    poll_fn(|cx| {
        let before = meter.set_aside(Some(part));
        let polled = what.as_mut().poll(cx);
        meter.set_aside(before);
        polled
    })
    .await
}
