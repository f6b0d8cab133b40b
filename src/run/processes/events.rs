//! What the processes of a trial say, and which of them ended before its time.
//!
//! It must not know why they were started: that is [`super`]. Their other ends are `crate::shard` and `wsbench_targets::serve`.

use anyhow::{Context, Result, anyhow, bail};
use tokio::time::timeout;
use wsbench_targets::own_usage::OwnUsage;
use wsbench_targets::wire::{Published, line};

use super::{ChildEvent, Heard, Latency, Processes, STARTING, ThirdParty, Who};
use crate::shard::Event;

impl Processes {
    /// What `who`, started just now, says first. Whoever ends instead, it or another, is the error.
    pub(super) async fn first_line(&mut self, who: Who) -> Result<String> {
        let speaking = async {
            loop {
                match self.events.recv().await {
                    // What it prints is its own affair.
                    Some((Who::ThirdParty(_), ChildEvent::Line(_))) => {}
                    first => return first,
                }
            }
        };
        match timeout(STARTING, speaking).await.map_err(|_| anyhow!("not ready after {STARTING:?}"))? {
            Some((from, ChildEvent::Line(line))) if from == who => Ok(line),
            Some((_, ChildEvent::Line(line))) => bail!("unexpected line from another process: {line}"),
            Some((from, ChildEvent::Ended(how))) if from == who => bail!("it {how}"),
            Some((from, ChildEvent::Ended(how))) => bail!("meanwhile {} {how}", self.name(from)),
            None => bail!("the process stopped responding"),
        }
    }

    /// Waits for the next thing that the shards have to say.
    pub(in crate::run) async fn hear(&mut self) -> Result<Heard> {
        loop {
            let Some((who, event)) = self.events.recv().await else {
                bail!("the child processes stopped responding")
            };
            match (who, event) {
                (Who::Shard(number), ChildEvent::Line(said)) => return self.note(number, &said),
                // It has said all it had to.
                (Who::Shard(number), ChildEvent::Ended(_)) if self.done[number].is_some() => {}
                // What it prints is its own affair.
                (Who::ThirdParty(_), ChildEvent::Line(_)) => {}
                (who, ChildEvent::Ended(how)) => bail!("{} {how} in the middle of the trial", self.name(who)),
                (Who::Target(_), ChildEvent::Line(said)) => {
                    bail!("the target {} in the middle of the trial", unexpected(&said))
                }
            }
        }
    }

    fn name(&self, who: Who) -> String {
        match who {
            Who::Shard(number) => format!("shard {number}"),
            Who::Target(_) => "the target".to_owned(),
            Who::ThirdParty(number) => {
                let name = self.third_parties.get(number).map_or("?", ThirdParty::name);
                format!("the third-party server `{name}`")
            }
        }
    }

    pub(super) fn note(&mut self, number: usize, said: &str) -> Result<Heard> {
        let event = serde_json::from_str(said).with_context(|| format!("reading from shard {number}"))?;
        match event {
            Event::Failed(reason) => bail!("shard {number}: {reason}"),
            Event::Up => {}
            Event::Progress(mut progress) => {
                if let Some(latest) = progress.latest.take() {
                    self.latest[number] = latest.unpack();
                    self.latency = Latency::of(&self.latest);
                    self.all += &self.latest[number];
                    self.so_far = Latency::of([&self.all]);
                }
                self.progress[number] = progress;
            }
            Event::Ready(progress) => {
                self.progress[number] = progress;
                self.ready += 1;
                if self.ready == self.shards.len() {
                    return Ok(Heard::Ready);
                }
            }
            Event::Done(done) => {
                self.done[number] = Some(*done);
                if self.all_done() {
                    return Ok(Heard::Done);
                }
            }
        }
        Ok(Heard::Progress)
    }

    pub(super) async fn last_lines(&mut self) -> Result<(Vec<Published>, Vec<Option<OwnUsage>>)> {
        let mut lines: Vec<Option<Published>> = vec![None; self.targets.len()];
        let mut used = vec![None; self.targets.len()];
        while lines.iter().any(Option::is_none) {
            match self.events.recv().await {
                Some((Who::Target(number), ChildEvent::Line(said))) => match line::parse_used(&said) {
                    Some(usage) => used[number] = Some(usage),
                    None => {
                        let published = line::parse_published(&said);
                        lines[number] =
                            Some(published.with_context(|| format!("the target's last line: {said}"))?);
                    }
                },
                Some((Who::Target(number), ChildEvent::Ended(how))) if lines[number].is_none() => {
                    bail!("the target {how} without its last line")
                }
                Some(_) => {}
                None => bail!("the target ended without its last line"),
            }
        }
        Ok((lines.into_iter().flatten().collect(), used))
    }
}

/// What a target has said that nobody has asked it for. With its last line, which is long, it takes its leave.
fn unexpected(said: &str) -> String {
    const SHOWN: usize = 200;
    match line::parse_published(said) {
        Some(_) => "was told to end by another process".to_owned(),
        None => format!("sent an unexpected message ({})", said.chars().take(SHOWN).collect::<String>()),
    }
}
