//! The charts, each with its drawing; where there are curves, the script puts plots beside it that one can zoom into.
//!
//! It must not know what they show.

use super::markup::{Element, element, said};
use crate::report::chart::{self, Drawing};
use crate::report::view::View;
use crate::results::Status;

/// Every chart that there is something for.
pub fn figures(view: &View<'_>) -> Vec<Element> {
    let invalid = view.cells.iter().any(|cell| cell.status() == Status::Invalid);
    chart::drawings(view).iter().map(|drawing| figure(drawing, invalid)).collect()
}

fn figure(drawing: &Drawing, invalid: bool) -> Element {
    let warning =
        || said("p", "What is marked † or drawn pale is invalid: it must not be used.").class("cut");
    let still = element("div").class("still").with("tabindex", "0").with("role", "region");
    let still = still.with("aria-label", drawing.about).markup(&chart::document(drawing));
    element("figure")
        .with("id", &format!("chart-{}", drawing.stem))
        .with("data-stem", drawing.stem)
        .and(said("figcaption", drawing.about))
        .all(invalid.then(warning))
        .and(element("div").class("plots"))
        .and(still)
}
