//! A search for tests of formats and charts.

use wsbench::results::{Capacity, Report, Step};
use wsbench::scenario::{Metric, Over, Threshold};
use wsbench_targets::wire::Transport;

use super::sample::{measurement, report};

/// A search: WebSocket bears 4,000 clients, long-polling all it was given, polling not even the first size; and
/// one that was stopped before its first step.
pub fn search() -> Report {
    let mut report = report();
    report.measurements.clear();
    for (transport, limit) in
        Transport::all().into_iter().filter(Transport::reference).zip([0, 99_999, 4_000])
    {
        let at_most = Threshold { metric: Metric::LatencyP99, transport: None, max: Some(50e6), min: None };
        let mut capacity = Capacity::unknown(transport.label(), Over::Clients, vec![at_most]);
        let mut held = None;
        for (clients, again) in [(1_000, 0), (2_000, 0), (4_000, 0), (8_000, 0), (8_000, 1)] {
            // What held is not tried again.
            if held == Some(f64::from(clients)) {
                continue;
            }
            let mut m = measurement(report.measurements.len() as u32, transport.clone(), clients);
            m.trial.repeat = again;
            (1_000..clients.max(limit + 1_000) - limit).for_each(|_| m.tally.latency.record(80_000_000));
            let why = m.why_not(&capacity.conditions);
            held = if why.is_none() { Some(f64::from(clients)) } else { held };
            let failed = why.as_ref().filter(|_| again == 1 || held.is_none()).map(|_| f64::from(clients));
            let step = Step { size: f64::from(clients), trial: m.trial.number, why };
            report.measurements.push(m);
            capacity.step(step, (held, failed));
            if failed.is_some() {
                break;
            }
        }
        capacity.finished = true;
        report.capacity.push(capacity);
    }
    report.capacity.push(Capacity::unknown("sse".to_owned(), Over::Clients, vec![]));
    report.planned = report.measurements.len() as u32;
    report
}
