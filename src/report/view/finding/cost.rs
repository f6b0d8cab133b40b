//! What bytes cost by each transport: the cheapest against the baseline, and the nearest to a choice.
//!
//! It must not know a format; names inside are as they came.

use serde::Serialize;

use super::super::names::{self, Per, SAME, row};
use super::elsewhere::{Elsewhere, elsewhere};
use super::version::{Versions, versions};
use crate::meter::Counts;
use crate::results::Cell;
use crate::scenario::Metric;
use crate::text::{Unit, count, grouped, text, times};

/// Bytes above TCP, both directions, base units; latencies in ns.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cost {
    /// There is one row.
    Alone(Alone),
    /// All rows cost about the same.
    Alike { per: Per, least: f64, most: f64 },
    /// One row costs less than another.
    Cheaper(Cheaper),
    /// The one that comes closest to the cheapest.
    Next { row: String, per: Per, bytes: f64, p50: Option<f64> },
    /// What the cheapest needs more of.
    Elsewhere(Elsewhere),
    /// The same over HTTP/2.
    Versions(Versions),
}

/// One row.
#[derive(Debug, Serialize)]
pub struct Alone {
    row: String,
    per: Per,
    bytes: f64,
    messages: u64,
    p50: Option<f64>,
    p99: Option<f64>,
}

/// A row and another, which costs more.
#[derive(Debug, Serialize)]
pub struct Cheaper {
    row: String,
    base: String,
    clients: u32,
    per: Per,
    bytes: f64,
    base_bytes: f64,
    /// How many times more bytes the base moved with TCP and IP headers.
    wire_ratio: Option<f64>,
    /// The number of messages, when both carried the same ones.
    messages: Option<u64>,
    /// Median delivery latencies of the row and the base.
    p50: Option<(f64, f64)>,
}

/// A row and its bytes.
type Priced<'a> = (&'a Cell<'a>, f64);

/// What is told of a block.
pub fn costs(block: &[&Cell<'_>], runs: usize, baseline: Option<&str>) -> Vec<Cost> {
    let Some(first) = block.first() else { return vec![] };
    let per = Per::of(&first.trial().load);
    // A message without a byte was not counted at the socket; nothing is so many times cheaper.
    let counted = |cost: &f64| *cost > 0.0 || per != Per::Message;
    let costs: Vec<Priced<'_>> =
        block.iter().filter_map(|&cell| Some((cell, per.bytes(cell).filter(counted)?))).collect();
    let by_cost = |a: &&Priced<'_>, b: &&Priced<'_>| a.1.total_cmp(&b.1);
    let (Some(&cheapest), Some(&dearest)) =
        (costs.iter().min_by(by_cost), costs.iter().rev().max_by(by_cost))
    else {
        return vec![];
    };
    if costs.len() == 1 {
        return vec![Cost::Alone(alone(cheapest, per, runs))];
    }
    if dearest.1 <= cheapest.1 * SAME {
        return vec![Cost::Alike { per, least: cheapest.1, most: dearest.1 }];
    }
    let cells: Vec<&Cell<'_>> = costs.iter().map(|priced| priced.0).collect();
    let base = names::base(&cells, first.run, baseline);
    let base = costs.iter().find(|priced| base.is_some_and(|base| std::ptr::eq(base, priced.0)));
    // Where the baseline is the cheapest, it is compared with the dearest.
    let base = base.copied().filter(|base| base.1 > cheapest.1 * SAME).unwrap_or(dearest);
    let between = costs.iter().filter(|one| one.1 > cheapest.1 * SAME && one.1 < base.1);
    let next = between.min_by(by_cost).map(|(cell, bytes)| Cost::Next {
        row: row(cell, runs),
        per,
        bytes: *bytes,
        p50: cell.value(Metric::LatencyP50).filter(|_| per != Per::SecondAndClient),
    });
    let versions = versions(&costs, per, runs).map(Cost::Versions);
    let paid = elsewhere(cheapest.0, &cells, runs).filter(|_| per == Per::Message).map(Cost::Elsewhere);
    std::iter::once(Cost::Cheaper(cheaper(cheapest, base, per, runs)))
        .chain(paid)
        .chain(next)
        .chain(versions)
        .collect()
}

fn alone((cell, bytes): Priced<'_>, per: Per, runs: usize) -> Alone {
    let latency = |metric| cell.value(metric).filter(|_| per != Per::SecondAndClient);
    let (p50, p99) = (latency(Metric::LatencyP50), latency(Metric::LatencyP99));
    Alone { row: row(cell, runs), per, bytes, messages: cell.tally().counts.received, p50, p99 }
}

fn cheaper((cell, bytes): Priced<'_>, (base, base_bytes): Priced<'_>, per: Per, runs: usize) -> Cheaper {
    let both = |metric| cell.value(metric).zip(base.value(metric));
    let wire = both(Metric::WireBytesPerMessage).map(|(own, base)| base / own);
    Cheaper {
        row: row(cell, runs),
        base: row(base, runs),
        clients: cell.clients(),
        per,
        bytes,
        base_bytes,
        wire_ratio: wire.filter(|ratio| *ratio > 1.0),
        messages: same_messages(&cell.tally().counts, &base.tally().counts),
        p50: both(Metric::LatencyP50),
    }
}

fn same_messages(a: &Counts, b: &Counts) -> Option<u64> {
    let all = |counts: &Counts| counts.sent > 0 && counts.delivered == counts.sent;
    (a.sent == b.sent && all(a) && all(b)).then_some(a.sent)
}

fn time(ns: f64) -> String {
    text(Unit::Nanoseconds, ns)
}

impl Cost {
    /// In a sentence.
    pub fn sentence(&self) -> String {
        let bytes = |bytes: f64, per: Per| format!("{} {}", text(Unit::Bytes, bytes), per.words());
        match self {
            Cost::Alone(alone) => alone.sentence(),
            Cost::Cheaper(cheaper) => cheaper.sentence(),
            Cost::Elsewhere(elsewhere) => elsewhere.sentence(),
            Cost::Versions(versions) => versions.sentence(),
            Cost::Alike { per, least, most } => {
                format!(
                    "All rows cost about the same: {} to {}.",
                    text(Unit::Bytes, *least),
                    bytes(*most, *per)
                )
            }
            Cost::Next { row, per, bytes: cost, p50 } => {
                let half = p50.map(|p50| format!(", half within {}", time(p50)));
                format!("Next in bytes is {row}: {}{}.", bytes(*cost, *per), half.unwrap_or_default())
            }
        }
    }
}

impl Alone {
    fn sentence(&self) -> String {
        let (row, bytes) = (&self.row, text(Unit::Bytes, self.bytes));
        let mut sentence = match self.per {
            Per::SecondAndClient => format!("Idle, {row} cost {bytes} per second and client"),
            Per::Connection => format!("A connection of {row} cost {bytes}"),
            Per::Message => format!("{row} carried {} messages at {bytes} each", grouped(self.messages)),
        };
        sentence += &self.p50.map_or_else(String::new, |p50| format!(", half of them within {}", time(p50)));
        sentence += &self.p99.map_or_else(String::new, |p99| format!(", 99 % within {}", time(p99)));
        sentence + "."
    }
}

impl Cheaper {
    fn sentence(&self) -> String {
        let Cheaper { row, base, .. } = self;
        if self.per != Per::Message {
            let what = if self.per == Per::Connection { "To connect" } else { "Idle" };
            let (own, other) = (text(Unit::Bytes, self.bytes), text(Unit::Bytes, self.base_bytes));
            return format!("{what}, {row} cost {own} {}, {base} {other}.", self.per.words());
        }
        let clients = count(self.clients, "client");
        let fewer = times(self.base_bytes / self.bytes);
        let claim = match self.messages {
            Some(all) => {
                format!(
                    "With {clients} and the same {} messages {row} moved {fewer} fewer bytes than {base}",
                    grouped(all)
                )
            }
            None => format!(
                "With {clients} a message that arrived cost {fewer} fewer bytes by {row} than by {base}"
            ),
        };
        let wire = self.wire_ratio.map(|ratio| format!(" ({} counting TCP/IP)", times(ratio)));
        claim + &wire.unwrap_or_default() + &self.sooner() + "."
    }

    /// Medians, when they tell the two apart.
    fn sooner(&self) -> String {
        let half = if self.messages.is_some() { "half" } else { "half of what arrived" };
        let Some((own, base)) = self.p50 else { return String::new() };
        match base / own {
            ratio if ratio > 1.2 => {
                format!(", and {half} took at most {} instead of {}", time(own), time(base))
            }
            ratio if ratio < 1.0 / 1.2 => {
                format!(", but {half} took longer than {} instead of {}", time(own), time(base))
            }
            _ => String::new(),
        }
    }
}
