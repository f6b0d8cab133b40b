//! Metrics over runs: a table for each row of the scenario.
//!
//! It must not know when a level changes.

use super::markup::{Element, element, said};
use super::tables::{number, scrolling};
use crate::report::view::trend::{Point, Series, Trend};
use crate::text::factor;

/// What stands first.
pub fn opening(trend: &Trend) -> Element {
    let finding = element("section").with("id", "finding").and(said("h2", "Finding"));
    let suspect = trend.suspect().map(|words| said("p", &words));
    element("header")
        .and(said("h1", &trend.title()))
        .and(finding.and(said("p", &trend.summary())))
        .all(suspect)
}

/// All of them.
pub fn tables(trend: &Trend) -> Vec<Element> {
    trend.series.chunk_by(|a, b| a.row == b.row).flat_map(row).collect()
}

fn row(series: &[Series]) -> [Element; 2] {
    let heads = [("metric", "name"), ("first", ""), ("course", "word"), ("last", ""), ("changes", "word")];
    let head = heads.map(|(name, class)| said("th", name).with("scope", "col").class(class));
    let head = element("thead").and(element("tr").all(head));
    let table = element("table").and(head).and(element("tbody").all(series.iter().map(metric)));
    [said("h3", &series[0].row), scrolling(&series[0].row, table)]
}

fn metric(series: &Series) -> Element {
    let name = element("th").class("name").with("scope", "row").and(said("code", series.metric));
    let [first, last] = series.ends();
    let value = |point: Option<&Point>| point.map(|point| point.value);
    let changes = series.changes().map(|(point, by)| format!("{} at {}", factor(by), point.started));
    element("tr")
        .and(name)
        .and(number(&first, value(series.points.first())))
        .and(said("td", &series.line(30)).class("word course"))
        .and(number(&last, value(series.points.last())))
        .and(said("td", &changes.collect::<Vec<String>>().join(", ")).class("word"))
}
