//! `[search]`: how much does a server sustain? What is raised, between which limits, and what must hold.
//!
//! It must not know how the next size is found: `plan/ladder` does. Conditions are read as thresholds are.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use toml::Spanned;
use toml::de::DeValue;

use super::thresholds::{self, Limit};
use super::{Threshold, limits};
use crate::keys::error::Faults;
use crate::keys::fields::Fields;
use crate::keys::kinds::{Choice, Count, Kind, rate};
use crate::text::{Unit, count, exact};
use crate::transport::Transport;

/// A search for what a server sustains.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// What is raised.
    pub over: Over,
    /// The first size; by default what the scenario itself asks for, at its smallest.
    pub from: Option<f64>,
    /// The largest size; by default what the scenario asks for at its largest, or far above `from`.
    pub to: Option<f64>,
    /// From one size to the next.
    pub factor: f64,
    /// How close a size that failed must lie above the one that passed.
    pub precision: f64,
    /// Trials of a size at the most; more than half must pass.
    pub tries: u32,
    /// What must hold; empty for the usual.
    pub conditions: Vec<Threshold>,
}

impl Default for Search {
    fn default() -> Search {
        let (over, conditions) = (Over::Clients, vec![]);
        Search { over, from: None, to: None, factor: 2.0, precision: 0.1, tries: 3, conditions }
    }
}

/// What a search raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// The number of clients.
    Clients,
    /// Messages a second and client.
    Rate,
}

const OVERS: Choice<Over> = Choice(&[("clients", Over::Clients), ("rate", Over::Rate)]);

impl Over {
    /// A size in words: `12,000 clients`, `8/s`.
    pub fn show(self, size: f64) -> String {
        match self {
            Over::Clients => count(size.round().max(0.0) as u64, "client"),
            Over::Rate => exact(Unit::PerSecond, size),
        }
    }

    /// Its key in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Over::Clients => "clients",
            Over::Rate => "rate",
        }
    }
}

/// Reads the table.
pub(super) fn read_table(f: &mut Fields<'_>, transports: &[Transport]) -> Option<Search> {
    let about = "capacity search: clients or rate are raised until a condition fails";
    f.table("search", about, |f| read(f, transports))
}

fn read(f: &mut Fields<'_>, transports: &[Transport]) -> Option<Search> {
    let usual = Search::default();
    let over = f.or("over", "what is raised: clients, or messages per second and client", OVERS, usual.over);
    let from = f.optional("from", "where the search begins; by default the scenario's own value", Size(over));
    let to = f.optional("to", "where the search ends at the latest", Size(over));
    let number = || Limit(Some(Unit::Count));
    let factor = f.or("factor", "factor from one step to the next, until one fails", number(), usual.factor);
    let share = || Limit(Some(Unit::Ratio));
    let precision = f.or(
        "precision",
        "the search ends when the smallest failing value is this close above the largest passing one",
        share(),
        usual.precision,
    );
    let about = "attempts per step at most: it passes when more than half of them pass, and fails when they no longer can";
    let count = Count { least: limits::TRIES.0, most: limits::TRIES.1 };
    let tries = f.or("tries", about, count, u64::from(usual.tries)) as u32;
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        f.wrong("to", "`to` is below `from`", "below `from`");
    }
    let ranges = [
        ("factor", factor, limits::FACTOR, Unit::Count),
        ("precision", precision, limits::PRECISION, Unit::Ratio),
    ];
    for (key, value, (least, most), unit) in ranges {
        if !(least..=most).contains(&value) {
            f.wrong(
                key,
                format!("`{key}` is out of range"),
                format!("expected {} to {}", exact(unit, least), exact(unit, most)),
            );
        }
    }
    let about = "what a step must meet, as in a [[threshold]]";
    let conditions = f.tables("condition", about, limits::THRESHOLDS, |f| thresholds::read(f, transports));
    Some(Search { over, from, to, factor, precision, tries, conditions })
}

/// A number of clients, or a rate.
struct Size(Over);

impl Size {
    fn clients() -> Count {
        Count { least: limits::CLIENTS.0, most: limits::CLIENTS.1 }
    }
}

impl Kind for Size {
    type Value = f64;

    fn read(&self, key: &str, at: &Spanned<DeValue<'_>>, faults: &Faults) -> Option<f64> {
        match self.0 {
            Over::Clients => Size::clients().read(key, at, faults).map(|count| count as f64),
            Over::Rate => rate(limits::RATE.0, limits::RATE.1).read(key, at, faults),
        }
    }

    fn schema(&self) -> Json {
        // Of both: a schema does not know what stands beside the key.
        serde_json::json!({ "type": ["integer", "string"], "examples": [100, "10k", "1/s"] })
    }

    fn written(&self, value: &f64) -> Json {
        serde_json::json!(value)
    }

    fn example(&self) -> String {
        "100".to_owned()
    }
}
