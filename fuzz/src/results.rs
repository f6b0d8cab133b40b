//! A `results.json`.

use wsbench::report::{FORMATS, View};
use wsbench::results::Report;

/// Results that are read are rendered, in every format that is text.
pub fn check(bytes: &[u8]) {
    let Ok(report) = serde_json::from_slice::<Report>(bytes) else { return };
    for format in FORMATS.iter().filter(|format| format.printable()) {
        drop(format.render(&View::of(std::slice::from_ref(&report), None)));
    }
}
