//! Metrics over runs: a panel for each row of the scenario and metric, run by run, with the runs at which another level begins
//! marked. Each panel has an axis of its own from 0: beside a row that is slower by design a change would be flat.
//!
//! It must not know how changes are found. Its other end is `view::trend`.

use super::axis;
use super::frame::{Words, frame};
use super::guard::{clean, sane};
use super::scale::Scale;
use super::series::Subject;
use super::sheet::{Area, Ink, Point as At, Sheet, Type};
use super::stroke::{Marker, dashed, marker};
use super::units::tick;
use crate::report::view::trend::{Point, Series, Trend};
use crate::text::factor;

/// Panels beside each other.
const COLUMNS: usize = 3;
/// Between two of them.
const GAP: f64 = 34.0;
/// From one line of panels to the next.
const PITCH: f64 = 212.0;
/// In a panel above its lines, for its name.
const HEAD: f64 = 42.0;
/// Below them, for the times.
const FOOT: f64 = 34.0;
/// Above the panels of a row, for the row's name.
const NAME: f64 = 44.0;
/// So many lines of panels stand on a sheet.
const MOST: usize = 24;

const RUN: Ink = Ink(0x3B, 0x5B, 0x78);
const LEVEL: Ink = Ink(0xB9, 0xC9, 0xD9);
/// As in a comparison.
const WORSE: Ink = Ink(0xC6, 0x28, 0x28);
const BETTER: Ink = Ink(0x15, 0x65, 0xC0);

/// The chart; `None` where nothing was measured twice.
pub fn draw(trend: &Trend) -> Option<Sheet> {
    trend.series.first()?;
    let all: Vec<&[Series]> = trend.series.chunk_by(|a, b| a.row == b.row).collect();
    let (mut rows, mut lines) = (Vec::new(), 0);
    for row in &all {
        lines += row.len().div_ceil(COLUMNS);
        if lines <= MOST || rows.is_empty() {
            rows.push(*row);
        }
    }
    let high = rows.iter().map(|row| NAME + PITCH * row.len().div_ceil(COLUMNS) as f64).sum();
    let words = words(trend, all.len() - rows.len());
    let (mut sheet, area) = frame(&Subject::new(&[], None), &words, &[], high);
    let mut top = area.top;
    for row in rows {
        top = draw_row(&mut sheet, Area { top, ..area }, row);
    }
    Some(sheet)
}

fn words(trend: &Trend, left_out: usize) -> Words {
    let any = |so: fn(&Point) -> bool| trend.series.iter().any(|series| series.points.iter().any(so));
    let mut notes = vec![
        "A point a run, the oldest at the left, evenly spaced; axes begin at 0. Pale: the level that the runs have in common."
            .to_owned(),
    ];
    if any(|point| point.change.is_some()) {
        notes.push(
            "Upright: the run at which another level begins, and how many times the former it is; red for the worse, blue for \
             the better."
                .to_owned(),
        );
    }
    notes.extend(any(|point| point.suspect).then(|| "Hollow: a suspect trial is part of it.".to_owned()));
    notes.extend(
        (left_out > 0)
            .then(|| format!("Not drawn, for want of room: {left_out} more rows; the tables have them.")),
    );
    Words { title: trend.title(), finding: trend.summary(), notes }
}

/// The panels of one row; gives the y below.
fn draw_row(sheet: &mut Sheet, area: Area, row: &[Series]) -> f64 {
    sheet.line(&[(area.left, area.top + 6.0), (area.right, area.top + 6.0)], 1.0, Ink::GRID);
    let name = row.first().map_or("", |series| &series.row);
    sheet.text((area.left, area.top + 34.0), &clean(name, 120), Type::new(24.0, Ink::BLACK).bold());
    let wide = (area.width() + GAP) / COLUMNS as f64;
    for (n, series) in row.iter().enumerate() {
        let (column, line) = ((n % COLUMNS) as f64, (n / COLUMNS) as f64);
        let (left, top) = (area.left + column * wide, area.top + NAME + line * PITCH);
        panel(sheet, Area { left, right: left + wide - GAP, top, bottom: top + PITCH }, series);
    }
    area.top + NAME + PITCH * row.len().div_ceil(COLUMNS) as f64
}

fn panel(sheet: &mut Sheet, whole: Area, series: &Series) {
    let unit = series.written();
    let points: Vec<(usize, &Point)> =
        series.points.iter().enumerate().filter(|(_, point)| sane(point.value).is_some()).collect();
    let values = || points.iter().map(|(_, point)| point.value * 1.1);
    let show = |value| tick(unit, value);
    let room = axis::room(&Scale::linear(values(), 1.0, 0.0), show);
    let area = whole.inset(room, HEAD, 0.0, FOOT + 12.0);
    let y = Scale::linear(values(), area.bottom, area.top);
    let last = (series.points.len().saturating_sub(1)).max(1) as f64;
    let x = Scale::exact(last, area.left + 14.0, area.right - 14.0);
    let place = |(run, value): (usize, f64)| -> At { (x.at(run as f64), y.at(value)) };
    heading(sheet, whole, series);
    axis::vertical(sheet, area, &y, "", show);
    axis::base(sheet, area);
    times(sheet, area, series);
    levels(sheet, series, place);
    let line: Vec<At> = points.iter().map(|(run, point)| place((*run, point.value))).collect();
    sheet.line(&line, 2.0, RUN);
    let radius = if line.len() > 60 { 3.5 } else { 5.5 };
    for ((_, point), at) in points.iter().zip(&line) {
        marker(sheet, *at, radius, Marker::Circle, RUN);
        if point.suspect {
            marker(sheet, *at, radius - 2.5, Marker::Circle, Ink::WHITE);
        }
    }
    changes(sheet, area, series, |run| x.at(run as f64));
}

/// The metric, and its first and last value.
fn heading(sheet: &mut Sheet, whole: Area, series: &Series) {
    let [first, last] = series.ends().map(|shown| shown.joined());
    let at = |x| (x, whole.top + 22.0);
    sheet.text(at(whole.left), series.metric, Type::new(21.0, Ink::TEXT).bold());
    let ends = format!("{first} → {last}");
    sheet.text(at(whole.right), &ends, Type::new(20.0, Ink::QUIET).end());
}

/// When the first and the last run began.
fn times(sheet: &mut Sheet, area: Area, series: &Series) {
    let (Some(first), Some(last)) = (series.points.first(), series.points.last()) else { return };
    let day = |point: &Point| point.started.chars().take(10).collect::<String>();
    let hour = |point: &Point| point.started.chars().skip(11).take(5).collect::<String>();
    let same = day(first) == day(last);
    let [first, last] = [first, last].map(|point| if same { hour(point) } else { day(point) });
    let (y, font) = (area.bottom + 24.0, Type::new(19.0, Ink::QUIET));
    sheet.text((area.left, y), &first, font);
    sheet.text((area.right, y), &last, font.end());
}

/// A band from the first to the last run of each level.
fn levels(sheet: &mut Sheet, series: &Series, place: impl Fn((usize, f64)) -> At) {
    let numbered: Vec<(usize, f64)> = series
        .points
        .iter()
        .enumerate()
        .filter_map(|(run, point)| Some((run, point.level.and_then(sane)?)))
        .collect();
    for level in numbered.chunk_by(|a, b| a.1 == b.1) {
        let (from, to) = (place(level[0]), place(level[level.len() - 1]));
        sheet.line(&[(from.0 - 8.0, from.1), (to.0 + 8.0, to.1)], 9.0, LEVEL);
    }
}

/// Where another level begins.
fn changes(sheet: &mut Sheet, area: Area, series: &Series, x: impl Fn(usize) -> f64) {
    let numbered = series.points.iter().enumerate();
    for (run, by) in numbered.filter_map(|(run, point)| Some((run, point.change.and_then(sane)?))) {
        let ink = if series.worse(by) { WORSE } else { BETTER };
        // Between the last run of the former level and the first of the new one.
        let at = f64::midpoint(x(run.saturating_sub(1)), x(run));
        dashed(sheet, &[(at, area.top - 6.0), (at, area.bottom)], 2.0, ink, &[7.0, 5.0]);
        let (text, font) = (factor(by), Type::new(19.0, ink).bold());
        let beside =
            if at + font.width(&text) + 8.0 > area.right { (at - 6.0, font.end()) } else { (at + 6.0, font) };
        sheet.text((beside.0, area.bottom - 8.0), &text, beside.1);
    }
}
