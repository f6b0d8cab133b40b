//! The window second by second, a row of panels a series: messages received on the left, latency on the right. A line begins
//! where every client can have an answer: before, only those are in that waited less than others must.
//!
//! It must not know how curves are drawn (`curves`). Its other end is `Tally::timeline`. How long a client waited for its
//! next message (`listen`) is not kept by the second: then there is no panel on the right.

use wsbench_targets::hist::Hist;

use super::axis;
use super::curves::curve;
use super::frame::{Key, Swatch, Words, frame};
use super::guard::sane;
use super::look::Look;
use super::scale::Scale;
use super::series::{Series, Subject, mark};
use super::sheet::{Area, Ink, Point, Sheet, Type};
use super::stroke::marker;
use super::timed::Timed;
use super::units::{Unit, count, text, tick};
use crate::meter::Interval;
use crate::results::Cell;

/// One series.
struct Line {
    name: String,
    look: Look,
    /// Seconds of the window before and after which nothing is drawn.
    from_s: f64,
    window_s: f64,
    seconds: Vec<Second>,
    /// What came after the window.
    drained: Option<f64>,
}

/// One interval, all repeats together.
struct Second {
    middle_s: f64,
    length_s: f64,
    rate: f64,
    median: Option<f64>,
    upper: Option<f64>,
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

/// A tick of the clock between two edges.
const HAIR: f64 = 0.01;
/// No longer than an hour and a half: beyond, the eye sees nothing and memory is spent.
const MOST_SECONDS: usize = 5_400;

/// The chart; `None` when no message was received.
pub fn draw(subject: &Subject<'_>) -> Option<Sheet> {
    let any = |cell: &Cell<'_>| (!intervals(cell).is_empty()).then_some(());
    let lines: Vec<(&Series<'_>, &Cell<'_>)> =
        subject.all.iter().filter_map(|series| Some((series, series.largest(any)?.0))).collect();
    let supported = |i: &Interval| i.latency.count() == 0 || i.latency.percentile(0.99).is_some();
    let all = lines.iter().all(|(_, cell)| intervals(cell).iter().all(|(_, i)| supported(i)));
    let upper = if all { Upper::P99 } else { Upper::Max };
    let lines: Vec<Line> = lines.iter().map(|(series, cell)| line(series, cell, upper)).collect();
    let any = lines.iter().flat_map(|line| &line.seconds).any(|second| second.rate > 0.0);
    any.then(|| draw_lines(subject, &lines, (Timed::of(subject), upper)))
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

fn line(series: &Series<'_>, cell: &Cell<'_>, upper: Upper) -> Line {
    let second = |(number, i): (usize, &Interval)| {
        let repeats = cell.repeats.iter().filter(|run| run.tally.timeline.len() > number).count();
        Second {
            middle_s: i.from_s + i.length_s / 2.0,
            length_s: i.length_s,
            rate: i.received as f64 / i.length_s / repeats.max(1) as f64,
            median: i.latency.percentile(0.5).map(|ns| ns as f64),
            upper: upper.of(&i.latency),
        }
    };
    let (from_s, window_s) = (from_s(cell), window_s(cell));
    let mut drained = Hist::default();
    let after = |i: &&Interval| i.from_s >= window_s - HAIR;
    cell.tally().timeline.iter().filter(after).for_each(|i| drained += &i.latency);
    Line {
        name: format!("{}, {}{}", series.label, count(cell.clients(), "client"), mark(cell)),
        look: series.look_of(cell),
        from_s,
        window_s,
        seconds: intervals(cell).into_iter().map(second).collect(),
        drained: upper.of(&drained),
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

/// A column of panels: what it shows, on which scale, of which line's seconds; the bolder curve and the thinner one.
struct Column {
    title: String,
    unit: Unit,
    scale: fn(Vec<f64>, f64, f64) -> Scale,
    bold: fn(&Second) -> Option<f64>,
    thin: fn(&Second) -> Option<f64>,
    drained: fn(&Line) -> Option<f64>,
}

fn columns(lines: &[Line], timed: Timed, upper: Upper) -> Vec<Column> {
    let received = Column {
        title: timed.rate().to_owned(),
        unit: Unit::PerSecond,
        scale: |values, from, to| Scale::linear(values.iter().map(|v| v * 1.1), from, to),
        bold: |second| Some(second.rate),
        thin: |_| None,
        drained: |_| None,
    };
    let latency = Column {
        title: format!("{}: {} and median", timed.title().to_lowercase(), upper.name()),
        unit: Unit::Nanoseconds,
        scale: |values, from, to| Scale::log(values, from, to),
        bold: |second| second.upper,
        thin: |second| second.median,
        drained: |line| line.drained,
    };
    let timed = lines.iter().flat_map(|line| &line.seconds).any(|second| second.upper.is_some());
    if timed { vec![received, latency] } else { vec![received] }
}

fn draw_lines(subject: &Subject<'_>, lines: &[Line], (timed, upper): (Timed, Upper)) -> Sheet {
    let columns = columns(lines, timed, upper);
    let pitch = if lines.len() > 6 { 148.0 } else { 178.0 };
    let high = TITLES + pitch * lines.len() as f64 + FOOT;
    let keys = [Key { text: "median".to_owned(), swatch: Swatch::Thin }];
    let keys = if columns.len() > 1 { &keys[..] } else { &[] };
    let words = words(lines, timed, upper, columns.len() > 1);
    let (mut sheet, area) = frame(subject, &words, keys, high);
    let (gap, many) = (40.0, columns.len() as f64);
    let wide = (area.width() - gap * (many - 1.0)) / many;
    for (n, column) in columns.iter().enumerate() {
        let left = area.left + n as f64 * (wide + gap);
        draw_column(&mut sheet, Area { left, right: left + wide, ..area }, (column, n == 0), (lines, pitch));
    }
    sheet
}

fn draw_column(
    sheet: &mut Sheet,
    whole: Area,
    (column, named): (&Column, bool),
    (lines, pitch): (&[Line], f64),
) {
    let values = || -> Vec<f64> {
        let inside = lines.iter().flat_map(|line| &line.seconds);
        let inside = inside.flat_map(|second| [(column.bold)(second), (column.thin)(second)]);
        inside.chain(lines.iter().map(column.drained)).flatten().collect()
    };
    let show = |value| tick(column.unit, value);
    let room = axis::room(&(column.scale)(values(), 1.0, 0.0), show);
    let mut area = whole.inset(room, TITLES + HEAD, 0.0, 0.0);
    sheet.text((whole.left, whole.top + 20.0), &column.title, Type::new(22.0, Ink::TEXT).bold());
    let window = lines.iter().map(|line| line.window_s).fold(0.0, f64::max);
    let x = Scale::exact(window, area.left, area.right - DRAIN - 6.0);
    for (n, line) in lines.iter().enumerate() {
        area.bottom = area.top + pitch - HEAD - 12.0;
        let y = (column.scale)(values(), area.bottom, area.top);
        for grey in [Area { right: x.at(line.from_s), ..area }, Area { left: area.right - DRAIN, ..area }] {
            sheet.rect(grey, Ink::SHADE);
        }
        axis::vertical(sheet, area, &y, "", show);
        if named {
            let at = (whole.left + 10.0, area.top - 26.0);
            marker(sheet, at, 8.0, line.look.marker, line.look.ink, false);
            sheet.centred((at.0 + 20.0, at.1), &line.name, Type::new(21.0, Ink::BLACK).bold());
        }
        let name =
            |v: f64| if n + 1 < lines.len() { String::new() } else { tick(Unit::Nanoseconds, v * 1e9) };
        let ticks: Vec<(f64, String)> = x.ticks().into_iter().map(|v| (x.at(v), name(v))).collect();
        axis::horizontal(
            sheet,
            area,
            &ticks,
            if n + 1 < lines.len() { "" } else { "time since the window began" },
        );
        draw_line(sheet, (column, line), (&x, &y));
        if let Some(ns) = (column.drained)(line) {
            marker(sheet, (area.right - DRAIN / 2.0, y.at(ns)), 6.5, line.look.marker, line.look.ink, false);
        }
        area.top += pitch;
    }
}

fn draw_line(sheet: &mut Sheet, (column, line): (&Column, &Line), (x, y): (&Scale, &Scale)) {
    let trace = |of: fn(&Second) -> Option<f64>| -> Vec<Point> {
        line.seconds.iter().filter_map(|s| Some((x.at(s.middle_s), y.at(of(s)?)))).collect()
    };
    sheet.line(&trace(column.thin), 2.0, line.look.ink);
    let bold = trace(column.bold);
    // At most some twenty markers.
    let marks: Vec<Point> = bold.iter().step_by(bold.len().div_ceil(20).max(1)).copied().collect();
    curve(sheet, Look { dash: &[], ..line.look }, &bold, &marks);
}

fn words(lines: &[Line], timed: Timed, upper: Upper, latency: bool) -> Words {
    let things = timed.things();
    let longest = lines.iter().flat_map(|line| &line.seconds).map(|s| s.length_s).fold(0.0, f64::max);
    let interval = if longest < 1.5 { "second".to_owned() } else { text(Unit::Nanoseconds, longest * 1e9) };
    let mut notes = vec![match latency {
        true => format!(
            "{} of the {things} that {} in each {interval}, {}. Grey on the right: what came after the window.",
            timed.title(),
            timed.done(),
            timed.span()
        ),
        false => format!(
            "How many {things} came in each {interval}; how long a client waited for its next is known of the whole window alone."
        ),
    }];
    if latency && upper == Upper::Max {
        notes.push(format!("Maximum: a {interval} has too few {things} for a 99th percentile."));
    }
    if lines.iter().any(|line| line.from_s > 0.0) {
        notes.push("Grey on the left: not every client can have an answer yet.".to_owned());
    }
    Words { title: "The run, second by second".to_owned(), finding: String::new(), notes }
}
