//! The websocket.org graph, measured: what each transport sends besides the messages, in bit/s, at the article's
//! three sizes; the article's printed numbers as outlines, models hatched.
//!
//! It must not know how bars are drawn (`bars`). Its other end is shared/article: "A Quantum Leap in
//! Scalability for the Web", use cases A, B and C.

use std::time::Duration;

use super::bars::{self, Bar, Group, Panel, draw as draw_panel, most_groups};
use super::frame::{Key, Swatch, Words, frame};
use super::series::{Cell, Series, size_to_compare};
use super::sheet::{Area, Sheet};
use super::units::{in_words, si, si_unit};
use crate::plan::Trial;
use crate::results::Report;
use crate::scenario::Metric;
use crate::text::grouped;

/// The article's use cases.
const CASES: [(&str, u32); 3] = [("Use case A", 1_000), ("Use case B", 10_000), ("Use case C", 100_000)];
/// The chart; `None` when no overhead was measured.
pub fn draw(reports: &[Report], all: &[Series<'_>]) -> Option<Sheet> {
    let any =
        all.iter().flat_map(|s| &s.cells).filter_map(|c| c.value(Metric::OverheadRate)).any(|v| v > 0.0);
    if !any {
        return None;
    }
    let comparable = comparable(reports);
    let groups = groups(all, comparable);
    let mut sheet = Sheet::default();
    let area = frame(&mut sheet, reports, &words(all, &groups, comparable), &keys(all, &groups));
    let middle = f64::midpoint(area.left, area.right);
    let panel = |log, title| Panel { title, groups: &groups, log, show: si };
    let left = Area { right: middle - 14.0, ..area };
    let right = Area { left: middle + 14.0, ..area };
    let beside = groups.iter().flat_map(|g| &g.bars).any(|bar| bar.printed.is_some());
    let linear =
        if beside { "overhead, bit/s · linear, as in the original" } else { "overhead, bit/s · linear" };
    draw_panel(&mut sheet, left, &panel(false, linear));
    draw_panel(&mut sheet, right, &panel(true, "overhead, bit/s · the same, logarithmic"));
    Some(sheet)
}

/// The caption: the article is spoken of where its figures are drawn.
pub fn about(reports: &[Report], all: &[Series<'_>]) -> &'static str {
    let beside = comparable(reports) && all.iter().any(|s| printed(s, CASES[0].1).is_some());
    match beside {
        true => "What travels besides the messages, beside the article's figures",
        false => "What travels besides the messages",
    }
}

fn comparable(reports: &[Report]) -> bool {
    reports.iter().flat_map(|r| &r.measurements).all(|m| like_the_article(&m.trial))
}

/// One small message a second and client.
fn like_the_article(trial: &Trial) -> bool {
    trial.load.publication().is_some_and(|p| p.every == Duration::from_secs(1) && p.payload <= 32)
}

fn groups(all: &[Series<'_>], comparable: bool) -> Vec<Group> {
    let mut sizes: Vec<u32> = all.iter().flat_map(|s| &s.cells).map(|cell| cell.clients).collect();
    if comparable {
        sizes.extend(CASES.map(|(_, clients)| clients));
    }
    sizes.sort_unstable();
    sizes.dedup();
    let skip = sizes.len().saturating_sub(most_groups(all.len()));
    sizes.into_iter().skip(skip).map(|clients| group(all, clients, comparable)).collect()
}

fn group(all: &[Series<'_>], clients: u32, comparable: bool) -> Group {
    let mut printed_for: Vec<&str> = Vec::new();
    let mut bars = Vec::new();
    for series in all {
        // One outline a transport: by the variant that the article speaks of.
        let name = series.transport.name();
        let first = comparable && !printed_for.contains(&name);
        let printed = first.then(|| printed(series, clients)).flatten();
        printed_for.extend(printed.map(|_| name));
        bars.push(bar(series, clients, printed, comparable));
    }
    let size = in_words(clients);
    match CASES.iter().find(|(_, at)| comparable && *at == clients) {
        Some((case, _)) => Group { name: (*case).to_owned(), detail: size, bars },
        None => Group { name: size, detail: String::new(), bars },
    }
}

fn bar(series: &Series<'_>, clients: u32, printed: Option<f64>, comparable: bool) -> Bar {
    let rate = Metric::OverheadRate;
    let cell = series.at(clients);
    let measured = cell.and_then(|cell| cell.value(rate));
    let model = if comparable { series.largest_sound().and_then(|cell| model(cell, clients)) } else { None };
    Bar {
        look: cell.map_or(series.look, |cell| series.look_of(cell)),
        value: measured.or(model),
        spread: cell.and_then(|cell| cell.spread(rate)),
        model: measured.is_none(),
        invalid: measured.is_some() && !cell.is_some_and(Cell::sound),
        printed,
    }
}

/// Overhead bytes a message x messages a second and client, both as measured at the largest size, x clients.
fn model(cell: &Cell<'_>, clients: u32) -> Option<f64> {
    let bytes = cell.value(Metric::OverheadPerMessage)?;
    let per_client = cell.value(Metric::Received)? / f64::from(cell.clients.max(1));
    Some(8.0 * bytes * per_client * f64::from(clients))
}

/// What the article prints for so many clients.
fn printed(series: &Series<'_>, clients: u32) -> Option<f64> {
    CASES.iter().find(|(_, at)| *at == clients)?;
    series.transport.printed_overhead().map(|each| each * f64::from(clients))
}

fn keys(all: &[Series<'_>], groups: &[Group]) -> Vec<Key> {
    let bars = || groups.iter().flat_map(|g| &g.bars);
    let mut keys = bars::keys(all, groups);
    if bars().any(|bar| bar.model && bar.value.is_some()) {
        keys.push(Key { text: "model, not measured".to_owned(), swatch: Swatch::Model });
    }
    if bars().any(|bar| bar.printed.is_some()) {
        keys.push(Key { text: "printed in the article".to_owned(), swatch: Swatch::Printed });
    }
    keys
}

fn words(all: &[Series<'_>], groups: &[Group], comparable: bool) -> Words {
    let mut notes = vec![
        "Overhead: all bytes above TCP that are not message, both directions, within the window; TCP/IP headers \
         and handshakes not counted."
            .to_owned(),
    ];
    if groups.iter().flat_map(|g| &g.bars).any(|bar| bar.model && bar.value.is_some()) {
        notes.push(
            "Model: measured overhead bytes per message (largest valid run) × messages a second × clients."
                .to_owned(),
        );
    }
    if comparable && let Some(last) = notes.last_mut() {
        last.push_str(" Article (websocket.org): 871 B a poll, 2 B a frame, one a second and client.");
    }
    Words { title: "Overhead: what travels besides the messages".to_owned(), finding: finding(all), notes }
}

/// Without the messages and TCP/IP, what sends few messages looks dearer than it is.
const NOT_ALL: &str = "Not what is moved in all: with the messages and TCP/IP that is drawn as traffic";

/// The dearest against the cheapest, at the largest size at which two may be compared.
fn finding(all: &[Series<'_>]) -> String {
    if all.iter().any(Series::overwritten) {
        return NOT_ALL.to_owned();
    }
    let size = size_to_compare(all, Metric::OverheadRate);
    let rate =
        |s: &Series<'_>| s.sound_at(size).and_then(|c| c.value(Metric::OverheadRate)).filter(|v| *v > 0.0);
    let mut rates: Vec<(f64, &str)> = all.iter().filter_map(|s| Some((rate(s)?, s.label.as_str()))).collect();
    rates.sort_by(|a, b| b.0.total_cmp(&a.0));
    let clients = in_words(size);
    let (Some(&(most, dear)), Some(&(least, cheap))) = (rates.first(), rates.last()) else {
        return String::new();
    };
    let costs = format!("At {clients}, {dear} spends {} besides the messages", si_unit(most, "bit/s"));
    match most / least {
        _ if rates.len() < 2 => costs,
        ratio if ratio < 1.05 => costs,
        ratio if ratio < 9.95 => {
            format!("{costs}, {ratio:.1} times what {cheap} does: {}", si_unit(least, "bit/s"))
        }
        ratio => {
            let times = grouped(ratio.round().min(1e15) as u64);
            format!("{costs}, {times} times what {cheap} does: {}", si_unit(least, "bit/s"))
        }
    }
}
