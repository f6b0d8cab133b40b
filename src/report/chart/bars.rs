//! A panel of grouped bars with their values on them.
//!
//! It must not know what is compared. Its other ends are `overhead`, `traffic`, `age` and `server_cost`.

use super::axis;
use super::frame::{Key, Swatch, Words, frame};
use super::scale::Scale;
use super::series::{Cell, INVALID, Look, Series};
use super::sheet::{Area, Ink, Sheet, Type};
use super::stroke::{hatched, marker, outline};
use super::units::in_words;
use crate::results::Report;
use crate::scenario::Metric;

/// One bar.
#[derive(Clone, Copy, Debug)]
pub struct Bar {
    pub look: Look,
    /// `None` where nothing was measured: a dash is written.
    pub value: Option<f64>,
    /// The least and the most of the repeats.
    pub spread: Option<(f64, f64)>,
    /// Computed, not measured.
    pub model: bool,
    /// Measured, but not to be used.
    pub invalid: bool,
    /// What others printed for it.
    pub printed: Option<f64>,
}

/// Bars side by side over a name.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: String,
    pub detail: String,
    pub bars: Vec<Bar>,
}

/// A panel.
#[derive(Clone, Copy, Debug)]
pub struct Panel<'a> {
    /// What is counted, with its unit.
    pub title: &'a str,
    pub groups: &'a [Group],
    pub log: bool,
    /// A value as text.
    pub show: fn(f64) -> String,
}

/// The legend of the series, and of the mark on what must not be used, where there is one.
pub fn keys(all: &[Series<'_>], groups: &[Group]) -> Vec<Key> {
    let mut keys: Vec<Key> =
        all.iter().map(|s| Key { text: s.label.clone(), swatch: Swatch::Bar(s.look) }).collect();
    if groups.iter().flat_map(|g| &g.bars).any(|bar| bar.invalid) {
        keys.push(Key { text: INVALID.trim().to_owned(), swatch: Swatch::Box(Ink::GRID) });
    }
    keys
}

/// A metric by size; empty when it was never measured.
pub fn by_size(all: &[Series<'_>], metric: Metric) -> Vec<Group> {
    let measured = all.iter().flat_map(|s| &s.cells).filter(|cell| cell.value(metric).is_some());
    let mut sizes: Vec<u32> = measured.map(|cell| cell.clients).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let skip = sizes.len().saturating_sub(most_groups(all.len()));
    let bar = |s: &Series<'_>, clients| {
        let cell = s.at(clients);
        Bar {
            look: cell.map_or(s.look, |cell| s.look_of(cell)),
            value: cell.and_then(|cell| cell.value(metric)),
            spread: cell.and_then(|cell| cell.spread(metric)),
            model: false,
            invalid: !cell.is_none_or(Cell::sound),
            printed: None,
        }
    };
    let group = |clients: u32| Group {
        name: in_words(clients),
        detail: String::new(),
        bars: all.iter().map(|s| bar(s, clients)).collect(),
    };
    sizes.into_iter().skip(skip).map(group).collect()
}

/// A sheet of panels side by side, those without a bar left out; `None` when none is left.
pub fn side_by_side(
    reports: &[Report],
    all: &[Series<'_>],
    panels: &[Panel<'_>],
    words: &Words,
) -> Option<Sheet> {
    const GAP: f64 = 56.0;
    let panels: Vec<&Panel<'_>> = panels.iter().filter(|panel| !panel.groups.is_empty()).collect();
    let between = GAP * panels.len().checked_sub(1)? as f64;
    let shown: Vec<Group> = panels.iter().flat_map(|panel| panel.groups).cloned().collect();
    let mut sheet = Sheet::default();
    let area = frame(&mut sheet, reports, words, &keys(all, &shown));
    let wide = (area.width() - between) / panels.len() as f64;
    for (n, panel) in panels.iter().enumerate() {
        let left = area.left + n as f64 * (wide + GAP);
        draw(&mut sheet, Area { left, right: left + wide, ..area }, panel);
    }
    Some(sheet)
}

/// A bar's value; a mark behind it when it must not be used.
fn text(bar: &Bar, show: fn(f64) -> String) -> Option<String> {
    let mark = if bar.invalid { " †" } else { "" };
    bar.value.map(|value| show(value) + mark)
}

/// How many groups of so many bars can be read; at least the article's three cases.
pub fn most_groups(bars: usize) -> usize {
    (30 / bars.max(1)).clamp(3, 6)
}

/// Draws the panel into `whole`.
pub fn draw(sheet: &mut Sheet, whole: Area, panel: &Panel<'_>) {
    let values = || panel.groups.iter().flat_map(|g| &g.bars).flat_map(every_value);
    let wide_scale = |area: Area, head: f64| match panel.log {
        true => Scale::log_bars(values(), area.bottom, area.top + head),
        false => Scale::linear(values(), area.bottom, area.top + head),
    };
    let detailed = panel.groups.iter().any(|group| !group.detail.is_empty());
    let numbers = axis::room(&wide_scale(whole, 0.0), panel.show);
    let area = whole.inset(numbers, 44.0, 0.0, if detailed { 92.0 } else { 66.0 });
    let slots = Slots::new(area, panel);
    let scale = wide_scale(area, slots.label.headroom());
    axis::vertical(sheet, area, &scale, panel.title, panel.show);
    for (number, group) in panel.groups.iter().enumerate() {
        for (place, bar) in group.bars.iter().enumerate() {
            draw_bar(sheet, slots.bar(area, number, place), bar, &scale, (panel, slots.label));
        }
        name(sheet, slots.middle(area, number), area.bottom, group, slots.group);
    }
    axis::base(sheet, area);
}

fn every_value(bar: &Bar) -> impl Iterator<Item = f64> {
    [bar.value, bar.printed, bar.spread.map(|(_, most)| most)].into_iter().flatten()
}

/// How values are written over bars.
#[derive(Clone, Copy)]
struct Label {
    size: f64,
    upright: bool,
    longest: f64,
}

impl Label {
    /// Level if the longest value fits over a bar, or else upright.
    fn new(pitch: f64, texts: &[String]) -> Label {
        let wide =
            |size: f64| texts.iter().map(|t| Type::new(size, Ink::TEXT).bold().width(t)).fold(0.0, f64::max);
        let level = [23.0, 21.0, 19.5, 18.0].into_iter().find(|&size| wide(size) + 7.0 <= pitch);
        let size = level.unwrap_or((pitch * 0.95).clamp(11.0, 20.0));
        Label { size, upright: level.is_none(), longest: wide(size) }
    }

    fn headroom(&self) -> f64 {
        if self.upright { self.longest + 16.0 } else { self.size + 16.0 }
    }
}

/// Where bars stand.
struct Slots {
    /// Width of a group with the gap after it.
    group: f64,
    /// From one bar to the next.
    pitch: f64,
    bars: usize,
    label: Label,
}

impl Slots {
    fn new(area: Area, panel: &Panel<'_>) -> Slots {
        let bars = panel.groups.iter().map(|g| g.bars.len()).max().unwrap_or(1).max(1);
        let group = area.width() / panel.groups.len().max(1) as f64;
        let pitch = (group * 0.96 / bars as f64).min(110.0);
        let texts: Vec<String> =
            panel.groups.iter().flat_map(|g| &g.bars).filter_map(|b| text(b, panel.show)).collect();
        Slots { group, pitch, bars, label: Label::new(pitch, &texts) }
    }

    fn middle(&self, area: Area, group: usize) -> f64 {
        area.left + self.group * (group as f64 + 0.5)
    }

    /// The full height above the base for one bar.
    fn bar(&self, area: Area, group: usize, place: usize) -> Area {
        let first = self.middle(area, group) - self.pitch * self.bars as f64 / 2.0;
        let left = first + self.pitch * place as f64;
        let gap = self.pitch * 0.12;
        Area { left: left + gap, right: left + self.pitch - gap, ..area }
    }
}

fn draw_bar(sheet: &mut Sheet, slot: Area, bar: &Bar, scale: &Scale, (panel, label): (&Panel<'_>, Label)) {
    let middle = f64::midpoint(slot.left, slot.right);
    let mut top = slot.bottom;
    if let Some(value) = bar.value {
        top = scale.at(value);
        let body = Area { top, ..slot };
        match bar.model {
            true if body.height() > 1.0 => hatched(sheet, body, bar.look.ink),
            // A bar too low to be seen is still a line.
            _ => sheet.rect(Area { top: top.min(slot.bottom - 2.0), ..slot }, bar.look.ink),
        }
    }
    if let Some((least, most)) = bar.spread {
        whisker(sheet, middle, (scale.at(least), scale.at(most)));
        top = top.min(scale.at(most));
    }
    if let Some(printed) = bar.printed {
        let rim = Area { top: scale.at(printed), ..slot.inset(-4.0, 0.0, -4.0, 0.0) };
        outline(sheet, rim, 2.5, Ink::BLACK);
        top = top.min(rim.top);
    }
    write_value(sheet, (middle, top - 9.0), &text(bar, panel.show).unwrap_or_else(|| "–".to_owned()), label);
    let radius = (slot.width() / 4.0).clamp(3.0, 7.0);
    marker(sheet, (middle, slot.bottom + 17.0), radius, bar.look.marker, bar.look.ink, bar.look.hollow);
}

fn whisker(sheet: &mut Sheet, x: f64, (low, high): (f64, f64)) {
    sheet.line(&[(x, low), (x, high)], 2.0, Ink::BLACK);
    for y in [low, high] {
        sheet.line(&[(x - 7.0, y), (x + 7.0, y)], 2.0, Ink::BLACK);
    }
}

fn write_value(sheet: &mut Sheet, (x, y): (f64, f64), text: &str, label: Label) {
    let font = Type::new(label.size, Ink::BLACK).bold();
    match label.upright {
        true => sheet.centred((x, y), text, font.upright()),
        false => {
            // Grid lines do not run through it.
            let half = font.width(text) / 2.0 + 3.0;
            let top = y - label.size * 0.8;
            sheet.rect(Area { left: x - half, top, right: x + half, bottom: y + 3.0 }, Ink::WHITE);
            sheet.text((x, y), text, font.middle());
        }
    }
}

fn name(sheet: &mut Sheet, x: f64, base: f64, group: &Group, room: f64) {
    let size = |text: &str, size: f64| {
        let room = room - 16.0;
        let wide = Type::new(size, Ink::TEXT).bold().width(text);
        if wide > room { (size * room / wide).max(10.0) } else { size }
    };
    sheet.text((x, base + 54.0), &group.name, Type::new(size(&group.name, 23.0), Ink::BLACK).bold().middle());
    sheet.text((x, base + 81.0), &group.detail, Type::new(size(&group.detail, 21.0), Ink::QUIET).middle());
}
