//! The page around it: head, policy, look and script, all of them inside.
//!
//! It must not know what the page says. Its policy allows the two scripts and the two styles by their hashes and nothing else:
//! no request to anywhere, no script that came with a name. uPlot is in `assets/uplot`, as it was published.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::content::Content;
use super::markup::{Element, element, said};
use crate::report::escape;

const SCRIPTS: [&str; 2] = [include_str!("../../../assets/uplot/uPlot.iife.min.js"), include_str!("page.js")];
const STYLES: [&str; 2] = [include_str!("../../../assets/uplot/uPlot.min.css"), include_str!("page.css")];

/// The document; one that is live may ask where it came from.
pub fn page(content: &Content, live: bool) -> String {
    let meta =
        |name: &'static str, of: &str, content: &str| element("meta").with(name, of).with("content", content);
    let head = element("head")
        .and(element("meta").with("charset", "utf-8"))
        .and(meta("http-equiv", "Content-Security-Policy", &policy(live)))
        .and(meta("name", "viewport", "width=device-width, initial-scale=1"))
        .and(meta("name", "referrer", "no-referrer"))
        .and(meta("name", "generator", concat!("wsbench ", env!("CARGO_PKG_VERSION"))))
        .and(said("title", &content.title))
        // Else a browser asks the server for one.
        .markup("<link rel=\"icon\" href=\"data:,\">")
        .all(STYLES.map(|style| element("style").markup(style)));
    let data = element("script").with("type", "application/json").with("id", "plots");
    let body = element("body")
        .all(live.then(under_way))
        .markup(&content.main)
        .and(data.markup(&escape::script(content.plots.clone())))
        .all(SCRIPTS.map(|script| element("script").markup(script)));
    let html = element("html").with("lang", "en").and(head).and(body);
    format!("<!doctype html>\n{}\n", html.into_markup())
}

/// Where the script shows how far a run is.
fn under_way() -> Element {
    let part = |tag: &'static str, class: &str| element(tag).class(class);
    let bar = element("progress").with("max", "1").with("value", "0").with("aria-label", "of the phase");
    element("section")
        .with("id", "live")
        .and(said("h2", "Under way"))
        .and(part("p", "place"))
        .and(bar)
        .and(part("p", "line"))
        .and(part("p", "so-far"))
        .and(part("div", "plots"))
}

fn policy(live: bool) -> String {
    if live { format!("{}; connect-src 'self'", *POLICY) } else { POLICY.clone() }
}

/// The same for every page.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let hashes = |all: [&str; 2]| all.map(hash).join(" ");
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hashes(SCRIPTS),
        hashes(STYLES)
    )
});
