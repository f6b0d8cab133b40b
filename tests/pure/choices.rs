//! Which row a report says to take, and of which it does not.

use wsbench::report::View;
use wsbench::results::{Blame, Check, Report, Severity};

use crate::sample::{cases, report};

fn finding(report: Report) -> String {
    View::of(&[report], None).finding()
}

/// Whoever reads one sentence reads that one; what a row needs in its worst number is said of it.
#[test]
fn what_to_take_stands_first_and_its_server_did_not_fail() {
    let told = finding(report());
    assert!(told.starts_with("All in all take websocket: as good as any in traffic, "), "{told}");
    let mut failing = report();
    for m in failing.measurements.iter_mut().filter(|m| m.trial.row_name() == "websocket") {
        m.verdict.blame(Blame::Server, Severity::Failed, Check::Loss, "it lost 3 messages");
    }
    let told = finding(failing);
    assert!(
        told.starts_with("All in all take long-polling: as good as any in median latency and "),
        "{told}"
    );
    assert!(told.contains("The server failed in 1 row of this."), "{told}");
}

/// A row is not passed over for a number that was not measured, and none is praised that is dear in something.
#[test]
fn what_to_take_is_told_by_what_is_known_of_all_rows() {
    let memory = |of: fn(&str, u64) -> u64| {
        let mut report = report();
        for m in &mut report.measurements {
            let name = m.trial.row_name();
            let target = m.target.as_mut().unwrap();
            target.memory = of(&name, target.memory);
        }
        finding(report)
    };
    let unknown = memory(|name, usual| match name {
        "websocket" => 0,
        "long-polling" => 3 * usual,
        _ => usual,
    });
    assert!(unknown.starts_with("All in all take websocket: as good as any in traffic, "), "{unknown}");
    let dear = memory(|name, usual| if name == "websocket" { 3 * usual } else { usual });
    let nearest = "where each counts alike, websocket comes nearest, with ";
    assert!(dear.starts_with("None is best in all of traffic, ") && dear.contains(nearest), "{dear}");
    assert!(dear.contains("x the memory of the server. Next is "), "{dear}");
}

/// What arrived is the rest where newer messages overwrite others: neither its latencies nor its CPU per message choose.
#[test]
fn where_messages_are_overwritten_age_and_cpu_in_all_count() {
    let told = |report: Report| -> Vec<&'static str> {
        let reports = [report];
        let choices = View::of(&reports, None).choices.unwrap().choices;
        choices.iter().map(|choice| choice.metric).collect()
    };
    let (usual, ticker) = (told(report()), told(cases::ticker()));
    assert!(usual.contains(&"latency.p50") && !usual.contains(&"age.mean"), "{usual:?}");
    let of_the_rest = ["latency.p50", "latency.p99", "target.cpu.per-1000"];
    assert!(ticker.contains(&"age.mean") && !of_the_rest.iter().any(|of| ticker.contains(of)), "{ticker:?}");
    let mut few = report();
    for m in &mut few.measurements {
        m.verdict.warn(Severity::Note, Check::FewSamples, "20 messages");
    }
    assert!(!told(few).contains(&"latency.p99"));
}
