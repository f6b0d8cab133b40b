//! A table for a terminal: numbers line up at the unit, groups stand over their columns.
//!
//! It must not know what the numbers are; it lays out what it is given.

use super::Shown;
use super::lines::{centred, left, right, width};

/// What stands over a column: group and head.
pub type Head = (&'static str, &'static str);

/// One line of cells.
pub struct Row {
    /// Left of the numbers.
    pub label: String,
    /// One a column.
    pub cells: Vec<Shown>,
    /// Without units, and free to stand under those of the others: ranges are long.
    pub across: bool,
}

/// Columns are as wide over all blocks, so that the blocks stand one under the other.
pub struct Table<'a> {
    heads: &'a [Head],
    /// Of each column: columns of the number, of the unit with its space, of the whole.
    widths: Vec<(usize, usize, usize)>,
    label: usize,
    gap: usize,
}

/// Room for labels, at the least and at the most; a longer one gets a line of its own.
const LABEL: (usize, usize) = (14, 21);

impl<'a> Table<'a> {
    /// Measures all rows that will be laid out, for lines of `columns`.
    pub fn new(heads: &'a [Head], rows: &[&Row], columns: usize) -> Table<'a> {
        let widths: Vec<_> = (0..heads.len()).map(|i| column(heads, rows, i)).collect();
        let numbers: usize = widths.iter().map(|w| w.2).sum();
        let most = columns.saturating_sub(1 + numbers + heads.len()).clamp(LABEL.0, LABEL.1);
        let labels = rows.iter().map(|row| width(&row.label)).filter(|&w| w <= most);
        let label = labels.max().unwrap_or(0).max(LABEL.0);
        let room = columns.saturating_sub(1 + label + numbers);
        let gap = (room / heads.len().max(1)).clamp(1, 4);
        Table { heads, widths, label, gap }
    }

    /// The lines over a block: groups, then `title` and the heads.
    pub fn head(&self, title: &str) -> [String; 2] {
        let mut groups = left("", self.label + 1);
        let mut at = 0;
        for group in self.heads.chunk_by(|a, b| a.0 == b.0) {
            let widths = &self.widths[at..at + group.len()];
            let whole = widths.iter().map(|w| w.2 + self.gap).sum::<usize>() - self.gap;
            let text = if group.len() == 1 { right(group[0].0, whole) } else { centred(group[0].0, whole) };
            groups += &format!("{}{text}", " ".repeat(self.gap));
            at += group.len();
        }
        let mut heads = left(&format!(" {title}"), self.label + 1);
        for (head, widths) in self.heads.iter().zip(&self.widths) {
            heads += &format!("{}{}", " ".repeat(self.gap), right(head.1, widths.2));
        }
        [groups.trim_end().to_owned(), heads.trim_end().to_owned()]
    }

    /// The line of a row, or two when its label is long.
    pub fn row(&self, row: &Row) -> Vec<String> {
        let long = width(&row.label) > self.label;
        let mut lines = if long { vec![format!(" {}", row.label)] } else { vec![] };
        let mut line = left(&format!(" {}", if long { "" } else { &row.label }), self.label + 1);
        for (cell, &(_, unit, whole)) in row.cells.iter().zip(&self.widths) {
            let suffix = if cell.unit.is_empty() { String::new() } else { format!(" {}", cell.unit) };
            let text = cell.number.clone() + &left(&suffix, if row.across { 0 } else { unit });
            line += &format!("{}{}", " ".repeat(self.gap), right(&text, whole));
        }
        lines.push(line.trim_end().to_owned());
        lines
    }
}

fn column(heads: &[Head], rows: &[&Row], i: usize) -> (usize, usize, usize) {
    let widest = |across: bool, of: fn(&Shown) -> &str| {
        let cells = rows.iter().filter(|row| row.across == across).filter_map(|row| row.cells.get(i));
        cells.map(|cell| width(of(cell))).max().unwrap_or(0)
    };
    let number = widest(false, |cell| &cell.number);
    let unit = widest(false, |cell| cell.unit);
    let across = widest(true, |cell| &cell.number);
    let unit = if unit > 0 { unit + 1 } else { 0 };
    // Each column carries its part of what stands over the group, with one space between columns.
    let (group, head) = heads[i];
    let members = heads.iter().filter(|other| other.0 == group).count();
    let part = (width(group) + 1).saturating_sub(members).div_ceil(members);
    (number, unit, (number + unit).max(across).max(width(head)).max(part))
}
