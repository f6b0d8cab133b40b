//! `wsbench serve`: a reference target alone, or as a child of `run`.

use std::io::BufRead;

use anyhow::{Context, Result, anyhow};
use wsbench_targets::headers::Headers;
use wsbench_targets::pacer::Arrivals;
use wsbench_targets::serve::ServeError;
use wsbench_targets::wire::{
    Audience, Delimiting, Publication, Reply, Sse, Start, Streaming, TargetConfig, Transport,
};

use super::{Exit, Wrong, args::ServeArgs};
use crate::scenario::limits;

/// Messages kept a stream for clients that are behind.
const RING: usize = 1024;

/// Serves until told to end.
pub(super) fn serve(args: &ServeArgs) -> Result<Exit> {
    let config = if args.assigned { assigned()? } else { chosen(args)? };
    wsbench_targets::serve::run(config).map_err(|error| match error {
        ServeError::Config(_) => Wrong::from(format!("error: {error}")),
        other => other.into(),
    })?;
    Ok(Exit::Good)
}

/// The configuration that `run` says on stdin; the words that follow are the target's to read.
fn assigned() -> Result<TargetConfig> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("reading the configuration")?;
    serde_json::from_str(&line).context("reading the configuration")
}

fn chosen(args: &ServeArgs) -> Result<TargetConfig> {
    let (least, most) = limits::CLIENTS;
    if !(least..=most).contains(&args.clients.into()) {
        return Err(Wrong::from(format!("error: --clients {}: expected {least} to {most}", args.clients)));
    }
    let name = args.transport.as_deref().unwrap_or_default();
    let mut transport =
        Transport::all().into_iter().find(|t| t.name() == name).context("no such transport")?;
    match &mut transport {
        Transport::Polling(polling) if args.reply == "since" => polling.reply = Reply::Since,
        Transport::LongPolling(long) => long.hold = args.hold,
        Transport::Streaming(Streaming { body, .. }) | Transport::Sse(Sse { body, .. })
            if args.body == "close-delimited" =>
        {
            *body = Delimiting::Close;
        }
        // The others have no options here.
        _ => {}
    }
    let audience = if args.broadcast { Audience::All } else { Audience::Each };
    let payload = usize::try_from(args.payload)?;
    let publication = Publication { every: args.every, arrivals: Arrivals::Constant, payload, audience };
    Ok(TargetConfig {
        transport,
        publication: (!args.echo).then_some(publication),
        clients: 0..args.clients,
        seed: args.seed,
        headers: Headers::profile(&args.headers).ok_or_else(|| anyhow!("no such header profile"))?,
        bind: args.bind,
        start: Start::Now,
        ring: RING,
    })
}
