//! The window second by second: messages received above, latency below.
//!
//! It must not know how curves are drawn (`curves`). Its other end is `Tally::timeline`.

use wsbench_targets::hist::Hist;

use super::axis;
use super::curves::curve;
use super::frame::{Key, Swatch, Words, frame};
use super::scale::Scale;
use super::series::{Cell, Look, Series};
use super::sheet::{Area, Ink, Point, Sheet, Type};
use super::timed::Timed;
use super::units::{duration, short, si};
use crate::results::Report;

/// One interval, all repeats together.
struct Second {
    middle_s: f64,
    end_s: f64,
    length_s: f64,
    rate: f64,
    latency: Hist,
}

/// One transport.
struct Line {
    label: String,
    look: Look,
    window_s: f64,
    seconds: Vec<Second>,
}

/// The upper of the two latencies drawn: the 99th percentile if every second has the samples, or the maximum.
#[derive(Clone, Copy, PartialEq)]
enum Upper {
    P99,
    Max,
}

impl Upper {
    fn of(self, hist: &Hist) -> Option<f64> {
        match self {
            Upper::P99 => hist.percentile(0.99),
            Upper::Max => hist.max(),
        }
        .map(|ns| ns as f64)
    }

    fn name(self) -> &'static str {
        match self {
            Upper::P99 => "99th percentile",
            Upper::Max => "maximum",
        }
    }
}

/// The chart; `None` when no message was received.
pub fn draw(reports: &[Report], all: &[Series<'_>]) -> Option<Sheet> {
    let lines: Vec<Line> = all.iter().filter_map(line).collect();
    if !lines.iter().flat_map(|line| &line.seconds).any(|second| second.rate > 0.0) {
        return None;
    }
    let supported = |s: &Second| s.latency.count() == 0 || s.latency.percentile(0.99).is_some();
    let inside = lines.iter().flat_map(|l| l.seconds.iter().filter(|s| s.end_s <= l.window_s + 0.01));
    let upper = if inside.into_iter().all(supported) { Upper::P99 } else { Upper::Max };
    let mut sheet = Sheet::default();
    let timed = Timed::of(all);
    let longest = lines.iter().map(Line::interval_s).fold(0.0, f64::max);
    let area = frame(&mut sheet, reports, &words(timed, upper, longest), &keys(&lines));
    draw_panels(&mut sheet, area, &lines, (timed, upper));
    Some(sheet)
}

fn keys(lines: &[Line]) -> Vec<Key> {
    let mut keys: Vec<Key> =
        lines.iter().map(|l| Key { text: l.label.clone(), swatch: Swatch::Line(l.look) }).collect();
    keys.push(Key { text: "median".to_owned(), swatch: Swatch::Thin });
    keys
}

fn line(series: &Series<'_>) -> Option<Line> {
    let cell = series.cells.iter().rev().find(|c| c.runs.iter().any(|run| !run.tally.timeline.is_empty()))?;
    let window_s = cell.median(|run| Some(run.window_s)).unwrap_or(0.0);
    Some(Line { label: series.name_of(cell), look: series.look_of(cell), window_s, seconds: seconds(cell) })
}

impl Line {
    /// Seconds of its longest interval within the window.
    fn interval_s(&self) -> f64 {
        let inside = self.seconds.iter().filter(|s| s.end_s <= self.window_s + 0.01);
        inside.map(|s| s.length_s).fold(0.0, f64::max)
    }
}

/// No longer than an hour and a half: beyond, the eye sees nothing and memory is spent.
const MOST_SECONDS: usize = 5_400;

fn seconds(cell: &Cell<'_>) -> Vec<Second> {
    let longest = cell.runs.iter().map(|run| run.tally.timeline.len()).max().unwrap_or(0);
    (0..longest.min(MOST_SECONDS)).filter_map(|n| second(cell, n)).collect()
}

fn second(cell: &Cell<'_>, number: usize) -> Option<Second> {
    let mut latency = Hist::default();
    let (mut rate, mut repeats, mut begin, mut end) = (0.0, 0u32, 0.0, 0.0);
    for interval in cell.runs.iter().filter_map(|run| run.tally.timeline.get(number)) {
        if interval.from_s.is_finite() && interval.length_s.is_finite() && interval.length_s > 0.0 {
            latency += &interval.latency;
            rate += interval.received as f64 / interval.length_s;
            (begin, end) = (interval.from_s, interval.from_s + interval.length_s);
            repeats += 1;
        }
    }
    let middle_s = f64::midpoint(begin, end);
    (repeats > 0).then(|| Second {
        middle_s,
        end_s: end,
        length_s: end - begin,
        rate: rate / f64::from(repeats),
        latency,
    })
}

fn draw_panels(sheet: &mut Sheet, whole: Area, lines: &[Line], (timed, upper): (Timed, Upper)) {
    let every = || lines.iter().flat_map(|line| &line.seconds);
    let latencies = || every().flat_map(|s| [upper.of(&s.latency), median(&s.latency)]).flatten();
    let rates = || every().map(|s| s.rate);
    let room = axis::room(&Scale::log(latencies(), 1.0, 0.0), duration)
        .max(axis::room(&Scale::linear(rates().map(|v| v * 1.1), 1.0, 0.0), si));
    let above = whole.inset(room, 44.0, 24.0, whole.height() * 0.60);
    let below = Area { top: above.bottom + 70.0, bottom: whole.bottom - 66.0, ..above };
    let x = Scale::exact(every().map(|s| s.end_s).fold(0.0, f64::max), above.left, above.right);
    for area in [above, below] {
        shade_drain(sheet, area, lines, &x);
    }
    if every().any(|second| second.end_s > lines.iter().map(|l| l.window_s).fold(0.0, f64::max) + 0.01) {
        let at = (above.right, above.top - 22.0);
        sheet.text(at, "grey: after the window (drain)", Type::new(20.0, Ink::QUIET).end());
    }
    let rate = Scale::linear(rates().map(|v| v * 1.1), above.bottom, above.top);
    axis::vertical(sheet, above, &rate, timed.rate(), si);
    axis::base(sheet, above);
    let time = Scale::log(latencies(), below.bottom, below.top);
    let title = format!("{}: {} and median", timed.title().to_lowercase(), upper.name());
    axis::vertical(sheet, below, &time, &title, duration);
    let ticks: Vec<(f64, String)> =
        x.ticks().into_iter().map(|v| (x.at(v), format!("{} s", short(v)))).collect();
    axis::horizontal(sheet, below, &ticks, "time since the window began");
    for line in lines {
        let trace = |of: &dyn Fn(&Second) -> Option<f64>| -> Vec<Point> {
            line.seconds.iter().filter_map(|s| Some((x.at(s.middle_s), of(s)?))).collect()
        };
        // What the drain brings is no rate of the load: a line into it would only fall from one to the other.
        // Nor is the sliver that is left of a window after its last whole interval.
        let whole = |s: &Second| s.end_s <= line.window_s + 0.01 && s.length_s * 2.0 > line.interval_s();
        let received = trace(&|s| whole(s).then(|| rate.at(s.rate)));
        curve(sheet, line.look, &received, &sparse(&received));
        sheet.line(&trace(&|s| median(&s.latency).map(|ns| time.at(ns))), 2.0, line.look.ink);
        let most = trace(&|s| upper.of(&s.latency).map(|ns| time.at(ns)));
        curve(sheet, line.look, &most, &sparse(&most));
    }
}

fn median(hist: &Hist) -> Option<f64> {
    hist.percentile(0.5).map(|ns| ns as f64)
}

/// At most some twenty of the points, for markers.
fn sparse(points: &[Point]) -> Vec<Point> {
    points.iter().step_by(points.len().div_ceil(20).max(1)).copied().collect()
}

/// What came after the window is not measured load: grey.
fn shade_drain(sheet: &mut Sheet, area: Area, lines: &[Line], x: &Scale) {
    let window = lines.iter().map(|line| line.window_s).fold(0.0, f64::max);
    let left = x.at(window);
    if window > 0.0 && area.right - left > 2.0 {
        sheet.rect(Area { left, ..area }, Ink::SHADE);
    }
}

/// `second`; of a run so long that several are one interval, `12 s`.
fn interval(longest_s: f64) -> String {
    if longest_s < 1.5 { "second".to_owned() } else { format!("{} s", short(longest_s)) }
}

fn words(timed: Timed, upper: Upper, longest: f64) -> Words {
    let things = timed.things();
    let samples = match upper {
        Upper::P99 => String::new(),
        Upper::Max => format!(" Maximum, for a second has too few {things} for a 99th percentile."),
    };
    Words {
        title: "The run, second by second".to_owned(),
        finding: String::new(),
        notes: vec![format!(
            "{} of the {things} that {} in each {}, {}. Timed is what was due in the window; what comes after it is \
             one point.{samples}",
            timed.title(),
            timed.done(),
            interval(longest),
            timed.span()
        )],
    }
}
