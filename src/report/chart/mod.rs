//! The charts: nine drawings, each as PNG and as SVG. One file a chart; each turns reports into a [`sheet`],
//! and `paint` turns any sheet into both images, so that there is one drawing function a chart.
//!
//! It must not know how results were obtained. A chart that has nothing to show is left out, never empty.
//! Its other end is [`super::Format`].

mod age;
mod axis;
mod bars;
mod bytes_per_message;
mod capacity;
mod curves;
mod font;
mod frame;
mod guard;
mod latency;
mod latency_ecdf;
mod overhead;
mod paint;
mod scale;
mod series;
mod server_cost;
pub mod sheet;
mod stroke;
mod timed;
mod timeline;
mod traffic;
mod units;

use anyhow::{Context as _, Result};

use self::series::{Series, series};
use self::sheet::{Ink, Sheet, Type};
use super::format::{Artifact, Format};
use super::view::View;
use crate::results::Report;

/// Draws one chart; `None` when the reports hold nothing for it.
type Draw = fn(&[Report], &[Series<'_>]) -> Option<Sheet>;

/// (file name without ending, what it shows, how it is drawn), in the order of reports. What the overhead chart
/// shows depends on the run: [`overhead::about`].
const CHARTS: [(&str, &str, Draw); 9] = [
    ("capacity", "Latency and server CPU on the way to what the server sustains", capacity::draw),
    ("overhead", "", overhead::draw),
    ("bytes-per-message", "What a delivered message weighs, by kind and direction", bytes_per_message::draw),
    ("traffic", "Traffic in all, with TCP/IP: of all clients, and of each", traffic::draw),
    ("age", "Age of the value that a client displays", age::draw),
    ("latency", "Latency by percentile", latency::draw),
    ("latency-ecdf", "Share of the messages within a time", latency_ecdf::draw),
    ("timeline", "Messages and latency second by second", timeline::draw),
    ("server-cost", "CPU time and memory of the server", server_cost::draw),
];

/// Charts that stand first where messages are left out by design: those that compare what is moved and shown all the same.
const FIRST_OF_ALL: [&str; 2] = ["traffic", "age"];

/// The charts in the order of this report.
fn in_order(all: &[Series<'_>]) -> Vec<(&'static str, &'static str, Draw)> {
    let mut charts = CHARTS.to_vec();
    if all.iter().any(Series::overwritten) {
        charts.sort_by_key(|(stem, ..)| !FIRST_OF_ALL.contains(stem));
    }
    charts
}

/// (file name without ending, what it shows) of every chart that these reports have something for.
pub fn charts(reports: &[Report]) -> Vec<(&'static str, &'static str)> {
    let (all, _) = series(reports);
    let drawn = in_order(&all).into_iter().filter(|(_, _, draw)| draw(reports, &all).is_some());
    let about = |about: &'static str| if about.is_empty() { overhead::about(reports, &all) } else { about };
    drawn.map(|(stem, told, _)| (stem, about(told))).collect()
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
        "charts as PNG and SVG: capacity, overhead, bytes, traffic, age, latency, timeline, server cost"
    }

    fn renderings(&self) -> Vec<String> {
        CHARTS.iter().flat_map(|(stem, ..)| [png(stem), svg(stem)]).collect()
    }

    fn render(&self, view: &View<'_>) -> Result<Vec<Artifact>> {
        let mut artifacts = Vec::new();
        for (stem, sheet) in sheets(view.reports) {
            let pixels = paint::png(&sheet).with_context(|| format!("chart {stem}"))?;
            let document = paint::svg(&sheet).with_context(|| format!("chart {stem}"))?;
            artifacts.push(Artifact { name: png(stem), bytes: pixels });
            artifacts.push(Artifact { name: svg(stem), bytes: document });
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

/// The SVG documents alone, for reports that embed them: (file name without ending, document).
pub fn svgs(reports: &[Report]) -> Result<Vec<(&'static str, String)>> {
    let document = |sheet: &Sheet| -> Result<String> { Ok(String::from_utf8(paint::svg(sheet)?)?) };
    sheets(reports)
        .into_iter()
        .map(|(stem, sheet)| Ok((stem, document(&sheet).with_context(|| format!("chart {stem}"))?)))
        .collect()
}

/// Every chart.
pub fn drawings(reports: &[Report]) -> Vec<(&'static str, Sheet)> {
    sheets(reports)
}

fn sheets(reports: &[Report]) -> Vec<(&'static str, Sheet)> {
    let (all, left_out) = series(reports);
    let drawn = in_order(&all).into_iter().filter_map(|(stem, _, draw)| Some((stem, draw(reports, &all)?)));
    drawn
        .map(|(stem, mut sheet)| {
            if left_out > 0 {
                let at = (sheet::WIDTH - 48.0, sheet::HEIGHT - 24.0);
                sheet.text(at, &format!("{left_out} more not drawn"), Type::new(19.0, Ink::QUIET).end());
            }
            (stem, sheet)
        })
        .collect()
}
