//! Two arms against each other: what they are, what it comes to, and a table for each row of the scenario.
//!
//! It must not know when a difference is one.

use super::markup::{Element, element, said};
use super::opening::{server, status};
use super::tables::{list, number, scrolling};
use crate::report::view::compare::{self, Arm, Cell, Change, Judged, Row, State};
use crate::report::view::{Comparison, View, names};

/// What stands first.
pub fn opening(comparison: &Comparison, view: &View<'_>) -> Element {
    let arm = |name: &str, arm: &Arm| {
        let words = element("p").class("verdict").and(said("b", &format!("{name}: "))).text(&arm.label());
        let verdict = words.text(" ").and(status(arm.status)).text(" ").and(server(arm.server));
        verdict.text(&format!(" {}", names::believed(arm.status, false)))
    };
    let summary = element("section").with("id", "finding").and(said("h2", "Finding"));
    element("header")
        .and(said("h1", "Comparison"))
        .and(arm("base", &comparison.base))
        .and(arm("new", &comparison.new))
        .and(summary.and(said("p", &view.finding())))
        .all(gates(&comparison.gates))
        .all(list(comparison.notes.iter()))
}

fn gates(gates: &[Judged]) -> Option<Element> {
    let item = |judged: &Judged| {
        let (word, class) = match judged.state {
            State::Holds => ("passed", "badge valid"),
            State::Crossed => ("failed", "badge failed"),
            State::NotMeasured => ("not measured", "badge failed"),
            State::CannotTell => ("cannot tell", "badge suspect"),
        };
        element("li").and(said("b", word).class(class)).text(&format!(" {}", judged.text))
    };
    let list = element("ul").class("warnings").all(gates.iter().map(item));
    (!list.is_empty()).then_some(list)
}

/// A table for each row of the scenario, and what is in none.
pub fn tables(comparison: &Comparison) -> Vec<Element> {
    let mut out: Vec<Element> = comparison.cells.iter().flat_map(cell).collect();
    out.extend(list(comparison.left_out.iter()));
    out
}

fn cell(cell: &Cell) -> Vec<Element> {
    let heads = ["metric", "base", "new", "ratio", "interval", "verdict"];
    let class = |place: usize| if place == 0 { "name" } else { "" };
    let head = |(place, name): (usize, &&str)| said("th", name).with("scope", "col").class(class(place));
    let head = element("thead").and(element("tr").all(heads.iter().enumerate().map(head)));
    let body = element("tbody").all(cell.rows.iter().map(row));
    let table = element("table").and(head).and(body);
    let more = compare::repeats_needed(&cell.rows).map(|words| said("p", &words));
    [said("h3", &cell.label), scrolling(&cell.label, table)].into_iter().chain(more).collect()
}

fn row(row: &Row) -> Element {
    let name = element("th").class("name").with("scope", "row").and(said("code", row.metric));
    let [base, new] = row.values();
    let ratio = row.ratio.map(|ratio| ratio.to_string());
    let ratio = ratio.iter().fold(said("td", &compare::ratio(row)), |td, ratio| td.with("data-value", ratio));
    let class = match row.change {
        Change::Worse => "badge failed",
        Change::Better => "badge valid",
        Change::None | Change::Unknown => "",
    };
    let verdict = said("span", &compare::verdict(row)).class(class);
    element("tr")
        .and(name)
        .and(number(&base, row.base))
        .and(number(&new, row.new))
        .and(ratio)
        .and(said("td", &compare::interval(row)))
        .and(element("td").class("word").and(verdict))
}
