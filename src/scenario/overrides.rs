//! What flags of the command line put in place of what the file says.
//!
//! It must not know the command line itself; `cli` fills an [`Overrides`]. The same limits hold as for the file.

use std::fmt;
use std::time::Duration;

use crate::keys::suggest;
use crate::transport::Transport;

use super::thresholds::{each, names};
use super::{Over, Scenario, Search, Threshold, limits};
use crate::keys::span::{escaped, quoted};
use crate::keys::units::{show_count, show_duration};

/// Flags; what was not given stays as the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--clients`.
    pub clients: Option<Vec<u32>>,
    /// `--transport`: names or labels of the scenario's transports; empty keeps all.
    pub transport: Vec<String>,
    /// `--measure`.
    pub measure: Option<Duration>,
    /// `--warmup`.
    pub warmup: Option<Duration>,
    /// `--repeat`.
    pub repeat: Option<u32>,
    /// `--seed`.
    pub seed: Option<u64>,
    /// `--search`.
    pub search: bool,
    /// `--threshold`: rules such as `latency.p99 <= 50ms`, besides the file's.
    pub threshold: Vec<String>,
    /// `--authorised`: hosts beyond this machine that may be loaded.
    pub authorised: Vec<String>,
}

/// All that is wrong with the flags, each beginning with the flag; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideErrors(pub Vec<String>);

impl std::error::Error for OverrideErrors {}

impl fmt::Display for OverrideErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(|line| format!("error: {}", escaped(line))).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl Overrides {
    /// Changes the scenario. Returns notes about what followed from it: thresholds that no longer apply.
    ///
    /// # Errors
    /// All flags that are out of range or name what the scenario does not have; the scenario is unchanged then.
    pub fn apply(&self, scenario: &mut Scenario) -> Result<Vec<String>, OverrideErrors> {
        let mut wrong = self.out_of_range();
        let known = names(&scenario.transports);
        let known: Vec<_> = known.iter().map(String::as_str).collect();
        for name in self.transport.iter().filter(|name| !known.contains(&name.as_str())) {
            let near =
                suggest::meant(name, &known).map_or(String::new(), |n| format!(" (did you mean {n}?)"));
            let name = quoted(name).replace('`', "");
            wrong.push(format!(
                "--transport {name}: the scenario has {}{near}",
                each(&scenario.transports).join(", ")
            ));
        }
        let more = self.thresholds(scenario, &mut wrong);
        if !wrong.is_empty() {
            return Err(OverrideErrors(wrong));
        }
        scenario.thresholds.extend(more);
        let own = scenario.clients.clone();
        scenario.clients = self.clients.clone().unwrap_or_else(|| own.clone());
        scenario.measure = self.measure.unwrap_or(scenario.measure);
        scenario.warmup = self.warmup.unwrap_or(scenario.warmup);
        scenario.repeat = self.repeat.unwrap_or(scenario.repeat);
        scenario.seed = self.seed.unwrap_or(scenario.seed);
        self.begin_search(scenario, &own);
        if let Some(target) = &mut scenario.target {
            target.authorised.extend(self.authorised.iter().cloned());
        }
        Ok(self.filter(scenario))
    }

    /// Those of the flags.
    fn thresholds(&self, scenario: &Scenario, wrong: &mut Vec<String>) -> Vec<Threshold> {
        let own = scenario.thresholds.len();
        if own + self.threshold.len() > limits::THRESHOLDS {
            let (all, most) = (own + self.threshold.len(), limits::THRESHOLDS);
            wrong.push(format!(
                "--threshold: {all} thresholds together with those of the scenario; expected at most {most}"
            ));
        }
        // A rule on what another flag leaves out would be none.
        let left = |transport: &&Transport| self.transport.is_empty() || self.asks(transport);
        let transports: Vec<Transport> = scenario.transports.iter().filter(left).cloned().collect();
        let mut read = |rule: &String| {
            let blame = |why| wrong.push(format!("--threshold {}: {why}", quoted(rule).replace('`', "'")));
            Threshold::from_rule(rule, &transports).map_err(blame).ok()
        };
        self.threshold.iter().filter_map(&mut read).collect()
    }

    /// `--search` turns a scenario without a search into one; `--clients` are its limits, and a single number is where it
    /// begins: the file's own end stays then, where it is an end; without `to` that is the largest of its `own` sizes,
    /// where the search would have begun below.
    fn begin_search(&self, scenario: &mut Scenario, own: &[u32]) {
        if self.search && scenario.search.is_none() {
            scenario.search = Some(Search::default());
        }
        if let Some(search) = scenario.search.as_mut().filter(|s| s.over == Over::Clients)
            && let Some(clients) = &self.clients
        {
            let begin = clients.iter().copied().max().map_or(0.0, f64::from);
            let sizes = || own.iter().copied().map(f64::from);
            let first = search.from.take().unwrap_or_else(|| sizes().fold(f64::INFINITY, f64::min));
            let end = search.to.or_else(|| sizes().reduce(f64::max).filter(|&largest| largest > first));
            search.to = end.filter(|&to| clients.len() == 1 && to > begin);
        }
    }

    /// The flags as one writes them, for the report.
    pub fn written(&self) -> Vec<String> {
        let join = |list: &[u32]| list.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let mut flags: Vec<_> = self.clients.iter().map(|list| format!("--clients {}", join(list))).collect();
        flags.extend(self.transport.iter().map(|name| format!("--transport {name}")));
        flags.extend(self.measure.map(|d| format!("--measure {}", show_duration(d))));
        flags.extend(self.warmup.map(|d| format!("--warmup {}", show_duration(d))));
        flags.extend(self.repeat.map(|n| format!("--repeat {n}")));
        flags.extend(self.seed.map(|n| format!("--seed {n}")));
        flags.extend(self.threshold.iter().map(|rule| format!("--threshold '{rule}'")));
        flags.extend(self.authorised.iter().map(|host| format!("--authorised {host}")));
        flags.extend(self.search.then(|| "--search".to_owned()));
        flags
    }

    fn filter(&self, scenario: &mut Scenario) -> Vec<String> {
        if self.transport.is_empty() {
            return vec![];
        }
        scenario.transports.retain(|transport| self.asks(transport));
        let (kept, dropped) = std::mem::take(&mut scenario.thresholds)
            .into_iter()
            .partition(|threshold| scenario.transports.iter().any(|transport| threshold.concerns(transport)));
        scenario.thresholds = kept;
        let note = |threshold: &Threshold| {
            let of = threshold.transport.as_deref().unwrap_or_default();
            format!(
                "the threshold on {} of {of} is left out: --transport leaves {of} out",
                threshold.metric.name()
            )
        };
        let dropped: Vec<Threshold> = dropped;
        dropped.iter().map(note).collect()
    }

    /// Whether `--transport` names it.
    fn asks(&self, transport: &Transport) -> bool {
        self.transport.iter().any(|asked| asked == transport.name() || *asked == transport.label())
    }

    fn out_of_range(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let clients = self.clients.as_deref().unwrap_or(&[1]);
        if clients.is_empty() || clients.len() > limits::SIZES {
            wrong.push(format!("--clients: {} numbers; expected 1 to {}", clients.len(), limits::SIZES));
        }
        for (i, size) in clients.iter().enumerate() {
            number("--clients", u64::from(*size), limits::CLIENTS, &mut wrong);
            if clients[..i].contains(size) {
                wrong.push(format!("--clients: duplicate {size}"));
            }
        }
        if let Some(repeat) = self.repeat {
            number("--repeat", u64::from(repeat), limits::REPEAT, &mut wrong);
        }
        if let Some(seed) = self.seed {
            number("--seed", seed, (0, i64::MAX.cast_unsigned()), &mut wrong);
        }
        let times = [("--measure", self.measure, limits::MEASURE), ("--warmup", self.warmup, limits::WARMUP)];
        for (flag, value, (least, most)) in times {
            if let Some(value) = value.filter(|value| *value < least || *value > most) {
                let (value, least, most) = (show_duration(value), show_duration(least), show_duration(most));
                wrong.push(format!("{flag} {value}: expected {least} to {most}"));
            }
        }
        wrong
    }
}

fn number(flag: &str, value: u64, (least, most): (u64, u64), wrong: &mut Vec<String>) {
    if value < least || value > most {
        wrong.push(format!("{flag} {value}: expected {} to {}", show_count(least), show_count(most)));
    }
}
