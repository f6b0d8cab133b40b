//! What a server that is not ours is about to bear: said before the first connection.
//!
//! Pure. Its other end is whoever runs a plan and has found the address.

use std::fmt::Display;
use std::time::Duration;

use super::{Plan, Trial};
use crate::scenario::{Sender, TargetUrl};
use crate::text::grouped;

/// `target https://example.com/ at 192.0.2.1:443: up to 1,000 clients, 5,000 connections/s, 1,000 requests/s`. How many
/// connections requests take is the server's to say, where it keeps none. Of several addresses the first that answers is
/// loaded.
pub fn announcement(plan: &Plan, url: &TargetUrl, addresses: &[impl Display]) -> String {
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let address = addresses.join(" or ");
    let clients = plan.trials.iter().map(|trial| trial.clients).max().unwrap_or(0);
    let connections = plan.trials.iter().map(connections).fold(0.0, f64::max);
    let rates: Vec<Option<f64>> = plan.trials.iter().map(requests).collect();
    let each = if plan.trials.iter().any(|trial| trial.transport.asks()) {
        ", each over a connection of its own where none is kept"
    } else {
        ""
    };
    let requests = match rates.iter().copied().collect::<Option<Vec<f64>>>() {
        None if holds(plan) => format!(", {} requests waiting at a time{each}", grouped(u64::from(clients))),
        None => format!(", requests as fast as they are answered{each}"),
        Some(rates) => match rates.into_iter().fold(0.0, f64::max) {
            0.0 => String::new(),
            most => format!(", {} requests or messages/s{each}", whole(most)),
        },
    };
    let clients = grouped(u64::from(clients));
    let posts = posts_to(plan).map_or_else(String::new, |url| format!("; messages are posted to {url}"));
    format!(
        "target {url} at {address}: up to {clients} clients, {} connections/s{requests}{posts}",
        whole(connections)
    )
}

/// Whether all that ask without a schedule ask what is to be held until there is something to say.
fn holds(plan: &Plan) -> bool {
    let mut unpaced = plan.trials.iter().filter(|trial| requests(trial).is_none());
    unpaced.all(|trial| trial.transport.asks() && trial.transport.poll_interval().is_none())
}

/// Where the publisher of a plan posts to, if it posts: a server that bears a load too.
pub(super) fn posts_to(plan: &Plan) -> Option<&TargetUrl> {
    plan.trials.iter().find_map(|trial| trial.load.post()).map(|post| &post.url)
}

fn whole(rate: f64) -> String {
    grouped(rate.ceil() as u64)
}

fn connections(trial: &Trial) -> f64 {
    trial.load.profile().connections.unwrap_or_else(|| trial.connect_rate.min(f64::from(trial.clients)))
}

/// What all clients, and the publisher, ask or send a second; `None` where each answer is followed by the next: then the
/// server alone says how fast.
fn requests(trial: &Trial) -> Option<f64> {
    let profile = trial.load.profile();
    if profile.connects() {
        return Some(0.0);
    }
    let each = |every: Duration| (!every.is_zero()).then(|| f64::from(trial.clients) / every.as_secs_f64());
    let polls = match trial.transport.poll_interval() {
        Some(every) => each(every)?,
        None if trial.transport.asks() => return None,
        None => 0.0,
    };
    Some(match profile.sender {
        Sender::Clients => polls + each(profile.interval?)?,
        Sender::Publisher => polls + profile.interval.map_or(0.0, |every| 1.0 / every.as_secs_f64()),
        Sender::Nobody | Sender::Target | Sender::External => polls,
    })
}
