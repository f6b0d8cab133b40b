//! What a search saw on its way: latency and server CPU over the sizes, and where each transport's limit lies.
//!
//! It must not know which size was tried when. Its other end is `results::Capacity`. Every try is a marker, hollow where it
//! failed; the line goes through the last of each size, which decided. The largest size that passed has a line down to the
//! axis with its number.

use super::axis;
use super::curves::WIDTH as STROKE;
use super::frame::{Key, Swatch, Words, frame};
use super::guard::sane;
use super::scale::Scale;
use super::series::{Look, Series, with_all_steps};
use super::sheet::{Area, Point, Sheet, Type};
use super::stroke::{dashed, marker};
use super::units::{duration, few, short, si};
use crate::report::view::search;
use crate::results::{Capacity, Measurement, Report};
use crate::scenario::{Metric, Over};

/// One transport's search.
struct Line<'a> {
    label: String,
    look: Look,
    found: &'a Capacity,
    /// By size, ascending, and in their order.
    tries: Vec<Try<'a>>,
}

struct Try<'a> {
    size: f64,
    passed: bool,
    /// The last of its size.
    decides: bool,
    /// `None` when the trial could not be held.
    measured: Option<&'a Measurement>,
}

/// What a panel shows.
struct Panel {
    title: &'static str,
    metric: Metric,
    log: bool,
    show: fn(f64) -> String,
}

const PANELS: [Panel; 2] = [
    Panel { title: "latency, 99 % within", metric: Metric::LatencyP99, log: true, show: duration },
    Panel { title: "server CPU, cores", metric: Metric::TargetCpu, log: false, show: short },
];

/// The chart; `None` when no run was a search or nothing of it can be drawn. Lines are its own: series hold what
/// there is at the capacities alone.
pub fn draw(reports: &[Report], _: &[Series<'_>]) -> Option<Sheet> {
    let lines = lines(reports);
    let shown = |panel: &&Panel| lines.iter().any(|line| !line.points(panel.metric).is_empty());
    let panels: Vec<&Panel> = PANELS.iter().filter(shown).collect();
    let over = lines.first()?.found.over;
    if panels.is_empty() {
        return None;
    }
    let keys: Vec<Key> =
        lines.iter().map(|l| Key { text: l.label.clone(), swatch: Swatch::Line(l.look) }).collect();
    let mut sheet = Sheet::default();
    let area = frame(&mut sheet, reports, &words(over, &lines), &keys);
    let wide = (area.width() - 56.0 * (panels.len() - 1) as f64) / panels.len() as f64;
    for (n, panel) in panels.iter().enumerate() {
        let left = area.left + n as f64 * (wide + 56.0);
        draw_panel(&mut sheet, Area { left, right: left + wide, ..area }, panel, (over, &lines));
    }
    Some(sheet)
}

/// Searches over the same thing as the first: another has another axis.
fn lines(reports: &[Report]) -> Vec<Line<'_>> {
    let over = reports.iter().flat_map(|report| &report.capacity).map(|found| found.over).next();
    let mut lines = Vec::new();
    for series in with_all_steps(reports) {
        let trial = series.cells.first().and_then(|cell| cell.runs.first()).map(|run| &run.trial);
        let Some(name) = trial.map(|trial| trial.way()) else { continue };
        // The series' run is that in which its first measurement lies.
        let whose = |report: &&Report| {
            let first = series.cells.first().and_then(|cell| cell.runs.first());
            report.measurements.iter().any(|m| first.is_some_and(|first| std::ptr::eq(*first, m)))
        };
        let Some(report) = reports.iter().find(whose) else { continue };
        let found = report.capacity.iter().find(|found| found.transport == name && Some(found.over) == over);
        let label = series.label;
        lines.extend(found.map(|found| Line {
            label,
            look: series.look,
            found,
            tries: tries(report, found),
        }));
    }
    lines
}

fn tries<'a>(report: &'a Report, found: &Capacity) -> Vec<Try<'a>> {
    let mut tries: Vec<Try<'_>> = Vec::new();
    for step in found.steps.iter().filter(|step| sane(step.size).is_some()) {
        tries.iter_mut().filter(|other| other.size == step.size).for_each(|other| other.decides = false);
        let measured = report.measurements.iter().find(|m| m.trial.number == step.trial);
        tries.push(Try { size: step.size, passed: step.why.is_none(), decides: true, measured });
    }
    tries.sort_by(|a, b| a.size.total_cmp(&b.size));
    tries
}

impl Line<'_> {
    /// Tries with their value, where the metric was measured and supported.
    fn points(&self, metric: Metric) -> Vec<(&Try<'_>, f64)> {
        let value = |t: &Try<'_>| t.measured?.value(metric).and_then(sane);
        self.tries.iter().filter_map(|t| Some((t, value(t)?))).collect()
    }
}

fn draw_panel(sheet: &mut Sheet, whole: Area, panel: &Panel, (over, lines): (Over, &[Line<'_>])) {
    let points: Vec<Vec<(&Try<'_>, f64)>> = lines.iter().map(|line| line.points(panel.metric)).collect();
    let values = || points.iter().flatten().map(|point| point.1);
    let sizes = lines.iter().flat_map(|line| &line.tries).map(|t| t.size);
    let numbers = axis::room(&scale(panel, values(), (1.0, 0.0)), panel.show);
    let area = whole.inset(numbers, 44.0, 24.0, 66.0);
    let y = scale(panel, values(), (area.bottom, area.top));
    let x = Scale::log(sizes, area.left, area.right);
    axis::vertical(sheet, area, &y, panel.title, panel.show);
    let ticks: Vec<(f64, String)> = x.ticks().into_iter().map(|size| (x.at(size), si(size))).collect();
    axis::horizontal(sheet, area, &ticks, unit(over));
    for (line, points) in lines.iter().zip(&points) {
        limit(sheet, area, &x, line);
        let at = |(t, value): &(&Try<'_>, f64)| -> Point { (x.at(t.size), y.at(*value)) };
        let curve: Vec<Point> = points.iter().filter(|(t, _)| t.decides).map(at).collect();
        dashed(sheet, &curve, STROKE, line.look.ink, line.look.dash);
        for point in points {
            marker(sheet, at(point), 8.0, line.look.marker, line.look.ink, !point.0.passed);
        }
    }
    names(sheet, area, &x, lines);
}

fn scale(panel: &Panel, values: impl Iterator<Item = f64>, (start, end): (f64, f64)) -> Scale {
    if panel.log { Scale::log(values, start, end) } else { Scale::linear(values, start, end) }
}

/// A thin line at the largest size that passed.
fn limit(sheet: &mut Sheet, area: Area, x: &Scale, line: &Line<'_>) {
    if let Some(held) = line.found.held.and_then(sane) {
        let at = x.at(held);
        dashed(sheet, &[(at, area.bottom), (at, area.top)], 2.0, line.look.ink, &[4.0, 6.0]);
    }
}

/// The capacities beside their lines, one below the other.
fn names(sheet: &mut Sheet, area: Area, x: &Scale, lines: &[Line<'_>]) {
    for (n, line) in lines.iter().enumerate() {
        let Some(held) = line.found.held.and_then(sane) else { continue };
        let (at, y) = (x.at(held), area.top + 22.0 + 26.0 * n as f64);
        let font = Type::new(20.0, line.look.ink).bold();
        let text = in_words(line.found);
        match at - font.width(&text) - 10.0 > area.left {
            true => sheet.text((at - 8.0, y), &text, font.end()),
            false => sheet.text((at + 8.0, y), &text, font),
        }
    }
}

fn unit(over: Over) -> &'static str {
    match over {
        Over::Clients => "clients",
        Over::Rate => "messages a second and client",
    }
}

/// `12,000 (2 of 3) and not 13,000 (0 of 2)`; with "at least" where the search went no further.
fn in_words(found: &Capacity) -> String {
    let below = found.held.is_some() && found.failed_at.is_some();
    let passes = search::passes(found);
    if below { format!("{passes} and not {}", search::fails(found)) } else { passes }
}

fn words(over: Over, lines: &[Line<'_>]) -> Words {
    let each: Vec<String> =
        lines.iter().map(|line| format!("{} {}", line.label, in_words(line.found))).collect();
    Words {
        title: "What the server sustains".to_owned(),
        finding: format!("Passes: {}", few(&each)),
        notes: vec![format!(
            "Sizes ({}) were raised until one failed in most tries, then narrowed. Hollow: a try that failed. Dotted: the \
             largest that passed. No point: too few messages for a p99.",
            unit(over)
        )],
    }
}
