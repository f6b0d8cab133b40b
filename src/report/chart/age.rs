//! How old is what clients display: now minus when the newest message that each has was scheduled, over time.
//!
//! What one message took to arrive stands in `latency`; where messages are left out, that is not what a user sees. It must
//! not know how bars are drawn (`rows`).

use super::frame::Words;
use super::rows::Rows;
use super::series::Subject;
use super::sheet::Sheet;
use crate::scenario::Metric;

const PANELS: [(&str, Metric); 2] =
    [("mean over time", Metric::AgeMean), ("not exceeded for 99 % of the time", Metric::AgeP99)];

/// The chart; `None` when clients displayed nothing.
pub fn draw(subject: &Subject<'_>) -> Option<Sheet> {
    let words = Words {
        title: "Age of the value that a client displays".to_owned(),
        finding: subject.finding("Mean age at", Metric::AgeMean),
        notes: vec![
            "At every moment of the window and for every client: now minus when the newest message that it has was \
             scheduled. It grows from one message to the next, for every transport."
                .to_owned(),
        ],
    };
    Rows::of_metrics(subject, &PANELS, |_, _| None).sheet(subject, words, &[])
}
