//! What the target cost: CPU seconds per 1,000 messages, and memory per client.
//!
//! It must not know how bars are drawn (`bars`). A server that is not ours to look at has no such chart.

use super::bars::{self, Bar, Group, Panel, draw as draw_panel, most_groups};
use super::frame::{Words, frame};
use super::series::{Cell, Series, size_to_compare};
use super::sheet::{Area, Sheet};
use super::timed::Timed;
use super::units::{bytes, few, in_words, seconds};
use crate::results::Report;
use crate::scenario::Metric;

/// The chart; `None` when neither was measured.
pub fn draw(reports: &[Report], all: &[Series<'_>]) -> Option<Sheet> {
    let cpu = groups(all, Metric::TargetCpuPerThousand);
    let memory = groups(all, Metric::TargetMemoryPerClient);
    let things = Timed::of(all).things();
    let title = format!("server CPU time per 1,000 {things}");
    let panels: Vec<Panel<'_>> = [
        Panel { title: &title, groups: &cpu, log: false, show: seconds },
        Panel { title: "server memory per client", groups: &memory, log: false, show: bytes },
    ]
    .into_iter()
    .filter(|panel| !panel.groups.is_empty())
    .collect();
    if panels.is_empty() {
        return None;
    }
    let shown: Vec<Group> = panels.iter().flat_map(|panel| panel.groups).cloned().collect();
    let keys = bars::keys(all, &shown);
    let mut sheet = Sheet::default();
    let area = frame(&mut sheet, reports, &words(all, things), &keys);
    let wide = (area.width() - 56.0 * (panels.len() - 1) as f64) / panels.len() as f64;
    for (n, panel) in panels.iter().enumerate() {
        let left = area.left + n as f64 * (wide + 56.0);
        draw_panel(&mut sheet, Area { left, right: left + wide, ..area }, panel);
    }
    Some(sheet)
}

fn words(all: &[Series<'_>], things: &str) -> Words {
    Words {
        title: "What the server pays".to_owned(),
        finding: finding(all, things),
        notes: vec![
            "CPU: user and system time of the target's processes in the window. Memory: resident at the window's \
             end minus before the first client, divided by clients."
                .to_owned(),
        ],
    }
}

/// CPU time of each at the largest size at which they may be compared.
fn finding(all: &[Series<'_>], things: &str) -> String {
    let size = size_to_compare(all, Metric::TargetCpuPerThousand);
    let cpu = |s: &Series<'_>| s.sound_at(size).and_then(|cell| cell.value(Metric::TargetCpuPerThousand));
    let each: Vec<String> =
        all.iter().filter_map(|s| Some(format!("{} ({})", seconds(cpu(s)?), s.label))).collect();
    match each.is_empty() {
        true => String::new(),
        false => format!("CPU for 1,000 {things} to {}: {}", in_words(size), few(&each)),
    }
}

/// By size; empty when the metric was never measured.
fn groups(all: &[Series<'_>], metric: Metric) -> Vec<Group> {
    let measured = all.iter().flat_map(|s| &s.cells).filter(|cell| cell.value(metric).is_some());
    let mut sizes: Vec<u32> = measured.map(|cell| cell.clients).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let skip = sizes.len().saturating_sub(most_groups(all.len()));
    let bar = |s: &Series<'_>, clients| {
        let cell = s.at(clients);
        Bar {
            look: cell.map_or(s.look, |cell| s.look_of(cell)),
            value: cell.and_then(|cell| cell.value(metric)),
            spread: cell.and_then(|cell| cell.spread(metric)),
            model: false,
            invalid: !cell.is_none_or(Cell::sound),
            printed: None,
        }
    };
    let group = |clients: u32| Group {
        name: in_words(clients),
        detail: String::new(),
        bars: all.iter().map(|s| bar(s, clients)).collect(),
    };
    sizes.into_iter().skip(skip).map(group).collect()
}
