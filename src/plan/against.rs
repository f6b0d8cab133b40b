//! Two plans whose trials alternate: each trial of one stands beside its counterpart in the other, in an order that the seed
//! draws, so that whatever drifts on the machine favours neither.
//!
//! Pure. It must not know how the two differ, nor who runs them.

use wsbench_targets::pacer::Random;

use super::{Plan, Trial};

/// The stream of the seed that says which arm begins; no client has that number.
const FIRST: u64 = u64::MAX - 3;

/// The place of what is compared with.
pub const BASE: usize = 0;
/// The place of what is compared.
pub const NEW: usize = 1;

/// One trial of one arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Its place: [`BASE`] or [`NEW`].
    pub arm: usize,
    /// Its trial.
    pub trial: Trial,
}

/// All trials of both, in order: repeat by repeat, and within each in the order of the new one.
///
/// # Errors
/// Why the two cannot be compared as pairs.
pub fn turns(base: &Plan, new: &Plan) -> Result<Vec<Turn>, String> {
    if base.search.is_some() || new.search.is_some() {
        return Err("a capacity search has no trials to alternate".to_owned());
    }
    let mut random = Random::new(new.seed, FIRST);
    let mut rest: Vec<&Trial> = base.trials.iter().collect();
    let mut turns = Vec::new();
    for trial in &new.trials {
        let place = rest.iter().position(|one| one.repeat == trial.repeat && one.compares(trial));
        let counterpart = place.map(|place| rest.remove(place)).ok_or_else(|| missing(trial))?;
        let mut pair =
            [Turn { arm: BASE, trial: counterpart.clone() }, Turn { arm: NEW, trial: trial.clone() }];
        if random.next_u64() >> 63 == 1 {
            pair.reverse();
        }
        turns.extend(pair);
    }
    rest.first().map_or(Ok(turns), |trial| Err(missing(trial)))
}

fn missing(trial: &Trial) -> String {
    format!("{}: only one of both has such a trial under that load", trial.label())
}
