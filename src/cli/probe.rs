//! One question to a server that is not ours, before a thousand clients ask it: may it be loaded, is it there, and does
//! it speak what they will speak?
//!
//! It is asked by the clients' own drivers, so that what works here works there.

mod socketio;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::LocalSet;
use tokio::time::timeout;
use wsbench_targets::clock::{Clock, now};
use wsbench_targets::wire::{
    Sse as SseOptions, Streaming as StreamingOptions, Transport, WebSocket as WebSocketOptions, route,
};

use super::Wrong;
use super::output::Output;
use crate::drivers::dial::dial;
use crate::drivers::http::refusal::{misread, refusal};
use crate::drivers::http::request::Request;
use crate::drivers::http::response::status;
use crate::drivers::sse::Sse;
use crate::drivers::streaming::Streaming;
use crate::drivers::websocket::WebSocket;
use crate::drivers::{ClientContext, Driver, Endpoint, ShardContext};
use crate::meter::{Failure, Reasons, Recorder};
use crate::plan::{Plan, Trial, announcement};
use crate::run::foreign::{Unauthorised, endpoint, resolve};
use crate::scenario::TargetUrl;

const PATIENCE: Duration = Duration::from_secs(5);
/// A long poll that is not refused by then is being held.
const HELD: Duration = Duration::from_millis(500);

/// Says whom the plan will load and how much, then asks that server, if the plan has one.
///
/// # Errors
/// It may not be loaded (wrong usage), is not there, or answers otherwise than the clients need it.
pub(super) async fn probe(plan: &Plan, quiet: bool, output: &Output) -> Result<()> {
    let Some((trial, url)) = plan.by_url() else { return Ok(()) };
    let address = resolve(url).await.map_err(|error| match error.downcast::<Unauthorised>() {
        Ok(unauthorised) => Wrong::from(format!("error: {unauthorised}")),
        Err(other) => other,
    })?;
    if !quiet {
        output.note(&announcement(plan, url, address));
    }
    if url.insecure {
        output
            .alarm("warning: insecure = true: whoever answers there is believed, no certificate is verified");
    }
    let there = endpoint(url, address);
    let said = LocalSet::new().run_until(ask(trial, url, there)).await?;
    if output.verbose {
        output.note(&format!("note: {url} {said}"));
    }
    Ok(())
}

/// Asks as a client of `trial` would.
async fn ask(trial: &Trial, url: &TargetUrl, there: Endpoint) -> Result<String> {
    let meter = Rc::new(Recorder::default());
    let clock = Clock::new().context("making a timer")?;
    let shard = ShardContext {
        meter: Rc::clone(&meter),
        tls: there.tls()?,
        start: Cell::new(now()),
        ..ShardContext::new(trial.headers.clone(), clock, trial.seed)
    };
    let context = ClientContext { client: 0, endpoint: Rc::new(there), source: None, shard: Rc::new(shard) };
    if let Transport::SocketIo(options) = &trial.transport {
        return socketio::ask(context, options).await.with_context(|| format!("asking {url}"));
    }
    let answer = match (&trial.transport, url.protocol()) {
        (Transport::WebSocket(_), "ws") => {
            let options = WebSocketOptions { timeout: PATIENCE };
            open::<WebSocket>(context, options).await
        }
        (Transport::Polling(_), "http") => get(&context, PATIENCE).await,
        (Transport::LongPolling(_), "http") => match get(&context, HELD).await {
            Err(Failure::Timeout) => Ok("keeps a request waiting".to_owned()),
            answered => answered,
        },
        (Transport::Streaming(options), "http") => {
            open::<Streaming>(context, StreamingOptions { timeout: PATIENCE, ..options.clone() }).await
        }
        (Transport::Sse(options), "http") => {
            open::<Sse>(context, SseOptions { timeout: PATIENCE, ..options.clone() }).await
        }
        // Its own way of talking begins with the connection.
        _ => dial(&context, PATIENCE).await.map(|_connected| "accepts connections".to_owned()),
    };
    let what =
        if url.protocol() == "ws" { format!("{url} does not upgrade") } else { format!("asking {url}") };
    answer.map_err(|failure| {
        let exactly = meter.tally().failures.reasons;
        let other =
            (failure == Failure::Status && exactly.remedy().is_none()).then(|| other_scheme(url, &exactly));
        anyhow!(why(failure, &exactly) + &other.flatten().unwrap_or_default()).context(what)
    })
}

/// What to try where a WebSocket was asked for and plain HTTP answered, or the other way round: a server that takes
/// nothing but an upgrade says 426 (RFC 9110 §15.5.22) or 400 to everything else.
fn other_scheme(url: &TargetUrl, exactly: &Reasons) -> Option<String> {
    let shown = url.to_string();
    // Where the whole URL is a reference to the environment, its scheme is not to be seen.
    if let Some(rest) = shown.strip_prefix("ws") {
        let why = "a plain HTTP server, or no WebSocket at that path; try another path";
        return Some(format!(": {why}, or http{rest}"));
    }
    let upgrades = exactly.each().any(|(status, _)| matches!(status, "400" | "426"));
    let rest = shown.strip_prefix("http").filter(|_| upgrades)?;
    Some(format!(": a WebSocket server, perhaps; then ws{rest}"))
}

/// Reads the head of an answer: a body may never end.
async fn get(context: &ClientContext, patience: Duration) -> Result<String, Failure> {
    let mut stream = dial(context, PATIENCE).await?;
    let meter = &context.shard.meter;
    let request = Request::new(context, "GET", route::POLL, &context.shard.headers.request, &[]);
    let head = async {
        stream.write_all(&request.bytes()).await.map_err(|e| Failure::from(&e))?;
        let mut inbox = Vec::new();
        loop {
            if let Some(status) = status(&inbox).map_err(|failure| misread(failure, &inbox, meter))? {
                // The last two say that there is nothing new, as they do to a poll.
                return if matches!(status, 200..300 | 304 | 408) {
                    Ok(status)
                } else {
                    Err(refusal(status, &inbox, meter))
                };
            }
            if stream.read_buf(&mut inbox).await.map_err(|e| Failure::from(&e))? == 0 {
                return Err(Failure::Closed);
            }
        }
    };
    let status = timeout(patience, head).await.map_err(|_| Failure::Timeout)??;
    Ok(format!("answers {status}"))
}

/// Connects as a client does, up to what can carry messages.
async fn open<D: Driver>(context: ClientContext, options: D::Options) -> Result<String, Failure> {
    D::connect(context, &options).await?.close().await;
    Ok("takes a client".to_owned())
}

/// A failure in words, and what to do about it.
fn why(failure: Failure, exactly: &Reasons) -> String {
    let names: Vec<&str> = exactly.each().map(|(name, _)| name).collect();
    let names = names.join(", ");
    let what = match failure {
        Failure::Refused => "connection refused: is the server running?".to_owned(),
        Failure::Reset | Failure::Closed => "it closes the connection without an answer".to_owned(),
        Failure::Timeout => format!("no answer within {PATIENCE:?}"),
        Failure::Status => format!("it answers {names}"),
        Failure::Local => "this machine could not open a connection".to_owned(),
        _ if names.is_empty() => "what it says is no HTTP".to_owned(),
        _ => names,
    };
    match exactly.remedy() {
        Some(remedy) => format!("{what}; {remedy}"),
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn the_advice_shows_a_url_or_nothing() {
        let of = |written: &str, status: &str| {
            let mut exactly = Reasons::default();
            exactly.add(status);
            let text = Secret::url(written.to_owned(), written);
            other_scheme(&TargetUrl { text, ..TargetUrl::default() }, &exactly)
        };
        assert!(of("ws://h/", "404").is_some_and(|advice| advice.ends_with(" or http://h/")));
        assert!(of("http://h/x", "426").is_some_and(|advice| advice.ends_with("; then ws://h/x")));
        assert!(of("https://h/", "400").is_some_and(|advice| advice.ends_with("; then wss://h/")));
        assert_eq!(of("http://h/", "404"), None);
        assert_eq!(of("${TARGET}", "426"), None);
    }
}
