//! The processes of one trial: a target, unless it is somebody else's server, and shards.
//!
//! Whoever ends before its time ends the trial, with the reason ([`events`]).

mod events;

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::sync::mpsc;
use tokio::time::timeout;
use wsbench_targets::clock::Tick;
use wsbench_targets::hist::Hist;
use wsbench_targets::own_usage::OwnUsage;
use wsbench_targets::wire::{Command as TargetCommand, Published, Span, Start, TargetConfig, line};

use super::cores::Cores;
use super::foreign::{endpoint, publish_endpoint, resolve};
use super::identity::{connecting, identity};
use super::process::{ChildEvent, Process};
use super::third_party::{self, Launcher, ThirdParty};
use super::{Latency, Seen};
use crate::drivers::Endpoint;
use crate::meter::Failures;
use crate::os::process::{Reading, read};
use crate::plan::{Server, Trial, Where};
use crate::shard::{Assignment, Command, Done, Progress, TargetSlice};

/// A target that is not ready by then will not be.
const STARTING: Duration = Duration::from_secs(10);
/// Children that were told to end and have not by then are killed.
const ENDING: Duration = Duration::from_secs(5);
/// Messages kept a stream for clients that are behind.
const RING: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Target(usize),
    ThirdParty(usize),
    Shard(usize),
}

/// What the trial hears from its shards.
pub(super) enum Heard {
    /// Something has changed in [`Processes::seen`].
    Progress,
    /// All shards are ready.
    Ready,
    /// All shards are done.
    Done,
}

/// What all have said at last, and what they held before the first client.
pub(super) struct Ended {
    pub(super) done: Vec<Done>,
    pub(super) published: Vec<Published>,
    /// What each target of ours says that it cost; `None` where the window was cut short.
    pub(super) used: Vec<Option<OwnUsage>>,
    pub(super) before: Vec<Reading>,
}

pub(super) struct Processes {
    cores: Cores,
    events: mpsc::UnboundedReceiver<(Who, ChildEvent)>,
    sender: mpsc::UnboundedSender<(Who, ChildEvent)>,
    /// Empty when the server is somebody else's; then `address` is where it is.
    targets: Vec<Process>,
    pub(super) address: Option<SocketAddr>,
    /// Third-party servers that are started here; the last one is where the clients connect.
    third_parties: Vec<ThirdParty>,
    shards: Vec<Process>,
    progress: Vec<Progress>,
    /// Latencies of the last interval, shard by shard; and what they come to.
    latest: Vec<Hist>,
    latency: Option<Latency>,
    /// Of all intervals and shards so far; and what they come to.
    all: Hist,
    so_far: Option<Latency>,
    ready: usize,
    /// The last word of each shard.
    done: Vec<Option<Done>>,
    /// The first readings, each of a process that is up and has no client yet.
    before: Vec<Reading>,
}

impl Processes {
    /// Starts the target and waits until it listens; then the shards, which begin to connect.
    pub(super) async fn start(trial: &Trial) -> Result<Processes> {
        let (sender, events) = mpsc::unbounded_channel();
        let mut processes = Processes {
            cores: Cores::of(trial)?,
            events,
            sender,
            targets: vec![],
            third_parties: vec![],
            address: None,
            shards: vec![],
            progress: vec![],
            latest: vec![],
            latency: None,
            all: Hist::default(),
            so_far: None,
            ready: 0,
            done: vec![],
            before: vec![],
        };
        let mut targets = match &trial.target {
            Where::Reference => processes.start_targets(trial).await?,
            Where::Url(url) => {
                let mut endpoint = endpoint(url, &resolve(url).await?)?;
                endpoint.connect.speak(trial.transport.access());
                processes.address = endpoint.address.tcp();
                vec![TargetSlice { clients: 0..trial.clients, endpoint }]
            }
            Where::ThirdParty(server) => processes.start_third_parties(server, trial).await?,
        };
        let session = trial.session.as_deref();
        targets.iter_mut().for_each(|target| target.endpoint.belong_to(session));
        processes.before = processes.readings()?;
        processes.start_shards(trial).await?;
        let shards = processes.readings()?.split_off(processes.before.len());
        processes.before.extend(shards);
        processes.assign(trial, &targets).await?;
        Ok(processes)
    }

    /// One process for each slice of the clients: each publishes to its own and to nobody else's.
    async fn start_targets(&mut self, trial: &Trial) -> Result<Vec<TargetSlice>> {
        let mut targets = Vec::new();
        for clients in slices(trial.clients, trial.targets) {
            let endpoint = self.start_target(trial, clients.clone()).await?;
            targets.push(TargetSlice { clients, endpoint });
        }
        Ok(targets)
    }

    async fn start_target(&mut self, trial: &Trial, clients: Range<u32>) -> Result<Endpoint> {
        let what = || format!("starting target `{}`", trial.transport.name());
        let served = trial.transport.served().context("there is no reference target").with_context(what)?;
        let who = Who::Target(self.targets.len());
        let mut target = self.start_child(&["target"], who)?;
        let access = trial.transport.access();
        let identity = access.tls.map(|terms| identity(terms.resumption)).transpose().with_context(what)?;
        let config = TargetConfig {
            transport: served,
            publication: trial.load.publication(),
            content: trial.content.clone(),
            clients,
            seed: trial.seed,
            headers: trial.headers.clone(),
            tls: identity.clone(),
            compress: access.compress,
            bind: trial.loopback(),
            start: Start::OnWord,
            ring: RING,
        };
        target.say(&config).await.with_context(what)?;
        self.targets.push(target);
        let ready = self.first_line(who).await.with_context(what)?;
        let address = line::parse_ready(&ready);
        let address = address.with_context(|| format!("no ready line: {ready}")).with_context(what)?;
        let mut endpoint = Endpoint::reference(address);
        endpoint.connect = connecting(access, identity, address.ip());
        Ok(endpoint)
    }

    /// Starts the shards and waits until each is up: a process that is still being loaded holds next to nothing, and
    /// its growth would be the program itself.
    async fn start_shards(&mut self, trial: &Trial) -> Result<()> {
        for number in 0..trial.shards as usize {
            let (what, who) = (|| format!("starting shard {number}"), Who::Shard(number));
            self.shards.push(self.start_child(&["shard"], who).with_context(what)?);
            self.progress.push(Progress::default());
            self.latest.push(Hist::default());
            self.done.push(None);
            let up = self.first_line(who).await.with_context(what)?;
            self.note(number, &up)?;
        }
        Ok(())
    }

    fn start_child(&self, arguments: &[&str], who: Who) -> Result<Process> {
        self.cores.start(who, || Process::start(arguments, who, self.sender.clone()))
    }

    async fn start_third_parties(&mut self, server: &Server, trial: &Trial) -> Result<Vec<TargetSlice>> {
        let launcher = Launcher { sender: &self.sender, cores: &self.cores, events: &mut self.events };
        let (third_parties, endpoint) = third_party::start(server, trial, launcher).await?;
        self.third_parties = third_parties;
        Ok(vec![TargetSlice { clients: 0..trial.clients, endpoint }])
    }

    /// Hands every shard its slice: it begins to connect.
    async fn assign(&mut self, trial: &Trial, targets: &[TargetSlice]) -> Result<()> {
        let post = publish_endpoint(trial).await?;
        for (shard, slice) in self.shards.iter_mut().zip(slices(trial.clients, trial.shards)) {
            let (headers, post) = (trial.headers.clone(), post.clone());
            let (trial, targets) = (trial.clone(), targets.to_vec());
            let values = trial.values.as_ref().map(|values| values.slice(slice.clone(), trial.writers()));
            let session = trial.session.as_deref().cloned();
            let assignment = Assignment { trial, slice, targets, headers, values, session, post };
            shard.say(&assignment).await.context("sending a shard its clients")?;
        }
        Ok(())
    }

    /// How far all shards are.
    pub(super) fn seen(&self) -> Seen {
        let mut seen = Seen { latency: self.latency, so_far: self.so_far, ..Seen::default() };
        for progress in &self.progress {
            seen.connected += progress.connected;
            seen.arrived += progress.arrived;
            seen.failures += progress.failures.total();
            seen.dials.tried += progress.dials.tried;
            seen.dials.failed += progress.dials.failed;
        }
        seen
    }

    /// What has failed so far, at all shards.
    pub(super) fn failures(&self) -> Failures {
        let mut failures = Failures::default();
        self.progress.iter().for_each(|progress| failures += &progress.failures);
        failures
    }

    /// Whether every shard has said its last.
    pub(super) fn all_done(&self) -> bool {
        self.done.iter().all(Option::is_some)
    }

    /// The command to start, to everyone.
    pub(super) async fn begin(&mut self, start: Tick, begin: Tick, end: Tick) -> Result<()> {
        for target in &mut self.targets {
            target.say(&TargetCommand::Start(Span { start, begin, end })).await?;
        }
        self.tell_shards(Command::Begin { start, begin, end }).await
    }

    /// The command to stop, to the shards.
    pub(super) async fn stop(&mut self) -> Result<()> {
        self.tell_shards(Command::Stop).await
    }

    async fn tell_shards(&mut self, command: Command) -> Result<()> {
        for shard in &mut self.shards {
            shard.say(&command).await?;
        }
        Ok(())
    }

    /// What each process has cost so far: the target first, if it is ours, then the shards.
    pub(super) fn readings(&self) -> Result<Vec<Reading>> {
        let one = |p: &Process| read(p.pid).with_context(|| format!("reading /proc/{}", p.pid));
        let targets = self.targets.iter().map(one).chain(self.third_parties.iter().map(ThirdParty::reading));
        targets.chain(self.shards.iter().map(one)).collect()
    }

    /// Lets the children end; what they have said at last.
    pub(super) async fn end(mut self) -> Result<Ended> {
        self.targets.iter_mut().chain(&mut self.shards).for_each(Process::let_go);
        let last = timeout(ENDING, self.last_lines()).await;
        // The proxy before the server behind it.
        for third_party in std::mem::take(&mut self.third_parties).into_iter().rev() {
            third_party.stop().await?;
        }
        let done = std::mem::take(&mut self.done).into_iter().flatten().collect();
        let (published, used) = last.map_err(|_| anyhow!("timed out waiting for the target to end"))??;
        Ok(Ended { done, published, used, before: self.before })
    }
}

/// Clients 0.. in `shards` slices of nearly the same size.
fn slices(clients: u32, shards: u32) -> impl Iterator<Item = Range<u32>> {
    let edge = move |n: u32| (u64::from(clients) * u64::from(n) / u64::from(shards)) as u32;
    (0..shards).map(move |n| edge(n)..edge(n + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_cover_every_client_once() {
        for (clients, shards) in [(10, 3), (1, 1), (7, 7), (100_000, 6)] {
            let all: Vec<u32> = slices(clients, shards).flatten().collect();
            assert_eq!(all, (0..clients).collect::<Vec<_>>());
        }
    }
}
