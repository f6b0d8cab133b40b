//! The plan as a text of 80 columns, for `wsbench check`.
//!
//! It must not know the machine; what does not fit is said by `Needs::complaints`.

use std::fmt::Write;
use std::time::Duration;

use unicode_width::UnicodeWidthStr;
use wsbench_targets::pacer::Arrivals;
use wsbench_targets::wire::Audience;

use super::announce::posts_to;
use super::{Needs, Plan, Search, Trial};
use crate::scenario::units::show_duration;
use crate::scenario::{TargetUrl, Threshold, escaped};
use crate::text::{Unit, exact, grouped, text as shown};

const COLUMNS: usize = 80;

/// The trials in the order in which they run, and what they need.
pub fn describe(plan: &Plan) -> String {
    let mut needs = Needs::of_run(plan);
    if let Some(search) = &plan.search {
        needs.time = needs.time.saturating_mul(search.range.most_trials());
        // Of one trial; a sum over all steps would be a guess.
        needs.traffic = plan.trials.iter().map(|trial| Needs::of(trial).traffic).max().flatten();
        needs.wire = plan.trials.iter().map(|trial| Needs::of(trial).wire).max().flatten();
    }
    let mut text = String::new();
    let trials = match (&plan.search, plan.trials.len()) {
        (Some(search), _) => format!("search over {}", search.over.name()),
        (None, 1) => "1 trial".to_owned(),
        (None, trials) => format!("{trials} trials"),
    };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{} · {trials} · seed {} · at most {}", plan.name, plan.seed, seconds(needs.time));
    wrap(&mut text, "  ", &plan.about);
    for note in &plan.notes {
        wrap(&mut text, "  note: ", note);
    }
    if let Some(first) = plan.trials.first() {
        wrap(&mut text, "  ", &what(first));
    }
    if let Some((_, url)) = plan.by_url() {
        wrap(&mut text, "  target ", &whereto(url));
    }
    if let Some(url) = posts_to(plan) {
        wrap(&mut text, "  posts to ", &whereto(url));
    }
    if let Some(search) = &plan.search {
        sizes(&mut text, search);
    }
    let _ = writeln!(text);
    row(
        &mut text,
        "order  transport",
        ["clients", "shards", "ports", "memory", "traffic", "time"].map(str::to_owned),
    );
    for (i, trial) in plan.trials.iter().enumerate() {
        let again = if trial.repeat > 0 { format!(" ({})", trial.repeat + 1) } else { String::new() };
        row(&mut text, &format!("{:5}  {}{again}", i + 1, trial.way()), cells(trial));
    }
    let _ = writeln!(text);
    needed(&mut text, &needs, plan.search.is_some());
    for threshold in &plan.thresholds {
        wrap(&mut text, "  must hold: ", &must_hold(threshold));
    }
    text
}

/// What happens in a trial, in half a line: its load, headers and times.
pub fn what(trial: &Trial) -> String {
    let load = match trial.load.stream() {
        Some(p) => {
            let random = if p.arrivals == Arrivals::Poisson { ", poisson" } else { "" };
            let whom = if p.audience == Audience::All { " to all" } else { "" };
            let (name, every) = (trial.load.name(), show_duration(p.every));
            format!("{name} of {} bytes every {every}{random}{whom}", p.payload)
        }
        None => trial.load.name().to_owned(),
    };
    let (warmup, measure) = (show_duration(trial.warmup), show_duration(trial.measure));
    format!("{load} · {} headers · warmup {warmup} · window {measure}", trial.headers.profile)
}

/// The address is not looked up: that is done when the run starts.
fn whereto(url: &TargetUrl) -> String {
    let aimed = url.connect_to.as_ref().map_or(String::new(), |aim| format!(", connections go to {aim}"));
    let believed = if url.insecure { ", no certificate is verified" } else { "" };
    format!("{url}{aimed}{believed}")
}

fn row(text: &mut String, head: &str, cells: [String; 6]) {
    const HEAD: usize = 29;
    const WIDTHS: [usize; 6] = [10, 7, 8, 9, 9, 7];
    let head = escaped(head);
    let _ = write!(text, "{head}{}", " ".repeat(HEAD.saturating_sub(head.width())));
    for (cell, width) in cells.iter().zip(WIDTHS) {
        let _ = write!(text, "{cell:>width$}");
    }
    text.push('\n');
}

fn cells(trial: &Trial) -> [String; 6] {
    let needs = Needs::of(trial);
    [
        grouped(u64::from(trial.clients)),
        trial.shards.to_string(),
        grouped(needs.ports),
        shown(Unit::Bytes, needs.memory as f64),
        needs.wire.map_or("-".to_owned(), |bytes| shown(Unit::Bytes, bytes as f64)),
        seconds(needs.time),
    ]
}

fn needed(text: &mut String, needs: &Needs, search: bool) {
    let files = match needs.target_files {
        0 => format!("{} in a shard", grouped(needs.shard_files)),
        target => {
            format!("{} in a target process, {} in a shard", grouped(target), grouped(needs.shard_files))
        }
    };
    let addresses =
        if needs.addresses == 1 { "1 address" } else { &format!("each of {} addresses", needs.addresses) };
    let traffic = match needs.traffic.zip(needs.wire) {
        Some((bytes, wire)) => {
            let of = if search { "in the largest trial" } else { "in all" };
            let [bytes, wire] = [bytes, wire].map(|bytes| shown(Unit::Bytes, bytes as f64));
            format!("about {wire} {of} with TCP/IP, {bytes} above TCP")
        }
        None => "as much as closed loops, or a server by URL, will move".to_owned(),
    };
    let memory = shown(Unit::Bytes, needs.memory as f64);
    for (name, value) in [
        ("files", files),
        ("ports", format!("{} of {addresses}", grouped(needs.ports))),
        ("memory", format!("about {memory}, kernel's sockets included")),
        ("traffic", traffic),
        ("time", format!("{} at most", seconds(needs.time))),
    ] {
        let _ = writeln!(text, "  {name:<8} {value}");
    }
}

/// How far a search goes; the table below shows its largest trials.
fn sizes(text: &mut String, search: &Search) {
    let (range, show) = (&search.range, |size| search.over.show(size));
    let words = format!(
        "{} to {}, each {} times the one before until one fails{}, then between to {} %; {} trials of a transport \
         at most. All sizes as the largest:",
        show(range.from),
        show(range.to),
        range.factor,
        if range.tries > 1 { format!(" in most of {} tries", range.tries) } else { String::new() },
        (range.precision * 1e4).round() / 100.0,
        range.most_trials(),
    );
    wrap(text, "  ", &words);
    for transport in search.transports() {
        let each: Vec<String> = search.conditions(transport).iter().map(must_hold).collect();
        wrap(text, "  must hold: ", &format!("{}: {}", search.way(transport), each.join("; ")));
    }
}

fn must_hold(threshold: &Threshold) -> String {
    let of = threshold.transport.as_deref().map_or(String::new(), |name| format!(" of {name}"));
    let unit = threshold.metric.unit();
    let bounds = [("at most", threshold.max), ("at least", threshold.min)];
    let bounds: Vec<_> = bounds
        .iter()
        .filter_map(|(word, limit)| limit.map(|limit| format!("{word} {}", exact(unit, limit))))
        .collect();
    format!("{}{of} {}", threshold.metric.name(), bounds.join(" and "))
}

fn seconds(time: Duration) -> String {
    match time.as_secs_f64() {
        s if s < 600.0 => format!("{s:.0} s"),
        s if s < 36_000.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.0} h", s / 3_600.0),
    }
}

/// Breaks between words.
fn wrap(text: &mut String, head: &str, words: &str) {
    let mut line = head.to_owned();
    let mut empty = true;
    // The words are the file's, in part.
    for word in words.split_whitespace().map(escaped) {
        if !empty && line.width() + 1 + word.width() > COLUMNS {
            let _ = writeln!(text, "{line}");
            line = " ".repeat(head.width());
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line += &word;
        empty = false;
    }
    if !empty {
        let _ = writeln!(text, "{line}");
    }
}
