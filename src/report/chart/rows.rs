//! Rows of values, a series each, under the number of clients that they are of; beside each other as many panels as there are
//! numbers. On a linear axis a value is a bar from 0; on a logarithmic one, which has no 0, it is a mark.
//!
//! It must not know what is compared. The sheet grows with the rows, so that none need be dropped before there are dozens.

use super::axis;
use super::bar::{self, Axis, Bar};
use super::frame::{Key, Words, frame};
use super::look::Look;
use super::scale::Scale;
use super::series::{Series, Subject, mark, value};
use super::sheet::{Area, Ink, Sheet, Type};
use super::units::{Unit, count, fraction, tick};
use crate::results::Cell;
use crate::scenario::Metric;

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

    /// All rows, from above.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.groups.iter().flat_map(|group| &group.rows)
    }

    fn bars(&self, panel: usize) -> impl Iterator<Item = &Bar> {
        self.rows().filter_map(move |row| row.bars.get(panel)?.as_ref())
    }

    /// A sheet with them alone; `None` where there is nothing to draw.
    pub fn sheet(&self, subject: &Subject<'_>, mut words: Words, keys: &[Key]) -> Option<Sheet> {
        self.rows().flat_map(|row| &row.bars).flatten().next()?;
        let repeated = subject.cells().any(|cell| cell.repeats.len() > 1);
        if repeated && self.rows().flat_map(|row| &row.bars).flatten().any(|bar| bar.range.is_some()) {
            words.notes.push("Whiskers: the least and the most of the repeats.".to_owned());
        }
        if !self.left_out.is_empty() {
            words.notes.push(format!("Not drawn, for want of room: {}.", self.left_out.join(", ")));
        }
        let (mut sheet, area) = frame(subject, &words, keys, self.high());
        self.draw(&mut sheet, area);
        Some(sheet)
    }

    /// Every line, from above: the name of a group, or a row.
    fn lines(&self) -> impl Iterator<Item = Result<&Row, &str>> {
        self.groups.iter().flat_map(|group| {
            let name = Some(Err(group.name.as_str())).filter(|_| !group.name.is_empty());
            name.into_iter().chain(group.rows.iter().map(Ok))
        })
    }

    /// How high an area they take.
    pub fn high(&self) -> f64 {
        let layout = Layout::new(self);
        layout.head + layout.pitch * self.lines().count() as f64 + FOOT
    }

    /// Draws them into `area`, which is as high.
    pub fn draw(&self, sheet: &mut Sheet, area: Area) {
        let layout = Layout::new(self);
        let inner = area.inset(layout.names, layout.head, 0.0, FOOT);
        for (n, panel) in self.panels.iter().enumerate() {
            let left = inner.left + n as f64 * (layout.wide + GAP);
            self.draw_panel(sheet, Area { left, right: left + layout.wide, ..inner }, (n, panel), &layout);
        }
        for (line, middle) in self.lines().zip(layout.middles(inner.top)) {
            match line {
                Ok(Row { name, look, .. }) => {
                    look.mark(sheet, (area.left + 12.0, middle), layout.size * 0.38);
                    sheet.centred((area.left + 32.0, middle), name, layout.font(Ink::TEXT));
                }
                Err(name) => {
                    let y = middle - layout.pitch / 2.0;
                    sheet.line(&[(area.left, y), (inner.left - 12.0, y)], 1.0, Ink::GRID);
                    sheet.centred((area.left, middle), name, layout.font(Ink::BLACK).bold());
                }
            }
        }
    }

    fn draw_panel(&self, sheet: &mut Sheet, area: Area, (n, panel): (usize, &Panel), layout: &Layout) {
        let font = layout.font(Ink::BLACK).bold();
        let longest = self.bars(n).map(|bar| font.width(&bar.text)).fold(0.0, f64::max);
        // What stands behind the longest bar, stays in the panel.
        let scale =
            panel.scale(self.bars(n), area.left, area.right - (longest + 22.0).min(area.width() * 0.7));
        let title = Type::new(TITLE, Ink::TEXT).bold();
        for (up, line) in title.wrapped(&panel.title, layout.wide, 3).iter().rev().enumerate() {
            sheet.text((area.left, area.top - 14.0 - up as f64 * TITLE * 1.2), line, title);
        }
        let mut ticks = scale.ticks();
        ticks.sort_by_key(|tick| panel.axis == Axis::Ratio && (tick - 1.0).abs() > 1e-9);
        let ticks: Vec<(f64, String)> = ticks.into_iter().map(|v| (scale.at(v), panel.tick(v))).collect();
        let ticks = if panel.axis == Axis::Linear { axis::even(ticks) } else { ticks };
        axis::horizontal(sheet, area, &ticks, "");
        let zero = if panel.axis == Axis::Ratio { scale.at(1.0) } else { area.left };
        sheet.line(&[(zero, area.top), (zero, area.bottom)], 2.0, Ink::AXIS);
        let half = layout.pitch * 0.36;
        for (line, middle) in self.lines().zip(layout.middles(area.top)) {
            let Ok(row) = line else { continue };
            let slot = Area { left: zero, right: area.right, top: middle - half, bottom: middle + half };
            match row.bars.get(n).and_then(Option::as_ref) {
                Some(bar) => bar::draw(sheet, slot, (bar, row.look), (panel.axis, &scale), font),
                None => sheet.centred((area.left + 8.0, middle), "–", layout.font(Ink::QUIET)),
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
const NAMES: f64 = 0.55 * ROOM;

/// How large everything is.
struct Layout {
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
        let lines = rows.lines().count();
        let (pitch, size) = match lines {
            0..=12 => (42.0, 22.0),
            13..=24 => (33.0, 21.0),
            _ => (28.0, 19.0),
        };
        let font = Type::new(size, Ink::TEXT);
        let name = |line: Result<&Row, &str>| match line {
            Ok(row) => font.width(&row.name) + 32.0,
            Err(name) => font.bold().width(name),
        };
        let names = rows.lines().map(name).fold(100.0, f64::max).min(NAMES) + 28.0;
        let panels = rows.panels.len().max(1) as f64;
        let wide = (ROOM - names - GAP * (panels - 1.0)) / panels;
        let title = |panel: &Panel| Type::new(TITLE, Ink::TEXT).bold().wrapped(&panel.title, wide, 3).len();
        let head = 20.0 + TITLE * 1.2 * rows.panels.iter().map(title).max().unwrap_or(1) as f64;
        Layout { pitch, size, head, names, wide }
    }

    /// The middle of each line, from `top` down.
    fn middles(&self, top: f64) -> impl Iterator<Item = f64> {
        let pitch = self.pitch;
        (0..).map(move |n| top + pitch * (f64::from(n) + 0.5))
    }

    fn font(&self, ink: Ink) -> Type {
        Type::new(self.size, ink)
    }
}
