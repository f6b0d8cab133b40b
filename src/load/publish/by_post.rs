//! Publishes each message by an HTTP POST of its own; a slow answer does not hold back the next one.
//!
//! The cold path: reqwest. No redirect is followed and no proxy is asked.

use std::rc::Rc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::task::JoinSet;

use super::Publisher;
use crate::drivers::connect_options::{CustomHeader, PublishTarget};
use crate::meter::Failure;

/// Without an answer for so long a request has failed.
const PATIENCE: Duration = Duration::from_secs(10);
/// Requests out at a time; with more the publisher waits, and is late.
const MOST: usize = 64;

/// Publishes to the end of the window, and waits for the last answer.
pub(super) async fn run(publisher: &mut Publisher, to: &PublishTarget) {
    let client = client(to);
    let mut out = JoinSet::new();
    while let Some(due) = publisher.next_due() {
        publisher.context.shard.clock.sleep_until(due).await;
        while out.len() >= MOST {
            out.join_next().await;
        }
        while out.try_join_next().is_some() {}
        let message = publisher.message(due);
        publisher.log.leaves(due);
        let request = client.as_ref().map(|client| client.post(to.url.reveal()).body(message));
        let log = Rc::clone(&publisher.log);
        match request {
            Ok(request) => drop(out.spawn_local(async move { log.ended(due, taken(request).await) })),
            Err(&failure) => log.ended(due, Err(failure)),
        }
    }
    while out.join_next().await.is_some() {}
}

fn client(to: &PublishTarget) -> Result<reqwest::Client, Failure> {
    let builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true)
        .timeout(PATIENCE)
        .default_headers(headers(&to.headers));
    builder.build().map_err(|_| Failure::Local)
}

/// The scenario has looked at every line: nothing here is left out.
fn headers(own: &[CustomHeader]) -> HeaderMap {
    let line = |own: &CustomHeader| {
        let value = HeaderValue::from_str(own.value.reveal()).ok()?;
        Some((HeaderName::from_bytes(own.name.as_bytes()).ok()?, value))
    };
    own.iter().filter_map(line).collect()
}

/// Whether the server has taken the message.
async fn taken(request: reqwest::RequestBuilder) -> Result<(), Failure> {
    let answer = request.send().await.map_err(|e| failure(&e))?;
    let status = answer.status();
    // Read to its end, so that the connection can be used again.
    answer.bytes().await.map_err(|e| failure(&e))?;
    if status.is_success() { Ok(()) } else { Err(Failure::Status) }
}

fn failure(error: &reqwest::Error) -> Failure {
    match error {
        e if e.is_timeout() => Failure::Timeout,
        e if e.is_connect() => Failure::Refused,
        _ => Failure::Closed,
    }
}
