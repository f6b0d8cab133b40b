//! Why a table has no number for a percentile: too few samples.
//!
//! It must not know a format. That a percentile p needs 10 / (1 - p) samples is the histogram's rule (`targets::hist`).

use wsbench_targets::hist::Hist;

use super::names::carries_messages;
use crate::meter::Tally;
use crate::results::{Cell, Report};
use crate::scenario::Timing;
use crate::text::{grouped, times};

/// Percentile, its name, how many samples it takes: 10 / (1 - p), of which ten lie above.
type Needed = (f64, &'static str, u64);

/// Those that tables show.
const NEEDED: [Needed; 2] = [(0.5, "p50", 20), (0.99, "p99", 1_000)];
/// Those that they show where there is room.
const AT_LENGTH: [Needed; 5] =
    [(0.5, "p50", 20), (0.9, "p90", 100), (0.95, "p95", 200), (0.99, "p99", 1_000), (0.999, "p99.9", 10_000)];

/// Why a table has no number for a percentile: too few samples. `None` when it has all, or nothing was timed.
pub fn too_few(cells: &[&Cell<'_>]) -> Option<String> {
    too_few_of(cells, &NEEDED)
}

/// The same where percentiles are shown at length.
pub fn too_few_at_length(cells: &[&Cell<'_>]) -> Option<String> {
    too_few_of(cells, &AT_LENGTH)
}

fn too_few_of(cells: &[&Cell<'_>], needed: &[Needed]) -> Option<String> {
    let load = &cells.first()?.trial().load;
    let each = |of: fn(&Tally) -> &Hist| cells.iter().map(move |cell| of(cell.tally()));
    // Of these no table shows more.
    let response = || lacking(each(|tally| &tally.response), "requests", &NEEDED);
    let gap = || lacking(each(|tally| &tally.gap), "messages", &NEEDED);
    let latency = |what| lacking(each(|tally| &tally.latency), what, needed);
    legend(&match load.profile().timing {
        Timing::Nothing => response(),
        Timing::Connection => latency("connections"),
        Timing::RoundTrip => latency("echoes"),
        Timing::Gap => [gap(), response()].concat(),
        Timing::Delivery => latency("messages"),
    })
}

/// The same for the steps of a search.
pub fn too_few_in_steps(report: &Report) -> Option<String> {
    let messages = report.measurements.first().is_none_or(|m| carries_messages(&m.trial.load));
    let each = |of: fn(&Tally) -> &Hist| report.measurements.iter().map(move |m| of(&m.tally));
    legend(&match messages {
        true => lacking(each(|tally| &tally.latency), "messages", &NEEDED),
        false => lacking(each(|tally| &tally.connect), "connections", &NEEDED),
    })
}

/// `p99 needs 1,000 messages (1.7x as many)`, for each percentile that one of these lacks.
fn lacking<'a>(hists: impl Iterator<Item = &'a Hist>, what: &str, needed: &[Needed]) -> Vec<String> {
    let timed: Vec<&Hist> = hists.filter(|hist| hist.count() > 0).collect();
    let fewest =
        |p: f64| timed.iter().filter(|hist| hist.percentile(p).is_none()).map(|hist| hist.count()).min();
    let needs = needed.iter().filter_map(|(p, name, count)| Some((name, *count, fewest(*p)?)));
    let more = |count: u64, there: u64| times(count as f64 / there as f64);
    needs
        .map(|(name, count, there)| {
            format!("{name} needs {} {what} ({} as many)", grouped(count), more(count, there))
        })
        .collect()
}

fn legend(needs: &[String]) -> Option<String> {
    (!needs.is_empty()).then(|| format!("-: too few samples; {}.", needs.join(", ")))
}
