//! Rows of values, a series each, under the number of clients that they are of; beside each other as many panels as there are
//! numbers. On a linear axis a value is a bar from 0; on a logarithmic one, which has no 0, it is a mark.
//!
//! It must not know what is compared. The sheet grows with the rows, so that none need be dropped before there are dozens.

use super::axis;
use super::frame::{Key, Swatch, Words, frame};
use super::look::Look;
use super::scale::Scale;
use super::series::{Series, Subject, mark, value};
use super::sheet::{Area, Ink, Sheet, Type};
use super::stroke::{hatched, marker};
use super::units::{Unit, count, fraction, text, tick};
use crate::results::Cell;
use crate::scenario::Metric;

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
}

/// A series at one number of clients: one value a panel, `None` where nothing was measured.
#[derive(Clone, Debug)]
pub struct Row {
    pub name: String,
    pub look: Look,
    pub bars: Vec<Option<Bar>>,
}

/// Rows under one name; without a line for it where that is empty.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: String,
    pub rows: Vec<Row>,
}

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

/// A panel.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What is counted.
    pub title: String,
    pub axis: Axis,
    pub unit: Unit,
}

/// Panels beside each other over the same rows.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub panels: Vec<Panel>,
    pub groups: Vec<Group>,
    /// Names of groups that found no place.
    pub left_out: Vec<String>,
}

/// So many rows stand on a sheet; three groups in any case.
const MOST: usize = 60;

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
        Bar { value, text, range: None, model: false, printed: None }
    }

    fn every_value(&self) -> impl Iterator<Item = f64> {
        let (least, most) = self.range.unzip();
        [Some(self.value), least, most, self.printed].into_iter().flatten()
    }
}

impl Row {
    /// Of a cell, with its mark behind its name.
    pub fn of(series: &Series<'_>, cell: &Cell<'_>, bars: Vec<Option<Bar>>) -> Row {
        Row { name: series.label.clone() + mark(cell), look: series.look_of(cell), bars }
    }
}

impl Rows {
    /// The rows that `row` gives for each number of clients, by size; of too many sizes the largest.
    pub fn by_size(
        subject: &Subject<'_>,
        sizes: impl IntoIterator<Item = u32>,
        row: impl Fn(&Series<'_>, u32) -> Option<Row>,
    ) -> Rows {
        let mut sizes: Vec<u32> = sizes.into_iter().collect();
        sizes.sort_unstable();
        sizes.dedup();
        let rows = |clients: u32| subject.all.iter().filter_map(|series| row(series, clients)).collect();
        let group = |&clients: &u32| Group { name: count(clients, "client"), rows: rows(clients) };
        let mut groups: Vec<Group> = sizes.iter().map(group).filter(|group| !group.rows.is_empty()).collect();
        let skip = groups.len().saturating_sub((MOST / subject.all.len().max(1)).max(3));
        let left_out = groups.drain(..skip).map(|group| group.name).collect();
        Rows { panels: vec![], groups, left_out }
    }

    /// A panel for each metric that was measured somewhere.
    pub fn of_metrics(
        subject: &Subject<'_>,
        panels: &[(&str, Metric)],
        error: impl Fn(&Cell<'_>, Metric) -> Option<f64>,
    ) -> Rows {
        let any = |metric| subject.cells().any(|cell| value(cell, metric).is_some());
        let panels: Vec<&(&str, Metric)> = panels.iter().filter(|(_, metric)| any(*metric)).collect();
        let row = |series: &Series<'_>, clients| {
            let cell = series.at(clients)?;
            let bars = panels.iter().map(|(_, metric)| Bar::of(cell, *metric, error(cell, *metric)));
            Some(Row::of(series, cell, bars.collect()))
        };
        let rows = Rows::by_size(subject, subject.cells().map(Cell::clients), row);
        let panel = |(title, metric): &&(&str, Metric)| Panel {
            title: (*title).to_owned(),
            axis: Axis::Linear,
            unit: metric.unit(),
        };
        Rows { panels: panels.iter().map(panel).collect(), ..rows }
    }

    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.groups.iter().flat_map(|group| &group.rows)
    }

    fn bars(&self, panel: usize) -> impl Iterator<Item = &Bar> {
        self.rows().filter_map(move |row| row.bars.get(panel)?.as_ref())
    }

    /// A sheet with them alone; `None` where there is nothing to draw.
    pub fn sheet(&self, subject: &Subject<'_>, mut words: Words) -> Option<Sheet> {
        let any = |of: fn(&Bar) -> bool| (0..self.panels.len()).any(|n| self.bars(n).any(of));
        if !any(|_| true) {
            return None;
        }
        let mut keys = Vec::new();
        if any(|bar| bar.model) {
            keys.push(Key { text: "model, not measured".to_owned(), swatch: Swatch::Model });
        }
        if any(|bar| bar.printed.is_some()) {
            keys.push(Key { text: "printed in the article".to_owned(), swatch: Swatch::Printed });
        }
        if !self.left_out.is_empty() {
            words.notes.push(format!("Not drawn, for want of room: {}.", self.left_out.join(", ")));
        }
        let (mut sheet, area) = frame(subject, &words, &keys, self.high());
        self.draw(&mut sheet, area);
        Some(sheet)
    }

    /// How high an area they take.
    pub fn high(&self) -> f64 {
        let layout = Layout::new(self);
        layout.head + layout.pitch * layout.lines + FOOT
    }

    /// Draws them into `area`, which is as high.
    pub fn draw(&self, sheet: &mut Sheet, area: Area) {
        let layout = Layout::new(self);
        let inner = area.inset(layout.names, layout.head, 0.0, FOOT);
        for (n, panel) in self.panels.iter().enumerate() {
            let left = inner.left + n as f64 * (layout.wide + GAP);
            let place = Area { left, right: left + layout.wide, ..inner };
            self.draw_panel(sheet, place, (n, panel), &layout);
        }
        let mut y = inner.top;
        for group in &self.groups {
            if !group.name.is_empty() {
                sheet.line(&[(area.left, y), (inner.left - 12.0, y)], 1.0, Ink::GRID);
                sheet.centred(
                    (area.left, y + layout.pitch / 2.0),
                    &group.name,
                    layout.font(Ink::BLACK).bold(),
                );
                y += layout.pitch;
            }
            for row in &group.rows {
                let middle = y + layout.pitch / 2.0;
                marker(
                    sheet,
                    (area.left + 12.0, middle),
                    layout.size * 0.38,
                    row.look.marker,
                    row.look.ink,
                    false,
                );
                sheet.centred((area.left + 32.0, middle), &row.name, layout.font(Ink::TEXT));
                y += layout.pitch;
            }
        }
    }

    fn draw_panel(&self, sheet: &mut Sheet, area: Area, (n, panel): (usize, &Panel), layout: &Layout) {
        let font = layout.font(Ink::BLACK).bold();
        let longest = self.bars(n).map(|bar| font.width(&bar.text)).fold(0.0, f64::max);
        // What stands behind the longest bar, stays in the panel.
        let scale =
            panel.scale(self.bars(n), area.left, area.right - (longest + 22.0).min(area.width() * 0.7));
        let lines = Type::new(TITLE, Ink::TEXT).bold().wrapped(&panel.title, layout.wide, 2);
        for (up, line) in lines.iter().rev().enumerate() {
            let at = (area.left, area.top - 14.0 - up as f64 * TITLE * 1.2);
            sheet.text(at, line, Type::new(TITLE, Ink::TEXT).bold());
        }
        let mut ticks = scale.ticks();
        ticks.sort_by_key(|tick| panel.axis == Axis::Ratio && (tick - 1.0).abs() > 1e-9);
        let ticks: Vec<(f64, String)> = ticks.into_iter().map(|v| (scale.at(v), panel.tick(v))).collect();
        axis::horizontal(sheet, area, &ticks, "");
        let zero = if panel.axis == Axis::Ratio { scale.at(1.0) } else { area.left };
        sheet.line(&[(zero, area.top), (zero, area.bottom)], 2.0, Ink::AXIS);
        let mut y = area.top;
        for group in &self.groups {
            y += if group.name.is_empty() { 0.0 } else { layout.pitch };
            for row in &group.rows {
                let (half, middle) = (layout.pitch * 0.36, y + layout.pitch / 2.0);
                let slot = Area { left: zero, right: area.right, top: middle - half, bottom: middle + half };
                match row.bars.get(n).and_then(Option::as_ref) {
                    Some(bar) => draw_bar(sheet, slot, (bar, row.look), (panel.axis, &scale), font),
                    None => sheet.centred((area.left + 8.0, middle), "–", layout.font(Ink::QUIET)),
                }
                y += layout.pitch;
            }
        }
    }
}

impl Panel {
    fn scale<'a>(&self, bars: impl Iterator<Item = &'a Bar>, start: f64, end: f64) -> Scale {
        let values = bars.flat_map(Bar::every_value);
        match self.axis {
            Axis::Linear => Scale::linear(values, start, end),
            Axis::Log => Scale::log(values, start, end),
            Axis::Ratio => Scale::log(values.chain([1.0]), start, end),
        }
    }

    fn tick(&self, value: f64) -> String {
        if self.axis == Axis::Ratio { fraction(value) } else { tick(self.unit, value) }
    }
}

/// Between two panels.
const GAP: f64 = 44.0;
/// Size of a panel's title.
const TITLE: f64 = 22.0;
/// Below the rows, for the axis.
const FOOT: f64 = 44.0;
/// Between the margins of the sheet.
const ROOM: f64 = 1504.0;
/// Names wider than this would leave too little room.
const NAMES: f64 = 470.0;

/// How large everything is.
struct Layout {
    lines: f64,
    /// From one line to the next.
    pitch: f64,
    /// Size of the rows' texts.
    size: f64,
    /// Above the rows, for the titles.
    head: f64,
    /// Left of the panels.
    names: f64,
    /// Of a panel.
    wide: f64,
}

impl Layout {
    fn new(rows: &Rows) -> Layout {
        let lines = rows.rows().count() + rows.groups.iter().filter(|group| !group.name.is_empty()).count();
        let (pitch, size) = match lines {
            0..=12 => (42.0, 22.0),
            13..=24 => (33.0, 21.0),
            _ => (28.0, 19.0),
        };
        let font = Type::new(size, Ink::TEXT);
        let names = rows.rows().map(|row| font.width(&row.name) + 32.0);
        let heads = rows.groups.iter().map(|group| font.bold().width(&group.name));
        let names = names.chain(heads).fold(100.0, f64::max).min(NAMES) + 28.0;
        let panels = rows.panels.len().max(1) as f64;
        let wide = (ROOM - names - GAP * (panels - 1.0)) / panels;
        let title = |panel: &Panel| Type::new(TITLE, Ink::TEXT).bold().wrapped(&panel.title, wide, 2).len();
        let head = 20.0 + TITLE * 1.2 * rows.panels.iter().map(title).max().unwrap_or(1) as f64;
        Layout { lines: lines as f64, pitch, size, head, names, wide }
    }

    fn font(&self, ink: Ink) -> Type {
        Type::new(self.size, ink)
    }
}

fn draw_bar(
    sheet: &mut Sheet,
    slot: Area,
    (bar, look): (&Bar, Look),
    (axis, scale): (Axis, &Scale),
    font: Type,
) {
    let (at, middle) = (scale.at(bar.value), f64::midpoint(slot.top, slot.bottom));
    let body = Area { right: at.max(slot.left + 2.0), ..slot };
    match axis {
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
    if let Some(printed) = bar.printed {
        let at = scale.at(printed);
        sheet.line(&[(at, slot.top - 3.0), (at, slot.bottom + 3.0)], 4.0, Ink::BLACK);
        end = end.max(at);
    }
    if axis != Axis::Linear {
        marker(sheet, (at, middle), slot.height() * 0.34, look.marker, look.ink, bar.model);
        end = end.max(at + slot.height() * 0.4).max(slot.left);
    }
    // Grid lines do not run through it.
    let wide = font.width(&bar.text);
    let behind = Area { left: end + 6.0, right: end + 14.0 + wide, ..slot }.inset(0.0, 2.0, 0.0, 2.0);
    sheet.rect(behind, Ink::WHITE);
    sheet.centred((end + 10.0, middle), &bar.text, font);
}

fn whisker(sheet: &mut Sheet, y: f64, (low, high): (f64, f64)) {
    sheet.line(&[(low, y), (high, y)], 2.0, Ink::BLACK);
    for x in [low, high] {
        sheet.line(&[(x, y - 7.0), (x, y + 7.0)], 2.0, Ink::BLACK);
    }
}
