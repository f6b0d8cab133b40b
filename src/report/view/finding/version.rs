//! What the same transport costs over HTTP/2, where a run has it over both versions.
//!
//! It must not know a format; names inside are as they came.

use serde::Serialize;

use super::super::names::{Per, row};
use crate::results::Cell;
use crate::scenario::Metric;
use crate::text::{Unit, list, text, times};
use crate::transport::{Http, Transport};

/// Rows that differ in their version of HTTP alone.
#[derive(Debug, Serialize)]
pub struct Versions {
    per: Per,
    pairs: Vec<Pair>,
}

/// Bytes above TCP over HTTP/1.1 and HTTP/2.
#[derive(Debug, Serialize)]
struct Pair {
    row: String,
    one: f64,
    two: f64,
    /// The same with TCP and IP headers.
    wire: Option<(f64, f64)>,
}

/// Of rows with their bytes; `None` where none has its counterpart.
pub fn versions(costs: &[(&Cell<'_>, f64)], per: Per, runs: usize) -> Option<Versions> {
    let over =
        |version: Http| costs.iter().filter(move |(cell, _)| transport(cell).access().version() == version);
    let pair = |(one, bytes): &(&Cell<'_>, f64)| {
        let same =
            |(two, _): &&(&Cell<'_>, f64)| two.run == one.run && but_for_http(two) == but_for_http(one);
        let (two, of_two) = over(Http::Two).find(same)?;
        let [in_one, in_two] = [one, two].map(|cell| cell.value(Metric::WireBytesPerMessage));
        Some(Pair { row: row(one, runs), one: *bytes, two: *of_two, wire: in_one.zip(in_two) })
    };
    let pairs: Vec<Pair> = over(Http::One).filter_map(pair).collect();
    (!pairs.is_empty()).then_some(Versions { per, pairs })
}

fn transport<'a>(cell: &Cell<'a>) -> &'a Transport {
    &cell.trial().transport
}

fn but_for_http(cell: &Cell<'_>) -> Transport {
    let mut transport = transport(cell).clone();
    transport.access_mut().http = None;
    transport
}

impl Versions {
    /// In a sentence.
    pub fn sentence(&self) -> String {
        let bytes = |bytes| text(Unit::Bytes, bytes);
        let pair = |pair: &Pair| format!("{} {} instead of {}", pair.row, bytes(pair.two), bytes(pair.one));
        let pairs: Vec<String> = self.pairs.iter().map(pair).collect();
        let cost = format!("Over HTTP/2 instead of HTTP/1.1 cost {}: {}.", self.per.words(), list(&pairs));
        cost + &self.advantage().unwrap_or_default()
    }

    /// What is left of what the cheapest has ahead of the dearest.
    fn advantage(&self) -> Option<String> {
        let by_one = |a: &&Pair, b: &&Pair| a.one.total_cmp(&b.one);
        let (least, most) = (self.pairs.iter().min_by(by_one)?, self.pairs.iter().rev().max_by(by_one)?);
        let (one, two) = (most.one / least.one, most.two / least.two);
        let told = one.max(two) > 1.2 && two > 1.0 && (one / two).max(two / one) > 1.2;
        told.then(|| {
            let wire = most.wire.zip(least.wire).map(|(most, least)| (most.0 / least.0, most.1 / least.1));
            let counting = |wire: Option<f64>| wire.map(|wire| format!(" ({} counting TCP/IP)", times(wire)));
            let [in_two, in_one] = [wire.map(|wire| wire.1), wire.map(|wire| wire.0)].map(counting);
            format!(
                " So over HTTP/2 {} costs {}{} what {} does, over HTTP/1.1 {}{}.",
                most.row,
                times(two),
                in_two.unwrap_or_default(),
                least.row,
                times(one),
                in_one.unwrap_or_default()
            )
        })
    }
}
