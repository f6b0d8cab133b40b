//! The websocket.org graph, measured: what each transport sends besides the messages, in bit/s, per client and in all. Runs
//! that are the article's own have its three sizes, modelled where they were not measured, and its printed numbers.
//!
//! It must not know how bars are drawn (`rows`). Its other end is shared/article: "A Quantum Leap in
//! Scalability for the Web", use cases A, B and C.

use std::time::Duration;

use wsbench_targets::wire::Headers;

use super::bar::{Axis, Bar};
use super::frame::{Key, Swatch, Words};
use super::rows::{Panel, Row, Rows};
use super::series::{Series, Subject, value};
use super::sheet::Sheet;
use super::units::{Unit, count, listed, ratio, text};
use crate::plan::{Trial, Where};
use crate::results::Cell;
use crate::scenario::Metric;

/// The article's use cases.
const CASES: [(&str, u32); 3] = [("Use case A", 1_000), ("Use case B", 10_000), ("Use case C", 100_000)];

/// The chart; `None` when no overhead was measured.
pub fn draw(subject: &Subject<'_>) -> Option<Sheet> {
    if !subject.has(Metric::OverheadRate) {
        return None;
    }
    let comparable = comparable(subject);
    let cases = CASES.map(|(_, clients)| clients).into_iter().filter(|_| comparable);
    let sizes = subject.cells().map(Cell::clients).chain(cases);
    let mut rows = Rows::by_size(subject, sizes, |series, clients| row(series, clients, comparable));
    for (case, clients) in CASES.into_iter().filter(|_| comparable) {
        let name = count(clients, "client");
        let named = rows.groups.iter_mut().filter(|group| group.name == name);
        named.for_each(|group| group.name = format!("{case}: {name}"));
    }
    let panel = |title: &str, axis| Panel { title: title.to_owned(), axis, unit: Unit::BitsPerSecond };
    rows.panels = vec![
        panel("overhead per client, bit/s", Axis::Linear),
        panel("all clients together, bit/s, logarithmic", Axis::Log),
    ];
    let any = |of: fn(&Bar) -> bool| rows.rows().flat_map(|row| &row.bars).flatten().any(of);
    let (model, printed) = (any(|bar| bar.model), any(|bar| bar.printed.is_some()));
    let keys = [
        model.then(|| Key { text: "model, not measured".to_owned(), swatch: Swatch::Model }),
        printed.then(|| Key { text: "printed in the article".to_owned(), swatch: Swatch::Printed }),
    ];
    let keys: Vec<Key> = keys.into_iter().flatten().collect();
    rows.sheet(subject, words(subject, comparable, model), &keys)
}

/// The caption: the article is spoken of where its figures are drawn.
pub fn about(subject: &Subject<'_>) -> &'static str {
    match comparable(subject)
        && subject.all.iter().any(|series| series.transport.printed_overhead().is_some())
    {
        true => "What travels besides the messages, beside the article's figures",
        false => "What travels besides the messages",
    }
}

fn comparable(subject: &Subject<'_>) -> bool {
    subject.reports.iter().flat_map(|r| &r.measurements).all(|m| like_the_article(&m.trial))
}

/// One small message per second and client, the article's headers, our own server, no TLS.
fn like_the_article(trial: &Trial) -> bool {
    let paced =
        trial.load.publication().is_some_and(|p| p.every == Duration::from_secs(1) && p.payload <= 32);
    paced && trial.headers == Headers::article() && trial.target == Where::Reference
}

fn row(series: &Series<'_>, clients: u32, comparable: bool) -> Option<Row> {
    let cell = series.at(clients);
    let measured = cell.and_then(|cell| value(cell, Metric::OverheadRate));
    let model = || series.largest_sound().filter(|_| comparable).and_then(|cell| model(cell, clients));
    let rate = measured.or_else(model)?;
    let spread = cell.and_then(|cell| cell.spread(|m| m.value(Metric::OverheadRate)));
    let case = comparable && CASES.iter().any(|(_, at)| *at == clients);
    let printed = series.transport.printed_overhead().filter(|_| case);
    let bar = |divisor: f64| Bar {
        range: spread.map(|(least, most)| (least / divisor, most / divisor)),
        model: measured.is_none(),
        printed: printed.map(|each| each * f64::from(clients) / divisor),
        ..Bar::plain(rate / divisor, text(Unit::BitsPerSecond, rate / divisor))
    };
    let bars = vec![Some(bar(f64::from(clients.max(1)))), Some(bar(1.0))];
    Some(match cell {
        Some(cell) => Row::of(series, cell, bars),
        None => Row { name: series.label.clone(), look: series.look, bars },
    })
}

/// Overhead bytes per message x messages per second and client, both as measured at the largest size, x clients.
fn model(cell: &Cell<'_>, clients: u32) -> Option<f64> {
    let bytes = value(cell, Metric::OverheadPerMessage)?;
    let per_client = value(cell, Metric::Received)? / f64::from(cell.clients().max(1));
    Some(8.0 * bytes * per_client * f64::from(clients))
}

fn words(subject: &Subject<'_>, comparable: bool, model: bool) -> Words {
    let mut notes = vec![
        "Overhead: all bytes above TCP that are not message, both directions, within the window; TCP/IP headers \
         and handshakes not counted."
            .to_owned(),
    ];
    if model {
        notes.push(
            "Model: measured overhead bytes per message (largest valid run) × messages per second × clients."
                .to_owned(),
        );
    }
    if comparable && let Some(last) = notes.last_mut() {
        last.push_str(" Article (websocket.org): 871 B per poll, 2 B per frame.");
    }
    Words {
        title: "Overhead: what travels besides the messages".to_owned(),
        finding: finding(subject),
        notes,
    }
}

/// Without the messages and TCP/IP, what sends few messages looks dearer than it is.
const NOT_ALL: &str = "Headers and framing alone. Where messages are overwritten, compare traffic (messages and TCP/IP included) and age";

/// The base, and what differs most from it, at the largest size at which two may be compared.
fn finding(subject: &Subject<'_>) -> String {
    if subject.overwritten() {
        return NOT_ALL.to_owned();
    }
    let clients = subject.size_to_compare(Metric::OverheadRate);
    let mut ranked = subject.ranked(Metric::OverheadRate, clients);
    ranked.retain(|(rate, _)| *rate > 0.0);
    let show = |rate| text(Unit::BitsPerSecond, rate);
    let at = format!("Besides the messages, {} move", count(clients, "client"));
    let base = ranked.iter().position(|(_, name)| *name == subject.all[subject.base].label);
    let Some((base, name)) = base.map(|place| ranked.remove(place)) else {
        return if ranked.is_empty() { String::new() } else { format!("{at} {}", listed(&ranked, show)) };
    };
    let said = format!("{at} {} by {name}", show(base));
    let far = |(rate, _): &(f64, &str)| (rate / base).ln().abs();
    match ranked.iter().max_by(|a, b| far(a).total_cmp(&far(b))) {
        Some(other) if far(other) > 0.05 => {
            let as_much = if other.0 < base { "of it" } else { "times as much" };
            format!("{said}, {} by {}: {} {as_much}", show(other.0), other.1, ratio(other.0 / base))
        }
        Some(_) => said + ", and nearly as much by the others",
        None => said,
    }
}
