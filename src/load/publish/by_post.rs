//! Publishes each message by an HTTP `POST` of its own; a slow answer does not hold back the next one.
//!
//! Its other end is any HTTP server that publishes what it is sent.

use std::panic::resume_unwind;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};

use super::Publisher;
use crate::drivers::http::connection::{Connection, Purpose};
use crate::drivers::http::post::PostSender;
use crate::drivers::{ClientContext, Endpoint};

/// To connect may take so long, and so may an answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Requests out at a time; with more the publisher waits, and is late.
const MAX_OUT: usize = 64;

/// Publishes to the end of the window, and waits for the last answer.
pub(super) async fn run(publisher: &Publisher, to: &Endpoint) {
    let session = publisher.context.session();
    let (endpoint, varies) = (Rc::new(to.clone()), to.varies());
    let context = |writer| {
        let there =
            ClientContext { endpoint: Rc::clone(&endpoint), varies, ..publisher.context.beside_session() };
        // A POST that takes its time must not hold back the next one: each has a connection of its own.
        ClientContext { client: writer, pool: None, ..there }
    };
    let own = context(publisher.context.client);
    let kind = content_type(&own, publisher);
    let turns = &publisher.shared.turns;
    let in_other_names = varies && turns.writers() > turns.publishers();
    let (mut idle, mut out) = (Vec::new(), JoinSet::new());
    while let Some(next) = publisher.next() {
        publisher.context.shard.clock.sleep_until(next.due).await;
        while let Some(ended) = out.try_join_next() {
            idle.extend(ended_well(ended));
        }
        if out.len() >= MAX_OUT {
            idle.extend(out.join_next().await.and_then(ended_well));
        }
        let message = publisher.message(&next);
        let message = session.map_or_else(|| message.clone(), |own| own.message(&message));
        publisher.log().leaves(next.due);
        let mut sender = idle.pop().unwrap_or_else(|| sender(&own, kind));
        if in_other_names {
            sender.aim(context(next.turn.writer));
        }
        let shared = Rc::clone(&publisher.shared);
        out.spawn_local(async move {
            sender.begin(&message, 0, 1);
            shared.log.ended(&next, sender.taken().await);
            sender
        });
    }
    while let Some(ended) = out.join_next().await {
        idle.extend(ended_well(ended));
    }
    for sender in idle {
        sender.close().await;
    }
}

fn sender(context: &ClientContext, kind: Option<&'static str>) -> PostSender {
    PostSender::new(
        Connection::new(context.clone(), Purpose::Session { streams: false }, TIMEOUT, true),
        kind,
    )
}

/// What a body says that it is: JSON where the message's form is; a server that takes JSON alone refuses what says nothing.
/// The user's own Content-Type wins.
fn content_type(context: &ClientContext, publisher: &Publisher) -> Option<&'static str> {
    let kind = if publisher.shared.form.message.is_json() { "application/json" } else { "text/plain" };
    (!context.endpoint.connect.has("content-type")).then_some(kind)
}

/// The connection is free again. A panic goes on: it must fail the trial.
fn ended_well(ended: Result<PostSender, JoinError>) -> Option<PostSender> {
    match ended {
        Ok(sender) => Some(sender),
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(_) => None,
    }
}
