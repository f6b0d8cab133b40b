//! Axes: faint grid lines, values beside them, what they count and in which unit.
//!
//! It must not know what is drawn between them.

use super::scale::Scale;
use super::sheet::{Area, Ink, Sheet, Type};

/// Size of an axis's numbers.
pub const NUMBERS: f64 = 21.0;
/// Size of an axis's title.
const TITLE: f64 = 22.0;

/// Room that the numbers of a vertical axis take.
pub fn room(scale: &Scale, show: impl Fn(f64) -> String) -> f64 {
    let font = Type::new(NUMBERS, Ink::QUIET);
    scale.ticks().into_iter().map(|value| font.width(&show(value))).fold(20.0, f64::max) + 16.0
}

/// Horizontal grid lines with their values to the left of `area`, and the title above it.
pub fn vertical(sheet: &mut Sheet, area: Area, scale: &Scale, title: &str, show: impl Fn(f64) -> String) {
    let font = Type::new(NUMBERS, Ink::QUIET).end();
    if area.height() > 200.0 {
        scale.minor().into_iter().for_each(|v| {
            sheet.line(&[(area.left, scale.at(v)), (area.right, scale.at(v))], 1.0, Ink::SHADE);
        });
    }
    let mut taken = f64::INFINITY;
    for value in scale.ticks() {
        let y = scale.at(value);
        if y + NUMBERS * 1.2 <= taken {
            sheet.line(&[(area.left, y), (area.right, y)], 1.0, Ink::GRID);
            sheet.centred((area.left - 12.0, y), &show(value), font);
            taken = y;
        }
    }
    let left = area.left - room(scale, &show) + 4.0;
    sheet.text((left, area.top - 22.0), title, Type::new(TITLE, Ink::TEXT).bold());
}

/// Vertical grid lines with their names below `area`, and the title below them, in the middle. Where there is no room for all
/// names, the first are those that stand.
pub fn horizontal(sheet: &mut Sheet, area: Area, ticks: &[(f64, String)], title: &str) {
    let font = Type::new(NUMBERS, Ink::QUIET).middle();
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for (x, name) in ticks {
        let half = font.width(name) / 2.0 + 7.0;
        if taken.iter().all(|(from, to)| x + half < *from || x - half > *to) {
            sheet.line(&[(*x, area.top), (*x, area.bottom)], 1.0, Ink::GRID);
            sheet.text((*x, area.bottom + 28.0), name, font);
            taken.push((x - half, x + half));
        }
    }
    base(sheet, area);
    let middle = f64::midpoint(area.left, area.right);
    sheet.text((middle, area.bottom + 58.0), title, Type::new(TITLE, Ink::TEXT).bold().middle());
}

/// So many of evenly spaced names that all have room: every one, or every other one.
pub fn even(ticks: Vec<(f64, String)>) -> Vec<(f64, String)> {
    let font = Type::new(NUMBERS, Ink::QUIET);
    let close = |pair: &[&(f64, String)]| {
        (pair[1].0 - pair[0].0).abs() < (font.width(&pair[0].1) + font.width(&pair[1].1)) / 2.0 + 14.0
    };
    let fits = |every: &usize| {
        let some: Vec<_> = ticks.iter().step_by(*every).collect();
        !some.windows(2).any(close)
    };
    let every = (1..=ticks.len()).find(fits).unwrap_or(1);
    ticks.into_iter().step_by(every).collect()
}

/// The line on which everything stands.
pub fn base(sheet: &mut Sheet, area: Area) {
    sheet.line(&[(area.left, area.bottom), (area.right, area.bottom)], 2.0, Ink::AXIS);
}
