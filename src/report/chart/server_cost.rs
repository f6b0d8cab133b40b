//! What the target cost: CPU seconds per 1,000 messages, and memory per client.
//!
//! It must not know how bars are drawn (`bars`). A server that is not ours to look at has no such chart.

use super::bars::{Panel, by_size, side_by_side};
use super::frame::Words;
use super::series::{Series, size_to_compare};
use super::sheet::Sheet;
use super::timed::Timed;
use super::units::{bytes, few, in_words, seconds};
use crate::results::Report;
use crate::scenario::Metric;

/// The chart; `None` when neither was measured.
pub fn draw(reports: &[Report], all: &[Series<'_>]) -> Option<Sheet> {
    let cpu = by_size(all, Metric::TargetCpuPerThousand);
    let memory = by_size(all, Metric::TargetMemoryPerClient);
    let things = Timed::of(all).things();
    let title = format!("server CPU time per 1,000 {things}");
    let panels = [
        Panel { title: &title, groups: &cpu, log: false, show: seconds },
        Panel { title: "server memory per client", groups: &memory, log: false, show: bytes },
    ];
    side_by_side(reports, all, &panels, &words(all, things))
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
