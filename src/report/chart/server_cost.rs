//! What the server cost: CPU time per 1,000 messages, and memory per client. Where some leave messages out, CPU in all:
//! of fewer messages each costs more, and all of them less.
//!
//! It must not know how bars are drawn (`rows`). A server that is not ours to look at has no such chart.

use super::frame::Words;
use super::rows::Rows;
use super::series::{Subject, value};
use super::sheet::Sheet;
use super::timed::Timed;
use crate::results::Cell;
use crate::scenario::Metric;

/// A clock that is off by less is as good as exact.
const EXACT: f64 = 0.005;

/// The chart; `None` when neither was measured.
pub fn draw(subject: &Subject<'_>) -> Option<Sheet> {
    let things = Timed::of(subject).things;
    let each = format!("server CPU time per 1,000 {things}");
    let (cpu, title, finding) = match subject.overwritten() {
        true => (Metric::TargetCpu, "server CPU in all, 100 % is one core", "CPU for".to_owned()),
        false => (Metric::TargetCpuPerThousand, each.as_str(), format!("CPU time per 1,000 {things} at")),
    };
    let panels = [(title, cpu), ("server memory per client", Metric::TargetMemoryPerClient)];
    let error = |cell: &Cell<'_>, metric| if metric == cpu { error(cell, metric) } else { None };
    let mut notes = vec![
        "CPU: user and system time of the server's processes in the window. Memory: resident at the window's end \
         minus before the first client, divided by clients."
            .to_owned(),
    ];
    if subject.cells().any(|cell| error(cell, cpu).is_some()) {
        notes.push("±: how exactly that CPU time is known; the kernel counts it in ticks.".to_owned());
    }
    let words =
        Words { title: "Server CPU and memory".to_owned(), finding: subject.finding(&finding, cpu), notes };
    Rows::of_metrics(subject, &panels, error).sheet(subject, words, &[])
}

/// By how much a cell's CPU may be off, in the unit of the metric.
fn error(cell: &Cell<'_>, metric: Metric) -> Option<f64> {
    let target = cell.sum.target.as_ref()?;
    let share = target.cpu_error_s / target.cpu_s();
    (EXACT..1e3).contains(&share).then_some(share * value(cell, metric)?)
}
