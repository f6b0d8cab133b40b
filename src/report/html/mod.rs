//! `report.html`: the whole report on one page that needs nothing else, for whoever has no terminal. It asks nobody for
//! anything (its policy forbids it), can be printed, and works without script: then curves are drawings, and tables keep
//! their order.
//!
//! It must not know what to say: what stands on the page is the [`View`]'s, its charts are those of [`super::chart`].

mod charts;
mod choice;
mod compared;
mod content;
mod details;
mod followed;
mod markup;
mod opening;
mod page;
mod tables;

use anyhow::Result;

pub use self::content::Content;
use self::markup::{Element, element, said};
use super::chart;
use super::format::{Artifact, Format};
use super::view::View;

/// The name of the file.
const FILE: &str = "report.html";

/// The format `html`.
pub struct Html;

impl Format for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn about(&self) -> &'static str {
        "report.html: everything on one page that needs nothing else, with charts to zoom in"
    }

    fn renderings(&self) -> Vec<String> {
        vec![FILE.to_owned()]
    }

    fn render(&self, view: &View<'_>) -> Result<Vec<Artifact>> {
        let bytes = page::page(&Content::of(view)?, false).into_bytes();
        Ok(vec![Artifact { name: FILE.to_owned(), bytes }])
    }
}

impl Content {
    /// Of a report, or what there is of it.
    ///
    /// # Errors
    /// A number cannot be written.
    pub fn of(view: &View<'_>) -> Result<Content> {
        let plots = serde_json::to_string(&chart::plots(view))?;
        Ok(Content { title: title(view), main: body(view).into_markup(), plots })
    }

    /// Of a run of which nothing has been measured yet: it has no verdict.
    pub fn awaited(view: &View<'_>) -> Content {
        let main = element("main").all(view.runs.iter().map(opening::awaited));
        Content { title: title(view), main: main.into_markup(), plots: "[]".to_owned() }
    }

    /// The page of a run under way, which asks where it came from for news (`events`).
    pub fn live_page(&self) -> String {
        page::page(self, true)
    }
}

/// `wsbench: overhead 2026-11-22T10:42:00Z`.
fn title(view: &View<'_>) -> String {
    if let Some(trend) = &view.trend {
        return format!("wsbench: {}", trend.title());
    }
    if let Some(comparison) = &view.comparison {
        return format!("wsbench: {} against {}", comparison.new.label(), comparison.base.label());
    }
    let names: Vec<&str> = view.runs.iter().map(|run| &*run.full_name).collect();
    format!("wsbench: {}", names.join(", "))
}

/// Everything that the page says: what is most asked first.
fn body(view: &View<'_>) -> Element {
    let mut figures = charts::figures(view).into_iter();
    let first = figures.next();
    let mut parts = vec![
        ("numbers", "Numbers", numbers(view)),
        ("capacity", "Capacity", tables::capacity(view)),
        ("charts", "Charts", figures.collect()),
        ("thresholds", "Thresholds", details::thresholds(view)),
        ("checks", "Quality checks", details::checks(view)),
        ("again", "Measure it again", details::again(view)),
        ("environment", "Environment", details::environment(view)),
        ("definitions", "What the numbers mean", details::definitions(view)),
    ];
    parts.retain(|(_, _, inside)| !inside.is_empty());
    let link = |id: &str, name: &str| said("a", name).with("href", &format!("#{id}"));
    let links = parts.iter().map(|(id, name, _)| link(id, name)).collect::<Vec<Element>>();
    let nav = element("nav").with("aria-label", "Parts of this report").all(links);
    let part = |(id, name, inside): (&str, &str, Vec<Element>)| {
        element("section").with("id", id).and(said("h2", name)).all(inside)
    };
    element("main").all(opening(view)).all(first).and(nav).all(parts.into_iter().map(part))
}

/// What is most asked.
fn opening(view: &View<'_>) -> Vec<Element> {
    match (&view.comparison, &view.trend) {
        (Some(comparison), _) => vec![compared::opening(comparison, view)],
        (None, Some(trend)) => vec![followed::opening(trend)],
        (None, None) => {
            let runs = view.runs.iter().map(opening::run);
            runs.chain(choice::choices(view)).chain(opening::finding(view)).collect()
        }
    }
}

fn numbers(view: &View<'_>) -> Vec<Element> {
    match (&view.comparison, &view.trend) {
        (Some(comparison), _) => compared::tables(comparison),
        (None, Some(trend)) => followed::tables(trend),
        (None, None) => tables::numbers(view),
    }
}
