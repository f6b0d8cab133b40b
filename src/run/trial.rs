//! The story of one trial: start target and shards, connect, warm up, measure, drain, stop.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use wsbench_targets::clock::{Tick, now};
use wsbench_targets::wire::Published;

use super::Event;
use super::processes::{Ended, Heard, Processes};
use super::reach::Reach;
use super::usage::{Seen, usages};
use super::verdict::{self, Evidence, Surroundings, grown};
use crate::meter::{Dials, Tally, Usage};
use crate::os::census::Census;
use crate::os::machine_snapshot::MachineSnapshot;
use crate::os::process::Reading;
use crate::os::{cgroup, limits, system};
use crate::plan::Trial;
use crate::results::{Measurement, Verdict, said};
use crate::scenario::Threshold;
use crate::text::{grouped, seconds, time};

/// From the command to the first tick: everyone has heard it by then.
const LEAD: Duration = Duration::from_millis(100);
/// Beyond what connecting should take, before it is given up.
const CONNECTING: Duration = Duration::from_secs(30);
/// Beyond the drain, before the shards are given up.
const FINISHING: Duration = Duration::from_secs(15);
/// A window cut shorter than this says nothing, unless no more was asked for; seconds.
const SHORTEST: f64 = 0.1;

/// Holds one trial over this `floor` (ns), and judges it by what its user allows; `None` when the user stopped it before
/// there was anything to measure.
///
/// # Errors
/// When the trial failed to run: a process could not be started or ended too early, not all clients connected.
pub(super) async fn measure(
    trial: &Trial,
    (floor, thresholds): (Option<u64>, &[Threshold]),
    stop: &mut watch::Receiver<bool>,
    tell: &dyn Fn(Event<'_>),
) -> Result<Option<Measurement>> {
    tell(Event::Phase("starting", None));
    let start = MachineSnapshot::take();
    let processes = Processes::start(trial).await?;
    let mut running = Running { processes, trial, stop, tell, reach: Reach::default(), unreachable: None };
    let connecting = now();
    if !running.connect().await? {
        return Ok(None);
    }
    let connect_s = now().since(connecting) as f64 / 1e9;
    let window = running.load().await?;
    let (address, unreachable) = (running.processes.address, running.unreachable);
    let ended = running.processes.end().await?;
    let (target, harness) = window.usages(&ended);
    let Ended { done: dones, published, .. } = ended;
    let address = dones.iter().find_map(|done| done.answered).or(address);

    let window_s = dones.iter().map(|done| done.window_s).fold(0.0, f64::max);
    if window_s < shortest(trial.measure) {
        return match unreachable {
            Some(dials) => bail!("{}", verdict::unreachable(dials)),
            None if *stop.borrow() => Ok(None),
            None => bail!("{}", too_short(window_s, trial.measure)),
        };
    }
    let mut tally = Tally::default();
    dones.iter().for_each(|done| tally += &done.tally);
    // Our own publisher lives in one shard; what it sent is what every client should have.
    let own = dones.iter().find_map(|done| done.published.clone());
    own.iter().for_each(|own| tally.expect(own));
    let mut measurement = Measurement {
        trial: trial.shown(),
        verdict: Verdict::default(),
        window_began: humantime::format_rfc3339_seconds(window.began).to_string(),
        window_s,
        connect_s,
        address,
        tally,
        target,
        harness,
        published: own.or_else(|| sum(trial, &published)),
        socket_memory: grown(start.socket_memory, window.snapshots[1].socket_memory),
    };
    let unanswered = dones.iter().map(|done| done.unanswered).sum();
    let surroundings = window.surroundings(start);
    let evidence = Evidence {
        measurement: &measurement,
        unanswered,
        surroundings: &surroundings,
        floor,
        unreachable,
        thresholds,
    };
    measurement.verdict = verdict::judge(&evidence);
    Ok(Some(measurement))
}

/// How long a window must be to say something, in seconds: half of one that is short by design.
fn shortest(asked: Duration) -> f64 {
    SHORTEST.min(asked.as_secs_f64() / 2.0)
}

fn too_short(held_s: f64, asked: Duration) -> String {
    let (lasted, asked) = (seconds(held_s), time(asked));
    format!("the window lasted {lasted} of {asked}: the machine was too busy; use a longer `measure`")
}

/// What all processes of the target published; `None` when they had nothing to publish.
fn sum(trial: &Trial, published: &[Published]) -> Option<Published> {
    let audience = trial.load.publication()?.audience;
    let mut sum = Published::default();
    published.iter().for_each(|one| sum.merge(one, audience));
    (!published.is_empty()).then_some(sum)
}

/// A trial under way.
struct Running<'a> {
    processes: Processes,
    trial: &'a Trial,
    stop: &'a mut watch::Receiver<bool>,
    tell: &'a dyn Fn(Event<'_>),
    reach: Reach,
    /// What was tried until the trial was given up.
    unreachable: Option<Dials>,
}

/// The window as the coordinator saw it.
struct Window {
    began: SystemTime,
    /// It was held to its end.
    whole: bool,
    begin: Vec<Reading>,
    end: Vec<Reading>,
    snapshots: [MachineSnapshot; 2],
    /// Before the warm-up and behind the drain: taking one would delay what is measured.
    censuses: [Census; 2],
}

impl Window {
    /// What target and shards cost.
    fn usages(&self, ended: &Ended) -> (Option<Usage>, Vec<Usage>) {
        let edges = self.begin.iter().zip(&self.end);
        let seen = ended.before.iter().zip(edges);
        let seen: Vec<Seen> = seen.map(|(&before, (&begin, &end))| Seen { before, begin, end }).collect();
        let shards: Vec<_> = ended.done.iter().map(|done| done.usage).collect();
        // Nobody has told a target that the window was cut short.
        let targets = if self.whole { &ended.used[..] } else { &[] };
        usages(&seen, targets, &shards)
    }

    /// The machine, for the verdict.
    fn surroundings(&self, start: MachineSnapshot) -> Surroundings {
        let ([begin, end], [first, last]) = (self.snapshots, &self.censuses);
        Surroundings {
            cores: system::cores(),
            optimised: !cfg!(debug_assertions),
            files: limits::files(),
            ports: system::ports(),
            memory: system::memory(),
            group_memory: cgroup::memory().map(|memory| memory.limit),
            clocksource: system::clocksource(),
            others: first.others(last),
            other_runs: last.others_of("wsbench", &super::LOADING),
            start,
            begin,
            end,
        }
    }
}

/// What ended a wait.
enum Until {
    Time,
    Stop,
    /// Most connections have failed for too long.
    Unreachable,
    Heard(Heard),
}

impl Running<'_> {
    /// Waits until every client is connected; false when the user stops it first.
    async fn connect(&mut self) -> Result<bool> {
        let expected = f64::from(self.trial.clients) / self.trial.connect_rate;
        (self.tell)(Event::Phase("connecting", Some(expected)));
        let deadline = Instant::now() + CONNECTING + Duration::from_secs_f64(expected);
        loop {
            match self.wait(deadline).await? {
                Until::Stop => return Ok(false),
                Until::Unreachable => {
                    bail!("{}{}", verdict::unreachable(self.processes.seen().dials), self.why())
                }
                Until::Time => {
                    let late = time(CONNECTING);
                    bail!("{}{} ({late} longer than connecting should take)", self.how_many(), self.why())
                }
                Until::Heard(Heard::Ready) => break,
                Until::Heard(_) => {}
            }
        }
        if self.processes.seen().connected < u64::from(self.trial.clients) {
            bail!("{}{}", self.how_many(), self.why());
        }
        Ok(true)
    }

    fn how_many(&self) -> String {
        let (connected, clients) = (self.processes.seen().connected, u64::from(self.trial.clients));
        format!("only {} of {} clients connected", grouped(connected), grouped(clients))
    }

    /// What has failed by kind, and what to do about it; empty where nothing has.
    fn why(&self) -> String {
        let failures = self.processes.failures();
        if failures.total() == 0 { String::new() } else { format!(": {}", said(&failures)) }
    }

    /// Warm-up, window and drain.
    async fn load(&mut self) -> Result<Window> {
        let trial = self.trial;
        let census = Census::take();
        let start = now() + LEAD;
        let begin = start + trial.warmup;
        let end = begin + trial.measure;
        self.processes.begin(start, begin, end).await?;

        self.phase("warming up", Some(trial.warmup));
        let mut going = self.until(begin).await?;
        let began = SystemTime::now();
        let (first, machine_first) = (self.processes.readings()?, MachineSnapshot::take());
        if going {
            self.phase("measuring", Some(trial.measure));
            going = self.until(end).await?;
        }
        let (last, machine_last) = (self.processes.readings()?, MachineSnapshot::take());
        if !going {
            self.processes.stop().await?;
        }
        self.phase("draining", None);
        self.drain().await?;
        let (snapshots, censuses) = ([machine_first, machine_last], [census, Census::take()]);
        Ok(Window { began, whole: going, begin: first, end: last, snapshots, censuses })
    }

    fn phase(&self, name: &'static str, length: Option<Duration>) {
        (self.tell)(Event::Phase(name, length.map(|length| length.as_secs_f64())));
    }

    /// Waits until `tick`; false when the user stops it first.
    async fn until(&mut self, tick: Tick) -> Result<bool> {
        let deadline = Instant::now() + Duration::from_nanos(tick.since(now()));
        loop {
            match self.wait(deadline).await? {
                Until::Time => return Ok(true),
                Until::Stop => return Ok(false),
                Until::Unreachable => {
                    self.unreachable = Some(self.processes.seen().dials);
                    return Ok(false);
                }
                // One clock for all: who is done has seen the window end, if by a finer timer than this one.
                Until::Heard(Heard::Done) if now() >= tick => return Ok(true),
                Until::Heard(Heard::Done) => bail!("the shards ended before the window did"),
                Until::Heard(_) => {}
            }
        }
    }

    /// Waits until all shards are done. A stop by the user has no effect here: this is the end already.
    async fn drain(&mut self) -> Result<()> {
        // Closing takes a millisecond a client at the most.
        let closing = Duration::from_millis(u64::from(self.trial.clients));
        let deadline = Instant::now() + self.trial.drain + closing + FINISHING;
        while !self.processes.all_done() {
            let left = deadline.saturating_duration_since(Instant::now());
            let heard = tokio::time::timeout(left, self.processes.hear()).await;
            heard.context("timed out waiting for the shards to end")??;
            (self.tell)(Event::Progress(self.processes.seen()));
        }
        Ok(())
    }

    async fn wait(&mut self, deadline: Instant) -> Result<Until> {
        let left = deadline.saturating_duration_since(Instant::now());
        let until = tokio::select! {
            biased;
            () = sleep(left) => Until::Time,
            _ = self.stop.wait_for(|&stop| stop) => Until::Stop,
            heard = self.processes.hear() => Until::Heard(heard?),
        };
        if let Until::Heard(_) = until {
            let seen = self.processes.seen();
            (self.tell)(Event::Progress(seen));
            if self.reach.lost(now(), seen.dials)
                && !matches!(until, Until::Heard(Heard::Ready | Heard::Done))
            {
                return Ok(Until::Unreachable);
            }
        }
        Ok(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shortest that the format allows is held a hair too short each second time.
    #[test]
    fn a_window_that_is_short_by_design_is_measured() {
        let enough = |held_s, asked| held_s >= shortest(Duration::from_millis(asked));
        assert!(enough(0.0999, 100) && enough(0.15, 10_000));
        assert!(!enough(0.02, 100) && !enough(0.0999, 10_000));
    }
}
