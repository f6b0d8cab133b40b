//! `report.html`: its structure, that nothing in it comes from or goes to elsewhere, that no name commands it, its size. How it
//! looks and behaves in a browser, `scripts/test-report` tries, on the pages that `WSBENCH_REPORTS=folder` keeps here.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use wsbench::meter::Interval;
use wsbench::report::view::Asked;
use wsbench::report::{FORMATS, View, json, write};
use wsbench::results::Report;
use wsbench::transport::Transport;

use crate::formats::snapshot;
use crate::sample::every::every;
use crate::sample::{cases, measurement, report};

fn page(reports: &[Report]) -> String {
    let format = FORMATS.iter().find(|format| format.name() == "html").unwrap();
    let artifacts = format.render(&View::of(reports, None)).unwrap();
    let [page] = <[_; 1]>::try_from(artifacts).unwrap();
    assert_eq!(page.name, "report.html");
    String::from_utf8(page.bytes).unwrap()
}

/// What stands between `begin` and the next `end`, everywhere.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    text.split(begin).skip(1).map(|rest| rest.split(end).next().unwrap()).collect()
}

/// A tag without the values of its attributes.
fn names(tag: &str) -> String {
    tag.split('"').step_by(2).collect()
}

/// The page without what is not its own: look, scripts, drawings, data and policy.
fn structure(page: &str) -> String {
    let mut out = page.to_owned();
    for (begin, end) in [("<style>", "</style>"), ("<script", "</script>"), ("<svg", "</svg>")] {
        for inside in between(page, begin, end) {
            out = out.replacen(&format!("{begin}{inside}{end}"), &format!("{begin}…{end}"), 1);
        }
    }
    let hashes = between(page, "'sha256-", "'").into_iter().chain(between(page, "&#39;sha256-", "&#39;"));
    hashes.fold(out, |out, hash| out.replace(hash, "…"))
}

#[test]
fn its_structure() {
    for (name, reports) in every() {
        if ["overhead", "hostile", "search", "two-runs", "empty"].contains(&name) {
            snapshot(&format!("{name}.html"), &structure(&page(&reports)));
        }
    }
}

/// More percentiles than a terminal has room for, and why one is missing.
#[test]
fn latencies_stand_at_length_on_a_page() {
    let mut few = report();
    for m in few.measurements.iter_mut().filter(|m| m.trial.transport.name() == "websocket") {
        m.tally.latency.clear();
        (1..=5_000).for_each(|n| m.tally.latency.record(n * 1_000));
    }
    let page = page(&[few]);
    for head in ["p90", "p95", "p99.9", "max"] {
        assert!(page.contains(&format!("<th scope=\"col\">{head}</th>")), "{head}");
    }
    assert!(page.contains("too few samples; p99.9 needs 10,000 messages ("), "{page}");
    assert!(!self::page(&[cases::idle()]).contains(">p99.9</th>"), "nothing is delivered to idle clients");
}

/// What several runs are put together to has a page, too.
#[test]
fn comparisons_and_trends_have_pages() {
    let (reports, html) =
        ([report(), cases::invalid()], FORMATS.iter().find(|f| f.name() == "html").unwrap());
    let views = [
        ("comparison.html", View::compare(&reports, 1, Asked::default())),
        ("trend.html", View::trend(&reports, &[])),
    ];
    for (name, view) in views {
        let artifacts = html.render(&view).unwrap();
        snapshot(name, &structure(std::str::from_utf8(&artifacts[0].bytes).unwrap()));
    }
    let Ok(folder) = std::env::var("WSBENCH_REPORTS") else { return };
    let (runs, both) = (crate::trend::runs(), crate::compare::both());
    for (name, view) in [
        ("of-a-comparison", View::compare(&both, 1, Asked::default())),
        ("of-a-trend", View::trend(&runs, &[])),
    ] {
        for format in FORMATS.iter().filter(|format| ["html", "json"].contains(&format.name())) {
            write(&Path::new(&folder).join(name), &format.render(&view).unwrap()).unwrap();
        }
    }
}

/// For `scripts/test-report`: each page beside its results.
#[test]
fn every_report_has_a_page() {
    let folder = std::env::var("WSBENCH_REPORTS").ok();
    for (name, reports) in every() {
        let page = page(&reports);
        for id in ["again", "environment"] {
            assert!(page.contains(&format!("<section id=\"{id}\">")), "{name}: no {id}");
        }
        let Some(folder) = &folder else { continue };
        let mut artifacts = json::artifacts(&reports).unwrap();
        artifacts
            .push(wsbench::report::Artifact { name: "report.html".to_owned(), bytes: page.into_bytes() });
        write(&Path::new(folder).join(name), &artifacts).unwrap();
    }
}

#[test]
fn nothing_comes_from_or_goes_to_elsewhere() {
    for (name, reports) in every() {
        let page = page(&reports);
        let policy = between(&page, "Content-Security-Policy\" content=\"", "\"")[0].replace("&#39;", "'");
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
        for word in ["unsafe", "http", "*", "connect-src", "self"] {
            assert!(!policy.contains(word), "{policy}");
        }
        let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        let scripts = between(&page, "<script>", "</script>");
        let styles = between(&page, "<style>", "</style>");
        assert_eq!((scripts.len(), styles.len()), (2, 2), "{name}");
        assert!(scripts.iter().chain(&styles).all(|text| policy.contains(&hash(text))), "{name}");
        // What is left is the page itself.
        let own = structure(&page);
        for link in between(&own, "href=\"", "\"") {
            assert!(link.starts_with('#') || link == "data:,", "{name}: {link}");
        }
        for word in [" src=", "srcset", "@import", "url(", " style=", "<iframe", "<object", "<base", " on"] {
            let tags = between(&own, "<", ">");
            assert!(!tags.iter().any(|tag| names(tag).contains(word)), "{name}: {word}");
        }
    }
}

#[test]
fn no_name_commands_a_page() {
    let mut hostile = cases::hostile();
    let text = "</script></style><img src=x onerror=alert(1)><!--\u{2028}${1}\u{1b}\u{202e}";
    hostile.about = text.to_owned();
    hostile.scenario.text = format!("# {text}\n# {text}\n");
    hostile.scenario.overrides = vec![text.to_owned()];
    hostile.environment.cpu = text.to_owned();
    let harmless = page(&[report()]);
    let page = page(&[hostile]);
    assert_eq!(between(&page, "<script", ">").len(), between(&harmless, "<script", ">").len());
    for word in ["<img", "<!--", "alert(1)</script>", "\u{1b}", "\u{202e}", "\u{2028}"] {
        assert!(!page.contains(word), "{word:?}");
    }
    assert!(page.contains("&lt;/script&gt;&lt;/style&gt;&lt;img src=x onerror=alert(1)&gt;"));
}

/// Ten trials of five minutes.
#[test]
fn a_page_is_small_enough_to_be_sent() {
    let mut long = report();
    long.measurements.clear();
    for (n, transport) in (0..).zip(Transport::all().into_iter().cycle().take(10)) {
        let mut m = measurement(n, transport, 1_000 + n);
        let one = m.tally.timeline[0].clone();
        m.window_s = 300.0;
        m.trial.measure = Duration::from_secs(300);
        // No second is as the one before.
        let second = |n: u32| Interval {
            from_s: f64::from(n),
            received: 1_000 + u64::from(n * n % 97),
            latency: (0..40).fold(one.latency.clone(), |mut hist, k| {
                hist.record(u64::from(1 + n * 7_919 % 131) * 10_000 * (k + 1));
                hist
            }),
            ..one.clone()
        };
        m.tally.timeline = (0..300).map(second).collect();
        long.measurements.push(m);
    }
    let page = page(&[long]);
    assert!(page.len() <= 1_500_000, "{} bytes", page.len());
}

/// uPlot is as it was published: the sums stand in assets/README.md.
#[test]
fn assets_are_what_their_readme_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for name in ["uplot/uPlot.iife.min.js", "uplot/uPlot.min.css"] {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(readme.contains(&format!("{sum}  {name}")), "{name} is {sum}");
    }
}
