//! Which cores the processes of a trial may use. Pinned, each shard has one of its own and the target those that are
//! left; otherwise the kernel decides.
//!
//! That there are enough has been checked by `plan::pin`, for the machine as it was then.

use anyhow::{Context, Result, ensure};

use super::processes::Who;
use crate::os::affinity;
use crate::plan::Trial;

/// The cores of one trial.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cores {
    /// One a shard.
    shards: Vec<usize>,
    /// For all processes of the target together.
    targets: Vec<usize>,
    pinned: bool,
}

impl Cores {
    /// Those that this process may use, divided.
    pub(super) fn of(trial: &Trial) -> Result<Cores> {
        if !trial.pin {
            return Ok(Cores::default());
        }
        let all = affinity::cores().context("reading which cores may be used")?;
        divide(all, trial.shards as usize, trial.target.started_here())
    }

    /// Starts process `who` where it belongs.
    pub(super) fn start<T>(&self, who: Who, start: impl FnOnce() -> Result<T>) -> Result<T> {
        if !self.pinned {
            return start();
        }
        let cores = match who {
            Who::Shard(number) => self.shards.get(number..=number).unwrap_or_default(),
            Who::Target(_) | Who::ThirdParty(_) => &self.targets,
        };
        affinity::on(cores, start).with_context(|| format!("pinning a process to cores {cores:?}"))?
    }
}

fn divide(all: Vec<usize>, shards: usize, target: bool) -> Result<Cores> {
    let (needed, have) = (shards + usize::from(target), all.len());
    ensure!(needed <= have, "pin = true takes {needed} cores, and this process may use {have}");
    let (shards, targets) = all.split_at(shards);
    Ok(Cores { shards: shards.to_vec(), targets: targets.to_vec(), pinned: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_have_a_core_each_and_the_target_the_others() {
        let cores = divide(vec![0, 2, 3, 7], 2, true).unwrap();
        assert_eq!((cores.shards, cores.targets), (vec![0, 2], vec![3, 7]));
        // A server by URL is not ours to bind.
        assert!(divide(vec![4], 1, false).unwrap().targets.is_empty());
        assert!(divide(vec![4], 1, true).unwrap_err().to_string().contains("takes 2 cores"));
    }
}
