//! A search for tests of formats and charts.

use wsbench::plan::{Ladder, Range};
use wsbench::results::{Capacity, Report, Step};
use wsbench::scenario::{Metric, Over, Threshold};

use super::{measurement, report, three};

const RANGE: Range = Range { from: 1_000.0, to: 8_000.0, factor: 2.0, precision: 1.0, tries: 3, whole: true };

/// A search: WebSocket sustains 4,000 clients, long-polling all it was given, polling not even the first size; and
/// one that was stopped before its first step. The first try of 4,000 clients has a hiccup by WebSocket.
pub fn search() -> Report {
    let mut report = report();
    report.measurements.clear();
    for (transport, limit) in three().zip([0, 99_999, 4_000]) {
        let at_most = Threshold { metric: Metric::LatencyP99, transport: None, max: Some(50e6), min: None };
        let mut capacity = Capacity::unknown(transport.label(), Over::Clients, vec![at_most]);
        let mut ladder = Ladder::new(RANGE);
        while let Some(size) = ladder.next() {
            let (clients, again) = (size as u32, ladder.tried());
            let mut m = measurement(report.measurements.len() as u32, transport.clone(), clients);
            m.trial.repeat = again;
            let hiccup = (clients, again) == (limit, 0);
            if clients > limit || hiccup {
                (0..clients).for_each(|_| m.tally.latency.record(80_000_000));
            }
            let why = m.why_not(&capacity.conditions);
            ladder.tell(why.is_none());
            let step = Step { size, trial: m.trial.number, why };
            report.measurements.push(m);
            capacity.step(step, ladder.bracket());
        }
        capacity.finished = true;
        report.capacity.push(capacity);
    }
    report.capacity.push(Capacity::unknown("sse".to_owned(), Over::Clients, vec![]));
    report.planned = report.measurements.len() as u32;
    report
}
