//! What must be known beside a comparison: that arms are not of one scenario or machine, and what their intervals leave out.
//!
//! It must not know any number.

use super::pair::{Each, Pair};
use crate::results::{Environment, Report};
use crate::text::list;

pub fn notes(base: &[Report], new: &[Report], paired: bool, pairs: &[Pair<'_>]) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(scenarios(base, new));
    notes.extend(machines(base, new));
    if paired {
        notes.push("The trials of both alternated and are compared as pairs.".to_owned());
    } else if pairs.iter().any(|pair| pair.each() == Each::Trial) {
        notes.push(
            "Intervals rest on the trials of a run: what drifts from one run to the next is not in them. Three runs of each \
             would have it, and `wsbench run --against` lets trials alternate."
                .to_owned(),
        );
    }
    notes
}

fn scenarios(base: &[Report], new: &[Report]) -> Option<String> {
    let of = |report: &Report| (report.scenario.sha256.clone(), report.scenario.overrides.clone());
    let first = base.first().map(of)?;
    let differs = base.iter().chain(new).any(|report| of(report) != first);
    differs.then(|| {
        "The runs are not all of one scenario with the same flags: what differs may come from there."
            .to_owned()
    })
}

/// What two environments may differ in, and how it is written.
const PARTS: [(&str, fn(&Environment) -> String); 5] = [
    ("CPU", |e| e.cpu.clone()),
    ("cores", |e| e.cores.to_string()),
    ("kernel", |e| e.kernel.clone()),
    ("wsbench", |e| e.wsbench.clone()),
    ("optimisation", |e| if e.optimised { "release build" } else { "debug build" }.to_owned()),
];

fn machines(base: &[Report], new: &[Report]) -> Option<String> {
    let first = &base.first()?.environment;
    let others = || base.iter().chain(new).map(|report| &report.environment);
    let part = |(name, of): &(&str, fn(&Environment) -> String)| {
        let other = others().find(|other| of(other) != of(first))?;
        Some(format!("{name} ({} and {})", of(first), of(other)))
    };
    let differ: Vec<String> = PARTS.iter().filter_map(part).collect();
    (!differ.is_empty()).then(|| format!("The runs differ in {}.", list(&differ)))
}
