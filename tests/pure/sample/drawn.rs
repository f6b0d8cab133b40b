//! Charts of a report, drawn in bounded time and looked at: are they images, well-formed, of known shapes alone?

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use wsbench::report::chart::sheet::Shape;
use wsbench::report::chart::{self, Chart, Drawing};
use wsbench::report::{Artifact, Format as _, View};
use wsbench::results::Report;
use wsbench_targets::hist::Hist;

/// Renders in another thread: plotters hangs on a bad axis, and a test that hangs tells nothing.
pub fn images(name: &str, reports: &[Report]) -> Vec<Artifact> {
    let (reports, (done, wait)) = (reports.to_vec(), mpsc::channel());
    std::thread::spawn(move || done.send(Chart.render(&View::of(&reports, None))));
    let artifacts = wait.recv_timeout(Duration::from_secs(60)).expect("in time").expect("drawn");
    looked_at(name, artifacts)
}

/// The images of any view.
pub fn render_view(name: &str, view: &View<'_>) -> Vec<Artifact> {
    looked_at(name, Chart.render(view).expect("drawn"))
}

fn looked_at(name: &str, artifacts: Vec<Artifact>) -> Vec<Artifact> {
    for artifact in &artifacts {
        keep(name, artifact);
        match artifact.name.rsplit_once('.').unwrap() {
            (_, "png") => {
                let white = share(&pixels(&artifact.bytes), [255; 3]);
                assert!((0.2..0.995).contains(&white), "{name}: {} is {white} white", artifact.name);
            }
            (_, "svg") => check_svg(&artifact.bytes),
            other => panic!("{other:?}"),
        }
    }
    artifacts
}

/// The drawings themselves: for tests of what is drawn, not of how it is painted.
pub fn drawings(reports: &[Report]) -> Vec<Drawing> {
    chart::drawings(&View::of(reports, None))
}

/// The drawings, whose images were looked at.
pub fn render(name: &str, reports: Vec<Report>) -> Vec<Drawing> {
    images(name, &reports);
    drawings(&reports)
}

fn keep(name: &str, artifact: &Artifact) {
    let Ok(folder) = std::env::var("WSBENCH_CHARTS") else { return };
    let folder = Path::new(&folder).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(&artifact.name), &artifact.bytes).unwrap();
}

pub fn pixels(png: &[u8]) -> Vec<[u8; 3]> {
    let mut reader = png::Decoder::new(png).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!((info.width, info.color_type), (1600, png::ColorType::Rgb));
    assert!((400..4_000).contains(&info.height), "{} pixels high", info.height);
    bytes.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect()
}

pub fn share(pixels: &[[u8; 3]], ink: [u8; 3]) -> f64 {
    pixels.iter().filter(|p| **p == ink).count() as f64 / pixels.len() as f64
}

/// Well-formed, and of nothing but shapes and text.
fn check_svg(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap();
    let document = roxmltree::Document::parse(text).unwrap();
    assert_eq!(document.root_element().attribute("width"), Some("1600"));
    let known = ["svg", "title", "rect", "polygon", "polyline", "line", "circle", "text"];
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        assert!(known.contains(&node.tag_name().name()), "{:?}", node.tag_name());
        assert!(node.attributes().all(|a| !a.name().starts_with("on") && !a.name().contains("href")));
    }
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
}

/// The texts of a chart, line by line.
pub fn lines(drawings: &[Drawing], stem: &str) -> Vec<String> {
    let drawing = drawings.iter().find(|drawing| drawing.stem == stem).unwrap_or_else(|| panic!("no {stem}"));
    let text = |shape: &Shape| match shape {
        Shape::Text(_, text, _) => Some(text.clone()),
        _ => None,
    };
    drawing.sheet.shapes().iter().filter_map(text).collect()
}

/// What a chart says; a sentence goes on in the next line.
pub fn words_of(drawings: &[Drawing], stem: &str) -> String {
    lines(drawings, stem).join(" ")
}

pub fn has(drawings: &[Drawing], stem: &str) -> bool {
    drawings.iter().any(|drawing| drawing.stem == stem)
}

pub fn with(change: impl Fn(&mut Report)) -> Vec<Report> {
    let mut report = super::report();
    change(&mut report);
    vec![report]
}

/// The sample with other latencies, the same in each second.
pub fn with_latency(of: impl Fn(u64) -> u64) -> Vec<Report> {
    with(|report| {
        for m in &mut report.measurements {
            m.tally.latency = Hist::default();
            for interval in &mut m.tally.timeline {
                interval.latency = Hist::default();
                (0..1_000).for_each(|n| interval.latency.record(of(n)));
                m.tally.latency += &interval.latency;
            }
        }
    })
}
