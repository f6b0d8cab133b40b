//! Ratios, intervals and what they come to, in words.
//!
//! It must not know a format.

use super::Comparison;
use super::row::{Change, Row};
use crate::statistics::{Decision, FEWEST, Interval, MOST_REPEATS};
use crate::text::{count, factor, list, significant};

/// So many changes are told in a sentence; the table has all of them.
const MOST_TOLD: usize = 6;

/// `1.21–1.48`, `exact`, or why there is none.
pub fn interval(row: &Row) -> String {
    match row.interval {
        Some(Interval { low, high, .. }) => format!("{}–{}", end(low), end(high)),
        None if row.exact => "exact".to_owned(),
        None if row.repeats.0.min(row.repeats.1) == 0 => "too few samples".to_owned(),
        None if row.repeats.0.min(row.repeats.1) < FEWEST => "no interval".to_owned(),
        None => "-".to_owned(),
    }
}

fn end(ratio: f64) -> String {
    if ratio < 0.095 { significant(ratio) } else { factor(ratio).trim_end_matches('x').to_owned() }
}

/// `1.34`; `-` where there is none.
pub fn ratio(row: &Row) -> String {
    row.ratio.map_or_else(|| "-".to_owned(), end)
}

/// `slower`, `same within 3 %`, `cannot tell`.
pub fn verdict(row: &Row) -> String {
    match row.decision {
        Decision::Same(within) if within > 0.0 => {
            format!("same within {} %", (within * 100.0).ceil().max(1.0))
        }
        _ => row.verdict.to_owned(),
    }
}

/// `; about 12 repeats would`: what it takes to tell.
pub fn more(row: &Row) -> String {
    match row.repeats_needed {
        Some(repeats) => format!("; about {repeats} repeats would"),
        None if row.interval.is_some() => format!("; more than {} repeats would", MOST_REPEATS),
        None => String::new(),
    }
}

/// What it takes to tell what cannot be told of a row of metrics, in a sentence; `None` where all can be.
pub fn repeats_needed(rows: &[Row]) -> Option<String> {
    let open = || rows.iter().filter(|row| row.decision == Decision::CannotTell);
    // Of what no repeat has a number of, more repeats tell nothing.
    let has_some = |row: &Row| (1..FEWEST).contains(&row.repeats.0.min(row.repeats.1));
    let few = open().any(|row| row.interval.is_none() && has_some(row));
    let each = open().filter(|row| row.interval.is_some()).map(|row| match row.repeats_needed {
        Some(repeats) => format!("{} about {repeats}", row.metric),
        None => format!("{} more than {MOST_REPEATS}", row.metric),
    });
    let each: Vec<String> = each.collect();
    let have = open().map(|row| row.repeats.0.min(row.repeats.1)).max()?;
    match (&each[..], few) {
        ([], true) if have == 1 => {
            Some("One repeat each: no interval; it takes 3 of each at least.".to_owned())
        }
        ([], true) => Some(format!("{have} repeats each: no interval; it takes 3 of each at least.")),
        ([], false) => None,
        (each, _) => Some(format!("To tell takes repeats of each: {}; there are {have}.", each.join(", "))),
    }
}

/// `latency.p99 1.34x, slower (1.21–1.48)`, row after row.
pub fn summary(comparison: &Comparison) -> String {
    if comparison.cells.is_empty() {
        return "Nothing is compared: the runs share no valid trial of one transport, load and number of clients.".to_owned();
    }
    let mut sentences = Vec::new();
    let changed = |row: &&Row| matches!(row.change, Change::Better | Change::Worse);
    let mut left = MOST_TOLD;
    for cell in &comparison.cells {
        let told: Vec<String> = cell.rows.iter().filter(changed).take(left).map(change).collect();
        left -= told.len();
        if !told.is_empty() {
            sentences.push(format!("{}: {}.", cell.label, told.join(", ")));
        }
    }
    let count_of = |change| comparison.rows().filter(|row| row.change == change).count();
    let changes = count_of(Change::Better) + count_of(Change::Worse);
    let untold = changes - (MOST_TOLD - left);
    sentences.extend((untold > 0).then(|| format!("{} more in the table.", count(untold, "change"))));
    let others = [(count_of(Change::None), "the same"), (count_of(Change::Unknown), "cannot be told")];
    let others: Vec<String> =
        others.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let metrics = count(comparison.rows().count(), "metric");
    sentences.push(match changes {
        0 => format!("No change is found in {metrics}: {}.", list(&others)),
        _ if others.is_empty() => format!("Of {metrics} all changed."),
        _ => format!("Of {metrics} {changes} changed, {}.", list(&others)),
    });
    sentences.join(" ")
}

fn change(row: &Row) -> String {
    let ratio = row.ratio.map(|ratio| factor(ratio) + ", ").unwrap_or_default();
    format!("{} {ratio}{} ({})", row.metric, row.verdict, interval(row))
}
