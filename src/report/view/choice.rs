//! Which transport to take, by what counts for whoever takes it: for each number that is paid for or felt, the row with the
//! least, what is as good, and how much more the others need.
//!
//! What is as good is decided by repeats where there are some, and where there are none said to be a rule of thumb. It must not
//! know a format; names inside are as they came.

use serde::Serialize;

use super::names::{SAME, carries_messages, largest, row};
use crate::results::{Cell, Check, Server, Status};
use crate::scenario::Metric;
use crate::statistics::{Arms, FEWEST, LEVEL, joint};
use crate::text::{Unit, count, either, factor, list, text};

/// What may count, its number, and whether it does where newer messages overwrite others, and where they do not. What arrives is
/// the rest then: neither its latencies nor what the server spends on each of them compares rows.
const COUNTS: [(&str, Metric, Overwriting); 8] = [
    ("traffic, both directions with TCP and IP", Metric::WireRate, Overwriting::Either),
    ("traffic from the server, with TCP and IP", Metric::WireRateDown, Overwriting::With),
    ("median latency", Metric::LatencyP50, Overwriting::Without),
    ("p99 latency", Metric::LatencyP99, Overwriting::Without),
    ("age of what is displayed", Metric::AgeMean, Overwriting::With),
    ("CPU of the server, per 1,000 messages", Metric::TargetCpuPerThousand, Overwriting::Without),
    ("CPU of the server, in all", Metric::TargetCpu, Overwriting::With),
    ("memory of the server, per client", Metric::TargetMemoryPerClient, Overwriting::Either),
];

/// Whether some rows leave messages out by design.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overwriting {
    With,
    Without,
    Either,
}

/// Of two latencies that are closer, in ns: on a network nobody sees the difference.
const UNSEEN_NS: f64 = 1e6;
/// Of two numbers that were measured once; traffic is counted, and has no scatter to speak of.
const CLOSE: f64 = 1.2;
/// What needs so many times the least of something is not good at all of it alike.
const DEAR: f64 = 2.0;
/// Behind the rule.
const PARTIAL: &str = " What some row has no number of is not in the first line.";

/// All that is told of the rows of one load and number of clients.
#[derive(Serialize)]
pub struct Choices {
    /// `1,000 clients`.
    pub title: String,
    /// By what counts.
    pub choices: Vec<Choice>,
    /// What counts as equal.
    pub rule: String,
    /// What to take where all of it counts alike.
    #[serde(skip)]
    pub take: Option<Take>,
}

/// What to take where all that was measured counts alike.
#[derive(Clone, Debug, Serialize)]
pub struct Take {
    /// One row, or several that are as good.
    rows: Vec<String>,
    /// What counts, without what all need alike.
    of: Vec<String>,
    /// What they need most of, and how many times the least that is.
    most: (String, f64),
    /// The same of the row that comes next.
    next: Option<(String, String, f64)>,
}

/// One thing that may count.
#[derive(Serialize)]
pub struct Choice {
    /// It, in words.
    pub counts: &'static str,
    /// The metric that tells.
    pub metric: &'static str,
    /// The row with the least of it, and those that are as good.
    pub take: Vec<String>,
    /// What that row needs.
    pub least: String,
    /// The others, and how many times as much they need, ascending.
    pub others: Vec<(String, f64)>,
}

impl Choice {
    fn rows(&self) -> usize {
        self.take.len() + self.others.len()
    }
}

/// Of the rows that the finding is about and whose server did what was asked of it; `None` where there is nothing to choose.
pub fn choices(cells: &[Cell<'_>], runs: usize) -> Option<Choices> {
    let fit = |cell: &&Cell<'_>| cell.status() != Status::Invalid && cell.server() != Server::Failed;
    let sound: Vec<&Cell<'_>> = cells.iter().filter(fit).collect();
    let block = largest(&sound).filter(|block| runs == 1 && block.len() > 1)?;
    if !carries_messages(&block[0].trial().load) {
        return None;
    }
    let mut choices: Vec<Choice> = COUNTS.iter().filter_map(|counts| choice(block, counts)).collect();
    let take = take(&choices, block.len());
    let partial = if choices.iter().all(|choice| choice.rows() == block.len()) { "" } else { PARTIAL };
    choices.splice(0..0, take.as_ref().map(of_all));
    let (title, rule) = (count(block[0].clients(), "client"), rule(block) + partial);
    let take = take.map(|ranked| ranked.0);
    (!choices.is_empty()).then_some(Choices { title, choices, rule, take })
}

fn choice(
    block: &[&Cell<'_>],
    &(counts, metric, when): &(&'static str, Metric, Overwriting),
) -> Option<Choice> {
    let overwriting = block.iter().any(|cell| cell.overwritten().is_some());
    let few = |cell: &&Cell<'_>| cell.repeats.iter().any(|m| m.verdict.found(Check::FewSamples));
    let others = if overwriting { Overwriting::Without } else { Overwriting::With };
    if when == others || metric == Metric::LatencyP99 && block.iter().any(few) {
        return None;
    }
    let valued =
        block.iter().filter_map(|&cell| Some((cell, cell.value(metric).filter(|value| *value > 0.0)?)));
    let mut rows: Vec<(&Cell<'_>, f64)> = valued.collect();
    rows.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (&(best, least), rest) = rows.split_first()?;
    let level = joint(LEVEL, rest.len());
    let (good, others): (Vec<_>, Vec<_>) =
        rest.iter().partition(|(cell, value)| alike(best, cell, metric, (least, *value), level));
    let named = |(cell, _): &(&Cell<'_>, f64)| row(cell, 1);
    let others: Vec<_> = others.iter().map(|other| (named(other), other.1 / least)).collect();
    (!others.is_empty()).then(|| Choice {
        counts,
        metric: metric.name(),
        take: std::iter::once(row(best, 1)).chain(good.iter().map(named)).collect(),
        least: text(metric.family().unit, least),
        others,
    })
}

/// The rows whose largest factor is the smallest, and the others with theirs: where all that counts counts alike, nothing of
/// the first is dear. What is not known of all `rows` does not count.
fn take(choices: &[Choice], rows: usize) -> Option<(Take, Vec<(String, f64)>)> {
    let choices: Vec<&Choice> = choices.iter().filter(|choice| choice.rows() == rows).collect();
    let factor_in = |choice: &Choice, row: &String| match choice.take.contains(row) {
        true => 1.0,
        false => choice.others.iter().find(|other| other.0 == *row).map_or(f64::INFINITY, |other| other.1),
    };
    let first = choices.first().filter(|_| choices.len() > 1)?;
    let rows = first.take.iter().chain(first.others.iter().map(|other| &other.0));
    let worst = |row: &String| choices.iter().map(|choice| factor_in(choice, row)).fold(1.0, f64::max);
    let mut ranked: Vec<(String, f64)> = rows.map(|row| (row.clone(), worst(row))).collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let least = ranked.first()?.1;
    let short = |choice: &&Choice| choice.counts.split(',').next().unwrap_or_default().to_owned();
    let most_of = |(row, worst): &(String, f64)| {
        choices.iter().find(|choice| factor_in(choice, row) == *worst).map_or_else(String::new, short)
    };
    let most = (most_of(ranked.first()?), least);
    let (rows, others): (Vec<_>, Vec<_>) = ranked.into_iter().partition(|row| row.1 < least * SAME);
    let next = others.first().map(|other| (other.0.clone(), most_of(other), other.1));
    let (rows, of) = (rows.into_iter().map(|row| row.0).collect(), choices.iter().map(short).collect());
    Some((Take { rows, of, most, next }, others))
}

/// The same as a line of the table.
fn of_all((take, others): &(Take, Vec<(String, f64)>)) -> Choice {
    Choice {
        counts: "all of these, equally: each transport by its largest factor",
        metric: "the largest factor of each row",
        take: take.rows.clone(),
        least: match take.most.1 {
            ..=1.0 => "as little as any".to_owned(),
            most => format!("at most {} the least", factor(most)),
        },
        others: others.clone(),
    }
}

impl Take {
    /// In a sentence, or two.
    pub fn sentence(&self) -> String {
        let Take { rows, of, most: (dearest, most), next } = self;
        let (rows, of, times) = (either(rows), list(of), factor(*most));
        let lead = match *most {
            ..=1.0 => format!("All in all take {rows}: as good as any in {of}."),
            ..DEAR => format!("All in all take {rows}: at most {times} what the best needs of {of}."),
            _ => format!(
                "None is best in all of {of}: where each counts alike, {rows} comes nearest, with {times} the {dearest}."
            ),
        };
        let next = next
            .as_ref()
            .map(|(row, of, times)| format!(" Next is {row}, with {} the {of}.", factor(*times)));
        lead + &next.unwrap_or_default()
    }
}

/// Whether nobody can tell the two apart, or nobody would care.
fn alike(best: &Cell<'_>, other: &Cell<'_>, metric: Metric, (least, value): (f64, f64), level: f64) -> bool {
    let unseen = metric.family().unit == Unit::Nanoseconds && value - least < UNSEEN_NS;
    if unseen || value < least * SAME {
        return true;
    }
    let each = |cell: &Cell<'_>| cell.repeats.iter().filter_map(|trial| trial.value(metric)).collect();
    match Arms::Apart(each(best), each(other)).interval(level) {
        Some(interval) => interval.low <= 1.0,
        None => metric.family().unit != Unit::BitsPerSecond && value < least * CLOSE,
    }
}

fn rule(block: &[&Cell<'_>]) -> String {
    let repeats = block.iter().map(|cell| cell.repeats.len()).min().unwrap_or(0);
    let head = "Best first. Counted as equal: any times less than 1 ms apart";
    let parts = block.iter().filter_map(|cell| Some((row(cell, 1), 1.0 - cell.overwritten()?)));
    let parts = parts
        .map(|(row, part)| format!(" Mind that {row} brings {} of the values.", text(Unit::Ratio, part)));
    let rule = match repeats {
        0..FEWEST => format!(
            "{head}, else traffic within 5 % and all other numbers within 20 %, by convention: {} cannot tell a smaller difference from \
             chance. Run with --repeat 5, and the scatter of the trials decides instead.",
            if repeats < 2 { "one trial of each row" } else { "two trials of each row" }
        ),
        _ => format!(
            "{head}, numbers within 5 %, and what {repeats} repeats do not tell apart at 95 % (Welch's interval, all rows \
             of a line together)."
        ),
    };
    parts.fold(rule, |rule, part| rule + &part)
}
