//! Curves with markers on them, and names at their ends that keep clear of each other.
//!
//! It must not know what the axes mean. Its other ends are `latency`, `timeline` and `capacity`.

use super::look::Look;
use super::sheet::{Ink, Point, Sheet, Type};
use super::stroke::dashed;

/// Width of a curve.
const WIDTH: f64 = 4.0;

/// A curve in its series' dashes, and its marker at `marks`.
pub fn curve(sheet: &mut Sheet, look: Look, points: &[Point], marks: &[Point]) {
    dashed(sheet, points, WIDTH, look.ink, look.dash);
    for &at in marks {
        look.mark(sheet, at, 7.5);
    }
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
