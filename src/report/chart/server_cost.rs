//! What the target cost: CPU seconds per 1,000 messages, and memory per client. Where some leave messages out, CPU in all:
//! of fewer messages each costs more, and all of them less.
//!
//! It must not know how bars are drawn (`bars`). A server that is not ours to look at has no such chart.

use super::bars::{Panel, by_size, side_by_side};
use super::frame::Words;
use super::series::{Series, size_to_compare};
use super::sheet::Sheet;
use super::timed::Timed;
use super::units::{bytes, few, in_words, percent, seconds};
use crate::results::Report;
use crate::scenario::Metric;

/// The chart; `None` when neither was measured.
pub fn draw(reports: &[Report], all: &[Series<'_>]) -> Option<Sheet> {
    let cpu = Cpu::of(all);
    let by_cpu = by_size(all, cpu.metric);
    let memory = by_size(all, Metric::TargetMemoryPerClient);
    let panels = [
        Panel { title: &cpu.title, groups: &by_cpu, log: false, show: cpu.show },
        Panel { title: "server memory per client", groups: &memory, log: false, show: bytes },
    ];
    side_by_side(reports, all, &panels, &words(all, &cpu))
}

/// Which CPU is told.
struct Cpu {
    metric: Metric,
    title: String,
    show: fn(f64) -> String,
    /// Begins the finding.
    told: String,
}

impl Cpu {
    fn of(all: &[Series<'_>]) -> Cpu {
        let things = Timed::of(all).things();
        match all.iter().any(Series::overwritten) {
            true => Cpu {
                metric: Metric::TargetCpu,
                title: "server CPU in all, 100 % is one core".to_owned(),
                show: percent,
                told: "Server CPU in all, for".to_owned(),
            },
            false => Cpu {
                metric: Metric::TargetCpuPerThousand,
                title: format!("server CPU time per 1,000 {things}"),
                show: seconds,
                told: format!("CPU for 1,000 {things} to"),
            },
        }
    }
}

fn words(all: &[Series<'_>], cpu: &Cpu) -> Words {
    Words {
        title: "What the server pays".to_owned(),
        finding: finding(all, cpu),
        notes: vec![
            "CPU: user and system time of the target's processes in the window. Memory: resident at the window's \
             end minus before the first client, divided by clients."
                .to_owned(),
        ],
    }
}

/// CPU of each at the largest size at which they may be compared.
fn finding(all: &[Series<'_>], cpu: &Cpu) -> String {
    let size = size_to_compare(all, cpu.metric);
    let of = |s: &Series<'_>| s.sound_at(size).and_then(|cell| cell.value(cpu.metric));
    let each: Vec<String> =
        all.iter().filter_map(|s| Some(format!("{} ({})", (cpu.show)(of(s)?), s.label))).collect();
    match each.is_empty() {
        true => String::new(),
        false => format!("{} {}: {}", cpu.told, in_words(size), few(&each)),
    }
}
