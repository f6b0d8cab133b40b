//! A value as a bar with its parts, or as a mark, with its range and its number behind it.
//!
//! It must not know what it is of. Its other end is `rows`.

use super::look::Look;
use super::scale::Scale;
use super::series::value;
use super::sheet::{Area, Ink, Sheet, Type};
use super::stroke::hatched;
use super::units::text;
use crate::results::Cell;
use crate::scenario::Metric;

/// What a panel's axis is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Axis {
    /// From 0.
    Linear,
    /// Logarithmic.
    Log,
    /// Logarithmic, values being the distance from 1.
    Ratio,
}

/// A value in a row.
#[derive(Clone, Debug)]
pub struct Bar {
    pub value: f64,
    pub text: String,
    /// The least and the most that it was, or may be.
    pub range: Option<(f64, f64)>,
    /// Computed, not measured.
    pub model: bool,
    /// What others printed for it.
    pub printed: Option<f64>,
    /// What it is the sum of, in their order; empty where that is not told.
    pub parts: Vec<Part>,
}

/// A part of a bar.
#[derive(Clone, Debug)]
pub struct Part {
    pub value: f64,
    pub ink: Ink,
    /// Its value and its name, and its value alone.
    pub names: [String; 2],
}

impl Bar {
    /// A metric of a cell: the range is that of its repeats, or else what the clock's `error` leaves open.
    pub fn of(cell: &Cell<'_>, metric: Metric, error: Option<f64>) -> Option<Bar> {
        let value = value(cell, metric)?;
        let mut bar = Bar::plain(value, text(metric.unit(), value));
        bar.range = cell.spread(|m| m.value(metric));
        if let Some(error) = error {
            bar.text += &format!(" ± {}", text(metric.unit(), error));
            bar.range = bar.range.or(Some(((value - error).max(0.0), value + error)));
        }
        Some(bar)
    }

    /// Nothing but its value.
    pub fn plain(value: f64, text: String) -> Bar {
        Bar { value, text, range: None, model: false, printed: None, parts: vec![] }
    }

    /// All that must find room on its axis.
    pub fn every_value(&self) -> impl Iterator<Item = f64> {
        let (least, most) = self.range.unzip();
        [Some(self.value), least, most, self.printed].into_iter().flatten()
    }
}

/// Draws a bar, or its mark, from the left of `slot` on, and its value in `font` behind it.
pub fn draw(
    sheet: &mut Sheet,
    slot: Area,
    (bar, look): (&Bar, Look),
    (axis, scale): (Axis, &Scale),
    font: Type,
) {
    let (at, middle) = (scale.at(bar.value), f64::midpoint(slot.top, slot.bottom));
    let body = Area { right: at.max(slot.left + 2.0), ..slot };
    let mut beside = String::new();
    match axis {
        Axis::Linear if !bar.parts.is_empty() => beside = draw_parts(sheet, slot, &bar.parts, (scale, font)),
        Axis::Linear if bar.model && body.width() > 8.0 => hatched(sheet, body, look.ink),
        Axis::Linear => sheet.rect(body, look.ink),
        Axis::Log => sheet.line(&[(slot.left, middle), (at, middle)], 1.0, Ink::GRID),
        Axis::Ratio => sheet.line(&[(slot.left, middle), (at, middle)], 5.0, look.ink),
    }
    let mut end = at;
    if let Some((least, most)) = bar.range {
        whisker(sheet, middle, (scale.at(least), scale.at(most)));
        end = end.max(scale.at(most));
    }
    if let Some(printed) = bar.printed.map(|value| scale.at(value)) {
        sheet.line(&[(printed, slot.top - 3.0), (printed, slot.bottom + 3.0)], 4.0, Ink::BLACK);
        end = end.max(printed);
    }
    if axis != Axis::Linear {
        let mark = if bar.model { Look::ring } else { Look::mark };
        mark(look, sheet, (at, middle), slot.height() * 0.34);
        end = end.max(at + slot.height() * 0.4).max(slot.left);
    }
    let quiet = Type::new(font.size - 2.0, Ink::QUIET);
    let (from, behind) = (end + 10.0, end + 20.0 + font.width(&bar.text));
    if behind + quiet.width(&beside) > slot.right {
        beside.clear();
    }
    // Grid lines do not run through it.
    sheet.rect(Area { left: end + 6.0, right: behind + quiet.width(&beside), ..slot }, Ink::WHITE);
    sheet.centred((from, middle), &bar.text, font);
    sheet.centred((behind, middle), &beside, quiet);
}

/// Parts one after the other, their names in them; gives the names of those that are too small for that.
fn draw_parts(sheet: &mut Sheet, slot: Area, parts: &[Part], (scale, font): (&Scale, Type)) -> String {
    let (mut sum, mut others) = (0.0, Vec::new());
    for Part { value, ink, names } in parts.iter().filter(|part| part.value > 0.0) {
        let piece = Area { left: scale.at(sum), right: scale.at(sum + value), ..slot };
        sheet.rect(piece, *ink);
        sum += value;
        let ink = if ink.brightness() > 0.45 { Ink::BLACK } else { Ink::WHITE };
        let font = Type { bold: false, size: font.size - 1.0, ..font.middle() };
        let middle = (f64::midpoint(piece.left, piece.right), f64::midpoint(piece.top, piece.bottom));
        match names.iter().find(|name| font.width(name) + 12.0 < piece.width()) {
            Some(name) => sheet.centred(middle, name, Type { ink, ..font }),
            None => others.push(names[0].as_str()),
        }
    }
    if others.is_empty() { String::new() } else { format!("with {}", others.join(", ")) }
}

fn whisker(sheet: &mut Sheet, y: f64, (low, high): (f64, f64)) {
    sheet.line(&[(low, y), (high, y)], 2.0, Ink::BLACK);
    for x in [low, high] {
        sheet.line(&[(x, y - 7.0), (x, y + 7.0)], 2.0, Ink::BLACK);
    }
}
