//! One question to a server that is not ours, before a thousand clients ask it: is it there, and what does it say?
//!
//! The cold path: reqwest. What is measured goes through the drivers.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite;

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
        Some(url) => upgrade(url).await.map(Some),
    }
}

async fn ask(url: &TargetUrl) -> Result<String> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .context("making an HTTP client")?;
    let answer = client.get(&url.text).send().await;
    // Who holds a request until there is something is there all the same.
    if answer.as_ref().is_err_and(|e| e.is_timeout() && !e.is_connect()) {
        return Ok(format!("{} takes a request, and did not answer it within {PATIENCE:?}", url.text));
    }
    let answer = answer.map_err(|e| {
        let nobody = e.is_connect();
        let what = format!("asking {}{}", url.text, if nobody { ": is the server running?" } else { "" });
        anyhow::Error::new(e).context(what)
    })?;
    let status = answer.status();
    let bytes = answer.bytes().await.with_context(|| format!("reading the answer of {}", url.text))?.len();
    // 304 and 408 end the wait of a long poll that brought nothing.
    if !(status.is_success() || matches!(status.as_u16(), 304 | 408)) {
        bail!("{} answers {status}; expected 2xx (redirects are not followed)", url.text);
    }
    Ok(format!("{} answers {status} with {bytes} bytes", url.text))
}

/// Does it upgrade? Every client's driver will ask the same, but could only count the refusals.
async fn upgrade(url: &TargetUrl) -> Result<String> {
    let host = url.host.trim_matches(['[', ']']);
    let connecting = async {
        let stream = TcpStream::connect((host, url.port)).await.map_err(tungstenite::Error::Io)?;
        tokio_tungstenite::client_async(&url.text, stream).await
    };
    let answered = tokio::time::timeout(PATIENCE, connecting).await;
    match answered.with_context(|| format!("{} does not answer within {PATIENCE:?}", url.text))? {
        Ok((mut socket, _)) => {
            socket.close(None).await.with_context(|| format!("closing {}", url.text))?;
            Ok(format!("{} upgrades", url.text))
        }
        Err(tungstenite::Error::Http(answer)) => {
            bail!("{} answers {}, not 101: no WebSocket at this path", url.text, answer.status())
        }
        Err(tungstenite::Error::Io(e)) => {
            Err(e).with_context(|| format!("{} does not answer; is the server running?", url.text))
        }
        Err(e) => Err(e).with_context(|| format!("{} does not speak WebSocket", url.text)),
    }
}
