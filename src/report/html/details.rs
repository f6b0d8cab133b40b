//! What a reader looks up who wants to know whether and how the numbers came about.
//!
//! It must not know what speaks for or against them.

use super::markup::{Element, element, said};
use super::opening::warnings;
use crate::report::view::{Run, View};

/// Of each run what its checks have found; under its name where there are several.
pub fn checks(view: &View<'_>) -> Vec<Element> {
    let none = |run: &Run| match run.measured {
        Some(_) => said("p", "No check has found anything."),
        None => said("p", "Nothing was measured, so there was nothing to check."),
    };
    each(view, |run| vec![warnings(run.warnings.iter()).unwrap_or_else(|| none(run))])
}

/// What was asked for in the scenario, and whether it holds.
pub fn thresholds(view: &View<'_>) -> Vec<Element> {
    let item = |(holds, said): &(bool, String)| {
        let (word, class) = if *holds { ("passed", "badge valid") } else { ("failed", "badge failed") };
        element("li").and(self::said("b", word).class(class)).text(&format!(" {said}"))
    };
    let list = element("ul").class("warnings").all(view.thresholds.iter().map(item));
    (!list.is_empty()).then_some(list).into_iter().collect()
}

/// The command, and the scenario that it needs.
pub fn again(view: &View<'_>) -> Vec<Element> {
    each(view, |run| {
        let hint = format!("Should wsbench not find {}, save the scenario below under that name.", run.file);
        let command = element("pre").class("command").and(element("code").lines(&run.command));
        let scenario = element("details").and(said("summary", &format!("Scenario {}", run.file)));
        let text = element("pre").and(element("code").lines(&run.scenario));
        vec![command, said("p", &hint), scenario.and(text)]
    })
}

/// What the numbers depend on.
pub fn environment(view: &View<'_>) -> Vec<Element> {
    let row = |(name, value): &(&str, String)| {
        element("tr")
            .and(said("th", name).with("scope", "row").class("name"))
            .and(said("td", value).class("word"))
    };
    let table = |run: &Run| {
        element("table").class("facts").and(element("tbody").all(run.environment.iter().map(row)))
    };
    each(view, |run| vec![element("div").class("scroll").and(table(run))])
}

/// Of the metrics that these runs have.
pub fn definitions(view: &View<'_>) -> Vec<Element> {
    // A number keeps its sign.
    let about = |about: &str| said("dd", &about.replace(" %", "\u{a0}%"));
    let one = |(name, of): &(&str, &str)| [element("dt").and(said("code", name)), about(of)];
    let list = element("dl").all(view.definitions.iter().flat_map(one));
    (!list.is_empty()).then_some(list).into_iter().collect()
}

fn each(view: &View<'_>, of: impl Fn(&Run) -> Vec<Element>) -> Vec<Element> {
    let heading =
        |run: &Run| (view.runs.len() > 1).then(|| said("h3", &format!("{}{}", run.number, run.full_name)));
    view.runs.iter().flat_map(|run| heading(run).into_iter().chain(of(run))).collect()
}
