//! Does it speak Socket.IO, and does it let us in? One client by the trial's own driver; its refusal is shown here,
//! for a thousand clients could only count theirs.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::{Context, Result, bail};
use tokio::task::{LocalSet, spawn_local};
use wsbench_targets::clock::{Clock, now};
use wsbench_targets::wire::SocketIo as Options;

use crate::drivers::socketio::{Refusal, ask as ask_driver};
use crate::drivers::{Endpoint, Expects, Seat, Site};
use crate::meter::Recorder;
use crate::plan::Trial;
use crate::scenario::TargetUrl;

/// Opens one session and closes it again.
pub(super) async fn ask(url: &TargetUrl, trial: &Trial, options: &Options) -> Result<String> {
    let host = url.host.trim_matches(['[', ']']);
    let mut found =
        tokio::net::lookup_host((host, url.port)).await.with_context(|| format!("looking up {host}"))?;
    let address = found.next().with_context(|| format!("{host} has no address"))?;
    let authority = format!("{}:{}", url.host, url.port);
    let endpoint = Endpoint { address, authority, expects: Expects::Foreign(url.path.clone()) };
    let clock = Clock::new().context("making a timer")?;
    let site = Site {
        headers: trial.headers.clone(),
        clock: clock.clone(),
        meter: Rc::new(Recorder::default()),
        seed: trial.seed,
        start: Cell::new(now()),
    };
    let seat = Seat { client: 0, endpoint: Rc::new(endpoint), source: None, site: Rc::new(site) };
    let tasks = LocalSet::new();
    let asked = tasks.run_until(async {
        let ticking = spawn_local(clock.run());
        let asked = ask_driver(seat, options).await;
        ticking.abort();
        asked
    });
    match asked.await {
        Ok(()) => Ok(format!("{} lets a Socket.IO client into {}", url.text, options.namespace)),
        Err(Refusal { said: Some(said), .. }) => {
            bail!("{} refuses the namespace {}: {said:?}", url.text, options.namespace)
        }
        Err(Refusal { failure, said: None }) => bail!(
            "{} lets no Socket.IO client in ({}): is it a Socket.IO server of that version (eio), at that path, that offers \
             what `via` asks for?",
            url.text,
            failure.name()
        ),
    }
}
