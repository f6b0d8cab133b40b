//! A few sentences that say what was found: in one run between its transports, in several between the runs. Every
//! claim is computed, and made only when the data carry it: trials that are invalid are left out and said to be.
//!
//! It must not know a format; names inside are as they came.

use super::capacity;
use super::runs::{Per, blocks, carries_messages, cells, row};
use super::{side_by_side, totals};
use crate::results::{Cell, Report, Server, Status};
use crate::scenario::Metric;
use crate::text::{Unit, count, grouped, text, times};

/// Differences under this share are no finding.
const SAME: f64 = 1.05;

/// The finding; empty when nothing was measured.
pub fn finding(reports: &[Report]) -> String {
    let mut sentences = vec![compared_runs(reports)];
    sentences.extend(capacity::sentences(reports));
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

/// Of all runs but searches.
fn compared_runs(reports: &[Report]) -> String {
    let all = cells(reports);
    let sound: Vec<&Cell<'_>> = all.iter().filter(|c| c.status() != Status::Invalid).collect();
    let left_out: usize = all.len() - sound.len();
    if all.is_empty() {
        return String::new();
    }
    if side_by_side::several(&all) {
        let mut sentences = side_by_side::sentences(reports, &all);
        sentences.extend(integrity(&sound));
        return sentences.join(" ");
    }
    // The block that compares the most; of these the largest.
    let blocks = blocks(&sound);
    let Some(block) = blocks.into_iter().max_by_key(|block| block.len()) else {
        return "Nothing is claimed: every trial is invalid.".to_owned();
    };
    let claim = claim(block, reports.len());
    let claimed = !claim.is_empty();
    let mut sentences = vec![claim];
    sentences.extend(integrity(&sound));
    if claimed && block.iter().any(|cell| cell.status() == Status::Suspect) {
        sentences.push("Suspect trials are part of this.".to_owned());
    }
    sentences.extend(server_failed(block.iter().copied()).filter(|_| claimed));
    if left_out > 0 {
        sentences.push(format!("Left out as invalid: {}.", count(left_out, "row")));
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

/// Numbers of a server that failed are right; whoever chooses by them must know.
pub(super) fn server_failed<'a>(cells: impl Iterator<Item = &'a Cell<'a>>) -> Option<String> {
    let failed = cells.filter(|cell| cell.server() == Server::Failed).count();
    (failed > 0).then(|| format!("The server failed in {} of this.", count(failed, "row")))
}

fn claim(block: &[&Cell<'_>], runs: usize) -> String {
    if block.iter().any(|cell| cell.overwritten().is_some()) {
        return totals::sentences(block, runs).join(" ");
    }
    let per = Per::of(&block[0].trial().load);
    let costs: Vec<(&Cell<'_>, f64)> = block.iter().filter_map(|&c| Some((c, per.bytes(c)?))).collect();
    // A message without a byte was not counted at the socket; nothing is so many times cheaper.
    let costs: Vec<_> = costs.into_iter().filter(|c| c.1 > 0.0 || per != Per::Message).collect();
    let Some(&cheap) = costs.iter().min_by(|a, b| a.1.total_cmp(&b.1)) else { return String::new() };
    if let [(only, cost)] = costs[..] {
        return alone(only, cost, &row(only, runs));
    }
    // Compared with the first that the scenario names: what one would do without thinking.
    match costs.iter().find(|c| c.1 > cheap.1 * SAME) {
        Some(&dear) => {
            let between = costs.iter().filter(|c| c.1 > cheap.1 * SAME && c.1 < dear.1);
            let next = between.min_by(|a, b| a.1.total_cmp(&b.1));
            let next = next.map(|&next| next_in_bytes(next, runs));
            compared(cheap, dear, runs) + &next.unwrap_or_default()
        }
        None => {
            let most = costs.iter().map(|c| c.1).fold(cheap.1, f64::max);
            let (least, most) = (text(Unit::Bytes, cheap.1), text(Unit::Bytes, most));
            format!("All rows cost about the same: {least} to {most} {}.", per.words())
        }
    }
}

fn alone(cell: &Cell<'_>, cost: f64, name: &str) -> String {
    let (cost, per) = (text(Unit::Bytes, cost), Per::of(&cell.trial().load));
    let mut sentence = match per {
        Per::SecondAndClient => format!("To stand by, {name} cost {cost} {}", per.words()),
        Per::Connection => format!("A connection of {name} cost {cost}"),
        Per::Message => {
            let messages = grouped(cell.tally().counts.received);
            format!("{name} carried {messages} messages at {cost} each")
        }
    };
    let latency = |metric| cell.value(metric).filter(|_| per != Per::SecondAndClient);
    if let Some(p50) = latency(Metric::LatencyP50) {
        sentence += &format!(", half of them within {}", text(Unit::Nanoseconds, p50));
    }
    if let Some(p99) = latency(Metric::LatencyP99) {
        sentence += &format!(", 99 % within {}", text(Unit::Nanoseconds, p99));
    }
    sentence + "."
}

fn compared((cheap, least): (&Cell<'_>, f64), (dear, most): (&Cell<'_>, f64), of: usize) -> String {
    let (per, a, b) = (Per::of(&cheap.trial().load), row(cheap, of), row(dear, of));
    if per != Per::Message {
        let what = if per == Per::SecondAndClient { "To stand by" } else { "To connect" };
        let (least, most) = (text(Unit::Bytes, least), text(Unit::Bytes, most));
        return format!("{what}, {a} cost {least} {}, {b} {most}.", per.words());
    }
    let clients = count(cheap.clients(), "client");
    let fewer = times(most / least);
    let mut sentence = match same_messages(cheap, dear) {
        Some(n) => {
            let n = grouped(n);
            format!("With {clients} and the same {n} messages {a} moved {fewer} fewer bytes than {b}")
        }
        None => format!("With {clients} a message that arrived cost {fewer} fewer bytes by {a} than by {b}"),
    };
    if let (Some(least), Some(most)) =
        (cheap.value(Metric::WireBytesPerMessage), dear.value(Metric::WireBytesPerMessage))
        && most > least
    {
        sentence += &format!(" ({} counting TCP/IP)", times(most / least));
    }
    let whose = if same_messages(cheap, dear).is_some() { "half" } else { "half of what arrived" };
    sentence + &sooner(cheap, dear, whose) + "."
}

/// The one that comes closest to the cheapest: the nearest to a choice.
fn next_in_bytes((cell, cost): (&Cell<'_>, f64), of: usize) -> String {
    let per = Per::of(&cell.trial().load);
    let cost = format!("{} {}", text(Unit::Bytes, cost), per.words());
    let p50 = cell.value(Metric::LatencyP50).filter(|_| per != Per::SecondAndClient);
    let half = p50.map(|p50| format!(", half within {}", text(Unit::Nanoseconds, p50)));
    format!(" Next in bytes is {}: {cost}{}.", row(cell, of), half.unwrap_or_default())
}

/// The number of messages, when both carried the same ones.
fn same_messages(a: &Cell<'_>, b: &Cell<'_>) -> Option<u64> {
    let (a, b) = (&a.tally().counts, &b.tally().counts);
    let all = |c: &crate::meter::Counts| c.sent > 0 && c.delivered == c.sent;
    (a.sent == b.sent && all(a) && all(b)).then_some(a.sent)
}

/// Medians, when they tell the two apart.
fn sooner(cheap: &Cell<'_>, dear: &Cell<'_>, half: &str) -> String {
    let p50 = |cell: &Cell<'_>| cell.value(Metric::LatencyP50);
    let (Some(a), Some(b)) = (p50(cheap), p50(dear)) else { return String::new() };
    let (here, there) = (text(Unit::Nanoseconds, a), text(Unit::Nanoseconds, b));
    match b / a {
        ratio if ratio > 1.2 => format!(", and {half} took at most {here} instead of {there}"),
        ratio if ratio < 1.0 / 1.2 => format!(", but {half} took longer than {here} instead of {there}"),
        _ => String::new(),
    }
}

/// What can be said of loss over all rows; by design is not loss.
fn integrity(sound: &[&Cell<'_>]) -> Option<String> {
    let messages: Vec<&&Cell<'_>> = sound.iter().filter(|c| carries_messages(&c.trial().load)).collect();
    let of = |metric| messages.iter().filter_map(|c| c.value(metric)).sum::<f64>();
    if messages.is_empty() || messages.iter().any(|c| c.tally().counts.sent == 0) {
        return None;
    }
    let troubles =
        [Metric::Lost, Metric::Duplicated, Metric::Altered, Metric::Invented, Metric::Failures].map(of);
    let clean = troubles.iter().sum::<f64>() == 0.0;
    clean.then(|| "Nothing was lost or duplicated.".to_owned())
}
