//! The tables, and those of a search. The script makes them sortable: each cell holds its number in the base unit.
//!
//! It must not know which numbers there are.

use super::markup::{Element, element, said};
use super::opening::{server, status};
use crate::report::view::search::{Found, Try};
use crate::report::view::{Block, Row, Search, Section, Table, View};
use crate::results::{Server, Status};
use crate::text::Shown;

/// Group and head of a column.
type Head = (&'static str, &'static str);

/// All tables, with what must be known to read them.
pub fn numbers(view: &View<'_>) -> Vec<Element> {
    let mut out: Vec<Element> = view.sections.iter().flat_map(section).collect();
    let comparison = |(title, table): &(String, Table)| {
        let title = format!("{title}, against [1]");
        let named = table_of(&title, table);
        [said("h3", &title), named]
    };
    out.extend(view.comparisons.iter().flat_map(comparison));
    out.extend(list(view.remarks.iter().chain(&view.troubles)));
    let failed: Vec<String> = view.failed.iter().map(|failed| format!("failed to run: {failed}")).collect();
    out.extend(list(failed.iter()));
    out
}

fn section(section: &Section) -> Vec<Element> {
    let block = |block: &Block| {
        let tables = block.tables.iter().chain(&block.http_2).chain(&block.percentiles);
        let tables = tables.map(|table| table_of(&block.title, table));
        std::iter::once(said("h3", &block.title)).chain(tables).collect::<Vec<Element>>()
    };
    let legend = list(section.legend_at_length.iter());
    section.blocks.iter().flat_map(block).chain(legend).chain([meanings(section)]).collect()
}

/// What rows and columns say, to be read beside them.
fn meanings(section: &Section) -> Element {
    let one = |(name, about): &(String, &str)| [said("dt", name), said("dd", about)];
    let details = element("details").with("open", "").and(said("summary", "What rows and columns mean"));
    details.and(element("dl").all(section.meanings.iter().flat_map(one)))
}

/// A list of sentences; nothing where there is none.
pub fn list<'a>(items: impl Iterator<Item = &'a String>) -> Option<Element> {
    let list = element("ul").all(items.map(|item| said("li", item)));
    (!list.is_empty()).then_some(list)
}

fn table_of(title: &str, table: &Table) -> Element {
    let head = head("", &table.heads, &["verdict"]);
    let rows = table.rows.iter().map(row);
    scrolling(title, element("table").class("sortable").and(head).and(element("tbody").all(rows)))
}

/// On a narrow screen it moves by itself, by keyboard too.
pub fn scrolling(title: &str, table: Element) -> Element {
    let div = element("div").class("scroll").with("tabindex", "0").with("role", "region");
    div.with("aria-label", title).and(table)
}

/// Two lines: groups over all their columns, and heads. `first` stands over the rows' names, `last` behind the numbers.
fn head(first: &str, heads: &[Head], last: &[&str]) -> Element {
    let group = |same: &[Head]| {
        said("th", same[0].0)
            .with("colspan", &same.len().to_string())
            .with("scope", "colgroup")
            .class("group")
    };
    let groups = heads.chunk_by(|a, b| a.0 == b.0).map(group);
    let empty = || element("td");
    let above = element("tr").and(empty()).all(groups).all(last.iter().map(|_| empty()));
    let column = |name: &str| said("th", name).with("scope", "col");
    let names = std::iter::once(column(first).class("name"));
    let heads = heads.iter().map(|(_, head)| column(head)).chain(last.iter().map(|name| column(name)));
    element("thead").and(above).and(element("tr").all(names).all(heads))
}

fn row(row: &Row) -> Element {
    let name = said("th", &row.label).with("scope", "row").class("name");
    let number = |place: usize, shown: &Shown| {
        let spread = row.spreads.get(place).filter(|spread| !spread.number.is_empty());
        let cell = number(shown, row.values.get(place).copied().flatten());
        cell.all(spread.map(|spread| said("small", &spread.number)))
    };
    let cells = row.cells.iter().enumerate().map(|(place, shown)| number(place, shown));
    element("tr").and(name).all(cells).and(verdict(row))
}

/// What is well needs no colour.
fn verdict(row: &Row) -> Element {
    let word = if row.status == Status::Valid { said("span", "valid") } else { status(row.status) };
    let failed = (row.server == Server::Failed).then(|| server(row.server));
    element("td").class("word").and(word).text(" ").all(failed)
}

/// A number as it is shown, with its value in the base unit.
pub fn number(shown: &Shown, value: Option<f64>) -> Element {
    let unit = said("span", shown.unit).class("unit");
    let cell = element("td").and(said("span", &shown.number).class("number")).and(unit);
    match value {
        Some(value) => cell.with("data-value", &value.to_string()),
        None => cell,
    }
}

/// What each search found, and its tries.
pub fn capacity(view: &View<'_>) -> Vec<Element> {
    view.searches.iter().flat_map(search).collect()
}

fn search(search: &Search) -> Vec<Element> {
    let cells = |found: &Found| {
        let name = said("th", &found.transport).with("scope", "row").class("name");
        let said = [&found.passes, &found.fails].map(|text| said("td", text));
        element("tr").and(name).all(said).and(self::said("td", &found.why).class("word"))
    };
    let rows = element("tbody").all(search.found.iter().map(cells));
    let column = |(name, class): (&str, &str)| said("th", name).with("scope", "col").class(class);
    let heads = [(search.unit, "name"), ("passes", ""), ("fails", ""), ("why", "word")].map(column);
    let heads = element("thead").and(element("tr").all(heads));
    let mut out = vec![scrolling(search.unit, element("table").and(heads).and(rows))];
    for found in search.found.iter().filter(|found| !found.tries.is_empty()) {
        let table = element("table").and(head(search.unit, &search.heads, &["ended"]));
        let tries = table.and(element("tbody").all(found.tries.iter().map(attempt)));
        out.extend([said("h3", &found.transport), scrolling(&found.transport, tries)]);
    }
    out.extend(list(search.legend.iter()));
    out
}

fn attempt(one: &Try) -> Element {
    let name = said("th", &one.size).with("scope", "row").class("name");
    let cells = one.cells.iter().map(|shown| number(shown, None));
    let (word, class) = if one.passed { ("passed", "badge valid") } else { ("failed", "badge failed") };
    let doubtful = one.status.filter(|status| one.passed && *status == Status::Suspect);
    let ended = element("td").class("word").and(said("b", word).class(class)).text(" ");
    element("tr").and(name).all(cells).and(ended.all(doubtful.map(status)))
}
