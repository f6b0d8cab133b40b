//! How old is what clients display: now minus when the newest message that each has was due, over time.
//!
//! What one message took to arrive stands in `latency`; where messages are left out, that is not what a user sees. It must
//! not know how bars are drawn (`bars`).

use super::bars::{Panel, by_size, side_by_side};
use super::frame::Words;
use super::series::{Series, size_to_compare};
use super::sheet::Sheet;
use super::units::{duration, few, in_words, seconds};
use crate::results::Report;
use crate::scenario::Metric;

/// The chart; `None` when clients displayed nothing.
pub fn draw(reports: &[Report], all: &[Series<'_>]) -> Option<Sheet> {
    let (mean, p99) = (by_size(all, Metric::AgeMean), by_size(all, Metric::AgeP99));
    let panels = [
        Panel { title: "mean over time", groups: &mean, log: false, show },
        Panel { title: "not exceeded for 99 % of the time", groups: &p99, log: false, show },
    ];
    side_by_side(reports, all, &panels, &words(all))
}

/// An age given in ns.
fn show(ns: f64) -> String {
    seconds(ns / 1e9)
}

fn words(all: &[Series<'_>]) -> Words {
    Words {
        title: "Age of the value that a client displays".to_owned(),
        finding: finding(all),
        notes: vec![
            "At every moment of the window and for every client: now minus when the newest message that it has was due. \
             It grows from one message to the next, for every transport."
                .to_owned(),
        ],
    }
}

/// The mean of each at the largest size at which they may be compared.
fn finding(all: &[Series<'_>]) -> String {
    let size = size_to_compare(all, Metric::AgeMean);
    let mean = |s: &Series<'_>| s.sound_at(size).and_then(|cell| cell.value(Metric::AgeMean));
    let each: Vec<String> =
        all.iter().filter_map(|s| Some(format!("{} ({})", duration(mean(s)?), s.label))).collect();
    match each.is_empty() {
        true => String::new(),
        false => format!("At {}, values are on average so old: {}", in_words(size), few(&each)),
    }
}
