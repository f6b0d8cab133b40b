//! The window second by second, a row of panels a series: messages received on the left, latency on the right. A line begins
//! where every client can have an answer: before, only those are in that waited less than others must.
//!
//! It must not know how curves are drawn (`curves`). Its other end is `Tally::timeline`. How long a client waited for its
//! next message (`listen`) is not kept by the second: then there is no panel on the right.

use wsbench_targets::hist::Hist;

use super::axis;
use super::curves::curve;
use super::frame::{Words, frame};
use super::guard::sane;
use super::look::Look;
use super::plot::{self, Axis, Plot};
use super::scale::Scale;
use super::series::{Series, Subject, mark};
use super::sheet::{Area, Ink, Point, Sheet, Type};
use super::timed::Timed;
use super::units::{Unit, count, text, tick};
use crate::meter::Interval;
use crate::results::Cell;

/// One series; points are (seconds, what there was then), all repeats together.
struct Line {
    name: String,
    look: Look,
    /// Before it nothing is drawn.
    from_s: f64,
    window_s: f64,
    rate: Vec<Point>,
    upper: Vec<Point>,
    median: Vec<Point>,
    /// The upper latency of what came after the window.
    drained: Option<f64>,
}

/// The upper of the two latencies drawn, by name: the 99th percentile if every second has the samples, or the maximum.
type Upper = (&'static str, fn(&Hist) -> Option<u64>);
const P99: Upper = ("99th percentile", |hist| hist.percentile(0.99));
const MAX: Upper = ("maximum", Hist::max);

/// What stands at the axis of time.
const BENEATH: &str = "time since the window began";
/// A tick of the clock between two edges.
const HAIR: f64 = 0.01;
/// No longer than an hour and a half: beyond, the eye sees nothing and memory is spent.
const MOST_SECONDS: usize = 5_400;

/// The chart; `None` when no message was received.
pub fn draw(subject: &Subject<'_>) -> Option<Sheet> {
    let Lines { all, upper, longest_s } = Lines::of(subject)?;
    Some(draw_lines(subject, &all, (upper, longest_s)))
}

/// The same lines as numbers, a plot for each kind; none where there is no chart.
pub fn plots(subject: &Subject<'_>) -> Vec<Plot> {
    let Some(Lines { all, upper: (upper, _), .. }) = Lines::of(subject) else { return vec![] };
    let timed = Timed::of(subject);
    let plot = |title: String, y: Axis, of: fn(&Line) -> &[Point]| {
        let lines = all.iter().map(|line| plot::Line::new(&line.name, line.look, of(line)));
        let lines: Vec<plot::Line> = lines.filter(|line| !line.x.is_empty()).collect();
        let x = Axis { unit: "s", ..Axis::new(BENEATH, Unit::Nanoseconds) };
        Plot { stem: "timeline", title, x, y, lines }
    };
    let times = |what: &str| Axis::new(what, Unit::Nanoseconds).logarithmic();
    let latency = |what: &str| format!("{}: {what}", timed.title);
    let plots = [
        plot(timed.rate.to_owned(), Axis::new(timed.rate, Unit::PerSecond), |line| &line.rate),
        plot(latency(upper), times(upper), |line| &line.upper),
        plot(latency("median"), times("median"), |line| &line.median),
    ];
    plots.into_iter().filter(|plot| !plot.lines.is_empty()).collect()
}

/// What there is to draw.
struct Lines {
    all: Vec<Line>,
    upper: Upper,
    longest_s: f64,
}

impl Lines {
    fn of(subject: &Subject<'_>) -> Option<Lines> {
        let any = |cell: &Cell<'_>| (!intervals(cell).is_empty()).then_some(());
        let all: Vec<(&Series<'_>, &Cell<'_>)> =
            subject.all.iter().filter_map(|series| Some((series, series.largest(any)?.0))).collect();
        let every = || all.iter().flat_map(|(_, cell)| intervals(cell)).map(|(_, interval)| interval);
        let supported = |i: &Interval| i.latency.count() == 0 || i.latency.percentile(0.99).is_some();
        let upper = if every().all(supported) { P99 } else { MAX };
        let longest_s = every().map(|i| i.length_s).fold(0.0, f64::max);
        let lines = || all.iter().map(|(series, cell)| line(series, cell, upper)).collect();
        every().any(|i| i.received > 0).then(|| Lines { all: lines(), upper, longest_s })
    }
}

/// The intervals of the window in which every client can have an answer, with their numbers. What is left of a window after
/// its last whole interval is no sample of anything; nor is the drain, of any length.
fn intervals<'c>(cell: &'c Cell<'_>) -> Vec<(usize, &'c Interval)> {
    let (from, until) = (from_s(cell), window_s(cell));
    let sane = |i: &Interval| sane(i.from_s).is_some() && i.length_s.is_finite() && i.length_s > 0.0;
    let inside = |i: &Interval| i.from_s >= from - HAIR && i.from_s + i.length_s <= until + HAIR;
    let all = cell.tally().timeline.iter().enumerate().take(MOST_SECONDS);
    let mut whole: Vec<(usize, &Interval)> = all.filter(|(_, i)| sane(i) && inside(i)).collect();
    let usual = whole.iter().map(|(_, i)| i.length_s).fold(0.0, f64::max);
    whole.retain(|(_, i)| i.length_s * 2.0 > usual);
    whole
}

/// Of the longest of its repeats.
fn window_s(cell: &Cell<'_>) -> f64 {
    cell.repeats.iter().filter_map(|run| sane(run.window_s)).fold(0.0, f64::max)
}

/// When the longest wait is over; the begin where a window is no longer than that.
fn from_s(cell: &Cell<'_>) -> f64 {
    let wait = cell.trial().transport.longest_wait().as_secs_f64();
    if wait < window_s(cell) - 1.0 { wait } else { 0.0 }
}

fn line(series: &Series<'_>, cell: &Cell<'_>, (_, upper): Upper) -> Line {
    let intervals = intervals(cell);
    let middle = |i: &Interval| i.from_s + i.length_s / 2.0;
    let rate = |&(number, i): &(usize, &Interval)| {
        let repeats = cell.repeats.iter().filter(|run| run.tally.timeline.len() > number).count();
        (middle(i), i.received as f64 / i.length_s / repeats.max(1) as f64)
    };
    let latency = |of: fn(&Hist) -> Option<u64>| -> Vec<Point> {
        intervals.iter().filter_map(|(_, i)| Some((middle(i), of(&i.latency)? as f64))).collect()
    };
    let (window_s, mut drained) = (window_s(cell), Hist::default());
    let after = cell.tally().timeline.iter().filter(|i| i.from_s >= window_s - HAIR);
    after.for_each(|i| drained += &i.latency);
    Line {
        name: format!("{}, {}{}", series.label, count(cell.clients(), "client"), mark(cell)),
        look: series.look_of(cell),
        from_s: from_s(cell),
        window_s,
        rate: intervals.iter().map(rate).collect(),
        upper: latency(upper),
        median: latency(|hist| hist.percentile(0.5)),
        drained: upper(&drained).map(|ns| ns as f64),
    }
}

/// A column of panels: what it shows, the bolder curve and the thinner one, and what came after the window.
struct Column {
    title: String,
    unit: Unit,
    curves: fn(&Line) -> (&[Point], &[Point]),
    drained: fn(&Line) -> Option<f64>,
}

fn received(line: &Line) -> (&[Point], &[Point]) {
    (&line.rate, &[])
}

fn latency(line: &Line) -> (&[Point], &[Point]) {
    (&line.upper, &line.median)
}

impl Column {
    /// From 0, or for times logarithmic; the same for all lines.
    fn scale(&self, lines: &[Line], start: f64, end: f64) -> Scale {
        let points = lines.iter().map(self.curves).flat_map(|(bold, thin)| bold.iter().chain(thin));
        let values = points.map(|(_, value)| *value).chain(lines.iter().filter_map(self.drained));
        match self.unit {
            Unit::Nanoseconds => Scale::log(values, start, end),
            _ => Scale::linear(values.map(|value| value * 1.1), start, end),
        }
    }
}

/// Above a panel, for its name.
const HEAD: f64 = 46.0;
/// Above all panels, for what they show.
const TITLES: f64 = 34.0;
/// Below all of them, for the axis.
const FOOT: f64 = 66.0;
/// To the right of the window, for what came after it.
const DRAIN: f64 = 28.0;
/// Between two columns.
const GAP: f64 = 40.0;

fn draw_lines(subject: &Subject<'_>, lines: &[Line], (upper, longest_s): (Upper, f64)) -> Sheet {
    let timed = Timed::of(subject);
    let mut columns = vec![Column {
        title: timed.rate.to_owned(),
        unit: Unit::PerSecond,
        curves: received,
        drained: |_| None,
    }];
    if lines.iter().any(|line| !line.upper.is_empty()) {
        let title = format!("{}: {} (bold) and median", timed.title.to_lowercase(), upper.0);
        columns.push(Column {
            title,
            unit: Unit::Nanoseconds,
            curves: latency,
            drained: |line| line.drained,
        });
    }
    let pitch = if lines.len() > 6 { 148.0 } else { 178.0 };
    let words = words(lines, timed, (upper, longest_s), columns.len() > 1);
    let (mut sheet, area) = frame(subject, &words, &[], TITLES + pitch * lines.len() as f64 + FOOT);
    let wide = (area.width() + GAP) / columns.len() as f64;
    for (n, column) in columns.iter().enumerate() {
        let left = area.left + n as f64 * wide;
        let place = Area { left, right: left + wide - GAP, ..area };
        sheet.text((left, area.top + 20.0), &column.title, Type::new(22.0, Ink::TEXT).bold());
        draw_column(&mut sheet, place, (column, n == 0), (lines, pitch));
    }
    sheet
}

fn draw_column(
    sheet: &mut Sheet,
    whole: Area,
    (column, named): (&Column, bool),
    (lines, pitch): (&[Line], f64),
) {
    let show = |value| tick(column.unit, value);
    let room = axis::room(&column.scale(lines, 1.0, 0.0), show);
    let mut area = whole.inset(room, TITLES + HEAD, 0.0, 0.0);
    let window = lines.iter().map(|line| line.window_s).fold(0.0, f64::max);
    let x = Scale::exact(window, area.left, area.right - DRAIN - 6.0);
    for (n, line) in lines.iter().enumerate() {
        area.bottom = area.top + pitch - HEAD - 12.0;
        let y = column.scale(lines, area.bottom, area.top);
        for grey in [Area { right: x.at(line.from_s), ..area }, Area { left: area.right - DRAIN, ..area }] {
            sheet.rect(grey, Ink::SHADE);
        }
        axis::vertical(sheet, area, &y, "", show);
        let last = n + 1 == lines.len();
        let name = |s: f64| if last { tick(Unit::Nanoseconds, s * 1e9) } else { String::new() };
        let ticks: Vec<(f64, String)> = x.ticks().into_iter().map(|s| (x.at(s), name(s))).collect();
        axis::horizontal(sheet, area, &ticks, if last { BENEATH } else { "" });
        if named {
            let (at, y) = (whole.left + 10.0, area.top - 26.0);
            line.look.mark(sheet, (at, y), 8.0);
            sheet.centred((at + 20.0, y), &line.name, Type::new(21.0, Ink::BLACK).bold());
        }
        let (bold, thin) = (column.curves)(line);
        let placed =
            |points: &[Point]| -> Vec<Point> { points.iter().map(|p| (x.at(p.0), y.at(p.1))).collect() };
        sheet.line(&placed(thin), 2.0, line.look.ink);
        let bold = placed(bold);
        // At most some twenty markers.
        let marks: Vec<Point> = bold.iter().step_by(bold.len().div_ceil(20).max(1)).copied().collect();
        curve(sheet, Look { dash: &[], ..line.look }, &bold, &marks);
        if let Some(ns) = (column.drained)(line) {
            line.look.mark(sheet, (area.right - DRAIN / 2.0, y.at(ns)), 6.5);
        }
        area.top += pitch;
    }
}

fn words(lines: &[Line], timed: Timed, (upper, longest_s): (Upper, f64), latency: bool) -> Words {
    let (Timed { title, things, done, span, .. }, (name, _)) = (timed, upper);
    let interval =
        if longest_s < 1.5 { "second".to_owned() } else { text(Unit::Nanoseconds, longest_s * 1e9) };
    let mut notes = vec![match latency {
        true => format!(
            "{title} of the {things} that {done} in each {interval}, {span}. Grey on the right: what came after the window."
        ),
        false => format!(
            "How many {things} came in each {interval}; how long a client waited for its next is known of the whole window alone."
        ),
    }];
    if latency && name == MAX.0 {
        notes.push(format!("Maximum: a {interval} has too few {things} for a 99th percentile."));
    }
    if lines.iter().any(|line| line.from_s > 0.0) {
        notes.push("Grey on the left: not every client can have an answer yet.".to_owned());
    }
    Words { title: "The run, second by second".to_owned(), finding: String::new(), notes }
}
