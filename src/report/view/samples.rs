//! Why a table has no number for a percentile: too few samples.
//!
//! It must not know a format. That a percentile p needs 10 / (1 - p) samples is the histogram's rule (`targets::hist`).

use wsbench_targets::hist::Hist;

use super::names::carries_messages;
use crate::meter::Tally;
use crate::results::{Cell, Report};
use crate::scenario::Timing;

/// (percentile that tables show, its name, how many it takes): 10 / (1 - p), of which ten lie above.
const NEEDED: [(f64, &str, &str); 2] = [(0.5, "p50", "20"), (0.99, "p99", "1,000")];

/// Why a table has no number for a percentile: too few samples. `None` when it has all, or nothing was timed.
pub fn too_few(cells: &[&Cell<'_>]) -> Option<String> {
    let load = &cells.first()?.trial().load;
    let each = |of: fn(&Tally) -> &Hist| cells.iter().map(move |cell| of(cell.tally()));
    let response = || lacking(each(|tally| &tally.response), "requests");
    let latency = |what| lacking(each(|tally| &tally.latency), what);
    legend(&match load.profile().timing {
        Timing::Nothing => response(),
        Timing::Connection => latency("connections"),
        Timing::RoundTrip => latency("echoes"),
        Timing::Gap => [lacking(each(|tally| &tally.gap), "messages"), response()].concat(),
        Timing::Delivery => latency("messages"),
    })
}

/// The same for the steps of a search.
pub fn too_few_in_steps(report: &Report) -> Option<String> {
    let messages = report.measurements.first().is_none_or(|m| carries_messages(&m.trial.load));
    let each = |of: fn(&Tally) -> &Hist| report.measurements.iter().map(move |m| of(&m.tally));
    legend(&match messages {
        true => lacking(each(|tally| &tally.latency), "messages"),
        false => lacking(each(|tally| &tally.connect), "connections"),
    })
}

/// `p99 needs 1,000 messages`, for each percentile that one of these lacks.
fn lacking<'a>(hists: impl Iterator<Item = &'a Hist>, what: &str) -> Vec<String> {
    let timed: Vec<&Hist> = hists.filter(|hist| hist.count() > 0).collect();
    let missing = |p: f64| timed.iter().any(|hist| hist.percentile(p).is_none());
    let needs = NEEDED.iter().filter(|(p, _, _)| missing(*p));
    needs.map(|(_, name, count)| format!("{name} needs {count} {what}")).collect()
}

fn legend(needs: &[String]) -> Option<String> {
    (!needs.is_empty()).then(|| format!("-: too few samples; {}.", needs.join(", ")))
}
