//! The findings where transports do not carry the same: some leave out what newer messages overwrite. Then bytes per message
//! compare nothing; what counts is the traffic in all, and how old is what a client displays.
//!
//! It must not know a format; names inside are as they came.

use serde::Serialize;

use super::super::names::{SAME, row};
use crate::results::Cell;
use crate::scenario::Metric;
use crate::text::{Unit, count, text, times};

/// A row and a number of it.
type Named = (String, f64);

/// Rates in bit/s with TCP/IP, all clients together; ages in ns.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Traffic {
    /// Both directions, the least first.
    Total { clients: u32, rates: Vec<Named> },
    /// From the server alone, which is what clouds bill: requests may be most of what moves.
    Down(Vec<Named>),
    /// Why it moves less, and why its bytes per message are nothing to compare: the share that it left out.
    Overwritten(String, f64),
    /// Of each row the mean over time, and what it keeps to for 99 % of the time; then the age that no transport can beat.
    Age { ages: Vec<(String, f64, Option<f64>)>, at_once: Option<f64> },
    /// The cheapest that keeps all against the cheapest that leaves messages out: the price of younger values.
    Choice { keeps: Side, leaves: Side },
}

/// One of two to choose from.
#[derive(Debug, Serialize)]
pub struct Side {
    row: String,
    rate: f64,
    age: f64,
}

/// A row with its traffic in all.
type Total<'a> = (&'a Cell<'a>, f64);

/// Which is cheaper in all, how old values are by each, and what one costs in the other.
pub fn traffic(block: &[&Cell<'_>], runs: usize) -> Vec<Traffic> {
    let rate = |cell: &Cell<'_>| cell.value(Metric::WireRate).filter(|rate| *rate > 0.0);
    let mut totals: Vec<Total<'_>> = block.iter().filter_map(|&cell| Some((cell, rate(cell)?))).collect();
    totals.sort_by(|a, b| a.1.total_cmp(&b.1));
    let named = |total: &Total<'_>| row(total.0, runs);
    let mut down: Vec<Named> = totals
        .iter()
        .filter_map(|total| Some((named(total), total.0.value(Metric::WireRateDown)?)))
        .collect();
    down.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut all = Vec::new();
    if let Some(&(first, _)) = totals.first() {
        let rates = totals.iter().map(|total| (named(total), total.1)).collect();
        all.push(Traffic::Total { clients: first.clients(), rates });
    }
    all.extend((!down.is_empty()).then_some(Traffic::Down(down)));
    all.extend(
        block.iter().filter_map(|cell| Some(Traffic::Overwritten(row(cell, runs), cell.overwritten()?))),
    );
    all.extend(ages(&totals, runs));
    all.extend(choice(&totals, runs));
    all
}

fn ages(totals: &[Total<'_>], runs: usize) -> Option<Traffic> {
    let age = |(cell, _): &Total<'_>| {
        Some((row(cell, runs), cell.value(Metric::AgeMean)?, cell.value(Metric::AgeP99)))
    };
    let ages: Vec<_> = totals.iter().filter_map(age).collect();
    let at_once = totals.first().and_then(|(cell, _)| at_once(cell));
    (!ages.is_empty()).then_some(Traffic::Age { ages, at_once })
}

/// The age that no transport can beat: on an even schedule half of its interval, on a random one all of it.
fn at_once(cell: &Cell<'_>) -> Option<f64> {
    let profile = cell.trial().load.profile();
    let every = profile.interval?.as_nanos() as f64;
    Some(if profile.random { every } else { every / 2.0 })
}

fn choice(totals: &[Total<'_>], runs: usize) -> Option<Traffic> {
    let cheapest = |leaves: bool| {
        let (cell, rate) = *totals.iter().find(|(cell, _)| cell.overwritten().is_some() == leaves)?;
        Some(Side { row: row(cell, runs), rate, age: cell.value(Metric::AgeMean)? })
    };
    Some(Traffic::Choice { keeps: cheapest(false)?, leaves: cheapest(true)? })
}

fn time(ns: f64) -> String {
    text(Unit::Nanoseconds, ns)
}

fn rate(bits: f64) -> String {
    text(Unit::BitsPerSecond, bits)
}

impl Traffic {
    /// In a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Traffic::Total { clients, rates } => total(*clients, rates),
            Traffic::Down(rates) => {
                let each: Vec<String> =
                    rates.iter().map(|(row, bits)| format!("{} by {row}", rate(*bits))).collect();
                format!("From the server came {}.", each.join(", "))
            }
            Traffic::Overwritten(row, share) => format!(
                "By {row} {} of what each client could have got was never sent to it: a poll is answered with the latest \
                 message, and newer ones had overwritten the others.",
                text(Unit::Ratio, *share)
            ),
            Traffic::Age { ages, at_once } => age(ages, *at_once),
            Traffic::Choice { keeps, leaves } => chosen(keeps, leaves),
        }
    }
}

/// `With 3,000 clients polling 1s moves least in all: 12.5 Mbit/s with TCP/IP; websocket 20.9 Mbit/s (1.7x that), ...`.
fn total(clients: u32, rates: &[Named]) -> String {
    let clients = count(clients, "client");
    let Some(((name, least), others)) = rates.split_first() else { return String::new() };
    if others.is_empty() {
        return format!("With {clients} {name} moved {} in all, with TCP/IP.", rate(*least));
    }
    let other = |(name, bits): &Named| match bits / least {
        ratio if ratio < SAME => format!("{name} {} (about the same)", rate(*bits)),
        ratio => format!("{name} {} ({} that)", rate(*bits), times(ratio)),
    };
    let others: Vec<String> = others.iter().map(other).collect();
    format!("With {clients} {name} moved least in all: {} with TCP/IP; {}.", rate(*least), others.join(", "))
}

/// How old, on average over time, is what a client shows; and how old it becomes.
fn age(ages: &[(String, f64, Option<f64>)], at_once: Option<f64>) -> String {
    let one = |(row, mean, p99): &(String, f64, Option<f64>)| {
        let most = p99.map(|p99| format!(" (99 % of the time at most {})", time(p99)));
        format!("{} by {row}{}", time(*mean), most.unwrap_or_default())
    };
    let ages: Vec<String> = ages.iter().map(one).collect();
    let least =
        at_once.map(|least| format!("; were every message there at once, it would be {}", time(least)));
    format!(
        "Average age of the value that a client displays: {}{}.",
        ages.join(", "),
        least.unwrap_or_default()
    )
}

fn chosen(keeps: &Side, leaves: &Side) -> String {
    let (a, b) = (&keeps.row, &leaves.row);
    let cost = match keeps.rate / leaves.rate {
        ratio if ratio >= SAME => format!("{a} takes {} the traffic of {b}", times(ratio)),
        ratio if ratio <= 1.0 / SAME => format!("{b} takes {} the traffic of {a}", times(1.0 / ratio)),
        _ => format!("{a} and {b} take about the same traffic"),
    };
    let shown = match leaves.age / keeps.age {
        ratio if ratio >= SAME => format!("what {b} shows is {} as old", times(ratio)),
        ratio if ratio <= 1.0 / SAME => format!("what {a} shows is {} as old", times(1.0 / ratio)),
        _ => "what they show is about as old".to_owned(),
    };
    let (old, young) = (time(leaves.age), time(keeps.age));
    format!("In all {cost}, and {shown}: on average {old} by {b}, {young} by {a}.")
}
