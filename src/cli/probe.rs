//! One question to a server that is not ours, before a thousand clients ask it: may it be loaded, is it there, and does
//! it speak what they will speak?
//!
//! It is asked by the clients' own drivers, so that what works here works there.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::timeout;
use wsbench_targets::clock::{Clock, now};
use wsbench_targets::headers::RequestKind;
use wsbench_targets::wire::route;

use super::Wrong;
use super::output::Output;
use crate::drivers::http::connection::{Connection, Purpose};
use crate::drivers::http::profile::profile;
use crate::drivers::http::request::Request;
use crate::drivers::{ClientContext, Driver, Endpoint, ShardContext, WithDriver, with_driver};
use crate::meter::{Failure, Failures, Reasons, Recorder};
use crate::plan::{Plan, Trial, announcement};
use crate::run::foreign::{Unauthorised, endpoint, resolve};
use crate::scenario::TargetUrl;
use crate::transport::{Probe, Transport};

const PATIENCE: Duration = Duration::from_secs(5);
/// A client that was let in is closed in good order, if the server does its part in that time.
const FAREWELL: Duration = Duration::from_secs(1);
/// A long poll that is not refused by then is being held.
const HELD: Duration = Duration::from_millis(500);

/// Says whom the plan will load and how much, then asks that server, if the plan has one.
///
/// # Errors
/// It may not be loaded (wrong usage), is not there, or answers otherwise than the clients need it.
pub(super) async fn probe(plan: &Plan, quiet: bool, output: &Output) -> Result<()> {
    let Some((_, url)) = plan.by_url() else { return Ok(()) };
    let addresses = resolve(url).await.map_err(|error| match error.downcast::<Unauthorised>() {
        Ok(unauthorised) => Wrong::from(format!("error: {unauthorised}")),
        Err(other) => other,
    })?;
    if !quiet {
        output.note(&announcement(plan, url, &addresses));
    }
    if url.insecure {
        output.alarm(
            "warning: insecure = true: no certificate is verified, so the server's identity is unknown",
        );
    }
    for (trial, url) in plan.by_urls() {
        let mut there = endpoint(url, &addresses)?;
        there.connect.speak(trial.transport.access());
        there.belong_to(trial.session.as_deref());
        let said = LocalSet::new().run_until(ask(trial, url, there)).await?;
        if output.verbose {
            output.note(&format!("note: {url} {said}"));
        }
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
        session: trial.session.clone(),
        values: trial.values.clone(),
        ..ShardContext::new(trial.headers.clone(), clock, trial.seed)
    };
    // As the first client.
    let (values, cookies) = (trial.values.clone(), trial.keeps_cookies());
    values.into_iter().for_each(|values| meter.set_hiding(Box::new(move |text| values.hide(text))));
    let context = ClientContext::new(0, Rc::new(there), Rc::new(shard), cookies);
    let ticking = spawn_local(context.shard.clock.clone().run());
    let answer = match trial.transport.probe() {
        Probe::Client { .. } => let_in(&trial.transport, context).await,
        // The steps of its session are the first that a client asks.
        _ if trial.session.is_some() => let_in(&trial.transport, context).await,
        Probe::Request => get(context, PATIENCE).await,
        Probe::HeldRequest => match get(context, HELD).await {
            Err(Failure::Timeout) => Ok("keeps a request waiting".to_owned()),
            answered => answered,
        },
    };
    ticking.abort();
    let what = match (url.protocol(), trial.session.is_some()) {
        (_, true) => format!("{url} does not let a client in"),
        ("ws", false) => format!("{url} does not upgrade"),
        _ => format!("asking {url}"),
    };
    answer.map_err(|failure| {
        let failures = meter.tally().failures;
        let reasons = &failures.reasons;
        let other =
            (failure == Failure::Status && reasons.remedy().is_none()).then(|| other_scheme(url, reasons));
        let hint = other.flatten().or_else(|| session_hint(&trial.transport, &failures)).unwrap_or_default();
        anyhow!(why(failure, &failures) + &hint).context(what)
    })
}

/// What to look at where no session came about, and the server has not said why.
fn session_hint(transport: &Transport, failures: &Failures) -> Option<String> {
    let Probe::Client { hint: Some(hint) } = transport.probe() else { return None };
    failures.words.is_empty().then(|| format!("; {hint}"))
}

/// What to try where a WebSocket was asked for and plain HTTP answered, or the other way round: a server that takes
/// nothing but an upgrade says 426 (RFC 9110 §15.5.22) or 400 to everything else.
fn other_scheme(url: &TargetUrl, reasons: &Reasons) -> Option<String> {
    let shown = url.to_string();
    // Where the whole URL is a reference to the environment, its scheme is not to be seen.
    if let Some(rest) = shown.strip_prefix("ws") {
        let why = match reasons.each().next() {
            // RFC 9110 §15.5.22, RFC 6455 §4.4.
            Some(("426", _)) => {
                "a proxy that takes the upgrade away, or another WebSocket version; try another path"
            }
            _ => "a plain HTTP server, or no WebSocket at that path; try another path",
        };
        return Some(format!(": {why}, or http{rest}"));
    }
    let upgrades = reasons.each().any(|(status, _)| matches!(status, "400" | "426"));
    let rest = shown.strip_prefix("http").filter(|_| upgrades)?;
    Some(format!(": a WebSocket server, perhaps; then ws{rest}"))
}

/// Reads the head of an answer: a body may never end.
async fn get(context: ClientContext, limit: Duration) -> Result<String, Failure> {
    let request =
        Request::new(&context, "GET", route::POLL, &profile(&context, RequestKind::Fetch), &[]).for_news();
    let mut connection = Connection::new(context, Purpose::Questions, PATIENCE, true);
    connection.open().await?;
    connection.set_answer_timeout(limit);
    connection.begin(now());
    let head = connection.request(&request).await?;
    Ok(format!("answers {}", head.status))
}

/// Connects as a client does, up to what can carry messages.
async fn let_in(transport: &Transport, context: ClientContext) -> Result<String, Failure> {
    let mut transport = transport.clone();
    transport.set_timeout(PATIENCE);
    with_driver(&transport, LetIn(context)).await?;
    Ok("takes a client".to_owned())
}

struct LetIn(ClientContext);

impl WithDriver for LetIn {
    type Output = Pin<Box<dyn Future<Output = Result<(), Failure>>>>;

    fn with<D: Driver>(self, options: &D::Options) -> Self::Output {
        let options = options.clone();
        Box::pin(async move {
            let client = D::connect(self.0, &options).await?;
            // It was let in. What becomes of closing is no answer to the question.
            let _in_time = timeout(FAREWELL, client.close()).await;
            Ok(())
        })
    }
}

/// A failure in words, and what to do about it.
fn why(failure: Failure, failures: &Failures) -> String {
    let names: Vec<String> = failures.each_in_words().map(|(name, _)| name).collect();
    let names = names.join(", ");
    let what = match failure {
        Failure::Refused if !names.is_empty() => names,
        Failure::Refused => "connection refused: is the server running?".to_owned(),
        Failure::Reset | Failure::Closed if names.is_empty() => {
            "it closes the connection without an answer".to_owned()
        }
        Failure::Timeout if names.is_empty() => format!("no answer within {PATIENCE:?}"),
        Failure::Status => format!("it answers {names}"),
        Failure::Local => "this machine could not open a connection".to_owned(),
        _ if names.is_empty() => "its answer is not HTTP".to_owned(),
        _ => names,
    };
    match failures.reasons.remedy() {
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
            let mut reasons = Reasons::default();
            reasons.add(status);
            let text = Secret::url(written.to_owned(), written);
            other_scheme(&TargetUrl { text, ..TargetUrl::default() }, &reasons)
        };
        assert!(of("ws://h/", "404").is_some_and(|advice| advice.ends_with(" or http://h/")));
        assert!(of("http://h/x", "426").is_some_and(|advice| advice.ends_with("; then ws://h/x")));
        assert!(of("https://h/", "400").is_some_and(|advice| advice.ends_with("; then wss://h/")));
        assert!(of("ws://h/", "426").is_some_and(|advice| advice.contains("a proxy")));
        assert_eq!(of("http://h/", "404"), None);
        assert_eq!(of("${TARGET}", "426"), None);
    }
}
