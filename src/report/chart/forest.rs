//! A comparison as a forest plot: for each metric the ratio of the two arms as a mark, its interval as a whisker, against a line
//! at 1.
//!
//! It must not know how intervals are found. Its other end is `view::compare`.

use super::bar::{Axis, Bar};
use super::frame::{Key, Swatch, Words, frame};
use super::look::Look;
use super::rows::{Group, Panel, Row, Rows};
use super::series::Subject;
use super::sheet::{Ink, Sheet};
use super::stroke::MARKERS;
use super::units::Unit;
use crate::report::view::compare::{self, Cell, Change, Comparison};
use crate::text::percent;

/// Ratios beyond these, and intervals that go farther, are drawn at them: what is known so little would take all the room.
const FARTHEST: (f64, f64) = (0.1, 10.0);

/// What a mark means; two colours that the colour-blind tell apart, and markers for everybody.
const CHANGES: [(Change, &str, Ink, usize); 4] = [
    (Change::Worse, "worse", Ink(0xC6, 0x28, 0x28), 0),
    (Change::Better, "better", Ink(0x15, 0x65, 0xC0), 1),
    (Change::None, "the same", Ink(0x60, 0x60, 0x60), 2),
    (Change::Unknown, "cannot tell", Ink(0xB0, 0xB0, 0xB0), 3),
];

/// The chart; `None` where there is no ratio.
pub fn draw(comparison: &Comparison, subject: &Subject<'_>) -> Option<Sheet> {
    let rows = Rows {
        panels: vec![Panel { title: "new / base".to_owned(), axis: Axis::Ratio, unit: Unit::Ratio }],
        groups: comparison.cells.iter().map(group).filter(|group| !group.rows.is_empty()).collect(),
        left_out: vec![],
    };
    rows.rows().next()?;
    let there = |change: Change| comparison.rows().any(|row| row.change == change && row.ratio.is_some());
    let keys = CHANGES.iter().filter(|(change, ..)| there(*change));
    let keys: Vec<Key> = keys
        .map(|(change, name, ..)| Key { text: (*name).to_owned(), swatch: Swatch::Line(look(*change)) })
        .collect();
    let words = Words {
        title: format!("{} against {}", comparison.new.label(), comparison.base.label()),
        finding: comparison.summary(),
        notes: vec![format!(
            "Marks: the ratio of the two. Whiskers: its interval; all of a group hold together at {}. Within {} of 1 is the \
             same. Logarithmic axis; whiskers end at {} and {}.",
            percent(comparison.level),
            percent(comparison.margin),
            FARTHEST.0,
            FARTHEST.1
        )],
    };
    let (mut sheet, area) = frame(subject, &words, &keys, rows.high());
    rows.draw(&mut sheet, area);
    Some(sheet)
}

fn group(cell: &Cell) -> Group {
    let bound = |value: f64| value.clamp(FARTHEST.0, FARTHEST.1);
    let row = |row: &compare::Row| {
        let mut bar =
            Bar::plain(bound(row.ratio?), format!("{} {}", compare::ratio(row), compare::verdict(row)));
        bar.range = row.interval.map(|interval| (bound(interval.low), bound(interval.high)));
        Some(Row { name: row.metric.to_owned(), look: look(row.change), bars: vec![Some(bar)] })
    };
    Group { name: cell.label.clone(), rows: cell.rows.iter().filter_map(row).collect() }
}

fn look(change: Change) -> Look {
    let (.., ink, marker) = CHANGES.iter().find(|of| of.0 == change).unwrap_or(&CHANGES[3]);
    Look { ink: *ink, dash: &[], marker: MARKERS[*marker] }
}
