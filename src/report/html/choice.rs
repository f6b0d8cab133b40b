//! Which row to take, by what counts.
//!
//! It must not know how that is decided.

use super::markup::{Element, element, said};
use super::tables::scrolling;
use crate::report::view::View;
use crate::report::view::choice::{Choice, Choices};
use crate::text::factor;

/// A section; nothing where there is nothing to choose.
pub fn choices(view: &View<'_>) -> Option<Element> {
    let Choices { title, choices, rule, take } = view.choices.as_ref()?;
    let column = |name: &str| said("th", name).with("scope", "col").class("word");
    let heads = ["if this counts", "take", "number of the first", "the others need"].map(column);
    let row = |choice: &Choice| {
        let others = choice.others.iter().map(|(row, times)| format!("{row} {}", factor(*times)));
        let cells =
            [choice.take.join(", "), choice.least.clone(), others.collect::<Vec<String>>().join(", ")];
        let counts =
            said("th", choice.counts).with("scope", "row").with("title", choice.metric).class("word");
        element("tr").and(counts).all(cells.map(|text| said("td", &text).class("word")))
    };
    let head = element("thead").and(element("tr").all(heads));
    let table = element("table").class("facts").and(head).and(element("tbody").all(choices.iter().map(row)));
    let heading = format!("Which one to take, for {title}");
    let section = element("section").with("id", "choice").and(said("h2", &heading));
    let lead = take.iter().map(|take| said("p", &take.sentence()));
    Some(section.all(lead).and(scrolling(&heading, table)).and(said("p", rule).class("hint")))
}
