//! Charts of a report, drawn in bounded time and looked at: are they images, well-formed, of known shapes alone?

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use wsbench::report::chart::{Chart, svgs};
use wsbench::report::{Artifact, Format as _};
use wsbench::results::Report;
use wsbench_targets::hist::Hist;

/// Renders in another thread: plotters hangs on a bad axis, and a test that hangs tells nothing.
pub fn render(name: &str, reports: Vec<Report>) -> Vec<Artifact> {
    let (done, wait) = mpsc::channel();
    std::thread::spawn(move || done.send(Chart.render(&reports)));
    let artifacts = wait.recv_timeout(Duration::from_secs(60)).expect("in time").expect("drawn");
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

/// The SVGs alone: for tests of what is drawn, not of how it is painted.
pub fn render_svgs(name: &str, reports: &[Report]) -> Vec<Artifact> {
    let document =
        |(stem, text): (&str, String)| Artifact { name: format!("{stem}.svg"), bytes: text.into_bytes() };
    let artifacts: Vec<Artifact> = svgs(reports).unwrap().into_iter().map(document).collect();
    for artifact in &artifacts {
        keep(name, artifact);
        check_svg(&artifact.bytes);
    }
    artifacts
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
    assert_eq!((info.width, info.height, info.color_type), (1600, 900, png::ColorType::Rgb));
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

pub fn svg_text(artifacts: &[Artifact], stem: &str) -> String {
    let name = format!("{stem}.svg");
    let bytes = &artifacts.iter().find(|a| a.name == name).unwrap_or_else(|| panic!("{name}")).bytes;
    let document = roxmltree::Document::parse(std::str::from_utf8(bytes).unwrap()).unwrap();
    document
        .descendants()
        .filter(roxmltree::Node::is_text)
        .filter_map(|n| n.text())
        .map(str::trim)
        .filter(|t| !t.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

pub fn has(artifacts: &[Artifact], stem: &str) -> bool {
    artifacts.iter().any(|a| a.name == format!("{stem}.svg"))
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
