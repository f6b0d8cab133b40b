//! Strokes that a sheet has not: dashes, hatching, outlines, markers. Made of lines and polygons, so that every
//! backend paints them alike.
//!
//! It must not know what they stand for: `series` says which look belongs to whom.

use super::sheet::{Area, Ink, Point, Sheet};

/// The shape of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
}

/// A filled marker about `at`, or a white one with a rim.
pub fn marker(sheet: &mut Sheet, at: Point, radius: f64, shape: Marker, ink: Ink, hollow: bool) {
    sheet.polygon(&corners(at, radius + 1.5, shape), Ink::WHITE);
    sheet.polygon(&corners(at, radius, shape), ink);
    if hollow {
        sheet.polygon(&corners(at, radius - 3.0, shape), Ink::WHITE);
    }
}

fn corners((x, y): Point, r: f64, shape: Marker) -> Vec<Point> {
    let (count, turn, r) = match shape {
        Marker::Circle => (24, 0.0, r),
        Marker::Square => (4, std::f64::consts::FRAC_PI_4, r * 1.25),
        Marker::Triangle => (3, -std::f64::consts::FRAC_PI_2, r * 1.3),
        Marker::Diamond => (4, 0.0, r * 1.3),
    };
    (0..count)
        .map(|n| turn + std::f64::consts::TAU * f64::from(n) / f64::from(count))
        .map(|angle| (x + r * angle.cos(), y + r * angle.sin()))
        .collect()
}

/// A line in dashes: lengths on and off in turn; solid when `dash` is empty.
pub fn dashed(sheet: &mut Sheet, points: &[Point], width: f64, ink: Ink, dash: &[f64]) {
    if dash.iter().any(|&length| length < 1.0) || dash.len() < 2 {
        return sheet.line(points, width, ink);
    }
    let mut piece: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut turn, mut left) = (0, dash[0]);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        let mut length = (to.0 - from.0).hypot(to.1 - from.1);
        while length > left {
            from = between(from, to, left / length);
            length -= left;
            piece.push(from);
            if turn % 2 == 0 {
                sheet.line(&piece, width, ink);
            }
            piece = vec![from];
            turn += 1;
            left = dash[turn % dash.len()];
        }
        left -= length;
        piece.push(to);
    }
    if turn % 2 == 0 {
        sheet.line(&piece, width, ink);
    }
}

fn between(from: Point, to: Point, share: f64) -> Point {
    (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
}

/// The rim of a rectangle.
pub fn outline(sheet: &mut Sheet, area: Area, width: f64, ink: Ink) {
    let Area { left, top, right, bottom } = area;
    sheet.line(&[(left, bottom), (left, top)], width, ink);
    sheet.line(&[(left, top), (right, top)], width, ink);
    sheet.line(&[(right, top), (right, bottom)], width, ink);
}

/// Diagonal lines within a rectangle, on white, with a rim.
pub fn hatched(sheet: &mut Sheet, area: Area, ink: Ink) {
    const STEP: f64 = 11.0;
    let (wide, high) = (area.width(), area.height());
    sheet.rect(area, ink.mixed(Ink::WHITE, 0.82));
    let count = ((wide + high) / STEP).clamp(0.0, 500.0) as u32;
    for n in 1..=count {
        let reach = f64::from(n) * STEP;
        let from = (area.left + (reach - high).max(0.0), area.bottom - reach.min(high));
        let to = (area.left + reach.min(wide), area.bottom - (reach - wide).max(0.0));
        sheet.line(&[from, to], 3.0, ink);
    }
    outline(sheet, area, 3.0, ink);
}
