//! The plan as a text, for `wsbench check`.
//!
//! It must not know the machine; what does not fit is said by `Needs::complaints`.

use std::iter;

use wsbench_targets::pacer::Arrivals;
use wsbench_targets::wire::Audience;

use super::announce::posts_to;
use super::rooms::Rooms;
use super::{Needs, Plan, Search, Trial, session};
use crate::scenario::{TargetUrl, Threshold, escaped, place};
use crate::text::lines::{left, right, width, wrap};
use crate::text::{Unit, count, exact, grouped, text as shown, time};

/// Lines of a given width.
struct Page {
    lines: Vec<String>,
    columns: usize,
}

impl Page {
    /// Prose behind a head; the words are the file's, in part.
    fn wrap(&mut self, head: &str, words: &str) {
        let words = words.split_whitespace().map(escaped).collect::<Vec<_>>().join(" ");
        if !words.is_empty() {
            let rest = " ".repeat(head.len());
            self.lines.extend(wrap(&words, self.columns, head, &rest));
        }
    }

    fn line(&mut self, line: String) {
        self.lines.push(line);
    }
}

/// The trials in the order in which they run, and what they need, in lines of so many columns.
pub fn describe(plan: &Plan, columns: usize) -> String {
    let mut needs = Needs::of_run(plan);
    if let Some(search) = &plan.search {
        needs.time = needs.time.saturating_mul(search.range.most_trials());
        // Of one trial; a sum over all steps would be a guess.
        needs.traffic = plan.trials.iter().map(|trial| Needs::of(trial).traffic).max().flatten();
        needs.wire = plan.trials.iter().map(|trial| Needs::of(trial).wire).max().flatten();
    }
    let mut page = Page { lines: vec![], columns };
    let trials = match &plan.search {
        Some(search) => format!("search over {}", search.over.name()),
        None => count(plan.trials.len() as u64, "trial"),
    };
    page.line(format!("{} · {trials} · seed {} · at most {}", plan.name, plan.seed, time(needs.time)));
    page.wrap("  ", &plan.about);
    plan.notes.iter().for_each(|note| page.wrap("  note: ", note));
    plan.trials.first().iter().for_each(|first| page.wrap("  ", &what(first)));
    plan.by_urls().iter().for_each(|(_, url)| page.wrap("  target ", &whereto(url)));
    rooms(&mut page, plan);
    identities(&mut page, plan);
    plan.trials.first().iter().for_each(|first| set_up(&mut page, first));
    posts_to(plan).iter().for_each(|url| page.wrap("  posts to ", &whereto(url)));
    plan.search.iter().for_each(|search| steps(&mut page, search));
    page.line(String::new());
    row(&mut page, "order  transport", HEADS.map(str::to_owned));
    for (i, trial) in plan.trials.iter().enumerate() {
        let again = if trial.repeat > 0 { format!(" ({})", trial.repeat + 1) } else { String::new() };
        row(&mut page, &format!("{:5}  {}{again}", i + 1, trial.row_name()), cells(trial));
    }
    page.line(String::new());
    needed(&mut page, &needs, plan.search.is_some());
    plan.thresholds.iter().for_each(|threshold| page.wrap("  must pass: ", &condition(threshold)));
    page.lines.join("\n") + "\n"
}

/// What happens in a trial, in half a line: its load, headers and times.
pub fn what(trial: &Trial) -> String {
    let load = match trial.load.stream() {
        Some(p) => {
            let random = if p.arrivals == Arrivals::Poisson { ", poisson" } else { "" };
            let whom = match (p.audience, trial.groups) {
                (Audience::Each, _) => String::new(),
                (Audience::All, None) => " to all".to_owned(),
                (Audience::All, Some(groups)) => format!(", to {} in turn", count(groups, "group")),
            };
            let (name, every) = (trial.load.name(), time(p.every));
            format!("{name} of {} bytes every {every}{random}{whom}", p.payload)
        }
        None => trial.load.name().to_owned(),
    };
    let (warmup, measure) = (time(trial.warmup), time(trial.measure));
    format!("{load} · {} headers · warmup {warmup} · window {measure}", trial.headers.profile)
}

/// What the first and the last client send where each sends something of its own; secrets hidden.
fn identities(page: &mut Page, plan: &Plan) {
    for (trial, url) in plan.by_urls() {
        let message = trial.load.shown().message().map(|(message, _)| message.to_string());
        let headers = url.headers.iter().map(|header| format!("{}: {}", header.name, header.value));
        let names = url.subprotocols.iter().map(|name| format!("Sec-WebSocket-Protocol: {name}"));
        let sent: Vec<String> =
            iter::once(url.path.to_string()).chain(headers).chain(names).chain(message).collect();
        let own = url.headers.iter().any(|header| place::varies(header.value.reveal()));
        if !own && !sent.iter().any(|text| place::varies(text)) && !place::varies(url.path.reveal()) {
            continue;
        }
        for client in [0, trial.clients.saturating_sub(1)] {
            let group = numbered(trial, client);
            let sent: Vec<String> = sent.iter().map(|text| place::shown(text, client, group)).collect();
            page.wrap(&format!("  client {client} "), &sent.join(" \u{b7} "));
        }
    }
}

/// The group of a client, where it is a number and no value of the client's.
fn numbered(trial: &Trial, client: u32) -> Option<u32> {
    let groups = trial.values.as_ref()?.groups()?;
    groups.by_number().then(|| groups.of(client))
}

/// In which groups the clients of each trial are, and what comes of it: of trials with the same numbers, once.
fn rooms(page: &mut Page, plan: &Plan) {
    let mut said = Vec::new();
    for room in plan.trials.iter().filter_map(Rooms::of).map(|rooms| rooms.words()) {
        if !said.contains(&room) {
            page.wrap("  ", &room);
            said.push(room);
        }
    }
}

/// What clients say and hear besides the load.
fn set_up(page: &mut Page, trial: &Trial) {
    let Some(own) = &trial.session else { return };
    let lines = session::lines(own, trial.clients, |client| numbered(trial, client));
    lines.iter().for_each(|(head, line)| page.wrap(&format!("  {head}: "), line));
}

/// The address is not looked up: that is done when the run starts.
fn whereto(url: &TargetUrl) -> String {
    let aimed = url.connect_to.as_ref().map_or(String::new(), |aim| format!(", connections go to {aim}"));
    let believed = if url.insecure { ", no certificate is verified" } else { "" };
    format!("{url}{aimed}{believed}")
}

const HEADS: [&str; 6] = ["clients", "shards", "ports", "memory", "traffic", "time"];

/// A row; where its head is too long for the column, the cells stand below it.
fn row(page: &mut Page, head: &str, cells: [String; 6]) {
    const HEAD: usize = 29;
    const WIDTHS: [usize; 6] = [10, 7, 8, 9, 9, 7];
    let cells: String = cells.iter().zip(WIDTHS).map(|(cell, width)| right(cell, width)).collect();
    let mut head = escaped(head);
    if width(&head) > HEAD {
        page.line(std::mem::take(&mut head));
    }
    page.line(left(&head, HEAD) + &cells);
}

fn cells(trial: &Trial) -> [String; 6] {
    let needs = Needs::of(trial);
    [
        grouped(u64::from(trial.clients)),
        trial.shards.to_string(),
        grouped(needs.ports),
        shown(Unit::Bytes, needs.memory as f64),
        needs.wire.map_or("-".to_owned(), |bytes| shown(Unit::Bytes, bytes as f64)),
        time(needs.time),
    ]
}

fn needed(page: &mut Page, needs: &Needs, search: bool) {
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
        None => "as much as closed loops, or an external server, will move".to_owned(),
    };
    let memory = shown(Unit::Bytes, needs.memory as f64);
    for (name, value) in [
        ("files", files),
        ("ports", format!("{} of {addresses}", grouped(needs.ports))),
        ("memory", format!("about {memory}, kernel's sockets included")),
        ("traffic", traffic),
        ("time", format!("{} at most", time(needs.time))),
    ] {
        page.wrap(&format!("  {name:<8} "), &value);
    }
}

/// How far a search goes; the table below shows its largest trials.
fn steps(page: &mut Page, search: &Search) {
    let (range, show) = (&search.range, |size| search.over.show(size));
    let words = format!(
        "{} to {}, each {} times the one before until one fails{}, then between to {} %; at most {} trials per \
         transport. All steps have the processes of the largest, which stands below.",
        show(range.from),
        show(range.to),
        range.factor,
        if range.tries > 1 { format!(" in most of {} tries", range.tries) } else { String::new() },
        (range.precision * 1e4).round() / 100.0,
        range.most_trials(),
    );
    page.wrap("  ", &words);
    for transport in search.transports() {
        let each: Vec<String> = search.conditions(transport).iter().map(condition).collect();
        page.wrap("  must pass: ", &format!("{}: {}", search.row_name(transport), each.join("; ")));
    }
}

fn condition(threshold: &Threshold) -> String {
    let of = threshold.transport.as_deref().map_or(String::new(), |name| format!(" of {name}"));
    let unit = threshold.metric.unit();
    let bounds = [("at most", threshold.max), ("at least", threshold.min)];
    let bounds: Vec<_> = bounds
        .iter()
        .filter_map(|(word, limit)| limit.map(|limit| format!("{word} {}", exact(unit, limit))))
        .collect();
    format!("{}{of} {}", threshold.metric.name(), bounds.join(" and "))
}
