//! What both ends agree on: stamps, routes, event ids, and the lines of a target with the histogram in one of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wsbench_targets::clock::Tick;
use wsbench_targets::hist::Hist;
use wsbench_targets::wire::{Reading, STAMP_LEN, TrialKey, event, line, route};

/// A stamp is found where it stands, and a histogram that was read can be asked, added, and written.
pub fn check(bytes: &[u8]) {
    let key = TrialKey::new(7, Tick(1 << 40));
    for (Reading { stamp, genuine }, end) in key.scan(bytes) {
        assert_eq!(genuine, key.encode(stamp) == bytes[end - STAMP_LEN..end]);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _behind = event::behind(text);
        let (_ready, _published) = (line::parse_ready(text), line::parse_published(text));
        if let Some((client, cursor)) = route::parse(route::POLL, text) {
            assert_eq!(
                route::parse(route::POLL, &route::path(route::POLL, client, cursor)),
                Some((client, cursor))
            );
        }
    }
    let text = format!(r#"{{"count":0,"saturated":0,"hdr_v2":"{}"}}"#, STANDARD.encode(bytes));
    if let Ok(hist) = serde_json::from_str(&text) {
        ask(&hist);
    }
}

fn ask(hist: &Hist) {
    let _numbers = (hist.mean(), hist.stdev(), hist.tail(), hist.share_at_or_below(1_000));
    assert!(hist.min() <= hist.max());
    let mut twice = hist.clone();
    twice += hist;
    assert_eq!(hist.pack().unpack().saturated(), hist.saturated());
    let again = serde_json::to_string(hist).ok().and_then(|text| serde_json::from_str::<Hist>(&text).ok());
    assert_eq!(again.as_ref(), Some(hist));
}
