//! What a search found: how much each transport sustains, and what was seen on the way: the metric of the first condition,
//! and server CPU, over the sizes.
//!
//! It must not know which size was tried when. Its other end is `results::Capacity`. A bar ends at the largest size that
//! passed, and its range at the smallest that failed. Every try is a marker, hollow where it failed; the line goes through
//! the last of each size.

use super::axis;
use super::bar::{Axis, Bar};
use super::curves::curve;
use super::frame::{Words, frame};
use super::guard::sane;
use super::look::Look;
use super::rows::{Group, Panel, Row, Rows};
use super::scale::Scale;
use super::series::{Subject, dress, series};
use super::sheet::{Area, Ink, Point, Sheet, Type};
use super::stroke::dashed;
use super::units::{Unit, text, tick};
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
    /// `None` when the trial failed to run.
    measured: Option<&'a Measurement>,
}

/// Above and below the panels of curves.
const HIGH: f64 = 460.0;

/// The chart; `None` when no run was a search. Lines are its own: series hold what there is at the capacities alone.
pub fn draw(subject: &Subject<'_>) -> Option<Sheet> {
    let lines = lines(subject.reports);
    let over = lines.first()?.found.over;
    let bars = bars(over, &lines);
    let panels = metrics(&lines);
    let high = if panels.is_empty() { 0.0 } else { HIGH };
    let (mut sheet, area) = frame(subject, &words(over), &[], bars.high() + high);
    let below = area.top + bars.high();
    bars.draw(&mut sheet, Area { bottom: below, ..area });
    let wide = (area.width() - 56.0 * panels.len().saturating_sub(1) as f64) / panels.len().max(1) as f64;
    for (n, metric) in panels.into_iter().enumerate() {
        let left = area.left + n as f64 * (wide + 56.0);
        let place = Area { left, right: left + wide, top: below + 20.0, bottom: area.bottom };
        draw_panel(&mut sheet, place, metric, (over, &lines));
    }
    Some(sheet)
}

/// Searches over the same thing as the first: another has another axis.
fn lines(reports: &[Report]) -> Vec<Line<'_>> {
    let over = reports.iter().flat_map(|report| &report.capacity).map(|found| found.over).next();
    let mut all = series(reports, |report| {
        if report.capacity.is_empty() { vec![] } else { report.measurements.iter().collect() }
    });
    dress(&mut all);
    let line = |series: super::series::Series<'_>| {
        let first = series.cells.first()?;
        let (report, name) = (&reports[first.run], first.trial().row_name());
        let found =
            report.capacity.iter().find(|found| found.transport == name && Some(found.over) == over)?;
        Some(Line { label: series.label, look: series.look, found, tries: tries(report, found) })
    };
    all.into_iter().filter_map(line).collect()
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

    /// How far it is known: up to the largest that passed, and not from the smallest that failed on.
    fn bar(&self) -> Bar {
        let (held, failed) = (self.found.passed.and_then(sane), self.found.failed_at.and_then(sane));
        let range = failed.filter(|_| !self.found.at_least()).map(|failed| (held.unwrap_or(0.0), failed));
        Bar { range, ..Bar::plain(held.unwrap_or(0.0), in_words(self.found)) }
    }
}

fn bars(over: Over, lines: &[Line<'_>]) -> Rows {
    let row =
        |line: &Line<'_>| Row { name: line.label.clone(), look: line.look, bars: vec![Some(line.bar())] };
    let panel =
        Panel { title: format!("{} sustained", unit(over)), axis: Axis::Linear, unit: Unit::PerSecond };
    let group = Group { name: String::new(), rows: lines.iter().map(row).collect() };
    Rows { panels: vec![panel], groups: vec![group], left_out: vec![] }
}

/// The metric of the first condition, or the usual latency; and what it cost.
fn metrics(lines: &[Line<'_>]) -> Vec<Metric> {
    let condition = lines.iter().flat_map(|line| &line.found.conditions).next();
    let mut metrics =
        vec![condition.map_or(Metric::LatencyP99, |condition| condition.metric), Metric::TargetCpu];
    metrics.dedup();
    metrics.retain(|metric| lines.iter().any(|line| !line.points(*metric).is_empty()));
    metrics
}

fn draw_panel(sheet: &mut Sheet, whole: Area, metric: Metric, (over, lines): (Over, &[Line<'_>])) {
    let points: Vec<Vec<(&Try<'_>, f64)>> = lines.iter().map(|line| line.points(metric)).collect();
    let conditions = lines.iter().flat_map(|line| &line.found.conditions).filter(|c| c.metric == metric);
    let mut limits: Vec<f64> = conditions.flat_map(|c| [c.max, c.min]).flatten().filter_map(sane).collect();
    limits.sort_by(f64::total_cmp);
    limits.dedup();
    let scale = |start, end| {
        let values = points.iter().flatten().map(|point| point.1).chain(limits.iter().copied());
        if metric.unit() == Unit::Nanoseconds {
            Scale::log(values, start, end)
        } else {
            Scale::linear(values, start, end)
        }
    };
    let show = |value| tick(metric.unit(), value);
    let area = whole.inset(axis::room(&scale(1.0, 0.0), show), 44.0, 24.0, 66.0);
    let (y, x) = (
        scale(area.bottom, area.top),
        Scale::log(lines.iter().flat_map(|line| &line.tries).map(|t| t.size), area.left, area.right),
    );
    axis::vertical(sheet, area, &y, &title(metric), show);
    let ticks: Vec<(f64, String)> =
        x.ticks().into_iter().map(|size| (x.at(size), tick(Unit::PerSecond, size))).collect();
    axis::horizontal(sheet, area, &ticks, unit(over));
    for &limit in &limits {
        dashed(sheet, &[(area.left, y.at(limit)), (area.right, y.at(limit))], 2.5, Ink::BLACK, &[10.0, 6.0]);
        let said = format!("limit {}", text(metric.unit(), limit));
        sheet.text((area.left + 10.0, y.at(limit) - 8.0), &said, Type::new(19.0, Ink::BLACK).bold());
    }
    for (line, points) in lines.iter().zip(&points) {
        let at = |(t, value): &(&Try<'_>, f64)| -> Point { (x.at(t.size), y.at(*value)) };
        let through: Vec<Point> = points.iter().filter(|(t, _)| t.decides).map(at).collect();
        curve(sheet, line.look, &through, &[]);
        for point in points {
            let mark = if point.0.passed { Look::mark } else { Look::ring };
            mark(line.look, sheet, at(point), 8.0);
        }
    }
}

/// `latency p99`.
fn title(metric: Metric) -> String {
    if metric == Metric::TargetCpu {
        return "server CPU, 100 % is one core".to_owned();
    }
    metric.name().replace(['.', '-'], " ")
}

fn unit(over: Over) -> &'static str {
    match over {
        Over::Clients => "clients",
        Over::Rate => "messages per second and client",
    }
}

/// `12,000 (2 of 3) and not 13,000 (0 of 2)`; with "at least" where the search went no further.
fn in_words(found: &Capacity) -> String {
    let below = found.passed.is_some() && found.failed_at.is_some();
    let passes = search::passes(found);
    if below { format!("{passes} and not {}", search::fails(found)) } else { passes }
}

fn words(over: Over) -> Words {
    Words {
        title: "What the server sustains".to_owned(),
        finding: String::new(),
        notes: vec![format!(
            "{} were raised until most tries failed, then narrowed. Bars: the largest that passed; whiskers: up to the \
             smallest that failed. Hollow: a try that failed. No mark: too few messages for the percentile.",
            match over {
                Over::Clients => "Clients",
                Over::Rate => "Messages per second and client",
            }
        )],
    }
}
