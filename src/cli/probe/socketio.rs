//! Does it speak Socket.IO, and does it let us in? One client by the trial's own driver; its refusal is shown here,
//! for a thousand clients could only count theirs.

use anyhow::{Result, anyhow};
use tokio::task::spawn_local;
use wsbench_targets::wire::SocketIo as Options;

use super::why;
use crate::drivers::ClientContext;
use crate::drivers::socketio::ask as ask_driver;

/// Opens one session and closes it again; what to say of it.
pub(super) async fn ask(context: ClientContext, options: &Options) -> Result<String> {
    let shard = context.shard.clone();
    let ticking = spawn_local(shard.clock.clone().run());
    let asked = ask_driver(context, options).await;
    ticking.abort();
    let Err(refusal) = asked else {
        return Ok(format!("lets a Socket.IO client into {}", options.namespace));
    };
    Err(match refusal.said {
        Some(said) => anyhow!("it refuses the namespace {}: {said:?}", options.namespace),
        None => anyhow!(
            "{}; is it a Socket.IO server of that version (eio), at that path, that offers what `via` asks for?",
            why(refusal.failure, &shard.meter.tally().failures.reasons)
        ),
    })
}
