//! The charts: nine drawings of runs, one of a comparison and one of a trend, each as PNG and as SVG. One file a chart; each turns a [`Subject`] into a [`Sheet`],
//! and `paint` turns any sheet into both images, so that there is one drawing function a chart.
//!
//! It must not know how results were obtained. A chart that has nothing to show is left out, never empty.
//! Its other end is [`super::Format`].

mod age;
mod axis;
mod bar;
mod bytes_per_message;
mod capacity;
mod curves;
mod font;
mod forest;
mod frame;
mod guard;
mod latency;
mod look;
mod overhead;
mod paint;
mod plot;
mod ratio;
mod rows;
mod scale;
mod series;
mod server_cost;
pub mod sheet;
mod stroke;
mod svg;
mod timed;
mod timeline;
mod traffic;
mod trend;
mod units;

use anyhow::{Context as _, Result};

pub use self::plot::Plot;
use self::series::Subject;
use self::sheet::Sheet;
use super::format::{Artifact, Format};
use super::view::View;

/// Draws one chart; `None` when the reports hold nothing for it.
type Draw = fn(&Subject<'_>) -> Option<Sheet>;

/// (file name without ending, what it shows, how it is drawn), in the order of reports. What the overhead chart
/// shows depends on the run: [`overhead::about`].
const CHARTS: [(&str, &str, Draw); 9] = [
    ("capacity", "What the server sustains, with latency and server CPU on the way there", capacity::draw),
    ("overhead", "", overhead::draw),
    ("bytes-per-message", "What a delivered message weighs, by kind and direction", bytes_per_message::draw),
    ("traffic", "Traffic in all, with TCP/IP: of all clients, and of each", traffic::draw),
    ("age", "Age of the value that a client displays", age::draw),
    ("ratio", "Each transport against one of them", ratio::draw),
    ("latency", "Latency by percentile", latency::draw),
    ("timeline", "Messages and latency second by second", timeline::draw),
    ("server-cost", "CPU time and memory of the server", server_cost::draw),
];

/// The one chart of a comparison, and what it shows.
const COMPARISON: (&str, &str) = ("comparison", "The ratio of the two for each metric, with its interval");

/// The one chart of metrics over runs, and what it shows.
const TREND: (&str, &str) = ("trend", "Each metric over the runs, with the runs at which its level changed");

/// What earlier versions drew: what is left of it is stale.
const FORMER: [&str; 1] = ["latency-ecdf"];

/// Charts that stand first where messages are left out by design: those that compare what is moved and shown all the same.
const FIRST_OF_ALL: [&str; 2] = ["traffic", "age"];

/// A chart: its file name without ending, what it shows, and its drawing.
pub struct Drawing {
    /// Its file name without ending.
    pub stem: &'static str,
    /// What it shows, for a caption.
    pub about: &'static str,
    /// The drawing.
    pub sheet: Sheet,
}

/// Every chart that there is something for, in their order.
pub fn drawings(view: &View<'_>) -> Vec<Drawing> {
    let subject = Subject::new(view.reports, view.baseline);
    if let Some(comparison) = &view.comparison {
        let (stem, about) = COMPARISON;
        let sheet = forest::draw(comparison, &subject);
        return sheet.into_iter().map(|sheet| Drawing { stem, about, sheet }).collect();
    }
    if let Some(trend) = &view.trend {
        let (stem, about) = TREND;
        return trend::draw(trend).into_iter().map(|sheet| Drawing { stem, about, sheet }).collect();
    }
    let mut charts = CHARTS.to_vec();
    if subject.overwritten() {
        charts.sort_by_key(|(stem, ..)| !FIRST_OF_ALL.contains(stem));
    }
    let drawing = |(stem, about, draw): (&'static str, &'static str, Draw)| {
        let about = if about.is_empty() { overhead::about(&subject) } else { about };
        Some(Drawing { stem, about, sheet: draw(&subject)? })
    };
    charts.into_iter().filter_map(drawing).collect()
}

/// Those of them that are curves, as numbers.
pub fn plots(view: &View<'_>) -> Vec<Plot> {
    if view.comparison.is_some() || view.trend.is_some() {
        return vec![];
    }
    let subject = Subject::new(view.reports, view.baseline);
    latency::plot(&subject).into_iter().chain(timeline::plots(&subject)).collect()
}

/// A drawing as an SVG document.
pub fn document(drawing: &Drawing) -> String {
    svg::svg(&drawing.sheet)
}

/// All charts, as PNG and SVG.
#[derive(Clone, Copy, Debug)]
pub struct Chart;

impl Format for Chart {
    fn printable(&self) -> bool {
        false
    }

    fn name(&self) -> &'static str {
        "chart"
    }

    fn about(&self) -> &'static str {
        "charts as PNG and SVG: capacity, overhead, bytes, traffic, age, ratio, latency, timeline, server cost; comparison, trend"
    }

    fn renderings(&self) -> Vec<String> {
        let stems = CHARTS.iter().map(|(stem, ..)| *stem).chain([COMPARISON.0, TREND.0]).chain(FORMER);
        stems.flat_map(|stem| [png(stem), svg(stem)]).collect()
    }

    fn render(&self, view: &View<'_>) -> Result<Vec<Artifact>> {
        let mut artifacts = Vec::new();
        for Drawing { stem, sheet, .. } in drawings(view) {
            let pixels = paint::png(&sheet).with_context(|| format!("chart {stem}"))?;
            artifacts.push(Artifact { name: png(stem), bytes: pixels });
            artifacts.push(Artifact { name: svg(stem), bytes: svg::svg(&sheet).into_bytes() });
        }
        Ok(artifacts)
    }
}

fn png(stem: &str) -> String {
    format!("{stem}.png")
}

fn svg(stem: &str) -> String {
    format!("{stem}.svg")
}
