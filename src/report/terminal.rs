//! The end of a run on a terminal: verdict, warnings, a table for each number of clients, and what was found.
//!
//! It must not know what to say, nor whether there is a terminal: it is told whether to colour and how wide to be, and returns
//! a string. Colour only underlines what the words say. Foreign text is escaped on its way in.

use super::compared;
use super::escape::terminal as safe;
use super::followed;
use super::format::{Artifact, Format};
use super::view::compare::{self, Arm, Change, Comparison, State};
use super::view::{Block, Row, Run, Search, Section, Table, View, names};
use crate::results::{Server, Severity, Status};
use crate::text::lines::{left, right, width, wrap};
use crate::text::table;

/// How to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// With ANSI colours?
    pub color: bool,
    /// Columns of a line.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Style {
        Style { color: false, width: 80 }
    }
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// A word in so many columns, with a colour below it.
    pub fn level(self, word: &str, code: &str, columns: usize) -> String {
        let pad = " ".repeat(columns.saturating_sub(width(word)));
        format!("{}{pad}", self.paint(code, word))
    }

    /// Prose within the width, each line behind `indent`.
    pub fn wrapped(self, prose: &str, indent: &str) -> Vec<String> {
        wrap(prose, self.width, indent, indent)
    }

    /// Whether to believe the measurement, and how the server did.
    fn verdict(self, status: Status, server: Server) -> String {
        let code = match status {
            Status::Valid => "32",
            Status::Suspect => "33",
            Status::Invalid => "1;31",
        };
        let how = match server {
            Server::Ok => "32",
            Server::Unknown => "2",
            Server::Failed => "1;31",
        };
        format!("{} · {}", self.paint(code, status.name()), self.paint(how, &names::server(server)))
    }
}

/// The name of the file.
const FILE: &str = "report.txt";

/// The format `text`: the same without colour, 80 columns.
pub struct Text;

impl Format for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn about(&self) -> &'static str {
        "table, verdict and finding, as at the end of a run"
    }

    fn renderings(&self) -> Vec<String> {
        vec![FILE.to_owned()]
    }

    fn render(&self, view: &View<'_>) -> anyhow::Result<Vec<Artifact>> {
        let bytes = render(view, Style::default()).into_bytes();
        Ok(vec![Artifact { name: FILE.to_owned(), bytes }])
    }
}

/// One report, or several together, as the end of a run. Ends with a line break.
pub fn render(view: &View<'_>, style: Style) -> String {
    if let Some(comparison) = &view.comparison {
        return comparison_of(comparison, style).join("\n") + "\n";
    }
    if let Some(trend) = &view.trend {
        return followed::lines(trend).join("\n") + "\n";
    }
    let mut out: Vec<String> = view.runs.iter().flat_map(|run| head(run, style)).collect();
    out.extend(view.sections.iter().flat_map(|section| tables(section, style)));
    out.extend(view.comparisons.iter().flat_map(|(title, table)| comparison(title, table, style)));
    out.extend(paragraph(hanging(&view.troubles, ("", ""), style)));
    for search in &view.searches {
        out.extend(tries(search, style));
        out.extend(paragraph(sustained(search, style)));
    }
    out.extend(paragraph(hanging(&view.failed, ("failed to run", "1;31"), style)));
    let outcome = |(holds, said): &(bool, String)| {
        hanging(std::slice::from_ref(said), if *holds { ("✓", "32") } else { ("✗", "1;31") }, style)
    };
    out.extend(paragraph(view.thresholds.iter().flat_map(outcome).collect()));
    for said in std::iter::once(&view.finding()).chain(&view.remarks).filter(|said| !said.is_empty()) {
        out.extend(paragraph(wrap(&safe(said), style.width, "", "")));
    }
    out.join("\n") + "\n"
}

/// Two arms against each other.
fn comparison_of(comparison: &Comparison, style: Style) -> Vec<String> {
    let arm = |name: &str, arm: &Arm| {
        let words = (arm.status, arm.server);
        beside(&safe(&format!("{name}: {}", arm.label())), words, style)
    };
    let mut out = [arm("base", &comparison.base), arm("new", &comparison.new)].concat();
    out.extend(hanging(&comparison.notes, ("note", "2"), style));
    out.extend(hanging(&comparison.left_out, ("left out", "33"), style));
    for cell in &comparison.cells {
        let lines = compared::lines(comparison, cell).into_iter().map(|line| match line.change {
            None => style.paint("1", &(line.before + &line.verdict)),
            Some(change) => line.before + &style.paint(colour(change), &line.verdict),
        });
        out.extend(paragraph(lines.collect()));
        out.extend(compare::repeats_needed(&cell.rows).iter().flat_map(|said| style.wrapped(said, "  ")));
    }
    let gate = |judged: &compare::Judged| {
        let (sign, code) = match judged.state {
            State::Holds => ("✓", "32"),
            State::Crossed | State::NotMeasured => ("✗", "1;31"),
            State::CannotTell => ("?", "33"),
        };
        hanging(std::slice::from_ref(&judged.text), (sign, code), style)
    };
    out.extend(paragraph(comparison.gates.iter().flat_map(gate).collect()));
    out.extend(paragraph(style.wrapped(&safe(&comparison.summary()), "")));
    out
}

fn colour(change: Change) -> &'static str {
    match change {
        Change::Better => "32",
        Change::Worse => "1;31",
        Change::None => "0",
        Change::Unknown => "33",
    }
}

/// Lines with an empty one before them, if there are any.
fn paragraph(lines: Vec<String>) -> Vec<String> {
    if lines.is_empty() { lines } else { [vec![String::new()], lines].concat() }
}

/// Each item behind a word in colour, if there is one; what does not fit goes below it, a little to the right.
fn hanging(items: &[String], (word, code): (&str, &str), style: Style) -> Vec<String> {
    let first = match word {
        "" => "  ".to_owned(),
        "✓" | "✗" | "?" => format!("  {word} "),
        _ => format!("  {word}: "),
    };
    let one = |item: &String| {
        let mut lines = wrap(&safe(item), style.width, &first, "    ");
        lines[0] = lines[0].replacen(word, &style.paint(code, word), 1);
        lines
    };
    items.iter().flat_map(one).collect()
}

fn head(run: &Run, style: Style) -> Vec<String> {
    let mut out = title(run, style);
    out.extend(run.cut_short.iter().map(|short| format!("  {}", style.paint("33", short))));
    for warning in &run.warnings {
        let word = (warning.severity.name(), severity(warning.severity));
        out.extend(hanging(std::slice::from_ref(&warning.text), word, style));
    }
    out
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "2",
        Severity::Suspect => "33",
        Severity::Failed | Severity::Invalid => "1;31",
    }
}

/// The verdict stands at the right; one that forbids the numbers stands first, in a line of its own.
fn title(run: &Run, style: Style) -> Vec<String> {
    let Run { name, number, extent, took, .. } = run;
    let what = match &**number {
        "" => format!("{name} · {extent} · seed {} · {took}", run.seed),
        number => format!("{number}{} · {extent} · {took}", run.full_name),
    };
    let what = safe(&what);
    let words = style.verdict(run.status, run.server);
    if run.status == Status::Invalid {
        return [vec![words], wrap(&what, style.width, "", "  ")].concat();
    }
    beside(&what, (run.status, run.server), style)
}

/// What it is at the left, and at the right whether to believe it.
fn beside(what: &str, (status, server): (Status, Server), style: Style) -> Vec<String> {
    let room = style.width.saturating_sub(width(&Style::default().verdict(status, server)));
    let mut lines = wrap(what, room.saturating_sub(2), "", "  ");
    let pad = room.saturating_sub(width(&lines[0]));
    lines[0] += &format!("{}{}", " ".repeat(pad), style.verdict(status, server));
    lines
}

/// The tables of a load: those of the same heads are laid out alike, so that they stand one under the other.
fn tables(section: &Section, style: Style) -> Vec<String> {
    let of = |table: fn(&Block) -> Option<&Table>| {
        let tables = section.blocks.iter().map(move |block| Some((&block.title, table(block)?)));
        laid_out(tables, style)
    };
    let layouts = [
        of(|block| Some(&block.tables[0])),
        of(|block| Some(&block.tables[1])),
        of(|block| block.http_2.as_ref()),
    ];
    let blocks = 0..section.blocks.len();
    let mut out: Vec<String> =
        blocks.flat_map(|block| layouts.iter().flat_map(move |tables| tables[block].clone())).collect();
    for line in &section.legend {
        out.extend(paragraph(wrap(line, style.width, "  ", "  ")));
    }
    out
}

fn comparison(title: &String, table: &Table, style: Style) -> Vec<String> {
    laid_out(std::iter::once(Some((title, table))), style).concat()
}

/// The lines of each table, an empty one first; none of one that is not there.
fn laid_out<'a>(
    tables: impl Iterator<Item = Option<(&'a String, &'a Table)>>,
    style: Style,
) -> Vec<Vec<String>> {
    type Lines<'l> = (&'l str, &'l [table::Head], Vec<table::Row>);
    let lines_of = |(title, table): (&'a String, &'a Table)| -> Lines<'a> {
        (title, &table.heads, table.rows.iter().flat_map(lines).collect())
    };
    let tables: Vec<Option<Lines<'_>>> = tables.map(|table| table.map(lines_of)).collect();
    let there = || tables.iter().flatten();
    let heads = there().next().map_or(&[][..], |table| table.1);
    let all: Vec<&table::Row> = there().flat_map(|table| &table.2).collect();
    let layout = table::Table::new(heads, &all, style.width);
    let written = |(title, _, rows): &Lines<'_>| block(&layout, title, rows, style);
    tables.iter().map(|table| table.as_ref().map_or_else(Vec::new, written)).collect()
}

fn block(layout: &table::Table<'_>, title: &str, rows: &[table::Row], style: Style) -> Vec<String> {
    let head = layout.head(title).map(|line| style.paint("1", &line));
    std::iter::once(String::new()).chain(head).chain(rows.iter().flat_map(|row| layout.row(row))).collect()
}

/// A row, and below it least and most of its repeats.
fn lines(row: &Row) -> Vec<table::Row> {
    let label = safe(&row.label) + mark(row.status) + if row.server == Server::Failed { " !" } else { "" };
    let mut lines = vec![table::Row { label, cells: row.cells.clone(), across: false }];
    if !row.spreads.is_empty() {
        let label = format!("  min–max of {}", row.repeats);
        lines.push(table::Row { label, cells: row.spreads.clone(), across: true });
    }
    lines
}

/// Rows that must not be read like the others are marked.
fn mark(status: Status) -> &'static str {
    match status {
        Status::Valid => "",
        Status::Suspect => " ?",
        Status::Invalid => " ✗",
    }
}

/// A search: one line a try.
fn tries(search: &Search, style: Style) -> Vec<String> {
    let row = |one: &super::view::search::Try| {
        let mark = if one.passed { one.status.map_or("", mark) } else { mark(Status::Invalid) };
        table::Row { label: format!("{:>11}{mark}", one.size), cells: one.cells.clone(), across: false }
    };
    let blocks: Vec<(String, Vec<table::Row>)> = search
        .found
        .iter()
        .map(|found| (safe(&found.transport), found.tries.iter().map(row).collect()))
        .collect();
    let all: Vec<&table::Row> = blocks.iter().flat_map(|(_, rows)| rows).collect();
    let layout = table::Table::new(&search.heads, &all, style.width);
    let tried = blocks.iter().filter(|(_, rows)| !rows.is_empty());
    let mut out: Vec<String> = tried.flat_map(|(name, rows)| block(&layout, name, rows, style)).collect();
    out.extend(paragraph(
        search.legend.iter().flat_map(|mark| wrap(mark, style.width, "  ", "  ")).collect(),
    ));
    out
}

/// What a search found: one line a transport.
fn sustained(search: &Search, style: Style) -> Vec<String> {
    let widest = |of: fn(&super::view::search::Found) -> &str| {
        search.found.iter().map(|found| width(&safe(of(found)))).max().unwrap_or(0)
    };
    let label = widest(|found| &found.transport).clamp(width(search.unit), 24);
    let [passes, fails] =
        [widest(|found| &found.passes), widest(|found| &found.fails)].map(|width| width.max(6));
    let line = |cells: [&str; 3]| {
        format!(" {}  {}  {}   ", left(cells[0], label), right(cells[1], passes), right(cells[2], fails))
    };
    let mut out = vec![style.paint("1", &(line([search.unit, "passes", "fails"]) + "why"))];
    for found in &search.found {
        let first = line([&safe(&found.transport), &found.passes, &found.fails]);
        let lines = wrap(&safe(&found.why), style.width, &first, &" ".repeat(label + passes + fails + 8));
        out.extend(lines.iter().map(|line| line.trim_end().to_owned()));
    }
    out
}
