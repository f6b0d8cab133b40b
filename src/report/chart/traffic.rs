//! Traffic in all: what each transport moves on the wire, TCP/IP included, in bit/s: of all clients, of these what comes from
//! the server, and per client.
//!
//! What one message costs stands in `bytes_per_message`; where some leave messages out, only totals compare. It must not
//! know how bars are drawn (`rows`).

use super::frame::Words;
use super::rows::Rows;
use super::series::Subject;
use super::sheet::Sheet;
use crate::scenario::Metric;

const PANELS: [(&str, Metric); 3] = [
    ("all clients together, bit/s", Metric::WireRate),
    ("of it from the server (down)", Metric::WireRateDown),
    ("per client", Metric::WireRatePerClient),
];

/// The chart; `None` when nothing moved.
pub fn draw(subject: &Subject<'_>) -> Option<Sheet> {
    if !subject.has(Metric::WireRate) {
        return None;
    }
    let words = Words {
        title: "Traffic in all, TCP/IP included".to_owned(),
        finding: subject.finding("Moved by", Metric::WireRate),
        notes: vec![
            "All bytes in the window with TCP and IP headers, both directions: payload, headers, framing, polls \
             without news, pure ACKs. Handshakes before it are not counted."
                .to_owned(),
        ],
    };
    Rows::of_metrics(subject, &PANELS, |_, _| None).sheet(subject, words, &[])
}
