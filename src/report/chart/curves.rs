//! Charts of curves over two axes, a curve a series, with markers on them and names at their ends that keep clear of each
//! other.
//!
//! It must not know what the axes mean. Its other ends are `latency`, `latency_ecdf`, `timeline` and `capacity`.

use super::frame::{Key, Swatch, Words, frame};
use super::look::Look;
use super::series::{Series, Subject, mark, sound};
use super::sheet::{Area, Ink, Point, Sheet, Type};
use super::stroke::dashed;
use super::units::count;
use crate::results::Cell;

/// Height of the panel.
const HIGH: f64 = 600.0;

/// One curve, in the units of the axes.
pub struct Line {
    pub name: String,
    pub clients: u32,
    /// What stands behind its name.
    mark: &'static str,
    pub look: Look,
    /// Whether something may be claimed of it.
    pub sound: bool,
    /// Ascending.
    pub points: Vec<Point>,
    /// Where its marker stands.
    pub marks: Vec<Point>,
}

impl Line {
    /// The curve of the largest cell for which there is one.
    pub fn of(
        series: &Series<'_>,
        curve: impl Fn(&Cell<'_>) -> Option<(Vec<Point>, Vec<Point>)>,
    ) -> Option<Line> {
        let (cell, (points, marks)) = series.largest(curve)?;
        Some(Line {
            name: series.label.clone(),
            clients: cell.clients(),
            mark: mark(cell),
            look: series.look_of(cell),
            sound: sound(cell),
            points,
            marks,
        })
    }
}

/// A sheet for curves, and the room left on it. What all have in common, the number of clients, stands in the title.
pub fn panel(subject: &Subject<'_>, mut words: Words, lines: &[Line]) -> (Sheet, Area) {
    let same = lines.iter().all(|line| line.clients == lines[0].clients);
    if let (true, Some(line)) = (same, lines.first()) {
        words.title += &format!(", {}", count(line.clients, "client"));
    }
    let key = |line: &Line| {
        let size = if same { String::new() } else { format!(", {}", count(line.clients, "client")) };
        Key { text: format!("{}{size}{}", line.name, line.mark), swatch: Swatch::Line(line.look) }
    };
    let keys: Vec<Key> = lines.iter().map(key).collect();
    frame(subject, &words, &keys, HIGH)
}

/// Width of a curve.
const WIDTH: f64 = 4.0;

/// A curve in its series' dashes, and its marker at `marks`.
pub fn curve(sheet: &mut Sheet, look: Look, points: &[Point], marks: &[Point]) {
    dashed(sheet, &thinned(points), WIDTH, look.ink, look.dash);
    for &at in marks {
        look.mark(sheet, at, 7.5);
    }
}

/// Without points that lie within a pixel of the one before: a histogram has thousands.
fn thinned(points: &[Point]) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    for (n, &point) in points.iter().enumerate() {
        let near = kept.last().is_some_and(|last| (last.0 - point.0).hypot(last.1 - point.1) < 1.0);
        if !near || n + 1 == points.len() {
            kept.push(point);
        }
    }
    kept
}

/// A name at a curve's end.
#[derive(Clone, Debug)]
pub struct EndLabel {
    pub at: Point,
    pub look: Look,
    pub text: String,
}

/// Writes the names to the right of their points, moved apart, between `top` and `bottom`.
pub fn end_labels(sheet: &mut Sheet, mut labels: Vec<EndLabel>, (x, top, bottom): (f64, f64, f64)) {
    labels.sort_by(|a, b| a.at.1.total_cmp(&b.at.1));
    let gap = 29.0f64.min((bottom - top) / labels.len().max(1) as f64);
    let mut places: Vec<f64> = labels.iter().map(|label| label.at.1).collect();
    for n in 1..places.len() {
        places[n] = places[n].max(places[n - 1] + gap);
    }
    let mut limit = bottom;
    for place in places.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - gap;
    }
    for (label, y) in labels.iter().zip(places) {
        let from = (label.at.0 + 10.0, label.at.1);
        sheet.line(&[from, (x - 6.0, y)], 1.0, Ink::AXIS);
        let size = (gap * 0.8).clamp(12.0, 22.0);
        sheet.centred((x, y), &label.text, Type::new(size, label.look.ink.legible()).bold());
    }
}
