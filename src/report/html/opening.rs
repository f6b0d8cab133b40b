//! What stands first: of each run whether to believe it and how its server did; then what was found.
//!
//! It must not know what comes below.

use super::markup::{Element, element, said};
use crate::report::view::{Finding, Run, View, Warning, names};
use crate::results::{Server, Severity, Status};

/// A run's heading, with what speaks against its numbers.
pub fn run(run: &Run) -> Element {
    let heading = said("h1", &format!("{}{}", run.number, run.name));
    let facts = format!("{} · seed {} · {}", run.extent, run.seed, run.took);
    let verdict = element("p").class("verdict").and(status(run.status)).text(" ").and(server(run.server));
    let believed =
        format!("{} {}", names::believed(run.status, !run.warnings.is_empty()), names::did(run.server));
    let grave = |warning: &&Warning| warning.severity > Severity::Note;
    let measured = run.measured.iter().map(|what| said("p", &format!("Measured: {what}.")));
    element("header")
        .and(said("p", &run.full_name).class("origin"))
        .and(heading)
        .and(said("p", &run.about).class("question"))
        .and(verdict.text(&format!(" {facts}")))
        .and(said("p", &believed).class("believed"))
        .all(run.certainty.iter().map(|certainty| said("p", certainty).class("believed")))
        .all(run.generator.iter().map(|generator| said("p", generator).class("believed")))
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

/// Each finding is a sentence or two of its own; what to take stands above them, with its table (`choice`).
pub fn finding(view: &View<'_>) -> Option<Element> {
    let mut found = view.findings.iter().filter(|finding| !matches!(finding, Finding::Take(_))).peekable();
    found.peek()?;
    let sentences = found.map(|finding| said("p", &finding.sentence()));
    Some(element("section").with("id", "finding").and(said("h2", "Finding")).all(sentences))
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
