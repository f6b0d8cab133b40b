//! The tables of a report as data: for each load its blocks of rows, for each number of clients one, and what a reader must
//! know to read them.
//!
//! It must not know how a table looks. Its other end are the renderers.

use serde::Serialize;

use super::columns::{self, Column};
use super::finding::Pair;
use super::{names, samples};
use crate::results::{Cell, Check, Server, Status};
use crate::text::{Shown, count, factor};

/// All tables of one load.
#[derive(Serialize)]
pub struct Section {
    /// One for each number of clients.
    pub blocks: Vec<Block>,
    /// What signs mean that stand in them.
    pub legend: Vec<String>,
    /// The same, where percentiles are shown at length and verdicts in words.
    pub legend_at_length: Vec<String>,
    /// What a row's name and the columns say, these by group and head, where a metric's definition does.
    pub meanings: Vec<(String, &'static str)>,
}

/// Below a table of percentiles.
const FEW: &str =
    "p99 and above, of latencies and of ages, rest on too few messages (few-samples): do not rely on them.";
/// What a row is called.
const ROW: &str = "the transport; how often it asks, where it does; tls; h2 for HTTP/2 (else HTTP/1.1); deflate for compressed \
                   messages";

/// Two tables of the same rows, one by message, one of totals; and further ones.
#[derive(Serialize)]
pub struct Block {
    /// `1,000 clients`.
    pub title: String,
    /// The more telling first.
    pub tables: [Table; 2],
    /// What is HTTP/2's own; `None` where nobody speaks it.
    pub http_2: Option<Table>,
    /// More percentiles than those have room for; `None` where nothing was timed.
    pub percentiles: Option<Table>,
}

/// Heads and rows.
#[derive(Serialize)]
pub struct Table {
    /// Group and head of each column.
    pub heads: Vec<(&'static str, &'static str)>,
    /// In the order of the scenario.
    pub rows: Vec<Row>,
}

impl Table {
    fn says_something(&self) -> bool {
        self.rows.iter().flat_map(|row| &row.values).any(Option::is_some)
    }
}

/// One row: a cell, or a cell against another.
#[derive(Serialize)]
pub struct Row {
    /// The row's name, as it came.
    pub label: String,
    /// Whether to believe it.
    pub status: Status,
    /// How the server did.
    pub server: Server,
    /// How many repeats it sums up.
    pub repeats: usize,
    /// One a column.
    pub cells: Vec<Shown>,
    /// The same numbers in their base units, for whoever sorts.
    pub values: Vec<Option<f64>>,
    /// Least and most of the repeats, one a column; empty without repeats.
    pub spreads: Vec<Shown>,
}

/// The tables of all cells, by load.
pub fn sections(cells: &[Cell<'_>], runs: usize, baseline: Option<&str>) -> Vec<Section> {
    let mut loads: Vec<&str> = cells.iter().map(|cell| cell.trial().load.name()).collect();
    loads.sort_unstable();
    loads.dedup();
    let of = |load: &&str| cells.iter().filter(|cell| cell.trial().load.name() == *load).collect::<Vec<_>>();
    loads.iter().map(|load| section(&of(load), runs, baseline)).collect()
}

fn section(cells: &[&Cell<'_>], runs: usize, baseline: Option<&str>) -> Section {
    let blocks = names::blocks(cells);
    let base = |block: &[&Cell<'_>], run| {
        let several = block.iter().filter(|cell| cell.run == run).count() > 1;
        names::base(block, run, baseline).filter(|_| several).map(|base| base.trial().row_name())
    };
    let bases = blocks.iter().flat_map(|block| (0..runs).filter_map(|run| base(block, run)));
    let mut bases: Vec<String> = bases.collect();
    bases.sort();
    bases.dedup();
    let columns = columns::tables(cells, !bases.is_empty());
    let ratios = columns.iter().flatten().any(Column::is_ratio);
    let any = |so: &dyn Fn(&Cell<'_>) -> bool| cells.iter().any(|cell| so(cell));
    let mut legend = Vec::new();
    if ratios {
        let whose = if let [one] = &*bases { one } else { "the first row" };
        legend.push(format!("ratio: to that of {whose}."));
    }
    if any(&|cell| cell.repeats.iter().any(|trial| trial.verdict.found(Check::FewSamples))) {
        legend.push(FEW.to_owned());
    }
    let legend_at_length = legend.iter().cloned().chain(samples::too_few_at_length(cells)).collect();
    let marks = [
        (any(&|cell| cell.status() == Status::Invalid), "✗: invalid"),
        (any(&|cell| cell.status() == Status::Suspect), "?: suspect"),
        (any(&|cell| cell.server() == Server::Failed), "!: the server failed"),
    ];
    let marks: Vec<&str> = marks.into_iter().filter_map(|(there, mark)| there.then_some(mark)).collect();
    if !marks.is_empty() {
        legend.push(format!("{}; the reasons stand above.", marks.join(", ")));
    }
    legend.extend(samples::too_few(cells));
    let at_length = cells.first().map_or_else(Vec::new, |cell| columns::at_length(&cell.trial().load));
    let of_http_2 = columns::of_http_2(cells);
    let table = |block: &[&Cell<'_>], columns: &Vec<Column>| Table {
        heads: columns.iter().map(|column| (column.group, column.head)).collect(),
        rows: block.iter().map(|cell| row(cell, block, (columns, cells), runs, baseline)).collect(),
    };
    let block = |block: &&[&Cell<'_>]| Block {
        title: count(block[0].clients(), "client"),
        tables: columns.each_ref().map(|columns| table(block, columns)),
        http_2: Some(table(block, &of_http_2)).filter(Table::says_something),
        percentiles: Some(table(block, &at_length)).filter(Table::says_something),
    };
    let meanings = std::iter::once(("row".to_owned(), ROW))
        .chain(columns.iter().flatten().chain(&of_http_2).filter_map(meaning));
    Section {
        blocks: blocks.iter().map(block).collect(),
        legend,
        legend_at_length,
        meanings: meanings.collect(),
    }
}

fn meaning(column: &Column) -> Option<(String, &'static str)> {
    Some((format!("{} {}", column.group, column.head), column.about()?))
}

/// `alike` are the cells that share a scale with it.
fn row(
    cell: &Cell<'_>,
    block: &[&Cell<'_>],
    (columns, alike): (&[Column], &[&Cell<'_>]),
    runs: usize,
    baseline: Option<&str>,
) -> Row {
    let base = names::base(block, cell.run, baseline);
    let scaled = || columns.iter().map(|column| (column, column.scale(alike)));
    let spreads = scaled().map(|(column, scale)| column.spread(cell, scale));
    Row {
        label: names::row(cell, runs),
        status: cell.status(),
        server: cell.server(),
        repeats: cell.repeats.len(),
        cells: scaled().map(|(column, scale)| column.show(cell, base, scale)).collect(),
        values: columns.iter().map(|column| column.value(cell, base)).collect(),
        spreads: if cell.repeats.len() > 1 { spreads.collect() } else { vec![] },
    }
}

/// Several runs: a small table for each load and number of clients, of what later runs have against the first.
pub fn comparisons(pairs: &[Pair<'_>]) -> Vec<(String, Table)> {
    let kind = |pair: &Pair<'_>| (pair.other.clients(), pair.other.trial().load.name());
    pairs.chunk_by(|a, b| kind(a) == kind(b)).map(comparison).collect()
}

fn comparison(pairs: &[Pair<'_>]) -> (String, Table) {
    let cells: Vec<&Cell<'_>> = pairs.iter().map(|pair| pair.other).collect();
    let [columns, _] = columns::tables(&cells, false);
    let row = |pair: &Pair<'_>| {
        let values = pair.ratios(&columns);
        let shown = |ratio: &Option<f64>| {
            ratio.map_or_else(Shown::nothing, |ratio| Shown { number: factor(ratio), unit: "" })
        };
        Row {
            label: names::row(pair.other, pair.other.run + 1),
            status: Status::Valid,
            server: Server::Ok,
            repeats: 1,
            cells: values.iter().map(shown).collect(),
            values,
            spreads: vec![],
        }
    };
    let heads = columns.iter().map(|column| ("times that of [1]", column.head)).collect();
    (count(pairs[0].other.clients(), "client"), Table { heads, rows: pairs.iter().map(row).collect() })
}
