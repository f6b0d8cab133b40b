//! What stands first: of each run whether to believe it and how its server did; then what was found.
//!
//! It must not know what comes below.

use super::markup::{Element, element, said};
use super::tables::scrolling;
use crate::report::view::choice::{Choice, Choices};
use crate::report::view::{Run, View, Warning, names};
use crate::results::{Server, Severity, Status};

/// A run's heading, with what speaks against its numbers.
pub fn run(run: &Run) -> Element {
    let heading = said("h1", &format!("{}{}", run.number, run.name));
    let facts = format!("{} · seed {} · {}", run.extent, run.seed, run.took);
    let verdict = element("p").class("verdict").and(status(run.status)).text(" ").and(server(run.server));
    let believed = format!("{} {}", names::believed(run.status), names::did(run.server));
    let grave = |warning: &&Warning| warning.severity > Severity::Note;
    let measured = run.measured.iter().map(|what| said("p", &format!("Measured: {what}.")));
    element("header")
        .and(said("p", &run.full_name).class("origin"))
        .and(heading)
        .and(said("p", &run.about).class("question"))
        .and(verdict.text(&format!(" {facts}")))
        .and(said("p", &believed).class("believed"))
        .all(run.cut_short.iter().map(|why| said("p", why).class("cut")))
        .all(warnings(run.warnings.iter().filter(grave)))
        .all(measured)
}

/// A run's heading before anything has been measured.
pub fn awaited(run: &Run) -> Element {
    let heading = said("h1", &run.name);
    let origin = said("p", &run.full_name).class("origin");
    element("header").and(origin).and(heading).and(said("p", &run.about).class("question"))
}

/// Each finding is a sentence or two of its own; the first is the answer.
pub fn finding(view: &View<'_>) -> Option<Element> {
    let sentences = view.findings.iter().map(|finding| said("p", &finding.sentence()));
    let finding = element("section").with("id", "finding").and(said("h2", "Finding")).all(sentences);
    (!view.findings.is_empty()).then_some(finding)
}

/// Which row to take, by what counts.
pub fn choices(view: &View<'_>) -> Option<Element> {
    let Choices { title, choices, rule } = view.choices.as_ref()?;
    let column = |name: &str| said("th", name).with("scope", "col").class("word");
    let heads = ["if this counts", "take", "it needs", "the others need"].map(column);
    let row = |choice: &Choice| {
        let others = choice.others.iter().map(|(row, times)| format!("{row} {times}"));
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
    Some(section.and(scrolling(&heading, table)).and(said("p", rule).class("hint")))
}

/// A list of them; nothing where there is none.
pub fn warnings<'a>(warnings: impl Iterator<Item = &'a Warning>) -> Option<Element> {
    let name = |severity: Severity| said("b", severity.name()).class(&format!("badge {}", severity.name()));
    let item =
        |warning: &Warning| element("li").and(name(warning.severity)).text(&format!(" {}", warning.text));
    let list = element("ul").class("warnings").all(warnings.map(item));
    (!list.is_empty()).then_some(list)
}

/// Whether to believe it, in a word.
pub fn status(status: Status) -> Element {
    said("b", status.name()).class(&format!("badge {}", status.name().to_lowercase()))
}

/// How the server did, in a word.
pub fn server(server: Server) -> Element {
    let class = match server {
        Server::Ok => "badge valid",
        Server::Failed => "badge failed",
        Server::Unknown => "badge",
    };
    said("b", &names::server(server)).class(class)
}
