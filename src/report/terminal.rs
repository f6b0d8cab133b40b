//! The end of a run on a terminal: verdict, warnings, a table for each size, and what was found.
//!
//! It must not know whether there is a terminal: it is told whether to colour and how wide to be, and returns
//! a string. Colour only underlines what the words say. Foreign text is escaped on its way in.

use super::escape::terminal as safe;
use super::side_by_side::{self, Pair};
use super::{Artifact, Format, capacity, columns, finding, notes, runs};
use crate::results::{Cell, Outcome, Report, Server, Severity, Status};
use crate::scenario::Threshold;
use crate::text::lines::{left, right, width, wrap};
use crate::text::table::{Head, Row, Table};
use crate::text::{count, exact, text};

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
        format!("{} · {}", self.paint(code, status.name()), self.paint(how, &runs::server(server)))
    }

    fn severity(self, severity: Severity) -> String {
        let code = match severity {
            Severity::Note => "2",
            Severity::Suspect => "33",
            Severity::Failed | Severity::Invalid => "1;31",
        };
        self.paint(code, severity.name())
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

    fn render(&self, reports: &[Report]) -> anyhow::Result<Vec<Artifact>> {
        let bytes = render(reports, &Style::default()).into_bytes();
        Ok(vec![Artifact { name: FILE.to_owned(), bytes }])
    }
}

/// One report, or several side by side, as the end of a run. Ends with a line break.
pub fn render(reports: &[Report], style: &Style) -> String {
    let mut out = Vec::new();
    for (run, report) in reports.iter().enumerate() {
        let number = runs::number(run, reports.len());
        out.extend(title(report, &number, *style));
        out.extend(doubts(report, *style));
    }
    let cells = runs::cells(reports);
    out.extend(tables(&cells, reports.len(), *style));
    out.extend(ratios(&cells, *style));
    out.extend(section(troubles(&cells, reports.len(), *style)));
    for report in reports.iter().filter(|report| capacity::is_search(report)) {
        out.extend(steps(report, *style));
        out.extend(section(capacities(report, *style)));
    }
    for (run, report) in reports.iter().enumerate() {
        let number = runs::number(run, reports.len());
        out.extend(section(failed(report, &number, *style)));
        out.extend(section(report.thresholds.iter().flat_map(|o| outcome(o, &number, *style)).collect()));
    }
    let place = |(run, report)| Some(runs::number(run, reports.len()) + &notes::whereabouts(report)?);
    let places = reports.iter().enumerate().filter_map(place);
    for sentence in [Some(finding(reports)), notes::handshakes(&cells), notes::socket_memory(&cells)]
        .into_iter()
        .flatten()
        .chain(places)
    {
        if !sentence.is_empty() {
            out.extend(section(wrap(&safe(&sentence), style.width, "", "")));
        }
    }
    out.join("\n") + "\n"
}

/// Lines with an empty one before them, if there are any.
fn section(lines: Vec<String>) -> Vec<String> {
    if lines.is_empty() { lines } else { [vec![String::new()], lines].concat() }
}

/// The verdict stands at the right; one that forbids the numbers stands first, in a line of its own.
fn title(report: &Report, number: &str, style: Style) -> Vec<String> {
    let (name, extent, took) = (&report.name, runs::extent(report), format!("{:.0} s", report.took_s));
    let what = match number {
        "" => format!("{name} · {extent} · seed {} · {took}", report.seed),
        number => format!("{number}{} · {extent} · {took}", runs::name(report)),
    };
    let what = safe(&what);
    let (status, server) = (report.status(), report.server());
    let words = style.verdict(status, server);
    if status == Status::Invalid {
        return [vec![words], wrap(&what, style.width, "", "  ")].concat();
    }
    let room = style.width.saturating_sub(width(&Style::default().verdict(status, server)));
    let mut lines = wrap(&what, room.saturating_sub(2), "", "  ");
    let pad = room.saturating_sub(width(&lines[0]));
    lines[0] += &format!("{}{words}", " ".repeat(pad));
    lines
}

fn doubts(report: &Report, style: Style) -> Vec<String> {
    let mut out = Vec::new();
    match runs::cut_short(report) {
        Some(short) => out.push(format!("  {}", style.paint("33", &short))),
        None if report.measurements.is_empty() => out.push("  nothing was measured".to_owned()),
        None => {}
    }
    for said in notes::doubts(report) {
        let name = said.severity.name();
        let mut lines = wrap(&safe(&said.text), style.width, &format!("  {name}: "), "    ");
        lines[0] = lines[0].replacen(name, &style.severity(said.severity), 1);
        out.extend(lines);
    }
    out
}

fn tables(cells: &[Cell<'_>], runs: usize, style: Style) -> Vec<String> {
    let mut out = Vec::new();
    // One layout for all sizes of a load.
    let mut loads: Vec<&str> = cells.iter().map(|cell| cell.trial().load.name()).collect();
    loads.dedup();
    loads.sort_unstable();
    loads.dedup();
    for load in loads {
        let of_load: Vec<&Cell<'_>> = cells.iter().filter(|cell| cell.trial().load.name() == load).collect();
        out.extend(of_one_load(&of_load, runs, style));
    }
    out
}

/// Two tables for each size: the first by message, the second in all.
fn of_one_load(cells: &[&Cell<'_>], runs: usize, style: Style) -> Vec<String> {
    let layouts = columns::tables(cells).map(|columns| blocks(cells, &columns, runs, style));
    let sizes = layouts[0].len();
    let mut out: Vec<String> =
        (0..sizes).flat_map(|size| layouts.iter().flat_map(move |blocks| blocks[size].clone())).collect();
    let marked = cells.iter().any(|cell| cell.server() == Server::Failed);
    let failed = marked.then(|| "!: the server failed; why is said above.".to_owned());
    for line in failed.into_iter().chain(notes::too_few(cells)) {
        out.extend(section(wrap(&line, style.width, "  ", "  ")));
    }
    out
}

/// The table of each size in turn, all laid out alike.
fn blocks(cells: &[&Cell<'_>], columns: &[columns::Column], runs: usize, style: Style) -> Vec<Vec<String>> {
    let heads: Vec<Head> = columns.iter().map(|column| (column.group, column.head)).collect();
    let scales: Vec<_> = columns.iter().map(|column| column.scale(cells)).collect();
    let rows = |cell: &Cell<'_>| {
        let each = columns.iter().zip(&scales);
        let label = safe(&runs::row(cell, runs)) + mark(cell.status()) + failed_mark(cell.server());
        let values =
            Row { label, cells: each.clone().map(|(c, s)| c.show(cell, *s)).collect(), across: false };
        let label = format!("  min–max of {}", cell.repeats.len());
        let spread = Row { label, cells: each.map(|(c, s)| c.spread(cell, *s)).collect(), across: true };
        if cell.repeats.len() > 1 { vec![values, spread] } else { vec![values] }
    };
    let rows: Vec<(u32, Vec<Row>)> = cells.iter().map(|cell| (cell.clients(), rows(cell))).collect();
    let all: Vec<&Row> = rows.iter().flat_map(|(_, rows)| rows).collect();
    let table = Table::new(&heads, &all, style.width);
    let block = |block: &[(u32, Vec<Row>)]| {
        let title = count(block[0].0, "client");
        let mut lines = vec![String::new()];
        lines.extend(table.head(&title).map(|line| style.paint("1", &line)));
        lines.extend(block.iter().flat_map(|(_, rows)| rows).flat_map(|row| table.row(row)));
        lines
    };
    rows.chunk_by(|a, b| a.0 == b.0).map(block).collect()
}

/// Several runs: a small table for each load and size, of what later runs have against the first.
fn ratios(cells: &[Cell<'_>], style: Style) -> Vec<String> {
    let pairs = side_by_side::pairs(cells);
    let mut out = Vec::new();
    let kind = |pair: &Pair<'_>| (pair.other.clients(), pair.other.trial().load.name());
    for block in pairs.chunk_by(|a, b| kind(a) == kind(b)) {
        let columns = columns::shown(&block.iter().map(|pair| pair.other).collect::<Vec<_>>());
        let row = |pair: &Pair<'_>| {
            let label = safe(&runs::row(pair.other, pair.other.run + 1));
            Row { label, cells: pair.ratios(&columns), across: false }
        };
        let rows: Vec<Row> = block.iter().map(row).collect();
        let heads: Vec<Head> = columns.iter().map(|column| ("times that of [1]", column.head)).collect();
        let table = Table::new(&heads, &rows.iter().collect::<Vec<&Row>>(), style.width);
        out.push(String::new());
        let title = count(block[0].other.clients(), "client");
        out.extend(table.head(&title).map(|line| style.paint("1", &line)));
        out.extend(rows.iter().flat_map(|row| table.row(row)));
    }
    out
}

/// Rows that must not be read like the others are marked.
fn mark(status: Status) -> &'static str {
    match status {
        Status::Valid => "",
        Status::Suspect => " ?",
        Status::Invalid => " ✗",
    }
}

/// Numbers of a server that failed are right, and are those of a server that failed.
fn failed_mark(server: Server) -> &'static str {
    if server == Server::Failed { " !" } else { "" }
}

fn troubles(cells: &[Cell<'_>], runs: usize, style: Style) -> Vec<String> {
    let mut out = Vec::new();
    for cell in cells {
        let troubles = notes::troubles(cell);
        if !troubles.is_empty() {
            let run = if runs > 1 { format!(" [{}]", cell.run + 1) } else { String::new() };
            let line = format!("{}{run}: {}", cell.label(), troubles.join("; "));
            out.extend(wrap(&safe(&line), style.width, "  ", "    "));
        }
    }
    out
}

/// A search: one line a step.
fn steps(report: &Report, style: Style) -> Vec<String> {
    let heads: Vec<Head> = capacity::columns(report).iter().map(|(head, _)| *head).collect();
    let row = |line: capacity::Line| {
        let mark = match line.status {
            _ if !line.held => mark(Status::Invalid),
            status => status.map_or("", mark),
        };
        Row { label: format!("{:>11}{mark}", line.size), cells: line.cells, across: false }
    };
    let rows = |found| capacity::lines(report, found).into_iter().map(row).collect();
    let blocks: Vec<(String, Vec<Row>)> =
        report.capacity.iter().map(|found| (safe(&found.transport), rows(found))).collect();
    let all: Vec<&Row> = blocks.iter().flat_map(|(_, rows)| rows).collect();
    let table = Table::new(&heads, &all, style.width);
    let mut out = Vec::new();
    for (name, rows) in blocks.iter().filter(|(_, rows)| !rows.is_empty()) {
        out.push(String::new());
        out.extend(table.head(name).map(|line| style.paint("1", &line)));
        out.extend(rows.iter().flat_map(|row| table.row(row)));
    }
    let marks = notes::marks_of_steps(report).into_iter().chain(notes::too_few_in_steps(report));
    out.extend(section(marks.flat_map(|mark| wrap(&mark, style.width, "  ", "  ")).collect()));
    out
}

/// What a search found: one line a transport.
fn capacities(report: &Report, style: Style) -> Vec<String> {
    let found: Vec<capacity::Found> = report.capacity.iter().map(capacity::found).collect();
    let name = |found: &capacity::Found| width(&safe(&found.transport));
    let label = found.iter().map(name).max().unwrap_or(0).clamp(width(capacity::unit(report)), 24);
    let widest =
        |of: fn(&capacity::Found) -> &str| found.iter().map(|found| width(of(found))).max().unwrap_or(0);
    let [passes, fails] =
        [widest(|found| &found.held), widest(|found| &found.failed)].map(|width| width.max(6));
    let line = |cells: [&str; 3]| {
        format!(" {}  {}  {}   ", left(cells[0], label), right(cells[1], passes), right(cells[2], fails))
    };
    let head = line([capacity::unit(report), "passes", "fails"]) + "why";
    let mut out = vec![style.paint("1", &head)];
    for found in &found {
        let first = line([&safe(&found.transport), &found.held, &found.failed]);
        let lines = wrap(&safe(&found.why), style.width, &first, &" ".repeat(label + passes + fails + 8));
        out.extend(lines.iter().map(|line| line.trim_end().to_owned()));
    }
    out
}

fn failed(report: &Report, number: &str, style: Style) -> Vec<String> {
    let mut out = Vec::new();
    // A search has said why above: that a step fails is how a limit shows.
    if capacity::is_search(report) {
        return out;
    }
    for failed in &report.failed {
        let line = format!("{number}{}: {}", failed.trial.label(), failed.reason);
        let mut lines = wrap(&safe(&line), style.width, "  failed to run: ", "    ");
        lines[0] = lines[0].replacen("failed to run", &style.paint("1;31", "failed to run"), 1);
        out.extend(lines);
    }
    out
}

fn outcome(outcome: &Outcome, number: &str, style: Style) -> Vec<String> {
    let (sign, code) = if outcome.holds { ("✓", "32") } else { ("✗", "1;31") };
    let line = number.to_owned() + &sentence(outcome);
    let mut lines = wrap(&safe(&line), style.width, &format!("  {sign} "), "    ");
    lines[0] = lines[0].replacen(sign, &style.paint(code, sign), 1);
    lines
}

/// `latency.p99 at most 5 ms: 1.1 ms (websocket, 1,000 clients)`.
pub fn sentence(outcome: &Outcome) -> String {
    let unit = outcome.threshold.metric.unit();
    let value = outcome.value.map_or_else(|| "not measured".to_owned(), |v| text(unit, v));
    format!("{}: {value} ({})", limit(&outcome.threshold), outcome.trial)
}

/// `latency.p99 at most 5 ms`.
pub fn limit(threshold: &Threshold) -> String {
    let unit = threshold.metric.unit();
    let limit = |word: &str, value: Option<f64>| value.map(|v| format!(" {word} {}", exact(unit, v)));
    let most = limit("at most", threshold.max).unwrap_or_default();
    let least = limit("at least", threshold.min).unwrap_or_default();
    format!("{}{most}{least}", threshold.metric.name())
}
