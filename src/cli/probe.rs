//! One question to a server that is not ours, before a thousand clients ask it: is it there, and what does it say?
//!
//! The cold path: reqwest. What is measured goes through the drivers.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::plan::{Plan, Where};
use crate::scenario::TargetUrl;

const PATIENCE: Duration = Duration::from_secs(5);

/// Asks the plan's server, if it has one; what it said, for the user.
pub(super) async fn probe(plan: &Plan) -> Result<Option<String>> {
    let url = plan.trials.iter().find_map(|trial| match &trial.target {
        Where::Url(url) => Some(url),
        Where::Reference => None,
    });
    match url {
        None => Ok(None),
        Some(url) if url.scheme == "http" => ask(url).await.map(Some),
        Some(url) => reach(url).await.map(Some),
    }
}

async fn ask(url: &TargetUrl) -> Result<String> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .context("making an HTTP client")?;
    let answer = client.get(&url.text).send().await.with_context(|| format!("asking {}", url.text))?;
    let status = answer.status();
    let bytes = answer.bytes().await.with_context(|| format!("reading the answer of {}", url.text))?.len();
    if !status.is_success() {
        bail!("{} answers {status}; expected 2xx (redirects are not followed)", url.text);
    }
    Ok(format!("{} answers {status} with {bytes} bytes", url.text))
}

/// A WebSocket's upgrade is the driver's to make; here it is enough that somebody listens.
async fn reach(url: &TargetUrl) -> Result<String> {
    let host = url.host.trim_matches(['[', ']']);
    let connecting = tokio::net::TcpStream::connect((host, url.port));
    let connected = tokio::time::timeout(PATIENCE, connecting).await;
    connected
        .with_context(|| format!("{} does not answer within {PATIENCE:?}", url.text))?
        .with_context(|| format!("connecting to {}", url.text))?;
    Ok(format!("{} listens", url.text))
}
