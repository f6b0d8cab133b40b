//! What the same transport costs over HTTP/2, where a run has it over both versions.
//!
//! It must not know a format; names inside are as they came.

use serde::Serialize;

use super::super::names::{Per, row};
use crate::results::Cell;
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
}

/// Of rows with their bytes; `None` where none has its counterpart.
pub fn versions(costs: &[(&Cell<'_>, f64)], per: Per, runs: usize) -> Option<Versions> {
    let over =
        |version: Http| costs.iter().filter(move |(cell, _)| transport(cell).access().version() == version);
    let pair = |(one, bytes): &(&Cell<'_>, f64)| {
        let same =
            |(two, _): &&(&Cell<'_>, f64)| two.run == one.run && but_for_http(two) == but_for_http(one);
        Some(Pair { row: row(one, runs), one: *bytes, two: over(Http::Two).find(same)?.1 })
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
            let (most, least) = (&most.row, &least.row);
            format!(
                " So over HTTP/2 {most} costs {} what {least} does, over HTTP/1.1 {}.",
                times(two),
                times(one)
            )
        })
    }
}
