//! The finding where transports do not carry the same: some leave out what newer messages overwrite. Then bytes per message
//! compare nothing; what counts is the traffic in all, and how old is what a client displays.
//!
//! It must not know a format; names inside are as they came. Its other end is `finding`.

use super::runs::row;
use crate::results::Cell;
use crate::scenario::Metric;
use crate::text::{Unit, count, text, times};

/// Ratios below this are "about the same".
const SAME: f64 = 1.05;

/// A row with its traffic in all, bit/s with TCP/IP.
#[derive(Clone, Copy)]
struct Total<'a> {
    cell: &'a Cell<'a>,
    rate: f64,
}

/// Which is cheaper in all, how old values are by each, and what one costs in the other.
pub fn sentences(block: &[&Cell<'_>], runs: usize) -> Vec<String> {
    let total = |cell| Total { cell, rate: cell.value(Metric::WireRate).unwrap_or(0.0) };
    let mut totals: Vec<Total<'_>> = block.iter().map(|&cell| total(cell)).collect();
    totals.retain(|total| total.rate > 0.0);
    totals.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    let mut said: Vec<String> = in_all(&totals, runs).into_iter().collect();
    said.extend(down(&totals, runs));
    said.extend(block.iter().filter_map(|cell| left_out(cell, runs)));
    said.extend(ages(&totals, runs));
    said.extend(choice(&totals, runs));
    said
}

/// `With 3,000 clients polling 1s moves least in all: 12.5 Mbit/s with TCP/IP; websocket 20.9 Mbit/s (1.7x that), ...`.
fn in_all(totals: &[Total<'_>], runs: usize) -> Option<String> {
    let (least, others) = totals.split_first()?;
    let clients = count(least.cell.clients(), "client");
    let (name, rate) = (row(least.cell, runs), text(Unit::BitsPerSecond, least.rate));
    if others.is_empty() {
        return Some(format!("With {clients} {name} moved {rate} in all, with TCP/IP."));
    }
    let other = |total: &Total<'_>| {
        let (name, rate) = (row(total.cell, runs), text(Unit::BitsPerSecond, total.rate));
        match total.rate / least.rate {
            ratio if ratio < SAME => format!("{name} {rate} (about the same)"),
            ratio => format!("{name} {rate} ({} that)", times(ratio)),
        }
    };
    let others: Vec<String> = others.iter().map(other).collect();
    Some(format!("With {clients} {name} moved least in all: {rate} with TCP/IP; {}.", others.join(", ")))
}

/// What comes from the server alone, which is what clouds bill: requests may be most of what moves.
fn down(totals: &[Total<'_>], runs: usize) -> Option<String> {
    let rate = |total: &Total<'_>| Some((row(total.cell, runs), total.cell.value(Metric::WireRateDown)?));
    let mut rates: Vec<(String, f64)> = totals.iter().filter_map(rate).collect();
    rates.sort_by(|a, b| a.1.total_cmp(&b.1));
    let each: Vec<String> =
        rates.iter().map(|(name, rate)| format!("{} by {name}", text(Unit::BitsPerSecond, *rate))).collect();
    (!each.is_empty()).then(|| format!("From the server came {}.", each.join(", ")))
}

/// Why it moves less, and why its bytes per message are nothing to compare.
fn left_out(cell: &Cell<'_>, runs: usize) -> Option<String> {
    let (name, share) = (row(cell, runs), text(Unit::Ratio, cell.overwritten()?));
    Some(format!(
        "By {name} {share} of what each client could have got was never sent to it: a poll is answered with the \
         latest message, and newer ones had overwritten the others."
    ))
}

/// How old, on average over time, is what a client shows; and how old it becomes. In the order of the totals.
fn ages(totals: &[Total<'_>], runs: usize) -> Option<String> {
    let age = |total: &Total<'_>| {
        let (mean, p99) = (total.cell.value(Metric::AgeMean)?, total.cell.value(Metric::AgeP99));
        let most = p99.map_or_else(String::new, |p99| format!(" (99 % of the time at most {})", time(p99)));
        Some(format!("{} by {}{most}", time(mean), row(total.cell, runs)))
    };
    let ages: Vec<String> = totals.iter().filter_map(age).collect();
    let least = totals.first().and_then(|total| at_once(total.cell)).map_or_else(String::new, |least| {
        format!("; were every message there at once, it would be {}", time(least))
    });
    (!ages.is_empty())
        .then(|| format!("Average age of the value that a client displays: {}{least}.", ages.join(", ")))
}

/// The age that no transport can beat: on an even schedule half of its interval, on a random one all of it.
fn at_once(cell: &Cell<'_>) -> Option<f64> {
    let profile = cell.trial().load.profile();
    let every = profile.interval?.as_nanos() as f64;
    Some(if profile.random { every } else { every / 2.0 })
}

fn time(ns: f64) -> String {
    text(Unit::Nanoseconds, ns)
}

/// The cheapest that keeps all against the cheapest that leaves messages out: what one pays for younger values.
fn choice(totals: &[Total<'_>], runs: usize) -> Option<String> {
    let keeps = totals.iter().find(|total| total.cell.overwritten().is_none())?;
    let leaves = totals.iter().find(|total| total.cell.overwritten().is_some())?;
    let age = |total: &Total<'_>| total.cell.value(Metric::AgeMean);
    let (a, b) = (row(keeps.cell, runs), row(leaves.cell, runs));
    let cost = match keeps.rate / leaves.rate {
        ratio if ratio >= SAME => format!("{a} takes {} the traffic of {b}", times(ratio)),
        ratio if ratio <= 1.0 / SAME => format!("{b} takes {} the traffic of {a}", times(1.0 / ratio)),
        _ => format!("{a} and {b} take about the same traffic"),
    };
    let (young, old) = (age(keeps)?, age(leaves)?);
    let shown = match old / young {
        ratio if ratio >= SAME => format!("what {b} shows is {} as old", times(ratio)),
        ratio if ratio <= 1.0 / SAME => format!("what {a} shows is {} as old", times(1.0 / ratio)),
        _ => "what they show is about as old".to_owned(),
    };
    Some(format!("In all {cost}, and {shown}: on average {} by {b}, {} by {a}.", time(old), time(young)))
}
