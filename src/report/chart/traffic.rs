//! Traffic in all: what each transport moves on the wire, TCP/IP included, in bit/s: of all clients, of these what comes from
//! the server, and per client.
//!
//! What one message costs stands in `bytes_per_message`; where some leave messages out, only totals compare. It must not
//! know how bars are drawn (`bars`).

use super::bars::{Panel, by_size, side_by_side};
use super::frame::Words;
use super::series::{Series, size_to_compare};
use super::sheet::Sheet;
use super::units::{few, in_words, si, si_unit};
use crate::results::Report;
use crate::scenario::Metric;

/// The chart; `None` when nothing moved.
pub fn draw(reports: &[Report], all: &[Series<'_>]) -> Option<Sheet> {
    let moved =
        |metric: Metric| all.iter().flat_map(|s| &s.cells).any(|c| c.value(metric).is_some_and(|v| v > 0.0));
    if !moved(Metric::WireRate) {
        return None;
    }
    let [total, down, each] = [Metric::WireRate, Metric::WireRateDown, Metric::WireRatePerClient]
        .map(|metric| by_size(all, metric));
    let panels = [
        Panel { title: "all clients together, bit/s", groups: &total, log: false, show: si },
        Panel { title: "from the server (down), bit/s", groups: &down, log: false, show: si },
        Panel { title: "per client, bit/s", groups: &each, log: false, show: si },
    ];
    side_by_side(reports, all, &panels, &words(all))
}

fn words(all: &[Series<'_>]) -> Words {
    Words {
        title: "Traffic in all, TCP/IP included".to_owned(),
        finding: finding(all),
        notes: vec![
            "All bytes in the window with TCP and IP headers, both directions: payload, headers, framing, polls \
             without news, pure ACKs. Handshakes before it are not counted."
                .to_owned(),
        ],
    }
}

/// All of them at the largest size at which they may be compared, the least first.
fn finding(all: &[Series<'_>]) -> String {
    let size = size_to_compare(all, Metric::WireRate);
    let rate = |s: &Series<'_>| s.sound_at(size).and_then(|cell| cell.value(Metric::WireRate));
    let mut rates: Vec<(f64, &Series<'_>)> = all.iter().filter_map(|s| Some((rate(s)?, s))).collect();
    rates.sort_by(|a, b| a.0.total_cmp(&b.0));
    let each: Vec<String> =
        rates.iter().map(|(rate, s)| format!("{} ({})", si_unit(*rate, "bit/s"), s.label)).collect();
    let moves = if size == 1 { "moves" } else { "move" };
    match each.is_empty() {
        true => String::new(),
        false => format!("{} {moves} {}", in_words(size), few(&each)),
    }
}
