//! Strokes that a sheet has not: dashes, hatching, outlines, markers. Made of lines and polygons, so that every
//! backend paints them alike.
//!
//! It must not know what they stand for: `series` says which look belongs to whom.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, TAU};

use super::sheet::{Area, Ink, Point, Sheet};

/// The shape of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
    Plus,
    Star,
    Down,
    Cross,
}

/// All of them, in the order in which transports take them.
pub const MARKERS: [Marker; 8] = [
    Marker::Circle,
    Marker::Square,
    Marker::Triangle,
    Marker::Diamond,
    Marker::Plus,
    Marker::Star,
    Marker::Down,
    Marker::Cross,
];

/// A filled marker about `at`, with a rim of paper.
pub fn marker(sheet: &mut Sheet, at: Point, radius: f64, shape: Marker, ink: Ink) {
    sheet.polygon(&corners(at, radius + 1.5, shape), Ink::WHITE);
    sheet.polygon(&corners(at, radius, shape), ink);
}

fn corners((x, y): Point, r: f64, shape: Marker) -> Vec<Point> {
    // Corners at even angles from `turn` on; every other one by so much nearer.
    let (count, turn, r, nearer) = match shape {
        Marker::Circle => (24, 0.0, r, 1.0),
        Marker::Square => (4, FRAC_PI_4, r * 1.25, 1.0),
        Marker::Triangle => (3, -FRAC_PI_2, r * 1.3, 1.0),
        Marker::Diamond => (4, 0.0, r * 1.3, 1.0),
        Marker::Star => (10, -FRAC_PI_2, r * 1.4, 0.42),
        Marker::Down => (3, FRAC_PI_2, r * 1.3, 1.0),
        Marker::Plus => return bars((x, y), r * 1.25, 0.0),
        Marker::Cross => return bars((x, y), r * 1.25, FRAC_PI_4),
    };
    let corner = |n: u32| {
        let angle = turn + TAU * f64::from(n) / f64::from(count);
        let r = if n % 2 == 1 { r * nearer } else { r };
        (x + r * angle.cos(), y + r * angle.sin())
    };
    (0..count).map(corner).collect()
}

/// Two crossed bars.
fn bars((x, y): Point, long: f64, turn: f64) -> Vec<Point> {
    const WIDE: f64 = 0.38;
    let arm = |n: u32| {
        let (sin, cos) = (f64::from(n) * FRAC_PI_2 + turn).sin_cos();
        [(1.0, -WIDE), (1.0, WIDE), (WIDE, WIDE)]
            .map(|(a, b)| (x + long * (a * cos - b * sin), y + long * (a * sin + b * cos)))
    };
    (0..4).flat_map(arm).collect()
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
    let Area { left, top, right, bottom } = area;
    sheet.line(&[(left, bottom), (left, top), (right, top), (right, bottom), (left, bottom)], 3.0, ink);
}
